"""`trithuc migrate` and `trithuc reindex`."""

from __future__ import annotations

import click

from service.commands.progress import progress_bar
from service.commands.running import run_with_runtime
from service.database.migrate import newest_version
from service.directory.index import rebuild_index
from service.i18n import gettext
from service.jobs.tasks import holding_the_index
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
            async with holding_the_index(runtime.sessions), runtime.sessions.begin() as session:
                await rebuild_index(session, runtime.backend, runtime.embeddings, on_progress)
        if why := runtime.embeddings.why_unavailable:
            click.echo(
                gettext("There is no embedder: experts are found by words alone. %(why)s") % {"why": gettext(why)},
                err=True,
            )
        click.echo(gettext("%(count)s experts are in the index.") % {"count": await runtime.backend.count()})

    run_with_runtime(settings, reindex)
