"""What to tell a person when the database goes away or is full in the middle of something."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import psycopg_pool
import sqlalchemy.exc

from service.errors import UnavailableError
from service.i18n import N_

_NO_SPACE = ("No space left on device", "File too large", "Disk quota exceeded")
_GONE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    psycopg_pool.PoolClosed,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
)


def explain_fault(error: BaseException) -> UnavailableError | None:
    """The error to show instead, when the cause is a database that is full or gone; None for anything else."""
    causes = list(_causes(error))
    if any(isinstance(cause, psycopg.errors.DiskFull) or _says_no_space(cause) for cause in causes):
        return UnavailableError(
            N_(
                "There is no space left for the database. Free some space and run this again; what was saved is kept "
                "and nothing is half-done."
            )
        )
    if any(isinstance(cause, _GONE) for cause in causes):
        return UnavailableError(
            N_(
                "The database stopped answering. What was saved is kept and nothing is half-done: run this again. "
                "`trithuc doctor` says whether the database runs."
            )
        )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it came from, through chains and groups, each once."""
    waiting, seen = [error], set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        context = None if current.__suppress_context__ else current.__context__
        waiting += [cause for cause in (current.__cause__, context) if cause is not None]
        waiting += [cause for cause in (getattr(current, "orig", None),) if isinstance(cause, BaseException)]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions


def _says_no_space(error: BaseException) -> bool:
    return isinstance(error, psycopg.Error | OSError) and any(sign in str(error) for sign in _NO_SPACE)
