"""Builds the search index anew beside the old one, which serves until the new one takes its place.

First everything is embedded, which takes hours where the model is new; each batch is kept, so a rebuild that was killed
goes on where it was. Edits reach the old index meanwhile. Then the new index is written and finished, and whoever was
changed since it was begun is written again: before it is finished, after it, and for the last time with writers held
back, while there is next to nothing left. Edits that waited for that are written to the new index after the swap.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.documents import ExpertDocument
from search.embedding.cache import Embeddings
from search.errors import EmbedderUnavailableError, SearchError
from service.database.faults import explain_fault
from service.database.models import Expert
from service.database.queue import defer
from service.directory.documents import NEVER_INDEXED, build_documents
from service.directory.index import Progress, holding_the_index, list_indexable, put_documents
from service.directory.index_record import (
    RebuildPhase,
    RebuildRecord,
    find_rebuild,
    forget_missing_vectors,
    note_embedder,
    note_missing_vectors,
    save_rebuild,
)

logger = logging.getLogger(__name__)

_BATCH = 100
_SAVE_EVERY = timedelta(seconds=2)
_OLDEST_RUNNING = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")

Sessions = async_sessionmaker[AsyncSession]


async def rebuild_index(
    sessions: Sessions, backend: SearchBackend, embeddings: Embeddings, on_progress: Progress | None = None
) -> EmbedderUnavailableError | None:
    """`on_progress` counts experts, first while they are embedded and then while the index is written.

    Where no embedder is wanted, people are found by words and nothing is raised. Where it is missing or fails, an index
    with vectors serves on and EmbedderUnavailableError is raised; an empty one is filled by words alone, and why is
    given back. Two rebuilds at once come to the same; the later one wins.
    """
    if embeddings.embedder_id is None and embeddings.is_wanted and await _serves_with_vectors(backend):
        raise embeddings.unavailable or EmbedderUnavailableError
    horizon = await _oldest_running(sessions)
    async with sessions() as session:
        indexed = select(Expert.id).where(Expert.state.not_in(NEVER_INDEXED)).order_by(Expert.id)
        ids = list(await session.scalars(indexed))
        before = await find_rebuild(session)
    report = _Report(sessions, embeddings.embedder_id, len(ids), before, on_progress)
    vectors_of, failure = embeddings, None
    if embeddings.embedder_id is not None:
        try:
            await _embed_ahead(sessions, embeddings, ids, report)
        except EmbedderUnavailableError as error:
            if await backend.count() > 0:
                raise
            vectors_of, failure = Embeddings(None, why_none=error), error
    async with AsyncExitStack() as until_swapped:
        async with backend.rebuilding() as fresh:
            await report.begin(RebuildPhase.BUILDING)
            catching_up = _CatchingUp(sessions, fresh, vectors_of, horizon)
            left_out = await _write(sessions, fresh, vectors_of, ids, report)
            left_out += await catching_up.write_changed()
            await fresh.finish()
            left_out += await catching_up.write_changed()
            await until_swapped.enter_async_context(holding_the_index(sessions))
            left_out += await catching_up.write_changed()
            async with sessions() as session:
                gone = {*ids, *catching_up.written} - await list_indexable(session)
            await fresh.delete(sorted(gone))
        async with sessions.begin() as session:
            if failure is None:
                await forget_missing_vectors(session)
            else:
                await note_missing_vectors(session)
            if left_out:  # one by one, and until it works
                await defer(session, "index_experts", expert_ids=sorted({str(expert_id) for expert_id in left_out}))
            if embeddings.embedder_id is not None and embeddings.source is not None:
                await note_embedder(session, embeddings.embedder_id, embeddings.source)
    await report.end()
    return failure


async def _serves_with_vectors(backend: SearchBackend) -> bool:
    return await backend.count() > 0 and await backend.embedder_id() is not None


async def _embed_ahead(sessions: Sessions, embeddings: Embeddings, ids: Sequence[UUID], report: _Report) -> None:
    """What is embedded already costs a look-up."""
    await report.begin(RebuildPhase.EMBEDDING)
    for start in range(0, len(ids), _BATCH):
        async with sessions() as session:
            documents = await build_documents(session, ids[start : start + _BATCH])
        await embeddings.passages([chunk.text for document in documents for chunk in document.chunks])
        await report.reached(min(start + _BATCH, len(ids)))


async def _write(
    sessions: Sessions,
    fresh: SearchBackend,
    embeddings: Embeddings,
    ids: Sequence[UUID],
    report: _Report | None = None,
) -> list[UUID]:
    """Gives back those who could not be written: one of them must not hold back the others."""
    left_out: list[UUID] = []
    for start in range(0, len(ids), _BATCH):
        async with sessions() as session:
            documents = await build_documents(session, ids[start : start + _BATCH])
        try:
            await _put(fresh, embeddings, documents)
        except Exception as error:
            if isinstance(error, SearchError) or explain_fault(error):
                raise  # a part is down
            for document in documents:
                try:
                    await _put(fresh, embeddings, [document])
                except Exception:
                    logger.exception("Expert %s cannot be indexed.", document.id)
                    left_out.append(document.id)
        if report is not None:
            await report.reached(min(start + _BATCH, len(ids)))
    return left_out


async def _put(fresh: SearchBackend, embeddings: Embeddings, documents: Sequence[ExpertDocument]) -> None:
    if (failure := await put_documents(fresh, embeddings, documents)) and embeddings.embedder_id is not None:
        raise failure  # a new index without these vectors is worse than the old one


class _CatchingUp:
    """Writes those anew who were changed since the last time; `horizon` is when that was."""

    def __init__(self, sessions: Sessions, fresh: SearchBackend, embeddings: Embeddings, horizon: int) -> None:
        self._sessions = sessions
        self._fresh = fresh
        self._embeddings = embeddings
        self._horizon = horizon
        self.written: set[UUID] = set()

    async def write_changed(self) -> list[UUID]:
        """Gives back those who could not be written."""
        since, self._horizon = self._horizon, await _oldest_running(self._sessions)
        async with self._sessions() as session:
            touched = select(Expert.id).where(Expert.touched >= since).order_by(Expert.id)
            changed = list(await session.scalars(touched))
        self.written |= {*changed}
        return await _write(self._sessions, self._fresh, self._embeddings, changed)


async def _oldest_running(sessions: Sessions) -> int:
    """The oldest transaction under way: what it and later ones change may not be seen yet."""
    async with sessions() as session:
        return int(await session.scalar(_OLDEST_RUNNING) or 0)


class _Report:
    """Progress, for whoever waits and for the status page."""

    def __init__(
        self,
        sessions: Sessions,
        embedder_id: str | None,
        total: int,
        before: RebuildRecord | None,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        now = datetime.now(UTC)
        self._sessions = sessions
        self._on_progress = on_progress
        self._record = RebuildRecord(
            phase=RebuildPhase.EMBEDDING,
            embedder_id=embedder_id,
            done=0,
            total=total,
            started_at=now,
            changed_at=now,
            finished_at=before.finished_at if before else None,
        )

    async def begin(self, phase: RebuildPhase) -> None:
        await self._save(phase=phase, done=0)

    async def reached(self, done: int) -> None:
        if self._on_progress:
            self._on_progress(done, self._record.total)
        if datetime.now(UTC) - self._record.changed_at >= _SAVE_EVERY:
            await self._save(done=done)

    async def end(self) -> None:
        await self._save(phase=RebuildPhase.DONE, done=self._record.total, finished_at=datetime.now(UTC))

    async def _save(self, **changes: object) -> None:
        self._record = replace(self._record, changed_at=datetime.now(UTC), **changes)  # type: ignore[arg-type]
        async with self._sessions.begin() as session:
            await save_rebuild(session, self._record)
