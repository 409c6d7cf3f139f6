"""Which embedder questions go to: that of the index, also while another is taking its place.

After a change of TRITHUC_EMBEDDER the index holds the old model's vectors until a worker has embedded everything anew.
Until then questions are embedded by the old model as well, where it can be opened; where it cannot (its folder is gone,
say), they are answered by words alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from search.backend import SearchBackend
from search.embedding.cache import EmbedderSource, Embeddings
from search.errors import SearchUnavailableError
from service.directory.index_record import find_embedder

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 5.0


class EmbedderInUse:
    """`own` is the configured one. `reopen` opens what the index was filled by; blocking."""

    def __init__(
        self,
        own: Embeddings,
        backend: SearchBackend,
        sessions: async_sessionmaker[AsyncSession],
        reopen: Callable[[EmbedderSource], Embeddings],
    ) -> None:
        self._own = own
        self._backend = backend
        self._sessions = sessions
        self._reopen = reopen
        self._current = own
        self._retired: Embeddings | None = None  # closed a little later: a request may still be using it
        self._given_up: str | None = None  # an embedder_id that could not be opened

    @property
    def current(self) -> Embeddings:
        return self._current

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Load the model and keep up with the index while the block runs."""
        self._own.load_in_background()
        task = asyncio.create_task(self._follow(), name="embedder in use")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=5)
            for embeddings in (self._retired, self._current):
                if embeddings is not None and embeddings is not self._own:
                    await asyncio.to_thread(embeddings.close)

    async def look(self) -> None:
        """Ask the index whose vectors it holds, and change over where that has changed."""
        if self._retired is not None:
            retired, self._retired = self._retired, None
            await asyncio.to_thread(retired.close)
        held = await self._backend.embedder_id()
        if held == self._current.embedder_id or (held is None and self._current is self._own):
            return
        if held in (None, self._own.embedder_id) or self._own.embedder_id is None:
            self._change_to(self._own)
        elif held != self._given_up:
            older = await self._open(held)
            if older is None:
                self._given_up = held
                logger.warning("The index holds vectors of %s, which cannot be opened here: words alone.", held)
            else:
                older.load_in_background()
                self._change_to(older)

    async def _open(self, embedder_id: str) -> Embeddings | None:
        async with self._sessions() as session:
            source = await find_embedder(session, embedder_id)
        if source is None:
            return None
        found = await asyncio.to_thread(self._reopen, source)
        if found.embedder_id == embedder_id:
            return found
        await asyncio.to_thread(found.close)
        return None

    def _change_to(self, embeddings: Embeddings) -> None:
        if self._current is not embeddings and self._current is not self._own:
            self._retired = self._current
        self._current = embeddings

    async def _follow(self) -> None:
        while True:
            try:
                await self.look()
            except (SearchUnavailableError, DBAPIError, OSError):
                pass  # the index or the database is away; searches say so
            except Exception:
                logger.exception("Whose vectors the index holds could not be found out.")
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
