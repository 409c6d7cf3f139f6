"""Deferring background jobs inside the transaction that causes them: both happen or neither."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

QUEUE = "default"

# The same function that the queue library calls, so its triggers and its wake-up work alike.
_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, :lock, :queueing_lock, "
    "CAST(:arguments AS jsonb), NULL)]::procrastinate_job_to_defer_v1[])"
)
_HOLD_WAITING_JOB = text(
    "SELECT id FROM procrastinate_jobs WHERE queueing_lock = :queueing_lock AND status = 'todo' FOR SHARE"
)
_QUEUEING_LOCK_INDEX = "procrastinate_jobs_queueing_lock_idx_v1"


async def defer(
    session: AsyncSession,
    task: str,
    *,
    queue: str = QUEUE,
    lock: str | None = None,
    queueing_lock: str | None = None,
    **arguments: object,
) -> None:
    """Add a job to the queue; it runs after the commit and vanishes with a rollback. Never aborts the transaction.

    With `queueing_lock`, a waiting job of that lock stands for this one (its arguments, not these, are what runs).
    It is then held back until this transaction ends, so it cannot run before the change is there to be seen.
    Of the jobs of one `lock` one runs at a time.
    """
    job = {
        "queue": queue,
        "task": task,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "arguments": json.dumps(arguments),
    }
    if queueing_lock is None:
        await session.execute(_DEFER, job)
        return
    while True:
        try:
            async with session.begin_nested():
                await session.execute(_DEFER, job)
            return
        except IntegrityError as error:
            if _QUEUEING_LOCK_INDEX not in str(error.orig):
                raise
        held = await session.execute(_HOLD_WAITING_JOB, {"queueing_lock": queueing_lock})
        if held.first() is not None:
            return
        # The waiting job was taken up in between: the lock is free again.
