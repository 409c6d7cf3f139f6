"""`trithuc restore`: a backup takes the place of what is in the database, in one transaction."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, cast

import click
import psycopg
from alembic.script import ScriptDirectory
from psycopg import sql

from search.backends.schema import drop_ddl
from service.commands.backup_files import verify
from service.commands.client_programs import Target, find_client_program, lacked_space, last_line, target_of
from service.commands.running import bring_up_to_date, reached_database, run_until_stopped
from service.database.migrate import MIGRATIONS, newest_version
from service.database.models import (
    FieldRule,
    Organisation,
    OrganisationSuccession,
    Place,
    ResearchField,
    ResearchFieldTopic,
    Setting,
    Synonym,
)
from service.database.session import make_engine, make_sessions
from service.errors import BadInputError, ConflictError, UnavailableError
from service.i18n import N_, gettext
from service.jobs.index_care import request_rebuild
from service.settings import Settings

# What every new database is given.
_GIVEN = {"alembic_version"} | {
    model.__tablename__
    for model in (
        FieldRule,
        Organisation,
        OrganisationSuccession,
        Place,
        ResearchField,
        ResearchFieldTopic,
        Setting,
        Synonym,
    )
}
_OF_THE_SERVER = re.compile(r"^\d+; \d+ \d+ (COMMENT - |ACL - )?(SCHEMA|EXTENSION) ")
_SAYING_WHY_SECONDS = 2.0
# Whatever is in our schema, of this version or another; what belongs to an extension stays.
_EMPTY = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT format('DROP %s IF EXISTS %I.%I CASCADE',
                      CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                                   ELSE 'TABLE' END, 'public', relname) AS statement
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                          AND deptype IN ('e', 'a', 'i'))
    LOOP EXECUTE one.statement; END LOOP;
    FOR one IN
        SELECT format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', 'public', proname,
                      pg_get_function_identity_arguments(oid)) AS statement
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid
                          AND deptype = 'e')
    LOOP EXECUTE one.statement; END LOOP;
    FOR one IN
        SELECT format('DROP TYPE IF EXISTS %I.%I CASCADE', 'public', typname) AS statement
        FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('c', 'd', 'e')
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid
                          AND deptype IN ('e', 'i'))
    LOOP EXECUTE one.statement; END LOOP;
END $$
"""
# Transaction numbers in a backup are of another server. Ours go in their place (a trigger writes the present one), so
# that what follows changes by them neither misses anybody nor reads everybody again for ever.
_RENUMBER = """
SET search_path TO public;
UPDATE expert SET touched = 0;
UPDATE expert_gone SET touched = pg_current_xact_id()::text::bigint;
"""


def run_restore(settings: Settings, file: Path, *, force: bool) -> None:
    """Nothing is changed unless the file is what its checksum says, is of a version that this program knows, nobody is
    connected, and the database holds nothing of anybody (or `force`). Afterwards the database is brought up to date;
    a worker builds the index.
    """
    verify(file)
    _refuse_unknown_version(file)
    with reached_database(settings) as database_url:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            _refuse_others(connection)
            if not force and (table := _table_with_rows(connection)):
                raise ConflictError(
                    N_(
                        "The database holds data already (table %(table)s). With --force the backup takes its place, "
                        "and all that is in it now is lost."
                    ),
                    table=table,
                )
        _replace(target_of(database_url), file)
        bring_up_to_date(database_url)
        run_until_stopped(_ask_for_an_index(database_url))
        with psycopg.connect(database_url) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM expert), (SELECT count(*) FROM review_case)"
            ).fetchone()
    experts, cases = row or (0, 0)
    click.echo(
        gettext(
            "Restored: %(experts)s experts and %(cases)s cases. The database is at version %(version)s; "
            "the index is built as soon as `trithuc serve` or `trithuc worker` runs."
        )
        % {"experts": experts, "cases": cases, "version": newest_version()}
    )


