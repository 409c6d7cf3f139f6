"""Reads people of the directory. Who may see them is asked by the caller, with `can()`.

One expert as the page shows them: profiles.py. Numbers of the whole directory: figures.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from service.database.models import DuplicatePair, Expert, SourceRecord
from service.database.models.directory import ProfileState
from service.errors import NotFoundError


async def get_expert(session: AsyncSession, expert_id: UUID) -> Expert:
    """With fields, evidence and employments. Raises NotFoundError, also for someone who was erased."""
    expert = await session.scalar(_whole(select(Expert).where(Expert.id == expert_id)))
    if expert is None:
        raise NotFoundError
    return expert


async def list_experts_by_ids(session: AsyncSession, expert_ids: Sequence[UUID]) -> list[Expert]:
    """In the order of ids, with fields, evidence and employments; unknown and erased ones are left out.

    Four statements, however many people.
    """
    ids = list(dict.fromkeys(expert_ids))
    found = {expert.id: expert for expert in await session.scalars(_whole(select(Expert).where(Expert.id.in_(ids))))}
    return [found[id_] for id_ in ids if id_ in found]


async def list_sources(session: AsyncSession, expert_id: UUID) -> list[SourceRecord]:
    """The roster rows a person is known from, oldest first."""
    return list(
        await session.scalars(
            select(SourceRecord)
            .where(SourceRecord.expert_id == expert_id)
            .order_by(SourceRecord.recorded_at, SourceRecord.id)
        )
    )


async def list_open_duplicates(session: AsyncSession) -> list[DuplicatePair]:
    """Pairs for a person to decide, oldest first."""
    return list(
        await session.scalars(
            select(DuplicatePair)
            .where(DuplicatePair.state == "open")
            .order_by(DuplicatePair.found_at, DuplicatePair.id)
        )
    )


def _whole(statement: Select[Expert]) -> Select[Expert]:
    return (
        statement.where(Expert.state != ProfileState.ERASED)
        .options(selectinload(Expert.fields), selectinload(Expert.evidence), selectinload(Expert.employments))
        .execution_options(populate_existing=True)
    )
