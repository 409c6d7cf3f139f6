"""What the status page may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.web.shell import Page
from service.web.status.parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage(Page):
    parts: tuple[Part, ...]
    now: datetime
