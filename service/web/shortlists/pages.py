"""What the templates of the lists and kept searches may use."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from service.directory.shortlists.queries import ListsToChoose, SavedSearchLine, ShortlistDetail, ShortlistLine
from service.errors import ServiceError
from service.i18n import translate
from service.web.experts.facets import describe
from service.web.experts.forms import SearchForm
from service.web.paging import Paging
from service.web.shell import Page
from service.web.shortlists.forms import ListForm, ShortlistForm


def said(error: ServiceError) -> str:
    """In the reader's language."""
    return translate(error.message, error.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistsPage(Page):
    """`typed` and `error`: a new list that could not be made."""

    lines: tuple[ShortlistLine, ...]
    paging: Paging
    typed: ShortlistForm
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedList:
    """Name and note as typed, and why they were not saved; `theirs` when somebody else has saved others meanwhile."""

    name: str
    note: str
    version: int
    error: str | None = None
    theirs_name: str | None = None
    theirs_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedNote:
    """The same for the note on one person."""

    expert_id: UUID
    note: str
    version: int
    error: str | None = None
    theirs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTextPage(Page):
    """What somebody wrote about a list, or about a person on it, that is gone. `shortlist_id`: the list is still there;
    `name` is "" for the note on a person."""

    name: str
    note: str
    shortlist_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistPage(Page):
    """`unsaved` and `unsaved_note` as typed; `not_removed`: why nobody was taken off."""

    form: ListForm
    shortlist: ShortlistDetail
    paging: Paging
    unsaved: UnsavedList | None = None
    unsaved_note: UnsavedNote | None = None
    not_removed: str | None = None

    @property
    def typed(self) -> UnsavedList:
        """What stands in the form."""
        own = self.shortlist
        return self.unsaved or UnsavedList(name=own.name, note=own.note, version=own.version)

    def typed_note(self, expert_id: UUID, note: str, version: int) -> UnsavedNote:
        if self.unsaved_note and self.unsaved_note.expert_id == expert_id:
            return self.unsaved_note
        return UnsavedNote(expert_id=expert_id, note=note, version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPage(Page):
    """What became of putting people on a list. `shortlist_id` None: nothing was done, `message` says why. `lists`: to
    choose from the next time."""

    message: str
    shortlist_id: UUID | None
    back: str | None
    lists: ListsToChoose | None = None


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """`filters`: title of the facet and the values wanted."""

    line: SavedSearchLine
    form: SearchForm
    filters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearchesPage(Page):
    """`unsaved` and `error`: a search that could not be kept under the name given."""

    searches: tuple[KeptSearch, ...]
    paging: Paging
    unsaved: SearchForm | None = None
    typed_name: str = ""
    error: str | None = None


def kept_search(line: SavedSearchLine) -> KeptSearch:
    form = SearchForm.from_address(line.query)
    return KeptSearch(line, form, describe(form))


def list_address(shortlist_id: UUID, *, page: int = 1, added: int | None = None, back: str | None = None) -> str:
    pairs = [("page", str(page))] if page > 1 else []
    pairs += [("added", str(added))] if added is not None else []
    pairs += [("back", back)] if back else []
    return f"/shortlists/{shortlist_id}?{urlencode(pairs)}" if pairs else f"/shortlists/{shortlist_id}"
