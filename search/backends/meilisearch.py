"""The index of a standard deployment: Meilisearch finds, this process ranks."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from meilisearch import Client
from meilisearch.models.task import TaskInfo

from search.backends.meilisearch_answers import converted, read_answer, read_state
from search.backends.meilisearch_connection import MeilisearchConnection, RefusedError
from search.backends.meilisearch_documents import (
    Share,
    StoredExpert,
    StoredState,
    changed_state,
    check_fit,
    embedder_settings,
    settings,
    share_of,
    to_stored,
)
from search.backends.meilisearch_questions import Index, one_of
from search.backends.meilisearch_reading import KnownCounts, MeilisearchReader
from search.backends.wording import Synonyms
from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.errors import SearchUnavailableError
from search.query import ExpertQuery, Rankings

_MOST_BYTES = 8_000_000  # of one upload; the server takes a hundred million
_MOST_DOCUMENTS = 500  # of one upload
_REBUILD_SECONDS = 3600.0  # for one upload of a rebuild: the server takes many of them together
_MOST_UNDER_WAY = 8  # uploads of a rebuild that the server has not carried out yet
_IDS_AT_A_TIME = 10_000
_ABANDONED_AFTER = datetime.timedelta(days=1)
_MOST_INDEXES = 1000
# Words of the server for an index that is not there, and for one that has come into being by itself, with no settings,
# when documents were added after it had been removed.
_NOT_THERE = "index_not_found"
_NO_SETTINGS = "invalid_search_filter"


class MeilisearchBackend:
    """A SearchBackend (search/backend.py) in one index of a Meilisearch server.

    `key` writes and searches; `search_key`, where given, is used for searching, and is enough for a process that never
    writes. `embedder_id` and `dimensions` are those of the vectors that this process writes; an index that holds
    another's serves on, and what is written to it meanwhile is found by words alone, until `rebuilding`.

    Writers of one process take turns. Writers in several processes need a lock of their own: two of them at once lose
    no document, but the index's own figures (of length and of what texts share) may go a little wrong until the next
    rebuild. Rebuilds cannot mix in any case: each has an index with a name of its own, and swapping is one step.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        search_key: str | None = None,
        uid: str = "experts",
        synonyms: Sequence[tuple[str, str]] = (),
        dimensions: int = 384,
        embedder_id: str | None = None,
        task_seconds: float = 120.0,
        search_seconds: float = 5.0,
        read_only: bool = False,
    ) -> None:
        self.may_write = not read_only and (key is not None or search_key is None)
        self._uid = uid
        self._pairs = tuple(synonyms)
        self._synonyms = Synonyms(synonyms)
        self._dimensions = dimensions
        self._embedder_id = embedder_id
        self._task_seconds = task_seconds
        self._writing = MeilisearchConnection(url, key or search_key, search_seconds=search_seconds)
        self._reading = (
            self._writing
            if search_key in (None, key)
            else MeilisearchConnection(url, search_key, search_seconds=search_seconds)
        )
        self._known = KnownCounts()
        self._turn = asyncio.Lock()
        self._rebuild_turn = asyncio.Lock()

    def close(self) -> None:
        self._writing.close()
        self._reading.close()

    async def create(self) -> None:
        """Make what is missing and bring the settings up to date. An index of an older layout is emptied: it has to be
        filled again. Needs the writing key."""
        async with self._turn:
            await self._create()

    async def drop(self) -> None:
        """Remove the index; nothing happens where there is none."""
        async with self._turn:
            try:
                await self._carry_out(lambda client: client.delete_index(self._uid))
            except RefusedError as error:
                if error.code != _NOT_THERE:
                    raise
            self._known.forget()

    async def upsert(self, documents: Sequence[ExpertDocument], vectors: Sequence[Vectors | None]) -> None:
        # Of two documents of one expert in a batch the later one stays.
        pairs = list({d.id: (d, v) for d, v in zip(documents, vectors, strict=True)}.values())
        for document, rows in pairs:
            check_fit(document, rows)  # before anything is written
        async with self._turn:
            for start in range(0, len(pairs), _MOST_DOCUMENTS):
                await self._put(pairs[start : start + _MOST_DOCUMENTS])
            self._known.forget()

    async def delete(self, expert_ids: Sequence[UUID]) -> None:
        if not expert_ids:
            return
        async with self._turn:
            state = await self._state_for_writing()
            ids = [str(expert_id) for expert_id in expert_ids]
            gone = await self._shares(ids, state)
            fresh = changed_state(state, gone=gone, come=())
            await self._carry_out(
                _deletion(self._uid, ids),
                _addition(self._uid, msgspec.json.encode([fresh])),
            )
            self._known.forget()

    async def search(self, query: ExpertQuery) -> Rankings:
        with _readable():
            return await MeilisearchReader(self._reading, self._uid, self._synonyms, self._known, query).rankings()

    async def count(self) -> int:
        """A process that writes makes an index that was lost, so that whoever compares counts finds it empty."""
        try:
            return await self._count()
        except RefusedError as error:
            if not self.may_write or error.code not in (_NOT_THERE, _NO_SETTINGS):
                raise
        await self.create()
        return await self._count()

    async def _count(self) -> int:
        (answer,) = await self._reading.multi_search([self._index.experts()])
        return read_answer(answer).estimated_total_hits

    async def embedder_id(self) -> str | None:
        (answer,) = await self._reading.multi_search([self._index.state()])
        state = read_state(answer)
        return state.embedder_id if state else None

    async def ids(self) -> set[UUID]:
        """Of all documents, for whoever compares the copy with the truth."""
        found: set[UUID] = set()
        for start in range(0, await self._count(), _IDS_AT_A_TIME):
            (answer,) = await self._reading.multi_search([self._index.some_ids(start, _IDS_AT_A_TIME)])
            with _readable():
                found |= {one.expert_id for one in read_answer(answer).hits}
        return found

    @contextlib.asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[MeilisearchRebuild]:
        """A fresh index beside this one, to be filled by `upsert`; it takes this one's place when the block ends well.

        Searches go on in the old one meanwhile. What is written to the old one in the meantime is lost with it: compare
        once more afterwards. Two rebuilds in one process wait for each other.
        """
        async with self._rebuild_turn:
            await self._remove_abandoned()
            beside = MeilisearchRebuild(
                self._writing.url,
                self._writing.key,
                uid=f"{self._uid}_next_{secrets.token_hex(6)}",
                synonyms=self._pairs,
                dimensions=self._dimensions,
                embedder_id=self._embedder_id,
                task_seconds=max(self._task_seconds, _REBUILD_SECONDS),
            )
            try:
                await beside.create()
                yield beside
                await beside.finish()
                async with self._turn:
                    if not await self._is_there():
                        await self._create()
                    pair = [self._uid, beside._uid]
                    await self._carry_out(lambda client: client.swap_indexes([{"indexes": pair}]))
                    self._known.forget()
            finally:
                with contextlib.suppress(SearchUnavailableError):  # a later rebuild removes what is left
                    await beside.drop()
                beside.close()

    @property
    def _index(self) -> Index:
        return Index(self._uid, {})

    async def _create(self) -> None:
        if await self._is_there():
            # The settings may take long on a full index, and it serves meanwhile: nobody waits for them.
            task = await self._writing.ask(self._settings)
            if await self._is_ready(task):
                return
            await self._carry_out(lambda client: client.index(self._uid).delete_all_documents())
        else:
            try:
                await self._carry_out(lambda client: client.create_index(self._uid, {"primaryKey": "id"}))
            except RefusedError as error:
                if error.code != "index_already_exists":  # another process was quicker
                    raise
            await self._carry_out(self._settings)
            if await self._state_if_any() is not None:
                return
        await self._put_state(self._fresh_state())

    def _settings(self, client: Client) -> TaskInfo:
        return client.index(self._uid).update_settings(settings(self._pairs))

    async def _is_ready(self, task: TaskInfo) -> bool:
        """Whether the index has a state of this layout; `task` gives it its settings."""
        try:
            return await self._state_if_any() is not None
        except RefusedError as error:
            if error.code != _NO_SETTINGS:
                raise
        await self._writing.wait_for(task.task_uid, self._task_seconds)
        return False

    async def _is_there(self) -> bool:
        try:
            await self._writing.ask(lambda client: client.get_raw_index(self._uid))
        except RefusedError as error:
            if error.code == _NOT_THERE:
                return False
            raise
        return True

    def _fresh_state(self) -> StoredState:
        return StoredState(embedder_id=self._embedder_id, dimensions=self._dimensions)

    async def _put_state(self, state: StoredState) -> None:
        """With the embedder that it speaks of; the index holds no vectors yet."""
        await self._carry_out(
            lambda client: client.index(self._uid).update_settings(embedder_settings(state.dimensions)),
            _addition(self._uid, msgspec.json.encode([state])),
        )

    async def _put(self, pairs: Sequence[tuple[ExpertDocument, Vectors | None]]) -> None:
        state = await self._state_for_writing()
        fits = (state.embedder_id, state.dimensions) == (self._embedder_id, self._dimensions)
        stored = [to_stored(document, rows if fits else None) for document, rows in pairs]
        gone = await self._shares([one.id for one in stored], state)
        fresh = changed_state(state, gone=gone, come=_shares_of(stored, state.dimensions))
        # The state comes last: it never counts a document that is not there.
        await self._upload([*stored, fresh])

    async def _state_for_writing(self) -> StoredState:
        """An index that was lost is made again, so that what is written next is found by the right rules. An empty one
        takes the vectors of whoever fills it."""
        try:
            state = await self._state()
        except RefusedError as error:
            if error.code not in (_NOT_THERE, _NO_SETTINGS):
                raise
            await self._create()
            state = await self._state()
        if not state.experts and (state.embedder_id, state.dimensions) != (self._embedder_id, self._dimensions):
            state = self._fresh_state()
            await self._put_state(state)
        return state

    async def _state(self) -> StoredState:
        state = await self._state_if_any()
        if state is None:
            await self._create()
            state = await self._state_if_any()
        if state is None:
            raise SearchUnavailableError(f"the index {self._uid} is not ready")
        return state

    async def _state_if_any(self) -> StoredState | None:
        (answer,) = await self._writing.multi_search([self._index.state()])
        return read_state(answer)

    async def _shares(self, ids: Sequence[str], state: StoredState) -> list[Share]:
        """What those of them who are in the index add to its state."""
        (answer,) = await self._writing.multi_search([self._index.stored(ids)])
        return [share_of(one.length, one.chunks, state.dimensions) for one in read_answer(answer).hits]

    async def _upload(self, documents: Sequence[StoredExpert | StoredState]) -> None:
        for body in bodies(documents):
            await self._carry_out(_addition(self._uid, body))

    async def _carry_out(self, *what: Callable[[Client], TaskInfo]) -> None:
        await self._writing.carry_out(*what, wait_seconds=self._task_seconds)

    async def _remove_abandoned(self) -> None:
        """What is left of rebuilds whose process died."""
        listed = await self._writing.ask(lambda client: client.get_raw_indexes({"limit": _MOST_INDEXES}))
        before = datetime.datetime.now(datetime.UTC) - _ABANDONED_AFTER
        for index in converted(listed, _ListedIndexes).results:
            if index.uid.startswith(f"{self._uid}_next_") and index.updated_at < before:
                await self._carry_out(_removal(index.uid))


