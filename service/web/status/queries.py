"""What the database says of itself, of the queue, of the index and of backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Action, Actor, require
from service.database.backup_record import BackupRecord, find_backup
from service.database.job_faults import JobFault, find_job_faults
from service.directory.index import count_indexable
from service.directory.index_record import RebuildRecord, find_rebuild

WORKER_SILENT_SECONDS = 30

_DATABASE = text("""
    SELECT current_setting('server_version') AS version,
           (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector_version,
           (SELECT max(version_num) FROM alembic_version) AS schema_version,
           pg_database_size(current_database()) AS size_bytes,
           (SELECT count(*) FROM procrastinate_workers
            WHERE last_heartbeat > now() - make_interval(secs => :silent)) AS workers
""")
# The queue does not keep when a job was put into it; its first event is just that.
_QUEUE = text("""
    SELECT task_name AS task,
           count(*) FILTER (WHERE status = 'todo' AND attempts = 0) AS waiting,
           count(*) FILTER (WHERE status = 'doing') AS running,
           count(*) FILTER (WHERE status = 'todo' AND attempts > 0) AS to_repeat,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           min(deferred.at) FILTER (WHERE status IN ('todo', 'doing')) AS oldest,
           min(scheduled_at) FILTER (WHERE status = 'todo' AND attempts > 0) AS next_try
    FROM procrastinate_jobs AS job
    LEFT JOIN LATERAL (
        SELECT at FROM procrastinate_events WHERE job_id = job.id AND type = 'deferred' ORDER BY id LIMIT 1
    ) AS deferred ON true
    WHERE status IN ('todo', 'doing', 'failed')
    GROUP BY task_name ORDER BY task_name
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTask:
    """Jobs of one kind by state. `to_repeat`: they failed and are tried again, at `next_try`; `oldest`: when the one
    that waits longest was asked for; `fault`: why the last one failed, of those that still wait for another try."""

    task: str
    waiting: int
    running: int
    to_repeat: int
    failed: int
    oldest: datetime | None
    next_try: datetime | None
    fault: JobFault | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`vector_version` None where pgvector is not in use. `experts` are those that the index should hold."""

    version: str
    vector_version: str | None
    schema_version: str
    size_bytes: int
    workers: int
    experts: int
    queue: tuple[QueuedTask, ...]
    rebuild: RebuildRecord | None
    backup: BackupRecord


async def read_status(session: AsyncSession, actor: Actor) -> Status:
    require(actor, Action.READ_STATUS)
    database = (await session.execute(_DATABASE, {"silent": WORKER_SILENT_SECONDS})).one()
    faults = await find_job_faults(session)
    queue = tuple(
        QueuedTask(**row._mapping, fault=faults.get(row.task) if row.to_repeat or row.failed else None)
        for row in await session.execute(_QUEUE)
    )
    return Status(
        **database._mapping,
        experts=await count_indexable(session),
        queue=queue,
        rebuild=await find_rebuild(session),
        backup=await find_backup(session),
    )
