"""Every index backend, empty, in turn."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
from psycopg_pool import AsyncConnectionPool

from search.backends.postgresql import PostgresqlBackend
from service.database.server import EmbeddedServer
from tests.contracts.indexed import DIMENSIONS, SYNONYMS

_schemas = itertools.count(1)


@pytest.fixture(scope="module")
def url(server: EmbeddedServer) -> str:
    server.ensure_database("contracts")
    return server.url("contracts")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[AsyncConnectionPool]:
    async with AsyncConnectionPool(url, open=False, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
async def backend(pool: AsyncConnectionPool) -> AsyncIterator[PostgresqlBackend]:
    backend = PostgresqlBackend(pool, schema=f"contract_{next(_schemas)}", synonyms=SYNONYMS, dimensions=DIMENSIONS)
    await backend.create()
    yield backend
    await backend.drop()
