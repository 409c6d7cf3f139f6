"""The tasks of the queue. Each may run twice: it compares and converges."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import procrastinate
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.errors import SearchError
from service.database.faults import explain_fault
from service.database.job_faults import note_job_fault
from service.directory.index import holding_the_index, sync_experts
from service.directory.index_record import find_newest_wanted
from service.directory.rebuilding import rebuild_index

logger = logging.getLogger(__name__)

_EXPERTS_AT_A_TIME = 50
_JOBS_TAKEN_OVER = 1000
_LONGEST_WAIT_SECONDS = 300

_TAKE_OVER = text(
    """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE task_name = 'index_experts' AND status = 'todo' AND coalesce(scheduled_at, now()) <= now()
        ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ) RETURNING args -> 'expert_ids'
    """
)
_REWRITE = text(
    "UPDATE procrastinate_jobs SET args = jsonb_build_object('expert_ids', CAST(:ids AS jsonb)) "
    "WHERE id = :job_id AND status = 'doing' RETURNING id"
)


class JobTools(Protocol):
    """What tasks work with; a worker hands it to each of them."""

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]: ...
    @property
    def backend(self) -> SearchBackend: ...
    @property
    def embeddings(self) -> Embeddings: ...


class UntilItWorks(BaseRetryStrategy):
    """Again after 1, 2, 4 … 300 seconds, for ever: an index that was away catches up by itself."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts, 10), _LONGEST_WAIT_SECONDS)})


def make_queue(connector: procrastinate.PsycopgConnector) -> procrastinate.App:
    """The queue of one database, knowing all tasks by the names under which they are deferred."""
    queue = procrastinate.App(connector=connector)
    for name, task in (("index_experts", index_experts), ("rebuild_index", rebuild)):
        queue.task(name=name, pass_context=True, retry=UntilItWorks())(_noting_faults(name, task))
    return queue


def _noting_faults(name: str, task: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The task; why it failed is kept for the status page."""

    async def run(context: JobContext, **arguments: Any) -> None:
        tools: JobTools = context.additional_context["tools"]
        try:
            await task(context, **arguments)
        except Exception as error:
            with contextlib.suppress(SQLAlchemyError, OSError):  # the database may be what is away
                await note_job_fault(tools.sessions, name, error)
            raise

    return run


async def index_experts(context: JobContext, expert_ids: list[str]) -> None:
    """Bring the index in line with these experts as they are now, and with those of all jobs waiting for the same."""
    tools: JobTools = context.additional_context["tools"]
    wanted = await _take_over_waiting_jobs(tools, context.job.id, expert_ids)
    failed: list[str] = []
    failure: Exception | None = None
    for start in range(0, len(wanted), _EXPERTS_AT_A_TIME):
        some = wanted[start : start + _EXPERTS_AT_A_TIME]
        try:
            await _sync(tools, some)
        except Exception as error:
            if isinstance(error, SearchError) or explain_fault(error):
                raise  # a part is down, which no other order of experts would change
            # One expert that cannot be indexed must not hold back the others.
            for expert_id in some:
                try:
                    await _sync(tools, [expert_id])
                except Exception as its_error:
                    failed.append(expert_id)
                    failure = its_error
    if failure is not None:
        async with tools.sessions.begin() as session:
            await session.execute(_REWRITE, {"ids": json.dumps(failed), "job_id": context.job.id})
        raise failure


async def rebuild(context: JobContext, embedder_id: str | None = None) -> None:
    """Build the index anew, with the vectors of this process's embedder. Killed in between, it goes on where it was.

    `embedder_id` is whose vectors were asked for. Where that is another's, or a newer process wants another's by now,
    nothing is done: who wants them asks for them.
    """
    tools: JobTools = context.additional_context["tools"]
    ours = tools.embeddings.embedder_id
    if embedder_id is not None:
        async with tools.sessions() as session:
            newest = await find_newest_wanted(session)
        if not embedder_id == ours == newest:
            logger.warning("The index is not built with %s: we have %s, wanted is %s.", embedder_id, ours, newest)
            return
    failure = await rebuild_index(tools.sessions, tools.backend, tools.embeddings)
    if failure is not None:
        raise failure  # words alone for now; again until there are vectors


async def _take_over_waiting_jobs(tools: JobTools, job_id: int | None, expert_ids: list[str]) -> list[str]:
    """Many edits in quick succession become one piece of work.

    The ids move into this job in the transaction that removes the others: a worker killed here loses none of them.
    """
    async with tools.sessions() as session:
        waiting = (await session.execute(_TAKE_OVER, {"most": _JOBS_TAKEN_OVER})).scalars().all()
        wanted = list(dict.fromkeys([*expert_ids, *(expert_id for ids in waiting for expert_id in ids)]))
        if not waiting:
            return wanted
        rewritten = await session.execute(_REWRITE, {"ids": json.dumps(wanted), "job_id": job_id})
        if rewritten.first() is None:
            return expert_ids  # taken for dead and given to another worker: the rolled-back jobs stay where they were
        await session.commit()
    return wanted


async def _sync(tools: JobTools, expert_ids: Sequence[str]) -> None:
    async with holding_the_index(tools.sessions), tools.sessions.begin() as session:
        await sync_experts(session, tools.backend, tools.embeddings, [UUID(expert_id) for expert_id in expert_ids])
