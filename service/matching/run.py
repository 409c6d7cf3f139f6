"""One match from rows to rows: loads what the pure steps need, runs them, keeps what they found."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ingestion.drafts.records import DraftReading
from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.errors import SearchUnavailableError
from search.retrieval import find_experts
from service.cases.queries import get_case
from service.database.models import Expert, ReviewCase
from service.database.models.cases import PartyRole
from service.directory.organisations import OrganisationDirectory
from service.directory.rosters import load_organisations
from service.errors import ConflictError, NotFoundError
from service.i18n import N_
from service.matching.actions import store_match
from service.matching.candidates import Candidate, CaseParties, Drafter
from service.matching.candidates_query import NEVER_PROPOSED, load_candidates
from service.matching.lexicon import load_lexicon
from service.matching.pipeline import match_draft, read_themes
from service.matching.problem import PanelRules
from service.matching.results import FoundTheme, MatchResult, Notice

# Up to this many people everybody is scored; beyond it those whom the index finds for any of the themes.
SCORED_WHOLE = 3_000
FOUND_EACH = 250  # people asked of the index for each theme
_ASKED_AT_ONCE = 3  # searches: the index's server works on one while the fusion of another runs here
_NEARLY_ALL = 0.9  # of the people must be in the index for its answer to stand for a look at everybody


class EmptyDirectoryError(ConflictError):
    exit_code = 2
    message = N_("The directory holds nobody yet. Import a roster first: trithuc import FILE.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A match just stored. `candidates` holds everybody who was considered."""

    run_id: UUID
    result: MatchResult
    candidates: Mapping[UUID, Candidate]
    embedder_id: str | None


async def match_case(
    session: AsyncSession,
    case_id: UUID,
    reading: DraftReading,
    *,
    backend: SearchBackend,
    embeddings: Embeddings,
    rules: PanelRules,
    now: datetime,
) -> Matched:
    """Match the case's version of this file and store the run. Raises EmptyDirectoryError."""
    with _uncollected():
        return await _match_case(session, case_id, reading, backend, embeddings, rules, now)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Half a million small values live until the match is stored: to look for garbage among them again and again
    takes a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def _match_case(
    session: AsyncSession,
    case_id: UUID,
    reading: DraftReading,
    backend: SearchBackend,
    embeddings: Embeddings,
    rules: PanelRules,
    now: datetime,
) -> Matched:
    case = await get_case(session, case_id)
    draft = next((draft for draft in case.drafts if draft.sha256 == reading.sha256), None)
    if draft is None:
        raise NotFoundError
    lexicon = load_lexicon()
    themes = (await asyncio.to_thread(read_themes, reading, lexicon)).themes
    parties = _parties(case)
    candidates = await _candidates(session, backend, embeddings, themes, parties, now)
    if not candidates:
        raise EmptyDirectoryError
    organisations = await load_organisations(session)
    result = await match_draft(
        reading,
        candidates,
        parties,
        embeddings=embeddings,
        lexicon=lexicon,
        organisations=organisations,
        rules=rules,
        as_of=now.date(),
        themes=themes,
    )
    result = _without_strangers(replace(result, notices=(*result.notices, *_unknown_bodies(parties, organisations))))
    embedder_id = embeddings.embedder_id if embeddings.is_available else None
    run = await store_match(
        session,
        case,
        draft,
        result,
        embedder_id=embedder_id,
        index_version=None,
        expert_count=len(candidates),
        now=now,
    )
    return Matched(
        run_id=run.id,
        result=result,
        candidates={candidate.id: candidate for candidate in candidates},
        embedder_id=embedder_id,
    )


def _parties(case: ReviewCase) -> CaseParties:
    def bodies(role: PartyRole) -> tuple[str, ...]:
        return tuple(p.organisation_text for p in case.parties if p.role is role and p.organisation_text)

    return CaseParties(
        requester=next(iter(bodies(PartyRole.REQUESTER)), None),
        drafting_bodies=bodies(PartyRole.DRAFTING_BODY),
        consultants=bodies(PartyRole.CONSULTANT),
        drafters=tuple(
            Drafter(name=p.person_name, organisation=p.organisation_text)
            for p in case.parties
            if p.role is PartyRole.DRAFTER and p.person_name
        ),
        draft_title=case.title,
    )


def _without_strangers(result: MatchResult) -> MatchResult:
    """No council where nobody who may be invited fits any theme: one drawn by lot would look like a proposal."""
    if not result.ranking or any(band is not None for expert in result.ranking for band in expert.theme_bands):
        return result
    notice = Notice(
        message=N_(
            "Nobody in the directory has evidence on this draft, so no council is proposed. Check that the file holds "
            "the whole text, or add experts on its themes."
        )
    )
    return replace(result, plan=replace(result.plan, seats=(), reserves=(), unmet=(notice,)))


def _unknown_bodies(parties: CaseParties, organisations: OrganisationDirectory) -> tuple[Notice, ...]:
    """A body that the list does not hold is compared with employers letter by letter only: the office should know."""
    bodies = (parties.requester, *parties.drafting_bodies, *parties.consultants)
    unknown = dict.fromkeys(body for body in bodies if body and organisations.match(body) is None)
    return tuple(
        Notice(
            message=N_(
                "“%(body)s” is not in the list of organisations: conflicts of interest are looked for by this spelling "
                "only. Check the name."
            ),
            details={"body": body},
        )
        for body in unknown
    )


async def _candidates(
    session: AsyncSession,
    backend: SearchBackend,
    embeddings: Embeddings,
    themes: tuple[FoundTheme, ...],
    parties: CaseParties,
    now: datetime,
) -> list[Candidate]:
    """Everybody of a small directory; of a large one, whom the index finds for a theme, and the drafters' names."""
    count = select(func.count()).select_from(Expert).where(Expert.state.not_in(NEVER_PROPOSED))
    proposable = await session.scalar(count) or 0
    if proposable <= SCORED_WHOLE:
        return await load_candidates(session, on=now.date())
    texts = [f"{theme.label}. {theme.query_text}" for theme in themes]
    texts += [drafter.name for drafter in parties.drafters]
    turn = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def ask(text: str) -> list[UUID]:
        async with turn:
            return [hit.expert_id for hit in await find_experts(backend, embeddings, text, limit=FOUND_EACH)]

    try:
        is_indexed = await backend.count() >= _NEARLY_ALL * proposable
        found = await asyncio.gather(*map(ask, texts)) if is_indexed else []
    except SearchUnavailableError:
        is_indexed = False
    if not is_indexed:  # slower, but no worse an answer
        return await load_candidates(session, on=now.date())
    return await load_candidates(session, list({expert_id for ids in found for expert_id in ids}), on=now.date())
