"""What the index in PostgreSQL does beside the protocol: whose vectors it holds, and how it changes over to others'."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import numpy as np
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from search.backends import reading
from search.backends.postgresql import PostgresqlBackend
from search.embedding.embedder import Vectors
from service.database.server import EmbeddedServer
from tests.contracts.indexed import axis, person, put, search

_schemas = itertools.count(1)


@pytest.fixture(scope="module")
def url(server: EmbeddedServer) -> str:
    server.ensure_database("postgresql_index")
    return server.url("postgresql_index")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[AsyncConnectionPool]:
    async with AsyncConnectionPool(url, open=False, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
def schema() -> str:
    return f"index_{next(_schemas)}"


def backend_of(
    pool: AsyncConnectionPool, schema: str, embedder_id: str | None, dimensions: int = 8
) -> PostgresqlBackend:
    return PostgresqlBackend(pool, schema=schema, dimensions=dimensions, embedder_id=embedder_id)


def wide(n: int) -> Vectors:
    vector = np.zeros(12, np.float32)
    vector[n] = 1
    return vector


async def test_an_index_says_whose_vectors_it_holds(pool: AsyncConnectionPool, schema: str) -> None:
    backend = backend_of(pool, schema, "one")
    await backend.create()

    assert await backend.embedder_id() == "one"


async def test_an_empty_index_takes_the_embedder_of_whoever_fills_it(pool: AsyncConnectionPool, schema: str) -> None:
    await backend_of(pool, schema, None).create()
    backend = backend_of(pool, schema, "other", 12)
    await backend.create()

    await backend.upsert([person("Một", "Nuôi tôm")], [wide(0)[None, :]])

    assert await backend.embedder_id() == "other"
    assert len((await search(backend, "x", vector=wide(0), embedder_id="other")).by_meaning) == 1


async def test_another_embedders_index_serves_on_by_words_alone(pool: AsyncConnectionPool, schema: str) -> None:
    before = backend_of(pool, schema, "one")
    await before.create()
    one, two = person("Một", "Nuôi tôm"), person("Hai", "Nuôi tôm")
    await before.upsert([one], [axis(0)[None, :]])
    after = backend_of(pool, schema, "other", 12)
    await after.create()

    rankings = await search(after, "nuôi tôm", vector=wide(0), embedder_id="other")
    same_size = await search(after, "nuôi tôm", vector=axis(0), embedder_id="other")
    still = await search(before, "nuôi tôm", vector=axis(0), embedder_id="one")

    assert await after.embedder_id() == "one"
    for ranking in (rankings, same_size, still):
        assert [hit.expert_id for hit in ranking.by_words] == [one.id]
    assert (rankings.by_meaning, same_size.by_meaning) == ((), ())
    assert [hit.expert_id for hit in still.by_meaning] == [one.id]

    await after.upsert([two], [wide(0)[None, :]])

    still = await search(before, "nuôi tôm", vector=axis(0), embedder_id="one")
    assert {hit.expert_id for hit in still.by_words} == {one.id, two.id}
    assert [hit.expert_id for hit in still.by_meaning] == [one.id]


async def test_a_document_that_another_embedder_writes_loses_the_vectors_it_had(
    pool: AsyncConnectionPool, schema: str
) -> None:
    before, after = backend_of(pool, schema, "one"), backend_of(pool, schema, "other")
    await before.create()
    one = person("Một", "Nuôi tôm")
    await before.upsert([one], [axis(0)[None, :]])

    await after.upsert([one], [axis(1)[None, :]])

    rankings = await search(before, "nuôi tôm", vector=axis(0), embedder_id="one")
    assert [hit.expert_id for hit in rankings.by_words] == [one.id]
    assert rankings.by_meaning == ()


async def test_a_rebuild_puts_an_index_of_this_processs_embedder_in_its_place(
    pool: AsyncConnectionPool, schema: str
) -> None:
    before, after = backend_of(pool, schema, "one"), backend_of(pool, schema, "other", 12)
    await before.create()
    one = person("Một", "Nuôi tôm")
    await before.upsert([one], [axis(0)[None, :]])

    async with after.rebuilding() as beside:
        await beside.upsert([one], [wide(0)[None, :]])
        meanwhile = await search(before, "x", vector=axis(0), embedder_id="one")
    rankings = await search(after, "x", vector=wide(0), embedder_id="other")
    outdated = await search(before, "nuôi tôm", vector=axis(0), embedder_id="one")

    assert [hit.expert_id for hit in meanwhile.by_meaning] == [one.id]
    assert await before.embedder_id() == await after.embedder_id() == "other"
    assert [hit.expert_id for hit in rankings.by_meaning] == [one.id]
    assert ([hit.expert_id for hit in outdated.by_words], outdated.by_meaning) == ([one.id], ())


async def test_an_index_of_an_older_layout_is_emptied(pool: AsyncConnectionPool, url: str, schema: str) -> None:
    backend = backend_of(pool, schema, "one")
    await backend.create()
    await put(backend, person("Một", "Nuôi tôm"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"update {schema}.state set layout = 0")  # type: ignore[call-overload]

    await backend.create()

    assert await backend.count() == 0


@pytest.mark.parametrize(
    ("all_chunks", "few"),
    [(10_000, 5000), (2, 5000), (2, 2)],
    ids=["every text is compared", "the nearest of few are found exactly", "the nearest of many by the index"],
)
@pytest.mark.parametrize("filters", [{}, {"degree": ["TS"]}], ids=["all", "filtered"])
async def test_the_nearest_are_found_in_directories_of_every_size(
    pool: AsyncConnectionPool,
    schema: str,
    monkeypatch: pytest.MonkeyPatch,
    all_chunks: int,
    few: int,
    filters: dict[str, list[str]],
) -> None:
    monkeypatch.setattr(reading, "_ALL_CHUNKS", all_chunks)
    monkeypatch.setattr(reading, "_FEW", few)
    backend = backend_of(pool, schema, "one")
    await backend.create()
    people = [person(f"Người {n}", "việc", facets={"degree": ("TS",)}) for n in range(6)]
    await backend.upsert(people, [axis(0, tilt=n / 10)[None, :] for n in range(6)])

    hits = (await search(backend, "khác hẳn", vector=axis(0), filters=filters)).by_meaning

    assert [hit.expert_id for hit in hits] == [one.id for one in people]
