"""Puts everything together, once: settings in, an ASGI application out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXPlugin
from litestar.template.config import TemplateConfig
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from service.access.policy import LOCAL_OPERATOR, Actor
from service.directory.columns import FacetColumns
from service.directory.vocabulary import VocabularyKeeper
from service.runtime import Runtime, open_runtime
from service.settings import Settings
from service.web.assets import PREFIX, Assets, load_assets
from service.web.cases.controllers import CaseController
from service.web.errors import exception_handlers
from service.web.experts.controllers import ExpertController
from service.web.head_requests import HeadMiddleware
from service.web.home.controllers import HomeController
from service.web.language import LanguageMiddleware
from service.web.rendering import make_template_engine
from service.web.same_origin import refuse_other_sites
from service.web.security import add_security_headers, refuse_foreign_hosts
from service.web.shell import Shell, make_shell
from service.web.shortlists.controllers import ShortlistController
from service.web.shortlists.saved_searches import SavedSearchController
from service.web.status.controllers import StatusController
from service.web.status.probes import health, ready


def create_app(settings: Settings, *, database_url: str | None = None, run_worker: bool | None = None) -> Litestar:
    """The pages. `database_url` None is that of the settings, or the embedded server's. `run_worker` None: background
    jobs run in this process in embedded mode, where there is no other."""
    assets, vocabulary = load_assets(), VocabularyKeeper()
    with_worker = settings.database_url is None if run_worker is None else run_worker

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_runtime(settings, database_url=database_url) as runtime, _getting_ready(runtime):
            app.state.runtime = runtime
            if with_worker:
                # The task modules pull in the whole of indexing; a process without a worker does not need them.
                from service.jobs.worker import running_worker

                async with running_worker(runtime):
                    yield
            else:
                yield

    app = Litestar(
        route_handlers=[
            HomeController,
            ExpertController,
            ShortlistController,
            SavedSearchController,
            CaseController,
            StatusController,
            health,
            ready,
            send_asset,
        ],
        guards=[refuse_other_sites(settings.base_url)],
        lifespan=[lifespan],
        dependencies={
            "runtime": Provide(provide_runtime, sync_to_thread=False),
            "backend": Provide(provide_backend, sync_to_thread=False),
            "synonyms": Provide(provide_synonyms, sync_to_thread=False),
            "columns": Provide(provide_columns, sync_to_thread=False),
            "embeddings": Provide(provide_embeddings, sync_to_thread=False),
            "sessions": Provide(provide_sessions, sync_to_thread=False),
            "session": Provide(provide_session),
            "actor": Provide(provide_actor, sync_to_thread=False),
            "shell": Provide(provide_shell, sync_to_thread=False),
            "assets": Provide(lambda: assets, sync_to_thread=False),
            "vocabulary": Provide(lambda: vocabulary, sync_to_thread=False),
        },
        plugins=[HTMXPlugin()],
        template_config=TemplateConfig(instance=make_template_engine(assets)),
        exception_handlers=exception_handlers(),
        before_request=refuse_foreign_hosts(settings.host, settings.base_url),
        before_send=[add_security_headers],
        openapi_config=None,
        logging_config=None,
    )
    # Around the router, so that a page for an address nobody knows is in the reader's language too.
    app.asgi_handler = LanguageMiddleware(HeadMiddleware(app.asgi_handler), settings.locale)
    return app


@asynccontextmanager
async def _getting_ready(runtime: Runtime) -> AsyncIterator[None]:
    """Reads in the background what the first search would have to wait for."""

    async def read() -> None:
        with contextlib.suppress(DBAPIError, OSError):  # the first search says so
            async with runtime.sessions() as session:
                await runtime.columns.current(session)

    reading = asyncio.create_task(read())
    try:
        async with runtime.embedder_in_use.following():
            yield
    finally:
        reading.cancel()
        await asyncio.wait({reading}, timeout=5)


def provide_runtime(request: Request[Any, Any, Any]) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def provide_backend(runtime: NamedDependency[Runtime]) -> SearchBackend:
    return runtime.backend


def provide_embeddings(runtime: NamedDependency[Runtime]) -> Embeddings:
    return runtime.embedder_in_use.current


def provide_synonyms(runtime: NamedDependency[Runtime]) -> tuple[tuple[str, str], ...]:
    return runtime.synonyms


def provide_columns(runtime: NamedDependency[Runtime]) -> FacetColumns:
    return runtime.columns


def provide_sessions(runtime: NamedDependency[Runtime]) -> async_sessionmaker[AsyncSession]:
    return runtime.sessions


async def provide_session(runtime: NamedDependency[Runtime]) -> AsyncIterator[AsyncSession]:
    """One transaction for each request, committed at its end."""
    async with runtime.sessions.begin() as session:
        yield session


def provide_actor() -> Actor:
    """Who asks. Until accounts exist, whoever sits at this machine: the service binds 127.0.0.1 only."""
    return LOCAL_OPERATOR


def provide_shell(request: Request[Any, Any, Any]) -> Shell:
    return make_shell(request.scope)


@get(PREFIX + "{name:str}", name="asset", sync_to_thread=False)
def send_asset(
    request: Request[Any, Any, Any], name: FromPath[str], assets: NamedDependency[Assets]
) -> Response[bytes]:
    """The name holds a digest of the content, so a browser never need ask again."""
    asset = assets.find(PREFIX + name)
    if asset is None:
        raise NotFoundException
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.gzipped, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)
