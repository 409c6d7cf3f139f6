"""Rows of a directory search: SQL over what the reader may see. Counts come from `columns.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from search.documents import EvidenceChunk
from search.fusion import FusedHit
from search.query import Hit
from search.vietnamese import syllables
from service.access.policy import Action, Actor, can
from service.database.models import Evidence, Expert, ExpertField
from service.database.models.directory import ProfileState
from service.directory.chunks import WorkText, evidence_chunks
from service.directory.facets import NEVER_SHOWN, availability

_MOST_PLAIN_WORDS = 8
_IDS: Any = bindparam("ids", expanding=True)
# Put together once: that takes longer than sending them.
_PEOPLE = select(
    Expert.id,
    Expert.full_name,
    Expert.given_name,
    Expert.academic_rank,
    Expert.degree,
    Expert.position,
    Expert.organisation_text,
    Expert.organisation_kind,
    Expert.country,
    Expert.province,
    func.coalesce(Expert.hometown_display, Expert.hometown_text).label("hometown"),
    Expert.keywords,
    Expert.languages,
    Expert.task_kinds,
    Expert.biography,
    Expert.email,
    Expert.phone,
    Expert.state,
    Expert.confirmed_at,
    Expert.is_available,
    Expert.paused_until,
    Expert.open_reviews,
    Expert.capacity,
    Expert.is_synthetic,
    select(func.array_agg(ExpertField.code)).where(ExpertField.expert_id == Expert.id).scalar_subquery().label("codes"),
).where(Expert.id.in_(_IDS), Expert.state.not_in(NEVER_SHOWN))
_WORKS = (
    select(Evidence.expert_id, Evidence.id, Evidence.kind, Evidence.title, Evidence.text, Evidence.year)
    .where(Evidence.expert_id.in_(_IDS))
    .order_by(Evidence.expert_id, Evidence.ordinal, Evidence.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertRow:
    """One person as a list shows them; `availability` is a code of labels.AVAILABILITY, `latest_year` that of the
    newest dated work."""

    id: UUID
    full_name: str
    given_name: str
    academic_rank: str | None
    degree: str | None
    position: str | None
    organisation: str | None
    organisation_kind: str | None
    country: str | None
    province: str | None
    hometown: str | None
    field_codes: tuple[str, ...]
    keywords: tuple[str, ...]
    languages: tuple[str, ...]
    task_kinds: tuple[str, ...]
    biography: str
    email: str | None
    phone: str | None
    state: ProfileState
    confirmed_at: datetime | None
    availability: str
    paused_until: date | None
    open_reviews: int
    capacity: int
    latest_year: int | None
    is_synthetic: bool
    chunks: tuple[EvidenceChunk, ...]


async def load_expert_rows(
    session: AsyncSession, actor: Actor, ids: Sequence[UUID], *, today: date
) -> tuple[ExpertRow, ...]:
    """In the order of `ids`, those whom the actor may see. Two statements, however many rows; `today` ends pauses."""
    if not can(actor, Action.READ_EXPERT):
        return ()
    found = {row.id: row for row in await session.execute(_PEOPLE, {"ids": list(ids)})}
    works: dict[UUID, list[WorkText]] = defaultdict(list)
    for row in await session.execute(_WORKS, {"ids": list(found)}):
        works[row.expert_id].append(
            WorkText(id=row.id, kind=str(row.kind), title=row.title, text=row.text, year=row.year)
        )
    return tuple(_row(found[expert_id], works[expert_id], today) for expert_id in ids if expert_id in found)


def _row(row: Any, works: Sequence[WorkText], today: date) -> ExpertRow:
    is_ready = row.is_available and (row.paused_until is None or row.paused_until <= today)
    return ExpertRow(
        id=row.id,
        full_name=row.full_name,
        given_name=row.given_name,
        academic_rank=row.academic_rank,
        degree=row.degree,
        position=row.position,
        organisation=row.organisation_text,
        organisation_kind=row.organisation_kind,
        country=row.country,
        province=row.province,
        hometown=row.hometown,
        field_codes=tuple(row.codes or ()),
        keywords=tuple(row.keywords),
        languages=tuple(row.languages),
        task_kinds=tuple(row.task_kinds),
        biography=row.biography,
        email=row.email,
        phone=row.phone,
        state=row.state,
        confirmed_at=row.confirmed_at,
        availability=availability(is_ready, row.open_reviews, row.capacity),
        paused_until=row.paused_until,
        open_reviews=row.open_reviews,
        capacity=row.capacity,
        latest_year=max((work.year for work in works if work.year), default=None),
        is_synthetic=row.is_synthetic,
        chunks=evidence_chunks(works=works, biography=row.biography, keywords=row.keywords, position=row.position),
    )


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
        .where(Expert.state.not_in(NEVER_SHOWN), *anywhere)
        .order_by(is_name.desc(), Expert.sort_key, Expert.id)
        .limit(limit)
    )
    return [
        FusedHit(expert_id, 1.0, is_exact, Hit(expert_id, 1.0, "name" if is_exact else "evidence"), None)
        for expert_id, is_exact in found
    ]
