"""What the templates of the directory may use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from service.database.models.directory import EvidenceKind
from service.directory.fields import load_field_list
from service.directory.local_time import local_time
from service.directory.profiles import ExpertProfile, ProfileEvidence
from service.directory.search import DirectoryResults, Sort
from service.directory.shortlists.queries import ListsToChoose
from service.directory.suggestions import Suggestion
from service.i18n import N_, current_locale, gettext
from service.web.experts.facets import FacetLink, FacetLinks, facet_title
from service.web.experts.forms import LONGEST_QUERY, Layout, SearchForm
from service.web.paging import Paging
from service.web.rendering import OFFICE_ZONE
from service.web.shell import Page

SORTS = {
    Sort.FIT: N_("best fit"),
    Sort.NAME: N_("name"),
    Sort.RECENT: N_("newest work"),
    Sort.LOAD: N_("least load"),
}
LAYOUTS = {Layout.CARDS: N_("Cards"), Layout.TABLE: N_("Table")}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways to show the same people."""

    key: str
    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Way:
    """Out of a search that found nobody: what to do, and how many people that would give, where it is known."""

    label: str
    address: str
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Page):
    """`lists` are the shortlists that people can be put on, None for a reader who may not; `spellings` other words for
    what was asked."""

    form: SearchForm
    results: DirectoryResults
    paging: Paging
    facets: tuple[FacetLinks, ...]
    lists: ListsToChoose | None
    can_export: bool
    spellings: tuple[str, ...]

    @property
    def chosen(self) -> tuple[FacetLink, ...]:
        return tuple(link for facet in self.facets for link in facet.chosen)

    @property
    def address_without_filters(self) -> str:
        return self.form.without_filters().link

    @property
    def people_without_filters(self) -> int:
        """How many would be found; 0 where there is no filter to leave out."""
        return self.results.total_without_filters if self.chosen else 0

    @property
    def longest_query(self) -> int:
        return LONGEST_QUERY

    @property
    def can_keep(self) -> bool:
        """People on a list, or the search itself."""
        return self.lists is not None

    @property
    def here(self) -> str:
        return replace(self.paging, parameters=self.form.parameters).address(self.form.page)

    @property
    def export_address(self) -> str:
        return self.form.link.replace("/experts", "/experts/xlsx", 1)

    @property
    def is_table(self) -> bool:
        return self.form.layout is Layout.TABLE

    @property
    def sorts(self) -> tuple[Choice, ...]:
        """Without a text nobody fits better than another."""
        return tuple(
            Choice(f"sort-{sort}", gettext(label), self.form.sorted_by(sort).link, sort is self.results.sort)
            for sort, label in SORTS.items()
            if self.form.text or sort is not Sort.FIT
        )

    @property
    def layouts(self) -> tuple[Choice, ...]:
        return tuple(
            Choice(f"view-{layout}", gettext(label), self.form.laid_out(layout).link, layout is self.form.layout)
            for layout, label in LAYOUTS.items()
        )

    @property
    def ways_out(self) -> tuple[Way, ...]:
        """Which filter to leave out, most people first."""
        return tuple(
            Way(facet_title(one.facet), self.form.choosing(one.facet, ()).link, one.count)
            for one in self.results.loosening
        )

    @property
    def other_spellings(self) -> tuple[Way, ...]:
        return tuple(Way(text, self.form.asking(text).address) for text in self.spellings)

    @property
    def fields_in_words(self) -> dict[str, str]:
        """Of the people shown: code → name."""
        fields, is_english = load_field_list(), current_locale.get() == "en"
        codes = {code for found in self.results.rows for code in found.expert.field_codes}
        return {code: fields.name(code, english=is_english) for code in codes}


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetPage(Page):
    """All values of one facet."""

    title: str
    form: SearchForm
    links: tuple[FacetLink, ...]


@dataclass(frozen=True, slots=True)
class SuggestionLink:
    """Where choosing it leads; without an address, `text` goes into the box and is searched for."""

    kind: str
    text: str
    detail: str
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionsPage(Page):
    suggestions: tuple[Suggestion, ...]

    @property
    def options(self) -> tuple[SuggestionLink, ...]:
        return tuple(SuggestionLink(one.kind, one.text, one.detail, _address_of(one)) for one in self.suggestions)


def _address_of(suggestion: Suggestion) -> str | None:
    match suggestion.kind:
        case "person":
            return f"/experts/{suggestion.code}"
        case "unit":
            return SearchForm(filters={"unit": (suggestion.code,)}).address
        case "field":
            # The third level is searched for by the branch it lies in.
            facet = "field_group" if len(suggestion.code) == 1 else "field"
            return SearchForm(filters={facet: (suggestion.code[:3],)}).address
        case _:
            return None


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    kind: EvidenceKind
    items: tuple[ProfileEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertPage(Page):
    """`lists` as in SearchPage."""

    expert: ExpertProfile
    now: datetime
    lists: ListsToChoose | None

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
