"""A draft and the people who might review it → themes, ranking, council, reasons. Composes the pure steps.

Order: passages → themes → affinity → conflicts → council → explanation. Nothing here knows a database or a page; the
only thing waited for is the embedder, and without it words and terms decide alone, which the result says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ingestion.drafts.records import DraftPassage, DraftReading
from search.embedding.cache import Embeddings
from search.embedding.calibration import USUAL_SCALE
from search.embedding.embedder import Vectors
from search.errors import EmbedderUnavailableError
from service.directory.organisations import OrganisationDirectory
from service.errors import BadInputError
from service.i18n import N_
from service.matching.affinity import v1
from service.matching.candidates import Candidate, CaseParties
from service.matching.conflicts import find_conflicts
from service.matching.evidence import gather_evidence
from service.matching.evidence_pairs import Place, best_pairs, theme_places
from service.matching.lexicon import FieldLexicon
from service.matching.passages import clean_passages
from service.matching.problem import PanelRules, panel_problem
from service.matching.results import (
    Conflict,
    FoundTheme,
    LeftOut,
    MatchResult,
    Notice,
    PassageDecision,
    PassagePair,
    RankedExpert,
)
from service.matching.solver import propose_panel
from service.matching.themes import find_themes

SCORING_VERSIONS = (v1.VERSION,)
EXPLAINED = 50  # experts of the ranking whose pairs are worked out, beside the council and its reserves
PANEL_CANDIDATES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftThemes:
    """What the draft asks, ready to be scored."""

    title: str
    passages: tuple[DraftPassage, ...]
    decisions: tuple[PassageDecision, ...]
    themes: tuple[FoundTheme, ...]
    places: tuple[Place, ...]
    whole: str

    @property
    def theme_texts(self) -> list[v1.ThemeText]:
        return [v1.ThemeText(text=theme.query_text, title=self.title, weight=theme.weight) for theme in self.themes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vectors:
    draft: v1.DraftVectors
    places: Vectors


async def match_draft(
    reading: DraftReading,
    candidates: Sequence[Candidate],
    parties: CaseParties,
    *,
    embeddings: Embeddings | None,
    lexicon: FieldLexicon,
    organisations: OrganisationDirectory,
    rules: PanelRules,
    as_of: date,
    scoring: str = v1.VERSION,
    themes: Sequence[FoundTheme] | None = None,
    prepared: v1.Prepared | None = None,
    explained: int = EXPLAINED,
    panel_seconds: float = 3.0,
) -> MatchResult:
    """Match one draft. `themes` stand in for those the draft would give, when the office has edited them; `prepared`
    is what `prepare_candidates` made of the same candidates, for many drafts in a row.

    `explained`: how many of the ranking get passage pairs; 0 for none, not even the council.

    The ranking holds everybody whom no certain hard conflict bars, best first, also those who have no time just now:
    they are named in `left_out` too and never put on the council. Ties are broken by fewer unproven keywords, then id.
    """
    if scoring not in SCORING_VERSIONS:
        raise BadInputError(
            N_("There is no scoring version “%(version)s”; there is %(known)s."),
            version=scoring,
            known=", ".join(SCORING_VERSIONS),
        )
    draft = await asyncio.to_thread(read_themes, reading, lexicon, themes)
    if not explained:
        draft = replace(draft, places=())
    prepared = prepared or await prepare_candidates(candidates, embeddings=embeddings, lexicon=lexicon, as_of=as_of)
    notices: list[Notice] = []
    asked = await _embed(draft, prepared, embeddings, notices)
    affinities = await asyncio.to_thread(
        v1.score_affinities, prepared, draft.theme_texts, draft.whole, asked.draft if asked else None
    )
    conflicts = tuple(
        await asyncio.to_thread(find_conflicts, candidates, parties, as_of=as_of, organisations=organisations)
    )
    barred = frozenset(conflict.expert_id for conflict in conflicts if conflict.bars)
    everyone = _ranked(candidates, affinities)
    allowed = [expert for expert in everyone if expert.expert_id not in barred]
    people = {candidate.id: candidate for candidate in candidates}
    problem = panel_problem(
        # Those barred go along, so that the plan can say what is lost with them.
        [*_worth_solving(allowed, people, rules), *(e for e in everyone if e.expert_id in barred)],
        people,
        draft.themes,
        rules=rules,
        organisations=organisations,
        as_of=as_of,
        in_conflict=barred,
        requester=parties.requester,
    )
    plan = await asyncio.to_thread(propose_panel, problem, seconds=panel_seconds)
    shown = list(
        dict.fromkeys(
            [
                *(e.expert_id for e in allowed[:explained]),
                *(s.expert_id for s in plan.seats),
                *(r.expert_id for r in plan.reserves),
            ]
        )
    )
    pairs = await asyncio.to_thread(_explain, shown, everyone, candidates, prepared, draft, asked, lexicon)
    notices += _notices(draft, allowed)
    return MatchResult(
        scoring_version=scoring,
        decisions=draft.decisions,
        themes=draft.themes,
        ranking=tuple(replace(expert, pairs=pairs.get(expert.expert_id, ())) for expert in allowed),
        left_out=tuple(_left_out(everyone, people, conflicts)),
        conflicts=conflicts,
        plan=plan,
        notices=tuple(notices),
        all_scores={expert.expert_id: expert.score for expert in everyone},
    )


def read_themes(
    reading: DraftReading, lexicon: FieldLexicon, edited: Sequence[FoundTheme] | None = None
) -> DraftThemes:
    """Passages and themes of a draft; pure."""
    decisions = clean_passages(reading.passages)
    title = reading.title or ""
    themes = find_themes(reading.passages, decisions, title=title, lexicon=lexicon) if edited is None else list(edited)
    kept = [
        passage.text
        for passage, decision in zip(reading.passages, decisions, strict=True)
        if decision.left_out is None and decision.weight > 0
    ]
    return DraftThemes(
        title=title,
        passages=reading.passages,
        decisions=tuple(decisions),
        themes=tuple(themes),
        places=tuple(theme_places(themes, reading.passages)),
        whole="\n".join(filter(None, [title, *kept])),
    )


async def prepare_candidates(
    candidates: Sequence[Candidate],
    *,
    embeddings: Embeddings | None,
    lexicon: FieldLexicon,
    as_of: date,
    on_progress: Callable[[int, int], None] | None = None,
) -> v1.Prepared:
    """Evidence of the candidates, counted and embedded (what is new of it), in their order."""
    evidence = await asyncio.to_thread(gather_evidence, candidates, year=as_of.year)
    vectors, scale = None, USUAL_SCALE
    if embeddings is not None and embeddings.embedder_id is not None and evidence.items:
        with suppress(EmbedderUnavailableError):
            scale = await embeddings.scale()
            vectors = await embeddings.passages(evidence.texts, on_progress)
    return await asyncio.to_thread(v1.prepare, evidence, lexicon=lexicon, vectors=vectors, scale=scale)


def draft_texts(draft: DraftThemes) -> list[str]:
    """Everything of a draft that is embedded, to warm or ship vectors."""
    return [
        *(theme.text for theme in draft.theme_texts),
        *(theme.titled for theme in draft.theme_texts),
        *(place.text for place in draft.places),
    ]


async def _embed(
    draft: DraftThemes, prepared: v1.Prepared, embeddings: Embeddings | None, notices: list[Notice]
) -> _Vectors | None:
    if not draft.themes or not prepared.evidence.items:
        return None
    try:
        if embeddings is None or embeddings.embedder_id is None or prepared.vectors is None:
            raise EmbedderUnavailableError
        asked = await embeddings.passages(draft_texts(draft))
    except EmbedderUnavailableError:
        notices.append(
            Notice(message=N_("Matched by words and terms only: meaning could not be compared (no embedder)."))
        )
        return None
    count = len(draft.themes)
    return _Vectors(
        draft=v1.DraftVectors(themes=asked[:count], titled=asked[count : 2 * count]), places=asked[2 * count :]
    )


def _ranked(candidates: Sequence[Candidate], affinities: v1.Affinities) -> list[RankedExpert]:
    order = sorted(
        range(len(candidates)),
        key=lambda n: (
            -round(float(affinities.scores[n]), 9),
            sum(map(len, candidates[n].keywords)),
            candidates[n].id,
        ),
    )
    return [
        RankedExpert(
            expert_id=candidates[n].id,
            score=float(affinities.scores[n]),
            band=v1.band_of(float(affinities.scores[n])),
            theme_scores=tuple(float(score) for score in affinities.theme_scores[n]),
            theme_bands=tuple(v1.band_of(float(score)) for score in affinities.theme_scores[n]),
            pairs=(),
        )
        for n in order
    ]


def _worth_solving(
    ranked: Sequence[RankedExpert], people: Mapping[UUID, Candidate], rules: PanelRules
) -> list[RankedExpert]:
    """The best of the ranking and of each theme, as many as the solver proves in time, and whom the office pinned."""
    if len(ranked) <= PANEL_CANDIDATES:
        return list(ranked)
    free = [e for e in ranked if _absence(people[e.expert_id]) is None]
    width = len(ranked[0].theme_scores)
    each = PANEL_CANDIDATES // (2 * max(width, 1))
    chosen = {e.expert_id for e in free[: PANEL_CANDIDATES // 2]} | set(rules.pinned)
    for theme in range(width):
        chosen |= {e.expert_id for e in sorted(free, key=lambda e: -e.theme_scores[theme])[:each]}
    return [e for e in ranked if e.expert_id in chosen]


def _explain(
    shown: Sequence[UUID],
    everyone: Sequence[RankedExpert],
    candidates: Sequence[Candidate],
    prepared: v1.Prepared,
    draft: DraftThemes,
    asked: _Vectors | None,
    lexicon: FieldLexicon,
) -> dict[UUID, tuple[PassagePair, ...]]:
    index = {candidate.id: n for n, candidate in enumerate(candidates)}
    fits = {expert.expert_id: expert for expert in everyone}
    if not shown or not prepared.evidence.items or not draft.places:
        return {}
    texts = [place.text for place in draft.places]
    pairs = best_pairs(
        prepared.evidence,
        [index[expert_id] for expert_id in shown],
        draft.places,
        lambda rows: v1.score_pairs(prepared, rows, texts, asked.places if asked else None),
        lexicon=lexicon,
        fitting=[
            frozenset(t for t, band in enumerate(fits[expert_id].theme_bands) if band is not None)
            for expert_id in shown
        ],
    )
    return dict(zip(shown, pairs, strict=True))


def _absence(candidate: Candidate) -> tuple[str, str] | None:
    """Why someone without a conflict is not proposed just now: reason and message."""
    if not candidate.is_available:
        return "paused", N_("Not available for now.")
    if candidate.load >= candidate.capacity:
        return "at_capacity", N_("Has %(load)s reviews in hand, of at most %(capacity)s.")
    return None


def _left_out(
    everyone: Sequence[RankedExpert], people: Mapping[UUID, Candidate], conflicts: Sequence[Conflict]
) -> list[LeftOut]:
    """Everybody whom a conflict bars, and of those without time the ones who would fit; best first."""
    reasons: dict[UUID, Conflict] = {}
    for conflict in conflicts:
        if conflict.bars:
            reasons.setdefault(conflict.expert_id, conflict)
    found = []
    for expert in everyone:
        barring = reasons.get(expert.expert_id)
        if barring is not None:
            found.append(
                LeftOut(
                    expert_id=expert.expert_id,
                    reason="conflict",
                    message=barring.message,
                    details=barring.details,
                    score=expert.score,
                )
            )
            continue
        person = people[expert.expert_id]
        absence = _absence(person)
        if absence is not None and (expert.band is not None or any(expert.theme_bands)):
            reason, message = absence
            found.append(
                LeftOut(
                    expert_id=expert.expert_id,
                    reason=reason,
                    message=message,
                    details={"load": str(person.load), "capacity": str(person.capacity)},
                    score=expert.score,
                )
            )
    return found


def _notices(draft: DraftThemes, allowed: Sequence[RankedExpert]) -> list[Notice]:
    """What the office should know: themes nobody fits, a draft that says too little."""
    notices = []
    if not draft.themes:
        notices.append(Notice(message=N_("This draft says nothing that experts could be found by.")))
    elif len(draft.whole.split()) < 40:
        notices.append(
            Notice(message=N_("This draft is very short: its themes and its experts are only a first guess."))
        )
    for theme in draft.themes:
        if not any(expert.theme_bands[theme.ordinal] is not None for expert in allowed):
            notices.append(
                Notice(
                    message=N_("Nobody who may be invited fits the theme “%(theme)s”."), details={"theme": theme.label}
                )
            )
    return notices
