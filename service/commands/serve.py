"""`trithuc serve` and `trithuc worker`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import AsyncIterator

import click
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from service.app import create_app
from service.commands.running import ready_database, run_until_stopped, run_with_runtime
from service.database.server import EmbeddedServer
from service.errors import UnavailableError
from service.i18n import N_, gettext
from service.jobs.worker import end_worker, work_for_ever
from service.runtime import Runtime, embedded_server
from service.settings import Settings

logger = logging.getLogger(__name__)

_LOOK_AFTER_SERVER_SECONDS = 2.0
_LET_REQUESTS_END_SECONDS = 3.0


def run_serve(settings: Settings, *, port: int | None = None) -> None:
    """Serve the pages until Ctrl-C or SIGTERM. In embedded mode background jobs run inside.

    Raises UnavailableError when the port is taken.
    """
    port = port or settings.port
    _refuse_taken_port(settings.host, port)  # before anything is started
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with ready_database(settings) as database_url:
        embedded = settings.database_url is None
        app = create_app(settings, database_url=database_url, run_worker=embedded)
        run_until_stopped(serve(app, settings.host, port, server=embedded_server(settings) if embedded else None))


def run_worker(settings: Settings) -> None:
    """Run background jobs until Ctrl-C or SIGTERM; a job under way is put back into the queue."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    async def work(runtime: Runtime) -> None:
        click.echo(gettext("The worker runs. Ctrl-C stops it."), err=True)
        worker = asyncio.create_task(work_for_ever(runtime))
        await _until_stop_is_asked(worker)
        await end_worker(worker)

    run_with_runtime(settings, work)


async def serve(app: Litestar, host: str, port: int, *, server: EmbeddedServer | None = None) -> None:
    """Serve `app` until SIGINT or SIGTERM; restarts the embedded database server should it die."""
    _refuse_taken_port(host, port)
    async with _look_after(server), app.lifespan():
        # The lifespan is entered here and not by granian, so that its errors reach the person as they are.
        web = Server(app, address=host, port=port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False)
        web.on_startup(lambda: _say_where(host, port))
        serving = asyncio.create_task(web.serve())
        await _until_stop_is_asked(serving)
        if serving.done():
            serving.result()
            raise UnavailableError(N_("The web server ended by itself. Start it again."))
        web.stop()  # type: ignore[no-untyped-call]
        # A browser may keep a connection open for long; it does not keep us.
        _done, pending = await asyncio.wait({serving}, timeout=_LET_REQUESTS_END_SECONDS)
        if pending:
            # granian complains about the answers nobody waits for any more.
            asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)


async def _until_stop_is_asked(work: asyncio.Task[None]) -> None:
    """Return at SIGINT or SIGTERM, or when the work ends by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({asked, work}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()


@contextlib.asynccontextmanager
async def _look_after(server: EmbeddedServer | None) -> AsyncIterator[None]:
    """Join the embedded server and start it again if it dies while we serve."""
    if server is None:
        yield
        return
    await asyncio.to_thread(server.start)
    watch = asyncio.create_task(_revive_for_ever(server))
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.wait({watch})
        await asyncio.to_thread(server.close)


async def _revive_for_ever(server: EmbeddedServer) -> None:
    while True:
        await asyncio.sleep(_LOOK_AFTER_SERVER_SECONDS)
        try:
            await asyncio.to_thread(server.revive)
        except UnavailableError as error:
            logger.error("%s", error)


def _refuse_taken_port(host: str, port: int) -> None:
    # granian lets several processes listen on one port, so we have to look ourselves.
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise UnavailableError(
                    N_("This account may not use port %(port)s. Choose one above 1023: trithuc serve --port 8765"),
                    port=port,
                ) from error
            raise UnavailableError(
                N_(
                    "Port %(port)s is taken by another program (perhaps another `trithuc serve`). Stop it, or choose "
                    "another port: trithuc serve --port %(other)s"
                ),
                port=port,
                other=port + 1 if port < 65535 else port - 1,
            ) from error


def _say_where(host: str, port: int) -> None:
    click.echo(gettext("The pages are at http://%(host)s:%(port)s/ - Ctrl-C stops.") % {"host": host, "port": port})
