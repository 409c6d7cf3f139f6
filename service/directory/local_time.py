"""What time it is where an expert lives; for calls and meetings with people abroad."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSET = re.compile(r"^UTC([+-])(\d{1,2})(?::(\d{2}))?$")


def find_zone(name: str | None) -> tzinfo | None:
    """The zone of an IANA name ("Asia/Ho_Chi_Minh") or a fixed offset ("UTC+08:00"); None when it is neither."""
    if not name:
        return None
    if offset := _OFFSET.match(name):
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 14 or minutes > 59:
            return None
        return timezone((1 if offset[1] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local_time(now: datetime, zone_name: str | None) -> datetime | None:
    """`now` on the clock of that place; None when the place's zone is not known."""
    zone = find_zone(zone_name)
    return now.astimezone(zone) if zone else None
