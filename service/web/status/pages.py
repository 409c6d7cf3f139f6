"""What the status page may use."""

from __future__ import annotations

from dataclasses import dataclass

from service.web.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage(Page):
    """`indexed` is None when the index cannot be asked; `embedder` None when there is no language model; `waiting`
    counts background jobs not yet done."""

    database_version: str
    experts: int
    indexed: int | None
    embedder: str | None
    waiting: int
    failed: int
