"""The directory: search, and one expert."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Actor
from service.directory.profiles import get_profile
from service.web.experts.pages import ExpertPage
from service.web.shell import Shell


class ExpertController(Controller):
    path = "/experts"

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
