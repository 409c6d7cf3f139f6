"""Rows, total and facets of a directory search: SQL over one set of people, found, visible and not filtered out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import union_all as union_of
from sqlalchemy.ext.asyncio import AsyncSession

from search.documents import EvidenceChunk
from search.fusion import FusedHit
from search.query import Hit
from search.vietnamese import syllables
from service.access.policy import Action, Actor, can
from service.database.models import Evidence, Expert, ExpertField
from service.directory.chunks import WorkText, evidence_chunks
from service.directory.documents import NEVER_INDEXED

FACETS = ("field_group", "degree", "location", "availability")
_MOST_PLAIN_WORDS = 8


@dataclass(frozen=True, slots=True)
class FacetValue:
    """`count` people of the result have it; choosing it alone in its facet leaves just these."""

    code: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """Values with most people first."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`order`: ids found, best first; None for everybody, in alphabetical order. `today` ends pauses."""

    order: Sequence[UUID] | None
    filters: Mapping[str, Sequence[str]]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertRow:
    """One person as a list shows them; `availability` is a code of labels.AVAILABILITY."""

    id: UUID
    full_name: str
    academic_rank: str | None
    degree: str | None
    position: str | None
    organisation: str | None
    country: str | None
    province: str | None
    hometown: str | None
    field_codes: tuple[str, ...]
    keywords: tuple[str, ...]
    biography: str
    availability: str
    paused_until: date | None
    open_reviews: int
    capacity: int
    is_synthetic: bool
    chunks: tuple[EvidenceChunk, ...]


@dataclass(frozen=True, slots=True)
class RowsPage:
    rows: tuple[ExpertRow, ...]
    total: int
    facets: tuple[Facet, ...]


async def load_rows(session: AsyncSession, actor: Actor, selection: Selection, *, offset: int, limit: int) -> RowsPage:
    """Four statements, however many rows."""
    if not can(actor, Action.READ_EXPERT):
        return RowsPage((), 0, ())
    values = _facet_values(selection.today)
    conditions = {name: _wanted(values, name, wanted) for name, wanted in selection.filters.items() if wanted}
    total, facets = await _counts(session, selection, conditions, values)
    page = select(Expert.id).where(_seen(selection), *conditions.values()).offset(offset).limit(limit)
    if selection.order is None:
        page = page.order_by(Expert.sort_key, Expert.id)
    else:
        page = page.order_by(func.array_position(_ids(selection.order), Expert.id))
    ids = list(await session.scalars(page))
    return RowsPage(await _rows(session, ids, values["availability"]), total, facets)


async def plain_word_search(session: AsyncSession, text: str, *, limit: int) -> list[FusedHit]:
    """For when there is no index: people who have every word in their name or works, or as typed in the profile."""
    words = [(folded, typed) for typed in text.split() for folded in (" ".join(syllables(typed)),) if folded][
        :_MOST_PLAIN_WORDS
    ]
    if not words:
        return []
    in_name = [Expert.name_fold.contains(folded, autoescape=True) for folded, _ in words]
    anywhere = [
        or_(
            Expert.name_fold.contains(folded, autoescape=True),
            exists().where(Evidence.expert_id == Expert.id, Evidence.title_fold.contains(folded, autoescape=True)),
            Expert.biography.icontains(typed, autoescape=True),
            func.array_to_string(Expert.keywords, "; ").icontains(typed, autoescape=True),
            Expert.organisation_text.icontains(typed, autoescape=True),
            Expert.email == typed.lower(),
            Expert.orcid == typed,
            Expert.external_id == typed,
        )
        for folded, typed in words
    ]
    is_name = and_(*in_name)
    found = await session.execute(
        select(Expert.id, is_name)
        .where(Expert.state.not_in(NEVER_INDEXED), *anywhere)
        .order_by(is_name.desc(), Expert.sort_key, Expert.id)
        .limit(limit)
    )
    return [
        FusedHit(expert_id, 1.0, is_exact, Hit(expert_id, 1.0, "name" if is_exact else "evidence"), None)
        for expert_id, is_exact in found
    ]


def _ids(order: Sequence[UUID]) -> ColumnElement[Any]:
    return literal(list(order), ARRAY(Uuid()))


def _seen(selection: Selection) -> ColumnElement[bool]:
    """Those found whom the reader may see."""
    visible = Expert.state.not_in(NEVER_INDEXED)
    return visible if selection.order is None else and_(visible, Expert.id == func.any(_ids(selection.order)))


def _facet_values(today: date) -> dict[str, ColumnElement[Any]]:
    """The expression behind each facet that has one value for a person. They say what documents.py says."""
    is_ready = Expert.is_available & (Expert.paused_until.is_(None) | (Expert.paused_until <= today))
    return {
        "degree": type_coerce(Expert.degree, String),
        "location": case((Expert.country.is_(None), None), (Expert.country == "VN", "vietnam"), else_="abroad"),
        "availability": case(
            (~is_ready, "paused"), (Expert.open_reviews >= Expert.capacity, "full"), else_="available"
        ),
    }


