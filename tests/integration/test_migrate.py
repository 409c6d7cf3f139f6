"""Migrations give the tables of the models, in any schema, and may run twice."""

from __future__ import annotations

import psycopg

from service.database.migrate import current_version, migrate, newest_version


def tables(database_url: str, schema: str) -> set[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    return {row[0] for row in rows}


def test_a_migrated_database_is_at_the_newest_version_and_stays_there(database_url: str) -> None:
    before = tables(database_url, "public")
    migrate(database_url)

    assert current_version(database_url) == newest_version()
    assert tables(database_url, "public") == before
    assert {"expert", "affinity_run", "alembic_version", "procrastinate_jobs"} <= before


def test_a_schema_beside_public_gets_all_tables_of_its_own(database_url: str) -> None:
    migrate(database_url, schema="evaluation")

    assert tables(database_url, "evaluation") == tables(database_url, "public")
