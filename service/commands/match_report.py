"""What `trithuc match` says, as plain values: printed as text (match_text.py) or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from babel import Locale as BabelLocale

from ingestion.drafts.records import DraftReading
from service.directory.local_time import local_time
from service.directory.names import display_name
from service.i18n import Locale, translate
from service.matching.candidates import Candidate
from service.matching.results import AffinityBand, Conflict, MatchResult, PassagePair, SeatRole


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedTheme:
    number: int  # from 1, as printed
    label: str
    weight: float
    importance: str
    terms: tuple[str, ...]
    pages: tuple[int, ...]
    members: tuple[str, ...]  # of the proposed council who cover it
    best_band: str | None  # the best fit among those who may be invited; None is "không có"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPair:
    theme: int
    draft_text: str
    page: int | None
    paragraph: int | None
    evidence_kind: str
    evidence_text: str
    evidence_year: int | None
    shared_words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPerson:
    id: str
    name: str  # with titles
    position: str | None
    organisation: str | None
    country: str | None  # named in the reader's language; None for people in Viet Nam
    local_time: str | None  # ISO 8601, of people abroad
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedExpert:
    rank: int
    person: ReportedPerson
    band: str | None
    themes: tuple[int, ...]
    pairs: tuple[ReportedPair, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSeat:
    role: str
    person: ReportedPerson
    band: str | None
    themes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAbsence:
    person: ReportedPerson
    reason: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    file: str
    title: str | None
    document_number: str | None
    page_count: int | None
    case_code: str
    case_id: str
    warnings: tuple[str, ...]
    flagged: tuple[str, ...]
    themes: tuple[ReportedTheme, ...]
    council: tuple[ReportedSeat, ...]
    is_proven: bool
    gap: float
    uncovered: tuple[int, ...]
    unmet: tuple[str, ...]
    reserves: tuple[ReportedSeat, ...]
    experts: tuple[ReportedExpert, ...]
    left_out: tuple[ReportedAbsence, ...]
    notices: tuple[str, ...]
    experts_considered: int
    scoring_version: str
    embedder: str | None
    matched_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOutcome:
    """A match just made, with all that is needed to tell of it. `candidates` holds everybody considered."""

    reading: DraftReading
    result: MatchResult
    candidates: Mapping[UUID, Candidate]
    case_id: UUID
    case_code: str
    embedder_id: str | None
    matched_at: datetime


def build_report(outcome: MatchOutcome, locale: Locale, *, top: int) -> MatchReport:
    """The report in one language, with the first `top` of the ranking."""
    reading, result, plan = outcome.reading, outcome.result, outcome.result.plan
    people = _People(outcome, locale)
    ranked = {expert.expert_id: expert for expert in result.ranking}
    warnings: dict[UUID, list[Conflict]] = {}
    for conflict in result.conflicts:
        warnings.setdefault(conflict.expert_id, []).append(conflict)

    def say(message: str, details: Mapping[str, object]) -> str:
        return translate(message, dict(details), locale)

    def band_of(expert_id: UUID) -> str | None:
        expert = ranked.get(expert_id)
        return str(expert.band) if expert and expert.band else None

    def seat(expert_id: UUID, role: str, ordinals: Sequence[int]) -> ReportedSeat:
        return ReportedSeat(role=role, person=people.of(expert_id), band=band_of(expert_id), themes=_numbers(ordinals))

    order = list(SeatRole)
    seats = sorted(plan.seats, key=lambda s: (order.index(s.role), -s.score, s.expert_id))
    return MatchReport(
        file=reading.file,
        title=reading.title,
        document_number=reading.document_number,
        page_count=reading.page_count,
        case_code=outcome.case_code,
        case_id=str(outcome.case_id),
        warnings=tuple(say(message, details) for message, details in reading.warnings),
        flagged=tuple(flag.text for flag in reading.flagged),
        themes=_themes(outcome, people),
        council=tuple(seat(s.expert_id, str(s.role), s.theme_ordinals) for s in seats),
        is_proven=plan.is_proven,
        gap=plan.gap,
        uncovered=_numbers(plan.uncovered),
        unmet=tuple(say(notice.message, notice.details) for notice in plan.unmet),
        reserves=tuple(seat(r.expert_id, "reserve", r.theme_ordinals) for r in plan.reserves),
        experts=tuple(
            ReportedExpert(
                rank=place,
                person=people.of(expert.expert_id),
                band=str(expert.band) if expert.band else None,
                themes=_numbers([t for t, band in enumerate(expert.theme_bands) if band is not None]),
                pairs=tuple(_pair(pair) for pair in _telling(expert.pairs)),
                warnings=tuple(say(c.message, c.details) for c in warnings.get(expert.expert_id, ())),
            )
            for place, expert in enumerate(result.ranking[:top], start=1)
        ),
        left_out=tuple(
            ReportedAbsence(
                person=people.of(absent.expert_id), reason=absent.reason, why=say(absent.message, absent.details)
            )
            for absent in result.left_out
        ),
        notices=tuple(say(notice.message, notice.details) for notice in result.notices),
        experts_considered=len(outcome.candidates),
        scoring_version=result.scoring_version,
        embedder=outcome.embedder_id,
        matched_at=outcome.matched_at.isoformat(timespec="seconds"),
    )


class _People:
    """Names people once, in one language."""

    def __init__(self, outcome: MatchOutcome, locale: Locale) -> None:
        self.locale = locale
        self._candidates = outcome.candidates
        self._now = outcome.matched_at
        self._territories = BabelLocale(locale).territories

    def of(self, expert_id: UUID) -> ReportedPerson:
        someone = self._candidates[expert_id]
        current = next((spell.organisation for spell in someone.employments if spell.is_current), None)
        there = local_time(self._now, someone.time_zone) if someone.is_abroad else None
        return ReportedPerson(
            id=str(expert_id),
            name=display_name(
                someone.full_name, academic_rank=someone.academic_rank, degree=someone.degree, locale=self.locale
            ),
            position=someone.position,
            organisation=current,
            country=str(self._territories.get(someone.country, someone.country)) if someone.is_abroad else None,
            local_time=there.isoformat(timespec="minutes") if there else None,
            email=someone.email,
        )


def _themes(outcome: MatchOutcome, people: _People) -> tuple[ReportedTheme, ...]:
    result = outcome.result
    pages = {passage.ordinal: passage.page for passage in outcome.reading.passages}
    bands = list(AffinityBand)
    reported = []
    for theme in result.themes:
        fits = [b for expert in result.ranking if (b := expert.theme_bands[theme.ordinal]) is not None]
        reported.append(
            ReportedTheme(
                number=theme.ordinal + 1,
                label=(theme.label_en or theme.label) if people.locale == "en" else theme.label,
                weight=theme.weight,
                importance=theme.importance,
                terms=theme.terms,
                pages=tuple(sorted({page for o in theme.passage_ordinals if (page := pages.get(o)) is not None})),
                members=tuple(
                    people.of(seat.expert_id).name for seat in result.plan.seats if theme.ordinal in seat.theme_ordinals
                ),
                best_band=str(min(fits, key=bands.index)) if fits else None,
            )
        )
    return tuple(reported)


def _telling(pairs: Sequence[PassagePair]) -> list[PassagePair]:
    """The first three, each piece of evidence once: one pair may speak for several themes."""
    found: dict[str, PassagePair] = {}
    for pair in pairs:
        found.setdefault(pair.evidence_text, pair)
    return list(found.values())[:3]


def _pair(pair: PassagePair) -> ReportedPair:
    return ReportedPair(
        theme=pair.theme_ordinal + 1,
        draft_text=pair.draft_text,
        page=pair.page,
        paragraph=pair.paragraph,
        evidence_kind=pair.evidence_kind,
        evidence_text=pair.evidence_text,
        evidence_year=pair.evidence_year,
        shared_words=pair.shared_words,
    )


def _numbers(ordinals: Sequence[int]) -> tuple[int, ...]:
    """Themes are counted from 1 where people read."""
    return tuple(sorted(ordinal + 1 for ordinal in ordinals))
