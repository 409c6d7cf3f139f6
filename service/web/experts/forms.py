"""What may stand in the address of a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import parse_qsl, quote_plus, urlencode

from litestar.datastructures import MultiDict

from service.directory.facets import FACETS
from service.directory.search import DirectorySearch, Sort
from service.web.paging import page_number
from service.web.typed_text import clean_line

LONGEST_QUERY = 4000  # characters; a pasted paragraph is a query
LONGEST_ADDRESS = 40_000  # characters of a search's address: Vietnamese letters take up to nine
_MOST_VALUES = 20  # of one facet
_LONGEST_VALUE = 200  # characters


class Layout(StrEnum):
    CARDS = "cards"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class SearchForm:
    """`filters` holds only facets that exist, each with the values wanted, once and in the order given. `sort` None:
    by fit where there is a text, else by name."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort | None = None
    layout: Layout = Layout.CARDS
    page: int = 1

    @classmethod
    def from_query(cls, query: MultiDict[str]) -> SearchForm:
        """Anything may stand in an address: what makes no sense is left out."""
        filters = {}
        for name in FACETS:
            given = (clean_line(value[: 2 * _LONGEST_VALUE])[:_LONGEST_VALUE] for value in query.getall(name, []))
            if values := tuple(dict.fromkeys(filter(None, given)))[:_MOST_VALUES]:
                filters[name] = values
        text = clean_line((query.get("q") or "")[: 2 * LONGEST_QUERY])[:LONGEST_QUERY].strip()
        sort = next((one for one in Sort if one == query.get("sort")), None)
        layout = Layout.TABLE if query.get("view") == Layout.TABLE else Layout.CARDS
        return cls(text, filters, sort, layout, page_number(query.get("page")))

    @classmethod
    def from_address(cls, query_string: str) -> SearchForm:
        """From what follows the question mark."""
        pairs = parse_qsl(query_string[:LONGEST_ADDRESS])
        return cls.from_query(MultiDict(pairs))

    @property
    def asked(self) -> DirectorySearch:
        return DirectorySearch(text=self.text, filters=self.filters, sort=self.sort, page=self.page)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The address of this search, without the page."""
        text = [("q", self.text)] if self.text else []
        return text + self.other_parameters

    @property
    def other_parameters(self) -> list[tuple[str, str]]:
        """What a new text keeps."""
        return [(name, value) for name, values in self.filters.items() for value in values] + self._way_to_show

    @property
    def _way_to_show(self) -> list[tuple[str, str]]:
        sort = [("sort", str(self.sort))] if self.sort else []
        layout = [("view", str(self.layout))] if self.layout is not Layout.CARDS else []
        return sort + layout

    @property
    def query_string(self) -> str:
        return urlencode(self.parameters)

    @property
    def address(self) -> str:
        return f"/experts?{self.query_string}" if self.parameters else "/experts"

    def choosing(self, name: str, values: tuple[str, ...]) -> SearchForm:
        """The same search with just these values of a facet; from its first page."""
        filters = {
            facet: chosen for facet in FACETS if (chosen := values if facet == name else self.filters.get(facet))
        }
        return replace(self, filters=filters, page=1)

    def addresses_choosing(self, name: str) -> Callable[[tuple[str, ...]], str]:
        """Values of a facet → the address of `choosing` them. What stands around them is put together once: a page has
        a hundred such links."""
        at = FACETS.index(name)
        before = [("q", self.text)] if self.text else []
        before += [(facet, one) for facet in FACETS[:at] for one in self.filters.get(facet, ())]
        after = [(facet, one) for facet in FACETS[at + 1 :] for one in self.filters.get(facet, ())]
        head, tail = urlencode(before), urlencode(after + self._way_to_show)

        def address(values: tuple[str, ...]) -> str:
            parts = [head, *(f"{name}={quote_plus(value)}" for value in values), tail]
            query = "&".join(filter(None, parts))
            return f"/experts?{query}" if query else "/experts"

        return address

    def without_filters(self) -> SearchForm:
        return replace(self, filters={}, page=1)

    def sorted_by(self, sort: Sort) -> SearchForm:
        """The order that needs no saying is not said."""
        usual = Sort.FIT if self.text else Sort.NAME
        return replace(self, sort=None if sort is usual else sort, page=1)

    def laid_out(self, layout: Layout) -> SearchForm:
        return replace(self, layout=layout)

    def asking(self, text: str) -> SearchForm:
        """Another text, in the whole directory."""
        return replace(self, text=text, filters={}, page=1)
