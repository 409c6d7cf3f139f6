"""How much the directory holds, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

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


_FIGURES = (
    select(
        func.count().label("experts"),
        func.count().filter(Expert.country != "VN").label("abroad"),
        func.count().filter(func.cardinality(Expert.ties) > 0).label("with_ties"),
        func.count()
        .filter(
            or_(
                Expert.is_available.is_(False),
                Expert.paused_until > func.current_date(),
                Expert.open_reviews >= Expert.capacity,
            )
        )
        .label("unavailable"),
        select(func.count()).select_from(Evidence).scalar_subquery().label("evidence"),
        select(func.count())
        .select_from(DuplicatePair)
        .where(DuplicatePair.state == "open")
        .scalar_subquery()
        .label("duplicates"),
    )
    .select_from(Expert)
    .where(Expert.state.not_in((ProfileState.ERASED, ProfileState.ARCHIVED)))
)


async def count_directory(session: AsyncSession, actor: Actor) -> DirectoryFigures:
    """One statement."""
    require(actor, Action.SEARCH_DIRECTORY)
    return DirectoryFigures(**(await session.execute(_FIGURES)).one()._mapping)
