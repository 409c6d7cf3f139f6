"""Which words of a text answer a query: for showing why somebody was found. Pure.

Gives plain pieces of text, never markup: whoever renders them escapes them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.vietnamese import is_marked, same_marks, syllables, word_forms, word_places

# Words that only join others; they are marked inside a longer match, not by themselves.
_JOINING = frozenset(
    same_marks(
        "và của cho các những một là ở tại đến với trong từ về theo để khi do có không được này rồi lại ra vào nên thì"
        " mà cũng đã sẽ hay va cua cac nhung mot voi duoc the of and in on for to a an at by with from is are or as"
    )
)


@dataclass(frozen=True, slots=True)
class Span:
    """The spans of a text, put together, give it back."""

    text: str
    is_marked: bool


class QueryWords:
    """The words of a query and of what stands for them (synonyms), ready to be found in many texts."""

    def __init__(self, query: str, synonyms: Iterable[tuple[str, str]] = ()) -> None:
        folded = syllables(query)
        marked = same_marks(query)
        self._is_marked = is_marked(query)
        self._marks: dict[str, set[str]] = {}
        for word, spelled in zip(folded, marked, strict=True):
            self._marks.setdefault(word, set()).add(spelled)
        self._phrases: list[tuple[str, ...]] = []
        padded = f" {' '.join(folded)} "
        for pair in _folded(tuple(synonyms)):
            for here, there in (pair, pair[::-1]):
                if f" {' '.join(here)} " in padded and there:
                    self._phrases.append(there)

    def find(self, text: str) -> frozenset[str]:
        """The words of the query, folded, that a text answers; joining words aside. A synonym counts as its words."""
        forms = word_forms(text)
        return frozenset(word for word, index in self._matches(forms) if forms[index][1] not in _JOINING)

    def mark(self, text: str) -> tuple[Span, ...]:
        """Neighbouring marked words, and joining words between them, make one span."""
        text = unicodedata.normalize("NFC", text)
        places = _places(text)
        hits = {index for _, index in self._matches([(place.folded, place.marked) for place in places])}
        spans: list[Span] = []
        at = 0
        for first, last in _runs(hits, places, text):
            start, end = places[first].start, places[last].end
            if start > at:
                spans.append(Span(text[at:start], False))
            spans.append(Span(text[start:end], True))
            at = end
        if at < len(text):
            spans.append(Span(text[at:], False))
        return tuple(spans)

    def _matches(self, forms: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
        """`forms`: each word of a text folded and with its marks."""
        found = []
        for index, (folded, marked) in enumerate(forms):
            spellings = self._marks.get(folded)
            if spellings is not None and (not self._is_marked or marked in spellings or marked == folded):
                found.append((folded, index))
        for phrase in self._phrases:
            for start in range(len(forms) - len(phrase) + 1):
                if all(forms[start + i][0] == word for i, word in enumerate(phrase)):
                    found += [(word, start + i) for i, word in enumerate(phrase)]
        return found


@lru_cache(maxsize=2)
def _folded(synonyms: tuple[tuple[str, str], ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The same few hundred pairs serve every query."""
    return [(tuple(syllables(one)), tuple(syllables(other))) for one, other in synonyms]


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    folded: str
    marked: str


def _places(text: str) -> list[_Place]:
    return [_Place(start, end, folded, marked) for start, end, folded, marked in word_places(text)]


def _runs(hits: set[int], places: Sequence[_Place], text: str) -> Iterable[tuple[int, int]]:
    """First and last place of each run of hits with only spaces between, less joining words at its ends."""
    run: list[int] = []
    for index in [*sorted(hits), len(places) + 1]:
        if run and (index != run[-1] + 1 or not text[places[run[-1]].end : places[index].start].isspace()):
            real = [place for place in run if places[place].marked not in _JOINING]
            if real:
                yield real[0], real[-1]
            run = []
        run.append(index)
