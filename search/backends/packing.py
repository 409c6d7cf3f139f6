"""The packed form of what is scored, one value for each document: its words, and its chunks' vectors. Pure.

Words: one record for each lexeme, a hash of it and how strongly the document holds it. Two lexemes of one document and
one query share a hash in one of many thousand searches, and then one document scores a little too high.
Vectors: one record for each chunk, its place, its language, and the vector in steps of 1/127 of its largest number:
the cosine of two texts differs by less than .001 from the true one, a thirtieth of what sets experts apart.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.backends.lexemes import DocumentWords, Label
from search.backends.wording import LABEL_WEIGHTS
from search.embedding.embedder import Vectors

Scores = NDArray[np.float64]
Numbers = NDArray[np.int64]

LABELS: tuple[Label, ...] = ("D", "C", "B", "A")  # ascending: what stands in a name tells most
_OFTEN = (1.0, 1.25, 1.361)  # what a lexeme counts that stands once, twice, three times under its best label
_WORD = np.dtype([("hash", "<u4"), ("held", "u1")])
_HELD = np.array([min(LABEL_WEIGHTS[label] * often, 1.0) for label in LABELS for often in _OFTEN])
_LOW_BITS = 0xFFFF


def pack_words(words: DocumentWords) -> bytes:
    records = np.empty(len(words.lexemes), _WORD)
    records["hash"] = [_hash(lexeme) for lexeme in words.lexemes]
    best = [(LABELS.index(min(labels)), labels[min(labels)]) for labels in words.lexemes.values()]
    records["held"] = [label * len(_OFTEN) + often - 1 for label, often in best]
    return records.tobytes()


def read_words(packed: Sequence[bytes], lexemes: Sequence[str]) -> tuple[Scores, Numbers]:
    """How strongly each document (row) holds each of the lexemes (column), 0 to 1, and under which of LABELS."""
    asked = np.array([_hash(lexeme) for lexeme in lexemes], np.uint32)
    order = np.argsort(asked)
    records = np.frombuffer(b"".join(packed), _WORD)
    hashes = records["hash"]
    # Nearly all words of a document are none of the query's: a look at half of the hash rules them out.
    may_be = np.zeros(_LOW_BITS + 1, np.bool_)
    may_be[asked & _LOW_BITS] = True
    places = np.flatnonzero(may_be[hashes & _LOW_BITS])
    hashes = hashes[places]
    columns = order[np.searchsorted(asked, hashes, sorter=order).clip(max=len(asked) - 1)]
    is_asked = asked[columns] == hashes
    places, columns = places[is_asked], columns[is_asked]
    ends = np.cumsum([len(one) // _WORD.itemsize for one in packed])
    rows = np.searchsorted(ends, places, side="right")
    codes = records["held"][places]
    held = np.zeros((len(packed), len(lexemes)))
    labels = np.zeros((len(packed), len(lexemes)), np.int64)
    held[rows, columns] = _HELD[codes]
    labels[rows, columns] = codes // len(_OFTEN)
    return held, labels


def _hash(lexeme: str) -> int:
    return zlib.crc32(lexeme.encode())


def _record(dimensions: int) -> np.dtype[np.void]:
    return np.dtype([("ordinal", "<u2"), ("language", "u1"), ("step", "<f4"), ("vector", "i1", (dimensions,))])


def pack_vectors(vectors: Vectors, ordinals: Sequence[int], languages: Sequence[int]) -> bytes:
    records = np.empty(len(vectors), _record(vectors.shape[1]))
    steps = np.abs(vectors).max(axis=1).astype(np.float32) / 127
    records["ordinal"], records["language"], records["step"] = ordinals, languages, steps
    records["vector"] = np.rint(vectors / steps[:, None])
    return records.tobytes()


@dataclass(frozen=True, slots=True)
class Chunks:
    """Chunks of several experts one after the other; `counts` of each expert."""

    counts: Numbers
    ordinals: Numbers
    languages: Numbers
    vectors: Vectors

    @classmethod
    def read(cls, packed: Sequence[bytes], dimensions: int) -> Chunks:
        return cls.read_joined(b"".join(packed), [len(one) for one in packed], dimensions)

    @classmethod
    def read_joined(cls, packed: bytes, lengths: Sequence[int], dimensions: int) -> Chunks:
        """`packed`: those of several experts one after the other; `lengths`: bytes of each expert's."""
        record = _record(dimensions)
        records = np.frombuffer(packed, record)
        vectors = records["vector"].astype(np.float32)
        vectors *= records["step"][:, None]
        return cls(
            np.array(lengths, np.int64) // record.itemsize,
            records["ordinal"].astype(np.int64),
            records["language"].astype(np.int64),
            vectors,
        )
