"""What may stand in the address of a search."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import parse_qsl, quote_plus, urlencode

from litestar.datastructures import FormMultiDict, MultiDict

from service.directory.facets import FACETS
from service.directory.search import DirectorySearch, Sort
from service.web.paging import page_number
from service.web.typed_text import clean_line

LONGEST_QUERY = 4000  # characters; a pasted paragraph is a query
LONGEST_IN_LINKS = 300  # characters of a text that each of a page's hundred links may repeat
LONGEST_ADDRESS = 40_000  # characters of a search's address: Vietnamese letters take up to nine
_MOST_VALUES = 20  # of one facet
_LONGEST_VALUE = 200  # characters
_WAYS = re.compile(r"/experts(?:/xlsx|/values/[a-z_]+)?(?:\?[^#\s]*)?")  # what links of a search lead to


class Layout(StrEnum):
    CARDS = "cards"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class SearchForm:
    """`filters` holds only facets that exist, each with the values wanted, once and in the order given. `sort` None:
    by fit where there is a text, else by name. `is_cut`: `text` is only the beginning of what was given."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort | None = None
    layout: Layout = Layout.CARDS
    page: int = 1
    is_cut: bool = False

    @classmethod
    def from_query(cls, query: MultiDict[str]) -> SearchForm:
        """Anything may stand in an address: what makes no sense is left out."""
        filters = {}
        for name in FACETS:
            given = (clean_line(value[: 2 * _LONGEST_VALUE])[:_LONGEST_VALUE] for value in query.getall(name, []))
            if values := tuple(dict.fromkeys(filter(None, given)))[:_MOST_VALUES]:
                filters[name] = values
        raw = query.get("q") or ""
        whole = clean_line(raw[: 2 * LONGEST_QUERY])
        text = whole[:LONGEST_QUERY].strip()
        is_cut = len(raw) > 2 * LONGEST_QUERY or len(whole) > LONGEST_QUERY or (query.get("cut") == "1" and bool(text))
        sort = next((one for one in Sort if one == query.get("sort")), None)
        layout = Layout.TABLE if query.get("view") == Layout.TABLE else Layout.CARDS
        return cls(text, filters, sort, layout, page_number(query.get("page")), is_cut)

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
        return self.text_parameters + self.other_parameters

    @property
    def text_parameters(self) -> list[tuple[str, str]]:
        cut = [("cut", "1")] if self.is_cut else []
        return [("q", self.text), *cut] if self.text else []

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
        return _address("/experts", self.parameters)

    @property
    def is_long(self) -> bool:
        """The text stands once in a page and not in each of its links: they are buttons of the form that holds it."""
        return len(self.text) > LONGEST_IN_LINKS

    @property
    def link_parameters(self) -> list[tuple[str, str]]:
        """What a link of a page says of this search."""
        return self.other_parameters if self.is_long else self.parameters

    @property
    def link(self) -> str:
        return _address("/experts", self.link_parameters)

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
        before = [] if self.is_long else self.text_parameters
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
        return replace(self, text=text, filters={}, page=1, is_cut=False)


def address_asked_for(data: FormMultiDict) -> str:
    """Where a form leads: to the search its fields say, or to the link `to` of the search for its text."""
    fields = [(name, value) for name, value in data.multi_items() if isinstance(value, str)]
    path, query = "/experts", fields
    to = data.get("to")
    if isinstance(to, str) and len(to) <= LONGEST_ADDRESS and _WAYS.fullmatch(to):
        path, _, rest = to.partition("?")
        query = [pair for pair in fields if pair[0] in ("q", "cut")] + parse_qsl(rest)
    form = SearchForm.from_query(MultiDict(query))
    return _address(path, form.parameters + ([("page", str(form.page))] if form.page > 1 else []))


def _address(path: str, parameters: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path
