"""What matching knows of a person and of a case: plain values, no rows. Both sides of every pure function here."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of evidence with its co-authors. `year` may be unknown."""

    title: str
    year: int | None
    kind: str
    coauthors: tuple[str, ...] = ()
    text: str | None = None
    role: str | None = None
    kind_text: str | None = None  # as the roster words it: "tham luận", "bài báo" …

    @property
    def written_kind(self) -> str:
        return self.kind_text or self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentSpell:
    organisation: str
    year_from: int | None = None
    year_to: int | None = None
    is_current: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One expert as matching sees them. Sex, age and places never enter affinity; they serve the balance of a panel."""

    id: UUID
    full_name: str
    aliases: tuple[str, ...] = ()
    employments: tuple[EmploymentSpell, ...] = ()
    position: str | None = None
    biography: str = ""
    keywords: tuple[str, ...] = ()
    field_codes: tuple[str, ...] = ()
    works: tuple[Work, ...] = ()
    awards: tuple[str, ...] = ()
    degree: str | None = None
    academic_rank: str | None = None
    gender: str | None = None
    birth_year: int | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    province: str | None = None
    time_zone: str | None = None
    hometown: str | None = None
    languages: tuple[str, ...] = ()
    email: str | None = None
    is_available: bool = True  # not paused, not opted out
    load: int = 0
    capacity: int = 3

    @property
    def is_abroad(self) -> bool:
        return self.country is not None and self.country != "VN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafter:
    """A person named as an author of the draft."""

    name: str
    organisation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParties:
    """Who asks and who wrote. All names as the office typed them."""

    requester: str | None = None
    drafting_bodies: tuple[str, ...] = ()
    consultants: tuple[str, ...] = ()
    drafters: tuple[Drafter, ...] = ()
    draft_title: str = ""
