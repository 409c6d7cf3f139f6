"""Every index backend, empty, in turn: PostgreSQL always, Meilisearch where TRITHUC_MEILI_URL names a server."""

from __future__ import annotations

import importlib.util
import itertools
import os
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from psycopg_pool import AsyncConnectionPool

from search.backend import SearchBackend
from search.backends.meilisearch import MeilisearchBackend
from search.backends.postgresql import PostgresqlBackend
from service.database.server import EmbeddedServer
from tests.contracts.http_servers import Recorder, recording
from tests.contracts.indexed import DIMENSIONS, EMBEDDER, SYNONYMS
from tests.contracts.meilisearch_recorded import PEOPLE, ROWS, giving_state, state_of
from tests.contracts.meilisearch_reference import problems_of

MEILI_URL = os.environ.get("TRITHUC_MEILI_URL")

# Its wheels are for x86-64 Linux; the account at the end of the run says where it is missing.
collect_ignore = [] if importlib.util.find_spec("milli") else ["test_meilisearch_engine.py"]

_schemas = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend_kind" in metafunc.fixturenames:
        metafunc.parametrize("backend_kind", ["postgresql", *(["meilisearch"] if MEILI_URL else [])])


@pytest.fixture(scope="module")
def url(server: EmbeddedServer) -> str:
    server.ensure_database("contracts")
    return server.url("contracts")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[AsyncConnectionPool]:
    async with AsyncConnectionPool(url, open=False, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
async def in_postgresql(pool: AsyncConnectionPool) -> AsyncIterator[PostgresqlBackend]:
    index = PostgresqlBackend(
        pool,
        schema=f"contract_{next(_schemas)}",
        synonyms=SYNONYMS,
        dimensions=DIMENSIONS,
        embedder_id=EMBEDDER,
    )
    await index.create()
    yield index
    await index.drop()


@pytest.fixture
async def in_meilisearch() -> AsyncIterator[MeilisearchBackend]:
    assert MEILI_URL is not None
    index = MeilisearchBackend(
        MEILI_URL,
        os.environ.get("TRITHUC_MEILI_KEY"),
        uid=f"contract_{secrets.token_hex(6)}",
        synonyms=SYNONYMS,
        dimensions=DIMENSIONS,
        embedder_id=EMBEDDER,
    )
    await index.create()
    yield index
    await index.drop()
    index.close()


@pytest.fixture
def backend(backend_kind: str, request: pytest.FixtureRequest) -> SearchBackend:
    index: SearchBackend = request.getfixturevalue(f"in_{backend_kind}")
    return index


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Gives recorded answers and holds the two people; everything sent to it must be as the reference says."""
    with recording(results=giving_state(state_of(*zip(PEOPLE, ROWS, strict=True)))) as recorder:
        yield recorder
        assert recorder.requests
        assert [problem for request in recorder.requests for problem in problems_of(request)] == []
