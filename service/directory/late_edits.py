"""People whose edits have waited for the index too long: no worker runs, or the index is away for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LATE_AFTER_SECONDS = 20  # a worker takes an edit up within a second or two
_MOST = 2_000

# Deferred jobs have no time of their own; the queue notes it as an event.
_LATE = text(
    """
    SELECT DISTINCT CAST(jsonb_array_elements_text(args -> 'expert_ids') AS uuid) FROM (
        SELECT job.args FROM procrastinate_jobs AS job
        WHERE job.task_name = 'index_experts' AND job.status IN ('todo', 'doing') AND EXISTS (
            SELECT FROM procrastinate_events AS event
            WHERE event.job_id = job.id AND event.type = 'deferred'
              AND event.at < now() - make_interval(secs => :seconds)
        )
        ORDER BY job.id LIMIT :most
    ) AS late LIMIT :most
    """
)


async def find_late_edits(session: AsyncSession) -> set[UUID]:
    """Empty while everything runs; not everybody when very many wait."""
    return set((await session.scalars(_LATE, {"seconds": _LATE_AFTER_SECONDS, "most": _MOST})).all())
