"""Reads stored matches back, for pages and the command line. The number of statements does not grow with the rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Action, Actor, require
from service.database.models import (
    AffinityRow,
    AffinityRun,
    CaseParty,
    ConflictRow,
    Draft,
    DraftPassageRow,
    Evidence,
    Expert,
    Panel,
    ReviewCase,
    Theme,
)
from service.database.models.cases import PartyRole
from service.database.models.directory import EvidenceKind
from service.errors import NotFoundError
from service.matching.results import AffinityBand, AssignmentPlan, LeftOut, Notice, PassagePair, Seat
from service.matching.stored import (
    CaseFacts,
    CaseLine,
    CaseList,
    CaseMatch,
    Person,
    StoredConflict,
    StoredFit,
    StoredFlag,
    StoredLeftOut,
    StoredMatch,
    StoredPassage,
    StoredTheme,
)

WHOLE_DRAFT = -1  # the theme ordinal of an expert's fit to the draft as a whole
_ROLE_ORDER = ("chair", "reviewer", "secretary", "member")
# Before a theme's full text the reader sees its first passages; the rest stay in the draft.
_PASSAGES_OF_A_THEME = 6
_PEOPLE_LEFT_OUT = 60

# Statements are built once: building one costs more than sending it. Lists are given as one array each, so that the
# text of a statement is the same however long they are. JSON comes as text and is decoded once, into what it is for.
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_CASE_ID = bindparam("case_id", type_=Uuid)
_DRAFT_ID = bindparam("draft_id", type_=Uuid)
_RUN_ID = bindparam("run_id", type_=Uuid)
_FLAGS = msgspec.json.Decoder(tuple[StoredFlag, ...])
_NOTICES = msgspec.json.Decoder(tuple[Notice, ...], strict=False)
_LEFT_OUT = msgspec.json.Decoder(tuple[LeftOut, ...])
_PAIRS = msgspec.json.Decoder(tuple[PassagePair, ...])
_PLAN = msgspec.json.Decoder(AssignmentPlan)
_CASE_COUNT = select(func.count()).select_from(ReviewCase)


async def list_cases(session: AsyncSession, actor: Actor, *, limit: int = 50, offset: int = 0) -> CaseList:
    """Newest first. Two statements."""
    require(actor, Action.READ_CASE)
    total = await session.scalar(_CASE_COUNT) or 0
    rows = (await session.execute(_CASE_LINES, {"limit": limit, "offset": offset})).all()
    return CaseList(lines=tuple(CaseLine(**row._mapping) for row in rows), total=total)


def _case_lines() -> Select[Any]:
    draft = (
        select(Draft.id, Draft.number, Draft.page_count)
        .where(Draft.case_id == ReviewCase.id)
        .order_by(Draft.number.desc())
        .limit(1)
        .lateral("draft")
    )
    run = (
        select(AffinityRun.ran_at, Panel.plan)
        .outerjoin(Panel, Panel.run_id == AffinityRun.id)
        .where(AffinityRun.draft_id == draft.c.id)
        .order_by(AffinityRun.ran_at.desc(), AffinityRun.id.desc())
        .limit(1)
        .lateral("run")
    )
    requester = (
        select(func.min(CaseParty.organisation_text))
        .where(CaseParty.case_id == ReviewCase.id, CaseParty.role == PartyRole.REQUESTER)
        .scalar_subquery()
    )
    themes = select(func.count()).where(Theme.draft_id == draft.c.id).scalar_subquery()
    return (
        select(
            ReviewCase.id,
            ReviewCase.code,
            ReviewCase.title,
            ReviewCase.kind,
            ReviewCase.state,
            requester.label("requester"),
            ReviewCase.wanted_on,
            ReviewCase.is_synthetic,
            draft.c.number.label("draft_number"),
            draft.c.page_count,
            run.c.ran_at.label("matched_at"),
            themes.label("theme_count"),
            func.jsonb_array_length(run.c.plan["seats"], type_=Integer).label("seat_count"),
            func.jsonb_array_length(run.c.plan["uncovered"], type_=Integer).label("uncovered_count"),
        )
        .select_from(ReviewCase)
        .outerjoin(draft, literal(True))
        .outerjoin(run, literal(True))
        .order_by(ReviewCase.created_at.desc(), ReviewCase.id.desc())
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("offset", type_=Integer))
    )


_CASE_LINES = _case_lines()
_UNUSED = (
    select(DraftPassageRow.left_out, func.count())
    .where(DraftPassageRow.draft_id == _DRAFT_ID, DraftPassageRow.left_out.is_not(None))
    .group_by(DraftPassageRow.left_out)
    .order_by(func.count().desc(), DraftPassageRow.left_out)
)


async def get_case_match(session: AsyncSession, actor: Actor, case_id: UUID, *, top: int = 30) -> CaseMatch:
    """The case, its latest draft and that draft's latest match. Raises NotFoundError, NotAllowedError."""
    require(actor, Action.READ_CASE)  # before it is told whether there is such a case
    case = await _get_case(session, case_id)
    require(actor, Action.READ_CASE, case)
    if case.draft_id is None:
        return CaseMatch(case=case)
    themes = await _list_themes(session, case.draft_id)
    unused = await session.execute(_UNUSED, {"draft_id": case.draft_id})
    return CaseMatch(
        case=case,
        themes=themes,
        unused_passages={reason: count for reason, count in unused if reason is not None},
        match=await _find_match(session, case.id, case.draft_id, top),
    )


