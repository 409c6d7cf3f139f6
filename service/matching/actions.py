"""Matches a case's draft against the directory and keeps what came out, with the versions that computed it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import (
    AffinityRow,
    AffinityRun,
    ConflictRow,
    Draft,
    DraftPassageRow,
    Panel,
    ReviewCase,
    ReviewerAssignment,
    Theme,
)
from service.database.models.cases import Importance
from service.matching.results import Conflict, MatchResult, RankedExpert, SeatRole

# Scores of people far down the list are not kept: nobody looks at them, and 10,000 experts would fill the disk.
KEPT_EXPERTS = 150


async def store_match(
    session: AsyncSession,
    case: ReviewCase,
    draft: Draft,
    result: MatchResult,
    *,
    embedder_id: str | None,
    index_version: str | None,
    expert_count: int,
    now: datetime,
) -> AffinityRun:
    """Keep a match: themes, scores of the best, conflicts, the proposed panel. Earlier runs stay.

    Themes found earlier are replaced; what people decided about a conflict (confirmed, dismissed, waived) is kept.
    """
    await _store_passage_decisions(session, draft, result)
    await _store_themes(session, draft, result)
    run = AffinityRun(
        draft_id=draft.id,
        scoring_version=result.scoring_version,
        embedder_id=embedder_id,
        index_version=index_version,
        expert_count=expert_count,
        ran_at=now,
        notices=_json(result.notices),
        left_out=_json(result.left_out),
    )
    session.add(run)
    await session.flush()
    await _store_affinities(session, run, result)
    await _store_conflicts(session, case, run, result)
    await _store_panel(session, case, run, result)
    return run


def _json(value: object) -> Any:
    """Plain lists, dicts and strings, ids as text: what a JSONB column takes."""
    return msgspec.to_builtins(value)


async def _store_passage_decisions(session: AsyncSession, draft: Draft, result: MatchResult) -> None:
    reasons = {decision.ordinal: decision.left_out for decision in result.decisions}
    by_reason: dict[str | None, list[int]] = {}
    for ordinal, reason in reasons.items():
        by_reason.setdefault(reason, []).append(ordinal)
    for reason, ordinals in by_reason.items():
        await session.execute(
            update(DraftPassageRow)
            .where(DraftPassageRow.draft_id == draft.id, DraftPassageRow.ordinal.in_(ordinals))
            .values(left_out=reason)
        )


async def _store_themes(session: AsyncSession, draft: Draft, result: MatchResult) -> None:
    await session.execute(delete(Theme).where(Theme.draft_id == draft.id))
    session.add_all(
        Theme(
            draft_id=draft.id,
            ordinal=theme.ordinal,
            label=theme.label,
            label_en=theme.label_en,
            weight=theme.weight,
            importance=Importance(theme.importance),
            field_codes=list(theme.field_codes),
            terms=list(theme.terms),
            passage_ordinals=list(theme.passage_ordinals),
            query_text=theme.query_text,
        )
        for theme in result.themes
    )
    await session.flush()


async def _store_affinities(session: AsyncSession, run: AffinityRun, result: MatchResult) -> None:
    wanted = {seat.expert_id for seat in result.plan.seats} | {reserve.expert_id for reserve in result.plan.reserves}
    kept = [expert for place, expert in enumerate(result.ranking) if place < KEPT_EXPERTS or expert.expert_id in wanted]
    rows = [row for expert in kept for row in _affinity_rows(run.id, expert)]
    if rows:
        await session.execute(insert(AffinityRow), rows)


def _affinity_rows(run_id: UUID, expert: RankedExpert) -> list[dict[str, Any]]:
    """One row for the whole draft, one for each theme the expert fits at all."""
    pairs = _json(expert.pairs)
    rows = [
        {
            "run_id": run_id,
            "expert_id": expert.expert_id,
            "theme_ordinal": -1,
            "score": expert.score,
            "band": expert.band and str(expert.band),
            "pairs": pairs,
        }
    ]
    for ordinal, (score, band) in enumerate(zip(expert.theme_scores, expert.theme_bands, strict=True)):
        if band is not None:
            own = [pair for pair in pairs if pair["theme_ordinal"] == ordinal]
            rows.append(
                {
                    "run_id": run_id,
                    "expert_id": expert.expert_id,
                    "theme_ordinal": ordinal,
                    "score": score,
                    "band": str(band),
                    "pairs": own,
                }
            )
    return rows


async def _store_conflicts(session: AsyncSession, case: ReviewCase, run: AffinityRun, result: MatchResult) -> None:
    decided = {
        (row.expert_id, row.kind): row.state
        for row in await session.scalars(
            select(ConflictRow).where(
                ConflictRow.case_id == case.id, ConflictRow.state.in_(("confirmed", "dismissed", "waived"))
            )
        )
    }
    session.add_all(
        ConflictRow(
            case_id=case.id,
            run_id=run.id,
            expert_id=conflict.expert_id,
            kind=str(conflict.kind),
            severity="hard" if conflict.is_hard else "soft",
            state=decided.get((conflict.expert_id, str(conflict.kind)), _state(conflict)),
            message=conflict.message,
            details=dict(conflict.details),
        )
        for conflict in result.conflicts
    )
    await session.flush()


def _state(conflict: Conflict) -> str:
    return "potential" if conflict.is_potential else "certain"


async def _store_panel(session: AsyncSession, case: ReviewCase, run: AffinityRun, result: MatchResult) -> None:
    plan = result.plan
    panel = Panel(run_id=run.id, case_id=case.id, plan=_json(plan))
    session.add(panel)
    await session.flush()
    order = {SeatRole.CHAIR: 0, SeatRole.REVIEWER: 1, SeatRole.SECRETARY: 2, SeatRole.MEMBER: 3}
    seats = sorted(plan.seats, key=lambda seat: (order[seat.role], -seat.score, seat.expert_id))
    session.add_all(
        ReviewerAssignment(
            panel_id=panel.id,
            expert_id=seat.expert_id,
            ordinal=ordinal,
            role=str(seat.role),
            affinity_score=seat.score,
            theme_ordinals=list(seat.theme_ordinals),
        )
        for ordinal, seat in enumerate(seats)
    )
    await session.flush()
