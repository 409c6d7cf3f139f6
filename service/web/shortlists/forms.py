"""What may be sent to the lists and the kept searches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from litestar.datastructures import FormMultiDict, MultiDict

from service.web.experts.forms import SearchForm
from service.web.paging import page_number
from service.web.typed_text import clean_line, clean_text, read_id

PEOPLE_OF_A_PAGE = 50
LINES_OF_A_PAGE = 25
_MOST_TICKED = 500
_LONGEST_FIELD = 20_000  # characters looked at; what is longer is refused all the same
# A page of the directory: nothing that a browser could take for another host.
_OUR_ADDRESS = re.compile(r"/experts(?:/[0-9a-f-]{36})?(?:\?[^\s\\#]*)?")


@dataclass(frozen=True, slots=True)
class ListForm:
    """Which page of a list; `added`: how many people were put on it just now, from the page `back`."""

    page: int
    added: int | None
    back: str | None

    @classmethod
    def from_query(cls, query: MultiDict[str]) -> ListForm:
        added = query.get("added") or ""
        is_number = added.isascii() and added.isdecimal() and len(added) < 6
        return cls(page_number(query.get("page")), int(added) if is_number else None, _back(query.get("back")))


@dataclass(frozen=True, slots=True)
class NoteForm:
    """A note, with the version of what was read; 0 when that makes no sense."""

    note: str
    version: int

    @classmethod
    def from_form(cls, data: FormMultiDict) -> NoteForm:
        return cls(_text(data, "note"), _version(data))


@dataclass(frozen=True, slots=True)
class ShortlistForm:
    name: str = ""
    note: str = ""
    version: int = 0

    @classmethod
    def from_form(cls, data: FormMultiDict) -> ShortlistForm:
        return cls(clean_line(_field(data, "name")), _text(data, "note"), _version(data))


@dataclass(frozen=True, slots=True)
class AddForm:
    """People to put on a list that is there; where a name is given, on the other list of that name or a new one."""

    experts: tuple[UUID, ...]
    shortlist_id: UUID | None
    other_list: str
    new_name: str
    back: str | None

    @classmethod
    def from_form(cls, data: FormMultiDict) -> AddForm:
        return cls(
            ticked(data),
            read_id(_field(data, "list")),
            clean_line(_field(data, "other_list")),
            clean_line(_field(data, "new_name")),
            _back(_field(data, "back")),
        )


@dataclass(frozen=True, slots=True)
class SaveSearchForm:
    name: str
    search: SearchForm

    @classmethod
    def from_form(cls, data: FormMultiDict) -> SaveSearchForm:
        """Of the address only what makes sense is kept."""
        query = data.get("query")
        search = SearchForm.from_address(query if isinstance(query, str) else "")
        return cls(clean_line(_field(data, "name")), search)


def ticked(data: FormMultiDict) -> tuple[UUID, ...]:
    """The people chosen, each once; what names nobody is left out."""
    ids = (read_id(one) for one in data.getall("expert", []) if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in ids if one is not None))[:_MOST_TICKED]


def _field(data: FormMultiDict, name: str) -> str:
    value = data.get(name)
    return value[:_LONGEST_FIELD] if isinstance(value, str) else ""


def _text(data: FormMultiDict, name: str) -> str:
    return clean_text(_field(data, name))


def _version(data: FormMultiDict) -> int:
    digits = _field(data, "version")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0


def _back(address: str | None) -> str | None:
    return address if address and _OUR_ADDRESS.fullmatch(address) else None
