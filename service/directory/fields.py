"""Research fields as written → codes of the field list (qd12-2008). Pure.

Rosters write OECD codes with a point ("3.3", "4.1"), codes of the list ("303", "50202"), names, or both. OECD group 4.1
is three fields of the list (crops, forestry, fisheries): what the person works on says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from search.vietnamese import fold
from service.directory.names import canonical_marks, has_marks
from service.directory.reference import read_reference

_DOTTED = re.compile(r"^\d\.\d{1,2}$")
_PUNCTUATION = re.compile(r"[^\w]+")
_NAME_CUTOFF = 88


@dataclass(frozen=True, slots=True)
class _OecdField:
    code: str
    name_vi: str
    name_en: str
    targets: tuple[tuple[str, tuple[str, ...]], ...]  # (code of the list, words that call for it)


class FieldList:
    """The field list with its OECD crosswalk, prepared for look-ups."""

    def __init__(self, names: dict[str, tuple[str, str]], oecd: Sequence[_OecdField]) -> None:
        """`names`: code → Vietnamese and English name."""
        self._names = names
        self._oecd = {field.code: field for field in oecd}
        self._by_name: dict[str, str] = {}
        for code, both in sorted(names.items(), key=lambda item: -len(item[0])):
            for name in both:
                self._by_name[fold(name)] = code  # the widest of equal names wins: it comes last
        self._oecd_by_name = {fold(name): field.code for field in oecd for name in (field.name_vi, field.name_en)}

    def name(self, code: str, *, english: bool = False) -> str:
        both = self._names.get(code)
        return both[english] if both else code

    def level(self, code: str) -> int:
        return (len(code) + 1) // 2

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The code and what it lies in, widest first: "30305" → ("3", "303", "30305")."""
        return tuple(prefix for prefix in (code[:1], code[:3], code[:5]) if prefix and len(prefix) in (1, 3, 5))[
            : self.level(code)
        ]

    def find(self, code_text: str | None, name_text: str | None, *, about: str = "") -> tuple[str, ...]:
        """The codes a mention stands for; () when neither code nor name is known.

        `about`: what the person works on, to choose where one written code is several fields.
        """
        code = (code_text or "").strip().strip(".")
        if _DOTTED.match(code):
            return self._find_dotted(code, name_text, about)
        digits = code.replace(".", "").replace(" ", "")
        if digits in self._names:
            return (digits,)
        return self._find_named(name_text, about) if name_text else ()

    def _find_dotted(self, code: str, name_text: str | None, about: str) -> tuple[str, ...]:
        """An OECD code, unless a name beside it says that the list's own numbering is meant ("4.5 Thủy sản")."""
        field = self._oecd.get(code)
        group, number = code.split(".")
        own = f"{group}{int(number):02d}"
        if name_text and own in self._names:
            name = fold(name_text)
            likeness = [fuzz.token_set_ratio(name, fold(candidate)) for candidate in self._names[own]]
            if max(likeness) >= _NAME_CUTOFF and (
                field is None
                or max(fuzz.token_set_ratio(name, fold(n)) for n in (field.name_vi, field.name_en)) < max(likeness)
            ):
                return (own,)
        if field is not None:
            return _choose(field, about)
        return (own,) if own in self._names else ()

    def _find_named(self, name_text: str, about: str) -> tuple[str, ...]:
        name = fold(name_text)
        if name in self._oecd_by_name:
            return _choose(self._oecd[self._oecd_by_name[name]], about)
        if name in self._by_name:
            return (self._by_name[name],)
        close = process.extractOne(name, self._by_name.keys(), scorer=fuzz.ratio, score_cutoff=_NAME_CUTOFF)
        return (self._by_name[close[0]],) if close else ()


def _choose(field: _OecdField, about: str) -> tuple[str, ...]:
    """Targets whose words occur (at least half as often as the best); else the one without words; else the group.

    Words are compared with their marks where the text has marks: "cá" is not "cả".
    """
    spell = canonical_marks if has_marks(about) else fold
    text = f" {spell(_PUNCTUATION.sub(' ', about))} "
    hits = {
        code: sum(text.count(f" {_spelled(word, spell)} ") for word in words) for code, words in field.targets if words
    }
    most = max(hits.values(), default=0)
    if most:
        return tuple(code for code, count in hits.items() if count * 2 >= most)
    plain = tuple(code for code, words in field.targets if not words)
    return plain[:1] or (field.code[:1],)


@cache
def _spelled(word: str, spell: Callable[[str], str]) -> str:
    return spell(word)


@cache
def load_field_list() -> FieldList:
    """From the lists shipped in `service/reference`."""
    names = {row["code"]: (row["name_vi"], row["name_en"]) for row in read_reference("research_fields.csv")}
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_reference("ford_fields.csv"):
        rows.setdefault(row["code"], []).append(row)
    oecd = [
        _OecdField(
            code,
            same[0]["name_vi"],
            same[0]["name_en"],
            tuple((row["qd12_code"], tuple(_words(row["words"]))) for row in same),
        )
        for code, same in rows.items()
    ]
    return FieldList(names, oecd)


def _words(text: str) -> Iterable[str]:
    return [word.strip() for word in text.split(";") if word.strip()]
