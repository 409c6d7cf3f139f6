"""Vectors that come with the program: one .npz of text hashes and float16 rows, for one embedder.

`Embeddings.write_vector_file` makes one; `service/reference/vectors.npz` holds the demo and reference texts.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.embedding.frames import TextKind

_KINDS: tuple[TextKind, ...] = ("passage", "query")


def read_vector_file(path: Path, embedder_id: str | None, dimensions: int) -> dict[tuple[TextKind, bytes], bytes]:
    """Kind and hash → float16 bytes. Empty when there is no such file or it was made by another embedder."""
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        if str(file["embedder_id"]) != embedder_id:
            return {}
        return {
            (kind, key.tobytes()): vector.tobytes()
            for kind in _KINDS
            for key, vector in zip(file[f"{kind}_hashes"], file[f"{kind}_vectors"], strict=True)
            if vector.shape == (dimensions,)
        }


def save_vector_file(path: Path, embedder_id: str, entries: Mapping[tuple[TextKind, bytes], bytes]) -> None:
    """The same entries give the same bytes, so that an unchanged file shows no difference under version control."""
    arrays: dict[str, NDArray[np.generic]] = {"embedder_id": np.array(embedder_id)}
    for kind in _KINDS:
        chosen = sorted((key, vector) for (of, key), vector in entries.items() if of == kind)
        arrays[f"{kind}_hashes"] = np.frombuffer(b"".join(key for key, _ in chosen), np.uint8).reshape(-1, 32)
        rows = np.frombuffer(b"".join(vector for _, vector in chosen), np.float16)
        arrays[f"{kind}_vectors"] = rows.reshape(len(chosen), -1) if chosen else rows.reshape(0, 0)
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (2025, 1, 1, 0, 0, 0)), content.getvalue(), zipfile.ZIP_DEFLATED
            )
    partial.replace(path)
