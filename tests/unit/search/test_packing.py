"""Words and vectors of documents in their packed form."""

from __future__ import annotations

import numpy as np
import pytest

from search.backends.lexemes import DocumentWords
from search.backends.packing import Chunks, pack_vectors, pack_words, read_words


def words(**texts: str) -> DocumentWords:
    made = DocumentWords()
    for label, text in texts.items():
        made.add(text, label)  # type: ignore[arg-type]
    return made


def test_words_are_held_by_their_best_label_and_how_often_they_stand_under_it() -> None:
    first = words(A="sơn", B="tôm sú", C="tôm viện", D="tôm cua cua cá cá cá cá")
    second = words(C="viện viện")

    held, labels = read_words(
        [pack_words(first), pack_words(second)], ["son", "tom", "vien", "cua", "ca", "muc", "=tôm"]
    )

    assert held == pytest.approx(np.array([[1, 1, 0.9, 0.875, 0.9527, 0, 1], [0, 0, 1, 0, 0, 0, 0]]))
    assert labels[0].tolist() == [3, 2, 1, 0, 0, 0, 2]


def test_no_document_and_no_word_are_read_too() -> None:
    assert read_words([pack_words(DocumentWords())], ["tom"])[0].tolist() == [[0.0]]
    assert read_words([], ["tom"])[0].shape == (0, 1)


def test_vectors_come_back_nearly_as_they_were() -> None:
    dice = np.random.default_rng(0)
    vectors = dice.standard_normal((5, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    read = Chunks.read(
        [pack_vectors(vectors[:2], [0, 3], [0, 2]), pack_vectors(vectors[2:], [0, 1, 2], [1, 1, 0])], 384
    )

    assert read.counts.tolist() == [2, 3]
    assert read.ordinals.tolist() == [0, 3, 0, 1, 2]
    assert read.languages.tolist() == [0, 2, 1, 1, 0]
    assert np.abs((read.vectors - vectors) @ vectors.T).max() < 0.002
