"""Reads lists of people and kept searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Action, Actor, require
from service.database.models import Expert, SavedSearch, Shortlist, ShortlistEntry
from service.directory.search_rows import ExpertRow, load_expert_rows
from service.errors import NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistName:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistLine:
    """`people` counts everybody on it, also those who have left the directory."""

    id: UUID
    name: str
    note: str
    people: int
    made_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearchLine:
    id: UUID
    name: str
    query: str
    made_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedExpert:
    """`expert` is None when the reader may not, or no longer, see the person."""

    expert_id: UUID
    expert: ExpertRow | None
    note: str
    version: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistDetail:
    """`entries` are those asked for, in Vietnamese order of names; `total` counts all."""

    id: UUID
    name: str
    note: str
    version: int
    made_by: str
    created_at: datetime
    updated_at: datetime
    total: int
    entries: tuple[ListedExpert, ...]


async def list_shortlists(
    session: AsyncSession, actor: Actor, *, limit: int, offset: int = 0
) -> tuple[tuple[ShortlistLine, ...], int]:
    """Last changed first, and how many there are in all."""
    require(actor, Action.READ_SHORTLIST)
    people = select(func.count()).where(ShortlistEntry.shortlist_id == Shortlist.id).scalar_subquery()
    rows = await session.execute(
        select(
            Shortlist.id,
            Shortlist.name,
            Shortlist.note,
            people.label("people"),
            Shortlist.made_by,
            Shortlist.updated_at,
        )
        .order_by(Shortlist.updated_at.desc(), Shortlist.id)
        .limit(limit)
        .offset(offset)
    )
    lines = tuple(ShortlistLine(**row._mapping) for row in rows)
    return lines, await _count(session, Shortlist)


async def list_shortlist_names(session: AsyncSession, actor: Actor, *, limit: int = 100) -> tuple[ShortlistName, ...]:
    """To choose one from; last changed first."""
    require(actor, Action.READ_SHORTLIST)
    rows = await session.execute(
        select(Shortlist.id, Shortlist.name).order_by(Shortlist.updated_at.desc(), Shortlist.id).limit(limit)
    )
    return tuple(ShortlistName(id=row.id, name=row.name) for row in rows)


async def get_shortlist(
    session: AsyncSession, actor: Actor, shortlist_id: UUID, *, today: date, limit: int, offset: int = 0
) -> ShortlistDetail:
    """The same number of statements however many people. Raises NotFoundError."""
    require(actor, Action.READ_SHORTLIST)
    total = select(func.count()).where(ShortlistEntry.shortlist_id == Shortlist.id).scalar_subquery()
    row = (
        await session.execute(
            select(
                Shortlist.id,
                Shortlist.name,
                Shortlist.note,
                Shortlist.version,
                Shortlist.made_by,
                Shortlist.created_at,
                Shortlist.updated_at,
                total.label("total"),
            ).where(Shortlist.id == shortlist_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    entries = (
        await session.execute(
            select(ShortlistEntry.expert_id, ShortlistEntry.note, ShortlistEntry.version, ShortlistEntry.added_at)
            .join(Expert, Expert.id == ShortlistEntry.expert_id)
            .where(ShortlistEntry.shortlist_id == shortlist_id)
            .order_by(Expert.sort_key, Expert.id)
            .limit(limit)
            .offset(offset)
        )
    ).all()
    return ShortlistDetail(**row._mapping, entries=await _with_people(session, actor, entries, today))


async def list_saved_searches(
    session: AsyncSession, actor: Actor, *, limit: int, offset: int = 0
) -> tuple[tuple[SavedSearchLine, ...], int]:
    """Newest first, and how many there are in all."""
    require(actor, Action.READ_SHORTLIST)
    rows = await session.execute(
        select(SavedSearch.id, SavedSearch.name, SavedSearch.query, SavedSearch.made_by, SavedSearch.created_at)
        .order_by(SavedSearch.id.desc())
        .limit(limit)
        .offset(offset)
    )
    lines = tuple(SavedSearchLine(**row._mapping) for row in rows)
    return lines, await _count(session, SavedSearch)


async def _with_people(
    session: AsyncSession, actor: Actor, entries: Sequence[Any], today: date
) -> tuple[ListedExpert, ...]:
    rows = await load_expert_rows(session, actor, [entry.expert_id for entry in entries], today=today)
    by_id = {row.id: row for row in rows}
    return tuple(
        ListedExpert(
            expert_id=entry.expert_id,
            expert=by_id.get(entry.expert_id),
            note=entry.note,
            version=entry.version,
            added_at=entry.added_at,
        )
        for entry in entries
    )


async def _count(session: AsyncSession, model: type[Shortlist | SavedSearch]) -> int:
    return (await session.scalar(select(func.count()).select_from(model))) or 0
