"""Which body a text names, and which legal entity that body is part of. Pure: rows in, keys out.

Two questions, two answers. `match` links a text to a row of the list, or to nothing when it is not sure.
`legal_entities` gives every text keys, in the list or not, so that two texts can be compared: units of one
university, one department, one company share a key; a member of a national university, and what stands under a
ministry or a People's Committee, has its own. Bodies that ended are keyed by who does their work today.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from search.vietnamese import fold
from service.directory.organisation_names import BodyKind, BodyPart, absorbs, keys_today, parts
from service.directory.public_bodies import PROVINCE_TODAY, SECTORS

Sameness = Literal["certain", "possible"]
_CONTAINERS = frozenset(
    {BodyKind.MINISTRY, BodyKind.COMMITTEE, BodyKind.NATIONAL_UNIVERSITY, BodyKind.ACADEMY, BodyKind.ASSOCIATION}
)

# What these are is said by their legal entity alone; their names may be borne by others.
_TOLD_BY_ENTITY = _CONTAINERS | {BodyKind.UNIT, BodyKind.UNIVERSITY, BodyKind.SCHOOL, BodyKind.DEPARTMENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRow:
    """A body with the dates of its name; dates are ISO, or the year alone. `successors` are names."""

    name: str
    id: UUID | None = None
    short_name: str | None = None
    kind: str = ""
    locality: str | None = None
    parent_name: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationMatch:
    """`is_exact`: the text is the body itself; else it names a unit of it (khoa, phòng, chi cục)."""

    row: OrganisationRow
    is_exact: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """`inner`: the smallest body named; `body`: the legal entity by the names alone; `between` them, what is named too;
    `above`: what stands over the body."""

    inner: BodyPart
    between: tuple[BodyPart, ...]
    body: BodyPart
    above: BodyPart | None


class OrganisationDirectory:
    """The list, prepared for look-ups. Safe to share: nothing but a cache changes after it is built."""

    def __init__(self, rows: Sequence[OrganisationRow]) -> None:
        self.rows = tuple(rows)
        self._by_spelling: dict[str, OrganisationRow] = {}
        self._by_name: dict[str, list[OrganisationRow]] = defaultdict(list)
        self._same_name: dict[str, str] = {}  # another canonical name → the canonical name of the row
        for row in self.rows:
            for spelling in filter(None, (row.name, row.short_name)):
                self._by_spelling.setdefault(fold(spelling), row)
            reading = _read(row.name)
            if reading is None:
                continue
            self._by_name[reading.inner.name].append(row)
            above = reading.above
            if above and above.kind is BodyKind.NATIONAL_UNIVERSITY and above.province:
                self._same_name[f"{reading.inner.name} {above.province}"] = reading.inner.name
        for name in self._by_name:
            self._same_name.pop(name, None)
        self._entities = lru_cache(maxsize=50_000)(self._find_entities)
        self._units = lru_cache(maxsize=50_000)(self._find_units)

    @classmethod
    def from_csv(cls, path: Path) -> OrganisationDirectory:
        """From the file shipped in service/reference."""
        with path.open(encoding="utf-8", newline="") as file:
            return cls(
                [
                    OrganisationRow(
                        name=line["name_vi"],
                        short_name=line["short_name"] or None,
                        kind=line["kind"],
                        locality=line["locality"] or None,
                        parent_name=line["parent"] or None,
                        valid_from=line["valid_from"] or None,
                        valid_to=line["valid_to"] or None,
                        successors=tuple(s.strip() for s in line["successor"].split(";") if s.strip()),
                    )
                    for line in csv.DictReader(file)
                ]
            )

    def match(self, text: str, *, on: date | None = None) -> OrganisationMatch | None:
        """The row this text names, by name, abbreviation or unit; None when it is not sure. With `on`, the body that
        carries on its work at that date, where it had ended by then and has one successor."""
        if row := self._by_spelling.get(fold(text)):
            return OrganisationMatch(row=self._carried_on(row, on), is_exact=True)
        reading = _read(self._spelled_out(text))
        if reading is None:
            return None
        for part in dict.fromkeys((reading.inner, *reading.between, reading.body)):
            if row := self._row_named(part, reading.above, on):
                return OrganisationMatch(row=self._carried_on(row, on), is_exact=part == reading.inner)
        return None

    def legal_entity(self, text: str) -> str:
        """The main key: equal keys mean one legal entity. "" when the text names none ("chuyên gia độc lập", or a
        faculty alone)."""
        return next(iter(self._entities(text)), "")

    def legal_entities(self, text: str) -> frozenset[str]:
        """All keys: several only where a body was divided among successors."""
        return frozenset(self._entities(text))

    def sameness(self, text: str, other: str) -> Sameness | None:
        """Whether two texts name one legal entity. Possible, when one was divided and the other took a part."""
        one, two = self._entities(text), self._entities(other)
        if not one or not two:
            return None
        if one[0] == two[0] or self._both_at_once(one) & set(two) or self._both_at_once(two) & set(one):
            return "certain"
        if self.units_named(text) & self.units_named(other):
            return "certain"
        return "possible" if set(one) & set(two) else None

    @staticmethod
    def _both_at_once(keys: tuple[str, ...]) -> set[str]:
        """A department of culture, sports and tourism is both at once; other bodies with several keys were divided."""
        return set(keys) if {key.removeprefix("so ")[:7] for key in keys} == {"van hoa", "du lich"} else set()

    def units_named(self, text: str) -> frozenset[str]:
        """Keys of the single bodies in the text that can be told apart by name alone, whatever they belong to: a centre
        may be written with its department on one side and without it on the other."""
        return self._units(text)

    def committee_over(self, text: str) -> str | None:
        """The People's Committee a unit of a commune, ward or zone stands under ("Phòng Kinh tế đặc khu Phú Quốc")."""
        reading = _read(text)
        if (
            reading
            and reading.above
            and reading.above.kind is BodyKind.COMMITTEE
            and reading.body.kind is BodyKind.UNIT
        ):
            return keys_today(reading.above)[0]
        return None

    def sector(self, text: str) -> str | None:
        """The line of work a body's name tells (agriculture, health …); None when it tells none."""
        name = " ".join(part.name for part in parts(text))
        return next((s for s, words in SECTORS.items() if any(re.search(rf"\b{w}\b", name) for w in words)), None)

    def _find_entities(self, text: str) -> tuple[str, ...]:
        if row := self._by_spelling.get(fold(text)):
            return self._entities_of(row, seen=frozenset())
        reading = _read(self._spelled_out(text))
        if reading is None:
            return ()
        listed = self._row_named(reading.inner, reading.above, None) or self._row_named(
            reading.body, reading.above, None
        )
        if listed and (reading.body.kind is not BodyKind.DEPARTMENT or not reading.body.province):
            return self._entities_of(listed, seen=frozenset())
        return self._keys(reading)

    @staticmethod
    def _find_units(text: str) -> frozenset[str]:
        return frozenset(
            key
            for part in parts(text)
            if part.kind not in _TOLD_BY_ENTITY and (part.province or len(part.name.split()) > 4)
            for key in keys_today(part)
        )

    def _spelled_out(self, text: str) -> str:
        """Pieces that are a short name of the list ("Khoa Thủy sản, CTU") in full."""
        pieces = re.split(r"(\s*[,;]\s*|\s+[-–—]\s+)", text)
        rows = [self._by_spelling.get(fold(piece)) for piece in pieces]
        return "".join(row.name if row else piece for row, piece in zip(rows, pieces, strict=True))

    def _keys(self, reading: _Reading) -> tuple[str, ...]:
        body, above = reading.body, reading.above
        keys = tuple(self._same_name.get(key, key) for key in keys_today(body))
        if body.kind is BodyKind.UNIT and not body.province and above is None:
            return ()  # "Khoa Luật" alone is no body that can be told from others
        needs_more = body.kind is BodyKind.UNIT or (
            not body.province
            and (
                body.kind is BodyKind.UNIVERSITY
                or (body.kind in (BodyKind.CENTRE, BodyKind.SCHOOL) and len(body.name.split()) <= 5)
            )
        )
        if above is not None and needs_more:
            return tuple(f"{key} @ {keys_today(above)[0]}" for key in keys)
        return keys

    def _entities_of(self, row: OrganisationRow, seen: frozenset[str]) -> tuple[str, ...]:
        """Follows successors and parents that absorb."""
        reading = _read(row.name)
        if reading is None or row.name in seen:
            return ()
        if row.valid_to and row.successors:
            found = dict.fromkeys(
                key
                for name in row.successors
                for key in (
                    self._entities_of(self._by_spelling[fold(name)], seen | {row.name})
                    if fold(name) in self._by_spelling
                    else self._find_entities(name)
                )
            )
            return tuple(found)
        if row.parent_name and (parent := _read(row.parent_name)) and absorbs(parent.body, reading.inner):
            if over := self._by_spelling.get(fold(row.parent_name)):
                return self._entities_of(over, seen | {row.name})
            return self._find_entities(row.parent_name)
        return self._keys(reading)

    def _row_named(self, part: BodyPart, above: BodyPart | None, on: date | None) -> OrganisationRow | None:
        rows = self._by_name.get(self._same_name.get(part.name, part.name), [])
        if part.kind is BodyKind.UNIVERSITY:
            rows = [row for row in rows if _may_be_member(row, part, above)]
        if not rows and part.kind is BodyKind.DEPARTMENT and part.subject:
            rows = [
                row
                for name, named in self._by_name.items()
                for row in named
                if name.startswith(part.name if not part.province else f"so {part.subject}")
                and (reading := _read(row.name))
                and reading.inner.kind is BodyKind.DEPARTMENT
                and (not part.province or reading.inner.province == part.province)
            ]
        standing = [row for row in rows if _is_valid(row, on)] if len(rows) > 1 else rows
        return standing[0] if len(standing) == 1 else None

    def _carried_on(self, row: OrganisationRow, on: date | None) -> OrganisationRow:
        if on is None or _is_valid(row, on) or len(row.successors) != 1:
            return row
        after = self._by_spelling.get(fold(row.successors[0]))
        return self._carried_on(after, on) if after and after is not row else row


