"""Why background jobs failed the last time they were tried. The queue itself keeps no more than how often."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from search.errors import EmbedderUnavailableError, SearchUnavailableError
from service.database.faults import explain_fault
from service.database.models.base import uuid7
from service.errors import ServiceError
from service.i18n import N_

_NAME = "job_faults"
_READ = text("SELECT value FROM setting WHERE name = 'job_faults' AND valid_from IS NULL")
_ADD = text(
    "INSERT INTO setting (id, name, value) VALUES (:id, :name, CAST(:value AS jsonb)) "
    "ON CONFLICT (name, valid_from) DO UPDATE SET value = setting.value || excluded.value"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFault:
    """`message` with `details` is to be translated."""

    at: datetime
    message: str
    details: dict[str, str]


async def find_job_faults(session: AsyncSession) -> Mapping[str, JobFault]:
    """Task → why it failed last; it may have succeeded since."""
    value = await session.scalar(_READ)
    return {} if value is None else msgspec.convert(value, dict[str, JobFault])


async def note_job_fault(sessions: async_sessionmaker[AsyncSession], task: str, error: Exception) -> None:
    """In a transaction of its own: that of the job is lost."""
    message, details = _explained(error)
    fault = JobFault(at=datetime.now(UTC), message=message, details={k: str(v) for k, v in details.items()})
    row = {"id": uuid7(), "name": _NAME, "value": json.dumps({task: msgspec.to_builtins(fault)})}
    async with sessions.begin() as session:
        await session.execute(_ADD, row)


def _explained(error: Exception) -> tuple[str, Mapping[str, object]]:
    """In words for a page. What an unexpected error says may hold people's data: only its kind is told."""
    if isinstance(error, SearchUnavailableError):
        return N_("The search index cannot be asked: %(reason)s"), {"reason": error}
    if isinstance(error, EmbedderUnavailableError) and error.message:
        return error.message, error.details
    known = error if isinstance(error, ServiceError) else explain_fault(error)
    if known is not None:
        return known.message, known.details
    return N_("An unexpected fault (%(kind)s); the worker's log tells more."), {"kind": type(error).__name__}
