"""Reads pages as tests see them: what a person reads, what a browser would ask for, what the database was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
from litestar import Litestar
from sqlalchemy import event


@contextmanager
def statements_of(app: Litestar) -> Iterator[list[str]]:
    """What is sent to the database in the meantime."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: object) -> None:
        sent.append(statement)

    engine = app.state.runtime.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass
class PageParser(HTMLParser):
    """Addresses a page refers to, its language, and anything that a strict policy would not run."""

    addresses: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    language: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.language = values.get("lang")
        for name, value in attrs:
            if name in {"href", "src", "action", "hx-get", "hx-post", "srcset", "poster", "data"}:
                self.addresses.append(value or "")
            if name == "style" or name.startswith(("on", "hx-on", "hx-vals", "hx-headers")):
                self.inline.append(f"{tag} {name}")
        if tag == "style" or (tag == "script" and "src" not in values):
            self.inline.append(tag)


def parse(page: httpx.Response) -> PageParser:
    parser = PageParser()
    parser.feed(page.text)
    return parser


def text_of(page: httpx.Response) -> str:
    """What a person reads, in one line."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", page.text.split("<main", 1)[1], flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
