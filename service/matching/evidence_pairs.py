"""The places of a draft beside the evidence that answers them, for people to read and judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingestion.drafts.records import DraftPassage
from service.directory.chunks import sentences
from service.matching.evidence import Evidence
from service.matching.lexicon import FieldLexicon
from service.matching.lexicon_words import STOP_WORDS, language_of, spelled_words, stem
from service.matching.results import FoundTheme, PassagePair
from service.matching.theme_units import split_clauses

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BEST_PAIRS = 3
PLACES_PER_THEME = 8
_SHORTEST_PLACE = 4  # words
_LONGEST_PLACE = 60
_MOST_WORDS = 12
_WORTH_SHOWING = 0.35  # of the best pair: what is far below it proves nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sentence or short passage of the draft that belongs to a theme."""

    theme_ordinal: int
    passage: DraftPassage
    text: str


def theme_places(themes: Sequence[FoundTheme], passages: Sequence[DraftPassage]) -> list[Place]:
    """Up to PLACES_PER_THEME places of each theme that stand in its query text, in reading order."""
    by_ordinal = {passage.ordinal: passage for passage in passages}
    places = []
    for theme in themes:
        asked = {stem(word) for word in spelled_words(theme.query_text)}
        found = []
        for ordinal in theme.passage_ordinals:
            passage = by_ordinal.get(ordinal)
            if passage is None:
                continue
            pieces = [passage.text]
            if len(passage.text.split()) > _LONGEST_PLACE:
                pieces = [clause for sentence in sentences(passage.text) for clause in split_clauses(sentence)]
            found += [
                Place(theme_ordinal=theme.ordinal, passage=passage, text=piece)
                for piece in pieces
                if len(piece.split()) >= _SHORTEST_PLACE
            ]
        shared = [sum(stem(word) in asked for word in spelled_words(place.text)) for place in found]
        # A passage may serve several themes: here only what this one asks.
        own = [n for n, count in enumerate(shared) if count >= 0.8 * len(spelled_words(found[n].text))]
        best = sorted(sorted(own, key=lambda n: (-shared[n], n))[:PLACES_PER_THEME])
        places += [found[n] for n in best]
    return places


def best_pairs(
    evidence: Evidence,
    experts: Sequence[int],
    places: Sequence[Place],
    score: Callable[[Integers], Floats],
    *,
    lexicon: FieldLexicon,
    fitting: Sequence[frozenset[int]],
) -> list[tuple[PassagePair, ...]]:
    """For each of the `experts` the two or three best pairs, then the best of each further theme they fit.

    `score(rows)` ranks pairs of evidence and places: (rows, places). `fitting`: the themes each expert fits at all; no
    pairs are shown for the others.
    """
    pairs: list[tuple[PassagePair, ...]] = []
    wanted = np.flatnonzero(np.isin(evidence.owners, np.array(experts, dtype=np.int64)))
    scores = score(wanted)
    themes = np.array([place.theme_ordinal for place in places], dtype=np.int64)
    for expert, fits in zip(experts, fitting, strict=True):
        start, end = np.searchsorted(evidence.owners, [expert, expert + 1])
        rows = np.arange(start, end)
        proven = [row for row in rows if evidence.items[row].kind not in ("keywords", "position")]
        rows = np.array(proven or list(rows), dtype=np.int64)
        if not len(rows) or not places:
            pairs.append(())
            continue
        table = scores[np.searchsorted(wanted, rows)]
        chosen: list[tuple[int, int]] = []
        for theme in sorted(fits):
            columns = np.flatnonzero(themes == theme)
            if len(columns):
                row, column = divmod(int(table[:, columns].argmax()), len(columns))
                chosen.append((row, int(columns[column])))
        told = np.flatnonzero(np.isin(themes, list(fits))) if fits else np.arange(len(places))
        inner = table[:, told]
        order = sorted(range(inner.size), key=lambda n: -inner.flat[n])[: 4 * BEST_PAIRS]
        best = _distinct([(n // len(told), int(told[n % len(told)])) for n in order] if len(told) else [])[:BEST_PAIRS]
        best = [pair for pair in best if table[pair] >= _WORTH_SHOWING * table[best[0]]]
        best += [pair for pair in sorted(chosen, key=lambda pair: -table[pair]) if pair not in best]
        seen: set[tuple[int, int]] = set()
        shown = []
        for place_row, place_column in best:
            place, item = places[place_column], evidence.items[rows[place_row]]
            key = (place.theme_ordinal, int(rows[place_row]))
            if key in seen:
                continue
            seen.add(key)
            shown.append(
                PassagePair(
                    theme_ordinal=place.theme_ordinal,
                    draft_ordinal=place.passage.ordinal,
                    draft_text=place.text,
                    page=place.passage.page,
                    paragraph=place.passage.paragraph,
                    evidence_kind=item.kind,
                    evidence_text=item.text,
                    evidence_year=item.year,
                    shared_words=shared_words(place.text, item.text, lexicon),
                    score=float(table[place_row, place_column]),
                )
            )
        pairs.append(tuple(shown))
    return pairs


def _distinct(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each piece of evidence and each place once."""
    rows: set[int] = set()
    columns: set[int] = set()
    kept = []
    for row, column in pairs:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            kept.append((row, column))
    return kept


def shared_words(draft: str, evidence: str, lexicon: FieldLexicon) -> tuple[str, ...]:
    """What the two texts have in common, as spelled in either: terms (also across languages), pairs, telling words."""
    left, right = spelled_words(draft), spelled_words(evidence)
    found: dict[str, None] = {}
    terms = {hit.term: hit for hit in lexicon.find_terms(evidence)}
    for hit in lexicon.find_terms(draft):
        if (other := terms.get(hit.term)) is not None:
            found[" ".join(left[hit.start : hit.start + hit.length])] = None
            found[" ".join(right[other.start : other.start + other.length])] = None
    other_pairs = {(stem(a), stem(b)): f"{a} {b}" for a, b in pairwise(right)}
    for a, b in pairwise(left):
        key = (stem(a), stem(b))
        if key in other_pairs and not set(key) & STOP_WORDS and not any(part.isdigit() for part in key):
            found[f"{a} {b}"] = None
            found[other_pairs[key]] = None
    if language_of(draft) == "en" and language_of(evidence) == "en":  # one syllable of Vietnamese tells nothing
        others = {stem(word): word for word in right}
        for word in left:
            if len(word) >= 4 and stem(word) in others and stem(word) not in STOP_WORDS and not word.isdigit():
                found[word] = None
                found[others[stem(word)]] = None
    kept = [word for word in found if not any(word != other and f" {word} " in f" {other} " for other in found)]
    return tuple(kept[:_MOST_WORDS])
