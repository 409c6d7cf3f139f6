"""What may stand in the address of a search."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from litestar.datastructures import MultiDict

from service.directory.facets import FACETS
from service.web.paging import page_number

LONGEST_QUERY = 4000  # characters; a pasted paragraph is a query
_MOST_VALUES = 20  # of one facet


@dataclass(frozen=True, slots=True)
class SearchForm:
    """`filters` holds only facets that exist, each with the values wanted, once and in the order given."""

    text: str
    filters: Mapping[str, tuple[str, ...]]
    page: int

    @classmethod
    def from_query(cls, query: MultiDict[str]) -> SearchForm:
        """Anything may stand in an address: what makes no sense is left out."""
        filters = {
            name: values
            for name in FACETS
            if (values := tuple(dict.fromkeys(filter(None, map(_clean, query.getall(name, [])))))[:_MOST_VALUES])
        }
        return cls(_clean(query.get("q") or "")[:LONGEST_QUERY], filters, page_number(query.get("page")))

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The address of this search, without the page."""
        text = [("q", self.text)] if self.text else []
        return text + self.filter_parameters

    @property
    def filter_parameters(self) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.filters.items() for value in values]

    def toggled(self, name: str, value: str) -> SearchForm:
        """The same search with this value chosen, or no longer so; from its first page."""
        own = self.filters.get(name, ())
        chosen = tuple(one for one in own if one != value) if value in own else (*own, value)
        filters = {
            facet: values for facet in FACETS if (values := chosen if facet == name else self.filters.get(facet))
        }
        return SearchForm(self.text, filters, 1)

    def without_filters(self) -> SearchForm:
        return SearchForm(self.text, {}, 1)


def _clean(text: str) -> str:
    """NFC on one line, without NUL, lone surrogates and other characters that cannot be stored or seen."""
    kept = "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())
