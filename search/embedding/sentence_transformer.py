"""Any sentence-transformers model, by name or folder, in a process of its own.

PyTorch takes seconds and a gigabyte to load and may run out of memory, so it never comes into this process: what must
be known beforehand is read from the model's files. One child serves both kinds of text, for a second would need the
memory of a second model; queries go first. See decision 0008.

`python -m search.embedding.sentence_transformer NAME` fetches a model into the local cache, for a machine (or an image)
that will have no network.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence

import msgspec
import numpy as np

from search.embedding.child import Child, embed_in
from search.embedding.devices import DeviceChoice, Machine, choose_device, this_machine
from search.embedding.embedder import Vectors
from search.embedding.frames import TextKind
from search.embedding.model_folder import open_model
from search.embedding.sentence_transformer_call import ModelCall
from search.errors import N_, EmbedderUnavailableError, EmbeddingRefusedError

NOT_INSTALLED = N_(
    "The model %(model)s needs sentence-transformers, which is not installed here "
    "(pip install 'trithuc[sentence-transformers]'). Until then search and matching work on words alone."
)
_ON_A_CARD, _ON_A_PROCESSOR = 64, 8  # texts in one frame: more give a processor nothing, and a query waits for a frame
_START_SECONDS = 300.0  # a large model from a slow disk


class SentenceTransformerEmbedder:
    """An Embedder (search/embedding/embedder.py). Threads may share one; a query waits for a few passages at most.

    The child is started when it is first needed, takes seconds to start, and ends with this process. Vectors of one
    text in different batches differ by less than 1e-5 (cosine above .9999 in bfloat16).
    """

    def __init__(self, model: str, choice: DeviceChoice = DeviceChoice.AUTO, *, machine: Machine | None = None) -> None:
        """Raises EmbedderUnavailableError: not installed, no such model, no such device. May fetch a model by name."""
        if importlib.util.find_spec("sentence_transformers") is None:
            raise EmbedderUnavailableError(NOT_INSTALLED, model=model)
        device = choose_device(choice, machine or this_machine())
        folder = open_model(model)
        # Half of the processors: the other half is for the pages and the database.
        threads = max(1, len(os.sched_getaffinity(0)) // 2) if hasattr(os, "sched_getaffinity") else 1
        self._embedder_id = f"{folder.label}-{folder.digest}-{device.precision}"
        self._at_a_time = _ON_A_CARD if device.name == "cuda" else _ON_A_PROCESSOR
        call = ModelCall(
            folder=str(folder.path),
            device=device.name,
            has_bfloat16=device.has_bfloat16,
            prompts=folder.prompts,
            threads=threads,
            at_a_time=self._at_a_time,
        )
        self._child = Child(
            "search.embedding.sentence_transformer_process",
            [msgspec.json.encode(call).decode()],
            dimensions=folder.dimensions,
            environment={
                "OMP_NUM_THREADS": str(threads),
                "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads take a query's p95 from 40 ms to a second
                "TOKENIZERS_PARALLELISM": "false",
                "HF_HUB_OFFLINE": "1",  # all it needs is in the folder
                "HF_HUB_DISABLE_TELEMETRY": "1",
            },
            start_seconds=_START_SECONDS,
        )

    @property
    def embedder_id(self) -> str:
        return self._embedder_id

    @property
    def dimensions(self) -> int:
        return self._child.dimensions

    @property
    def process_ids(self) -> list[int]:
        """Of the child, while it runs."""
        return [self._child.pid] if self._child.pid is not None else []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed("query", texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed("passage", texts)

    def close(self) -> None:
        self._child.close()

    def _embed(self, kind: TextKind, texts: Sequence[str]) -> Vectors:
        """Texts of like length go together: the shorter ones of a frame cost as much as its longest."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        try:
            found = embed_in(self._child, kind, [texts[index] for index in order], at_a_time=self._at_a_time)
        except EmbeddingRefusedError as refused:
            raise EmbeddingRefusedError(order[refused.index], refused.reason) from None
        vectors = np.empty_like(found)
        vectors[order] = found
        return vectors


if __name__ == "__main__":
    try:
        fetched = open_model(sys.argv[1])
    except EmbedderUnavailableError as error:
        sys.exit(str(error))
    print(f"{fetched.label} {fetched.digest}: {fetched.dimensions} dimensions, in {fetched.path}")
