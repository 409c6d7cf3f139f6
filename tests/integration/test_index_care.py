"""What workers find wrong with the index is put right, by one of them and with as little work as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import Embeddings
from service.directory.index import sync_experts
from service.directory.index_record import find_missing_vectors, note_missing_vectors
from service.directory.rebuilding import rebuild_index
from service.jobs.index_care import Look, look_after_the_index, request_rebuild
from service.jobs.worker import running_worker
from tests.contracts.indexed import person
from tests.integration.embedded_host import (
    Host,
    add_people,
    edit,
    fill,
    has_by_meaning,
    host_holds,
    new_model,
    old_model,
    open_host,
    progress,
    rebuilt_once,
    until_it_is,
    waiting_jobs,
)
from tests.integration.test_worker import QUICK, until


@pytest.fixture
async def host(database_url: str) -> AsyncIterator[Host]:
    """With the old model."""
    async with open_host(database_url) as host:
        yield host


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
