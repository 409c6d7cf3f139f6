"""What one match computes, as plain values: the language between the pure steps, the database and the page.

Ids are those of the directory; `ordinal` of a theme is its place in `MatchResult.themes`, of a passage that of the
draft. Scores lie in [0, 1] and are comparable across drafts; people see bands, never the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class AffinityBand(StrEnum):
    VERY_SUITABLE = "very_suitable"  # rất phù hợp
    SUITABLE = "suitable"  # phù hợp
    POSSIBLE = "possible"  # có thể


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTheme:
    """A subject the council must cover. Weights of one draft's themes sum to 1."""

    ordinal: int
    label: str
    label_en: str | None
    weight: float
    importance: str  # required, desired
    field_codes: tuple[str, ...]
    terms: tuple[str, ...]  # telling words of the draft, for the reader
    passage_ordinals: tuple[int, ...]
    query_text: str  # what is asked of the index


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePair:
    """A place in the draft beside the piece of evidence that answers it."""

    theme_ordinal: int
    draft_ordinal: int
    draft_text: str
    page: int | None
    paragraph: int | None
    evidence_kind: str  # an EvidenceKind, or "biography", "keywords", "position"
    evidence_text: str
    evidence_year: int | None
    shared_words: tuple[str, ...]  # as spelled in either text, for marking; may be empty when only the meaning agrees
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedExpert:
    """One expert's fit. `theme_scores[t]` and `theme_bands[t]` follow the themes; a band is None below "có thể"."""

    expert_id: UUID
    score: float
    band: AffinityBand | None
    theme_scores: tuple[float, ...]
    theme_bands: tuple[AffinityBand | None, ...]
    pairs: tuple[PassagePair, ...]  # the best two or three, then those of single themes


class ConflictKind(StrEnum):
    DRAFTER = "drafter"
    SAME_ORGANISATION = "same_organisation"
    COAUTHOR = "coauthor"
    INTEREST = "interest"
    OLDER_COWORK = "older_cowork"
    FORMER_EMPLOYER = "former_employer"
    SAME_SCHOOL = "same_school"
    HOME_COMMUNE = "home_commune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A reason to keep an expert from the case. Hard and certain: may not be invited. Potential: kept, marked, for a
    person to confirm or dismiss (a namesake). `message % details` is the reason, to translate."""

    expert_id: UUID
    kind: ConflictKind
    is_hard: bool
    is_potential: bool
    message: str
    details: dict[str, str] = field(default_factory=dict)

    @property
    def bars(self) -> bool:
        return self.is_hard and not self.is_potential


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Someone who might have been proposed, and why not. `reason`: conflict, paused, at_capacity, hidden …"""

    expert_id: UUID
    reason: str
    message: str
    details: dict[str, str] = field(default_factory=dict)
    score: float = 0.0  # so that the best of those left out are named first


class SeatRole(StrEnum):
    CHAIR = "chair"
    REVIEWER = "reviewer"  # ủy viên phản biện
    SECRETARY = "secretary"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One member proposed, and the themes they are there for."""

    expert_id: UUID
    role: SeatRole
    theme_ordinals: tuple[int, ...]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Who would come next, best first, and whom they could replace without losing a theme."""

    expert_id: UUID
    theme_ordinals: tuple[int, ...]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell the office about this match; `message % details` to translate."""

    message: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentPlan:
    """A solver's proposal. Proven optimal when `gap` is 0; else `gap` is (bound - objective) / bound.

    `uncovered`: themes no member covers; `unmet`: rules that could not be kept, and what would help.
    """

    seats: tuple[Seat, ...]
    reserves: tuple[Reserve, ...]
    uncovered: tuple[int, ...]
    unmet: tuple[Notice, ...]
    objective: float
    bound: float
    gap: float
    seconds: float

    @property
    def is_proven(self) -> bool:
        return self.gap <= 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageDecision:
    """Whether a passage of the draft tells of its subject. `left_out`: legal_basis, recipients, signature, letterhead,
    organisation (tổ chức thực hiện), too_short …; None when it is used."""

    ordinal: int
    left_out: str | None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """`ranking` holds people who may be invited, best first; those who may not are in `left_out`. `all_scores` holds
    everybody's score, for evaluation."""

    scoring_version: str
    decisions: tuple[PassageDecision, ...]
    themes: tuple[FoundTheme, ...]
    ranking: tuple[RankedExpert, ...]
    left_out: tuple[LeftOut, ...]
    conflicts: tuple[Conflict, ...]
    plan: AssignmentPlan
    notices: tuple[Notice, ...] = ()
    all_scores: dict[UUID, float] = field(default_factory=dict)
