"""Under which names the service answers when a proxy stands before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.settings import Settings


@pytest.fixture
async def behind_a_proxy(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        var=tmp_path,
        database_url=database_url,
        embedder="none",
        locale="en",
        host="0.0.0.0",
        port=8765,
        base_url="https://Tri-Thuc.example:8443",
    )
    app = create_app(settings, run_worker=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    "host",
    ["tri-thuc.example:8443", "tri-thuc.example", "TRI-THUC.example", "127.0.0.1:8765", "localhost", "[::1]:8765"],
)
async def test_the_named_address_and_this_machine_are_answered(behind_a_proxy: httpx.AsyncClient, host: str) -> None:
    assert (await behind_a_proxy.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20:8765", "evil.example", "tri-thuc.example.evil.example", ""])
async def test_any_other_name_is_refused_with_the_right_address(behind_a_proxy: httpx.AsyncClient, host: str) -> None:
    for path in ("/", "/experts", "/status", "/ready"):
        page = await behind_a_proxy.get(path, headers={"Host": host})

        assert page.status_code == 403
        assert "Open it as https://Tri-Thuc.example:8443." in page.text
