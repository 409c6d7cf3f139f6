"""What runs."""

from __future__ import annotations

from dataclasses import asdict

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.errors import SearchUnavailableError
from service.access.policy import Actor
from service.web.shell import Shell
from service.web.status.pages import StatusPage
from service.web.status.queries import read_status


class StatusController(Controller):
    path = "/status"

    @get("/", name="status")
    async def show(
        self,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        backend: NamedDependency[SearchBackend],
        embeddings: NamedDependency[Embeddings],
        shell: NamedDependency[Shell],
    ) -> Template:
        status = await read_status(session, actor)
        try:
            indexed: int | None = await backend.count()
        except SearchUnavailableError:
            indexed = None
        page = StatusPage(shell=shell, **asdict(status), indexed=indexed, embedder=embeddings.embedder_id)
        return Template("status/show.html", context={"page": page})
