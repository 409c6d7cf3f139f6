"""Cases: GET only, so far."""

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

from service.access.policy import Actor
from service.matching.queries import get_case_match, list_cases
from service.web.cases.forms import CASES_OF_A_PAGE, RANKED_AT_MOST, CaseForm, CaseListForm
from service.web.cases.pages import CaseListPage, CasePage, arrange
from service.web.paging import Paging
from service.web.requests import wants_block
from service.web.shell import Shell


class CaseController(Controller):
    path = "/cases"

    @get("/", name="cases.list")
    async def browse(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        form = CaseListForm.from_query(request.query_params)
        cases = await list_cases(session, actor, limit=CASES_OF_A_PAGE, offset=(form.page - 1) * CASES_OF_A_PAGE)
        paging = Paging(path="/cases", parameters=(), number=form.page, size=CASES_OF_A_PAGE, total=cases.total)
        return Template("cases/list.html", context={"page": CaseListPage(shell=shell, cases=cases, paging=paging)})

    @get("/{case_id:uuid}", name="cases.show")
    async def show(
        self,
        request: HTMXRequest,
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        form = CaseForm.from_query(request.query_params)
        found = await get_case_match(session, actor, case_id, top=form.top)
        page = arrange(CasePage(shell=shell, found=found, now=datetime.now(UTC)), top=form.top, most=RANKED_AT_MOST)
        if wants_block(request, "ranking"):
            return HTMXBlockTemplate("cases/show.html", block_name="ranking", context={"page": page})
        return Template("cases/show.html", context={"page": page})
