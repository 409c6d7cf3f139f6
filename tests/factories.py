"""One-line rows for tests: people, cases, and matches as the matcher stores them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ingestion.drafts.records import DraftPassage, DraftReading, FlaggedText, PassageKind
from search.vietnamese import fold
from service.cases.actions import open_case
from service.cases.parties import Party
from service.database.models import AffinityRun, Evidence, Expert, ReviewCase
from service.database.models.base import uuid7
from service.database.models.cases import PartyRole
from service.database.models.directory import EvidenceKind
from service.matching.actions import store_match
from service.matching.results import (
    AffinityBand,
    AssignmentPlan,
    Conflict,
    FoundTheme,
    LeftOut,
    MatchResult,
    Notice,
    PassagePair,
    RankedExpert,
    Reserve,
    Seat,
    SeatRole,
)

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
_BAND_SCORES = {
    AffinityBand.VERY_SUITABLE: 0.9,
    AffinityBand.SUITABLE: 0.6,
    AffinityBand.POSSIBLE: 0.3,
}


async def make_expert(
    session: AsyncSession, full_name: str, *, works: Sequence[str | tuple[str, int]] = (), **columns: Any
) -> Expert:
    """A fictitious person; `works` are titles, or titles with a year."""
    names = full_name.split()
    expert = Expert(
        id=columns.pop("id", None) or uuid7(),
        full_name=full_name,
        family_name=names[0],
        middle_name=" ".join(names[1:-1]),
        given_name=names[-1],
        name_fold=fold(full_name),
        sort_key=fold(" ".join([names[-1], *names[:-1]])),
        is_synthetic=True,
        **columns,
    )
    session.add(expert)
    await session.flush()
    for ordinal, work in enumerate(works):
        title, year = (work, 2023) if isinstance(work, str) else work
        session.add(
            Evidence(
                expert_id=expert.id,
                ordinal=ordinal,
                kind=EvidenceKind.PUBLICATION,
                title=title,
                title_fold=fold(title),
                year=year,
            )
        )
    await session.flush()
    return expert


async def make_case(
    session: AsyncSession,
    title: str = "Kế hoạch phát triển nuôi biển đến năm 2030",
    *,
    passages: Sequence[str] = ("Phát triển nuôi cá lồng bè trên biển.",),
    flagged: Sequence[FlaggedText] = (),
    requester: str | None = "Sở Nông nghiệp và Môi trường",
    drafters: Sequence[tuple[str, str]] = (),
) -> ReviewCase:
    """A case with one draft of these paragraphs."""
    reading = DraftReading(
        file="ke-hoach.docx",
        media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        sha256=hashlib.sha256(repr((title, passages)).encode()).hexdigest(),
        title=title,
        document_number="123/KH-UBND",
        page_count=None,
        passages=tuple(
            DraftPassage(ordinal=n, text=text, kind=PassageKind.PARAGRAPH, page=None, paragraph=n + 1)
            for n, text in enumerate(passages)
        ),
        flagged=tuple(flagged),
    )
    parties = [Party(role=PartyRole.REQUESTER, organisation=requester)] if requester else []
    parties += [Party(role=PartyRole.DRAFTER, person=name, organisation=body) for name, body in drafters]
    return await open_case(session, reading, parties, now=NOW, is_synthetic=True)


def make_theme(ordinal: int, label: str, *, weight: float = 0.5, **columns: Any) -> FoundTheme:
    values: dict[str, Any] = {
        "label_en": None,
        "importance": "required",
        "field_codes": (),
        "terms": (),
        "passage_ordinals": (0,),
        "query_text": label,
    }
    return FoundTheme(ordinal=ordinal, label=label, weight=weight, **{**values, **columns})


def make_pair(draft_text: str, evidence_text: str, shared_words: Sequence[str] = (), **columns: Any) -> PassagePair:
    values: dict[str, Any] = {
        "theme_ordinal": 0,
        "draft_ordinal": 0,
        "page": None,
        "paragraph": 1,
        "evidence_kind": "publication",
        "evidence_year": 2023,
        "score": 0.8,
    }
    return PassagePair(
        draft_text=draft_text, evidence_text=evidence_text, shared_words=tuple(shared_words), **{**values, **columns}
    )


def make_fit(
    expert_id: UUID,
    theme_bands: Sequence[AffinityBand | None],
    *,
    band: AffinityBand | None = AffinityBand.SUITABLE,
    score: float | None = None,
    pairs: Sequence[PassagePair] = (),
) -> RankedExpert:
    own = _BAND_SCORES[band] if band else 0.1
    return RankedExpert(
        expert_id=expert_id,
        score=own if score is None else score,
        band=band,
        theme_scores=tuple(_BAND_SCORES[one] if one else 0.0 for one in theme_bands),
        theme_bands=tuple(theme_bands),
        pairs=tuple(pairs),
    )


async def make_match(
    session: AsyncSession,
    case: ReviewCase,
    *,
    themes: Sequence[FoundTheme],
    ranking: Sequence[RankedExpert],
    seats: Mapping[UUID, SeatRole] | None = None,
    reserves: Sequence[UUID] = (),
    left_out: Sequence[LeftOut] = (),
    conflicts: Sequence[Conflict] = (),
    notices: Sequence[Notice] = (),
    gap: float = 0.0,
    embedder_id: str | None = "test-embedder",
) -> AffinityRun:
    """A stored match. Members cover every theme they fit at all; what nobody fits is uncovered."""
    fits = {fit.expert_id: fit for fit in ranking}
    seats = seats or {}

    def covered(expert_id: UUID) -> tuple[int, ...]:
        return tuple(n for n, band in enumerate(fits[expert_id].theme_bands) if band)

    uncovered = {theme.ordinal for theme in themes} - {n for expert_id in seats for n in covered(expert_id)}
    plan = AssignmentPlan(
        seats=tuple(
            Seat(expert_id=expert_id, role=role, theme_ordinals=covered(expert_id), score=fits[expert_id].score)
            for expert_id, role in seats.items()
        ),
        reserves=tuple(
            Reserve(expert_id=expert_id, theme_ordinals=covered(expert_id), score=fits[expert_id].score)
            for expert_id in reserves
        ),
        uncovered=tuple(sorted(uncovered)),
        unmet=(),
        objective=1.0,
        bound=1.0 + gap,
        gap=gap,
        seconds=0.1,
    )
    result = MatchResult(
        scoring_version="v1",
        decisions=(),
        themes=tuple(themes),
        ranking=tuple(ranking),
        left_out=tuple(left_out),
        conflicts=tuple(conflicts),
        plan=plan,
        notices=tuple(notices),
    )
    draft = (await session.refresh(case, ["drafts"])) or case.drafts[-1]
    return await store_match(
        session,
        case,
        draft,
        result,
        embedder_id=embedder_id,
        index_version="1",
        expert_count=len(ranking) + len(left_out),
        now=NOW,
    )
