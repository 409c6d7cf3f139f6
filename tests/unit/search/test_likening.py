"""How close experts' texts come to a query."""

from __future__ import annotations

import numpy as np
import pytest

from search.backends.likening import liken
from search.backends.packing import Chunks
from search.embedding.embedder import Vectors

NO_MEANS = {0: np.zeros(4)}


def chunks(*experts: list[list[float]], languages: list[int] | None = None) -> Chunks:
    vectors = np.array([row for rows in experts for row in rows], np.float32)
    counts = np.array([len(rows) for rows in experts])
    ordinals = np.concatenate([np.arange(count) for count in counts])
    return Chunks(counts, ordinals, np.array(languages or [0] * len(vectors)), vectors)


def along(*numbers: float) -> Vectors:
    return np.array(numbers, np.float32)


def test_the_best_chunks_count_with_decaying_weights_and_the_mean_with_half() -> None:
    found = liken(
        chunks([[0.2, 0, 0, 0], [0.8, 0, 0, 0], [0.4, 0, 0, 0], [0.1, 0, 0, 0]], [[0.5, 0, 0, 0]]),
        along(1, 0, 0, 0),
        None,
        NO_MEANS,
    )

    first = (0.8 + 0.7 * 0.4 + 0.49 * 0.2) / (1 + 0.7 + 0.49) + 0.5 * 1.5 / 4
    assert found.scores == pytest.approx([first, 0.75])
    assert found.best.tolist() == [1, 0]


def test_what_a_language_has_in_common_is_taken_away() -> None:
    means = {0: np.array([0.5, 0, 0, 0]), 2: np.array([0.9, 0, 0, 0])}

    found = liken(chunks([[0.6, 0, 0, 0]], [[0.9, 0, 0, 0]], languages=[0, 2]), along(1, 0, 0, 0), None, means)

    assert found.scores == pytest.approx([0.15, 0.0], abs=1e-6)


def test_stretches_put_whoever_answers_all_of_them_first() -> None:
    people = chunks([[0.9, 0, 0, 0]], [[0.8, 0.5, 0, 0]])

    whole = liken(people, along(1, 0, 0, 0), None, NO_MEANS)
    by_parts = liken(people, along(1, 0, 0, 0), np.stack([along(1, 0, 0, 0), along(0, 1, 0, 0)]), NO_MEANS)

    assert np.argmax(whole.scores) == 0
    assert np.argmax(by_parts.scores) == 1
