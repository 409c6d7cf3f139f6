"""The places of a draft beside the evidence that answers them, for people to read and judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingestion.drafts.records import DraftPassage
from service.directory.chunks import sentences
from service.matching.evidence import Evidence
from service.matching.evidence_words import SharedWords
from service.matching.lexicon import FieldLexicon
from service.matching.lexicon_words import spelled_words, stem
from service.matching.results import FoundTheme, PassagePair
from service.matching.theme_units import is_strung_together, split_clauses, split_closely

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BEST_PAIRS = 3
PLACES_PER_THEME = 8
_SHORTEST_PLACE = 4  # words
_LONGEST_PLACE = 60
_OWN = 0.8  # of its words stand in what the theme asks
_LOOKED_AT = 12  # of the best cells: whether they share telling words
_UNSPOKEN = 0.8  # what a pair is worth that shares none
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
        found: list[Place] = []
        for ordinal in theme.passage_ordinals:
            passage = by_ordinal.get(ordinal)
            if passage is None:
                continue
            own = [piece for piece in _pieces(passage.text) if _share(piece, asked) >= _OWN]
            found += [
                Place(theme_ordinal=theme.ordinal, passage=passage, text=piece)
                for piece in own
                if not any(piece != longer and piece.strip(" ,;.") in longer for longer in own)
            ]
        shared = [sum(stem(word) in asked for word in spelled_words(place.text)) for place in found]
        best = sorted(sorted(range(len(found)), key=lambda n: (-shared[n], n))[:PLACES_PER_THEME])
        places += [found[n] for n in best]
    return places


def _pieces(text: str) -> list[str]:
    """The passage, its clauses and their parts, as long as they are short enough to be read and say something."""
    clauses = [clause for sentence in sentences(text) for clause in split_clauses(sentence)]
    parts = [part for clause in clauses if is_strung_together(clause) for part in split_closely(clause)]
    every = dict.fromkeys([text, *(piece.rstrip(" ,;") for piece in (*clauses, *parts))])
    return [piece for piece in every if _SHORTEST_PLACE <= len(piece.split()) <= _LONGEST_PLACE]


def _share(piece: str, asked: set[str]) -> float:
    """A passage may serve several themes: how much of the piece this one asks."""
    words = spelled_words(piece)
    return sum(stem(word) in asked for word in words) / max(len(words), 1)


def best_pairs(
    evidence: Evidence,
    experts: Sequence[int],
    places: Sequence[Place],
    score: Callable[[Integers], Floats],
    *,
    lexicon: FieldLexicon,
    fitting: Sequence[frozenset[int]],
) -> list[tuple[PassagePair, ...]]:
    """For each of the `experts` up to three pairs that convince most, then one for each further theme they fit.

    `score(rows)` ranks pairs of evidence and places: (rows, places). `fitting`: the themes each expert fits at all; no
    pairs are shown for the others. No piece of evidence and no place is shown twice to one reader.
    """
    said = SharedWords(lexicon)
    pairs: list[tuple[PassagePair, ...]] = []
    wanted = np.flatnonzero(np.isin(evidence.owners, np.array(experts, dtype=np.int64)))
    scores = score(wanted)
    themes = np.array([place.theme_ordinal for place in places], dtype=np.int64)
    for expert, fits in zip(experts, fitting, strict=True):
        start, end = np.searchsorted(evidence.owners, [expert, expert + 1])
        rows = _worth_reading(evidence, np.arange(start, end))
        told = np.flatnonzero(np.isin(themes, list(fits))) if fits else np.arange(len(places))
        if not len(rows) or not len(told):
            pairs.append(())
            continue
        table = scores[np.searchsorted(wanted, rows)][:, told]
        here = [places[int(column)] for column in told]
        own = [evidence.items[row] for row in rows]
        shown = []
        for row, column in _chosen(table, themes[told], [place.text for place in here], [i.text for i in own], said):
            place, item = here[column], own[row]
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
                    shared_words=said.of(place.text, item.text),
                    score=float(table[row, column]),
                )
            )
        pairs.append(tuple(shown))
    return pairs


def _worth_reading(evidence: Evidence, rows: Integers) -> Integers:
    """What shows work done, each text once; where there is none, what else is said."""
    once = rows[~evidence.is_repeated[rows]]
    for kept in (
        once[evidence.is_concrete[once]],
        np.array([row for row in once if evidence.items[row].kind not in ("keywords", "position")], dtype=np.int64),
    ):
        if len(kept):
            return kept
    return once


def _chosen(
    table: Floats, themes: Integers, asked: Sequence[str], evidence: Sequence[str], said: SharedWords
) -> list[tuple[int, int]]:
    """Cells of (evidence, places), the most convincing first; no row and no column twice."""
    order = [divmod(int(n), table.shape[1]) for n in np.argsort(-table, axis=None, kind="stable")[:_LOOKED_AT]]
    convincing = {
        (row, column): float(table[row, column]) * (1.0 if said.of(asked[column], evidence[row]) else _UNSPOKEN)
        for row, column in order
    }
    order.sort(key=lambda cell: -convincing[cell])
    kept = _distinct(order)[:BEST_PAIRS]
    least = _WORTH_SHOWING * convincing[kept[0]] if kept else 0.0
    kept = [cell for cell in kept if convincing[cell] >= least]
    for theme in np.unique(themes):
        if any(themes[column] == theme for _, column in kept):
            continue
        used_rows, used_columns = {row for row, _ in kept}, {column for _, column in kept}
        free = [
            (float(table[row, column]), -row, -int(column))
            for column in np.flatnonzero(themes == theme)
            for row in range(len(table))
            if row not in used_rows and column not in used_columns
        ]
        if free:
            _, row, column = max(free)
            kept.append((-row, -column))
    return kept


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
