"""The numbers Word puts before paragraphs by itself: they are not in the text, but the reader sees them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from lxml import etree

from ingestion.drafts.docx_package import val, w

BULLET_MARK = "-"


@dataclass(frozen=True, slots=True)
class NumberingLevel:
    format: str
    text: str  # "%1.%2."
    start: int


class Numbering:
    """Counters of every list, in the order of the paragraphs asked about."""

    def __init__(self, root: etree._Element | None) -> None:
        self._levels: dict[str, dict[int, NumberingLevel]] = {}
        self._list_of: dict[str, str] = {}  # numId → abstractNumId: they share their counters
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)
        if root is None:
            return
        abstract = {str(element.get(w("abstractNumId"))): _levels(element) for element in root.iter(w("abstractNum"))}
        for element in root.iter(w("num")):
            number_id = str(element.get(w("numId")))
            target = val(element.find(w("abstractNumId"))) or ""
            levels = dict(abstract.get(target, {}))
            restarted = False
            for override in element.iter(w("lvlOverride")):
                index = _integer(override.get(w("ilvl")), 0)
                if (level := override.find(w("lvl"))) is not None:
                    levels[index] = _level(level)
                start = val(override.find(w("startOverride")))
                if start is not None and index in levels:
                    restarted = True
                    levels[index] = NumberingLevel(levels[index].format, levels[index].text, _integer(start, 1))
            self._levels[number_id] = levels
            self._list_of[number_id] = f"num {number_id}" if restarted else target

    def next_label(self, numbering: tuple[str, int]) -> str:
        """The label of the next paragraph of this list; "" for none."""
        number_id, index = numbering
        levels = self._levels.get(number_id)
        if not levels or index not in levels:
            return ""
        counters = self._counters[self._list_of[number_id]]
        counters[index] = counters[index] + 1 if index in counters else levels[index].start
        for deeper in [level for level in counters if level > index]:
            del counters[deeper]
        level = levels[index]
        if level.format == "bullet":
            return BULLET_MARK
        if level.format == "none" and not level.text.strip():
            return ""

        def filled(found: re.Match[str]) -> str:
            wanted = int(found[1]) - 1
            if wanted not in levels:
                return ""
            return in_format(counters.get(wanted, levels[wanted].start), levels[wanted].format)

        return re.sub(r"%(\d)", filled, level.text).strip()


def in_format(number: int, number_format: str) -> str:
    if number_format in ("upperRoman", "lowerRoman"):
        roman = _roman(number)
        return roman if number_format == "upperRoman" else roman.lower()
    if number_format in ("upperLetter", "lowerLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if number_format == "upperLetter" else letter
    if number_format == "decimalZero":
        return f"{number:02d}"
    return "" if number_format == "none" else str(number)


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    result = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        count, number = divmod(number, value)
        result += sign * count
    return result


def _levels(abstract: etree._Element) -> dict[int, NumberingLevel]:
    return {_integer(level.get(w("ilvl")), 0): _level(level) for level in abstract.iter(w("lvl"))}


def _level(element: etree._Element) -> NumberingLevel:
    return NumberingLevel(
        format=val(element.find(w("numFmt"))) or "decimal",
        text=val(element.find(w("lvlText"))) or "",
        start=_integer(val(element.find(w("start"))), 1),
    )


def _integer(value: str | None, otherwise: int) -> int:
    return int(value) if value is not None and value.isdigit() else otherwise
