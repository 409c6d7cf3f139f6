"""Whether the values of a row stand one or two columns beside their headings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from ingestion.cleaning.dates import parse_birth
from ingestion.cleaning.degrees import parse_titles
from ingestion.cleaning.identifiers import find_emails, parse_fields
from ingestion.cleaning.names import looks_like_an_organisation
from ingestion.cleaning.text import clean_text, fold
from ingestion.sources.cells import RowCells, plain

_ENOUGH = 3  # fields that must fit better sideways


def is_shifted(row: RowCells, today: date) -> bool:
    """Asked only of rows whose name is wrong: at least three kinds of value fit one or two columns to the side, among
    them the name, and clearly fewer fit where they stand."""
    here = _fitting(row, 0, today)
    for shift in (-1, 1, -2, 2):
        there = _fitting(row, shift, today)
        if "name" in there and len(there) >= _ENOUGH and len(there) >= len(here) + 2:
            return True
    return False


def _fitting(row: RowCells, shift: int, today: date) -> set[str]:
    found: set[str] = set()
    for column in row.header.columns:
        test = _TESTS.get(column.field or "")
        index = column.index + shift
        if test is None or not 1 <= index <= len(row.values):
            continue
        value = row.values[index - 1]
        if value is not None and clean_text(plain(value)) and test(value, today):
            found.add(column.field or "")
    return found


def _is_name(value: object, today: date) -> bool:
    if not isinstance(value, str):
        return False
    text = clean_text(value)
    words = text.split()
    return (
        2 <= len(words) <= 6
        and text[0].isupper()
        and "@" not in text
        and not looks_like_an_organisation(text)
        and all(word[0].isalpha() for word in words)
    )


def _is_degree(value: object, today: date) -> bool:
    text = clean_text(plain(value))
    return len(text) < 40 and parse_titles(text).degree is not None


def _is_codes(value: object, today: date) -> bool:
    fields = parse_fields(plain(value))
    return bool(fields) and all(mention.code_text for mention in fields)


_TESTS: dict[str, Callable[[object, date], bool]] = {
    "name": _is_name,
    "birth_year": lambda value, today: parse_birth(value, today=today).year is not None,
    "email": lambda value, today: bool(find_emails(plain(value))),
    "degree": _is_degree,
    "fields": _is_codes,
    "gender": lambda value, today: fold(plain(value)) in ("nam", "nu", "male", "female"),
    "organisation": lambda value, today: looks_like_an_organisation(clean_text(plain(value))),
    "phone": lambda value, today: re.fullmatch(r"\+?[\d .()-]{9,}", plain(value).strip()) is not None,
}
