"""Another language model: the index is built anew in the background while the old one serves, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete

from search.backends.postgresql import PostgresqlBackend, PostgresqlRebuild
from search.embedding.cache import EmbedderSource, Embeddings, open_embeddings
from search.errors import EmbedderUnavailableError
from service.database.models import Evidence, Expert
from service.database.models.directory import ProfileState
from service.database.queue import defer
from service.directory.embedder_in_use import EmbedderInUse
from service.directory.index import holding_the_index, sync_experts
from service.directory.index_record import RebuildPhase, find_embedder, find_missing_vectors
from service.directory.rebuilding import rebuild_index
from service.jobs.worker import running_worker
from tests.factories import make_expert
from tests.integration.embedded_host import (
    Host,
    WordsEmbedder,
    add_people,
    edit,
    fill,
    has_by_meaning,
    host_holds,
    new_model,
    old_model,
    open_host,
    progress,
    until_it_is,
    waiting_jobs,
)
from tests.integration.test_worker import QUICK, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def host(database_url: str) -> AsyncIterator[Host]:
    """With the old model."""
    async with open_host(database_url) as host:
        yield host


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


KILLED_WORKER = """
import asyncio, sys
from pathlib import Path
from psycopg_pool import AsyncConnectionPool
from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import Embeddings
from service.database.session import make_engine, make_sessions
from service.jobs.worker import running_worker
from tests.integration.embedded_host import Host, WordsEmbedder
from tests.integration.test_worker import QUICK

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


async def test_two_rebuilds_at_once_come_to_the_same(host: Host) -> None:
    ids = await fill(host)
    other = host.with_model(new_model())
    other.model.gate.set()

    await asyncio.gather(*(rebuild_index(one.sessions, one.backend, one.embeddings) for one in (other, other)))

    assert await other.backend.embedder_id() == "new-model"
    assert await other.backend.ids() == set(ids)
    assert len(other.model.embedded) <= 2 * len(host.model.embedded)


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


async def test_who_was_deleted_and_put_back_under_the_old_id_stays_in_a_rebuilt_index(host: Host) -> None:
    ids = await add_people(host, 3)
    async with host.sessions.begin() as session:
        await session.execute(delete(Expert).where(Expert.id == ids[0]))
    async with host.sessions.begin() as session:
        await make_expert(session, "Người Trở Lại", id=ids[0])

    await rebuild_index(host.sessions, host.backend, host.embeddings)

    assert await host.backend.ids() == set(ids)
