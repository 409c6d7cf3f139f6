"""A stored match as a page shows it: plain values, people beside their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from service.database.models.cases import CaseKind
from service.matching.results import AffinityBand, AssignmentPlan, Notice, PassagePair


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in a list. What a match found is None until one has run."""

    id: UUID
    code: str
    title: str
    kind: CaseKind
    state: str
    requester: str | None
    wanted_on: date | None
    is_synthetic: bool
    draft_number: int | None
    page_count: int | None
    matched_at: datetime | None
    theme_count: int
    seat_count: int | None
    uncovered_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    lines: tuple[CaseLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassage:
    """A paragraph of the draft and where it stands."""

    ordinal: int
    text: str
    page: int | None
    paragraph: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTheme:
    ordinal: int
    label: str
    label_en: str | None
    weight: float
    importance: str
    terms: tuple[str, ...]
    passages: tuple[StoredPassage, ...]  # the first ones
    passage_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFlag:
    """Text that a reader of the printed draft would not see."""

    text: str
    reason: str
    page: int | None
    paragraph: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The case and the latest version of its draft. Without a draft, `draft_number` is None."""

    id: UUID
    code: str
    title: str
    kind: CaseKind
    state: str
    wanted_on: date | None
    is_synthetic: bool
    requester: str | None
    drafting_bodies: tuple[str, ...]
    consultants: tuple[str, ...]
    drafters: tuple[tuple[str, str | None], ...]  # name, organisation
    draft_id: UUID | None
    draft_number: int | None
    file_name: str | None
    document_number: str | None
    page_count: int | None
    flags: tuple[StoredFlag, ...]
    warnings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the pages of a case show of an expert."""

    id: UUID
    full_name: str
    honours: tuple[str, ...]
    academic_rank: str | None
    degree: str | None
    other_titles: tuple[str, ...]
    position: str | None
    organisation: str | None
    country: str | None
    province: str | None
    time_zone: str | None
    gender: str | None
    birth_year: int | None
    load: int
    capacity: int
    last_contacted_at: datetime | None
    has_reviewed: bool  # a review already stands among their evidence

    @property
    def is_abroad(self) -> bool:
        return self.country is not None and self.country != "VN"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConflict:
    kind: str
    is_hard: bool
    state: str  # certain, potential, confirmed, dismissed, waived
    message: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFit:
    """One expert's fit. `theme_bands` holds only the themes they fit at all; `place` counts from 1 in the ranking, and
    is None for someone below "có thể" who was still given a seat."""

    person: Person
    place: int | None
    band: AffinityBand | None
    theme_bands: Mapping[int, AffinityBand]
    pairs: tuple[PassagePair, ...]
    conflicts: tuple[StoredConflict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLeftOut:
    person: Person
    reason: str
    message: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMatch:
    """The latest match of a draft, as far as the page shows it: the best `top` of `ranked_count` people."""

    scoring_version: str
    embedder_id: str | None
    index_version: str | None
    expert_count: int
    ran_at: datetime
    notices: tuple[Notice, ...]
    ranking: tuple[StoredFit, ...]
    ranked_count: int
    plan: AssignmentPlan  # seats in the order chair, reviewing members, secretary, members
    fits: Mapping[UUID, StoredFit]  # of everyone in the ranking shown, the council and the reserves
    left_out: tuple[StoredLeftOut, ...]
    left_out_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMatch:
    """Everything the page of a case shows."""

    case: CaseFacts
    themes: tuple[StoredTheme, ...] = ()
    unused_passages: Mapping[str, int] = field(default_factory=dict)  # why → how many
    match: StoredMatch | None = None