def _refuse_unknown_version(file: Path) -> None:
    listing = subprocess.run(
        [*_unpack(file), "--data-only", "--table=alembic_version", "--file=-"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = re.search(r"^COPY public\.alembic_version .*\n(.+)\n", listing.stdout, re.MULTILINE)
    if listing.returncode or found is None:
        raise BadInputError(N_("%(file)s is no backup of this service."), file=file)
    version = found[1].strip()
    if version not in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}:
        raise BadInputError(
            N_(
                "%(file)s was made by a newer version of the program (database %(version)s; this one knows up to "
                "%(known)s). Install that version first."
            ),
            file=file,
            version=version,
            known=newest_version(),
        )


def _refuse_others(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    ).fetchone()
    if row and row[0]:
        raise ConflictError(
            N_(
                "Something still uses the database (%(count)s connections). Stop `trithuc serve` and `trithuc worker` "
                "first."
            ),
            count=row[0],
        )


def _table_with_rows(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    """One that holds rows, other than those that every new database is given."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    for (name,) in tables:
        if name in _GIVEN or str(name).startswith("procrastinate_"):
            continue
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier("public", str(name)))
        row = connection.execute(query).fetchone()
        if row and row[0]:
            return str(name)
    return None


def _replace(target: Target, file: Path) -> None:
    """pg_restore turns the file into statements, psql runs them in one transaction with ours around them. Should one
    of the two fail, psql ends before it commits."""
    run = [str(find_client_program("psql")), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    index = drop_ddl("search").as_string(None)
    steps = ["--command", _EMPTY, "--command", index, "--file", "-", "--command", _RENUMBER]
    with (
        tempfile.NamedTemporaryFile("w", suffix=".list") as contents,
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as complaints,
    ):
        contents.write(_without_schemas(file))
        contents.flush()
        psql = subprocess.Popen(
            [*run, *steps, f"--dbname={target.conninfo}"],
            env=target.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        pg_restore = subprocess.Popen(
            [*_unpack(file), "--no-owner", "--no-privileges", f"--use-list={contents.name}", "--file=-"],
            env=target.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        source, sink = cast("IO[bytes]", pg_restore.stdout), cast("IO[bytes]", psql.stdin)
        is_done = False
        try:
            is_done = _hand_over(source, sink) and pg_restore.wait() == 0
            if is_done:
                sink.close()
                is_done = psql.wait() == 0
        finally:
            if not is_done:  # also when somebody stops us: without its end of input psql never commits
                pg_restore.kill()
                if not _ends_by_itself(psql):
                    psql.kill()
                with contextlib.suppress(BrokenPipeError):
                    sink.close()
            psql.wait()
            pg_restore.wait()
        if is_done:
            return
        output = "".join(_text(one) for one in (said, complaints))
    if lacked_space(psql.returncode, output):
        raise UnavailableError(
            N_("There is no space left for the database. Nothing was restored: the database is as it was.")
        )
    raise UnavailableError(
        N_("Nothing was restored: %(reason)s. The database is as it was."), reason=last_line(output).rstrip(".")
    )


def _unpack(file: Path) -> list[str]:
    return [str(find_client_program("pg_restore")), str(file)]


def _without_schemas(file: Path) -> str:
    """The table of contents. Schemas and extensions are there already, and are often somebody else's."""
    listing = subprocess.run([*_unpack(file), "--list"], capture_output=True, text=True, errors="replace", check=False)
    kept = [line for line in listing.stdout.splitlines() if not _OF_THE_SERVER.search(line)]
    return "\n".join(kept) + "\n"


def _ends_by_itself(psql: subprocess.Popen[bytes]) -> bool:
    """It has met an error, and is saying which."""
    try:
        return psql.wait(_SAYING_WHY_SECONDS) != 0
    except subprocess.TimeoutExpired:
        return False


def _hand_over(source: IO[bytes], sink: IO[bytes]) -> bool:
    try:
        shutil.copyfileobj(source, sink, 1 << 20)
        sink.flush()
    except BrokenPipeError:  # psql met an error and says which
        return False
    return True


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


async def _ask_for_an_index(database_url: str) -> None:
    """An index elsewhere, in Meilisearch, still holds what was there before."""
    engine = make_engine(database_url)
    async with make_sessions(engine).begin() as session:
        await request_rebuild(session)
    await engine.dispose()
