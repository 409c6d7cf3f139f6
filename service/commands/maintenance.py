"""`trithuc migrate` and `trithuc reindex`."""

from __future__ import annotations

import click

from search.errors import EmbedderUnavailableError
from service.commands.progress import progress_bar
from service.commands.running import run_with_runtime
from service.database.migrate import newest_version
from service.directory.rebuilding import rebuild_index
from service.errors import UnavailableError
from service.i18n import N_, gettext, translate
from service.runtime import Runtime
from service.settings import Settings


def run_migrate(settings: Settings) -> None:
    """Bring the database and the index's tables to this version and load the reference data.

    Running it again changes nothing.
    """

    async def say(runtime: Runtime) -> None:
        click.echo(gettext("The database is at version %(version)s.") % {"version": newest_version()})

    run_with_runtime(settings, say)


def run_reindex(settings: Settings) -> None:
    """Build the index anew beside the old one and swap it in; searches go on meanwhile."""

    async def reindex(runtime: Runtime) -> None:
        with progress_bar(gettext("Indexing"), unit=gettext("experts")) as on_progress:
            try:
                failure = await rebuild_index(runtime.sessions, runtime.backend, runtime.embeddings, on_progress)
            except EmbedderUnavailableError as error:
                why = translate(error.message, error.details)
                raise UnavailableError(N_("The index stays as it is. %(why)s"), why=why) from error
        if unavailable := failure or runtime.embeddings.unavailable:
            why = translate(unavailable.message, unavailable.details)
            click.echo(
                gettext("There is no embedder: experts are found by words alone. %(why)s") % {"why": why}, err=True
            )
        click.echo(gettext("%(count)s experts are in the index.") % {"count": await runtime.backend.count()})

    run_with_runtime(settings, reindex)