_CASE = (
    select(
        ReviewCase.id,
        ReviewCase.code,
        ReviewCase.title,
        ReviewCase.kind,
        ReviewCase.state,
        ReviewCase.wanted_on,
        ReviewCase.is_synthetic,
        Draft.id.label("draft_id"),
        Draft.number,
        Draft.file_name,
        Draft.document_number,
        Draft.page_count,
        cast(Draft.flagged, Text).label("flagged"),
        cast(Draft.warnings, Text).label("warnings"),
    )
    .outerjoin(Draft, Draft.case_id == ReviewCase.id)
    .where(ReviewCase.id == _CASE_ID)
    .order_by(Draft.number.desc())
    .limit(1)
)


_PARTIES = (
    select(CaseParty.role, CaseParty.person_name, CaseParty.organisation_text)
    .where(CaseParty.case_id == _CASE_ID)
    .order_by(CaseParty.ordinal, CaseParty.id)
)


async def _get_case(session: AsyncSession, case_id: UUID) -> CaseFacts:
    row = (await session.execute(_CASE, {"case_id": case_id})).one_or_none()
    if row is None:
        raise NotFoundError
    parties = (await session.execute(_PARTIES, {"case_id": case_id})).all()

    def bodies(role: PartyRole) -> tuple[str, ...]:
        return tuple(party.organisation_text for party in parties if party.role == role and party.organisation_text)

    return CaseFacts(
        id=row.id,
        code=row.code,
        title=row.title,
        kind=row.kind,
        state=row.state,
        wanted_on=row.wanted_on,
        is_synthetic=row.is_synthetic,
        requester="; ".join(bodies(PartyRole.REQUESTER)) or None,
        drafting_bodies=bodies(PartyRole.DRAFTING_BODY),
        consultants=bodies(PartyRole.CONSULTANT),
        drafters=tuple((party.person_name, party.organisation_text) for party in parties if party.person_name),
        draft_id=row.draft_id,
        draft_number=row.number,
        file_name=row.file_name,
        document_number=row.document_number,
        page_count=row.page_count,
        flags=_FLAGS.decode(row.flagged or "[]"),
        warnings=_NOTICES.decode(row.warnings or "[]"),
    )


_THEMES = (
    select(
        Theme.ordinal,
        Theme.label,
        Theme.label_en,
        Theme.weight,
        Theme.importance,
        Theme.terms,
        Theme.passage_ordinals,
    )
    .where(Theme.draft_id == _DRAFT_ID)
    .order_by(Theme.ordinal)
)


_PASSAGES = select(
    DraftPassageRow.ordinal, DraftPassageRow.text, DraftPassageRow.page, DraftPassageRow.paragraph
).where(
    DraftPassageRow.draft_id == _DRAFT_ID,
    DraftPassageRow.ordinal == any_(bindparam("ordinals", type_=ARRAY(Integer))),
)


async def _list_themes(session: AsyncSession, draft_id: UUID) -> tuple[StoredTheme, ...]:
    themes = (await session.execute(_THEMES, {"draft_id": draft_id})).all()
    wanted = {ordinal for theme in themes for ordinal in theme.passage_ordinals[:_PASSAGES_OF_A_THEME]}
    rows = await session.execute(_PASSAGES, {"draft_id": draft_id, "ordinals": list(wanted)})
    passages = {row.ordinal: StoredPassage(**row._mapping) for row in rows}
    return tuple(
        StoredTheme(
            ordinal=theme.ordinal,
            label=theme.label,
            label_en=theme.label_en,
            weight=theme.weight,
            importance=str(theme.importance),
            terms=tuple(theme.terms),
            passages=tuple(
                passages[ordinal] for ordinal in theme.passage_ordinals[:_PASSAGES_OF_A_THEME] if ordinal in passages
            ),
            passage_count=len(theme.passage_ordinals),
        )
        for theme in themes
    )


