"""Another language model: the index is built anew in the background while the old one serves, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from search.backends.postgresql import PostgresqlBackend, PostgresqlRebuild
from search.embedding.cache import EmbedderSource, Embeddings, open_embeddings
from search.embedding.embedder import Vectors
from search.errors import EmbedderUnavailableError
from search.fusion import fuse
from search.query import ExpertQuery, Rankings
from search.vietnamese import fold
from service.database.models import Evidence, Expert
from service.database.models.directory import ProfileState
from service.database.queue import defer
from service.database.session import make_engine, make_sessions
from service.directory.embedder_in_use import EmbedderInUse
from service.directory.index import holding_the_index, sync_experts
from service.directory.index_record import (
    RebuildPhase,
    RebuildRecord,
    find_embedder,
    find_missing_vectors,
    find_rebuild,
    note_missing_vectors,
)
from service.directory.rebuilding import rebuild_index
from service.jobs.index_care import Look, look_after_the_index, request_rebuild
from service.jobs.worker import running_worker
from tests.contracts.indexed import person
from tests.factories import make_expert
from tests.integration.test_worker import QUICK, until

ROOT = Path(__file__).parents[2]
_MANY = 6


@dataclass
class WordsEmbedder:
    """A real, if crude, embedder: a text's vector comes from its words, so that texts with words in common are near.

    Models of other names have other vectors and other dimensions. Many passages at once wait until `gate` is open; all
    of them are written down.
    """

    name: str
    dimensions: int
    gate: threading.Event = field(default_factory=threading.Event)
    embedded: list[str] = field(default_factory=list)
    is_broken: bool = False
    log: Path | None = None

    @property
    def embedder_id(self) -> str:
        return self.name

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.dimensions), np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self.is_broken:
            raise EmbedderUnavailableError("it is broken")
        if len(texts) > _MANY:
            assert self.gate.wait(60)
        self.embedded += texts
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as log:
                log.writelines(f"{text}\n" for text in texts)
        return self.embed_queries(texts)

    def _vector(self, text: str) -> Vectors:
        vector = np.ones(self.dimensions, np.float32)
        for word in fold(text).split():
            draw = np.random.default_rng(list(f"{self.name} {word}".encode()))
            vector += draw.standard_normal(self.dimensions).astype(np.float32)
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit

    def close(self) -> None:
        pass


def old_model() -> WordsEmbedder:
    model = WordsEmbedder("old-model", 32)
    model.gate.set()
    return model


def new_model() -> WordsEmbedder:
    return WordsEmbedder("new-model", 48)


@dataclass(frozen=True)
class Host:
    """The parts of a running service with one embedder."""

    database_url: str
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    pool: AsyncConnectionPool
    backend: PostgresqlBackend
    embeddings: Embeddings
    model: WordsEmbedder

    def with_model(self, model: WordsEmbedder) -> Host:
        """Another process of the same service, after the setting was changed."""
        embeddings = Embeddings(model, self.pool, source=EmbedderSource(model.name, "cpu"))
        backend = PostgresqlBackend(self.pool, embedder_id=model.name, dimensions=model.dimensions)
        return replace(self, backend=backend, embeddings=embeddings, model=model)

    async def ask(self, text: str) -> Rankings:
        vector = (await self.embeddings.directions([text]))[0]
        return await self.backend.search(ExpertQuery(text=text, vector=vector, embedder_id=self.embeddings.embedder_id))

    async def found(self, text: str) -> set[UUID]:
        return {hit.expert_id for hit in fuse(await self.ask(text)) if hit.words is not None}


@pytest.fixture
async def host(database_url: str) -> AsyncIterator[Host]:
    """With the old model."""
    engine = make_engine(database_url)
    async with AsyncConnectionPool(database_url, open=False, min_size=1, max_size=6) as pool:
        model = old_model()
        backend = PostgresqlBackend(pool, embedder_id=model.name, dimensions=model.dimensions)
        await backend.create()
        yield Host(
            database_url,
            engine,
            make_sessions(engine),
            pool,
            backend,
            Embeddings(model, pool, source=EmbedderSource(model.name, "cpu")),
            model,
        )
    await engine.dispose()


async def fill(host: Host, count: int = 12) -> list[UUID]:
    """People in the directory and, with their vectors, in the index."""
    ids = await add_people(host, count)
    async with host.sessions.begin() as session:
        await sync_experts(session, host.backend, host.embeddings, ids)
    return ids


async def add_people(host: Host, count: int) -> list[UUID]:
    async with host.sessions.begin() as session:
        return [
            (await make_expert(session, f"Nguyễn Văn Số{n}", works=[(f"Nuôi biển đề tài thứ{n}", 2020)])).id
            for n in range(count)
        ]


async def edit(host: Host, expert_id: UUID, keyword: str) -> None:
    async with host.sessions.begin() as session:
        (await session.get_one(Expert, expert_id)).keywords = [keyword]
        await defer(session, "index_experts", expert_ids=[str(expert_id)])


async def progress(host: Host) -> RebuildRecord | None:
    async with host.sessions() as session:
        return await find_rebuild(session)


async def until_it_is(reached: Callable[[], object], seconds: float = 30) -> None:
    """The same as `until` for what has to be awaited."""
    async with asyncio.timeout(seconds):
        while not await reached():  # type: ignore[misc]  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.05)


def waiting_jobs(host: Host) -> list[str]:
    with psycopg.connect(host.database_url) as connection:
        return [name for (name,) in connection.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id")]


async def test_the_old_index_serves_while_everything_is_embedded_anew_and_is_then_replaced(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    async with running_worker(other, QUICK):
        await until(lambda: waiting_jobs(host) == ["rebuild_index"])
        await until_it_is(lambda: progress(host))
        before = await progress(host)
        held, by_words = await host.backend.embedder_id(), await other.found("thứ3")
        by_old, by_new = (await host.ask("nuôi biển")).by_meaning, (await other.ask("nuôi biển")).by_meaning
        other.model.gate.set()
        await until(lambda: waiting_jobs(host) == [])
    after = await progress(host)

    assert before is not None
    assert (before.phase, before.embedder_id, before.total, before.finished_at) == (
        RebuildPhase.EMBEDDING,
        "new-model",
        12,
        None,
    )
    assert (held, by_words) == ("old-model", {ids[3]})
    assert {hit.expert_id for hit in by_old} == set(ids), "the old model still asks by meaning"
    assert by_new == (), "and vectors of the new one are not compared with those of the old"
    assert await host.backend.embedder_id() == "new-model"
    assert {hit.expert_id for hit in (await other.ask("nuôi biển")).by_meaning} == set(ids)
    assert after is not None
    assert (after.phase, after.done, after.total) == (RebuildPhase.DONE, 12, 12)
    assert after.finished_at is not None


async def test_edits_during_a_rebuild_reach_the_old_index_at_once_and_are_in_the_new_one(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    async with running_worker(other, QUICK):
        await until(lambda: "rebuild_index" in waiting_jobs(host))
        await until_it_is(lambda: progress(host))
        await edit(host, ids[5], "thủy triều đỏ")
        async with host.sessions.begin() as session:
            (await session.get_one(Expert, ids[6])).state = ProfileState.ARCHIVED
            await defer(session, "index_experts", expert_ids=[str(ids[6])])
        await until_it_is(lambda: host.found("thủy triều đỏ"))
        (newcomer,) = await add_people(host, 1)
        await edit(host, newcomer, "san hô")
        await until_it_is(lambda: host.found("san hô"))
        under_way = await progress(host)
        other.model.gate.set()
        await until(lambda: waiting_jobs(host) == [])

    assert under_way is not None
    assert under_way.phase == RebuildPhase.EMBEDDING
    assert await host.backend.embedder_id() == "new-model"
    assert await host.backend.ids() == {*ids, newcomer} - {ids[6]}
    assert await other.found("thủy triều đỏ") == {ids[5]}
    assert await other.found("san hô") == {newcomer}
    async with host.sessions() as session:
        assert await find_missing_vectors(session) is None


async def test_an_edit_after_its_document_was_written_is_in_the_new_index(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The narrowest moment: the old index has the edit, the fresh one was written before it."""
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()
    written, go_on = asyncio.Event(), asyncio.Event()
    put = PostgresqlBackend.upsert

    async def put_and_wait(self: PostgresqlBackend, documents: Sequence[object], vectors: Sequence[object]) -> None:
        await put(self, documents, vectors)  # type: ignore[arg-type]
        if self is not other.backend and not written.is_set():
            written.set()
            await go_on.wait()

    monkeypatch.setattr(PostgresqlBackend, "upsert", put_and_wait)
    rebuilding = asyncio.create_task(rebuild_index(other.sessions, other.backend, other.embeddings))
    await written.wait()
    async with host.sessions.begin() as session:
        (await session.get_one(Expert, ids[2])).keywords = ["rừng ngập mặn"]
        await session.flush()
        await sync_experts(session, other.backend, other.embeddings, [ids[2]])
    async with host.sessions.begin() as session:
        await session.execute(delete(Evidence).where(Evidence.expert_id == ids[7]))
        await session.execute(delete(Expert).where(Expert.id == ids[7]))
    go_on.set()
    await rebuilding

    assert await other.found("rừng ngập mặn") == {ids[2]}
    assert await other.backend.ids() == {*ids} - {ids[7]}
    assert {hit.expert_id for hit in (await other.ask("rừng ngập mặn")).by_meaning} == {*ids} - {ids[7]}


