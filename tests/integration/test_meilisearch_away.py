"""The service while its Meilisearch is away: it starts, answers with a notice, loses no edit, and catches up.

What answers in the end is a server that writes down what it is sent (tests/contracts/http_servers.py), no Meilisearch.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from search.backends.meilisearch import MeilisearchBackend
from search.errors import SearchUnavailableError
from service.app import create_app
from service.database.models import Expert
from service.database.queue import defer
from service.directory.search import NOT_INDEXED
from service.i18n import gettext
from service.runtime import open_runtime
from service.settings import Settings
from tests.conftest import free_port
from tests.contracts.http_servers import Recorder, misbehaving, recording
from tests.factories import make_expert
from tests.reading_pages import text_of


def settings_of(database_url: str, var: Path, **meili: str) -> Settings:
    return Settings(
        var=var, database_url=database_url, embedder="none", locale="vi", host="127.0.0.1", port=8765, **meili
    )


@asynccontextmanager
async def serving(settings: Settings, *, run_worker: bool) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings, run_worker=run_worker)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await reached():  # noqa: ASYNC110 - what is waited for happens elsewhere
            await asyncio.sleep(0.05)


@pytest.fixture
async def expert(session: AsyncSession) -> Expert:
    expert = await make_expert(session, "Nguyễn Văn Dương", works=["Nuôi cá lồng bè trên biển"])
    await defer(session, "index_experts", expert_ids=[str(expert.id)])
    await session.commit()
    return expert


def small_index(recorder: Recorder) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What was sent to it last."""

    def results(query: dict[str, Any]) -> dict[str, Any]:
        sent = [one for request in recorder.requests if "/documents?" in request.path for one in request.body]
        state = [one for one in sent if one["id"] == "state"][-1:]
        experts = {one["id"]: one for one in sent if one["id"] != "state"}
        if query.get("filter") == 'kind = "state"':
            return {"hits": state}
        return {"hits": list(experts.values()) if query.get("limit") else [], "estimatedTotalHits": len(experts)}

    return results


async def has_no_notice(client: httpx.AsyncClient) -> bool:
    page = await client.get("/experts", params={"q": "cá lồng bè"})
    return gettext(NOT_INDEXED, "vi") not in text_of(page)


async def test_pages_answer_while_meilisearch_refuses_connections_and_edits_reach_it_when_it_is_back(
    database_url: str, tmp_path: Path, expert: Expert
) -> None:
    port = free_port()
    settings = settings_of(database_url, tmp_path, meili_url=f"http://127.0.0.1:{port}", meili_key="key")
    async with serving(settings, run_worker=True) as client:
        away = await client.get("/experts", params={"q": "cá lồng bè"})
        status = await client.get("/status/")
        profile = await client.get(f"/experts/{expert.id}")

        with recording(port=port, indexes=(), hangs_up=True) as recorder:
            recorder.results = small_index(recorder)
            await until(lambda: has_no_notice(client))
            back = await client.get("/experts", params={"q": "cá lồng bè"})
        gone_again = await client.get("/experts", params={"q": "cá lồng bè"})

    for page in (away, back, gone_again):
        assert page.status_code == 200
        assert "Nguyễn Văn Dương" in text_of(page)
    assert (status.status_code, profile.status_code) == (200, 200)
    notice = gettext(NOT_INDEXED, "vi")
    assert [notice in text_of(page) for page in (away, back, gone_again)] == [True, False, True]
    assert recorder.bodies("POST /indexes") == [{"uid": "experts", "primaryKey": "id"}]


@pytest.mark.parametrize("fault", ["500", "403", "half a body", "no json", "another shape", "drops"])
async def test_pages_answer_whatever_meilisearch_answers(
    database_url: str, tmp_path: Path, expert: Expert, fault: str
) -> None:
    with misbehaving(fault) as url:
        async with serving(settings_of(database_url, tmp_path, meili_url=url), run_worker=False) as client:
            page = await client.get("/experts", params={"q": "cá lồng bè"})
            status = await client.get("/status/")

    assert (page.status_code, status.status_code) == (200, 200)
    assert "Nguyễn Văn Dương" in text_of(page)
    assert gettext(NOT_INDEXED, "vi") in text_of(page)
    assert "1 chuyên gia" in text_of(page)


async def test_a_web_process_with_the_search_key_alone_writes_nothing(
    database_url: str, tmp_path: Path, expert: Expert
) -> None:
    with recording(indexes=()) as recorder:
        settings = settings_of(database_url, tmp_path, meili_url=recorder.url, meili_search_key="search-only")
        async with serving(settings, run_worker=False) as client:
            page = await client.get("/experts", params={"q": "cá lồng bè"})

    assert page.status_code == 200
    assert {request.call for request in recorder.requests} == {"POST /multi-search"}
    assert {request.headers["authorization"] for request in recorder.requests} == {"Bearer search-only"}


async def test_connections_are_closed_when_the_service_ends(database_url: str, tmp_path: Path) -> None:
    with recording() as recorder:
        async with open_runtime(settings_of(database_url, tmp_path, meili_url=recorder.url)) as runtime:
            backend = runtime.backend
        assert isinstance(backend, MeilisearchBackend)
        with pytest.raises(SearchUnavailableError, match="is closed"):
            await backend.count()
