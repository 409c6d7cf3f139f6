"""Text for a terminal: lines of one width, numbers in short form."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

WIDTH = 100
# Keeps words on one line; printed as a space.
GLUE = "\N{NO-BREAK SPACE}"


def wrap(text: str, first: str = "", later: str | None = None) -> list[str]:
    """Lines of at most WIDTH columns; `later` is the indent below the first line, by default as wide as `first`."""
    indent = later if later is not None else " " * len(first)
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,  # "Kinh tế-Xã hội" and file names stay whole
    )
    return [line.replace(GLUE, " ") for line in lines]


def spans(numbers: Iterable[int]) -> str:
    """1, 2, 3 and 7 as "1–3, 7"; not broken over two lines when it is short."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    told = [str(a) if a == b else f"{a},{GLUE}{b}" if b == a + 1 else f"{a}–{b}" for a, b in parts]
    return f",{GLUE if len(told) <= 8 else ' '}".join(told)
