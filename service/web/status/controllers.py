"""What runs."""

from __future__ import annotations

import importlib.metadata
from datetime import UTC, datetime
from functools import cache

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from search.backend import SearchBackend
from search.backends.postgresql import PostgresqlBackend
from search.backends.schema import LAYOUT
from search.embedding.cache import Embeddings
from search.errors import SearchUnavailableError
from service.access.policy import Actor
from service.database.migrate import newest_version
from service.web.shell import Shell
from service.web.status.pages import StatusPage
from service.web.status.parts import IndexState, ModelState, Said, describe
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
        now = datetime.now(UTC)
        parts = describe(
            await read_status(session, actor),
            await _index_state(backend),
            _model_state(embeddings),
            version=importlib.metadata.version("trithuc"),
            wanted_schema=_wanted_schema(),
            now=now,
        )
        return Template("status/show.html", context={"page": StatusPage(shell=shell, parts=parts, now=now)})


_wanted_schema = cache(newest_version)


async def _index_state(backend: SearchBackend) -> IndexState:
    layout = LAYOUT if isinstance(backend, PostgresqlBackend) else None
    try:
        return IndexState(indexed=await backend.count(), layout=layout, held_embedder=await backend.embedder_id())
    except SearchUnavailableError:
        return IndexState(indexed=None, layout=layout, held_embedder=None)


def _model_state(embeddings: Embeddings) -> ModelState:
    why = embeddings.unavailable
    return ModelState(
        embedder=embeddings.embedder_id,
        why_not=None if why is None else Said(why.message, why.details),
        is_wanted=embeddings.is_wanted,
    )
