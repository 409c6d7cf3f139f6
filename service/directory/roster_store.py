"""People that a batch of roster rows may be about: loaded in a few statements, written back in a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from ingestion.records import SourceLocation
from service.database.models import (
    DuplicatePair,
    Employment,
    Evidence,
    Expert,
    ExpertField,
    ImportRun,
    SourceRecord,
)
from service.database.models.base import uuid7
from service.database.models.directory import ProfileState
from service.database.queue import defer
from service.directory.linking import LinkedRecord
from service.directory.merging import COMPLETED_COLUMNS, Merge
from service.directory.names import folded_orders
from service.directory.people import Person, PersonEmployment, PersonEvidence, empty_values
from service.directory.reference import FIELD_EDITION

_COLUMNS = tuple(empty_values())
_EXPERTS: Table = Expert.__table__  # type: ignore[assignment]
_IMPORT_LOCK = 7_238_114_522  # one batch at a time: two imports must not both create the same person


@dataclass(slots=True)
class BatchRow:
    """One row on its way into the directory. `merge` None: the person is new, or the row adds nothing (`unchanged`)."""

    linked: LinkedRecord
    content_hash: str
    person: Person
    action: str  # created, updated, unchanged
    merge: Merge | None = None
    id: UUID = field(default_factory=uuid7)


@dataclass(slots=True)
class DuplicateFound:
    """`first` and `second` in either order."""

    first: UUID
    second: UUID
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row recorded earlier: the same content, in a file of this name or of this checksum."""

    expert_id: UUID
    is_same_file: bool


