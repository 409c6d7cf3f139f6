"""Characters → lines of text, by where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.drafts.cleaning import clean_text
from ingestion.drafts.headings import BULLET, shape_of
from ingestion.drafts.pdf_page import Char

BROKEN_WORD = re.compile(r"\w-$")
COLUMN_GAP = 1.5  # in font sizes: a wider gap separates columns
UNIT_BEFORE_RAISED = re.compile(r"(?:\d|\b(?:k|c|d|m)?m|\bha|CO|PM|H|O)$")


@dataclass(slots=True)
class Segment:
    """Characters that follow each other on one line without a wide gap."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    is_bold: bool
    first_word_width: float
    marker_width: float  # up to the text behind a bullet or number; 0 without one


@dataclass(slots=True)
class Line:
    segments: list[Segment]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def is_bold(self) -> bool:
        return all(segment.is_bold for segment in self.segments)

    @property
    def height(self) -> float:
        return self.y1 - self.y0


def joined(lines: Iterable[Line]) -> str:
    """One text. A word broken behind its own hyphen ("45-" / "NQ/TW") is put together again."""
    text = ""
    for line in lines:
        is_broken = BROKEN_WORD.search(text) is not None and line.text[:1].isalnum()
        text = f"{text}{'' if is_broken or not text else ' '}{line.text}"
    return text


def lines_of(chars: Iterable[Char]) -> list[Line]:
    """Lines from top to bottom, the segments of each from left to right."""
    segments = _segments(chars)
    segments.sort(key=lambda segment: -segment.size)
    lines: list[Line] = []
    buckets: dict[int, list[Line]] = {}
    for segment in segments:
        middle = (segment.y0 + segment.y1) / 2
        home = None
        for key in (int(middle) // 8 - 1, int(middle) // 8, int(middle) // 8 + 1):
            for line in buckets.get(key, ()):
                if line.y0 < middle < line.y1 and abs((line.y0 + line.y1) / 2 - middle) < 0.6 * line.height:
                    home = line
                    break
            if home is not None:
                break
        if home is None:
            home = Line([], segment.x0, segment.y0, segment.x1, segment.y1, segment.size)
            lines.append(home)
            buckets.setdefault(int(middle) // 8, []).append(home)
        home.segments.append(segment)
        home.x0, home.x1 = min(home.x0, segment.x0), max(home.x1, segment.x1)
    for line in lines:
        line.segments.sort(key=lambda segment: segment.x0)
        _settle_raised(line)
    lines = [line for line in lines if line.segments]
    lines.sort(key=lambda line: (line.y0, line.x0))
    return lines


def _segments(chars: Iterable[Char]) -> list[Segment]:
    found: list[Segment] = []
    run: list[Char] = []
    for char in chars:
        if run and not _follows(run[-1], char):
            found += _finished(run)
            run = []
        run.append(char)
    found += _finished(run)
    return found


def _follows(last: Char, char: Char) -> bool:
    size = max(last.look.size, char.look.size, 1.0)
    same_line = abs((last.y0 + last.y1) - (char.y0 + char.y1)) < 0.5 * size
    gap = char.x0 - last.x1
    if not same_line or not -0.6 * size < gap < COLUMN_GAP * size:
        return False
    smaller = min(last.look.size, char.look.size)
    is_raised = smaller < 0.95 * size and abs(last.y1 - char.y1) > 0.1 * size
    return smaller >= 0.8 * size and not is_raised  # a footnote sign is on its own


def _finished(run: list[Char]) -> list[Segment]:
    if not run:
        return []
    text = clean_text("".join(char.text for char in run))
    if not text:
        return []
    x0 = run[0].x0
    first_word_end = next((run[i - 1].x1 for i, char in enumerate(run) if i and char.text[0] == " "), run[-1].x1)
    marker = BULLET.match(text) or (re.match(r"\S+\s", text) if shape_of(text) is not None else None)
    marker_width = 0.0
    if marker is not None:
        inked = sum(not char.isspace() for char in marker[0])
        if inked < len(run):
            marker_width = run[inked].x0 - x0
    letters = [char for char in run if char.text.strip().isalnum()] or run
    return [
        Segment(
            text=text,
            x0=x0,
            y0=min(char.y0 for char in run),
            x1=run[-1].x1,
            y1=max(char.y1 for char in run),
            size=max(char.look.size for char in run),
            is_bold=sum(char.look.is_bold for char in letters) >= 0.95 * len(letters),
            first_word_width=first_word_end - x0,
            marker_width=marker_width,
        )
    ]


def _settle_raised(line: Line) -> None:
    """Small raised figures: the power in m2 and 10 3 stays with its unit, a footnote sign goes."""
    kept: list[Segment] = []
    for segment in line.segments:
        is_raised = (
            segment.size < 0.95 * line.size
            and line.y1 - segment.y1 > 0.1 * line.size
            and segment.text.strip("()[]").isdigit()
        )
        if is_raised and kept:
            if UNIT_BEFORE_RAISED.search(kept[-1].text):
                kept[-1].text += segment.text
                kept[-1].x1 = segment.x1
            continue
        if kept and segment.x0 - kept[-1].x1 < 0.15 * line.size:
            kept[-1].text = clean_text(kept[-1].text + segment.text)
            kept[-1].x1 = segment.x1
            kept[-1].is_bold = kept[-1].is_bold and segment.is_bold
            continue
        kept.append(segment)
    line.segments = kept
