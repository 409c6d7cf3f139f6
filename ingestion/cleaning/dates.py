"""The year of birth from whatever stands in a column of birth dates. Only the year is kept (domain.md §4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Fault = Literal["out_of_range", "in_future", "not_a_date", "impossible_date"]

FIRST_YEAR = 1920
YOUNGEST = 15  # years; nobody younger is an expert

_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[/\-. ]\s*(\d{1,2})\s*[/\-. ]\s*(\d{4}|\d{2})(?!\d)")
_YEAR_MONTH_DAY = re.compile(r"(\d{4})\s*[/\-.]\s*(\d{1,2})\s*[/\-.]\s*(\d{1,2})(?!\d)")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[/\-.]\s*(\d{4})(?!\d)")
_IN_WORDS = re.compile(r"(?i)(?:ngày\s*(\d{1,2})\s*,?\s*)?tháng\s*(\d{1,2})\s*,?\s*năm\s*(\d{4})")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_EXCEL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Birth:
    """A year of birth, or what is wrong with what stood there. `is_serial`: a day number that lost its date format."""

    year: int | None = None
    fault: Fault | None = None
    is_serial: bool = False


def parse_birth(value: object, *, today: date) -> Birth:
    """`value` is what the cell held: a number, a date, or text. Never raises."""
    if isinstance(value, datetime | date):
        return _checked(value.year, today)
    if isinstance(value, bool):
        return Birth(fault="not_a_date")
    if isinstance(value, int | float):
        if value != value or abs(value) > 1e9 or value != int(value):
            return Birth(fault="not_a_date")
        return _from_number(int(value), today)
    text = str(value).strip()
    if re.fullmatch(r"\d{5}(?:\.0)?", text):
        return _from_number(int(float(text)), today)
    return _from_text(text, today)


def _from_number(number: int, today: date) -> Birth:
    if 7_000 < number < 60_000:  # a day number: 1 March 1919 to 2064
        year = (_EXCEL_EPOCH + timedelta(days=number)).year
        return Birth(year=year, is_serial=True) if _checked(year, today).fault is None else _checked(year, today)
    if 0 <= number < 1000:
        return Birth(fault="not_a_date")
    return _checked(number, today)


def _from_text(text: str, today: date) -> Birth:
    if match := _YEAR_MONTH_DAY.search(text):
        return _from_parts(int(match[3]), int(match[2]), int(match[1]), today)
    if match := _DAY_MONTH_YEAR.search(text):
        year = int(match[3])
        if len(match[3]) == 2:
            year += 2000 if year <= (today.year - YOUNGEST) % 100 else 1900
        return _from_parts(int(match[1]), int(match[2]), year, today)
    if match := _IN_WORDS.search(text):
        return _from_parts(int(match[1] or 1), int(match[2]), int(match[3]), today)
    if match := _MONTH_YEAR.search(text):
        return _from_parts(1, int(match[1]), int(match[2]), today)
    years = _YEAR.findall(text)
    return _checked(int(years[0]), today) if len(years) == 1 else Birth(fault="not_a_date")


def _from_parts(day: int, month: int, year: int, today: date) -> Birth:
    """dd/mm, or mm/dd when only that is possible; for the year it makes no difference."""
    for d, m in ((day, month), (month, day)):
        try:
            date(max(year, 1), m, d)
        except ValueError:
            continue
        return _checked(year, today)
    return Birth(fault="impossible_date")


def _checked(year: int, today: date) -> Birth:
    if year > today.year:
        return Birth(fault="in_future")
    if not FIRST_YEAR <= year <= today.year - YOUNGEST:
        return Birth(fault="out_of_range")
    return Birth(year=year)


def parse_year(text: str) -> int | None:
    """The year of a work: the last plausible year in the text ("2019-2021" is 2021)."""
    years = [int(year) for year in _YEAR.findall(text) if 1900 <= int(year) <= 2100]
    return years[-1] if years else None
