"""`trithuc search-keys`: the two keys of Meilisearch that the service works with, as files."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from search.backends.meilisearch_keys import ensure_keys
from search.errors import SearchUnavailableError
from service.errors import BadInputError, UnavailableError
from service.i18n import N_, gettext
from service.settings import Settings

WRITE_KEY, SEARCH_KEY = "meili_key", "meili_search_key"


def run_search_keys(settings: Settings, folder: Path, *, search_to: Path | None = None, renew: bool) -> None:
    """TRITHUC_MEILI_KEY is the master key here, and only here: everything else runs on the keys that this makes.

    `search_to`: another folder for the key that only searches, where a web process must not see the other one. Running
    it again writes the same keys, unless they are to be renewed.
    """
    if settings.meili_url is None:
        raise BadInputError(N_("%(name)s has to be set."), name="TRITHUC_MEILI_URL")
    if settings.meili_key is None:
        raise BadInputError(N_("%(name)s has to be set."), name="TRITHUC_MEILI_KEY")
    try:
        keys = asyncio.run(ensure_keys(settings.meili_url, settings.meili_key, renew=renew))
    except SearchUnavailableError as error:
        raise UnavailableError(N_("The search index cannot be asked: %(reason)s"), reason=str(error)) from error
    for place, name, key in ((folder, WRITE_KEY, keys.write), (search_to or folder, SEARCH_KEY, keys.search)):
        place.mkdir(parents=True, exist_ok=True)
        _write(place / name, key)
    click.echo(gettext("The keys are in %(folder)s.") % {"folder": folder})


def _write(path: Path, key: str) -> None:
    """Whole or not at all, and for nobody else to read."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    fresh.replace(path)
