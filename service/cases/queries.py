"""Reads cases."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from service.cases.parties import Party
from service.database.models import Draft, ReviewCase
from service.errors import NotFoundError


async def get_case(session: AsyncSession, case_id: UUID) -> ReviewCase:
    """With its parties and drafts; raises NotFoundError."""
    statement = (
        select(ReviewCase)
        .where(ReviewCase.id == case_id)
        .options(selectinload(ReviewCase.parties), selectinload(ReviewCase.drafts))
    )
    case = await session.scalar(statement)
    if case is None:
        raise NotFoundError
    return case


async def find_case_of_file(session: AsyncSession, sha256: str, parties: Sequence[Party]) -> ReviewCase | None:
    """The case opened with this very file on behalf of the same people and bodies, if there is one."""
    statement = (
        select(ReviewCase)
        .join(Draft)
        .where(Draft.sha256 == sha256)
        .order_by(ReviewCase.code)
        .options(selectinload(ReviewCase.parties), selectinload(ReviewCase.drafts))
    )
    wanted = {(party.role, party.organisation, party.person) for party in parties}
    for case in (await session.scalars(statement)).unique():
        if {(party.role, party.organisation_text, party.person_name) for party in case.parties} == wanted:
            return case
    return None
