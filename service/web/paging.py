"""Pages of a list, with addresses that can be bookmarked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

# Beyond this nobody reads on, and the database would have to count rows it throws away.
LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """`number` counts from 1 and may lie beyond `last`; `parameters` are those of the rest of the address."""

    path: str
    parameters: Sequence[tuple[str, str]]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def is_beyond(self) -> bool:
        return self.number > self.last

    @property
    def first_row(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last_row(self) -> int:
        return min(self.number * self.size, self.total)

    @property
    def numbers(self) -> list[int | None]:
        """The pages to offer: the ends, and those around this one; None stands for a gap."""
        near = {1, self.last, *range(max(1, self.number - 1), min(self.last, self.number + 1) + 1)}
        offered: list[int | None] = []
        for number in sorted(near):
            if offered and offered[-1] is not None and number - offered[-1] > 1:
                offered.append(None)
            offered.append(number)
        return offered

    def address(self, number: int) -> str:
        pairs = [*self.parameters, *([("page", str(number))] if number > 1 else [])]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


def page_number(text: str | None) -> int:
    """What stands in the address, from 1 to LAST_PAGE; the first page for anything that is no number."""
    digits = (text or "").strip()
    if not digits.isascii() or not digits.isdecimal():
        return 1
    return max(1, min(LAST_PAGE, int(digits[:9])))
