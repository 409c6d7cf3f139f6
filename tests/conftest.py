"""One PostgreSQL server for the whole test session, a fresh database for each test that asks, and missing programs."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.migrate import migrate
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    # Not pytest's tmp_path: it is closed to the account under which root runs the server.
    folder = Path(tempfile.mkdtemp(prefix="trithuc-test-"))
    folder.chmod(0o755)
    with EmbeddedServer(folder / "postgresql", durable=False) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(server: EmbeddedServer) -> str:
    """The name of a migrated, empty database that the others are copied from."""
    server.ensure_database("template_migrated")
    migrate(server.url("template_migrated"))
    return "template_migrated"


def copy_database(server: EmbeddedServer, template: str) -> str:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[call-overload]
    return name


def drop_database(server: EmbeddedServer, name: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.fixture
def database_url(server: EmbeddedServer, template_database: str) -> Iterator[str]:
    """A fresh database with all tables and no rows."""
    name = copy_database(server, template_database)
    yield server.url(name)
    drop_database(server, name)


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncSession]:
    engine = make_engine(database_url)
    async with make_sessions(engine)() as session:
        yield session
    await engine.dispose()
