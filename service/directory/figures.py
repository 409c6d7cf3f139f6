"""How much the directory holds, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.access.policy import Action, Actor, require
from service.database.models import DuplicatePair, Evidence, Expert
from service.database.models.directory import ProfileState


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryFigures:
    experts: int
    evidence: int
    abroad: int
    with_ties: int  # to the home province
    unavailable: int  # paused or at their limit
    duplicates: int  # pairs for a person to decide


_OTHERS = aliased(Expert)
_OUT_OF_USE = (ProfileState.ERASED, ProfileState.ARCHIVED)
_FIGURES = (
    select(
        func.count().label("experts"),
        func.count().filter(Expert.country != "VN").label("abroad"),
        func.count().filter(func.cardinality(Expert.ties) > 0).label("with_ties"),
        func.count()
        .filter(
            or_(
                Expert.is_available.is_(False),
                Expert.paused_until > bindparam("today", type_=Date),
                Expert.open_reviews >= Expert.capacity,
            )
        )
        .label("unavailable"),
        select(func.count())
        .select_from(Evidence)
        .where(Evidence.expert_id.not_in(select(_OTHERS.id).where(_OTHERS.state.in_(_OUT_OF_USE))))
        .scalar_subquery()
        .label("evidence"),
        select(func.count())
        .select_from(DuplicatePair)
        .where(DuplicatePair.state == "open")
        .scalar_subquery()
        .label("duplicates"),
    )
    .select_from(Expert)
    .where(Expert.state.not_in(_OUT_OF_USE))
)


async def count_directory(session: AsyncSession, actor: Actor, *, today: date) -> DirectoryFigures:
    """One statement; archived and erased people and their works are not counted. `today` is the office's."""
    require(actor, Action.SEARCH_DIRECTORY)
    return DirectoryFigures(**(await session.execute(_FIGURES, {"today": today})).one()._mapping)
