"""Whether a part of a page is enough for an answer."""

from __future__ import annotations

from litestar.plugins.htmx import HTMXRequest


def wants_block(request: HTMXRequest, target: str) -> bool:
    """True when htmx will put the answer into that element; a page taken from its history must be whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request and request.htmx.target == target
