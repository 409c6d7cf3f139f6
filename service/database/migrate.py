"""Brings a database to this version of the program: our tables by Alembic, and those of the job queue."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import procrastinate.sql
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from service.database.session import driver_url

MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 7_238_114_520  # any number that nothing else locks


def migrate(database_url: str, *, schema: str | None = None) -> None:
    """Bring the database to the newest version; does nothing when it is there, and one process does it at a time.

    With `schema`, the tables are made in that schema (created if need be); use it afterwards with
    `make_engine(database_url, search_path=f"{schema},public")`.
    """
    with _connection(database_url) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        if schema is not None:
            quoted = connection.dialect.identifier_preparer.quote(schema)
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {quoted}"))
            connection.execute(text(f"SET LOCAL search_path TO {quoted}, public"))
        command.upgrade(_alembic(connection), "head")
        _migrate_queue(connection)


def newest_version() -> str:
    """The revision this program needs."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


@contextlib.contextmanager
def _connection(database_url: str) -> Iterator[Connection]:
    """One connection in one transaction: a migration that fails leaves nothing behind."""
    engine = create_engine(driver_url(database_url), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    # Without it, a table of the same name in another schema of the search path would be taken for ours.
    config.attributes["schema"] = connection.scalar(text("SELECT current_schema()"))
    return config


def _migrate_queue(connection: Connection) -> None:
    """Create procrastinate's tables, or apply those of its migrations that came after the last time.

    The name of the last one applied is kept as the comment of its main table.
    """
    scripts = sorted(
        (
            script
            for script in (resources.files(procrastinate.sql) / "migrations").iterdir()
            if script.name[0].isdigit()
        ),
        key=lambda script: script.name,
    )
    # Unlike to_regclass, this looks at our schema alone.
    applied = connection.execute(
        text(
            "SELECT obj_description(oid, 'pg_class') FROM pg_class "
            "WHERE relname = 'procrastinate_jobs' AND relnamespace = current_schema()::regnamespace"
        )
    ).one_or_none()
    if applied is None:
        wanted = [resources.files(procrastinate.sql) / "schema.sql"]
    else:
        wanted = [script for script in scripts if script.name > (applied[0] or scripts[-1].name)]
    if not wanted:
        return
    cursor = connection.connection.cursor()
    for script in wanted:
        cursor.execute(script.read_text(encoding="utf-8"))  # no parameters: percent signs and ; are taken as they are
    cursor.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{scripts[-1].name}'")
