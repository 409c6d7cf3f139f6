"""Rows of the directory → candidates: what matching knows of a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from service.database.models import Expert
from service.database.models.directory import ProfileState
from service.matching.candidates import Candidate, EmploymentSpell, Work

# People whose profile was put away or erased are never proposed; the others may be, whatever their profile's state.
NEVER_PROPOSED = (ProfileState.DRAFT, ProfileState.HIDDEN, ProfileState.ARCHIVED, ProfileState.ERASED)


async def load_candidates(
    session: AsyncSession, expert_ids: Sequence[UUID] | None = None, *, on: date
) -> list[Candidate]:
    """In the order of ids; everybody when none are given; available as of the day `on`. Four statements, however many
    people."""
    statement = (
        select(Expert)
        .where(Expert.state.not_in(NEVER_PROPOSED))
        .order_by(Expert.id)
        .options(selectinload(Expert.fields), selectinload(Expert.evidence), selectinload(Expert.employments))
        .execution_options(populate_existing=True)
    )
    if expert_ids is not None:
        statement = statement.where(Expert.id.in_(expert_ids))
    return [_candidate(expert, on) for expert in await session.scalars(statement)]


def _candidate(expert: Expert, on: date) -> Candidate:
    employments = tuple(
        EmploymentSpell(
            organisation=spell.organisation_text,
            year_from=spell.year_from,
            year_to=spell.year_to,
            is_current=spell.is_current,
        )
        for spell in expert.employments
    )
    if expert.organisation_text and not any(spell.is_current for spell in employments):
        employments += (EmploymentSpell(organisation=expert.organisation_text),)
    return Candidate(
        id=expert.id,
        full_name=expert.full_name,
        aliases=tuple(expert.aliases),
        employments=employments,
        position=expert.position,
        biography=expert.biography,
        keywords=tuple(expert.keywords),
        field_codes=tuple(field.code for field in expert.fields),
        works=tuple(
            Work(
                title=item.title,
                year=item.year,
                kind=str(item.kind),
                coauthors=tuple(item.coauthors),
                text=item.text,
                role=item.role,
            )
            for item in expert.evidence
        ),
        awards=tuple(expert.awards),
        degree=expert.degree,
        academic_rank=expert.academic_rank,
        gender=expert.gender,
        birth_year=expert.birth_year,
        country=expert.country,
        province=expert.province,
        time_zone=expert.time_zone,
        hometown=expert.hometown_text,
        languages=tuple(expert.languages),
        email=expert.email,
        is_available=expert.is_available and not (expert.paused_until and expert.paused_until > on),
        load=expert.open_reviews,
        capacity=expert.capacity,
    )