_GROUP = func.left(ExpertField.code, 1)


def _wanted(values: Mapping[str, ColumnElement[Any]], name: str, wanted: Sequence[str]) -> ColumnElement[bool]:
    if name == "field_group":
        return exists().where(ExpertField.expert_id == Expert.id, _GROUP.in_(wanted))
    if name in values:
        return values[name].in_(wanted)
    return literal(False)


async def _counts(
    session: AsyncSession,
    selection: Selection,
    conditions: Mapping[str, ColumnElement[bool]],
    values: Mapping[str, ColumnElement[Any]],
) -> tuple[int, tuple[Facet, ...]]:
    """Total and facets, each counted under the filters of the others; the people are looked through once."""
    seen = (
        select(
            Expert.id,
            *(value.label(name) for name, value in values.items()),
            *(condition.label(f"fits_{name}") for name, condition in conditions.items()),
        )
        .where(_seen(selection))
        .cte("seen")
    )
    everybody = literal(None, String).label("code")
    parts = [
        select(literal("", String).label("name"), everybody, func.count().label("count"))
        .select_from(seen)
        .where(*(seen.c[f"fits_{name}"] for name in conditions))
    ]
    for name in FACETS:
        others = [seen.c[f"fits_{other}"] for other in conditions if other != name]
        if name == "field_group":
            people = (
                select(_GROUP.label("code"))
                .distinct()
                .add_columns(seen.c.id)
                .join_from(seen, ExpertField, ExpertField.expert_id == seen.c.id)
                .where(*others)
                .subquery()
            )
        else:
            people = select(seen.c[name].label("code")).where(seen.c[name].is_not(None), *others).subquery()
        parts.append(
            select(literal(name, String).label("name"), people.c.code, func.count().label("count")).group_by(
                people.c.code
            )
        )
    total = 0
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, code, count in await session.execute(union_of(*parts)):
        if name:
            counts[name][code] = count
        else:
            total = count
    facets = []
    for name in FACETS:
        chosen = set(selection.filters.get(name, ()))
        own = counts[name]
        codes = sorted({*own, *chosen})
        codes.sort(key=own.__getitem__, reverse=True)
        facets.append(Facet(name, tuple(FacetValue(code, own[code], code in chosen) for code in codes)))
    return total, tuple(facets)


async def _rows(session: AsyncSession, ids: Sequence[UUID], availability: ColumnElement[Any]) -> tuple[ExpertRow, ...]:
    found = {
        row.id: row
        for row in await session.execute(
            select(
                Expert.id,
                Expert.full_name,
                Expert.academic_rank,
                Expert.degree,
                Expert.position,
                Expert.organisation_text,
                Expert.country,
                Expert.province,
                func.coalesce(Expert.hometown_display, Expert.hometown_text).label("hometown"),
                Expert.keywords,
                Expert.biography,
                availability.label("availability"),
                Expert.paused_until,
                Expert.open_reviews,
                Expert.capacity,
                Expert.is_synthetic,
                select(func.array_agg(ExpertField.code))
                .where(ExpertField.expert_id == Expert.id)
                .scalar_subquery()
                .label("codes"),
            ).where(Expert.id.in_(bindparam("ids", list(ids), expanding=True)))
        )
    }
    works: dict[UUID, list[WorkText]] = defaultdict(list)
    for row in await session.execute(
        select(Evidence.expert_id, Evidence.id, Evidence.kind, Evidence.title, Evidence.text, Evidence.year)
        .where(Evidence.expert_id.in_(bindparam("ids", list(ids), expanding=True)))
        .order_by(Evidence.expert_id, Evidence.ordinal, Evidence.id)
    ):
        works[row.expert_id].append(
            WorkText(id=row.id, kind=str(row.kind), title=row.title, text=row.text, year=row.year)
        )
    return tuple(_row(found[expert_id], works[expert_id]) for expert_id in ids if expert_id in found)


def _row(row: Any, works: Sequence[WorkText]) -> ExpertRow:
    return ExpertRow(
        id=row.id,
        full_name=row.full_name,
        academic_rank=row.academic_rank,
        degree=row.degree,
        position=row.position,
        organisation=row.organisation_text,
        country=row.country,
        province=row.province,
        hometown=row.hometown,
        field_codes=tuple(row.codes or ()),
        keywords=tuple(row.keywords),
        biography=row.biography,
        availability=row.availability,
        paused_until=row.paused_until,
        open_reviews=row.open_reviews,
        capacity=row.capacity,
        is_synthetic=row.is_synthetic,
        chunks=evidence_chunks(works=works, biography=row.biography, keywords=row.keywords, position=row.position),
    )
