"""Progress of long work on stderr: how far, how fast, how long still."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tqdm import tqdm

Progress = Callable[[int, int], None]

_LOG_SECONDS = 10.0  # between two lines of a log


@contextlib.contextmanager
def progress_bar(title: str, *, unit: str) -> Iterator[Progress]:
    """Gives a function `on_progress(done, total)`. On a terminal a bar; in a log a line every ten seconds at most, and
    none for work that is done sooner."""
    if not sys.stderr.isatty():
        yield _log_lines(title, unit)
        return
    bar: tqdm[Any] | None = None

    def on_progress(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(desc=title, unit=f" {unit}", file=sys.stderr, total=total, dynamic_ncols=True)
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield on_progress
    finally:
        if bar is not None:
            bar.close()


def _log_lines(title: str, unit: str) -> Progress:
    started = said = time.monotonic()

    def on_progress(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _LOG_SECONDS:
            said = now
            line = tqdm.format_meter(done, total, now - started, ncols=0, prefix=title, unit=f" {unit}")
            print(line, file=sys.stderr, flush=True)

    return on_progress
