"""Edits reach the index through the queue, whatever happens to the worker in between."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from search.backends.postgresql import PostgresqlBackend
from search.documents import ExpertDocument
from search.embedding.cache import Embeddings, open_embeddings
from search.embedding.embedder import Vectors
from search.query import ExpertQuery, Rankings
from service.database.models import Expert
from service.database.queue import defer
from service.database.session import make_engine, make_sessions
from service.jobs.worker import WorkerPace, end_task, running_worker
from tests.factories import make_expert

ROOT = Path(__file__).parents[2]
QUICK = WorkerPace(poll=0.1, heartbeat=0.3, dead_after=1.5, stop_within=1, look_after_index=0.2)


@dataclass
class MemoryIndex:
    """An index in memory. It refuses the people in `refused`, and counts how often it was written."""

    names: dict[UUID, str] = field(default_factory=dict)
    refused: set[UUID] = field(default_factory=set)
    writes: int = 0

    async def upsert(self, documents: Sequence[ExpertDocument], vectors: Sequence[Vectors | None]) -> None:
        if any(document.id in self.refused for document in documents):
            raise ValueError("refused")
        self.writes += 1
        self.names |= {document.id: document.full_name for document in documents}

    async def delete(self, expert_ids: Sequence[UUID]) -> None:
        for expert_id in expert_ids:
            self.names.pop(expert_id, None)

    async def search(self, query: ExpertQuery) -> Rankings:
        raise NotImplementedError

    async def embedder_id(self) -> str | None:
        return None

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[MemoryIndex]:
        fresh = MemoryIndex(refused=self.refused)
        yield fresh
        self.names = fresh.names

    async def count(self) -> int:
        return len(self.names)

    async def ids(self) -> set[UUID]:
        return set(self.names)

    async def finish(self) -> None:
        pass


@dataclass(frozen=True)
class Host:
    database_url: str
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    backend: MemoryIndex
    embeddings: Embeddings


@pytest.fixture
async def host(database_url: str) -> AsyncIterator[Host]:
    engine = make_engine(database_url)
    yield Host(database_url, engine, make_sessions(engine), MemoryIndex(), open_embeddings("none", None))
    await engine.dispose()


async def add_expert(host: Host, name: str) -> UUID:
    """A new person and, in the same transaction, the job."""
    async with host.sessions.begin() as session:
        expert = await make_expert(session, name)
        await defer(session, "index_experts", expert_ids=[str(expert.id)])
    return expert.id


async def rename(host: Host, expert_id: UUID, name: str) -> None:
    async with host.sessions.begin() as session:
        expert = await session.get_one(Expert, expert_id)
        expert.full_name = name
        await defer(session, "index_experts", expert_ids=[str(expert_id)])


async def until(reached: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.02)


def jobs(host: Host) -> list[tuple[str, dict[str, list[str]]]]:
    with psycopg.connect(host.database_url) as connection:
        return connection.execute("SELECT status::text, args FROM procrastinate_jobs ORDER BY id").fetchall()


async def test_an_edit_reaches_the_index(host: Host) -> None:
    expert_id = await add_expert(host, "Trần Văn An")
    async with running_worker(host, QUICK):
        await until(lambda: expert_id in host.backend.names)
        await rename(host, expert_id, "Trần Văn Ân")
        await until(lambda: host.backend.names == {expert_id: "Trần Văn Ân"})
        await until(lambda: jobs(host) == [])


async def test_many_edits_in_quick_succession_are_one_write(host: Host) -> None:
    ids = [await add_expert(host, f"Người {n}") for n in range(40)]
    async with running_worker(host, QUICK):
        await until(lambda: jobs(host) == [])

    assert set(host.backend.names) == set(ids)
    assert host.backend.writes == 1


async def test_an_index_that_was_lost_is_built_again_when_a_worker_starts(host: Host) -> None:
    expert_id = await add_expert(host, "Trần Văn An")
    async with running_worker(host, QUICK):
        await until(lambda: jobs(host) == [] and expert_id in host.backend.names)
    host.backend.names.clear()

    async with running_worker(host, QUICK):
        await until(lambda: host.backend.names == {expert_id: "Trần Văn An"})


async def test_one_person_who_cannot_be_indexed_holds_back_nobody_else(host: Host) -> None:
    bad = await add_expert(host, "Người Hỏng")
    good = [await add_expert(host, f"Người {n}") for n in range(3)]
    host.backend.refused = {bad}
    async with running_worker(host, QUICK):
        await until(lambda: set(host.backend.names) == set(good))
        await until(lambda: [status for status, _ in jobs(host)] == ["todo"])
        waiting = jobs(host)
        host.backend.refused = set()
        await until(lambda: bad in host.backend.names)

    assert waiting == [("todo", {"expert_ids": [str(bad)]})]


async def test_a_worker_survives_the_loss_of_its_connections(host: Host) -> None:
    async with running_worker(host, QUICK):
        await until(lambda: live_workers(host) == 1)
        with psycopg.connect(host.database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await host.engine.dispose()
        expert_id = await add_expert(host, "Trần Văn An")
        await until(lambda: expert_id in host.backend.names)


def live_workers(host: Host) -> int:
    with psycopg.connect(host.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
        return int(row[0]) if row else 0


STUCK_WORKER = """
import asyncio, sys
from psycopg_pool import AsyncConnectionPool
from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import open_embeddings
from service.database.session import make_engine, make_sessions
from service.jobs.worker import running_worker
from tests.integration.test_worker import QUICK, Host

