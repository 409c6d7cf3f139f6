"""The process that holds PyTorch and one sentence-transformers model."""

from __future__ import annotations

import sys
import warnings

import msgspec
import numpy as np

from search.embedding.child_process import Embed, serve
from search.embedding.embedder import Vectors
from search.embedding.frames import TextKind
from search.embedding.sentence_transformer_call import ModelCall

_MAY_GROW_BY = 1 << 30  # bytes


def _load() -> tuple[int, Embed]:
    warnings.simplefilter("ignore")
    call = msgspec.json.decode(sys.argv[1], type=ModelCall)
    # Seconds to import, and only ever in this process.
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(call.threads)
    model = SentenceTransformer(
        call.folder,
        device=call.device,
        local_files_only=True,
        model_kwargs={"dtype": torch.bfloat16 if call.has_bfloat16 else torch.float32},
    )

    def embed(kind: TextKind, texts: list[str]) -> Vectors:
        vectors = model.encode(
            texts,
            prompt=call.prompts[kind],
            batch_size=call.at_a_time,
            convert_to_numpy=True,
            show_progress_bar=False,
        ).astype(np.float32)
        # Of length 1 in float32: what bfloat16 calls 1 may be .997.
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    return len(embed("query", ["một"])[0]), embed


if __name__ == "__main__":
    serve(_load, may_grow_by=_MAY_GROW_BY)
