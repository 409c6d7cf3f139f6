"""The command line `trithuc`. Help is in English; messages are in the language of TRITHUC_LOCALE or --lang."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from service.errors import ServiceError
from service.i18n import current_locale, gettext, translate
from service.settings import Settings

# Threads of numpy that share a small product wait for each other busily: a search costs twice the CPU with two of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_NO_SPACE = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_FILE = click.Path(path_type=Path)


class _Program(click.Group):
    """Turns errors a person can put right into one sentence and an exit code; Ctrl-C ends with 130."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **settings: Any) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        current_locale.set("en" if _language_asked(given, os.environ.get("TRITHUC_LOCALE")) == "en" else "vi")
        try:
            answer = super().main(given, *more, **{**settings, "standalone_mode": False})
            sys.stdout.flush()  # here, where it can still be said that it went wrong
            return answer
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            click.echo(_usage_problem(error), err=True)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            sys.exit(130)
        except BrokenPipeError:  # the reader of the output, `head` perhaps, has seen enough
            _drop_output()
            sys.exit(0)
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            where = error.filename or gettext("the output")
            click.echo(
                gettext("There is no space left (%(where)s). Free some and try again.") % {"where": where}, err=True
            )
            _drop_output()
            sys.exit(3)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ServiceError as error:
            click.echo(translate(error.message, error.details), err=True)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            # What was finished is saved; what was under way is taken up again by the next run.
            click.echo("\n" + gettext("Stopped. What was finished is kept; run the command again to go on."), err=True)
            sys.exit(130)


def _drop_output() -> None:
    """What is still to be written would fail once more when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _language_asked(arguments: Sequence[str], otherwise: str | None) -> str | None:
    """The language of --lang before click has read the line: what click refuses is said in it too."""
    for place, argument in enumerate(arguments):
        if argument == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return otherwise


def _usage_problem(error: click.UsageError) -> str:
    """What is wrong with the command line, and where to look."""
    parameter = getattr(error, "param", None)
    name = parameter.make_metavar(error.ctx) if isinstance(parameter, click.Argument) and error.ctx else ""
    name = name or (max(parameter.opts, key=len) if parameter is not None else "")
    if isinstance(error, click.MissingParameter):
        said = gettext("%(name)s is missing.") % {"name": name}
    elif isinstance(error, click.NoSuchOption):
        said = gettext("There is no option %(name)s.") % {"name": error.option_name}
    elif isinstance(error, click.exceptions.NoSuchCommand):
        said = gettext("There is no command %(name)s.") % {"name": error.command_name}
    elif isinstance(error, click.BadOptionUsage):
        said = gettext("The option %(name)s needs a value, or takes none.") % {"name": error.option_name}
    elif parameter is not None:
        said = gettext("%(name)s: %(wanted)s.") % {"name": name, "wanted": _wanted(parameter.type)}
    else:  # click has no other way of telling what was too much than its English sentence
        rest = error.message.partition("(")[2].removesuffix(")")
        said = gettext("There is too much on the command line: %(rest)s.") % {"rest": rest or error.message}
    command = error.ctx.command_path if error.ctx else "trithuc"
    return f"{said}\n" + gettext("See: %(command)s --help") % {"command": command}


def _wanted(kind: click.ParamType[Any]) -> str:
    """What a value must be, in words."""
    if isinstance(kind, click.IntRange):
        if kind.max is None:
            return gettext("a whole number, %(least)s or more, is wanted") % {"least": kind.min}
        return gettext("a whole number from %(least)s to %(most)s is wanted") % {"least": kind.min, "most": kind.max}
    if isinstance(kind, click.Choice):
        return gettext("one of %(choices)s is wanted") % {"choices": ", ".join(map(str, kind.choices))}
    if isinstance(kind, click.DateTime):
        return gettext("a date such as 2026-03-31 is wanted")
    return gettext("the value cannot be used")


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of messages (default: TRITHUC_LOCALE, or vi).")
@click.option("--var", type=_FILE, help="Folder of the embedded database and caches (default: TRITHUC_VAR, or ./var).")
@click.version_option(package_name="trithuc")
@click.pass_context
def main(ctx: click.Context, lang: str | None, var: Path | None) -> None:
    """Expert directory and social-critique matching for a provincial union of science associations."""
    environ = dict(os.environ)
    if lang:
        environ["TRITHUC_LOCALE"] = lang
    if var:
        environ["TRITHUC_VAR"] = str(var)
    ctx.obj = Settings.from_env(environ)


@main.command()
@click.option("--serve/--no-serve", default=True, help="Serve the pages at the end (default), or stop there.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (default: TRITHUC_PORT, or 8765).")
@click.pass_obj
def demo(settings: Settings, serve: bool, port: int | None) -> None:
    """Import the demo rosters, match real drafts, print the councils, serve the pages."""
    from service.commands.demo import run_demo

    run_demo(settings, serve=serve, port=port)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (default: TRITHUC_PORT, or 8765).")
@click.pass_obj
def serve(settings: Settings, port: int | None) -> None:
    """Serve the pages on 127.0.0.1, with a worker for background jobs inside."""
    from service.commands.serve import run_serve

    run_serve(settings, port=port)


@main.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Run background jobs until stopped."""
    from service.commands.serve import run_worker

    run_worker(settings)