class StuckIndex(PostgresqlBackend):
    async def upsert(self, documents, vectors):
        await super().upsert(documents[:1], vectors[:1])
        print("writing", flush=True)
        await asyncio.sleep(600)

async def main(database_url):
    engine = make_engine(database_url)
    async with AsyncConnectionPool(database_url, min_size=1, open=False) as pool:
        host = Host(database_url, engine, make_sessions(engine), StuckIndex(pool), open_embeddings("none", None))
        async with running_worker(host, QUICK):
            await asyncio.sleep(600)

asyncio.run(main(sys.argv[1]))
"""


def start_worker_and_let_it_get_stuck(host: Host) -> subprocess.Popen[str]:
    """A worker process that has taken a job up, wrote one of the people into the index, and goes no further."""
    worker = subprocess.Popen(
        [sys.executable, "-c", STUCK_WORKER, host.database_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "writing\n"
    return worker


async def test_after_the_worker_is_killed_in_between_another_makes_the_index_converge(host: Host) -> None:
    async with AsyncConnectionPool(host.database_url, min_size=1, open=False) as pool:
        index = PostgresqlBackend(pool)
        await index.create()
        people = [await add_expert(host, name) for name in ("Trần Văn An", "Lê Thị Bình", "Phạm Văn Cường")]
        worker = await asyncio.to_thread(start_worker_and_let_it_get_stuck, host)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        half_done, left_behind = len(await index.ids()), [status for status, _ in jobs(host)]
        await rename(host, people[1], "Lê Thị Bích Ngọc")

        async with running_worker(replace(host, backend=index), QUICK):
            await until(lambda: jobs(host) == [])
        found = await index.search(ExpertQuery(text="Bích Ngọc"))

        assert (half_done, left_behind) == (1, ["doing"])
        assert await index.ids() == set(people)
        assert {hit.expert_id for hit in (*found.exact, *found.by_words)} == {people[1]}


async def test_a_worker_that_is_stopped_puts_its_job_back(host: Host) -> None:
    async with AsyncConnectionPool(host.database_url, min_size=1, open=False) as pool:
        await PostgresqlBackend(pool).create()
    await add_expert(host, "Trần Văn An")
    worker = await asyncio.to_thread(start_worker_and_let_it_get_stuck, host)
    worker.send_signal(signal.SIGINT)
    await asyncio.to_thread(worker.communicate, timeout=30)

    assert [status for status, _ in jobs(host)] == ["todo"]


async def test_a_task_ends_although_its_first_cancellation_gets_lost() -> None:
    lost = asyncio.Event()

    async def lose_one() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            lost.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(lose_one())
    await asyncio.sleep(0)

    await end_task(task, again_after=0.05)

    assert lost.is_set()
    assert task.cancelled()


async def test_a_worker_can_be_stopped_at_any_moment_of_its_start(host: Host) -> None:
    for milliseconds in range(0, 60, 3):
        async with asyncio.timeout(20), running_worker(host, QUICK):
            await asyncio.sleep(milliseconds / 1000)
