"""Matches a case's draft against the directory and keeps what came out, with the versions that computed it."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Keep a match: themes, scores of the best, conflicts, the proposed panel. Earlier runs stay; a match that finds
    just what the last one found is that run, seen again at `now`.

    Themes found earlier are replaced; what people decided about a conflict (confirmed, dismissed, waived) is kept.
    """
    await _store_passage_decisions(session, draft, result)
    await _store_themes(session, draft, result)
    kept = _kept(result)
    last = await _last_run(session, draft)
    if (
        last is not None
        and (last.scoring_version, last.embedder_id, last.index_version, last.expert_count)
        == (result.scoring_version, embedder_id, index_version, expert_count)
        and await _found_before(session, last, result, kept)
    ):
        last.ran_at = now
        await session.flush()
        return last
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
    if rows := [row for expert in kept for row in _affinity_rows(run.id, expert)]:
        await session.execute(insert(AffinityRow), rows)
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


def _kept(result: MatchResult) -> list[RankedExpert]:
    """The experts whose scores are stored."""
    wanted = {seat.expert_id for seat in result.plan.seats} | {reserve.expert_id for reserve in result.plan.reserves}
    return [expert for place, expert in enumerate(result.ranking) if place < KEPT_EXPERTS or expert.expert_id in wanted]


async def _last_run(session: AsyncSession, draft: Draft) -> AffinityRun | None:
    statement = select(AffinityRun).where(AffinityRun.draft_id == draft.id)
    run: AffinityRun | None = await session.scalar(statement.order_by(AffinityRun.ran_at.desc()).limit(1))
    return run


async def _found_before(
    session: AsyncSession, run: AffinityRun, result: MatchResult, kept: Sequence[RankedExpert]
) -> bool:
    """Whether this run holds just this result, but for the last digits of its scores and the time it took."""
    if _rounded([run.notices, run.left_out]) != _rounded(_json([result.notices, result.left_out])):
        return False
    plan = await session.scalar(select(Panel.plan).where(Panel.run_id == run.id))
    if plan is None or _rounded({**plan, "seconds": 0}) != _rounded({**_json(result.plan), "seconds": 0}):
        return False
    conflicts = await session.execute(
        select(ConflictRow.expert_id, ConflictRow.kind, ConflictRow.message, ConflictRow.details)
        .where(ConflictRow.run_id == run.id)
        .order_by(ConflictRow.id)
    )
    if [(str(expert_id), *rest) for expert_id, *rest in conflicts] != [
        (str(conflict.expert_id), str(conflict.kind), conflict.message, conflict.details)
        for conflict in result.conflicts
    ]:
        return False
    columns = (AffinityRow.expert_id, AffinityRow.theme_ordinal, AffinityRow.score, AffinityRow.band, AffinityRow.pairs)
    stored = {
        (expert_id, ordinal): _rounded([score, band, pairs])
        for expert_id, ordinal, score, band, pairs in await session.execute(
            select(*columns).where(AffinityRow.run_id == run.id)
        )
    }
    return stored == {
        (row["expert_id"], row["theme_ordinal"]): _rounded([row["score"], row["band"], row["pairs"]])
        for expert in kept
        for row in _affinity_rows(run.id, expert)
    }


def _rounded(value: Any) -> Any:
    """JSON without the digits in which two computations of the same thing may differ."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


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
