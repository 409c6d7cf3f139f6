"""What a workbook and a CSV file have in common: sheets of rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the result the program that wrote the file stored beside it. It is never evaluated here."""

    text: str
    stored: object = None


@dataclass(frozen=True, slots=True)
class CellError:
    """#REF!, #N/A …"""

    code: str


class Span(NamedTuple):
    """Merged cells; rows and columns count from 1."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(slots=True, kw_only=True)
class Table:
    """One sheet. `rows` holds (row number, cells from column A on); rows without any cell are left out.

    A cell is None, str, int, float, bool, a date or time, a `Formula` or a `CellError`.
    """

    sheet: str
    rows: list[tuple[int, list[object]]]
    spans: list[Span] = field(default_factory=list)
    hidden_columns: frozenset[int] = frozenset()
    is_hidden: bool = False
    converted_from: str | None = None  # the old font encoding all its text was written in

    def width(self) -> int:
        return max((len(cells) for _, cells in self.rows), default=0)

    def texts(self) -> Iterator[str]:
        return (value for _, cells in self.rows for value in cells if isinstance(value, str))


@dataclass(slots=True, kw_only=True)
class OpenedFile:
    """The sheets of a file; `encoding` of a CSV file."""

    tables: list[Table]
    encoding: str | None = None


def column_letter(column: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
