"""The first page."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Actor
from service.directory.figures import count_directory
from service.matching.queries import list_cases
from service.web.home.pages import HomePage
from service.web.rendering import OFFICE_ZONE
from service.web.shell import Shell

_CASES_SHOWN = 6


class HomeController(Controller):
    path = "/"

    @get("/", name="home")
    async def show(
        self, actor: NamedDependency[Actor], session: NamedDependency[AsyncSession], shell: NamedDependency[Shell]
    ) -> Template:
        cases = await list_cases(session, actor, limit=_CASES_SHOWN)
        figures = await count_directory(session, actor, today=datetime.now(OFFICE_ZONE).date())
        page = HomePage(shell=shell, cases=cases, figures=figures)
        return Template("home/show.html", context={"page": page})