@main.command()
@click.option("--worker", "of_worker", is_flag=True, help="Ask for a worker instead of the pages.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (default: TRITHUC_PORT, or 8765).")
@click.pass_obj
def health(settings: Settings, of_worker: bool, port: int | None) -> None:
    """Say whether the pages on this machine, or a worker, do their work; exit code 1 when not."""
    from service.commands.health import run_health

    run_health(settings, of_worker=of_worker, port=port)


@main.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database to this version and load the reference data."""
    from service.commands.maintenance import run_migrate

    run_migrate(settings)


@main.command()
@click.option("--to", "folder", required=True, type=_FILE, help="Folder of the backups.")
@click.option("--keep", default=14, show_default=True, type=click.IntRange(1), help="Backups to keep.")
@click.option("--every", "every_hours", type=click.FloatRange(0, min_open=True), help="Hours; go on until stopped.")
@click.pass_obj
def backup(settings: Settings, folder: Path, keep: int, every_hours: float | None) -> None:
    """Write the database into one file with a checksum beside it; the index and the vectors are made anew from it."""
    from service.commands.backup import run_backup

    run_backup(settings, folder, keep=keep, every_hours=every_hours)


@main.command()
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Let it take the place of what the database holds.")
@click.pass_obj
def restore(settings: Settings, file: Path, force: bool) -> None:
    """Put a backup into the database, in one transaction."""
    from service.commands.restore import run_restore

    run_restore(settings, file, force=force)


@main.command(name="import")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--dry-run", is_flag=True, help="Read and report; save nothing.")
@click.option("--synthetic", is_flag=True, help="Mark the people as fictitious.")
@click.pass_obj
def import_(settings: Settings, files: tuple[Path, ...], dry_run: bool, synthetic: bool) -> None:
    """Import rosters (XLSX, CSV): good rows are saved, bad rows are reported by sheet, row and column."""
    from service.commands.rosters import run_import

    run_import(settings, files, dry_run=dry_run, synthetic=synthetic)


@main.command()
@click.pass_obj
def reindex(settings: Settings) -> None:
    """Build the search index anew and swap it in."""
    from service.commands.maintenance import run_reindex

    run_reindex(settings)


@main.command()
@click.argument("file", type=_FILE)
@click.option("--requester", help="The agency that asks, as it writes its name.")
@click.option("--drafter", "drafters", multiple=True, metavar='"NAME, ORGANISATION"', help="An author (repeatable).")
@click.option("--drafting-body", "drafting_bodies", multiple=True, help="A body that wrote the draft (repeatable).")
@click.option("--top", default=20, show_default=True, type=click.IntRange(1), help="Experts to print.")
@click.option("--panel", "panel_size", default=7, show_default=True, type=click.IntRange(1, 30), help="Council size.")
@click.option("--min-abroad", default=0, show_default=True, type=click.IntRange(0), help="Members abroad, at least.")
@click.option("--ocr", is_flag=True, help="Read page images with Tesseract when the file has no text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def match(
    settings: Settings,
    file: Path,
    requester: str | None,
    drafters: tuple[str, ...],
    drafting_bodies: tuple[str, ...],
    top: int,
    panel_size: int,
    min_abroad: int,
    ocr: bool,
    as_json: bool,
) -> None:
    """Match a draft (DOCX, PDF, DOC, TXT, MD): themes, ranked experts with evidence, a proposed council."""
    from service.commands.match import MatchRequest, run_match

    request = MatchRequest(
        file=file,
        requester=requester,
        drafters=drafters,
        drafting_bodies=drafting_bodies,
        top=top,
        panel_size=panel_size,
        min_abroad=min_abroad,
        ocr=ocr,
    )
    run_match(settings, request, as_json=as_json)


@main.command()
@click.argument("folder", type=_FILE)
@click.option("--out", type=_FILE, help="Write rankings and panels here (JSON).")
@click.option("--scores", type=_FILE, help="Write every draft × expert score here (JSON).")
@click.option("--queries-out", type=_FILE, help="Write the rankings of the directory searches here (JSON).")
@click.option("--scoring", default=None, help="Scoring version (default: the current one).")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date for conflicts of interest (default: today).")
@click.pass_obj
def evaluate(
    settings: Settings,
    folder: Path,
    out: Path | None,
    scores: Path | None,
    queries_out: Path | None,
    scoring: str | None,
    as_of: datetime | None,
) -> None:
    """Measure matching and search on a judged collection (experts.json, drafts.json, queries.json, qrels.json)."""
    from service.commands.evaluate import run_evaluate

    day: date = as_of.date() if as_of else datetime.now(UTC).date()
    run_evaluate(settings, folder, out=out, scores=scores, queries_out=queries_out, scoring=scoring, as_of=day)


@main.command(name="search-keys")
@click.argument("folder", type=_FILE)
@click.option("--search-to", type=_FILE, help="Write the key that only searches into this folder instead.")
@click.option("--renew", is_flag=True, help="Make new keys; the old ones stop working at once.")
@click.pass_obj
def search_keys(settings: Settings, folder: Path, search_to: Path | None, renew: bool) -> None:
    """Write the two keys of Meilisearch into FOLDER: one that writes, one that only searches.

    Needs TRITHUC_MEILI_URL, and Meilisearch's master key in TRITHUC_MEILI_KEY.
    """
    from service.commands.search_keys import run_search_keys

    run_search_keys(settings, folder, search_to=search_to, renew=renew)


@main.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Say what runs, which versions, what is missing and how to get it."""
    from service.commands.doctor import run_doctor

    run_doctor(settings)


if __name__ == "__main__":
    main()
