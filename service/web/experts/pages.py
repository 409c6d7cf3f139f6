"""What the templates of the directory may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from service.database.models.directory import EvidenceKind
from service.directory import labels
from service.directory.fields import load_field_list
from service.directory.local_time import local_time
from service.directory.profiles import ExpertProfile, ProfileEvidence
from service.directory.search import DirectoryResults
from service.i18n import N_, current_locale, gettext
from service.web.experts.forms import SearchForm
from service.web.paging import Paging
from service.web.rendering import OFFICE_ZONE
from service.web.shell import Page
from service.web.wording import word

_FACET_TITLES = {
    "field_group": N_("Field"),
    "degree": N_("Degree"),
    "location": N_("Where they live"),
    "availability": N_("Availability"),
}
_FACET_WORDS = {
    "degree": labels.DEGREES,
    "location": labels.LOCATIONS,
    "availability": labels.AVAILABILITY,
}


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value to choose, or to let go of again: following `address` does it."""

    key: str
    label: str
    count: int
    is_chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class FacetLinks:
    name: str
    title: str
    links: tuple[FacetLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Page):
    form: SearchForm
    results: DirectoryResults
    paging: Paging

    @property
    def facets(self) -> tuple[FacetLinks, ...]:
        return tuple(
            FacetLinks(
                facet.name,
                gettext(_FACET_TITLES[facet.name]),
                tuple(
                    FacetLink(
                        key=f"{facet.name}-{value.code}",
                        label=facet_label(facet.name, value.code),
                        count=value.count,
                        is_chosen=value.is_chosen,
                        address=address_of(self.form.toggled(facet.name, value.code)),
                    )
                    for value in facet.values
                ),
            )
            for facet in self.results.facets
            if facet.values and facet.name in _FACET_TITLES
        )

    @property
    def chosen(self) -> tuple[FacetLink, ...]:
        return tuple(link for facet in self.facets for link in facet.links if link.is_chosen)

    @property
    def address_without_filters(self) -> str:
        return address_of(self.form.without_filters())


def facet_label(facet: str, code: str) -> str:
    """In the reader's language; the code as it stands where it is not known."""
    if facet == "field_group":
        return load_field_list().name(code, english=current_locale.get() == "en")
    return word(_FACET_WORDS.get(facet, {}), code)


def address_of(form: SearchForm) -> str:
    return f"/experts?{urlencode(form.parameters)}" if form.parameters else "/experts"


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
        """By the office's calendar, as the search has it."""
        until = self.expert.paused_until
        return until if until and until > self.now.astimezone(OFFICE_ZONE).date() else None

    @property
    def is_at_capacity(self) -> bool:
        return self.expert.load >= self.expert.capacity

    @property
    def span(self) -> tuple[int, int] | None:
        """The years of the first and the last dated evidence."""
        years = [item.year for item in self.expert.evidence if item.year]
        return (min(years), max(years)) if years else None
