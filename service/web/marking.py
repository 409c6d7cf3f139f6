"""Which words of a text to mark, because they also stand in another one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from search.vietnamese import fold

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; the spans of one text put together give it back unchanged."""

    text: str
    is_marked: bool


def mark_words(text: str, phrases: Iterable[str]) -> list[Span]:
    """Mark whole words only, case and Vietnamese marks aside; the longest phrase wins, neighbours become one span."""
    wanted: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        if words := tuple(_WORD.findall(fold(phrase))):
            wanted.setdefault(words[0], []).append(words)
    for options in wanted.values():
        options.sort(key=len, reverse=True)
    places = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    folded = [fold(text[start:end]) for start, end in places]
    marked: list[tuple[int, int]] = []
    at = 0
    while at < len(folded):
        length = next((len(o) for o in wanted.get(folded[at], ()) if tuple(folded[at : at + len(o)]) == o), 0)
        if length:
            _add(marked, places[at][0], places[at + length - 1][1], text)
        at += length or 1
    return _spans(text, marked)


def _add(marked: list[tuple[int, int]], start: int, end: int, text: str) -> None:
    """Two marked words with only a space between them are one mark."""
    if marked and text[marked[-1][1] : start].isspace():
        marked[-1] = (marked[-1][0], end)
    else:
        marked.append((start, end))


def _spans(text: str, marked: list[tuple[int, int]]) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for start, end in marked:
        if start > at:
            spans.append(Span(text[at:start], False))
        spans.append(Span(text[start:end], True))
        at = end
    if at < len(text):
        spans.append(Span(text[at:], False))
    return spans
