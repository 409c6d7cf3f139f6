"""Notices when the index is not what it should be, and defers the job that puts it right."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from search.errors import SearchUnavailableError
from service.database.queue import defer
from service.directory.index import count_indexable
from service.directory.index_record import lacks_vectors, note_embedder
from service.jobs.tasks import JobTools

REBUILD_QUEUE = "rebuild"  # apart from edits, which must not wait for hours
_REBUILD = "rebuild_index"

# A job that has failed before says nothing of an index that was lost: it may go on failing.
_WAITING = text("""
    SELECT count(*) FILTER (WHERE task_name = 'rebuild_index') AS rebuilds,
           count(*) FILTER (WHERE task_name = 'index_experts') AS edits,
           count(*) FILTER (WHERE task_name = 'index_experts' AND attempts = 0) AS new_edits
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
""")


async def look_after_the_index(tools: JobTools) -> None:
    """Defer a rebuild when the index was made by another embedder than ours, lacks vectors that we could make, was
    emptied by a new layout, or lost. Vectors are kept apart, so nothing is embedded twice.

    Raises SearchUnavailableError when the index cannot be asked.
    """
    async with tools.sessions.begin() as session:
        if await _needs_rebuilding(session, tools):
            await request_rebuild(session)


async def request_rebuild(session: AsyncSession) -> None:
    """One that waits already stands for this one."""
    await defer(session, _REBUILD, queue=REBUILD_QUEUE, lock=_REBUILD, queueing_lock=_REBUILD)


async def has_rebuild_waiting(session: AsyncSession) -> bool:
    """Due now."""
    return bool(await session.scalar(_DUE, {"queue": REBUILD_QUEUE}))


_DUE = text("""
    SELECT EXISTS (SELECT FROM procrastinate_jobs
                   WHERE queue_name = :queue AND status = 'todo' AND coalesce(scheduled_at, now()) <= now())
""")


async def _needs_rebuilding(session: AsyncSession, tools: JobTools) -> bool:
    waiting = (await session.execute(_WAITING)).one()
    if waiting.rebuilds:
        return False
    indexed, indexable = await _count(tools), await count_indexable(session)
    ours = tools.embeddings.embedder_id
    if ours is not None and indexable:
        held = await tools.backend.embedder_id()
        if held == ours:
            if tools.embeddings.source is not None:
                await note_embedder(session, ours, tools.embeddings.source)
            if await lacks_vectors(session):
                return True
        elif indexed:
            return True
    if indexed == 0:
        return indexable > 0 and not waiting.new_edits
    return indexed != indexable and not waiting.edits


async def _count(tools: JobTools) -> int:
    """An index whose tables were dropped under us is made again, empty; one that is away is away for that as well."""
    try:
        return await tools.backend.count()
    except SearchUnavailableError:
        await tools.backend.create()
        return await tools.backend.count()
