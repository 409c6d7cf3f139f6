"""What the index in PostgreSQL does when it is not there, full, or made and removed under traffic."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from search.backends.postgresql import PostgresqlBackend
from search.errors import SearchUnavailableError
from tests.contracts.indexed import DIMENSIONS, person, put, search


async def test_a_missing_index_is_reported_as_unavailable(in_postgresql: PostgresqlBackend) -> None:
    await in_postgresql.drop()

    for call in (
        search(in_postgresql, "nuôi tôm"),
        in_postgresql.count(),
        put(in_postgresql, person("Một", "Nuôi tôm")),
        in_postgresql.delete([uuid4()]),
    ):
        with pytest.raises(SearchUnavailableError):
            await call


async def test_a_database_that_cannot_be_reached_is_reported_as_unavailable() -> None:
    pool = AsyncConnectionPool("postgresql://nobody@/none?host=/nonexistent", open=False, timeout=0.2)
    await pool.open(wait=False)
    try:
        with pytest.raises(SearchUnavailableError):
            await search(PostgresqlBackend(pool), "nuôi tôm")
    finally:
        await pool.close()


async def test_an_index_is_removed_and_emptied_only_after_the_searches_under_way(
    in_postgresql: PostgresqlBackend, url: str, pool: AsyncConnectionPool
) -> None:
    """Otherwise one waits for a table that the other holds, and the server ends one of them."""
    await put(in_postgresql, person("Một", "Nuôi tôm"))
    schema = in_postgresql._schema
    async with await psycopg.AsyncConnection.connect(url) as connection:

        async def search_under_way() -> None:
            await connection.execute(
                "select pg_advisory_xact_lock_shared(hashtext(%s))", [f"readers of index {schema}"]
            )
            await connection.execute(f"select from {schema}.state")  # type: ignore[call-overload]

        await search_under_way()
        dropping = asyncio.create_task(in_postgresql.drop())
        await _until_it_waits(url)
        await connection.execute(f"select from {schema}.document")  # type: ignore[call-overload]
        await connection.commit()
        await dropping

        await in_postgresql.create()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(f"update {schema}.state set layout = 0")  # type: ignore[call-overload]
        await search_under_way()
        emptying = asyncio.create_task(in_postgresql.create())
        await _until_it_waits(url)
        await connection.execute(f"select from {schema}.document")  # type: ignore[call-overload]
        await connection.commit()
        await emptying

    assert await in_postgresql.count() == 0


async def _until_it_waits(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            cursor = await connection.execute("select count(*) from pg_locks where not granted")
            if (await cursor.fetchone() or (0,))[0]:
                return
            await asyncio.sleep(0.01)


async def test_creating_twice_keeps_what_is_there(in_postgresql: PostgresqlBackend) -> None:
    await put(in_postgresql, person("Một", "Nuôi tôm"))

    await asyncio.gather(in_postgresql.create(), in_postgresql.create())

    assert await in_postgresql.count() == 1


async def test_dropping_leaves_other_tables_of_the_schema_alone(url: str, pool: AsyncConnectionPool) -> None:
    in_postgresql = PostgresqlBackend(pool, schema="shared_schema", dimensions=DIMENSIONS)
    await in_postgresql.create()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table shared_schema.vector_cache (hash bytea)")

        await in_postgresql.drop()
        await in_postgresql.drop()
        async with in_postgresql.rebuilding() as beside:
            await beside.upsert([person("Một", "Nuôi tôm")], [None])

        tables = connection.execute("select tablename from pg_tables where schemaname = 'shared_schema'").fetchall()
    assert {"vector_cache", "document"} <= {name for (name,) in tables}
    assert await in_postgresql.count() == 1


async def test_the_version_grows_with_every_change(in_postgresql: PostgresqlBackend) -> None:
    versions = [await in_postgresql.version()]
    one = person("Một", "Nuôi tôm")
    await put(in_postgresql, one)
    versions.append(await in_postgresql.version())
    async with in_postgresql.rebuilding() as beside:
        await beside.upsert([one], [None])
    versions.append(await in_postgresql.version())
    await in_postgresql.delete([one.id])
    versions.append(await in_postgresql.version())

    assert versions == sorted(set(versions))


async def test_a_full_disk_is_named_and_nothing_is_half_written(in_postgresql: PostgresqlBackend, url: str) -> None:
    """The server's own error for it, 53100, comes from a trigger here: no disk is filled."""
    before, after = person("Một", "Nuôi tôm"), person("Hai", "Nuôi tôm")
    await put(in_postgresql, before)
    schema = in_postgresql._schema
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"create function {schema}.no_space() returns trigger language plpgsql as $$ begin"
            " raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$"
        )  # type: ignore[call-overload]
        connection.execute(
            f"create trigger no_space before insert on {schema}.word for each row execute function {schema}.no_space()"
        )  # type: ignore[call-overload]

    with pytest.raises(SearchUnavailableError, match="no space left for the search index"):
        await put(in_postgresql, after)

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"drop function {schema}.no_space cascade")  # type: ignore[call-overload]
    assert await in_postgresql.ids() == {before.id}
    assert [hit.expert_id for hit in (await search(in_postgresql, "nuôi tôm")).by_words] == [before.id]
    await put(in_postgresql, after)
    assert await in_postgresql.count() == 2
