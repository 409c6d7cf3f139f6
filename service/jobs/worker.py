"""Runs the tasks of the queue, takes up the jobs of workers that died, and does not die unseen itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import procrastinate

from search.errors import SearchUnavailableError
from service.database.queue import QUEUE
from service.jobs.index_care import Look, list_due_rebuilds, look_after_the_index, say_what_is_wanted
from service.jobs.tasks import JobTools, make_queue

logger = logging.getLogger(__name__)

_AGAIN_AFTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class WorkerPace:
    """A worker says every `heartbeat` seconds that it lives; after `dead_after` of silence its jobs are given away."""

    poll: float = 1.0  # wake-ups may get lost
    heartbeat: float = 2.0
    dead_after: float = 10.0
    stop_within: float = 3.0  # a job under way at a stop is given this long, then put back into the queue
    look_after_index: float = 60.0
    compare_people: float = 3600.0  # in the index with those in the directory; also at the start


DEFAULT_PACE = WorkerPace()


class WorkerHost(JobTools, Protocol):
    """The running service, as far as a worker needs it."""

    @property
    def database_url(self) -> str: ...


@contextlib.asynccontextmanager
async def running_worker(host: WorkerHost, pace: WorkerPace = DEFAULT_PACE) -> AsyncIterator[None]:
    """A worker in this process while the block runs."""
    task = asyncio.create_task(work_for_ever(host, pace), name="worker")
    try:
        yield
    finally:
        await end_worker(task, pace)


async def end_worker(task: asyncio.Task[None], pace: WorkerPace = DEFAULT_PACE) -> None:
    """End a task of `work_for_ever`; a job under way is given its time."""
    # It ends its own tasks first, which may take one lost cancellation of theirs.
    await end_task(task, again_after=3 * (pace.stop_within + 1))


async def end_task(task: asyncio.Task[None], *, again_after: float) -> None:
    """Cancel until it has ended. A cancellation that meets a connection being handed out gets lost: before Python 3.12
    `asyncio.wait_for`, which the pool waits with, returns what came and forgets it."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=again_after)


async def work_for_ever(host: WorkerHost, pace: WorkerPace = DEFAULT_PACE) -> None:
    """Run jobs until cancelled. A worker that ends for any other reason is reported and replaced."""
    while True:
        try:
            await _work(host, pace)
            logger.error("The worker ended by itself; another one starts.")
        except Exception:
            logger.exception("The worker failed; another one starts.")
        await asyncio.sleep(_AGAIN_AFTER_SECONDS)


async def _work(host: WorkerHost, pace: WorkerPace) -> None:
    connector = procrastinate.PsycopgConnector(
        conninfo=host.database_url, min_size=1, max_size=3, kwargs={"prepare_threshold": None}, timeout=10
    )
    queue = make_queue(connector)
    async with queue.open_async():
        tasks = [
            asyncio.create_task(_run_jobs(queue, host, pace, [QUEUE])),
            asyncio.create_task(_rescue_jobs_of_dead_workers(queue, pace)),
            asyncio.create_task(_keep_saying_what_is_wanted(host, pace)),
            asyncio.create_task(_keep_the_index(queue, host, pace)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await asyncio.gather(*(end_task(task, again_after=pace.stop_within + 1) for task in tasks))
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


async def _run_jobs(
    queue: procrastinate.App, host: WorkerHost, pace: WorkerPace, names: list[str], *, for_ever: bool = True
) -> None:
    """Those of these queues, one after another; otherwise than for ever, until none is due."""
    await queue.run_worker_async(
        queues=names,
        wait=for_ever,
        concurrency=1,
        install_signal_handlers=False,
        delete_jobs="successful",
        fetch_job_polling_interval=pace.poll,
        update_heartbeat_interval=pace.heartbeat,
        stalled_worker_timeout=pace.dead_after,
        shutdown_graceful_timeout=pace.stop_within,
        additional_context={"tools": host},
    )


async def _keep_the_index(queue: procrastinate.App, host: WorkerHost, pace: WorkerPace) -> None:
    """Look after it at once and then again and again, and run the rebuilds that this, or somebody, has asked for."""
    time = asyncio.get_running_loop().time
    look, compare_at = Look(), time()
    while True:
        with contextlib.suppress(SearchUnavailableError):  # an index that is away now is caught up with later
            before, look = look, await look_after_the_index(host, compares_people=time() >= compare_at)
            if look.stands_back_for not in (None, before.stands_back_for):
                logger.warning(
                    "Another process builds the index, with the vectors of %s; this one does not (its embedder: %s).",
                    look.stands_back_for,
                    host.embeddings.embedder_id,
                )
            if look.has_compared:
                compare_at = time() + pace.compare_people
        until = time() + pace.look_after_index
        while True:
            async with host.sessions() as session:
                due = await list_due_rebuilds(session, host)
            if due:
                await _run_jobs(queue, host, pace, due, for_ever=False)
            if (left := until - time()) <= 0:
                break
            await asyncio.sleep(min(left, pace.dead_after / 2))


async def _keep_saying_what_is_wanted(host: WorkerHost, pace: WorkerPace) -> None:
    """Also during a rebuild, which may take hours."""
    while True:
        await say_what_is_wanted(host)
        await asyncio.sleep(pace.look_after_index)


async def _rescue_jobs_of_dead_workers(app: procrastinate.App, pace: WorkerPace) -> None:
    """Put back the jobs whose worker went silent: at once, and then again and again."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=pace.dead_after):
            logger.warning("Job %s lost its worker; it is put back into the queue.", job.call_string)
            with contextlib.suppress(procrastinate.exceptions.ConnectorException):  # another worker was quicker
                await app.job_manager.retry_job(job)
        await app.job_manager.prune_stalled_workers(pace.dead_after)
        await asyncio.sleep(pace.dead_after / 4)
