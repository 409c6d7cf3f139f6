"""The directory: search, and one expert."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from jinja2_fragments.litestar import HTMXBlockTemplate
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from service.access.policy import Actor
from service.directory.columns import FacetColumns
from service.directory.profiles import get_profile
from service.directory.search import PAGE_SIZE, DirectorySearch, search_directory
from service.web.experts.forms import SearchForm
from service.web.experts.pages import ExpertPage, SearchPage
from service.web.paging import Paging
from service.web.rendering import OFFICE_ZONE
from service.web.requests import wants_block
from service.web.shell import Shell


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
        synonyms: NamedDependency[tuple[tuple[str, str], ...]],
        shell: NamedDependency[Shell],
    ) -> Template:
        form = SearchForm.from_query(request.query_params)
        results = await search_directory(
            session,
            backend,
            embeddings,
            actor,
            DirectorySearch(text=form.text, filters=form.filters, page=form.page),
            today=datetime.now(OFFICE_ZONE).date(),
            columns=columns,
            synonyms=synonyms,
        )
        paging = Paging(
            path="/experts", parameters=form.parameters, number=form.page, size=PAGE_SIZE, total=results.total
        )
        page = SearchPage(shell=shell, form=form, results=results, paging=paging)
        if wants_block(request, "search-results"):
            return HTMXBlockTemplate(
                "experts/search.html", block_names=["result_count", "results"], context={"page": page}
            )
        return Template("experts/search.html", context={"page": page})

    @get("/{expert_id:uuid}", name="experts.show")
    async def show(
        self,
        expert_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        expert = await get_profile(session, actor, expert_id)
        page = ExpertPage(shell=shell, expert=expert, now=datetime.now(UTC))
        return Template("experts/show.html", context={"page": page})