class MeilisearchRebuild(MeilisearchBackend):
    """An index that is being built: uploads are not waited for one by one, and its state is written at the end."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._built = self._fresh_state()
        self._ids: set[str] = set()
        self._under_way: list[int] = []
        self._written: StoredState | None = None  # the state that the server has

    async def finish(self) -> None:
        async with self._turn:
            await self._settle(0)
            if self._written != self._built:
                await self._upload([self._built])
                self._written = self._built

    async def _put(self, pairs: Sequence[tuple[ExpertDocument, Vectors | None]]) -> None:
        stored = [to_stored(document, rows) for document, rows in pairs]
        again = [one.id for one in stored if one.id in self._ids]
        gone: list[Share] = []
        if again:
            await self._settle(0)
            gone = await self._shares(again, self._built)
        self._ids |= {one.id for one in stored}
        self._built = changed_state(self._built, gone=gone, come=_shares_of(stored, self._dimensions))
        for body in bodies(stored):
            await self._settle(_MOST_UNDER_WAY - 1)
            task = await self._writing.send(_addition(self._uid, body))
            self._under_way.append(task.task_uid)

    async def delete(self, expert_ids: Sequence[UUID]) -> None:
        async with self._turn:
            ids = [str(expert_id) for expert_id in expert_ids if str(expert_id) in self._ids]
            if not ids:
                return
            await self._settle(0)
            self._built = changed_state(self._built, gone=await self._shares(ids, self._built), come=())
            self._ids.difference_update(ids)
            await self._carry_out(_deletion(self._uid, ids))

    async def _settle(self, most: int) -> None:
        """Wait until no more than so many uploads are under way."""
        while len(self._under_way) > most:
            await self._writing.wait_for(self._under_way.pop(0), self._task_seconds)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """What is packed in a document, or its id, may be of somebody else's making."""
    try:
        yield
    except ValueError as error:
        raise SearchUnavailableError(f"the index holds what cannot be read: {error}") from error


