"""The service while its Meilisearch is away: it starts, answers with a notice, loses no edit, and catches up.

What answers in the end is a server that writes down what it is sent (tests/contracts/http_servers.py), no Meilisearch.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
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
from service.commands.doctor import examine
from service.database.models import Expert
from service.database.queue import defer
from service.directory.search import NOT_INDEXED
from service.errors import UnavailableError
from service.i18n import gettext
from service.runtime import open_runtime
from service.settings import Settings
from tests.conftest import free_port
from tests.contracts.http_servers import Recorder, misbehaving, recording
from tests.contracts.meilisearch_reference import problems_of
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
        path = f"/indexes/{query['indexUid']}/documents?"
        sent = [one for request in recorder.requests if request.path.startswith(path) for one in request.body]
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


async def test_an_index_that_was_deleted_is_built_anew_and_swapped_in(
    database_url: str, tmp_path: Path, session: AsyncSession
) -> None:
    expert = await make_expert(session, "Trần Thị Hoa", works=["Cá lồng bè ở vịnh kín"])
    await session.commit()
    with recording(indexes=()) as recorder:
        recorder.results = small_index(recorder)
        settings = settings_of(database_url, tmp_path, meili_url=recorder.url, meili_key="key")
        async with serving(settings, run_worker=True):
            await until(lambda: is_asked(recorder, "POST /swap-indexes"))

    (pair,) = (body[0]["indexes"] for body in recorder.bodies("POST /swap-indexes"))
    filled = recorder.bodies(f"POST /indexes/{pair[1]}/documents?primaryKey=id")
    assert [one["id"] for body in filled for one in body] == ["state", str(expert.id), "state"]
    assert [problem for request in recorder.requests for problem in problems_of(request)] == []


async def is_asked(recorder: Recorder, call: str) -> bool:
    return call in recorder.calls


async def test_a_command_that_needs_meilisearch_says_that_it_is_away(database_url: str, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}
    environ |= {
        "TRITHUC_DATABASE_URL": database_url,
        "TRITHUC_VAR": str(tmp_path),
        "TRITHUC_EMBEDDER": "none",
        "TRITHUC_LOCALE": "en",
        "TRITHUC_MEILI_URL": f"http://127.0.0.1:{free_port()}",
    }
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "service.cli", "reindex"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == UnavailableError.exit_code, said.stderr
    assert "The search index cannot be asked: the search server at" in said.stderr
    assert "Connection refused" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_doctor_counts_in_meilisearch_and_changes_nothing_there(database_url: str, tmp_path: Path) -> None:
    with recording() as recorder:
        found = [one.message for one in examine(settings_of(database_url, tmp_path, meili_url=recorder.url))]
    away = [one.message for one in examine(settings_of(database_url, tmp_path, meili_url=recorder.url))]

    assert "All %(experts)s experts are in the index" in found
    assert recorder.calls == ["POST /multi-search"]
    assert "The search index cannot be asked: %(reason)s" in away
