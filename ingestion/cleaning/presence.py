"""When and where someone can be reached: time zone, months in Vietnam, whether they take work now."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from zoneinfo import available_timezones

from ingestion.cleaning.text import fold

_OFFSET = re.compile(r"^(?:(?:utc|gmt|mui gio)\s*)?([+-])?\s*(\d{1,2})(?::?(\d{2}))?$")
_ABBREVIATIONS = {
    "ict": "Asia/Ho_Chi_Minh", "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong",
    "cet": "CET", "cest": "CET", "mez": "CET", "eet": "EET", "wet": "WET", "bst": "Europe/London", "gmt": "UTC+00:00",
    "utc": "UTC+00:00",
    "aest": "Australia/Sydney", "aedt": "Australia/Sydney", "awst": "Australia/Perth", "acst": "Australia/Adelaide",
    "nzst": "Pacific/Auckland",
    "est": "America/New_York", "edt": "America/New_York", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "mst": "America/Denver", "cdt": "America/Chicago",
    "viet nam": "Asia/Ho_Chi_Minh", "ha noi": "Asia/Ho_Chi_Minh", "asia/hanoi": "Asia/Ho_Chi_Minh",
    "saigon": "Asia/Ho_Chi_Minh", "asia/saigon": "Asia/Ho_Chi_Minh",
}  # fmt: skip
_FULL_MONTHS = frozenset(
    (
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    )
)
_SHORT_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_ENGLISH_MONTHS = {m: i for i, m in enumerate(_SHORT_MONTHS.split(), 1)}
_SEASONS = {
    "tet": (1, 2),
    "lunar new year": (1, 2),
    "he": (6, 7, 8),
    "summer": (6, 7, 8),
    "christmas": (12,),
    "giang sinh": (12,),
}
_RANGE = re.compile(r"(?<![\d/])(\d{1,2})\s*(?:-|den|to|->)\s*(?:thang\s*)?(\d{1,2})(?![\d/])")
_BUSY = re.compile(
    r"\b(?:tam nghi|tam ngung|tam dung|tam vang|ban|khong nhan|khong san sang|chua san sang|chua nhan|ngung|"
    r"nghi phep|nghi om|di hoc|paused?|on leave|unavailable|not available|busy|no)\b|^(?:khong|chua)$"
)
_FREE = re.compile(r"\b(?:san sang|nhan viec|co the|dang cong tac|available|yes|co|ranh|hoat dong)\b|^x$")


@cache
def _zones() -> dict[str, str]:
    return {fold(zone): zone for zone in available_timezones()}


def parse_time_zone(text: str) -> str | None:
    """An IANA name, or "UTC+08:00" when only the offset is known."""
    key = fold(text).strip(" .()")
    if key in _ABBREVIATIONS:
        return _ABBREVIATIONS[key]
    if zone := _zones().get(key.replace(" ", "_")) or _zones().get(key):
        return zone
    if match := _OFFSET.match(key.replace("−", "-")):
        hours, minutes = int(match[2]), int(match[3] or 0)
        if (match[1] or key.startswith(("utc", "gmt"))) and hours <= 14 and minutes < 60:
            return f"UTC{match[1] or '+'}{hours:02d}:{minutes:02d}"
    if match := re.search(r"\(?(?:utc|gmt)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\)?", key):
        return f"UTC{match[1]}{int(match[2]):02d}:{int(match[3] or 0):02d}" if int(match[2]) <= 14 else None
    return None


def parse_months(value: object) -> tuple[int, ...]:
    """Months (1–12) in order: "6, 7", "11-2", "Jun,
    Jul", "Tết"; a cell that Excel took for a date gives its two numbers."""
    if isinstance(value, datetime | date):
        return tuple(sorted({value.day, value.month} if value.day <= 12 else {value.month}))
    if isinstance(value, int | float):
        return (int(value),) if 1 <= value <= 12 and value == int(value) else ()
    text = fold(str(value))
    months: set[int] = set()
    for match in _RANGE.finditer(text):
        first, last = int(match[1]), int(match[2])
        if 1 <= first <= 12 and 1 <= last <= 12:
            months.update(range(first, last + 1) if first <= last else [*range(first, 13), *range(1, last + 1)])
    rest = _RANGE.sub(" ", text)
    months.update(
        int(n)
        for n in re.findall(
            r"(?<![\d/.])(\d{1,2})(?![\d/.]|\s*(?:tuan|ngay|lan|weeks?|days?|times?|thang\b(?!\s*\d)))", rest
        )
        if 1 <= int(n) <= 12
    )
    words = re.findall(r"[a-z]+", rest)
    months.update(
        _ENGLISH_MONTHS[word[:3]]
        for word in words
        if word[:3] in _ENGLISH_MONTHS and (len(word) == 3 or word in _FULL_MONTHS)
    )
    for season, its_months in _SEASONS.items():
        if re.search(rf"\b{season}\b", rest):
            months.update(its_months)
    return tuple(sorted(months))


def parse_availability(text: str) -> bool | None:
    """False for "Tạm nghỉ", "Bận đến tháng 9"; True for "Sẵn sàng"; None when the text does not say."""
    folded = fold(text)
    if _BUSY.search(folded):
        return False
    return True if _FREE.search(folded) else None


def says_paused(note: str) -> bool:
    """Whether a note says that the person takes no work now; narrower than `parse_availability`, for free text."""
    return bool(
        re.match(
            r"(?:dang |hien |xin )*(?:tam nghi|tam ngung|tam dung|khong nhan (?:viec|phan bien)|on leave|paused?)\b",
            fold(note),
        )
    )
