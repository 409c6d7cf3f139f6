"""Documents into the tables of the PostgreSQL index, with the figures that searching needs kept right."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection, sql

from search.backends.identifiers import identifier_keys
from search.backends.lexemes import DocumentWords, words_of
from search.backends.packing import Chunks, pack_vectors, pack_words
from search.backends.schema import LANGUAGES, TABLES
from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.vietnamese import language_of

_DRIFT = 0.1  # means are taken anew when there are so many more or fewer chunks
_SAMPLE = 50_000  # chunks that the means are taken from
_SHRINKAGE = 20  # chunks: the mean of a language with few of them leans on the mean of all
_AT_A_TIME = 1_000  # documents whose centres are taken in one go

# Lexemes of these documents in or out of the vocabulary.
_COUNT_TERMS = """
insert into {term} as t (lexeme, documents)
select lexeme, {sign} count(*) from {word} w, unnest(w.words) where w.id = any(%s) group by lexeme order by lexeme
on conflict (lexeme) do update set documents = t.documents + excluded.documents
"""
_COUNT_ALL_TERMS = """
insert into {term} (lexeme, documents)
select word, ndoc from ts_stat(format('select words from %%s', %s::regclass)) order by word collate "C"
"""
_PUT = """
insert into {document} (id, length, chunks, facets, identifiers, names) values (%s, %s, %s, %s, %s, %s)
on conflict (id) do update set (length, chunks, facets, identifiers, names)
 = (excluded.length, excluded.chunks, excluded.facets, excluded.identifiers, excluded.names)
"""
_FORGET = """
with w as (delete from {word} where no = any(%(numbers)s)), p as (delete from {profile} where no = any(%(numbers)s)),
c as (delete from {chunk} where no = any(%(numbers)s)) delete from {centre} where no = any(%(numbers)s)
"""
_REFRESH = """
update {state} set version = version + 1, documents = d.documents, mean_length = d.mean_length, chunks = d.chunks
from (select count(*) as documents, coalesce(avg(length), 0) as mean_length, coalesce(sum(chunks), 0) as chunks
      from {document}) d
