"""What every command needs before its own work: a database that runs and is up to date, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypeVar

import psycopg
import uvloop
from psycopg.types.json import Jsonb

import service.directory.reference
from search.errors import SearchUnavailableError
from service.database.faults import explain_fault
from service.database.migrate import migrate
from service.database.models.base import uuid7
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions
from service.directory.reference import REFERENCE_DIR, load_reference
from service.errors import ServiceError, UnavailableError
from service.i18n import N_, translate
from service.runtime import Runtime, embedded_server, open_runtime
from service.settings import Settings

T = TypeVar("T")

_FINGERPRINT = "reference_fingerprint"


def run_with_runtime(settings: Settings, main: Callable[[Runtime], Awaitable[T]]) -> T:
    """Run `main` on a database that is up to date and hold its reference data.

    Starts the embedded server when no other is named, and stops it afterwards unless others use it. A database that
    goes away or is full becomes an UnavailableError saying so; Ctrl-C and SIGTERM cancel `main` and end cleanly.
    """

    async def run(database_url: str) -> T:
        async with open_runtime(settings, database_url=database_url) as runtime:
            return await main(runtime)

    with ready_database(settings) as database_url:
        return run_until_stopped(run(database_url))


@contextlib.contextmanager
def ready_database(settings: Settings) -> Iterator[str]:
    """The address of the database, migrated and with its reference data, while the block runs."""
    with reached_database(settings) as database_url:
        bring_up_to_date(database_url)
        yield database_url


@contextlib.contextmanager
def reached_database(settings: Settings) -> Iterator[str]:
    """The address of the database as it is, while the block runs; the embedded one is started, and made if need be."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_explained_faults())
        stack.enter_context(_stopped_by_sigterm())
        database_url = settings.database_url
        if database_url is None:
            server = stack.enter_context(embedded_server(settings))
            stack.enter_context(_named_lack_of_space(server))
            server.ensure_database("trithuc")
            database_url = server.url()
        yield database_url


def bring_up_to_date(database_url: str) -> None:
    migrate(database_url)
    _load_reference_once(database_url)


def run_until_stopped(work: Awaitable[T]) -> T:
    """Run on uvloop; SIGTERM cancels like Ctrl-C does, so that everything is closed before the process ends."""

    async def run() -> T:
        task = asyncio.current_task()
        if task is not None and _in_main_thread():  # elsewhere there are no signals
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            return await work
        except Exception as error:
            # A connection that is cancelled in the middle of a statement is broken, and what broke on the way out hides
            # that somebody asked us to stop.
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error
            raise

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(run())
        except asyncio.CancelledError:
            raise SystemExit(128 + signal.SIGTERM) from None


@contextlib.contextmanager
def _explained_faults() -> Iterator[None]:
    try:
        yield
    except ServiceError:
        raise
    except Exception as error:
        # The web framework runs its lifespan in a task group, which wraps what is raised inside.
        if isinstance(error, ExceptionGroup) and (told := error.subgroup(ServiceError)):
            raise _first_leaf(told) from error
        if fault := explain_fault(error):
            raise fault from error
        if _lacks_vector(error):
            raise UnavailableError(
                N_(
                    "The database lacks the extension vector, and this account may not add it. Install pgvector on the "
                    "server, and let its superuser run this in our database: CREATE EXTENSION vector;"
                )
            ) from error
        if isinstance(error, SearchUnavailableError):
            raise UnavailableError(N_("The search index cannot be asked: %(reason)s"), reason=str(error)) from error
        raise


def _lacks_vector(error: BaseException | None) -> bool:
    missing = (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile)
    while error is not None:
        if isinstance(error, missing) and 'extension "vector"' in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextlib.contextmanager
def _named_lack_of_space(server: EmbeddedServer) -> Iterator[None]:
    """A server that ends for lack of space breaks our connections without a reason; its log has it."""
    log_size = server.log_size()
    try:
        yield
    except Exception as error:
        told = error if isinstance(error, UnavailableError) else explain_fault(error)
        if told is None or not server.lacked_space_since(log_size):
            raise
        raise UnavailableError(
            N_(
                "%(told)s The cause: there is no space left for the database in %(folder)s (disk full, quota, or a "
                "file-size limit). Free some space first."
            ),
            told=translate(told.message, told.details),
            folder=server.state,
        ) from error


def _first_leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Outside the event loop too, SIGTERM unwinds the stack: the server is left in order."""

    if not _in_main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _load_reference_once(database_url: str) -> None:
    """Load the reference data unless just this data was loaded before."""
    fingerprint = _fingerprint()
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT value FROM setting WHERE name = %s", [_FINGERPRINT]).fetchone()
    if found is not None and found[0] == {"sha256": fingerprint}:
        return

    async def load() -> None:
        engine = make_engine(database_url)
        async with make_sessions(engine).begin() as session:
            await load_reference(session)
        await engine.dispose()

    run_until_stopped(load())
    with psycopg.connect(database_url) as connection:
        # Another process may have loaded the same just now.
        connection.execute(
            "INSERT INTO setting (id, name, value) VALUES (%s, %s, %s) "
            "ON CONFLICT (name, valid_from) DO UPDATE SET value = excluded.value",
            [uuid7(), _FINGERPRINT, Jsonb({"sha256": fingerprint})],
        )


def _fingerprint() -> str:
    """Of the data and of the code that loads it."""
    digest = hashlib.sha256()
    code = Path(service.directory.reference.__file__)
    for path in (code, *sorted(REFERENCE_DIR.glob("*.csv"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
