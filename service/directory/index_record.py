"""What is remembered of the search index, in the table of settings: the rebuild under way or last done, whether people
were written to the index without vectors, how each embedder was opened that the index has held, and whose vectors the
processes that run would have it hold."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from search.embedding.cache import EmbedderSource
from service.database.models.base import uuid7

_REBUILD = "index_rebuild"
_LACKS_VECTORS = "index_lacks_vectors"
_EMBEDDERS = "index_embedders"
_MOST_NOTED = 1000  # people without vectors; more of them are a rebuild
_WANTED = "index_wanted"
_GONE_AFTER = timedelta(minutes=3)  # of silence; a worker speaks once a minute

_READ = text("SELECT value FROM setting WHERE name = :name AND valid_from IS NULL")
_WRITE = text(
    "INSERT INTO setting (id, name, value) VALUES (:id, :name, CAST(:value AS jsonb)) "
    "ON CONFLICT (name, valid_from) DO UPDATE SET value = excluded.value"
)
_ADD = text(
    "INSERT INTO setting (id, name, value) VALUES (:id, :name, CAST(:value AS jsonb)) "
    "ON CONFLICT (name, valid_from) DO UPDATE SET value = setting.value || excluded.value"
)
_NOW = text("SELECT now()")  # all processes look at this clock
_REMOVE = text("DELETE FROM setting WHERE name = :name AND valid_from IS NULL")
_TAKE_LISTED = text(
    "DELETE FROM setting WHERE name = :name AND valid_from IS NULL AND jsonb_typeof(value -> 'expert_ids') = 'array' "
    "RETURNING value -> 'expert_ids'"
)


class RebuildPhase(StrEnum):
    EMBEDDING = "embedding"  # texts become vectors; the old index serves
    BUILDING = "building"  # the new index is written beside the old one, which serves
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildRecord:
    """`done` of `total` experts in this phase. A record that is not DONE and has not changed for minutes is of a worker
    that was stopped; the next one goes on. `finished_at` is that of the last rebuild that came to its end, whatever
    has begun since. `embedder_id` None: by words alone."""

    phase: RebuildPhase
    embedder_id: str | None
    done: int
    total: int
    started_at: datetime
    changed_at: datetime
    finished_at: datetime | None = None


async def find_rebuild(session: AsyncSession) -> RebuildRecord | None:
    value = await session.scalar(_READ, {"name": _REBUILD})
    return None if value is None else msgspec.convert(value, RebuildRecord)


async def save_rebuild(session: AsyncSession, record: RebuildRecord) -> None:
    await session.execute(_WRITE, _row(_REBUILD, record))


@dataclass(frozen=True, slots=True)
class MissingVectors:
    """`expert_ids` None: of very many people, or of all."""

    since: datetime
    expert_ids: tuple[UUID, ...] | None = None


async def note_missing_vectors(session: AsyncSession, expert_ids: Collection[UUID] | None = None) -> None:
    """These people were written to an index that holds another embedder's vectors, or by a process that has none.
    To be noted while the index is held, like the writing itself."""
    before = await find_missing_vectors(session)
    since = before.since if before else datetime.now(UTC)
    known = before.expert_ids if before else ()
    together = None if expert_ids is None or known is None else tuple(sorted({*known, *expert_ids}))
    if together is not None and len(together) > _MOST_NOTED:
        together = None
    await session.execute(_WRITE, _row(_LACKS_VECTORS, MissingVectors(since, together)))


async def find_missing_vectors(session: AsyncSession) -> MissingVectors | None:
    value = await session.scalar(_READ, {"name": _LACKS_VECTORS})
    return None if value is None else msgspec.convert(value, MissingVectors)


async def take_those_without_vectors(session: AsyncSession) -> tuple[UUID, ...]:
    """They are forgotten: the caller has them indexed anew. Nobody where there are very many, which is a rebuild."""
    value = await session.scalar(_TAKE_LISTED, {"name": _LACKS_VECTORS})
    return () if value is None else msgspec.convert(value, tuple[UUID, ...])


async def forget_missing_vectors(session: AsyncSession) -> None:
    await session.execute(_REMOVE, {"name": _LACKS_VECTORS})


async def note_embedder(session: AsyncSession, embedder_id: str, source: EmbedderSource) -> None:
    """So that another process can open it again while the index still holds its vectors."""
    if await find_embedder(session, embedder_id) != source:
        await session.execute(_ADD, _row(_EMBEDDERS, {embedder_id: source}))


async def find_embedder(session: AsyncSession, embedder_id: str) -> EmbedderSource | None:
    known = await session.scalar(_READ, {"name": _EMBEDDERS}) or {}
    return msgspec.convert(known[embedder_id], EmbedderSource) if embedder_id in known else None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`since` is when the last process with this embedder was started, `said_at` when one of them last spoke."""

    since: datetime
    said_at: datetime


async def note_wanted(session: AsyncSession, embedder_id: str, since: datetime) -> None:
    """A process that was started then would have the index hold this embedder's vectors."""
    said_at: datetime = (await session.execute(_NOW)).scalar_one()
    known = (await _all_wanted(session)).get(embedder_id)
    wanted = _Wanted(max(since, known.since) if known else since, said_at)
    await session.execute(_ADD, _row(_WANTED, {embedder_id: wanted}))


async def find_newest_wanted(session: AsyncSession) -> str | None:
    """The embedder of the process that was started last, of those that run. Processes without one have no say."""
    now: datetime = (await session.execute(_NOW)).scalar_one()
    running = {
        embedder_id: wanted.since
        for embedder_id, wanted in (await _all_wanted(session)).items()
        if now - wanted.said_at < _GONE_AFTER
    }
    return max(running, key=lambda embedder_id: (running[embedder_id], embedder_id), default=None)


async def _all_wanted(session: AsyncSession) -> dict[str, _Wanted]:
    return msgspec.convert(await session.scalar(_READ, {"name": _WANTED}) or {}, dict[str, _Wanted])


def _row(name: str, value: object) -> dict[str, object]:
    return {"id": uuid7(), "name": name, "value": json.dumps(msgspec.to_builtins(value))}