"""

Means = Mapping[int, NDArray[np.float64]]


class Writer:
    """Statements for one schema; each method expects to be inside a transaction. One writer at a time: `lock` first."""

    def __init__(self, connection: AsyncConnection[Any], schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._tables = {name: sql.Identifier(schema, name) for name in TABLES}

    async def lock(self) -> None:
        """Until the end of the transaction; readers are not held up."""
        await self._connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"index {self._schema}"])

    async def put(
        self, documents: Sequence[ExpertDocument], vectors: Sequence[Vectors | None], *, is_bulk: bool = False
    ) -> None:
        """`is_bulk` leaves vocabulary, means and centres to `finish`."""
        ids = [document.id for document in documents]
        if not is_bulk:
            await self._count_terms(ids, "-")
        words = [words_of(document) for document in documents]
        rows = [_row(*one) for one in zip(documents, words, vectors, strict=True)]
        async with self._connection.cursor() as cursor:
            await cursor.executemany(self._sql(_PUT), rows)
        cursor = await self._connection.execute(self._sql("select id, no from {document} where id = any(%s)"), [ids])
        numbers: dict[UUID, int] = dict(await cursor.fetchall())
        changed = list(numbers.values())
        await self._connection.execute(self._sql(_FORGET), {"numbers": changed})
        named = [(numbers[one.id], one.id) for one in documents]
        await self._copy(
            "copy {word} (no, id, words) from stdin",
            ((no, id_, held.tsvector()) for (no, id_), held in zip(named, words, strict=True)),
        )
        await self._copy_binary(
            "copy {profile} (no, length, id, lexemes) from stdin (format binary)",
            (
                (struct.pack(">i", no), struct.pack(">f", held.length), id_.bytes, pack_words(held))
                for (no, id_), held in zip(named, words, strict=True)
            ),
        )
        await self._copy_binary(
            "copy {chunk} (no, id, vectors) from stdin (format binary)",
            (
                (struct.pack(">i", no), id_.bytes, packed)
                for (no, id_), document, rows_of in zip(named, documents, vectors, strict=True)
                if (packed := _packed_vectors(document, rows_of))
            ),
        )
        if not is_bulk:
            await self._count_terms(ids, "+")
            await self._refresh(changed)

    async def remove(self, ids: Sequence[UUID]) -> None:
        await self._count_terms(ids, "-")
        await self._connection.execute(self._sql("delete from {document} where id = any(%s)"), [list(ids)])
        await self._connection.execute(self._sql("delete from {term} where documents <= 0"))
        await self._refresh([])

    async def finish(self) -> None:
        """After a bulk load."""
        await self._connection.execute(self._sql("truncate {term}"))
        await self._connection.execute(self._sql(_COUNT_ALL_TERMS), [f'"{self._schema}".word'])
        await self._connection.execute(self._sql(_REFRESH))
        await self._average()
        await self._centre_all()

    async def _count_terms(self, ids: Sequence[UUID], sign: str) -> None:
        statement = self._sql(_COUNT_TERMS, sign="-" if sign == "-" else "")
        await self._connection.execute(statement, [list(ids)])

    async def _refresh(self, changed: list[int]) -> None:
        await self._connection.execute(self._sql(_REFRESH))
        cursor = await self._connection.execute(
            self._sql("select chunks, averaged_chunks, centred_chunks from {state}")
        )
        chunks, averaged, centred = await cursor.fetchone() or (0, 0, 0)
        if abs(chunks - averaged) > _DRIFT * averaged or await self._bring_a_new_language(changed):
            await self._average()
        if chunks > 2 * centred:
            await self._centre_all()
        elif changed:
            await self._centre(changed)

    async def _bring_a_new_language(self, changed: list[int]) -> bool:
        """Chunks in a language without a mean would be compared with nothing."""
        means = await self._means()
        return bool(set((await self._chunks_of(changed))[1].languages.tolist()) - means.keys())

    async def _average(self) -> None:
        """What the chunks of each language have in common."""
        cursor = await self._connection.execute(
            self._sql(
                "select c.vectors from {chunk} c tablesample bernoulli"
                " ((select least(100, 100.0 * %s / greatest(chunks, 1)) from {state})) repeatable (0)"
            ),
            [_SAMPLE],
            binary=True,
        )
        packed = [vectors for (vectors,) in await cursor.fetchall()]
        means = await asyncio.to_thread(_averages, packed, await self._dimensions()) if packed else {}
        await self._connection.execute(self._sql("delete from {language_mean}"))
        for language, mean in means.items():
            await self._connection.execute(
                self._sql("insert into {language_mean} values (%s, %s)"), [language, mean.tolist()]
            )
        await self._connection.execute(self._sql("update {state} set averaged_chunks = chunks"))

    async def _centre_all(self) -> None:
        await self._connection.execute(self._sql("delete from {centre}"))
        cursor = await self._connection.execute(self._sql("select no from {chunk} order by no"))
        numbers = [no for (no,) in await cursor.fetchall()]
        for start in range(0, len(numbers), _AT_A_TIME):
            await self._centre(numbers[start : start + _AT_A_TIME])
        await self._connection.execute(self._sql("update {state} set centred_chunks = chunks"))

    async def _centre(self, numbers: list[int]) -> None:
        """Of documents that have no centre yet."""
        held, chunks = await self._chunks_of(numbers)
        if not held:
            return
        centres = await asyncio.to_thread(_centres, chunks, await self._means())
        await self._copy_binary(
            "copy {centre} (no, vector) from stdin (format binary)",
            (
                (struct.pack(">i", no), struct.pack(">hh", len(centre), 0) + centre.astype(">f2").tobytes())
                for no, centre in zip(held, centres, strict=True)
                if centre.any()
            ),
        )

    async def _chunks_of(self, numbers: list[int]) -> tuple[list[int], Chunks]:
        cursor = await self._connection.execute(
            self._sql("select no, vectors from {chunk} where no = any(%s) order by no"), [numbers], binary=True
        )
        rows = await cursor.fetchall()
        return [no for no, _ in rows], Chunks.read([packed for _, packed in rows], await self._dimensions())

    async def _means(self) -> Means:
        cursor = await self._connection.execute(self._sql("select language, mean from {language_mean}"), binary=True)
        return {language: np.array(mean, np.float64) for language, mean in await cursor.fetchall()}

    async def _dimensions(self) -> int:
        cursor = await self._connection.execute(self._sql("select dimensions from {state}"))
        return int((await cursor.fetchone() or (0,))[0])

    async def _copy(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        async with self._connection.cursor() as cursor, cursor.copy(self._sql(statement)) as target:
            for row in rows:
                await target.write_row(row)

    async def _copy_binary(self, statement: str, rows: Iterable[Sequence[bytes]]) -> None:
        async with self._connection.cursor() as cursor, cursor.copy(self._sql(statement)) as target:
            await target.write(_COPY_HEADER)
            for row in rows:
                fields = [struct.pack(">i", len(value)) + value for value in row]
                await target.write(struct.pack(">h", len(row)) + b"".join(fields))
            await target.write(_COPY_END)

    def _sql(self, text: str, **parts: str) -> sql.Composed:
        # The parts are fixed words of this module, never anything that was typed.
        return sql.SQL(text).format(**self._tables, **{name: sql.SQL(part) for name, part in parts.items()})


def facet_keys(facets: dict[str, tuple[str, ...]]) -> list[str]:
    return sorted({f"{name}={value}" for name, values in facets.items() for value in values})


def _row(document: ExpertDocument, words: DocumentWords, vectors: Vectors | None) -> tuple[object, ...]:
    if vectors is not None and len(vectors) != len(document.chunks):
        raise ValueError(f"{len(vectors)} vectors for {len(document.chunks)} chunks of {document.id}")
    return (
        document.id,
        words.length,
        0 if vectors is None else int(np.count_nonzero(vectors.any(axis=1))),
        facet_keys(dict(document.facets)),
        sorted({key for text in document.identifiers for key in identifier_keys(text)}),
        [name.replace("\0", " ") for name in (document.full_name, *document.aliases)],
    )


_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)


def _packed_vectors(document: ExpertDocument, vectors: Vectors | None) -> bytes:
    """Texts that could not be embedded have zero vectors and no record."""
    if vectors is None or not len(vectors):
        return b""
    held = np.flatnonzero(vectors.any(axis=1)).tolist()
    languages = [LANGUAGES[language_of(document.chunks[ordinal].text)] for ordinal in held]
    return pack_vectors(vectors[held], held, languages)


def _averages(packed: Sequence[bytes], dimensions: int) -> Means:
    chunks = Chunks.read(packed, dimensions)
    of_all = chunks.vectors.mean(axis=0, dtype=np.float64)
    means = {}
    for language in np.unique(chunks.languages).tolist():
        own = chunks.vectors[chunks.languages == language]
        total = own.sum(axis=0, dtype=np.float64) + _SHRINKAGE * of_all
        means[language] = total / (len(own) + _SHRINKAGE)
    return means


def _centres(chunks: Chunks, means: Means) -> Vectors:
    """The mean chunk of each expert less what its language has in common, of length 1; zeros where nothing is left."""
    common = np.zeros((max(LANGUAGES.values()) + 1, chunks.vectors.shape[1]), np.float32)
    for language, mean in means.items():
        common[language] = mean
    starts = np.cumsum(chunks.counts) - chunks.counts
    centres: Vectors = np.add.reduceat(chunks.vectors - common[chunks.languages], starts, axis=0)
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    centres = np.divide(centres, lengths, out=np.zeros_like(centres), where=lengths > 1e-6)
    return centres