async def test_edits_do_not_wait_while_the_new_index_is_finished_and_are_in_it(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its indexes take minutes for a large directory."""
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()
    finishing, go_on = asyncio.Event(), asyncio.Event()
    finish = PostgresqlRebuild.finish

    async def finish_slowly(self: PostgresqlRebuild) -> None:
        finishing.set()
        await go_on.wait()
        await finish(self)

    monkeypatch.setattr(PostgresqlRebuild, "finish", finish_slowly)
    rebuilding = asyncio.create_task(rebuild_index(other.sessions, other.backend, other.embeddings))
    await finishing.wait()
    async with host.sessions.begin() as session:
        (await session.get_one(Expert, ids[2])).keywords = ["rừng ngập mặn"]
        (await session.get_one(Expert, ids[3])).state = ProfileState.ARCHIVED
    async with asyncio.timeout(10), holding_the_index(host.sessions), host.sessions.begin() as session:
        await sync_experts(session, host.backend, host.embeddings, ids[2:4])
    meanwhile = await host.found("rừng ngập mặn")
    go_on.set()
    await rebuilding

    assert meanwhile == {ids[2]}
    assert await other.found("rừng ngập mặn") == {ids[2]}
    assert await other.backend.ids() == {*ids} - {ids[3]}
    assert {hit.expert_id for hit in (await other.ask("rừng ngập mặn")).by_meaning} == {*ids} - {ids[3]}


async def test_an_index_filled_by_words_alone_gets_its_vectors_when_the_embedder_works_again(host: Host) -> None:
    ids = await add_people(host, 5)
    host.model.is_broken = True
    failure = await rebuild_index(host.sessions, host.backend, host.embeddings)
    async with host.sessions() as session:
        remembered = await find_missing_vectors(session)
    host.model.is_broken = False
    async with running_worker(host, QUICK):
        await until_it_is(lambda: has_by_meaning(host, set(ids)))

    assert str(failure) == "it is broken"
    assert remembered is not None
    assert remembered.expert_ids is None
    async with host.sessions() as session:
        assert await find_missing_vectors(session) is None


async def has_by_meaning(host: Host, ids: set[UUID]) -> bool:
    return {hit.expert_id for hit in (await host.ask("nuôi biển")).by_meaning} == ids


KILLED_WORKER = """
import asyncio, sys
from pathlib import Path
from tests.integration.test_re_embedding import *

class DyingModel(WordsEmbedder):
    def embed_passages(self, texts):
        vectors = super().embed_passages(texts)
        if len(self.embedded) >= 150:
            print("half way", flush=True)
            __import__("time").sleep(600)
        return vectors

async def main(url, log):
    engine = make_engine(url)
    async with AsyncConnectionPool(url, open=False, min_size=1, max_size=6) as pool:
        model = DyingModel("new-model", 48, log=Path(log))
        model.gate.set()
        backend = PostgresqlBackend(pool, embedder_id=model.name, dimensions=model.dimensions)
        embeddings = Embeddings(model, pool)
        async with running_worker(Host(url, engine, make_sessions(engine), pool, backend, embeddings, model), QUICK):
            await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_rebuild_that_was_killed_goes_on_without_embedding_again_what_was_done(
    host: Host, tmp_path: Path
) -> None:
    ids = await fill(host, 250)
    log = tmp_path / "embedded"
    killed = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
        [sys.executable, "-c", KILLED_WORKER, host.database_url, str(log)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout is not None
    stopping = asyncio.get_running_loop().call_later(60, killed.kill)  # or we would wait for its line for ever
    line = await asyncio.to_thread(killed.stdout.readline)
    stopping.cancel()
    killed.send_signal(signal.SIGKILL)
    await asyncio.to_thread(killed.communicate)
    done = log.read_text(encoding="utf-8").splitlines()

    other = host.with_model(new_model())
    other.model.gate.set()
    async with running_worker(other, QUICK):
        await until_it_is(lambda: host_holds(other, "new-model"), 60)
        await until(lambda: waiting_jobs(host) == [])

    again = set(done) & set(other.model.embedded)
    assert (line, len(done) >= 150) == ("half way\n", True)
    assert len(again) <= 64, "at most the batch that was under way"
    assert len({*done, *other.model.embedded}) == len(set(host.model.embedded))
    assert await other.backend.ids() == set(ids)


async def test_a_worker_that_is_stopped_in_a_rebuild_puts_it_back_for_the_next(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    async with running_worker(other, QUICK):
        await until_it_is(lambda: progress(host))
    with psycopg.connect(host.database_url) as connection:
        left = connection.execute("SELECT task_name, status::text FROM procrastinate_jobs").fetchall()
    other.model.gate.set()
    async with running_worker(other, QUICK):
        await until(lambda: waiting_jobs(host) == [])

    assert left == [("rebuild_index", "todo")]
    assert await host.backend.embedder_id() == "new-model"
    assert await host.backend.ids() == set(ids)


async def host_holds(host: Host, embedder_id: str) -> bool:
    return await host.backend.embedder_id() == embedder_id


async def test_two_rebuilds_at_once_come_to_the_same(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()

    await asyncio.gather(*(rebuild_index(one.sessions, one.backend, one.embeddings) for one in (other, other)))

    assert await other.backend.embedder_id() == "new-model"
    assert await other.backend.ids() == set(ids)
    assert len(other.model.embedded) <= 2 * len(host.model.embedded)


async def test_two_workers_rebuild_once(host: Host) -> None:
    ids = await fill(host)
    first, second = host.with_model(new_model()), host.with_model(new_model())
    first.model.gate.set()
    second.model.gate.set()
    async with running_worker(first, QUICK), running_worker(second, QUICK):
        await until_it_is(lambda: host_holds(host, "new-model"))
        await until(lambda: waiting_jobs(host) == [])
        await asyncio.sleep(1)

    assert waiting_jobs(host) == []
    assert len(first.model.embedded) + len(second.model.embedded) == len(set(host.model.embedded))
    assert await host.backend.ids() == set(ids)


async def test_of_two_workers_with_different_embedders_the_one_that_was_started_last_has_its_way(host: Host) -> None:
    """An upgrade of one machine after the other, or machines of different kinds."""
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()
    async with running_worker(host, QUICK):
        async with running_worker(other, QUICK):
            await until_it_is(lambda: host_holds(host, "new-model"))
            await until(lambda: waiting_jobs(host) == [])
            first = await progress(host)
            await asyncio.sleep(2)  # each of them looks after the index ten times
            second = await progress(host)
        restarted = host.with_model(old_model())
        async with running_worker(restarted, QUICK):
            await until_it_is(lambda: host_holds(host, "old-model"))
            await until(lambda: waiting_jobs(host) == [])

    assert first == second, "it was built once"
    assert await host.backend.ids() == set(ids)
    assert (await host.ask("nuôi biển")).by_meaning


async def test_when_the_newer_worker_is_gone_the_older_one_builds_the_index_again(host: Host) -> None:
    await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()
    async with running_worker(other, QUICK):
        await until_it_is(lambda: host_holds(host, "new-model"))
        await until(lambda: waiting_jobs(host) == [])
    soon_after = await look_after_the_index(host)
    jobs_soon_after = waiting_jobs(host)
    await let_minutes_pass(host, 4)
    async with running_worker(host, QUICK):
        await until_it_is(lambda: host_holds(host, "old-model"))

    assert (soon_after, jobs_soon_after) == (Look(stands_back_for="new-model"), [])


async def let_minutes_pass(host: Host, minutes: int) -> None:
    """Since the workers last spoke."""
    async with host.sessions.begin() as session:
        await session.execute(
            text("""
                UPDATE setting SET value = (
                    SELECT jsonb_object_agg(key, one || jsonb_build_object(
                        'said_at', CAST(one ->> 'said_at' AS timestamptz) - make_interval(mins => :minutes)))
                    FROM jsonb_each(value) AS each (key, one)
                ) WHERE name = 'index_wanted'
            """),
            {"minutes": minutes},
        )


async def test_a_rebuild_is_run_by_a_worker_with_the_embedder_it_was_asked_for(host: Host) -> None:
    await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()
    await look_after_the_index(other)
    async with running_worker(host, QUICK):
        await asyncio.sleep(1)
        left = waiting_jobs(host)
    untouched = await progress(host)
    async with running_worker(other, QUICK):
        await until(lambda: waiting_jobs(host) == [])

    assert (left, untouched) == (["rebuild_index"], None)
    assert await host_holds(host, "new-model")


async def test_a_rebuild_for_an_embedder_that_nobody_wants_any_more_is_dropped(host: Host) -> None:
    ids = await fill(host)
    async with host.sessions.begin() as session:
        await request_rebuild(session, "a former model")
    await host.backend.delete(ids)
    async with running_worker(host, QUICK):
        await until_it_is(lambda: has_by_meaning(host, set(ids)))
        await until(lambda: waiting_jobs(host) == [])


async def test_a_rebuild_that_anybody_may_run_is_run(host: Host) -> None:
    """What a restore leaves behind."""
    await fill(host)
    async with host.sessions.begin() as session:
        await request_rebuild(session)
    async with running_worker(host, QUICK):
        await until(lambda: waiting_jobs(host) == [])
        await until_it_is(lambda: rebuilt_once(host))


async def test_an_index_of_as_many_people_but_of_others_is_put_right_when_a_worker_starts(host: Host) -> None:
    ids = await fill(host)
    stranger = person("Người Lạ", "Nuôi biển")
    await host.backend.delete([ids[4]])
    await host.backend.upsert([stranger], [None])
    async with running_worker(host, QUICK):
        await until_it_is(lambda: has_by_meaning(host, set(ids)))
        await until(lambda: waiting_jobs(host) == [])

    assert await host.backend.ids() == set(ids)
    assert await progress(host) is None, "for two people nothing is built anew"


async def test_an_edit_that_is_committed_while_the_index_is_looked_at_is_not_taken_for_a_fault(host: Host) -> None:
    class BusyIndex(PostgresqlBackend):
        async def count(self) -> int:
            counted = await super().count()
            (newcomer,) = await add_people(host, 1)
            await edit(host, newcomer, "san hô")
            return counted

    await fill(host)
    busy = BusyIndex(host.pool, embedder_id=host.model.name, dimensions=host.model.dimensions)

    look = await look_after_the_index(replace(host, backend=busy), compares_people=True)

    assert look == Look()
    assert waiting_jobs(host) == ["index_experts"]


async def test_an_index_that_is_emptied_under_a_running_worker_is_filled_again(host: Host) -> None:
    ids = await fill(host)
    async with running_worker(host, QUICK):
        await until_it_is(lambda: host.found("đề tài"))
        await host.backend.drop()
        await host.backend.create()
        await until_it_is(lambda: host.backend.ids())

    assert await host.backend.ids() == set(ids)
    assert len(host.model.embedded) == len(set(host.model.embedded)), "vectors are kept apart"


async def test_a_new_model_that_does_not_work_leaves_the_old_index_in_service_and_is_tried_again(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.is_broken = True
    other.model.gate.set()
    async with running_worker(other, QUICK):
        await until(lambda: "rebuild_index" in waiting_jobs(host))
        await asyncio.sleep(1)
        meanwhile = await host.backend.embedder_id(), {hit.expert_id for hit in (await host.ask("nuôi")).by_meaning}
        other.model.is_broken = False
        await until_it_is(lambda: host_holds(host, "new-model"))

    assert meanwhile == ("old-model", set(ids))


async def test_a_missing_model_does_not_cost_the_index_its_vectors(host: Host) -> None:
    ids = await fill(host)
    missing = open_embeddings(f"sentence-transformers:{ROOT / 'no-such-folder'}", host.pool)
    backend = PostgresqlBackend(host.pool)

    with pytest.raises(EmbedderUnavailableError):
        await rebuild_index(host.sessions, backend, missing)
    kept = {hit.expert_id for hit in (await host.ask("nuôi biển")).by_meaning}
    await rebuild_index(host.sessions, backend, open_embeddings("none", host.pool))

    assert kept == set(ids)
    assert (await backend.embedder_id(), await backend.ids()) == (None, set(ids)), "whoever wants none gets none"


async def test_people_written_without_vectors_get_them_when_the_embedder_is_back(host: Host) -> None:
    ids = await fill(host)
    without = replace(host, embeddings=Embeddings(None, host.pool), backend=PostgresqlBackend(host.pool))
    async with running_worker(without, QUICK):
        await edit(host, ids[0], "tảo biển")
        await until_it_is(lambda: host.found("tảo biển"))
        await until(lambda: waiting_jobs(host) == [])
    by_meaning = {hit.expert_id for hit in (await host.ask("tảo biển")).by_meaning}

    async with running_worker(host, QUICK):
        await until_it_is(lambda: has_by_meaning(host, set(ids)))
        await until(lambda: waiting_jobs(host) == [])

    assert by_meaning == {*ids} - {ids[0]}
    assert await progress(host) is None, "for one person nothing is built anew"
    async with host.sessions() as session:
        assert await find_missing_vectors(session) is None


async def test_an_edit_by_a_worker_with_another_embedder_costs_the_newer_one_no_rebuild(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()
    await rebuild_index(other.sessions, other.backend, other.embeddings)
    built = await progress(host)
    for expert_id in ids[:2]:
        async with host.sessions.begin() as session:
            await sync_experts(session, host.backend, host.embeddings, [expert_id])
    without = {*ids} - {hit.expert_id for hit in (await other.ask("nuôi biển")).by_meaning}
    async with running_worker(other, QUICK):
        await until_it_is(lambda: has_by_meaning(other, set(ids)))
        await until(lambda: waiting_jobs(host) == [])

    assert without == set(ids[:2])
    assert await progress(host) == built


async def test_of_very_many_people_without_vectors_no_list_is_kept(host: Host) -> None:
    await fill(host)
    async with host.sessions.begin() as session:
        await note_missing_vectors(session, [uuid4() for _ in range(600)])
        await note_missing_vectors(session, [uuid4() for _ in range(600)])
        noted = await find_missing_vectors(session)
    await look_after_the_index(host)

    assert noted is not None
    assert noted.expert_ids is None
    assert waiting_jobs(host) == ["rebuild_index"]


async def rebuilt_once(host: Host) -> bool:
    record = await progress(host)
    return record is not None and record.finished_at is not None


# -- whom questions go to


async def test_questions_go_to_the_old_model_until_the_index_holds_the_new_one_s_vectors(host: Host) -> None:
    await fill(host)
    await rebuild_index(host.sessions, host.backend, host.embeddings)  # which notes how the model was opened
    other = host.with_model(new_model())
    other.model.gate.set()
    opened: list[EmbedderSource] = []

    def reopen(source: EmbedderSource) -> Embeddings:
        opened.append(source)
        return Embeddings(old_model(), host.pool)

    in_use = EmbedderInUse(other.embeddings, other.backend, other.sessions, reopen)
    await in_use.look()
    before = in_use.current.embedder_id
    await in_use.look()
    await rebuild_index(other.sessions, other.backend, other.embeddings)
    await in_use.look()

    assert before == "old-model"
    assert opened == [EmbedderSource("old-model", "cpu")]
    assert in_use.current is other.embeddings


async def test_an_old_model_that_is_gone_or_changed_is_not_used(host: Host) -> None:
    await fill(host)
    await rebuild_index(host.sessions, host.backend, host.embeddings)
    other = host.with_model(new_model())
    changed = WordsEmbedder("old-model-with-other-weights", 32)

    for reopened in (Embeddings(None), Embeddings(changed)):
        in_use = EmbedderInUse(other.embeddings, other.backend, other.sessions, lambda _, it=reopened: it)  # type: ignore[misc]
        await in_use.look()
        await in_use.look()

        assert in_use.current is other.embeddings

    async with host.sessions() as session:
        assert await find_embedder(session, "never seen") is None
