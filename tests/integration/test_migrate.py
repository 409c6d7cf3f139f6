"""Migrations give the tables of the models, in any schema, and may run twice."""

from __future__ import annotations

import psycopg
from sqlalchemy import create_engine

from service.database.migrate import migrate, newest_version
from service.database.models import Base
from service.database.server import EmbeddedServer
from service.database.session import driver_url

DEFINITIONS = """
    SELECT relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL'
        ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind = 'r' AND relname = ANY(%(tables)s)
    UNION ALL SELECT relname || ' ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
    FROM pg_constraint JOIN pg_class ON conrelid = pg_class.oid WHERE relname = ANY(%(tables)s)
    UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%(tables)s)
"""


def tables(database_url: str, schema: str) -> set[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    return {row[0] for row in rows}


def test_a_migrated_database_is_at_the_newest_version_and_stays_there(database_url: str) -> None:
    before = tables(database_url, "public")
    migrate(database_url)

    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest_version(),)]
    assert tables(database_url, "public") == before
    assert {"expert", "affinity_run", "alembic_version", "procrastinate_jobs"} <= before


def test_a_schema_beside_public_gets_all_tables_of_its_own(database_url: str) -> None:
    migrate(database_url, schema="evaluation")

    assert tables(database_url, "evaluation") == tables(database_url, "public")


def test_the_migrations_give_exactly_what_the_models_say(server: EmbeddedServer, database_url: str) -> None:
    server.ensure_database("from_models")
    engine = create_engine(driver_url(server.url("from_models")))
    Base.metadata.create_all(engine)
    engine.dispose()

    assert definitions(database_url) == definitions(server.url("from_models"))


def definitions(database_url: str) -> list[str]:
    """Columns, constraints and indexes of our tables, as PostgreSQL writes them."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(DEFINITIONS, {"tables": list(Base.metadata.tables)}).fetchall()
    return sorted(row[0] for row in rows)