_RUN = (
    select(
        AffinityRun.id,
        AffinityRun.scoring_version,
        AffinityRun.embedder_id,
        AffinityRun.index_version,
        AffinityRun.expert_count,
        AffinityRun.ran_at,
        cast(AffinityRun.notices, Text).label("notices"),
        cast(AffinityRun.left_out, Text).label("left_out"),
        cast(Panel.plan, Text).label("plan"),
    )
    .outerjoin(Panel, Panel.run_id == AffinityRun.id)
    .where(AffinityRun.draft_id == _DRAFT_ID)
    .order_by(AffinityRun.ran_at.desc(), AffinityRun.id.desc())
    .limit(1)
)


async def _find_match(session: AsyncSession, case_id: UUID, draft_id: UUID, top: int) -> StoredMatch | None:
    run = (await session.execute(_RUN, {"draft_id": draft_id})).one_or_none()
    if run is None:
        return None
    plan = _plan(run.plan)
    left_out = _LEFT_OUT.decode(run.left_out)
    seated = {seat.expert_id for seat in plan.seats} | {reserve.expert_id for reserve in plan.reserves}
    ranked = await _list_ranked(session, run.id, {one.expert_id for one in left_out}, seated, top)
    shown_left_out = left_out[:_PEOPLE_LEFT_OUT]
    fitting = [row.expert_id for row in ranked]
    people = await _people(session, {*fitting, *seated, *(one.expert_id for one in shown_left_out)})
    theme_bands = await _theme_bands(session, run.id, fitting)
    conflicts = await _conflicts(session, case_id, run.id, {*fitting, *seated})
    fits = {
        row.expert_id: StoredFit(
            person=people[row.expert_id],
            place=row.place if row.band is not None else None,
            band=row.band and AffinityBand(row.band),
            theme_bands=theme_bands.get(row.expert_id, {}),
            pairs=_PAIRS.decode(row.pairs),
            conflicts=conflicts.get(row.expert_id, ()),
        )
        for row in ranked
        if row.expert_id in people
    }
    counts: dict[str, int] = {}
    for one in left_out:
        counts[one.reason] = counts.get(one.reason, 0) + 1
    return StoredMatch(
        scoring_version=run.scoring_version,
        embedder_id=run.embedder_id,
        index_version=run.index_version,
        expert_count=run.expert_count,
        ran_at=run.ran_at,
        notices=_NOTICES.decode(run.notices),
        ranking=tuple(fit for fit in fits.values() if fit.place is not None and fit.place <= top),
        ranked_count=max((row.total for row in ranked), default=0),
        plan=plan,
        fits=fits,
        left_out=tuple(
            StoredLeftOut(
                person=people[one.expert_id], reason=one.reason, message=one.message, details=dict(one.details)
            )
            for one in shown_left_out
            if one.expert_id in people
        ),
        left_out_counts=counts,
    )


def _plan(stored: str | None) -> AssignmentPlan:
    """A run without a panel reads as a plan without seats."""
    if not stored:
        return AssignmentPlan(
            seats=(), reserves=(), uncovered=(), unmet=(), objective=0.0, bound=0.0, gap=0.0, seconds=0.0
        )
    plan = _PLAN.decode(stored)

    def order(seat: Seat) -> tuple[int, float]:
        return _ROLE_ORDER.index(seat.role), -seat.score

    return replace(plan, seats=tuple(sorted(plan.seats, key=order)))


_ALL_RANKED = (
    select(
        AffinityRow.expert_id,
        AffinityRow.band,
        AffinityRow.pairs,
        func.row_number().over(order_by=(AffinityRow.score.desc(), AffinityRow.expert_id)).label("place"),
        func.count(AffinityRow.band).over().label("total"),
    )
    .where(
        AffinityRow.run_id == _RUN_ID,
        AffinityRow.theme_ordinal == WHOLE_DRAFT,
        AffinityRow.expert_id != all_(bindparam("barred", type_=ARRAY(Uuid))),
    )
    .subquery()
)
_RANKED = (
    select(
        _ALL_RANKED.c.expert_id,
        _ALL_RANKED.c.band,
        cast(_ALL_RANKED.c.pairs, Text).label("pairs"),
        _ALL_RANKED.c.place,
        _ALL_RANKED.c.total,
    )
    .where(
        or_(
            and_(_ALL_RANKED.c.place <= bindparam("top", type_=Integer), _ALL_RANKED.c.band.is_not(None)),
            _ALL_RANKED.c.expert_id == any_(_IDS),
        )
    )
    .order_by(_ALL_RANKED.c.place)
)


