"""Changes lists of people and kept searches. Names and notes are NFC; every change asks policy.can first.

BadInputError (422)
├── names.NameMissingError, names.NameTooLongError
├── NameTakenError
├── NoteTooLongError
├── ListFullError
└── NotInDirectoryError
ConflictError (409)
└── ChangedMeanwhileError
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Action, Actor, require
from service.database.models import Expert, SavedSearch, Shortlist, ShortlistEntry
from service.database.models.base import uuid7
from service.directory.facets import NEVER_SHOWN
from service.directory.shortlists.names import checked_name, name_key
from service.errors import BadInputError, ConflictError, NotFoundError
from service.i18n import N_

LONGEST_NOTE = 4000  # characters
MOST_PEOPLE = 2000  # on one list


class NameTakenError(BadInputError):
    message = N_("There is already a list called “%(name)s”.")


class NoteTooLongError(BadInputError):
    message = N_("A note may have %(most)s characters; this one is longer.")


class ListFullError(BadInputError):
    message = N_("A list may hold %(most)s people; this one would have %(count)s.")


class NotInDirectoryError(BadInputError):
    message = N_("Nobody was put on the list: these people are not in the directory, or no longer.")


class ChangedMeanwhileError(ConflictError):
    """`theirs` is what stands there now, and `version` its version; nothing was saved."""

    def __init__(self, theirs: str, version: int, *, name: str = "") -> None:
        super().__init__()
        self.theirs = theirs
        self.version = version
        self.name = name


async def create_shortlist(session: AsyncSession, actor: Actor, *, name: str, note: str = "") -> UUID:
    """Of two people who give the same name at once, one is refused."""
    require(actor, Action.EDIT_SHORTLIST)
    name, note = checked_name(name), _note(note)
    made: UUID | None = await session.scalar(
        insert(Shortlist)
        .values(id=uuid7(), name=name, name_key=name_key(name), note=note, version=1, made_by=str(actor.role))
        .on_conflict_do_nothing(index_elements=[Shortlist.name_key])
        .returning(Shortlist.id)
    )
    if made is None:
        raise await _taken(session, name)
    return made


async def edit_shortlist(
    session: AsyncSession, actor: Actor, shortlist_id: UUID, *, name: str, note: str, version: int
) -> None:
    """`version` is the one that was read: when it is no longer so, both texts are shown and nothing is saved. Of two
    lists that are given the same name at once, one is refused."""
    require(actor, Action.EDIT_SHORTLIST)
    name, note = checked_name(name), _note(note)
    current = await _locked(session, shortlist_id)
    if current.version != version:
        raise ChangedMeanwhileError(current.note, current.version, name=current.name)
    changed = update(Shortlist).where(Shortlist.id == shortlist_id)
    try:
        async with session.begin_nested():
            await session.execute(changed.values(name=name, name_key=name_key(name), note=note, version=version + 1))
    except IntegrityError as error:  # the name is the only thing that may not be there twice
        raise await _taken(session, name) from error


async def delete_shortlist(session: AsyncSession, actor: Actor, shortlist_id: UUID) -> None:
    """With its notes. Deleting what is gone changes nothing."""
    require(actor, Action.EDIT_SHORTLIST)
    await session.execute(delete(Shortlist).where(Shortlist.id == shortlist_id))


async def add_experts(session: AsyncSession, actor: Actor, shortlist_id: UUID, expert_ids: Sequence[UUID]) -> int:
    """How many were new. People on the list already, or whom the reader may not see, are passed over; where that leaves
    nobody on the list, NotInDirectoryError is raised."""
    require(actor, Action.EDIT_SHORTLIST)
    require(actor, Action.READ_EXPERT)
    await _locked(session, shortlist_id)
    ids = list(dict.fromkeys(expert_ids))[: MOST_PEOPLE + 1]
    seen = select(literal(shortlist_id), Expert.id, literal(""), literal(1), literal(str(actor.role))).where(
        Expert.id.in_(ids), Expert.state.not_in(NEVER_SHOWN)
    )
    columns = ("shortlist_id", "expert_id", "note", "version", "added_by")
    added = await session.execute(
        insert(ShortlistEntry).from_select(columns, seen).on_conflict_do_nothing().returning(ShortlistEntry.expert_id)
    )
    count = len(added.all())
    listed = select(ShortlistEntry.expert_id).where(ShortlistEntry.shortlist_id == shortlist_id)
    if ids and not count and not await session.scalar(listed.where(ShortlistEntry.expert_id.in_(ids)).limit(1)):
        raise NotInDirectoryError
    whole = await session.scalar(
        select(func.count()).select_from(ShortlistEntry).where(ShortlistEntry.shortlist_id == shortlist_id)
    )
    if (whole or 0) > MOST_PEOPLE:
        raise ListFullError(most=MOST_PEOPLE, count=whole)
    if count:
        await _touch(session, shortlist_id)
    return count


async def remove_experts(session: AsyncSession, actor: Actor, shortlist_id: UUID, expert_ids: Sequence[UUID]) -> int:
    """How many were taken off. Who is not on the list is passed over."""
    require(actor, Action.EDIT_SHORTLIST)
    await _locked(session, shortlist_id)
    removed = await session.execute(
        delete(ShortlistEntry)
        .where(ShortlistEntry.shortlist_id == shortlist_id, ShortlistEntry.expert_id.in_(list(expert_ids)))
        .returning(ShortlistEntry.expert_id)
    )
    count = len(removed.all())
    if count:
        await _touch(session, shortlist_id)
    return count


async def edit_entry_note(
    session: AsyncSession, actor: Actor, shortlist_id: UUID, expert_id: UUID, *, note: str, version: int
) -> None:
    """The note on one person of the list. `version` as with edit_shortlist."""
    require(actor, Action.EDIT_SHORTLIST)
    note = _note(note)
    current = (
        await session.execute(
            select(ShortlistEntry.note, ShortlistEntry.version)
            .where(ShortlistEntry.shortlist_id == shortlist_id, ShortlistEntry.expert_id == expert_id)
            .with_for_update()
        )
    ).one_or_none()
    if current is None:
        raise NotFoundError
    if current.version != version:
        raise ChangedMeanwhileError(current.note, current.version)
    await session.execute(
        update(ShortlistEntry)
        .where(ShortlistEntry.shortlist_id == shortlist_id, ShortlistEntry.expert_id == expert_id)
        .values(note=note, version=version + 1)
    )


async def save_search(session: AsyncSession, actor: Actor, *, name: str, query: str) -> UUID:
    """Keep a search. `query` is what follows the question mark; two searches may have one name."""
    require(actor, Action.EDIT_SHORTLIST)
    saved = SavedSearch(id=uuid7(), name=checked_name(name), query=query, made_by=str(actor.role))
    session.add(saved)
    await session.flush()
    return saved.id


async def delete_search(session: AsyncSession, actor: Actor, search_id: UUID) -> None:
    """Deleting what is gone changes nothing."""
    require(actor, Action.EDIT_SHORTLIST)
    await session.execute(delete(SavedSearch).where(SavedSearch.id == search_id))


async def _locked(session: AsyncSession, shortlist_id: UUID) -> Any:
    """The list, held against other changes until this one is committed. Raises NotFoundError."""
    found = await session.execute(
        select(Shortlist.name, Shortlist.note, Shortlist.version).where(Shortlist.id == shortlist_id).with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError
    return row


async def _taken(session: AsyncSession, name: str) -> NameTakenError:
    """With the name as the other list writes it."""
    other = await session.scalar(select(Shortlist.name).where(Shortlist.name_key == name_key(name)))
    return NameTakenError(name=other or name)


async def _touch(session: AsyncSession, shortlist_id: UUID) -> None:
    await session.execute(update(Shortlist).where(Shortlist.id == shortlist_id).values(updated_at=func.now()))


def _note(text: str) -> str:
    note = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(note) > LONGEST_NOTE:
        raise NoteTooLongError(most=LONGEST_NOTE)
    return note
