"""A search from start to end: the query's vector, both rankings, their fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.embedding.calibration import on_the_usual_scale
from search.embedding.embedder import Vectors
from search.errors import EmbeddingError
from search.fusion import FusedHit, fuse
from search.query import ExpertQuery, Rankings

_DEPTH = 300  # of each ranking: deep enough that a hit of both is seen in both
_STRETCH = 8  # words
_LONGEST_CUT_UP = 120  # words
_MOST_STRETCHES = 6  # each costs one more run of the embedder


async def find_experts(
    backend: SearchBackend,
    embeddings: Embeddings,
    text: str,
    *,
    filters: Mapping[str, Sequence[str]] | None = None,
    limit: int = _DEPTH,
) -> list[FusedHit]:
    """Best first. Without a working embedder by words alone. Raises SearchUnavailableError."""
    vector, parts = await query_vectors(embeddings, text)
    query = ExpertQuery(
        text=text,
        vector=vector,
        parts=parts,
        filters=filters or {},
        limit=max(limit, _DEPTH),
        embedder_id=embeddings.embedder_id,
    )
    return fuse(await ask_index(backend, embeddings, query), limit)


async def ask_index(backend: SearchBackend, embeddings: Embeddings, query: ExpertQuery) -> Rankings:
    """Likenesses come on the scale that fusion expects, whatever the model."""
    rankings = await backend.search(query)
    if not rankings.by_meaning:
        return rankings
    try:
        return on_the_usual_scale(rankings, await embeddings.scale())
    except EmbeddingError:  # it has just gone
        return replace(rankings, by_meaning=())


async def query_vectors(embeddings: Embeddings, text: str) -> tuple[Vectors | None, Vectors | None]:
    """Of the whole text and of its stretches; None when there is no embedder, or nothing that can be embedded."""
    try:
        vectors = await embeddings.directions([text, *stretches(text)])
    except EmbeddingError:
        return None, None
    parts = vectors[1:][vectors[1:].any(axis=1)]
    return (vectors[0] if vectors[0].any() else None), (parts if len(parts) else None)


def stretches(text: str) -> list[str]:
    """Overlapping parts of a longer query. A short one has none: it is one thought; nor has a pasted page, for each
    part costs an embedding, and a page is found by its words.

    A vector of a whole sentence blurs the two or three things that it asks for together.
    """
    words = text.split()
    size = max(_STRETCH, -(-2 * len(words) // (_MOST_STRETCHES + 1)))
    if len(words) <= size + 1 or len(words) > _LONGEST_CUT_UP:
        return []
    starts = list(range(0, len(words) - size + 1, size // 2))
    if starts[-1] + size < len(words):
        starts.append(len(words) - size)
    return [" ".join(words[start : start + size]) for start in starts]


async def rank_queries(
    backend: SearchBackend, embeddings: Embeddings, queries: Mapping[str, str], *, limit: int = 50
) -> dict[str, list[UUID]]:
    """Query id → ids of experts, best first: what `trithuc evaluate` writes for a collection's queries."""
    return {
        query_id: [hit.expert_id for hit in await find_experts(backend, embeddings, text, limit=limit)]
        for query_id, text in queries.items()
    }
