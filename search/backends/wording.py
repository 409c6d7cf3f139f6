"""How well a document answers the words of a query: the share of the query's weight that it holds.

Every word weighs by its rarity (BM25's idf). Words that belong together as a synonym are one unit, answered by either
form. The score is 1 when a document answers all of it in its subject lines, a little more when the words follow each
other as typed, and does not grow by repetition: a long list of repeated keywords gains nothing.

tf-idf over folded syllables and bigrams measured best of the plain rankings (research notes §8); against it, a share of
the query's weight has two advantages that PostgreSQL's ts_rank lacks: rare words count more than common ones, and the
number means the same for every query, so that `search/fusion.py` can tell a good answer in words from a poor one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from search.backends.lexemes import bigrams, quoted
from search.vietnamese import language_of, same_marks, syllables

# What a match is worth by where it stands (name, subject, organisation and place, running text).
LABEL_WEIGHTS = {"A": 1.0, "B": 1.0, "C": 0.9, "D": 0.7}
_BIGRAM = 0.7
_MARKED_SHARE = 0.7  # of a word's weight, when the query is typed with marks; the rest is the folded form
_UNMARKED_FORM = 0.9  # what the form without marks is worth: some profiles are typed without
_SYNONYM = 0.9
_MOST_UNITS = 32  # of a pasted text the most telling words are asked for
_MOST_COMBINED = 8  # units, of which some may be missing
_MOST_WORDS_BESIDE = 4  # in a query that is taken to be about its abbreviation
_LONGEST_ABBREVIATION = 8
_LENGTH_SHARE = 0.3  # how much a long document is held back

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WordSequence:
    """Words in order, both ways of writing them."""

    folded: tuple[str, ...]
    marked: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> WordSequence:
        return cls(tuple(syllables(text)), tuple(same_marks(text)))

    def __getitem__(self, part: slice) -> WordSequence:
        return WordSequence(self.folded[part], self.marked[part])

    def __len__(self) -> int:
        return len(self.folded)


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of the query and what may stand for it."""

    words: WordSequence
    synonyms: tuple[WordSequence, ...] = ()


class Synonyms:
    """Terms and their expansions, both ways, one level, as whole words on the folded form."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._of: dict[tuple[str, ...], list[WordSequence]] = {}
        for term, expansion in pairs:
            first, second = WordSequence.of(term), WordSequence.of(expansion)
            if first.folded and second.folded and first.folded != second.folded:
                self._of.setdefault(first.folded, []).append(second)
                self._of.setdefault(second.folded, []).append(first)
        self._longest = max(map(len, self._of), default=0)

    def units(self, query: WordSequence) -> Iterator[Unit]:
        """The query cut into units, the longest known term first at each place."""
        start = 0
        while start < len(query):
            for length in range(min(self._longest, len(query) - start), 0, -1):
                part = query[start : start + length]
                if found := self._of.get(part.folded):
                    yield Unit(part, tuple(found))
                    start += length
                    break
            else:
                yield Unit(query[start : start + 1])
                start += 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How many documents there are, their mean length, and how many hold a lexeme."""

    documents: int
    mean_length: float
    frequencies: Mapping[str, int]

    def rarity(self, lexeme: str) -> float:
        frequency = min(self.frequencies.get(lexeme, 0), self.documents)
        return math.log(1 + (self.documents - frequency + 0.5) / (frequency + 0.5))