def _shares_of(stored: Sequence[StoredExpert], dimensions: int) -> list[Share]:
    return [share_of(one.length, one.chunks, dimensions) for one in stored]


def _addition(uid: str, body: bytes) -> Callable[[Client], TaskInfo]:
    return lambda client: client.index(uid).add_documents_raw(body, "id", "application/json")


def _deletion(uid: str, ids: Sequence[str]) -> Callable[[Client], TaskInfo]:
    return lambda client: client.index(uid).delete_documents(filter=one_of("id", ids))


def _removal(uid: str) -> Callable[[Client], TaskInfo]:
    return lambda client: client.delete_index(uid)


class _ListedIndexes(msgspec.Struct):
    results: list[_ListedIndex]


class _ListedIndex(msgspec.Struct, rename="camel"):
    uid: str
    updated_at: datetime.datetime


def bodies(documents: Sequence[StoredExpert | StoredState], most_bytes: int = _MOST_BYTES) -> Iterator[bytes]:
    """Arrays of documents in JSON, each no longer than so many bytes, unless one document is."""
    batch: list[bytes] = []
    size = 2
    for document in documents:
        encoded = msgspec.json.encode(document)
        if batch and size + len(encoded) + 1 > most_bytes:
            yield b"[" + b",".join(batch) + b"]"
            batch, size = [], 2
        batch.append(encoded)
        size += len(encoded) + 1
    if batch:
        yield b"[" + b",".join(batch) + b"]"
