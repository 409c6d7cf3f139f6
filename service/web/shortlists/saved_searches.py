"""Searches kept under a name: run again, deleted."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Actor
from service.directory.shortlists.actions import delete_search, save_search
from service.directory.shortlists.queries import list_saved_searches
from service.errors import BadInputError
from service.web.experts.forms import SearchForm
from service.web.paging import Paging
from service.web.shell import Shell
from service.web.shortlists.forms import LINES_OF_A_PAGE, ListForm, SaveSearchForm
from service.web.shortlists.pages import SavedSearchesPage, kept_search, said


class SavedSearchController(Controller):
    path = "/saved-searches"

    @get("/", name="saved_searches.list")
    async def browse(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        page = await _page(session, actor, shell, ListForm.from_query(request.query_params).page)
        return Template("shortlists/searches.html", context={"page": page})

    @post("/", name="saved_searches.save")
    async def save(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Response[None] | Template:
        form = SaveSearchForm.from_form(await request.form())
        try:
            await save_search(session, actor, name=form.name, query=form.search.query_string)
        except BadInputError as error:
            page = await _page(session, actor, shell, 1, unsaved=form.search, typed_name=form.name, error=said(error))
            return Template("shortlists/searches.html", context={"page": page}, status_code=error.status_code)
        return Redirect("/saved-searches", status_code=303)

    @post("/{search_id:uuid}/delete", name="saved_searches.delete")
    async def delete(
        self, search_id: FromPath[UUID], actor: NamedDependency[Actor], session: NamedDependency[AsyncSession]
    ) -> Redirect:
        await delete_search(session, actor, search_id)
        return Redirect("/saved-searches", status_code=303)


async def _page(
    session: AsyncSession,
    actor: Actor,
    shell: Shell,
    number: int,
    *,
    unsaved: SearchForm | None = None,
    typed_name: str = "",
    error: str | None = None,
) -> SavedSearchesPage:
    lines, total = await list_saved_searches(
        session, actor, limit=LINES_OF_A_PAGE, offset=(number - 1) * LINES_OF_A_PAGE
    )
    return SavedSearchesPage(
        shell=shell,
        searches=tuple(map(kept_search, lines)),
        paging=Paging(path="/saved-searches", parameters=(), number=number, size=LINES_OF_A_PAGE, total=total),
        unsaved=unsaved,
        typed_name=typed_name,
        error=error,
    )