async def _list_ranked(
    session: AsyncSession, run_id: UUID, barred: Collection[UUID], seated: Collection[UUID], top: int
) -> list[Any]:
    """The best, and whoever has a seat or waits for one, with their place among all who may be invited."""
    values = {"run_id": run_id, "barred": list(barred), "ids": list(seated), "top": top}
    return list((await session.execute(_RANKED, values)).all())


_THEME_BANDS = select(AffinityRow.expert_id, AffinityRow.theme_ordinal, AffinityRow.band).where(
    AffinityRow.run_id == _RUN_ID,
    AffinityRow.theme_ordinal != WHOLE_DRAFT,
    AffinityRow.expert_id == any_(_IDS),
    AffinityRow.band.is_not(None),
)


async def _theme_bands(
    session: AsyncSession, run_id: UUID, expert_ids: Collection[UUID]
) -> dict[UUID, dict[int, AffinityBand]]:
    rows = await session.execute(_THEME_BANDS, {"run_id": run_id, "ids": list(expert_ids)})
    bands: dict[UUID, dict[int, AffinityBand]] = {}
    for row in rows:
        bands.setdefault(row.expert_id, {})[row.theme_ordinal] = AffinityBand(row.band)
    return bands


_CONFLICTS = (
    select(
        ConflictRow.expert_id,
        ConflictRow.kind,
        ConflictRow.severity,
        ConflictRow.state,
        ConflictRow.message,
        ConflictRow.details,
    )
    .where(
        ConflictRow.case_id == _CASE_ID,
        ConflictRow.run_id == _RUN_ID,
        ConflictRow.expert_id == any_(_IDS),
        ConflictRow.state != "dismissed",
    )
    .order_by(ConflictRow.severity, ConflictRow.kind, ConflictRow.id)
)


async def _conflicts(
    session: AsyncSession, case_id: UUID, run_id: UUID, expert_ids: Collection[UUID]
) -> dict[UUID, tuple[StoredConflict, ...]]:
    rows = await session.execute(_CONFLICTS, {"case_id": case_id, "run_id": run_id, "ids": list(expert_ids)})
    conflicts: dict[UUID, tuple[StoredConflict, ...]] = {}
    for row in rows:
        one = StoredConflict(
            kind=row.kind,
            is_hard=row.severity == "hard",
            state=row.state,
            message=row.message,
            details=row.details,
        )
        conflicts[row.expert_id] = (*conflicts.get(row.expert_id, ()), one)
    return conflicts


_PEOPLE = select(
    Expert.id,
    Expert.full_name,
    Expert.honours,
    Expert.academic_rank,
    Expert.degree,
    Expert.other_titles,
    Expert.position,
    Expert.organisation_text,
    Expert.country,
    Expert.province,
    Expert.time_zone,
    Expert.gender,
    Expert.birth_year,
    Expert.open_reviews,
    Expert.capacity,
    Expert.last_contacted_at,
    select(Evidence.id)
    .where(Evidence.expert_id == Expert.id, Evidence.kind == EvidenceKind.REVIEW)
    .exists()
    .label("has_reviewed"),
).where(Expert.id == any_(_IDS))


async def _people(session: AsyncSession, expert_ids: Collection[UUID]) -> dict[UUID, Person]:
    rows = await session.execute(_PEOPLE, {"ids": list(expert_ids)})
    return {
        row.id: Person(
            id=row.id,
            full_name=row.full_name,
            honours=tuple(row.honours),
            academic_rank=row.academic_rank,
            degree=row.degree,
            other_titles=tuple(row.other_titles),
            position=row.position,
            organisation=row.organisation_text,
            country=row.country,
            province=row.province,
            time_zone=row.time_zone,
            gender=row.gender,
            birth_year=row.birth_year,
            load=row.open_reviews,
            capacity=row.capacity,
            last_contacted_at=row.last_contacted_at,
            has_reviewed=row.has_reviewed,
        )
        for row in rows
    }
