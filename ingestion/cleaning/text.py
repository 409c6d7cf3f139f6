"""Text as it is kept: NFC, no control or invisible characters, single spaces.

`clean` is idempotent and never raises, whatever the text holds (lone surrogates, NUL, noncharacters).
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Flaw(StrEnum):
    """What was dropped from a text."""

    CONTROL = "control_characters"
    INVISIBLE = "invisible_characters"


_LINE_ENDS = re.compile(r"\\r\\n|\r\n?|[\n\v\f\x85\u2028\u2029]")  # also the escape some scrapers leave behind
_LOOKALIKES = str.maketrans(
    {"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "Ƣ": "Ư", "ƣ": "ư"}
)  # letters of other languages typed for ours
_BLANK_LETTERS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
)  # no format characters, yet nothing is seen
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_RARE = re.compile(f"[{''.join(_BLANK_LETTERS)}ÐðƉƢƣ\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_COMBINING = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_FOLDED_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ƣ": "u", "ơ": "o", "ư": "u"})
_DASHES = re.compile(r"[‐‑‒–—―−\u00ad]")


def clean(raw: str) -> tuple[str, frozenset[Flaw]]:
    """The text on one line, and what had to be dropped from it."""
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split()) if "\\r" not in raw else " ".join(_LINE_ENDS.sub(" ", raw).split()), frozenset()
    flaws: set[Flaw] = set()
    text = _LINE_ENDS.sub(" ", raw)
    if not text.isprintable() or _RARE.search(text):
        text = "".join(_visible(character, flaws) for character in text).translate(_LOOKALIKES)
    return " ".join(unicodedata.normalize("NFC", text).split()), frozenset(flaws)


def _visible(character: str, flaws: set[Flaw]) -> str:
    category = unicodedata.category(character)
    if character == " " or (category[0] in "LMNPS" and character not in _BLANK_LETTERS):
        return "" if _VARIATION_SELECTORS.match(character) else character
    if category[0] == "Z" or character == "\t":
        return " "
    if category == "Co":
        return " "  # bullets of symbol fonts
    flaws.add(Flaw.INVISIBLE if category == "Cf" or category[0] in "LMS" else Flaw.CONTROL)
    return ""


def clean_text(raw: str) -> str:
    """`clean` without the account of what was dropped."""
    return clean(raw)[0]


def clean_lines(raw: str) -> list[str]:
    """The lines of a cell, each cleaned, without the empty ones."""
    return [line for part in _LINE_ENDS.split(raw) if (line := clean_text(part))]


def fold(text: str) -> str:
    """A key for comparing: lower case, no marks, đ → d, one kind of dash, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_FOLDED_LETTERS))
    plain = _COMBINING.sub("", decomposed).translate(_FOLDED_LETTERS)
    return " ".join(_DASHES.sub("-", plain).split())


class _FoldTable(dict[int, str]):
    """A translation table that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = fold(chr(code))
        self[code] = folded if len(folded) == 1 else chr(code)
        return self[code]


_FOLD_TABLE = _FoldTable()


def fold_letters(text: str) -> str:
    """Like `fold`, but each character of NFC text becomes exactly one character, so that positions stay."""
    return text.translate(_FOLD_TABLE)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where that loses little."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit * 0.8 else cut).rstrip()


_SAYING_NOTHING = (
    "-|--|---|_|.|...|…|/|\\|–|—|x|?|0|n/a|na|none|null|nil|unknown|khong|khong co|chua co"
    "|không|không có|chưa có|chưa|(không)|(trống)|trống|không rõ|không khai"
)
_NOTHING = frozenset(_SAYING_NOTHING.split("|"))


def is_nothing(text: str) -> bool:
    """Whether a cell's text only says that there is nothing."""
    return not text or text.lower() in _NOTHING


def split_outside_brackets(text: str, separators: re.Pattern[str]) -> list[str]:
    """Split where a separator stands outside (round) and [square] brackets; an unclosed bracket protects nothing."""
    depth_at: list[int] = []
    depth = 0
    for character in text:
        if character in "([":
            depth += 1
        depth_at.append(depth)
        if character in ")]":
            depth = max(0, depth - 1)
    if depth:
        return [part for piece in separators.split(text) if (part := piece.strip())]
    parts, start = [], 0
    for match in separators.finditer(text):
        if match.end() > match.start() and depth_at[match.start()] == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    parts.append(text[start:])
    return [part for piece in parts if (part := piece.strip())]
