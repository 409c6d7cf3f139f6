"""Progress of long work on stderr: how far, how fast, how long still."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from tqdm import tqdm

Progress = Callable[[int, int], None]


@contextlib.contextmanager
def progress_bar(title: str, *, unit: str) -> Iterator[Progress]:
    """Gives a function `on_progress(done, total)`. On a terminal a bar; in a log a line every ten seconds at most."""
    is_terminal = sys.stderr.isatty()
    with tqdm(
        desc=title, unit=f" {unit}", file=sys.stderr, leave=True, mininterval=0.1 if is_terminal else 10.0, total=0
    ) as bar:

        def on_progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield on_progress