class WordQuery:
    """A query's words: which lexemes to look up, which to search by, and what a document's answer is worth."""

    def __init__(self, text: str, synonyms: Synonyms) -> None:
        query = WordSequence.of(text)
        self._is_marked = query.folded != query.marked
        units: dict[tuple[str, ...], Unit] = {}
        counts: dict[tuple[str, ...], int] = {}
        for unit in synonyms.units(query):
            units.setdefault(unit.words.folded, unit)
            counts[unit.words.folded] = counts.get(unit.words.folded, 0) + 1
        self._units = list(units.values())
        self._counts = [counts[unit.words.folded] for unit in self._units]
        self._pairs = list(dict.fromkeys(bigrams(query.folded)))

    def lexemes(self) -> list[str]:
        """All that may matter; their frequencies make the Vocabulary."""
        found: dict[str, None] = {}
        for unit in self._units:
            for words in (unit.words, *unit.synonyms):
                found |= dict.fromkeys(words.folded) | dict.fromkeys(bigrams(words.folded))
                if self._is_marked:
                    found |= dict.fromkeys(f"={word}" for word in (*words.marked, *words.folded))
        return list(found | dict.fromkeys(self._pairs))

    def ready(self, vocabulary: Vocabulary) -> WordScorer | None:
        """None when not one word of it is in the index."""
        scorer = WordScorer(self._units, self._counts, self._pairs, self._is_marked, vocabulary)
        return scorer if scorer.lexemes else None


