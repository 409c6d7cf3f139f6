"""The embedded default: an index in PostgreSQL 18 with pgvector, good to about a hundred thousand experts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from search.backends.reading import KnownIndexes, Reader, settings
from search.backends.schema import LAYOUT, drop_ddl, indexes_ddl, moves_ddl, tables_ddl
from search.backends.wording import Synonyms
from search.backends.writing import Writer
from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.errors import SearchUnavailableError
from search.query import ExpertQuery, Rankings

_BATCH = 200  # documents in one transaction
_UNAVAILABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    PoolTimeout,
    PoolClosed,
    TooManyRequests,
)


class PostgresqlBackend:
    """A SearchBackend (search/backend.py) in a schema of its own. `synonyms` are (term, expansion) pairs, both ways.

    `embedder_id` and `dimensions` are those of the vectors that this process writes. An index that holds another's
    serves on; what is written to it meanwhile is found by words alone, until `rebuilding` puts a new one in its place.
    The schema may hold other throw-away tables beside the index, such as the vector cache; they are left alone.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        *,
        schema: str = "search",
        synonyms: Sequence[tuple[str, str]] = (),
        dimensions: int = 384,
        embedder_id: str | None = None,
    ) -> None:
        self._pool = pool
        self._schema = schema
        self._synonyms = Synonyms(synonyms)
        self._dimensions = dimensions
        self._embedder_id = embedder_id
        self._is_bulk = False
        self._known = KnownIndexes()
        self._readers = f"readers of index {schema}"

    async def create(self) -> None:
        """Make what is missing. An index of an older layout is emptied: it has to be filled again."""
        async with self._connection() as connection:
            if await self._is_current(connection):
                return
        async with self._connection() as connection:
            # Two processes may start at once, and "if not exists" is no lock.
            await connection.execute("select pg_advisory_xact_lock(hashtext('create index'))")
            await connection.execute("create extension if not exists vector")
            await connection.execute(self._sql("create schema if not exists {schema}"))
            await self._lock_out(connection)
            if await self._is_current(connection):
                return
            await self._make_tables(connection)

    async def drop(self) -> None:
        """Remove the index, and the schema when nothing else is in it."""
        async with self._connection() as connection:
            await self._lock_out(connection)
            await connection.execute(drop_ddl(self._schema))
            try:
                async with connection.transaction():
                    await connection.execute(self._sql("drop schema if exists {schema}"))
            except psycopg.errors.DependentObjectsStillExist:
                pass

    async def upsert(self, documents: Sequence[ExpertDocument], vectors: Sequence[Vectors | None]) -> None:
        # Of two documents of one expert in a batch the later one stays.
        pairs = list({d.id: (d, v) for d, v in zip(documents, vectors, strict=True)}.values())
        for start in range(0, len(pairs), _BATCH):
            batch = pairs[start : start + _BATCH]
            async with self._connection() as connection:
                writer = Writer(connection, self._schema)
                await writer.lock()
                fits = await self._takes_vectors(connection)
                await writer.put([d for d, _ in batch], [v if fits else None for _, v in batch], is_bulk=self._is_bulk)

    async def delete(self, expert_ids: Sequence[UUID]) -> None:
        if not expert_ids:
            return
        async with self._connection() as connection:
            writer = Writer(connection, self._schema)
            await writer.lock()
            await writer.remove(expert_ids)

    async def search(self, query: ExpertQuery) -> Rankings:
        with _mapped():
            async with self._pool.connection() as connection, connection.pipeline(), connection.transaction():
                names, values = zip(*settings(), strict=True)
                # The lock is shared by all readers; a rebuilt index waits for it before it takes this one's place.
                await connection.execute(
                    "select pg_advisory_xact_lock_shared(hashtext(%s)), set_config(name, value, true)"
                    " from unnest(%s::text[], %s::text[]) s (name, value)",
                    [self._readers, list(names), list(values)],
                )
                return await Reader(connection, self._schema, self._synonyms, query, self._known).rankings()

    async def count(self) -> int:
        return int(await self._state("documents"))

    async def version(self) -> int:
        """Grows with every change of the index."""
        return int(await self._state("version"))

    async def embedder_id(self) -> str | None:
        async with self._connection() as connection:
            return (await self._vectors_of(connection))[0]

    async def ids(self) -> set[UUID]:
        """Of all documents, for whoever compares the copy with the truth."""
        async with self._connection() as connection:
            cursor = await connection.execute(self._sql("select id from {schema}.document"))
            return {expert_id for (expert_id,) in await cursor.fetchall()}

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[PostgresqlRebuild]:
        """A fresh index beside this one, to be filled by `upsert`; it takes this one's place when the block ends well.

        Searches go on in the old one meanwhile and see the new one from the next statement. What is written to the old
        one in the meantime is lost with it: compare once more afterwards. Two rebuilds wait for each other.
        """
        async with self._rebuilding_alone(), self._beside() as beside:
            yield beside

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[PostgresqlRebuild]:
        beside = PostgresqlRebuild(
            self._pool, schema=f"{self._schema}_next", dimensions=self._dimensions, embedder_id=self._embedder_id
        )
        await beside.drop()
        await beside.create()
        try:
            yield beside
            await beside.finish()
            async with self._connection() as connection:
                # Searches are waited for last, so that they are held up for no longer than the tables take to move.
                await Writer(connection, self._schema).lock()
                version = await self._version_within(connection)
                await connection.execute(
                    sql.SQL("update {} set version = %s").format(sql.Identifier(beside._schema, "state")), [version + 1]
                )
                await connection.execute(self._sql("create schema if not exists {schema}"))
                await self._lock_out(connection)
                await connection.execute(moves_ddl(beside._schema, self._schema))
        finally:
            await beside.drop()

    @asynccontextmanager
    async def _rebuilding_alone(self) -> AsyncIterator[None]:
        """Holds one connection, idle, for as long as the block runs."""
        async with self._connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"rebuild of index {self._schema}"])
            yield

    async def _lock_out(self, connection: AsyncConnection[Any]) -> None:
        """Wait for writers and for searches under way; new ones wait until this transaction ends. A search reads the
        tables in another order than they are dropped in: each would wait for a table that the other holds."""
        await Writer(connection, self._schema).lock()
        await connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [self._readers])

    async def _version_within(self, connection: AsyncConnection[Any]) -> int:
        if not await self._is_current(connection):
            return 0
        cursor = await connection.execute(self._sql("select version from {schema}.state"))
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def _is_current(self, connection: AsyncConnection[Any]) -> bool:
        cursor = await connection.execute("select to_regclass(%s)", [f'"{self._schema}".state'])
        if (row := await cursor.fetchone()) is None or row[0] is None:
            return False
        cursor = await connection.execute(self._sql("select layout from {schema}.state"))
        return await cursor.fetchone() == (LAYOUT,)

    async def _make_tables(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute(drop_ddl(self._schema))
        await connection.execute(tables_ddl(self._schema, self._dimensions, self._embedder_id))
        if not self._is_bulk:
            await connection.execute(indexes_ddl(self._schema))

    async def _takes_vectors(self, connection: AsyncConnection[Any]) -> bool:
        """Whether the index holds vectors like those of this process. An empty index is made to."""
        if await self._vectors_of(connection) == (self._embedder_id, self._dimensions):
            return True
        cursor = await connection.execute(self._sql("select exists (select from {schema}.document)"))
        if (await cursor.fetchone() or (True,))[0]:
            return False
        version = await self._version_within(connection)
        await self._lock_out(connection)
        await self._make_tables(connection)
        await connection.execute(self._sql("update {schema}.state set version = %s"), [version])
        return True

    async def _vectors_of(self, connection: AsyncConnection[Any]) -> tuple[str | None, int]:
        cursor = await connection.execute(self._sql("select embedder_id, dimensions from {schema}.state"))
        return await cursor.fetchone() or (None, 0)

    async def _state(self, column: str) -> int:
        async with self._connection() as connection:
            cursor = await connection.execute(
                sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(self._schema, "state"))
            )
            row = await cursor.fetchone()
            return int(row[0]) if row else 0

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """One transaction; trouble with the server becomes SearchUnavailableError."""
        with _mapped():
            async with self._pool.connection() as connection, connection.transaction():
                yield connection

    def _sql(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(schema=sql.Identifier(self._schema))


class PostgresqlRebuild(PostgresqlBackend):
    """An index that is being built: without what searches need until it is finished, which makes writing quicker."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_bulk = True

    async def finish(self) -> None:
        if not self._is_bulk:
            return
        async with self._connection() as connection:
            await connection.execute("set local maintenance_work_mem = '256MB'")
            await Writer(connection, self._schema).finish()
            await connection.execute(indexes_ddl(self._schema))
        async with self._connection() as connection:
            await connection.execute(self._sql("analyze {schema}.document"))
            await connection.execute(self._sql("analyze {schema}.chunk"))
        self._is_bulk = False


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise SearchUnavailableError(f"there is no space left for the search index: {error}") from error
    except _UNAVAILABLE as error:
        raise SearchUnavailableError(f"the search index cannot be reached: {error}") from error
