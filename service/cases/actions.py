"""Opens cases and takes in drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ingestion.drafts.records import DraftReading
from service.cases.parties import Party
from service.database.models import CaseParty, Draft, DraftPassageRow, ReviewCase
from service.database.models.cases import CaseKind

_CODE_LETTERS = {CaseKind.REVIEW: "PB", CaseKind.CONSULTANCY: "TV", CaseKind.APPRAISAL: "GD"}


async def open_case(
    session: AsyncSession,
    reading: DraftReading,
    parties: Sequence[Party],
    *,
    now: datetime,
    kind: CaseKind = CaseKind.REVIEW,
    title: str | None = None,
    wanted_on: date | None = None,
    is_synthetic: bool = False,
) -> ReviewCase:
    """A new case with this draft as its first version; its code is the next of the year."""
    case = ReviewCase(
        code=await _next_code(session, kind, now.year),
        kind=kind,
        title=title or reading.title or reading.file,
        wanted_on=wanted_on,
        is_synthetic=is_synthetic,
    )
    session.add(case)
    await session.flush()
    session.add_all(
        CaseParty(
            case_id=case.id,
            ordinal=ordinal,
            role=party.role,
            person_name=party.person,
            organisation_text=party.organisation,
        )
        for ordinal, party in enumerate(parties)
    )
    await add_draft(session, case, reading)
    return case


async def add_draft(session: AsyncSession, case: ReviewCase, reading: DraftReading) -> Draft:
    """The next version of the case's text."""
    last = await session.scalar(select(func.max(Draft.number)).where(Draft.case_id == case.id))
    draft = Draft(case_id=case.id, number=(last or 0) + 1)
    _describe(draft, reading)
    session.add(draft)
    await session.flush()
    await _store_passages(session, draft, reading)
    return draft


async def read_draft_again(session: AsyncSession, draft: Draft, reading: DraftReading) -> None:
    """Put a fresh reading of the same file in the place of the old one: readers of files get better."""
    _describe(draft, reading)
    await session.execute(delete(DraftPassageRow).where(DraftPassageRow.draft_id == draft.id))
    await _store_passages(session, draft, reading)


def _describe(draft: Draft, reading: DraftReading) -> None:
    draft.file_name = reading.file
    draft.media_type = reading.media_type
    draft.sha256 = reading.sha256
    draft.title = reading.title
    draft.document_number = reading.document_number
    draft.page_count = reading.page_count
    draft.flagged = [{**asdict(flag), "reason": str(flag.reason)} for flag in reading.flagged]
    draft.warnings = [{"message": message, "details": details} for message, details in reading.warnings]


async def _store_passages(session: AsyncSession, draft: Draft, reading: DraftReading) -> None:
    if not reading.passages:
        return
    rows = [
        {
            "draft_id": draft.id,
            "ordinal": passage.ordinal,
            "kind": str(passage.kind),
            "text": passage.text,
            "page": passage.page,
            "paragraph": passage.paragraph,
            "level": passage.level,
            "headings": list(passage.headings),
            "annex": passage.annex,
        }
        for passage in reading.passages
    ]
    await session.execute(insert(DraftPassageRow), rows)


async def _next_code(session: AsyncSession, kind: CaseKind, year: int) -> str:
    """Numbers restart each year. One transaction at a time takes the next one."""
    prefix = f"{_CODE_LETTERS[kind]}-{year}-"
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:prefix))"), {"prefix": prefix})
    codes = await session.scalars(select(ReviewCase.code).where(ReviewCase.code.startswith(prefix)))
    last = max((int(code.removeprefix(prefix)) for code in codes), default=0)
    return f"{prefix}{last + 1:03d}"
