"""The protocol every index backend keeps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable
from uuid import UUID

from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.query import ExpertQuery, Rankings


@runtime_checkable  # so that the web framework can check what it injects
class SearchBackend(Protocol):
    """Ranks experts by words and by vectors; knows nothing of the application's tables, of HTTP or of who asks.

    The index is a copy that may be thrown away. Any method may raise SearchUnavailableError.
    tests/contracts/test_search_backend.py says the rest, for every implementation.
    """

    async def create(self) -> None:
        """Make what is missing, and nothing else."""
        ...

    async def upsert(self, documents: Sequence[ExpertDocument], vectors: Sequence[Vectors | None]) -> None:
        """Add or replace; doing it twice changes nothing.

        `vectors` stands beside `documents`: one row for each chunk of the document, or None to find it by words alone.
        """
        ...

    async def delete(self, expert_ids: Sequence[UUID]) -> None:
        """Unknown ids are ignored."""
        ...

    async def search(self, query: ExpertQuery) -> Rankings: ...

    async def embedder_id(self) -> str | None:
        """Whose vectors the index holds; None while nobody has said. A fresh index takes that of whoever fills it."""
        ...

    def rebuilding(self) -> AbstractAsyncContextManager[FreshIndex]:
        """A fresh index beside this one, to be filled by `upsert`; it takes its place when the block ends well."""
        ...

    async def count(self) -> int:
        """Documents in the index."""
        ...

    async def ids(self) -> set[UUID]:
        """Of all documents, for whoever compares the copy with the truth."""
        ...


class FreshIndex(SearchBackend, Protocol):
    """An index that is being built beside the one that serves; nobody else knows of it."""

    async def finish(self) -> None:
        """Make what searches need of all that was written: minutes for a large index. What is written afterwards is
        taken in at once, so that little is left to do when the index takes its place. The end of the block finishes
        what nobody has."""
        ...
