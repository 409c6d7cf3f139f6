"""Documents into the tables of the PostgreSQL index, with the figures that searching needs kept right."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import AsyncConnection, sql

from search.backends.identifiers import identifier_keys
from search.backends.lexemes import words_of
from search.backends.schema import LANGUAGES, TABLES
from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.vietnamese import language_of

_DRIFT = 0.1  # means are taken anew when so large a share of the chunks has changed
_SAMPLE = 50_000  # chunks that the means are taken from
_SHRINKAGE = 20  # chunks: the mean of a language with few of them leans on the mean of all
_CENTRED_FROM = 10_000  # chunks: below, searching compares every chunk and needs no centres

# Lexemes of these documents in or out of the vocabulary.
_COUNT_TERMS = """
insert into {term} as t (lexeme, documents)
select lexeme, {sign} count(*) from {document} d, unnest(d.words) where {which} group by lexeme order by lexeme
on conflict (lexeme) do update set documents = t.documents + excluded.documents
"""
_PUT = """
insert into {document} (id, length, chunks, facets, identifiers, names, words)
values (%s, %s, %s, %s, %s, %s, %s::tsvector)
on conflict (id) do update set (length, chunks, facets, identifiers, names, words)
 = (excluded.length, excluded.chunks, excluded.facets, excluded.identifiers, excluded.names, excluded.words)
"""
_CENTRE = """
insert into {centre} (no, vector)
select no, l2_normalize(mean)::halfvec
from (select c.no, avg(c.vector::vector - m.mean) as mean
      from {chunk} c join {language_mean} m using (language) where {which} group by c.no) s
where vector_norm(mean) > 0
on conflict (no) do update set vector = excluded.vector
"""
_REFRESH = """
update {state} set version = version + 1, documents = d.documents, mean_length = d.mean_length, chunks = d.chunks
from (select count(*) as documents, coalesce(avg(length), 0) as mean_length, coalesce(sum(chunks), 0) as chunks
      from {document}) d
"""


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
        async with self._connection.cursor() as cursor:
            await cursor.executemany(self._sql(_PUT), [_row(d, v) for d, v in zip(documents, vectors, strict=True)])
        rows = await self._connection.execute(self._sql("select id, no from {document} where id = any(%s)"), [ids])
        numbers: dict[UUID, int] = dict(await rows.fetchall())
        changed = list(numbers.values())
        await self._connection.execute(self._sql("delete from {chunk} where no = any(%s)"), [changed])
        await self._connection.execute(self._sql("delete from {centre} where no = any(%s)"), [changed])
        copy = self._sql("copy {chunk} (no, ordinal, language, vector) from stdin (format binary)")
        async with self._connection.cursor() as cursor, cursor.copy(copy) as target:
            await target.write(_COPY_HEADER)
            for document, rows_of in zip(documents, vectors, strict=True):
                for row in _chunk_rows(numbers[document.id], document, rows_of):
                    await target.write(row)
            await target.write(_COPY_END)
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
        await self._connection.execute(self._sql(_COUNT_TERMS, sign="", which="true"))
        await self._connection.execute(self._sql(_REFRESH))
        await self._average()
        await self._connection.execute(self._sql(_CENTRE, which="true"))
        await self._connection.execute(self._sql("update {state} set centred_chunks = chunks"))

    async def _count_terms(self, ids: Sequence[UUID], sign: str) -> None:
        statement = self._sql(_COUNT_TERMS, sign="-" if sign == "-" else "", which="d.id = any(%s)")
        await self._connection.execute(statement, [list(ids)])

    async def _refresh(self, changed: list[int]) -> None:
        await self._connection.execute(self._sql(_REFRESH))
        cursor = await self._connection.execute(
            self._sql("select chunks, averaged_chunks, centred_chunks from {state}")
        )
        chunks, averaged, centred = await cursor.fetchone() or (0, 0, 0)
        if abs(chunks - averaged) > _DRIFT * averaged or await self._bring_a_new_language(changed):
            await self._average()
        if chunks >= max(_CENTRED_FROM, 2 * centred):
            await self._connection.execute(self._sql(_CENTRE, which="true"))
            await self._connection.execute(self._sql("update {state} set centred_chunks = chunks"))
        elif changed:
            await self._connection.execute(self._sql(_CENTRE, which="c.no = any(%s)"), [changed])

    async def _bring_a_new_language(self, changed: list[int]) -> bool:
        """Chunks in a language without a mean would be compared with nothing."""
        cursor = await self._connection.execute(
            self._sql(
                "select exists (select from {chunk} where no = any(%s)"
                " and language not in (select language from {language_mean}))"
            ),
            [changed],
        )
        return bool((await cursor.fetchone() or (False,))[0])

    async def _average(self) -> None:
        """What the chunks of each language have in common."""
        cursor = await self._connection.execute(
            self._sql(
                "select language, count(*), avg(vector::vector)::text"
                " from (select language, vector from {chunk} limit {sample}) s group by language",
                sample=str(_SAMPLE),
            )
        )
        means = {
            language: (count, np.array(mean[1:-1].split(","), np.float64))
            for language, count, mean in await cursor.fetchall()
        }
        await self._connection.execute(self._sql("delete from {language_mean}"))
        if means:
            total = sum(count for count, _ in means.values())
            of_all = sum(count * mean for count, mean in means.values()) / total
            for language, (count, mean) in means.items():
                shrunk = (count * mean + _SHRINKAGE * of_all) / (count + _SHRINKAGE)
                await self._connection.execute(
                    self._sql("insert into {language_mean} values (%s, %s, %s::vector)"),
                    [language, count, "[" + ",".join(f"{x:.7g}" for x in shrunk) + "]"],
                )
        await self._connection.execute(self._sql("update {state} set averaged_chunks = chunks"))

    def _sql(self, text: str, **parts: str) -> sql.Composed:
        # The parts are fixed words of this module, never anything that was typed.
        return sql.SQL(text).format(**self._tables, **{name: sql.SQL(part) for name, part in parts.items()})


def facet_keys(facets: dict[str, tuple[str, ...]]) -> list[str]:
    return sorted({f"{name}={value}" for name, values in facets.items() for value in values})


def _row(document: ExpertDocument, vectors: Vectors | None) -> tuple[object, ...]:
    words = words_of(document)
    if vectors is not None and len(vectors) != len(document.chunks):
        raise ValueError(f"{len(vectors)} vectors for {len(document.chunks)} chunks of {document.id}")
    return (
        document.id,
        words.length,
        0 if vectors is None else int(np.count_nonzero(vectors.any(axis=1))),
        facet_keys(dict(document.facets)),
        sorted({key for text in document.identifiers for key in identifier_keys(text)}),
        [name.replace("\0", " ") for name in (document.full_name, *document.aliases)],
        words.tsvector(),
    )


_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)


def _chunk_rows(no: int, document: ExpertDocument, vectors: Vectors | None) -> Iterator[bytes]:
    """Rows of COPY's binary format. Texts that could not be embedded have zero vectors and no row."""
    if vectors is None:
        return
    for ordinal, (chunk, vector) in enumerate(zip(document.chunks, vectors, strict=True)):
        if vector.any():
            half = struct.pack(">hh", len(vector), 0) + vector.astype(">f2").tobytes()
            language = LANGUAGES[language_of(chunk.text)]
            yield struct.pack(">hiiihihi", 4, 4, no, 2, ordinal, 2, language, len(half)) + half
