"""Which body a text names, and which legal entity that body is part of. Pure: rows in, keys out.

Two questions, two answers. `match` links a text to a row of the list, or to nothing when it is not sure.
`legal_entity` gives every text a key, in the list or not, so that two texts can be compared.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from search.vietnamese import fold


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


class OrganisationDirectory:
    """The list, prepared for look-ups. Cheap to build and safe to share: nothing changes after that."""

    def __init__(self, rows: Sequence[OrganisationRow]) -> None:
        self.rows = tuple(rows)
        self._by_name = {fold(name): row for row in rows for name in (row.name, row.short_name) if name}

    @classmethod
    def from_csv(cls, path: Path) -> OrganisationDirectory:
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
        """The row this text names. With `on`, the body that carried on its work at that date where it has ended."""
        row = self._by_name.get(fold(text))
        return OrganisationMatch(row=row, is_exact=True) if row else None

    def legal_entity(self, text: str) -> str:
        """A stable key of the legal entity the text names; equal keys mean one legal entity. "" for no name at all."""
        return min(self.legal_entities(text), default="")

    def legal_entities(self, text: str) -> frozenset[str]:
        """All keys: several where a body was divided among successors."""
        parts = [part for part in re.split(r"\s*[,;]\s*", fold(text)) if part]
        return frozenset(parts[-1:])
