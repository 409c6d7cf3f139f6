"""What a Meilisearch index holds: its settings, a document for each expert, and one about the index itself.

Meilisearch finds; search/backends/meilisearch_answers.py ranks, by the same rules as the PostgreSQL index. So a
document carries its words and its chunks' vectors packed (packing.py), beside the texts and vectors that find it. The
document "state" holds what is true of the whole index. It stands among the experts, so that an index and what is said
of it take another's place in one step.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.backends.identifiers import identifier_keys
from search.backends.lexemes import words_of
from search.backends.likening import Means
from search.backends.packing import Chunks, pack_vectors, pack_words
from search.backends.schema import LANGUAGES
from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.vietnamese import language_of, syllables

LAYOUT = 1  # of these documents; an index of another layout is emptied and has to be filled again
STATE_ID = "state"
EMBEDDER = "passages"
# Meilisearch counts and gives back no more than this many hits. Larger directories need a larger number.
MOST_HITS = 200_000
TEXTS = ("names", "subjects", "affiliations", "texts")
PLAIN = ("names", "numbers", "subjects", "affiliations", "texts")

_MOST_NAME_SYLLABLES = 20_000
_MOST_VECTORS = 255  # of one document; what a longer profile holds beyond is compared, but does not find it
_SEARCH_CUTOFF_MS = 1000
_SHRINKAGE = 20  # chunks, as in the PostgreSQL index
_LONGEST_KEY = 200  # bytes
_FILTERABLE = ("id", "kind", "facets", "codes", "syllables")
_UNSAFE = re.compile(r"[%\"'\\\x00-\x1f\x7f]")
_MARKS = {"\u0302": "6", "\u031b": "7", "\u0306": "8", "đ": "9"}  # circumflex, horn, breve
_NO_LETTER = re.compile(r"[\W_]+")


class Embedded(msgspec.Struct):
    """`regenerate` False: the vectors are ours, Meilisearch has nothing to make them with."""

    embeddings: list[list[float]]
    regenerate: bool = False


class StoredExpert(msgspec.Struct, kw_only=True):
    id: str
    kind: str = "expert"
    version: int
    called: list[str]  # names as they are written
    names: list[str]  # these and the next three are folded: no rule of the server's own is relied on
    subjects: list[str]
    affiliations: list[str]
    texts: list[str]
    numbers: list[str]  # of documents, see `number_key`
    spellings: list[str]  # every word with its marks, see `spelling_key`
    codes: list[str]
    facets: list[str]
    syllables: list[str]  # of names
    length: float  # in syllables
    lexemes: str
    chunks: str
    vectors: dict[str, Embedded | None] = msgspec.field(name="_vectors")


class StoredState(msgspec.Struct, kw_only=True):
    """`sums`: language → number of chunks and the sum of their vectors, for what the texts of a language share."""

    id: str = STATE_ID
    kind: str = "state"
    layout: int = LAYOUT
    embedder_id: str | None = None
    dimensions: int
    experts: int = 0
    total_length: float = 0.0
    sums: dict[str, tuple[int, str]] = {}
    vectors: dict[str, None] = msgspec.field(name="_vectors", default_factory=lambda: {EMBEDDER: None})


@dataclass(frozen=True, slots=True)
class Share:
    """What one document adds to the state of its index."""

    length: float
    languages: Sequence[int]
    vectors: Vectors


def settings(synonyms: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """All but the embedder, whose change would cost the index its vectors."""
    both_ways: dict[str, list[str]] = {}
    for pair in synonyms:
        for here, there in (pair, pair[::-1]):
            key, value = " ".join(syllables(here)), " ".join(syllables(there))
            if key and value and key != value and value not in both_ways.setdefault(key, []):
                both_ways[key].append(value)
    return {
        "searchableAttributes": [*PLAIN, "spellings"],
        "filterableAttributes": [
            {
                "attributePatterns": list(_FILTERABLE),
                "features": {"facetSearch": False, "filter": {"equality": True, "comparison": False}},
            }
        ],
        "sortableAttributes": [],  # the order of pages comes from SQL
        "rankingRules": ["words", "typo", "exactness", "proximity", "attributeRank", "sort", "wordPosition"],
        "synonyms": {key: both_ways[key] for key in sorted(both_ways)},
        "typoTolerance": {
            "enabled": True,
            "minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 9},
            "disableOnAttributes": ["numbers", "spellings"],
            "disableOnNumbers": True,
        },
        # With one language nothing is guessed, so no other language's rules are applied to Vietnamese.
        "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["vie"]}],
        "pagination": {"maxTotalHits": MOST_HITS},
        "faceting": {"maxValuesPerFacet": _MOST_NAME_SYLLABLES, "sortFacetValuesBy": {"*": "alpha"}},
        "prefixSearch": "indexingTime",
        "proximityPrecision": "byWord",
        "searchCutoffMs": _SEARCH_CUTOFF_MS,
    }


def embedder_settings(dimensions: int) -> dict[str, Any]:
    return {"embedders": {EMBEDDER: {"source": "userProvided", "dimensions": dimensions}}}


def check_fit(document: ExpertDocument, vectors: Vectors | None) -> None:
    if vectors is not None and len(vectors) != len(document.chunks):
        raise ValueError(f"{len(vectors)} vectors for {len(document.chunks)} chunks of {document.id}")


def to_stored(document: ExpertDocument, vectors: Vectors | None) -> StoredExpert:
    check_fit(document, vectors)
    called = [name.replace("\0", " ") for name in (document.full_name, *document.aliases)]
    texts = [document.biography]
    subjects = [*document.keywords, *document.fields]
    affiliations = [*document.titles, *document.organisations, *document.places]
    for chunk in document.chunks:
        if chunk.kind == "position":
            affiliations.append(chunk.text)
        elif chunk.kind not in ("biography", "keywords"):  # those two are in the document already
            title, stop, rest = chunk.text.partition(". ")
            subjects.append(title + stop)
            texts.append(rest)
    words = words_of(document)
    held = [] if vectors is None else np.flatnonzero(vectors.any(axis=1)).tolist()
    rows = None if vectors is None or not held else vectors[held]
    languages = [LANGUAGES[language_of(document.chunks[ordinal].text)] for ordinal in held]
    return StoredExpert(
        id=str(document.id),
        version=document.version,
        called=called,
        names=_folded(called),
        subjects=_folded(subjects),
        affiliations=_folded(affiliations),
        texts=_folded(texts),
        numbers=sorted({number_key(word) for word in words.lexemes if "/" in word and word[0].isdigit()}),
        spellings=sorted({spelling_key(word[1:]) for word in words.lexemes if word[0] == "="}),
        codes=sorted({safe(key) for text in document.identifiers for key in identifier_keys(text)}),
        facets=sorted({facet_key(name, value) for name, values in document.facets.items() for value in values}),
        syllables=sorted({word for name in called for word in syllables(name)}),
        length=float(words.length),
        lexemes=_text(pack_words(words)),
        chunks="" if rows is None else _text(pack_vectors(rows, held, languages)),
        vectors={EMBEDDER: None if rows is None else Embedded(np.round(rows[:_MOST_VECTORS], 6).tolist())},
    )


def share_of(length: float, chunks: str, dimensions: int) -> Share:
    """From what is stored, not from what was given: what is added is taken away again to the last digit."""
    read = Chunks.read([unpacked(chunks)], dimensions)
    return Share(length, read.languages.tolist(), read.vectors)


def changed_state(state: StoredState, *, gone: Iterable[Share], come: Iterable[Share]) -> StoredState:
    """The state of an index after some documents have left it and others have come."""
    sums = {language: (count, _numbers(total).copy()) for language, (count, total) in state.sums.items()}
    experts, total_length = state.experts, state.total_length
    for sign, shares in ((-1, gone), (1, come)):
        for share in shares:
            experts += sign
            total_length += sign * share.length
            for language, vector in zip(share.languages, share.vectors, strict=True):
                count, total = sums.get(str(language), (0, np.zeros(state.dimensions)))
                sums[str(language)] = count + sign, total + sign * vector.astype(np.float64)
    return msgspec.structs.replace(
        state,
        experts=max(experts, 0),
        total_length=max(total_length, 0.0),
        sums={
            language: (count, _text(total.astype("<f8").tobytes()))
            for language, (count, total) in sorted(sums.items())
            if count > 0
        },
    )


def means_of(state: StoredState) -> Means:
    """What the chunks of each language have in common; that of a language with few of them leans on all of them."""
    sums = {int(language): (count, _numbers(total)) for language, (count, total) in state.sums.items()}
    chunks = sum(count for count, _ in sums.values())
    if not chunks:
        return {}
    of_all = sum((total for _, total in sums.values()), np.zeros(state.dimensions)) / chunks
    return {language: (total + _SHRINKAGE * of_all) / (count + _SHRINKAGE) for language, (count, total) in sums.items()}


def unpacked(text: str) -> bytes:
    return base64.b64decode(text)


def safe(value: str) -> str:
    """A value that keeps its meaning between the quotes of a filter: nothing in it needs a backslash, which Meilisearch
    takes literally before anything but a quote. Long ones are cut, told apart by a hash: it indexes short values only.
    """
    value = value.encode(errors="backslashreplace").decode()  # half of a letter, which JSON has no way to write
    value = _UNSAFE.sub(lambda found: f"%{ord(found.group()):02X}", value)
    if len(value.encode()) <= _LONGEST_KEY:
        return value
    return f"{value.encode()[:_LONGEST_KEY].decode(errors='ignore')}%{hashlib.sha256(value.encode()).hexdigest()[:16]}"


def facet_key(name: str, value: str) -> str:
    return safe(f"{name}={value}")


def number_key(word: str) -> str:
    """A document number as one word for Meilisearch, which would cut it up at its strokes: 192/khubnd → 192khubnd."""
    return _NO_LETTER.sub("", word)


def spelling_key(word: str) -> str:
    """A word in the form of `same_marks` as plain letters and digits, which Meilisearch takes no mark away from.

    The words of a document stand alone, one for each place of an array: so far apart that no pairs of them are kept.
    """
    return "zz" + "".join(_spelled(letter) for letter in unicodedata.normalize("NFD", word))


def _spelled(letter: str) -> str:
    if letter.isascii():
        return letter if letter.isalnum() else ""
    return _MARKS.get(letter) or f"x{ord(letter):x}"


def _folded(texts: Iterable[str]) -> list[str]:
    """Without the numbers of documents, which have a place of their own."""
    return [text for one in texts if (text := " ".join(word for word in syllables(one) if "/" not in word))]


def _text(packed: bytes) -> str:
    return base64.b64encode(packed).decode("ascii")


def _numbers(text: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text), "<f8")
