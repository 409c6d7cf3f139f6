"""Notices when the index is not what it should be, and defers the job that puts it right."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from search.errors import SearchUnavailableError
from service.database.queue import defer
from service.directory.index import count_indexable, list_indexable
from service.directory.index_record import (
    find_missing_vectors,
    find_newest_wanted,
    note_embedder,
    note_wanted,
    take_those_without_vectors,
)
from service.jobs.tasks import JobTools

REBUILD_QUEUE = "rebuild"  # apart from edits, which must not wait for hours
_REBUILD = "rebuild_index"
_MOST_ONE_BY_ONE = 1000  # people whom the index lacks, or has and should not: more of them are a rebuild
_LONGEST_NAME = 100  # of a queue there are 128 letters

# A job that has failed before says nothing of an index that was lost: it may go on failing.
_WAITING = text("""
    SELECT count(*) FILTER (WHERE task_name = 'rebuild_index') AS rebuilds,
           count(*) FILTER (WHERE task_name = 'index_experts') AS edits,
           count(*) FILTER (WHERE task_name = 'index_experts' AND attempts = 0) AS new_edits
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
""")
_DROP_OTHERS = text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE task_name = 'rebuild_index' AND status = 'todo' AND args ->> 'embedder_id' <> :embedder_id
        FOR UPDATE SKIP LOCKED
    )
""")
_DUE = text("""
    SELECT DISTINCT queue_name FROM procrastinate_jobs
    WHERE queue_name = ANY(:queues) AND status = 'todo' AND coalesce(scheduled_at, now()) <= now()
""")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """`stands_back_for` is the embedder of a newer process, which looks after the index in our place."""

    stands_back_for: str | None = None
    has_compared: bool = False


async def look_after_the_index(tools: JobTools, *, compares_people: bool = False) -> Look:
    """Defer a rebuild when the index was made by another embedder than ours, lacks vectors that we could make, was
    emptied by a new layout, or lost. Vectors are kept apart, so nothing is embedded twice. Where a few people are
    missing, or have no vectors, or are there and should not be, they are indexed anew; `compares_people` looks for them
    also where the numbers agree, unless edits wait.

    Processes with different embedders would take turns in rebuilding: only that looks after the index which was the
    last to be started. Raises SearchUnavailableError when the index cannot be asked.
    """
    ours = tools.embeddings.embedder_id
    await say_what_is_wanted(tools)
    async with tools.sessions.begin() as session:
        if (newest := await find_newest_wanted(session)) != ours:
            return Look(stands_back_for=newest)
        await session.execute(_DROP_OTHERS, {"embedder_id": ours or ""})
        before = await _waiting(session)
        if before.rebuilds:
            return Look()
        indexed, indexable = await _count(tools), await count_indexable(session)
        # Asked again, for edits that were committed between the two counts.
        after = await _waiting(session)
        if after.rebuilds:
            return Look()
        if await _needs_other_vectors(session, tools, indexed, indexable):
            await request_rebuild(session, ours)
        elif indexed == 0:
            if indexable and not after.new_edits:
                await request_rebuild(session, ours)
        elif not (before.edits or after.edits) and (compares_people or indexed != indexable):
            await _compare_people(session, tools)
            return Look(has_compared=True)
    return Look()


async def say_what_is_wanted(tools: JobTools) -> None:
    """To be said again and again: an embedder that nobody speaks for is not waited for."""
    embeddings = tools.embeddings
    if embeddings.embedder_id is not None:
        async with tools.sessions.begin() as session:
            await note_wanted(session, embeddings.embedder_id, embeddings.opened_at)


async def request_rebuild(session: AsyncSession, embedder_id: str | None = None) -> None:
    """By a process with this embedder; None: by whichever looks after the index. One that waits already stands for
    this one."""
    queue = _queue_of(embedder_id)
    arguments = {} if embedder_id is None else {"embedder_id": embedder_id}
    await defer(session, _REBUILD, queue=queue, lock=_REBUILD, queueing_lock=queue, **arguments)


async def list_due_rebuilds(session: AsyncSession, tools: JobTools) -> list[str]:
    """The queues in which one is due that is ours to run."""
    ours = tools.embeddings.embedder_id
    if await find_newest_wanted(session) != ours:
        return []
    return list(await session.scalars(_DUE, {"queues": list({_queue_of(None), _queue_of(ours)})}))


def _queue_of(embedder_id: str | None) -> str:
    """A worker takes whatever is in a queue, so each embedder has one of its own."""
    return REBUILD_QUEUE if embedder_id is None else f"{REBUILD_QUEUE} {embedder_id[-_LONGEST_NAME:]}"


async def _count(tools: JobTools) -> int:
    """An index whose tables were dropped under us is made again, empty; one that is away is away for that as well."""
    try:
        return await tools.backend.count()
    except SearchUnavailableError:
        await tools.backend.create()
        return await tools.backend.count()


async def _waiting(session: AsyncSession) -> Row[tuple[int, int, int]]:
    return (await session.execute(_WAITING)).one()


async def _needs_other_vectors(session: AsyncSession, tools: JobTools, indexed: int, indexable: int) -> bool:
    ours = tools.embeddings.embedder_id
    if ours is None or not indexable:
        return False
    if await tools.backend.embedder_id() != ours:
        return indexed > 0
    if tools.embeddings.source is not None:
        await note_embedder(session, ours, tools.embeddings.source)
    if without := await take_those_without_vectors(session):
        # A worker with another embedder may take this up too. It notes them again, and next time it may be us.
        await _index_anew(session, without)
    return await find_missing_vectors(session) is not None


async def _compare_people(session: AsyncSession, tools: JobTools) -> None:
    held, wanted = await tools.backend.ids(), await list_indexable(session)
    apart = held ^ wanted
    if len(apart) > _MOST_ONE_BY_ONE:
        await request_rebuild(session, tools.embeddings.embedder_id)
    elif apart:
        logger.warning("The index lacks %s people and has %s too many.", len(wanted - held), len(held - wanted))
        await _index_anew(session, apart)


async def _index_anew(session: AsyncSession, expert_ids: Collection[UUID]) -> None:
    await defer(session, "index_experts", expert_ids=sorted(str(expert_id) for expert_id in expert_ids))
