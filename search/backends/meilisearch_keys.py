"""Keys of a Meilisearch server: one that may only search, for web processes, and one that writes, for workers.

Both are limited to what this program asks. The writing key is for all indexes, since Meilisearch does not show the task
of a swap to a key that is for some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec
from meilisearch import Client
from meilisearch.models.key import Key

from search.backends.meilisearch_answers import converted
from search.backends.meilisearch_connection import MeilisearchConnection

_SEARCH_NAME = "trithuc search"
_WRITE_NAME = "trithuc write"
_SEARCHES = ["search"]
_WRITES = [
    "search",
    "documents.add",
    "documents.delete",
    "indexes.create",
    "indexes.delete",
    "indexes.get",
    "indexes.swap",
    "settings.update",
    "tasks.get",
]
_MOST_KEYS = 1000


class _ListedKey(msgspec.Struct):
    """The client's own model asks for more: the value need not be told after a key was made, says the reference."""

    uid: str
    name: str | None = None
    key: str | None = None


class _ListedKeys(msgspec.Struct):
    results: list[_ListedKey]


@dataclass(frozen=True, slots=True)
class MeilisearchKeys:
    search: str
    write: str


async def ensure_keys(url: str, master_key: str, *, uid: str = "experts", renew: bool = False) -> MeilisearchKeys:
    """Both keys of one index, made where they are missing: asking again gives the same. Raises SearchUnavailableError.

    `renew` gives new ones, and the server takes the old ones no longer.
    """
    connection = MeilisearchConnection(url, master_key)
    try:
        listed = await connection.ask(lambda client: client.http.get(f"{client.config.paths.keys}?limit={_MOST_KEYS}"))
        found = {key.name: key for key in converted(listed, _ListedKeys).results}
        wanted = (
            (f"{_SEARCH_NAME} {uid}", "May only search the index.", _SEARCHES, [uid]),
            (f"{_WRITE_NAME} {uid}", "Fills the index and builds it anew.", _WRITES, ["*"]),
        )
        keys = []
        for name, description, actions, indexes in wanted:
            known = found.get(name)
            if known is not None and known.key and not renew:
                keys.append(known.key)
                continue
            if known is not None:
                await connection.ask(partial(_delete, uid=known.uid))
            options = {"name": name, "description": description, "actions": actions, "indexes": indexes}
            made = await connection.ask(partial(_create, options=options | {"expiresAt": None}))
            keys.append(made.key)
    finally:
        connection.close()
    return MeilisearchKeys(*keys)


def _create(client: Client, options: Mapping[str, object]) -> Key:
    return client.create_key(options)


def _delete(client: Client, uid: str) -> None:
    client.delete_key(uid)