def _may_be_member(row: OrganisationRow, part: BodyPart, above: BodyPart | None) -> bool:
    """Names such as "Trường Đại học Bách khoa" are borne in several cities: without a place of its own, a name needs
    the same national university above it, and none when the row has none."""
    reading = _read(row.name)
    over = reading.above if reading else None
    if over is None or over.kind is not BodyKind.NATIONAL_UNIVERSITY:
        return above is None or above.kind is not BodyKind.NATIONAL_UNIVERSITY or bool(part.province)
    return bool(part.province) or (above is not None and above.name == over.name)


def _is_valid(row: OrganisationRow, on: date | None) -> bool:
    if on is None:
        return row.valid_to is None
    return (row.valid_from or "")[:10] <= on.isoformat()[: len(row.valid_from or "")] and (
        row.valid_to is None or on.isoformat()[: len(row.valid_to)] <= row.valid_to
    )


@lru_cache(maxsize=50_000)
def _read(text: str) -> _Reading | None:
    named = parts(text)
    if not named:
        return None
    inner = body = named[0]
    above: BodyPart | None = None
    for part in named[1:]:
        if absorbs(part, body):
            body, above = part, None
        elif absorbs(body, part):
            if inner == body:
                inner = part if part.kind is not BodyKind.UNIT else inner
        elif body.kind in _CONTAINERS and (part.kind not in _CONTAINERS or part.kind is BodyKind.UNIT):
            inner, body, above = part, part, body
        elif above is None:
            above = part
    between = tuple(part for part in named if part not in (inner, body, above))
    return _Reading(inner=inner, between=between, body=body, above=above)


__all__ = ["PROVINCE_TODAY", "OrganisationDirectory", "OrganisationMatch", "OrganisationRow"]
