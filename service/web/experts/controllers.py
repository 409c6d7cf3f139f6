"""The directory: search, its values and suggestions, its people as a file; and one expert."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from jinja2_fragments.litestar import HTMXBlockTemplate
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from service.access.policy import Action, Actor, can, require
from service.directory.columns import FacetColumns
from service.directory.facets import FACETS
from service.directory.near_spellings import near_spellings
from service.directory.profiles import get_profile
from service.directory.search import PAGE_SIZE, FoundList, list_found, search_directory
from service.directory.search_rows import load_expert_rows
from service.directory.shortlists.queries import ListsToChoose, list_to_choose
from service.directory.suggestions import suggest
from service.directory.vocabulary import VocabularyKeeper
from service.directory.workbook import Cell, Statements, Table
from service.errors import NotFoundError
from service.i18n import gettext
from service.web.experts.export import made_at, people_columns, people_lines, workbook_response
from service.web.experts.facets import all_links, arrange_facets, describe, facet_title
from service.web.experts.forms import LONGEST_QUERY, SearchForm, address_asked_for
from service.web.experts.pages import SORTS, ExpertPage, FacetPage, SearchPage, SuggestionsPage
from service.web.paging import Paging
from service.web.rendering import OFFICE_ZONE, number
from service.web.requests import wants_block
from service.web.shell import Shell
from service.web.typed_text import clean_line

_ROWS_AT_A_TIME = 500
_LONGEST_BEGINNING = 200  # characters


class ExpertController(Controller):
    path = "/experts"

    @get("/", name="experts.search")
    async def search(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        backend: NamedDependency[SearchBackend],
        embeddings: NamedDependency[Embeddings],
        columns: NamedDependency[FacetColumns],
        vocabulary: NamedDependency[VocabularyKeeper],
        synonyms: NamedDependency[tuple[tuple[str, str], ...]],
        shell: NamedDependency[Shell],
    ) -> Template:
        form = SearchForm.from_query(request.query_params)
        results = await search_directory(
            session,
            backend,
            embeddings,
            actor,
            form.asked,
            today=datetime.now(OFFICE_ZONE).date(),
            columns=columns,
            synonyms=synonyms,
        )
        spellings: tuple[str, ...] = ()
        if not results.total and form.text:
            spellings = near_spellings(await vocabulary.current(session, columns, must_be_fresh=True), form.text)
        page = SearchPage(
            shell=shell,
            form=form,
            results=results,
            paging=Paging(
                path="/experts", parameters=form.link_parameters, number=form.page, size=PAGE_SIZE, total=results.total
            ),
            facets=arrange_facets(results.facets, form),
            lists=await _lists(session, actor),
            can_export=can(actor, Action.EXPORT_DIRECTORY),
            spellings=spellings,
        )
        if wants_block(request, "search-results"):
            return HTMXBlockTemplate(
                "experts/search.html",
                block_names=["around", "result_count", "results"],
                context={"page": page},
            )
        return Template("experts/search.html", context={"page": page})

    @post("/", name="experts.ask")
    async def ask(self, request: HTMXRequest) -> Redirect:
        """To the address of a search. A form, because a text may be longer than the address of a request can be."""
        return Redirect(address_asked_for(await request.form()), status_code=303)

    @get("/values/{facet:str}", name="experts.values")
    async def values(
        self,
        request: HTMXRequest,
        facet: FromPath[str],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        backend: NamedDependency[SearchBackend],
        embeddings: NamedDependency[Embeddings],
        columns: NamedDependency[FacetColumns],
        shell: NamedDependency[Shell],
    ) -> Template:
        """All values of one facet under the same search: some have a hundred."""
        if facet not in FACETS:
            raise NotFoundError
        form = SearchForm.from_query(request.query_params)
        results = await search_directory(
            session,
            backend,
            embeddings,
            actor,
            form.asked,
            today=datetime.now(OFFICE_ZONE).date(),
            columns=columns,
        )
        found = next(one for one in results.facets if one.name == facet)
        page = FacetPage(shell=shell, title=facet_title(facet), form=form, links=all_links(found, form))
        return Template("experts/values.html", context={"page": page})

    @get("/suggestions", name="experts.suggest")
    async def suggestions(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        columns: NamedDependency[FacetColumns],
        vocabulary: NamedDependency[VocabularyKeeper],
        shell: NamedDependency[Shell],
    ) -> Template:
        """What the box offers while somebody types: options of a list, without a page around them."""
        require(actor, Action.SEARCH_DIRECTORY)
        typed = clean_line((request.query_params.get("q") or "")[:_LONGEST_BEGINNING])
        words = await vocabulary.current(session, columns)
        found = await suggest(session, actor, typed, vocabulary=words, columns=columns)
        return Template("experts/suggestions.html", context={"page": SuggestionsPage(shell=shell, suggestions=found)})

    @get("/xlsx", name="experts.export")
    async def export(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        backend: NamedDependency[SearchBackend],
        embeddings: NamedDependency[Embeddings],
        columns: NamedDependency[FacetColumns],
    ) -> Response[bytes]:
        """Everybody of a result in its order; the file says what it does not hold and how the search was made."""
        require(actor, Action.EXPORT_DIRECTORY)
        form = SearchForm.from_query(request.query_params)
        now = datetime.now(UTC)
        today = now.astimezone(OFFICE_ZONE).date()
        found = await list_found(session, backend, embeddings, actor, form.asked, today=today, columns=columns)
        lines: list[list[Cell]] = []
        for start in range(0, len(found.ids), _ROWS_AT_A_TIME):
            rows = await load_expert_rows(session, actor, found.ids[start : start + _ROWS_AT_A_TIME], today=today)
            lines += people_lines(rows, actor)
        people = Table(gettext("Experts"), people_columns(actor), lines)
        about = Statements(gettext("About this file"), _about(form, found, len(lines), now))
        return await workbook_response(f"chuyen-gia-{today.isoformat()}", [people, about])

    @get("/{expert_id:uuid}", name="experts.show")
    async def show(
        self,
        expert_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        expert = await get_profile(session, actor, expert_id)
        page = ExpertPage(shell=shell, expert=expert, now=datetime.now(UTC), lists=await _lists(session, actor))
        return Template("experts/show.html", context={"page": page})


async def _lists(session: AsyncSession, actor: Actor) -> ListsToChoose | None:
    """None: the reader may not put people on lists."""
    if not (can(actor, Action.READ_SHORTLIST) and can(actor, Action.EDIT_SHORTLIST)):
        return None
    return await list_to_choose(session, actor)


def _about(form: SearchForm, found: FoundList, count: int, now: datetime) -> list[tuple[str, Cell]]:
    """`count`: how many people the file holds."""
    lines: list[tuple[str, Cell]] = [(gettext("Searched for"), form.text or gettext("everybody"))]
    lines += describe(form)
    if form.sort:
        lines.append((gettext("Order"), gettext(SORTS[form.sort])))
    lines += [(gettext("People"), count), made_at(now)]
    if found.total > len(found.ids):
        cut = gettext("The file holds only the first %(n)s of %(total)s people found.")
        lines.append((gettext("Not complete"), cut % {"n": number(len(found.ids)), "total": number(found.total)}))
    elif found.is_at_least:
        at_least = gettext("The file holds %(n)s people; there may be others who fit and are not in it.")
        lines.append((gettext("Not complete"), at_least % {"n": number(len(found.ids))}))
    if form.is_cut:
        beginning = gettext("Only the first %(n)s characters of the text are searched for.")
        lines.append((gettext("Notices"), beginning % {"n": number(LONGEST_QUERY)}))
    lines += [(gettext("Notices"), gettext(notice)) for notice in found.notices]
    return lines