async def take_import_lock(session: AsyncSession) -> None:
    """Until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))


async def find_known_rows(
    session: AsyncSession, hashes: Sequence[str], *, file_name: str, sha256: str
) -> dict[str, KnownRow]:
    """Content hash → who the row was about; one of this very file goes first."""
    is_same_file = or_(SourceRecord.file_name == file_name, ImportRun.sha256 == sha256)
    rows = await session.execute(
        select(SourceRecord.content_hash, SourceRecord.expert_id, case((is_same_file, 1), else_=0))
        .join(ImportRun, ImportRun.id == SourceRecord.import_run_id)
        .where(SourceRecord.content_hash.in_(hashes), SourceRecord.expert_id.is_not(None))
        .order_by(case((is_same_file, 1), else_=0), SourceRecord.id)
    )
    return {content_hash: KnownRow(expert_id, bool(same)) for content_hash, expert_id, same in rows}


async def load_people(session: AsyncSession, records: Sequence[LinkedRecord]) -> list[Person]:
    """Everybody whose name, e-mail, ORCID or code one of the rows gives, locked until the transaction ends."""
    names = {order for r in records for name in _names(r) for order in folded_orders(name)}
    conditions = [Expert.name_fold.in_(names)]
    for column in ("email", "orcid", "external_id"):
        if values := {r.values[column] for r in records if r.values.get(column)}:
            conditions.append(getattr(Expert, column).in_(values))
    return await _load(session, or_(*conditions))


async def load_people_by_id(session: AsyncSession, ids: Sequence[UUID]) -> list[Person]:
    return await _load(session, Expert.id.in_(ids)) if ids else []


def _names(linked: LinkedRecord) -> list[str]:
    return [linked.values["full_name"], *linked.values.get("aliases", [])]


async def _load(session: AsyncSession, condition: Any) -> list[Person]:
    people = {
        row.id: Person(
            id=row.id,
            version=row.version,
            is_stored=True,
            values={name: getattr(row, name) for name in _COLUMNS},
        )
        for row in await session.execute(
            select(_EXPERTS)
            .where(condition, Expert.state != ProfileState.ERASED)
            .order_by(Expert.id)
            .with_for_update(of=_EXPERTS)
        )
    }
    if not people:
        return []
    for expert_id, code in await session.execute(
        select(ExpertField.expert_id, ExpertField.code)
        .where(ExpertField.expert_id.in_(people))
        .order_by(ExpertField.expert_id, ExpertField.ordinal)
    ):
        people[expert_id].fields.append(code)
    for row in await session.execute(
        select(Evidence.__table__)
        .where(Evidence.expert_id.in_(people))
        .order_by(Evidence.expert_id, Evidence.ordinal, Evidence.id)
    ):
        people[row.expert_id].evidence.append(
            PersonEvidence(
                id=row.id,
                kind=row.kind,
                kind_text=row.kind_text,
                title=row.title,
                title_fold=row.title_fold,
                text=row.text,
                year=row.year,
                role=row.role,
                coauthors=list(row.coauthors),
            )
        )
    for row in await session.execute(
        select(Employment.__table__)
        .where(Employment.expert_id.in_(people))
        .order_by(Employment.expert_id, Employment.ordinal)
    ):
        people[row.expert_id].employments.append(
            PersonEmployment(
                organisation_text=row.organisation_text,
                organisation_id=row.organisation_id,
                position=row.position,
                is_current=row.is_current,
            )
        )
    for known_from in await session.execute(
        select(SourceRecord.expert_id, SourceRecord.file_name).where(SourceRecord.expert_id.in_(people)).distinct()
    ):
        people[known_from.expert_id].file_names.add(known_from.file_name)
    return list(people.values())


async def save_batch(
    session: AsyncSession, run_id: UUID, rows: Sequence[BatchRow], duplicates: Sequence[DuplicateFound], now: datetime
) -> None:
    """Write what the rows changed, where each came from, and the job that indexes it. Flushes; the caller commits."""
    people = {row.person.id: row.person for row in rows}
    changed = {row.person.id for row in rows if row.action != "unchanged"}
    await _insert_experts(session, [person for person in people.values() if not person.is_stored], now)
    await _update_experts(
        session,
        [people[id_] for id_ in changed if people[id_].is_stored],
        now,
    )
    source_of: dict[int, UUID] = {}  # id() of an evidence item → the source record of its row
    for row in rows:
        items = row.merge.evidence if row.merge else row.person.evidence if row.action == "created" else []
        for item in items:
            source_of.setdefault(id(item), row.id)
            if item.id is None:
                item.id = uuid7()
    await _insert_sources(session, run_id, rows, now)
    await _insert_parts(session, [people[id_] for id_ in changed], rows, source_of)
    await _complete_evidence(
        session, [row.person.evidence[place] for row in rows if row.merge for place in row.merge.completed]
    )
    if duplicates:
        await session.execute(
            pg_insert(DuplicatePair)
            .values(
                [
                    {
                        "id": uuid7(),
                        "first_id": min(pair.first, pair.second),
                        "second_id": max(pair.first, pair.second),
                        "reasons": list(pair.reasons),
                        "state": "open",
                        "found_at": now,
                    }
                    for pair in duplicates
                ]
            )
            .on_conflict_do_nothing(index_elements=["first_id", "second_id"])
        )
    if changed:
        await defer(session, "index_experts", expert_ids=[str(id_) for id_ in sorted(changed)])


async def _insert_experts(session: AsyncSession, people: Sequence[Person], now: datetime) -> None:
    await _copy(
        session,
        _EXPERTS,
        [
            {
                "id": person.id,
                "version": 1,
                "capacity": 3,
                # Entered by the office: not public before the expert confirms.
                "state": ProfileState.UNCONFIRMED,
                "visibility": {},
                "created_at": now,
                "updated_at": now,
                **person.values,
            }
            for person in people
        ],
    )


async def _update_experts(session: AsyncSession, people: Sequence[Person], now: datetime) -> None:
    if not people:
        return
    statement = (
        update(_EXPERTS)
        .where(_EXPERTS.c.id == bindparam("_id"))
        .values({**{name: bindparam(f"_{name}") for name in _COLUMNS}, "version": _EXPERTS.c.version + 1})
        .values(updated_at=now)
    )
    await (await session.connection()).execute(
        statement,
        [{"_id": person.id, **{f"_{name}": person.values[name] for name in _COLUMNS}} for person in people],
    )


async def _insert_sources(session: AsyncSession, run_id: UUID, rows: Sequence[BatchRow], now: datetime) -> None:
    await _copy(
        session,
        SourceRecord.__table__,  # type: ignore[arg-type]
        [
            {
                "id": row.id,
                "import_run_id": run_id,
                "file_name": location.file,
                "sheet": location.sheet,
                "row": location.row,
                "content_hash": row.content_hash,
                "expert_id": row.person.id,
                "action": row.action,
                "raw": dict(row.linked.record.raw),
                "before": _before(row),
                "recorded_at": now,
            }
            for row in rows
            for location in [_location(row)]
        ],
    )


def _location(row: BatchRow) -> SourceLocation:
    return row.linked.record.location


def _before(row: BatchRow) -> dict[str, Any]:
    """What undoing the row needs: old values of the columns it changed, and what it added."""
    if row.action == "created":
        return {"created": True}
    if row.merge is None:
        return {}
    return {
        "columns": {name: _json(value) for name, value in row.merge.before.items()},
        "fields": row.merge.fields,
        "evidence": [str(item.id) for item in row.merge.evidence],
        "completed": {
            str(row.person.evidence[position].id): before for position, before in row.merge.completed.items()
        },
        "employments": [item.organisation_text for item in row.merge.employments],
    }


def _json(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


async def _insert_parts(
    session: AsyncSession, people: Sequence[Person], rows: Sequence[BatchRow], source_of: dict[int, UUID]
) -> None:
    """Fields, works and employers that are new, numbered after those that are there."""
    # Each item has its id by now: `save_batch` gave it one.
    new_fields = {id_: set(codes) for id_, codes in _added(rows, "fields").items()}
    fields = [
        {
            "expert_id": person.id,
            "edition": FIELD_EDITION,
            "code": code,
            "is_main": ordinal == 0,
            "ordinal": ordinal,
        }
        for person in people
        for ordinal, code in enumerate(person.fields)
        if not person.is_stored or code in new_fields.get(person.id, set())
    ]
    evidence = [
        {
            "id": item.id,
            "expert_id": person.id,
            "ordinal": ordinal,
            "kind": item.kind,
            "kind_text": item.kind_text,
            "title": item.title,
            "title_fold": item.title_fold,
            "text": item.text,
            "year": item.year,
            "role": item.role,
            "coauthors": item.coauthors,
            "source_record_id": source_of[id(item)],
        }
        for person in people
        for ordinal, item in enumerate(person.evidence)
        if id(item) in source_of
    ]
    new_employments = {id(item) for items in _added(rows, "employments").values() for item in items}
    employments = [
        {
            "id": uuid7(),
            "expert_id": person.id,
            "ordinal": ordinal,
            "organisation_id": item.organisation_id,
            "organisation_text": item.organisation_text,
            "position": item.position,
            "is_current": item.is_current,
        }
        for person in people
        for ordinal, item in enumerate(person.employments)
        if not person.is_stored or id(item) in new_employments
    ]
    for model, values in ((ExpertField, fields), (Evidence, evidence), (Employment, employments)):
        await _copy(session, model.__table__, values)  # type: ignore[arg-type]


async def _copy(session: AsyncSession, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """COPY in the session's own transaction: a roster may bring a hundred thousand works."""
    if not rows:
        return
    connection: psycopg.AsyncConnection[Any] = (
        await (await session.connection()).get_raw_connection()
    ).driver_connection  # type: ignore[assignment]
    names = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_plain(row[name]) for name in names])


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return Jsonb(value)
    return str(value) if isinstance(value, StrEnum) else value


def _added(rows: Sequence[BatchRow], part: str) -> dict[UUID, list[Any]]:
    added: dict[UUID, list[Any]] = {}
    for row in rows:
        if row.merge:
            added.setdefault(row.person.id, []).extend(getattr(row.merge, part))
    return added


async def _complete_evidence(session: AsyncSession, items: Sequence[PersonEvidence]) -> None:
    """Write works that were completed, all in one round trip."""
    if not items:
        return
    table: Table = Evidence.__table__  # type: ignore[assignment]
    statement = (
        update(table)
        .where(table.c.id == bindparam("_id"))
        .values({name: bindparam(f"_{name}") for name in COMPLETED_COLUMNS})
    )
    await (await session.connection()).execute(
        statement,
        [{"_id": item.id, **{f"_{name}": getattr(item, name) for name in COMPLETED_COLUMNS}} for item in items],
    )
