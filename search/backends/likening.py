"""How close the texts of experts come to a query in meaning. Pure.

Of each expert count the best chunks with decaying weights (a single chance hit is no expertise) and the mean of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.backends.packing import Chunks, Numbers, Scores
from search.embedding.embedder import Vectors

_BEST_CHUNKS = 3
_DECAY = 0.7  # weight of the second best chunk against the best
_WHOLE_PROFILE = 0.5  # weight of the mean of all chunks beside the best ones
_FIRST_BY_PARTS = 200  # experts whom the stretches of a long query reorder

Means = Mapping[int, NDArray[np.float64]]  # language → what its texts have in common


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of each expert: the score, and the place of the chunk that comes closest."""

    scores: Scores
    best: Numbers


def liken(chunks: Chunks, vector: Vectors, parts: Vectors | None, means: Means) -> Likeness:
    """Every expert has a chunk. `parts` are the stretches of a longer query: they only put into another order whom the
    whole of it has found."""
    asked = vector[None, :] if parts is None else np.vstack([vector, parts])
    common = np.zeros((len(asked), max(means, default=0) + 1))
    for language, mean in means.items():
        common[:, language] = asked @ mean
    likeness = asked @ chunks.vectors.T - common[:, chunks.languages]
    starts = np.cumsum(chunks.counts) - chunks.counts
    scores = _WHOLE_PROFILE * np.add.reduceat(likeness, starts, axis=1) / chunks.counts
    best = np.empty(len(starts), np.int64)
    # Experts with about as many chunks together: one with a thousand must not make room for a thousand of everybody.
    widths = np.ceil(np.log2(chunks.counts)).astype(np.int64)
    for width in np.unique(widths).tolist():
        of_it = np.flatnonzero(widths == width)
        nearest, places = _nearest(likeness, starts[of_it], chunks.counts[of_it])
        best[of_it] = starts[of_it] + places
        scores[:, of_it] += nearest
    whole = scores[0]
    if parts is not None:
        first = np.argsort(-whole, kind="stable")[:_FIRST_BY_PARTS]
        by_parts = scores[1:, first].mean(axis=0)
        others = np.minimum(by_parts.min(), whole)
        others[first] = by_parts
        whole = (whole + others) / 2
    return Likeness(whole, chunks.ordinals[best])


def _nearest(likeness: Scores, starts: Numbers, counts: Numbers) -> tuple[Scores, Numbers]:
    """Of some experts: the weighted mean of their best chunks, for each row of `likeness`, and which chunk is best in
    the first row."""
    owners = np.repeat(np.arange(len(starts)), counts)
    places = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((len(likeness), len(starts), max(_BEST_CHUNKS, int(counts.max()))), -np.inf)
    table[:, owners, places] = likeness[:, starts[owners] + places]
    best = table[0].argmax(axis=1)
    nearest = -np.sort(np.partition(-table, _BEST_CHUNKS - 1, axis=2)[:, :, :_BEST_CHUNKS], axis=2)
    weights = np.where(np.isfinite(nearest), _DECAY ** np.arange(_BEST_CHUNKS), 0.0)
    return (np.where(np.isfinite(nearest), nearest, 0.0) * weights).sum(axis=2) / weights.sum(axis=2), best
