"""A running service with one embedder, and others beside it with another: for the tests of the index."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import EmbedderSource, Embeddings
from search.embedding.embedder import Vectors
from search.errors import EmbedderUnavailableError
from search.fusion import fuse
from search.query import ExpertQuery, Rankings
from search.vietnamese import fold
from service.database.models import Expert
from service.database.queue import defer
from service.database.session import make_engine, make_sessions
from service.directory.index import sync_experts
from service.directory.index_record import RebuildRecord, find_rebuild
from tests.factories import make_expert

_MANY = 6


@dataclass
class WordsEmbedder:
    """A real, if crude, embedder: a text's vector comes from its words, so that texts with words in common are near.

    Models of other names have other vectors and other dimensions. Many passages at once wait until `gate` is open; all
    of them are written down.
    """

    name: str
    dimensions: int
    gate: threading.Event = field(default_factory=threading.Event)
    embedded: list[str] = field(default_factory=list)
    is_broken: bool = False
    log: Path | None = None

    @property
    def embedder_id(self) -> str:
        return self.name

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.dimensions), np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self.is_broken:
            raise EmbedderUnavailableError("it is broken")
        if len(texts) > _MANY:
            assert self.gate.wait(60)
        self.embedded += texts
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as log:
                log.writelines(f"{text}\n" for text in texts)
        return self.embed_queries(texts)

    def _vector(self, text: str) -> Vectors:
        vector = np.ones(self.dimensions, np.float32)
        for word in fold(text).split():
            draw = np.random.default_rng(list(f"{self.name} {word}".encode()))
            vector += draw.standard_normal(self.dimensions).astype(np.float32)
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit

    def close(self) -> None:
        pass


def old_model() -> WordsEmbedder:
    model = WordsEmbedder("old-model", 32)
    model.gate.set()
    return model


def new_model() -> WordsEmbedder:
    return WordsEmbedder("new-model", 48)


@dataclass(frozen=True)
class Host:
    """The parts of a running service with one embedder."""

    database_url: str
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    pool: AsyncConnectionPool
    backend: PostgresqlBackend
    embeddings: Embeddings
    model: WordsEmbedder

    def with_model(self, model: WordsEmbedder) -> Host:
        """Another process of the same service, after the setting was changed."""
        embeddings = Embeddings(model, self.pool, source=EmbedderSource(model.name, "cpu"))
        backend = PostgresqlBackend(self.pool, embedder_id=model.name, dimensions=model.dimensions)
        return replace(self, backend=backend, embeddings=embeddings, model=model)

    async def ask(self, text: str) -> Rankings:
        vector = (await self.embeddings.directions([text]))[0]
        return await self.backend.search(ExpertQuery(text=text, vector=vector, embedder_id=self.embeddings.embedder_id))

    async def found(self, text: str) -> set[UUID]:
        return {hit.expert_id for hit in fuse(await self.ask(text)) if hit.words is not None}


@asynccontextmanager
async def open_host(database_url: str) -> AsyncIterator[Host]:
    """With the old model."""
    engine = make_engine(database_url)
    async with AsyncConnectionPool(database_url, open=False, min_size=1, max_size=6) as pool:
        model = old_model()
        backend = PostgresqlBackend(pool, embedder_id=model.name, dimensions=model.dimensions)
        await backend.create()
        yield Host(
            database_url,
            engine,
            make_sessions(engine),
            pool,
            backend,
            Embeddings(model, pool, source=EmbedderSource(model.name, "cpu")),
            model,
        )
    await engine.dispose()


async def fill(host: Host, count: int = 12) -> list[UUID]:
    """People in the directory and, with their vectors, in the index."""
    ids = await add_people(host, count)
    async with host.sessions.begin() as session:
        await sync_experts(session, host.backend, host.embeddings, ids)
    return ids


async def add_people(host: Host, count: int) -> list[UUID]:
    async with host.sessions.begin() as session:
        return [
            (await make_expert(session, f"Nguyễn Văn Số{n}", works=[(f"Nuôi biển đề tài thứ{n}", 2020)])).id
            for n in range(count)
        ]


async def edit(host: Host, expert_id: UUID, keyword: str) -> None:
    async with host.sessions.begin() as session:
        (await session.get_one(Expert, expert_id)).keywords = [keyword]
        await defer(session, "index_experts", expert_ids=[str(expert_id)])


async def progress(host: Host) -> RebuildRecord | None:
    async with host.sessions() as session:
        return await find_rebuild(session)


async def until_it_is(reached: Callable[[], object], seconds: float = 30) -> None:
    """The same as `until` for what has to be awaited."""
    async with asyncio.timeout(seconds):
        while not await reached():  # type: ignore[misc]  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.05)


def waiting_jobs(host: Host) -> list[str]:
    with psycopg.connect(host.database_url) as connection:
        return [name for (name,) in connection.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id")]


async def host_holds(host: Host, embedder_id: str) -> bool:
    return await host.backend.embedder_id() == embedder_id


async def has_by_meaning(host: Host, ids: set[UUID]) -> bool:
    return {hit.expert_id for hit in (await host.ask("nuôi biển")).by_meaning} == ids


async def rebuilt_once(host: Host) -> bool:
    record = await progress(host)
    return record is not None and record.finished_at is not None
