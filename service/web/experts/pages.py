"""What the templates of the directory may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from service.database.models.directory import EvidenceKind
from service.directory.local_time import local_time
from service.directory.profiles import ExpertProfile, ProfileEvidence
from service.web.shell import Page


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    kind: EvidenceKind
    items: tuple[ProfileEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertPage(Page):
    expert: ExpertProfile
    now: datetime

    @property
    def evidence(self) -> tuple[EvidenceGroup, ...]:
        """In the order of the kinds; what proves most comes first."""
        groups = {kind: tuple(e for e in self.expert.evidence if e.kind == kind) for kind in EvidenceKind}
        return tuple(EvidenceGroup(kind, items) for kind, items in groups.items() if items)

    @property
    def local_time(self) -> datetime | None:
        return local_time(self.now, self.expert.time_zone) if self.expert.is_abroad else None

    @property
    def is_paused(self) -> bool:
        return not self.expert.is_available or self.paused_until is not None

    @property
    def paused_until(self) -> date | None:
        until = self.expert.paused_until
        return until if until and until > self.now.date() else None

    @property
    def is_at_capacity(self) -> bool:
        return self.expert.load >= self.expert.capacity

    @property
    def span(self) -> tuple[int, int] | None:
        """The years of the first and the last dated evidence."""
        years = [item.year for item in self.expert.evidence if item.year]
        return (min(years), max(years)) if years else None
