"""Brings the search index to what the directory says. The index is a copy; every function may run twice."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.documents import ExpertDocument
from search.embedding.cache import Embeddings
from search.embedding.embedder import Vectors
from search.errors import EmbedderUnavailableError
from service.database.models import Expert
from service.directory.documents import NEVER_INDEXED, build_documents
from service.directory.index_record import note_missing_vectors

Progress = Callable[[int, int], None]  # experts done, experts in all

_INDEX_LOCK = 7_238_114_521
_BATCH = 100


@contextlib.asynccontextmanager
async def holding_the_index(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[None]:
    """Nobody else writes the index while the block runs, whatever process they are in; they wait.

    An older state must never land on a newer one: whoever writes the index that serves holds this.
    """
    async with sessions.begin() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INDEX_LOCK})
        yield


async def sync_experts(
    session: AsyncSession,
    backend: SearchBackend,
    embeddings: Embeddings,
    expert_ids: Sequence[UUID],
    on_progress: Progress | None = None,
) -> None:
    """Index these people anew; those who are gone, archived or erased leave the index.

    Where the embedder fails, they can be found by words and then EmbedderUnavailableError is raised, so that the job
    runs again. Where there is none at all, or the index holds the vectors of another, words are all there is and
    nothing is raised; that is noted, for a rebuild to make up for.
    """
    ids = list(dict.fromkeys(expert_ids))
    failure: EmbedderUnavailableError | None = None
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        documents = await build_documents(session, batch)
        present = {document.id for document in documents}
        if gone := [id_ for id_ in batch if id_ not in present]:
            await backend.delete(gone)
        failure = await put_documents(backend, embeddings, documents) or failure
        if documents and await backend.embedder_id() not in (None, embeddings.embedder_id):
            await note_missing_vectors(session, present)
        if on_progress:
            on_progress(min(start + _BATCH, len(ids)), len(ids))
    if failure is not None and embeddings.embedder_id is not None:
        raise failure


async def put_documents(
    backend: SearchBackend, embeddings: Embeddings, documents: Sequence[ExpertDocument]
) -> EmbedderUnavailableError | None:
    """Gives back why there are no vectors, when there are none."""
    if not documents:
        return None
    failure = None
    vectors: list[Vectors | None]
    try:
        vectors = await _vectors(embeddings, documents)
    except EmbedderUnavailableError as error:
        failure = error
        vectors = [None] * len(documents)
    await backend.upsert(documents, vectors)
    return failure


async def _vectors(embeddings: Embeddings, documents: Sequence[ExpertDocument]) -> list[Vectors | None]:
    """The rows of each document's chunks; all texts of the batch go to the embedder together."""
    together = await embeddings.passages([chunk.text for document in documents for chunk in document.chunks])
    found: list[Vectors | None] = []
    start = 0
    for document in documents:
        end = start + len(document.chunks)
        found.append(together[start:end])
        start = end
    return found


async def list_indexable(session: AsyncSession) -> set[UUID]:
    """Whom the index should hold."""
    return set(await session.scalars(select(Expert.id).where(Expert.state.not_in(NEVER_INDEXED))))


async def count_indexable(session: AsyncSession) -> int:
    """How many people the index should hold."""
    return (
        await session.scalar(select(func.count()).select_from(Expert).where(Expert.state.not_in(NEVER_INDEXED)))
    ) or 0
