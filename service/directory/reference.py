"""Loads the reference data shipped with the product into its tables. Running it again changes nothing.

What the office may edit (keyword rules, settings) is only added, never overwritten.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import (
    FieldRule,
    Organisation,
    OrganisationSuccession,
    Place,
    ResearchField,
    ResearchFieldTopic,
    Setting,
    Synonym,
)
from service.database.models.base import uuid7

REFERENCE_DIR = Path(__file__).parents[1] / "reference"
FIELD_EDITION = "qd12-2008"
MERGER_DATE = date(2025, 7, 1)  # Kiên Giang joined An Giang; communes were redrawn


def read_reference(name: str) -> list[dict[str, str]]:
    """Rows of one CSV of `service/reference`; empty cells are empty strings."""
    with (REFERENCE_DIR / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def load_reference(session: AsyncSession) -> None:
    """Field list, topics, places, organisations, synonyms, keyword rules, settings. Flushes; the caller commits."""
    await _upsert(session, ResearchField, _research_fields(), key=("edition", "code"))
    await _replace_topics(session)
    await _load_places(session)
    await _load_organisations(session)
    await _upsert(session, Synonym, _synonyms(), key=("term", "expansion"))
    await _upsert(session, FieldRule, _field_rules(), key=("phrase",), keep=True)
    await _upsert(session, Setting, _settings(), key=("name", "valid_from"), keep=True)


async def _upsert(
    session: AsyncSession, model: type[Any], rows: list[dict[str, Any]], *, key: tuple[str, ...], keep: bool = False
) -> None:
    """One statement; rows that are already so are not written again. `keep`: what is there stays."""
    table: Table = model.__table__
    statement = insert(table).values([{"id": uuid7(), **row} for row in rows])
    if keep:
        await session.execute(statement.on_conflict_do_nothing(index_elements=key))
        return
    changing = [name for name in rows[0] if name not in key]
    if not changing:
        await session.execute(statement.on_conflict_do_nothing(index_elements=key))
        return
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=key,
            set_={name: new[name] for name in changing},
            where=tuple_(*(table.c[name] for name in changing)).is_distinct_from(
                tuple_(*(new[name] for name in changing))
            ),
        )
    )


def _research_fields() -> list[dict[str, Any]]:
    levels = {1: 1, 3: 2, 5: 3}
    return [
        {
            "edition": FIELD_EDITION,
            "code": row["code"],
            "parent_code": row["parent_code"] or None,
            "level": levels[len(row["code"])],
            "name_vi": row["name_vi"],
            "name_en": row["name_en"],
        }
        for row in read_reference("research_fields.csv")
    ]


async def _replace_topics(session: AsyncSession) -> None:
    """Topics have no key of their own: they are written anew when their number or a line differs."""
    ordinals: dict[str, int] = {}
    wanted: list[tuple[str, int, str]] = []
    for row in read_reference("research_field_topics.csv"):
        ordinal = ordinals.get(row["code"], 0)
        ordinals[row["code"]] = ordinal + 1
        wanted.append((row["code"], ordinal, row["topic_vi"]))
    stored = await session.execute(
        select(ResearchFieldTopic.code, ResearchFieldTopic.ordinal, ResearchFieldTopic.topic_vi).where(
            ResearchFieldTopic.edition == FIELD_EDITION
        )
    )
    if {tuple(row) for row in stored} == set(wanted):
        return
    await session.execute(delete(ResearchFieldTopic).where(ResearchFieldTopic.edition == FIELD_EDITION))
    await session.execute(
        insert(ResearchFieldTopic).values(
            [
                {"id": uuid7(), "edition": FIELD_EDITION, "code": code, "ordinal": ordinal, "topic_vi": topic}
                for code, ordinal, topic in wanted
            ]
        )
    )


async def _load_places(session: AsyncSession) -> None:
    """Old communes of Kiên Giang with what they became; the other new units of An Giang have no old code here."""
    changed = [
        {
            "legacy_code": row["legacy_code"],
            "legacy_name": row["legacy_name"],
            "legacy_district": row["legacy_district"],
            "legacy_province": "Tỉnh Kiên Giang",
            "new_code": row["new_code"],
            "new_name": row["new_name"],
            "new_province": "Tỉnh An Giang",
            "changed_on": MERGER_DATE,
        }
        for row in read_reference("kien_giang_units.csv")
    ]
    await _upsert(session, Place, changed, key=("legacy_code",))
    known = set(await session.scalars(select(Place.new_code).where(Place.legacy_code.is_(None))))
    others = [
        {"id": uuid7(), "new_code": row["new_code"], "new_name": row["new_name"], "new_province": "Tỉnh An Giang"}
        for row in read_reference("an_giang_units.csv")
        if row["new_code"] not in known
    ]
    if others:
        await session.execute(insert(Place).values(others))


async def _load_organisations(session: AsyncSession) -> None:
    rows = read_reference("organisations.csv")
    await _upsert(
        session,
        Organisation,
        [
            {
                "name": row["name_vi"],
                "short_name": row["short_name"] or None,
                "kind": row["kind"],
                "locality": row["locality"] or None,
                "parent_name": row["parent"] or None,
                "valid_from": row["valid_from"] or None,
                "valid_to": row["valid_to"] or None,
                "is_reference": True,
            }
            for row in rows
        ],
        key=("name", "valid_from"),
    )
    ids: dict[str, UUID] = {}
    for name, id_ in await session.execute(
        select(Organisation.name, Organisation.id).where(Organisation.is_reference).order_by(Organisation.valid_from)
    ):
        ids[name] = id_
    successions = [
        {"organisation_id": ids[row["name_vi"]], "successor_id": ids[successor]}
        for row in rows
        for successor in _split(row["successor"])
        if successor in ids
    ]
    await session.execute(insert(OrganisationSuccession).values(successions).on_conflict_do_nothing())


def _synonyms() -> list[dict[str, Any]]:
    seen = dict.fromkeys((row["term"], row["expansion"]) for row in read_reference("synonyms.csv"))
    return [{"term": term, "expansion": expansion} for term, expansion in seen]


def _field_rules() -> list[dict[str, Any]]:
    return [{"phrase": row["phrase"], "codes": _split(row["codes"])} for row in read_reference("field_rules.csv")]


def _settings() -> list[dict[str, Any]]:
    return [
        {
            "name": row["name"],
            "value": {"vi": row["value_vi"], "en": row["value_en"]},
            "valid_from": _date(row["valid_from"]),
            "valid_to": _date(row["valid_to"]),
        }
        for row in read_reference("settings.csv")
    ]


async def find_setting(session: AsyncSession, name: str, *, on: date) -> dict[str, Any] | None:
    """The value of a setting of the office on a day, e.g. its name before and after the merger: {"vi", "en"}."""
    return await session.scalar(
        select(Setting.value)
        .where(
            Setting.name == name,
            func.coalesce(Setting.valid_from, date.min) <= on,
            func.coalesce(Setting.valid_to, date.max) >= on,
        )
        .order_by(Setting.valid_from.desc().nulls_last())
        .limit(1)
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
