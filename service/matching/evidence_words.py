"""What a place of a draft and a piece of evidence say in the same words, for marking them on a page."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import pairwise

from service.matching.lexicon import FieldLexicon
from service.matching.lexicon_words import STOP_WORDS, general_words, language_of, spelled_words, stem

_MOST_WORDS = 8


def shared_words(draft: str, evidence: str, lexicon: FieldLexicon) -> tuple[str, ...]:
    """See `SharedWords.of`; for one pair of texts."""
    return SharedWords(lexicon).of(draft, evidence)


class SharedWords:
    """Reads each text once, however many others it is compared with."""

    def __init__(self, lexicon: FieldLexicon) -> None:
        self._lexicon = lexicon
        self._read: dict[str, _Words] = {}
        self._found: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, draft: str, evidence: str) -> tuple[str, ...]:
        """Telling phrases that the two texts have in common, each as long as it can be, as spelled in either: terms
        (also across languages), runs of words, and single words where both are English. "Phát triển" and its like say
        nothing."""
        key = (draft, evidence)
        if key not in self._found:
            self._found[key] = _shared(self._words(draft), self._words(evidence))
        return self._found[key]

    def _words(self, text: str) -> _Words:
        if text not in self._read:
            self._read[text] = _Words(text, self._lexicon)
        return self._read[text]


def _shared(left: _Words, right: _Words) -> tuple[str, ...]:
    common = left.terms.keys() & right.terms.keys()
    found: dict[int, dict[str, None]] = {}
    for start, phrase in left.phrases(right, common):
        found.setdefault(start, {})[phrase] = None
    for _, phrase in right.phrases(left, common):  # what only the evidence spells so comes with the rest
        found.setdefault(len(left.stems), {})[phrase] = None
    _beside_their_like(found, left, right, common)
    phrases = dict.fromkeys(phrase for start in sorted(found) for phrase in found[start])
    kept = [p for p in phrases if not any(p != other and f" {p} " in f" {other} " for other in phrases)]
    return tuple(kept[:_MOST_WORDS])


def _beside_their_like(
    found: dict[int, dict[str, None]], left: _Words, right: _Words, common: AbstractSet[int]
) -> None:
    """Puts the evidence's spelling of a term beside the draft's."""
    for term in common:
        start, length = left.terms[term]
        spelled = right.spelled(*right.terms[term])
        if left.is_telling[start] and spelled != left.spelled(start, length):
            at = max((place for place in found if place <= start), default=start)
            found.setdefault(at, {})[spelled] = None


class _Words:
    """One text: its words, their stems, and where terms of the lexicon stand in it."""

    def __init__(self, text: str, lexicon: FieldLexicon) -> None:
        self.words = spelled_words(text)
        self.stems = [stem(word) for word in self.words]
        self.is_english = language_of(text) == "en"
        self.terms: dict[int, tuple[int, int]] = {}
        self.is_telling = [False] * len(self.words)  # part of a term that says something by itself
        for hit in lexicon.find_terms(text):
            self.terms.setdefault(hit.term, (hit.start, hit.length))
            if lexicon.weight(hit.term) == 1.0:
                self.is_telling[hit.start : hit.start + hit.length] = [True] * hit.length

    def spelled(self, start: int, length: int) -> str:
        return " ".join(self.words[start : start + length])

    def phrases(self, other: _Words, common: AbstractSet[int]) -> list[tuple[int, str]]:
        """Runs of this text's words that the other has too, with their places."""
        joined = [False] * max(len(self.stems) - 1, 0)  # between each word and the next
        alone = [False] * len(self.stems)
        pairs = set(pairwise(other.stems))
        for at, pair in enumerate(pairwise(self.stems)):
            joined[at] = pair in pairs and not any(part.isdigit() for part in pair)
        for term in common:
            start, length = self.terms[term]
            joined[start : start + length - 1] = [True] * (length - 1)
            alone[start] = alone[start] or length == 1
        if self.is_english and other.is_english:  # one syllable of Vietnamese tells nothing
            others = set(other.stems)
            for at, word in enumerate(self.stems):
                alone[at] = alone[at] or (len(word) >= 4 and word in others and not word.isdigit())
        runs = []
        at = 0
        while at < len(self.stems):
            end = at
            while end < len(joined) and joined[end]:
                end += 1
            if end > at or alone[at]:
                runs.append((at, end + 1))
            at = end + 1
        return [(start, " ".join(self.words[start:end])) for start, end in map(self._trimmed, runs) if end > start]

    def _trimmed(self, run: tuple[int, int]) -> tuple[int, int]:
        """Without joining words and general phrases at its ends; empty when nothing telling is left."""
        start, end = run
        general = general_words()
        while start < end and not self.is_telling[start]:
            if self.stems[start] in STOP_WORDS or self.stems[start] in general:
                start += 1
            elif end - start >= 2 and f"{self.stems[start]} {self.stems[start + 1]}" in general:
                start += 2
            else:
                break
        while start < end and not self.is_telling[end - 1]:
            if self.stems[end - 1] in STOP_WORDS or self.stems[end - 1] in general:
                end -= 1
            elif end - start >= 2 and f"{self.stems[end - 2]} {self.stems[end - 1]}" in general:
                end -= 2
            else:
                break
        start = min(start, end)
        is_word = end - start >= 2 or (end > start and (self.is_telling[start] or self.is_english))
        return (start, end) if is_word else (start, start)
