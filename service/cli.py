"""The command line `trithuc`. Help is in English; messages are in the language of TRITHUC_LOCALE or --lang."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from service.errors import ServiceError
from service.i18n import current_locale, gettext, translate
from service.settings import Settings

_FILE = click.Path(path_type=Path)


class _Program(click.Group):
    """Turns errors a person can put right into one sentence and an exit code; Ctrl-C ends with 130."""

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


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of messages (default: TRITHUC_LOCALE, or vi).")
@click.option("--var", type=_FILE, help="Folder of the embedded database and caches (default: TRITHUC_VAR, or ./var).")
@click.version_option(package_name="trithuc")
@click.pass_context
def main(ctx: click.Context, lang: str | None, var: Path | None) -> None:
    """Expert directory and social-critique matching for a provincial union of science associations."""
    import os

    environ = dict(os.environ)
    if lang:
        environ["TRITHUC_LOCALE"] = lang
    if var:
        environ["TRITHUC_VAR"] = str(var)
    current_locale.set("en" if environ.get("TRITHUC_LOCALE") == "en" else "vi")
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
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database to this version and load the reference data."""
    from service.commands.maintenance import run_migrate

    run_migrate(settings)


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


@main.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Say what runs, which versions, what is missing and how to get it."""
    from service.commands.doctor import run_doctor

    run_doctor(settings)


if __name__ == "__main__":
    main()
