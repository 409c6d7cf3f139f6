"""The status page: of each part what runs, what that means for whoever works with the service, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from service.app import create_app
from service.database.backup_record import note_backup
from service.database.migrate import newest_version
from service.database.models import Expert
from service.database.queue import defer
from service.directory.rebuilding import rebuild_index
from service.jobs.worker import WorkerPace, running_worker
from service.runtime import Runtime
from service.settings import Settings
from tests.factories import make_expert
from tests.reading_pages import text_of

QUICK = WorkerPace(poll=0.1, heartbeat=0.3, dead_after=1.5, stop_within=1, look_after_index=0.2)


class Service:
    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.client = client

    async def status(self, language: str = "en") -> str:
        page = await self.client.get("/status", params={"lang": language})
        self.client.cookies.clear()
        assert page.status_code == 200, page.text
        return text_of(page)

    async def add(self, name: str) -> UUID:
        async with self.runtime.sessions.begin() as session:
            expert = await make_expert(session, name, works=["Nuôi cá lồng bè trên biển"])
            await defer(session, "index_experts", expert_ids=[str(expert.id)])
        return expert.id

    async def rename(self, expert_id: UUID, name: str) -> None:
        async with self.runtime.sessions.begin() as session:
            expert = await session.get_one(Expert, expert_id)
            expert.full_name = name
            await defer(session, "index_experts", expert_ids=[str(expert_id)])

    async def is_at_rest(self) -> bool:
        with psycopg.connect(self.runtime.database_url) as connection:
            return connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)

    async def says(self, sentence: str) -> bool:
        return sentence in await self.status()

    def run(self, sql: str) -> None:
        with psycopg.connect(self.runtime.database_url, autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await reached():  # noqa: ASYNC110 - what is waited for happens elsewhere
            await asyncio.sleep(0.1)


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """Without a worker; a test runs one while it needs it."""
    settings = Settings(
        var=tmp_path, database_url=database_url, embedder="none", locale="vi", host="127.0.0.1", port=8765
    )
    app = create_app(settings, run_worker=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Service(app.state.runtime, client)


async def test_all_versions_are_named(service: Service) -> None:
    page = await service.status()

    for sentence in (
        "Trí Thức 0.1.0",
        "PostgreSQL 18",
        "pgvector 0.",
        f"schema version {newest_version()}, ",
        "in PostgreSQL, layout ",
        "0 of 0 experts in the index",
    ):
        assert sentence in page


async def test_without_a_worker_edits_wait_and_the_page_says_what_that_means(service: Service) -> None:
    hoa = await service.add("Trần Thị Hoa")
    async with running_worker(service.runtime, QUICK):
        await until(service.is_at_rest)
        at_rest = await service.status()
    await service.rename(hoa, "Trần Thị Hòa")
    service.run("UPDATE procrastinate_events SET at = now() - interval '90 seconds' WHERE type = 'deferred'")
    english, vietnamese = await service.status(), await service.status("vi")

    for sentence in ("1 of 1 experts in the index", "workers: 1", "nothing waits", "Searches show people as they"):
        assert sentence in at_rest
    for sentence in (
        "Edits are saved, and reach the search when a worker runs again.",
        "Start one: trithuc worker",
        "Bring edits into the search index: 1 waiting",
        "1 edits on their way, the oldest for 9",
        "workers: 0",
        "A search may not yet show the newest people and edits.",
    ):
        assert sentence in english
    for sentence in (
        "Tình trạng hệ thống",
        "Nội dung sửa vẫn được lưu, và sẽ có trong kết quả tìm kiếm khi tiến trình xử lý chạy lại.",
        "Đưa nội dung mới sửa vào chỉ mục tìm kiếm: 1 việc đang chờ",
    ):
        assert sentence in vietnamese


async def test_why_a_job_failed_is_shown_until_it_succeeds_and_tells_nothing_of_people(service: Service) -> None:
    async with running_worker(service.runtime, QUICK):
        await until(lambda: service.says("workers: 1"))
        service.run("ALTER TABLE search.document ADD CONSTRAINT nobody CHECK (false) NOT VALID")
        await service.add("Trần Thị Hoa")
        await until(lambda: service.says("1 to be tried again"))
        failing = await service.status()
        service.run("ALTER TABLE search.document DROP CONSTRAINT nobody")
        await until(service.is_at_rest)
        well = await service.status()

    for sentence in ("some have failed", "failed at ", "next try at ", "They are tried again by themselves"):
        assert sentence in failing
    assert "An unexpected fault (CheckViolation" in failing or "The search index cannot be asked: " in failing
    assert "Hoa" not in failing
    assert "failed" not in well


async def test_a_lost_index_is_said_and_gone_from_the_page_once_it_is_built_again(service: Service) -> None:
    await service.add("Trần Thị Hoa")
    async with running_worker(service.runtime, QUICK):
        await until(service.is_at_rest)
    service.run("DROP SCHEMA search CASCADE")
    lost = await service.status()
    async with running_worker(service.runtime, QUICK):
        await until(lambda: service.says("1 of 1 experts in the index"))
        back = await service.status()

    for sentence in ("cannot be reached", "Nothing that is entered is lost.", "A running worker repairs it by itself."):
        assert sentence in lost
    assert "cannot be reached" not in back
    assert "last built anew at " in back


async def test_the_last_rebuild_is_dated(service: Service) -> None:
    await rebuild_index(service.runtime.sessions, service.runtime.backend, service.runtime.embeddings)

    assert f"lập lại toàn bộ lần gần nhất lúc {hour_in_the_office()}" in await service.status("vi")


def hour_in_the_office() -> str:
    return f"{datetime.now(UTC) + timedelta(hours=7):%H:}"


async def test_backups_are_reported_missing_made_failed_and_old(service: Service) -> None:
    url, now = service.runtime.database_url, datetime.now(UTC)
    never = await service.status()
    note_backup(url, finished_at=now, file="trithuc-20261125T020000Z.dump", size_bytes=12_345_678)
    made = await service.status()
    note_backup(
        url,
        failed_at=now + timedelta(seconds=1),
        reason="%(folder)s is no folder that this account can write to. No backup was made.",
        details={"folder": "/backups"},
    )
    failed, failed_vi = await service.status(), await service.status("vi")
    note_backup(url, finished_at=now - timedelta(days=3), failed_at=None, reason=None)
    old = await service.status()

    assert "none yet" in never
    assert "trithuc-20261125T020000Z.dump, 12 MB" in made
    assert "Keep a copy on another machine too." in made
    for sentence in (
        "the last one failed",
        "/backups is no folder that this account can write to.",
        "run trithuc backup --to FOLDER",
    ):
        assert sentence in failed
    assert "/backups không phải là thư mục mà tài khoản này ghi được." in failed_vi
    assert "Should the disk fail, what was entered since then is lost." in old


async def test_a_database_of_another_version_is_said(service: Service) -> None:
    service.run("UPDATE alembic_version SET version_num = '0001'")

    assert "of another version" in await service.status()
    assert f"the program needs version {newest_version()}" in await service.status()
