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
from service.directory.shortlists.names import checked_name, name_key
from service.errors import BadInputError, NotFoundError
from service.i18n import N_

MOST_TO_CHOOSE = 100
MOST_NAMED = 1000


class NoSuchListError(BadInputError):
    message = N_("There is no list called “%(name)s”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistName:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ListsToChoose:
    """`recent` to choose from; `others` are the names of those changed longer ago, to be typed. Where there are more
    than MOST_NAMED of them the rest can be typed as well."""

    recent: tuple[ShortlistName, ...]
    others: tuple[str, ...]


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


async def list_to_choose(session: AsyncSession, actor: Actor) -> ListsToChoose:
    """Last changed first."""
    require(actor, Action.READ_SHORTLIST)
    rows = await session.execute(
        select(Shortlist.id, Shortlist.name)
        .order_by(Shortlist.updated_at.desc(), Shortlist.id)
        .limit(MOST_TO_CHOOSE + MOST_NAMED)
    )
    names = [ShortlistName(id=row.id, name=row.name) for row in rows]
    others = tuple(one.name for one in names[MOST_TO_CHOOSE:])
    return ListsToChoose(tuple(names[:MOST_TO_CHOOSE]), others)


async def get_shortlist_id(session: AsyncSession, actor: Actor, name: str) -> UUID:
    """Of the list with this name, in whatever capitals. Raises NoSuchListError, and what checked_name raises."""
    require(actor, Action.READ_SHORTLIST)
    name = checked_name(name)
    found = await session.scalar(select(Shortlist.id).where(Shortlist.name_key == name_key(name)))
    if found is None:
        raise NoSuchListError(name=name)
    return found


async def has_shortlist(session: AsyncSession, actor: Actor, shortlist_id: UUID) -> bool:
    require(actor, Action.READ_SHORTLIST)
    return await session.scalar(select(Shortlist.id).where(Shortlist.id == shortlist_id)) is not None


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


async def count_listed(session: AsyncSession, actor: Actor, shortlist_id: UUID) -> int:
    """People on a list, also those who have left the directory."""
    require(actor, Action.READ_SHORTLIST)
    count = select(func.count()).select_from(ShortlistEntry).where(ShortlistEntry.shortlist_id == shortlist_id)
    return (await session.scalar(count)) or 0


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
