"""What whoever watches over the service is told: it answers, and it can do its work."""

from __future__ import annotations

import httpx
import psycopg

from service.database.migrate import newest_version
from service.database.server import EmbeddedServer


async def test_with_a_migrated_database_it_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    answers = [await client.get("/ready") for path in ("/health", "/ready")]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "ok\n"), (200, "ok\n")]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store", "no-store"]


async def test_a_database_at_another_version_is_not_ready_and_the_process_lives(
    client: httpx.AsyncClient, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    alive, ready = await client.get("/health"), await client.get("/ready")

    assert alive.status_code == 200
    assert (ready.status_code, ready.text) == (
        503,
        f"the database is at version 0001 and not at {newest_version()}\n",
    )


async def test_a_database_that_is_gone_is_not_ready_and_is_ready_when_it_is_back(
    client: httpx.AsyncClient, database_url: str, server: EmbeddedServer
) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[call-overload]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        alive, gone = await client.get("/health"), await client.get("/ready")
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[call-overload]
    back = await client.get("/ready")

    assert alive.status_code == 200
    assert (gone.status_code, gone.text) == (503, "the database does not answer\n")
    assert back.status_code == 200
