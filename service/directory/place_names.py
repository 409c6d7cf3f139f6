"""Cuts a place as written into its pieces: "P. An Hòa, TP Rạch Giá, tỉnh Kiên Giang", "Phu Quoc district". Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from search.vietnamese import fold

# Kinds as written, folded. "tt" is a town (thị trấn), "tx" an old town of district rank (thị xã).
_KINDS = {
    "thanh pho": "thanh pho",
    "thi tran": "thi tran",
    "thi xa": "thi xa",
    "dac khu": "dac khu",
    "phuong": "phuong",
    "huyen": "huyen",
    "quan": "quan",
    "tinh": "tinh",
    "xa": "xa",
    "tp": "thanh pho",
    "tt": "thi tran",
    "tx": "thi xa",
    "p": "phuong",
    "h": "huyen",
    "q": "quan",
    "t": "tinh",
    "x": "xa",
}
_ENGLISH_KINDS = {
    "special zone": "dac khu",
    "province": "tinh",
    "district": "huyen",
    "township": "thi tran",
    "commune": "xa",
    "ward": "phuong",
    "town": "thi xa",
    "city": "thanh pho",
}
_KIND_START = re.compile(
    r"^(?:(thanh pho|thi tran|thi xa|dac khu|phuong|huyen|quan|tinh|xa)\b|(tp|tt|tx|[phqtx])\b\.?)\s*"
)
_ENGLISH_KIND_END = re.compile(r"\s+(" + "|".join(_ENGLISH_KINDS) + r")$")
# In text without commas a kind in the middle starts a new piece.
_KIND_INSIDE = re.compile(
    r"(?<=\w)(?<!\bthị)(?<!\bthi)\s+(?=(?:thành phố|thị trấn|thị xã|đặc khu|phường|huyện|quận|tỉnh|xã"
    r"|thanh pho|thi tran|thi xa|dac khu|phuong|huyen|tinh|tp\b\.?|tx\b\.?|[phtx]\.)\s*\w)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*[,;/()\n]\s*|\s+[-–—]\s+")
_BEFORE_THE_MERGER = re.compile(r"\(\s*trước[^:()]*:\s*([^()]+)\)?", re.IGNORECASE)
_ASIDE = re.compile(
    r"[,(\s]*\b(?:nay là|nay thuộc|nay la|nay thuoc|trước là|trước đây là|now)\b.*$", re.IGNORECASE | re.DOTALL
)
_OLD = re.compile(r"\s*\(?\s*\b(?:cũ|old|former|formerly)\b\s*\)?", re.IGNORECASE)
_NO_PLACE = re.compile(r"^\s*(?:không|khong|no|none|n/a|chưa rõ|unknown|-+|\?+)(?:\s|$|[,.(])", re.IGNORECASE)
_COUNTRY = frozenset({"viet nam", "vietnam", "vn"})
_DISTRICT_KINDS = frozenset({"huyen", "quan", "thi xa"})


@dataclass(frozen=True, slots=True)
class PlacePart:
    """One piece: its kind when it says so, the folded name without it, and how it was written."""

    kind: str | None
    name: str
    written: str

    @property
    def is_district(self) -> bool:
        return self.kind in _DISTRICT_KINDS


def bare_name(name: str) -> str:
    """The folded name without its kind: "Thành phố Rạch Giá" → "rach gia"."""
    folded = fold(name)
    return _KIND_START.sub("", folded, count=1) or folded


def parse_place(text: str, *, is_known: Callable[[str], bool]) -> list[PlacePart]:
    """The pieces in the order written. [] where the text says that there is no place.

    `is_known` (of a folded name) helps where nothing separates the pieces: "Phu Quoc Kien Giang".
    """
    if _NO_PLACE.match(text):
        return []
    if before := _BEFORE_THE_MERGER.search(text):
        text = before[1]
    text = _OLD.sub("", _ASIDE.sub("", text))
    parts: list[PlacePart] = []
    for piece in _SEPARATORS.split(text):
        for written in _KIND_INSIDE.split(piece):
            written = written.strip(" .")
            if written and fold(written) not in _COUNTRY:
                parts += _split_unseparated(_part(written), is_known)
    return parts


def _part(written: str) -> PlacePart:
    folded = fold(written)
    if start := _KIND_START.match(folded):
        rest = folded[start.end() :].strip(" .")
        if rest:
            return PlacePart(_KINDS[start[1] or start[2]], rest, written)
    if end := _ENGLISH_KIND_END.search(folded):
        return PlacePart(_ENGLISH_KINDS[end[1]], folded[: end.start()], written)
    return PlacePart(None, folded, written)


def _split_unseparated(part: PlacePart, is_known: Callable[[str], bool]) -> list[PlacePart]:
    if is_known(part.name):
        return [part]
    words = part.name.split()
    written = part.written.split()
    for cut in range(1, len(words)):
        head, tail = " ".join(words[:cut]), " ".join(words[cut:])
        if is_known(head) and is_known(tail):
            skipped = len(written) - len(words)
            return [
                PlacePart(part.kind, head, " ".join(written[: cut + skipped])),
                PlacePart(None, tail, " ".join(written[cut + skipped :])),
            ]
    return [part]
