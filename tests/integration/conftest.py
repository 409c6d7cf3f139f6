"""The application in the process of the test, on a database of its own, without an embedder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from service.app import create_app
from service.settings import Settings


@pytest.fixture
async def app(database_url: str, tmp_path: Path) -> AsyncIterator[Litestar]:
    settings = Settings(
        var=tmp_path, database_url=database_url, embedder="none", locale="vi", host="127.0.0.1", port=8765
    )
    app = create_app(settings, run_worker=False)
    async with app.lifespan():
        yield app


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
async def staff(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that sends forms of our own pages."""
    client.headers.update({"Origin": "http://127.0.0.1"})
    return client
