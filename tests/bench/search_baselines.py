"""What a search is measured against, on the same people in the same run: the least that would give a list at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from search.backends.packing import Chunks
from search.vietnamese import fold
from service.directory.search import DirectorySearch
from service.runtime import Runtime

Ask = Callable[[DirectorySearch], Awaitable[object]]

FACETS = ("field_group", "degree", "academic_rank", "country", "province", "is_available", "state", "open_reviews")
_TABLE = """
create schema if not exists bench;
create table if not exists bench.plain as
select e.id, e.full_name, e.degree, e.academic_rank, e.country, e.province, e.is_available, e.state, e.open_reviews,
       left(f.code, 1) as field_group,
       to_tsvector('simple', concat_ws(' ', e.name_fold, e.organisation_text, e.biography,
                   array_to_string(e.keywords, ' '),
                   (select string_agg(v.title_fold, ' ') from public.evidence v where v.expert_id = e.id))) as words
from public.expert e left join public.expert_field f on f.expert_id = e.id and f.ordinal = 0;
create index if not exists plain_words on bench.plain using gin (words);
"""
_SIZE = """
select pg_total_relation_size('bench.plain'),
    (select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname = %s and relkind = 'r')
"""
_FOUND = 20


async def plain_full_text(runtime: Runtime) -> Ask:
    """PostgreSQL's own: ts_rank, 20 rows, a total and a GROUP BY for each of eight facets. No vectors, no names with
    slips, no synonyms, no reasons, no filters."""
    async with runtime.pool.connection() as connection:
        await connection.execute(_TABLE)
        await connection.execute("analyze bench.plain")  # type: ignore[arg-type]

    async def ask(request: DirectorySearch) -> object:
        query = {"text": fold(request.text)}
        where = "words @@ plainto_tsquery('simple', %(text)s)" if request.text else "true"
        async with runtime.pool.connection() as connection:
            for statement in (
                f"select id, full_name from bench.plain where {where} order by"
                f" ts_rank(words, plainto_tsquery('simple', %(text)s)) desc, id limit {_FOUND}",
                f"select count(*) from bench.plain where {where}",
                *(f"select {name}, count(*) from bench.plain where {where} group by 1" for name in FACETS),
            ):
                await (await connection.execute(statement, query)).fetchall()  # type: ignore[arg-type]
        return None

    return ask


async def exhaustive_vectors(runtime: Runtime) -> Ask:
    """numpy: the query against every text, the best text of each person, the best 20. All vectors in memory."""
    async with runtime.pool.connection() as connection:
        cursor = await connection.execute("select vectors from search.chunk order by no", binary=True)
        packed = [row[0] for row in await cursor.fetchall()]
    chunks = Chunks.read(packed, runtime.embeddings.dimensions)
    starts = np.cumsum(chunks.counts) - chunks.counts

    def nearest(vector: np.ndarray) -> list[int]:
        best = np.maximum.reduceat(chunks.vectors @ vector, starts)
        return list(np.argpartition(-best, _FOUND)[:_FOUND])

    async def ask(request: DirectorySearch) -> object:
        vectors = await runtime.embeddings.queries([request.text])
        return await asyncio.to_thread(nearest, vectors[0])

    return ask


async def sizes(runtime: Runtime) -> tuple[int, int]:
    """Bytes on disk: of the plain table with its index, of the search index."""
    async with runtime.pool.connection() as connection:
        cursor = await connection.execute(_SIZE, ["search"])
        plain, ours = await cursor.fetchone()  # type: ignore[misc]
        return int(plain), int(ours)
