"""What the database says of itself and of the queue."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Action, Actor, require

_STATUS = text("""
    SELECT current_setting('server_version') AS database_version,
           (SELECT count(*) FROM expert WHERE state NOT IN ('erased', 'archived')) AS experts,
           (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) AS waiting,
           (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed') AS failed
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStatus:
    database_version: str
    experts: int
    waiting: int
    failed: int


async def read_status(session: AsyncSession, actor: Actor) -> DatabaseStatus:
    require(actor, Action.READ_STATUS)
    row = (await session.execute(_STATUS)).one()
    return DatabaseStatus(**row._mapping)
