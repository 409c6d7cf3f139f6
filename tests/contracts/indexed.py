"""One-line documents and questions for the tests of index backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np

from search.backend import SearchBackend
from search.documents import EvidenceChunk, ExpertDocument
from search.embedding.embedder import Vectors
from search.query import ExpertQuery, Rankings

SYNONYMS = (
    ("ĐBSCL", "đồng bằng sông Cửu Long"),
    ("ĐTM", "đánh giá tác động môi trường"),
    ("NTTS", "nuôi trồng thủy sản"),
    ("aquaculture", "nuôi trồng thủy sản"),
    ("ĐH", "đại học"),
    ("TTNT", "trí tuệ nhân tạo"),
    ("AI", "trí tuệ nhân tạo"),
    ("NN", "nông nghiệp"),
)
DIMENSIONS = 8
EMBEDDER = "model of the contract"  # whose vectors these indexes hold


def person(full_name: str = "Người Khác", *works: str, **columns: Any) -> ExpertDocument:
    chunks = tuple(EvidenceChunk(evidence_id=None, kind="publication", text=work) for work in works)
    values: dict[str, Any] = {"id": uuid4(), "sort_key": full_name, "chunks": chunks, **columns}
    return ExpertDocument(full_name=full_name, **values)


async def put(backend: SearchBackend, *people: ExpertDocument) -> None:
    await backend.upsert(people, [None] * len(people))


async def search(backend: SearchBackend, text: str, **asked: Any) -> Rankings:
    return await backend.search(ExpertQuery(text=text, **asked))


async def found(backend: SearchBackend, text: str, people: Sequence[ExpertDocument], **asked: Any) -> list[str]:
    """Names, best first: the exact, then by words."""
    rankings = await search(backend, text, **asked)
    names = {one.id: one.full_name for one in people}
    return list(dict.fromkeys(names[hit.expert_id] for hit in (*rankings.exact, *rankings.by_words)))


def axis(n: int, *, tilt: float = 0.0) -> Vectors:
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[n] = 1.0
    vector[(n + 1) % DIMENSIONS] = tilt
    return vector / np.float32(np.linalg.norm(vector))
