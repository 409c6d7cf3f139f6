"""Titles set in capitals, put back into small letters as the body of the draft writes the same words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from ingestion.drafts.headings import is_capitals

WORD = re.compile(r"[^\s“”\"'(),.;:…]+")
SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[-–+*•]\s+)[“\"(]*$")
TEXT_MAX = 400_000  # characters of the body that are looked at


def title_of(parts: Iterable[str], body: Iterable[str]) -> str:
    """One title from its lines: "KẾ HOẠCH" + "THỰC HIỆN …" → "Kế hoạch thực hiện …". Mixed lines stay as they are."""
    casing = _Casing(body)
    lines = list(parts)
    title = " ".join(casing.lowered(line) if is_capitals(line) else line for line in lines)
    if len(lines) > 1 and is_capitals(lines[0]) and not is_capitals(lines[1]):
        first = WORD.search(lines[1])
        if first is not None and casing.is_small_inside(first[0]):
            head = casing.lowered(lines[0])
            title = f"{head} {lines[1][: first.start()]}{first[0].lower()}{lines[1][first.end() :]}"
            title = " ".join([title, *(casing.lowered(line) if is_capitals(line) else line for line in lines[2:])])
    return title[:1].upper() + title[1:]


class _Casing:
    """How the body writes each word inside its sentences, alone and beside its neighbour."""

    def __init__(self, body: Iterable[str]) -> None:
        self._alone: dict[str, Counter[str]] = defaultdict(Counter)
        self._before: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._after: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        seen = 0
        for text in body:
            seen += len(text)
            if is_capitals(text):
                continue
            if seen > TEXT_MAX:
                break
            found = list(WORD.finditer(text))
            for index, word in enumerate(found):
                if SENTENCE_START.search(text[: word.start()][-6:]) or (index == 0):
                    continue
                written, key = word[0], word[0].lower()
                self._alone[key][written] += 1
                if index:
                    self._after[found[index - 1][0].lower(), key][written] += 1
                if index + 1 < len(found):
                    self._before[key, found[index + 1][0].lower()][written] += 1

    def is_small_inside(self, word: str) -> bool:
        counts = self._alone.get(word.lower())
        return counts is not None and counts.most_common(1)[0][0].islower()

    def lowered(self, line: str) -> str:
        found = list(WORD.finditer(line))
        result, end = [], 0
        for index, word in enumerate(found):
            key = word[0].lower()
            before = found[index - 1][0].lower() if index else ""
            after = found[index + 1][0].lower() if index + 1 < len(found) else ""
            # The word behind says more than the one before: "Tỉnh ủy", but "tỉnh Kiên Giang".
            counts = self._before.get((key, after)) or self._after.get((before, key)) or self._alone.get(key)
            written = counts.most_common(1)[0][0] if counts else key
            if counts is None and any(char.isdigit() for char in key):
                written = word[0]  # the number of a paper
            result += [line[end : word.start()], written]
            end = word.end()
        return "".join([*result, line[end:]])
