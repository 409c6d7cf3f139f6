"""Who stands behind a draft."""

from __future__ import annotations

from dataclasses import dataclass

from service.database.models.cases import PartyRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A body or a person behind a draft, as the office typed it. Only a drafter has a person's name."""

    role: PartyRole
    organisation: str | None = None
    person: str | None = None
