"""How Vietnamese papers number their headings, and the path of headings above a passage."""

from __future__ import annotations

import re
from enum import IntEnum

ROMAN = r"(?:X{0,3}(?:IX|IV|V?I{1,3}|V)|X{1,3})"


class Shape(IntEnum):
    """Kinds of numbering, outermost first; the gaps say nothing."""

    PART = 10  # Phần thứ nhất
    CHAPTER = 20  # Chương I
    SECTION = 30  # Mục 1
    ARTICLE = 40  # Điều 1.
    LETTER = 50  # A.
    ROMAN = 60  # I.
    ARABIC = 70  # 1.
    GROUP = 75  # Nhóm 1: …
    DECIMAL_2 = 80  # 1.1.
    DECIMAL_3 = 90  # 1.1.1.
    DECIMAL_4 = 100
    ALPHA = 110  # a)
    BARE = 120  # bold or capital line without a number


_SHAPES = (
    (Shape.PART, re.compile(r"phần\s+(?:thứ\s+)?(?:\d+|[ivx]+|nhất|hai|ba|bốn|tư|năm|sáu|bảy|một)\b", re.I)),
    (Shape.CHAPTER, re.compile(r"chương\s+(?:\d+|[ivx]+)\b", re.I)),
    (Shape.SECTION, re.compile(r"mục\s+(?:\d+|[ivx]+)\b", re.I)),
    (Shape.ARTICLE, re.compile(r"điều\s+\d+[a-z]?\s*[.:]", re.I)),
    (Shape.ROMAN, re.compile(rf"{ROMAN}\s*[.)/–-]\s*(?=\D)")),
    (Shape.LETTER, re.compile(r"[A-HKLMĐ]\s*[./)]\s+(?=\w)")),
    (Shape.DECIMAL_4, re.compile(r"\d{1,2}(?:\.\d{1,2}){3}\.?\)?\s+(?=\D)")),
    (Shape.DECIMAL_3, re.compile(r"\d{1,2}(?:\.\d{1,2}){2}\.?\)?\s+(?=\D)")),
    (Shape.DECIMAL_2, re.compile(r"\d{1,2}\.\d{1,2}\.?\)?\s+(?=\D)")),
    (Shape.ARABIC, re.compile(r"\d{1,2}\s*[.)/]\s*(?=[^\W\d])")),
    (
        Shape.GROUP,
        re.compile(r"(?:nhóm|nhiệm vụ|giải pháp|mục tiêu|tiểu dự án|dự án|hợp phần|nội dung)\s+\d+\s*[:.]", re.I),
    ),
    (Shape.ALPHA, re.compile(r"[a-zđ]\s*\d?\s*[.)]\s*(?=\w)|\((?:[a-zđ]|\d{1,2}|[ivx]{1,4})\)\s*(?=\w)")),
)
BULLET = re.compile(r"[-–—+*•●○■▪◦➢➤✓►·]\s*(?=\S)")
SENTENCE_END = (".", ";", ",", "…")


def shape_of(text: str) -> Shape | None:
    """The kind of number the text begins with."""
    for shape, pattern in _SHAPES:
        if pattern.match(text):
            return shape
    return None


def is_capitals(text: str) -> bool:
    if len(text) > 1000 or text[1:40].swapcase().isupper():
        return False  # the common case, decided early
    letters = [char for char in text if char.isalpha()]
    return len(letters) >= 3 and sum(char.isupper() for char in letters) >= 0.9 * len(letters)


def heading_shape(text: str, *, is_bold: bool, has_styles: bool, stands_alone: bool) -> Shape | None:
    """The shape, if a text without a heading style is a heading all the same.

    Where nothing is known of bold (`has_styles` false) a numbered line counts when it is short and no sentence.
    """
    shape = shape_of(text)
    ends_sentence = text.endswith(SENTENCE_END)
    if shape in (Shape.PART, Shape.CHAPTER, Shape.SECTION):
        return shape if len(text) <= 200 and not ends_sentence else None
    if shape is Shape.ARTICLE:
        return shape if len(text) <= 300 and (is_bold or not ends_sentence) else None
    if shape in (Shape.ROMAN, Shape.LETTER):
        if len(text) > 300 or text.endswith(";"):
            return None
        return shape if is_bold or is_capitals(text) or not ends_sentence else None
    if shape is Shape.ALPHA:
        return shape if is_bold and len(text) <= 200 and not ends_sentence else None
    if shape is not None:
        if has_styles:
            return shape if is_bold and len(text) <= 400 and not text.endswith(";") else None
        return shape if len(text) <= 160 and not ends_sentence else None
    if BULLET.match(text) or ends_sentence or not text[:1].isupper():
        return None
    if has_styles:
        return Shape.BARE if is_bold and len(text) <= 160 else None
    if is_capitals(text) and len(text) <= 160:
        return Shape.BARE
    return Shape.BARE if stands_alone and len(text) <= 100 and not text.endswith(":") else None


class HeadingPath:
    """The headings above the place reached, and the level of the next one.

    A level given by a style or a bookmark teaches the level of its kind of number, so that a heading without style
    further on finds its place among those with one.
    """

    def __init__(self) -> None:
        self._stack: list[tuple[int, int, str]] = []  # level, shape, text
        self._learnt: dict[int, int] = {}
        self._base = 0

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for _level, _shape, text in self._stack)

    def start_annex(self, text: str) -> int:
        """An annex begins a numbering of its own, one level down."""
        self._stack = [(1, 0, text)]
        self._learnt = {}
        self._base = 1
        return 1

    def add(self, text: str, shape: Shape | None, styled_level: int | None) -> int:
        """The level of the heading, from 1."""
        rank = int(shape) if shape is not None else int(Shape.BARE)
        if styled_level is not None:
            level = styled_level + self._base
            if shape is not None:
                self._learnt[rank] = level
        elif shape is not None and rank in self._learnt:
            level = self._learnt[rank]
        else:
            open_ranks = [(level, open_rank) for level, open_rank, _text in self._stack]
            above = [level for level, open_rank in open_ranks if open_rank < rank]
            level = (above[-1] if above else self._base) + 1
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        self._stack.append((level, rank, text))
        return level

    def rename_last(self, text: str) -> None:
        level, rank, _text = self._stack[-1]
        self._stack[-1] = (level, rank, text)