class WordScorer:
    """Scores documents by a matrix: how strongly each of them (row) holds each of `lexemes` (column), 0 to 1."""

    def __init__(
        self,
        units: Sequence[Unit],
        counts: Sequence[int],
        pairs: Sequence[str],
        is_marked: bool,
        vocabulary: Vocabulary,
    ) -> None:
        self._vocabulary = vocabulary
        self._is_marked = is_marked
        self._columns: dict[str, int] = {}
        self._units = list(units)
        if len(units) > _MOST_UNITS:
            telling = sorted(
                (i for i, unit in enumerate(units) if self._is_known(unit)),
                key=lambda i: (1 + math.log(counts[i])) * self._weight(units[i].words),
                reverse=True,
            )
            self._units = [units[i] for i in sorted(telling[:_MOST_UNITS])]
        kept = {word for unit in self._units for word in unit.words.folded}
        inside = {pair for unit in self._units for pair in bigrams(unit.words.folded)}
        self._pairs = [pair for pair in pairs if pair not in inside and set(pair.split("_")) <= kept]
        for unit in self._units:
            for words in (unit.words, *unit.synonyms):
                for lexeme in self._of(words):
                    self._column(lexeme)
        for pair in self._pairs:
            self._column(pair)

    @property
    def lexemes(self) -> list[str]:
        return list(self._columns)

    def searchable(self, budget: int) -> list[tuple[str, float]]:
        """The rarest lexemes, that together stand in at most `budget` documents, and what each is worth.

        Documents that hold only commoner ones are not looked at, unless there is nothing rarer.
        """
        frequencies = self._vocabulary.frequencies
        chosen: list[tuple[str, float]] = []
        spent = 0
        for lexeme in sorted(self._columns, key=lambda lexeme: frequencies[lexeme]):
            spent += frequencies[lexeme]
            if chosen and spent > budget:
                break
            weight = self._vocabulary.rarity(lexeme) * (_BIGRAM if "_" in lexeme else 1.0)
            chosen.append((lexeme, weight))
        return chosen

    def broadly(self, share: float) -> str | None:
        """A tsquery for everybody who holds words that make up so much of the query; of a longer query all of them, or
        of a pasted text all that are asked for. None where nobody can.

        Of a unit all words have to be there, or all of one of its synonyms.
        """
        forms = {n: form for n, unit in enumerate(self._units) if (form := self._required(unit))}
        if len(self._units) > _MOST_COMBINED:
            return _joined(" & ", list(forms.values())) if len(forms) == len(self._units) else None
        weights = [self._weight(unit.words) for unit in self._units]
        enough = share * sum(weights) - 1e-9
        found: list[frozenset[int]] = []
        for size in range(1, len(forms) + 1):
            for chosen in map(frozenset, combinations(forms, size)):
                if sum(weights[n] for n in chosen) >= enough and not any(smaller <= chosen for smaller in found):
                    found.append(chosen)
        return _joined(" | ", [_joined(" & ", [forms[n] for n in sorted(chosen)]) for chosen in found]) or None

    def rarities(self) -> Scores:
        """Of `lexemes`, in their order."""
        return np.array([self._vocabulary.rarity(lexeme) for lexeme in self._columns])

    def scores(self, held: Scores, lengths: Scores) -> Scores:
        total = sum(self._weight(unit.words) for unit in self._units) or 1.0
        found = np.zeros(len(held))
        for unit in self._units:
            best = self._answer(unit.words, held)
            for synonym in unit.synonyms:
                if weight := self._weight(synonym):
                    share = np.minimum(self._answer(synonym, held) / weight, 1.2)
                    # Half of an expansion's words are much less than half of the term.
                    best = np.maximum(best, _SYNONYM * self._weight(unit.words) * share**1.5)
            found += best
        for pair in self._pairs:
            if (column := self._columns.get(pair)) is not None:
                found += _BIGRAM * self._vocabulary.rarity(pair) * held[:, column]
        mean = self._vocabulary.mean_length or 1.0
        result: Scores = found / total / (1 - _LENGTH_SHARE + _LENGTH_SHARE * np.clip(lengths / mean, 0.5, 4.0))
        return result

    def _required(self, unit: Unit) -> str:
        """A tsquery for the words of a unit or a synonym; empty where nobody holds them."""
        ways = []
        for words in (unit.words, *unit.synonyms):
            each = [self._spellings(folded, marked) for folded, marked in zip(words.folded, words.marked, strict=True)]
            if all(each):
                ways.append(_joined(" & ", [_joined(" | ", [*map(quoted, spellings)]) for spellings in each]))
        return _joined(" | ", ways)

    def _spellings(self, folded: str, marked: str) -> list[str]:
        """As typed, or without any marks: some profiles are written so."""
        wanted = (f"={marked}", f"={folded}") if self._is_marked else (folded,)
        return [lexeme for lexeme in dict.fromkeys(wanted) if lexeme in self._vocabulary.frequencies]

    def _answer(self, words: WordSequence, held: Scores) -> Scores:
        answer = np.zeros(len(held))
        for folded, marked in zip(words.folded, words.marked, strict=True):
            share = self._vocabulary.rarity(folded) * self._held(folded, held)
            if self._is_marked:
                exact = np.maximum(self._held(f"={marked}", held), _UNMARKED_FORM * self._held(f"={folded}", held))
                share = (1 - _MARKED_SHARE) * share + _MARKED_SHARE * self._vocabulary.rarity(f"={marked}") * exact
            answer += share
        for pair in bigrams(words.folded):
            answer += _BIGRAM * self._vocabulary.rarity(pair) * self._held(pair, held)
        return answer

    def _held(self, lexeme: str, held: Scores) -> Scores:
        column = self._columns.get(lexeme)
        if column is None:
            return np.zeros(len(held))
        found: Scores = held[:, column]
        return found

    def _weight(self, words: WordSequence) -> float:
        """Of the single words: a document that holds them apart answers the whole unit."""
        rarity = self._vocabulary.rarity
        if not self._is_marked:
            return sum(rarity(word) for word in words.folded)
        return sum(
            (1 - _MARKED_SHARE) * rarity(folded) + _MARKED_SHARE * rarity(f"={marked}")
            for folded, marked in zip(words.folded, words.marked, strict=True)
        )

    def _of(self, words: WordSequence) -> Iterator[str]:
        yield from words.folded
        yield from bigrams(words.folded)
        if self._is_marked:
            yield from (f"={word}" for word in (*words.marked, *words.folded))

    def _is_known(self, unit: Unit) -> bool:
        frequencies = self._vocabulary.frequencies
        return any(word in frequencies for words in (unit.words, *unit.synonyms) for word in words.folded)

    def _column(self, lexeme: str) -> None:
        if lexeme in self._vocabulary.frequencies:
            self._columns.setdefault(lexeme, len(self._columns))


def _joined(operator: str, parts: Sequence[str]) -> str:
    """A tsquery of smaller ones."""
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})" if parts else ""


def has_abbreviation(text: str) -> bool:
    """Whether a short query holds a word like MRV, ĐTM or awd: capitals, or four letters that are no syllable."""
    words = text.split()
    return len(words) <= _MOST_WORDS_BESIDE and any(
        2 <= len(word) <= _LONGEST_ABBREVIATION
        and word.isalpha()
        and (word.isupper() or (len(word) <= 4 and language_of(word) == "other"))
        for word in words
    )
