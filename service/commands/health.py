"""`trithuc health`: whether the pages, or a worker, do their work; for whoever restarts what does not."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

import click
import psycopg

from service.i18n import gettext
from service.runtime import embedded_server
from service.settings import Settings

_PATIENCE_SECONDS = 8
_SILENT_SECONDS = 60  # a worker says every two seconds that it lives


def run_health(settings: Settings, *, of_worker: bool, port: int | None = None) -> None:
    """Says how it is in one line; ends with exit code 1 when it is not well. Starts and changes nothing."""
    is_well, said = _worker(settings) if of_worker else _pages(settings, port or settings.port)
    click.echo(said, err=not is_well)
    if not is_well:
        sys.exit(1)


def _pages(settings: Settings, port: int) -> tuple[bool, str]:
    host = "[::1]" if settings.host == "::1" else "127.0.0.1"
    address = f"http://{host}:{port}/ready"
    # Past any proxy that the environment names: this stays on the machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=_PATIENCE_SECONDS):
            return True, gettext("The pages are ready.")
    except urllib.error.HTTPError as error:
        with error:
            reason = error.read(500).decode(errors="replace").strip() if error.code == 503 else f"HTTP {error.code}"
    except OSError as error:
        reason = str(getattr(error, "reason", error))
    return False, gettext("The pages at %(address)s are not ready: %(reason)s") % {"address": address, "reason": reason}


def _worker(settings: Settings) -> tuple[bool, str]:
    address = settings.database_url or embedded_server(settings).url()
    try:
        with psycopg.connect(address, connect_timeout=_PATIENCE_SECONDS) as connection:
            row = connection.execute(
                "SELECT EXTRACT(epoch FROM now() - max(last_heartbeat))::float FROM procrastinate_workers"
            ).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        return False, gettext("The database does not answer: %(reason)s") % {"reason": reason}
    silent = row[0] if row else None
    if silent is None:
        return False, gettext("No worker runs: start `trithuc serve` or `trithuc worker`.")
    if silent > _SILENT_SECONDS:
        return False, gettext("The worker has been silent for %(seconds)s seconds.") % {"seconds": round(silent)}
    return True, gettext("A worker runs.")
