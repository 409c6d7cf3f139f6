"""Keys of a Meilisearch server: one that may only search, for web processes, and one that writes, for workers.

Both are limited to what this program asks. The writing key is for all indexes, since Meilisearch does not show the task
of a swap to a key that is for some.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class MeilisearchKeys:
    search: str
    write: str


async def ensure_keys(url: str, master_key: str, *, uid: str = "experts") -> MeilisearchKeys:
    """Both keys of one index, made where they are missing: asking again gives the same. Raises SearchUnavailableError.

    To replace them, delete them on the server and ask again.
    """
    connection = MeilisearchConnection(url, master_key)
    try:
        known = await connection.ask(lambda client: client.get_keys({"limit": _MOST_KEYS}))
        found = {key.name: key.key for key in known.results}
        wanted = (
            (f"{_SEARCH_NAME} {uid}", "May only search the index.", _SEARCHES, [uid]),
            (f"{_WRITE_NAME} {uid}", "Fills the index and builds it anew.", _WRITES, ["*"]),
        )
        keys = []
        for name, description, actions, indexes in wanted:
            if name not in found:
                options = {
                    "name": name,
                    "description": description,
                    "actions": actions,
                    "indexes": indexes,
                    "expiresAt": None,
                }
                found[name] = (await connection.ask(lambda client, options=options: client.create_key(options))).key  # type: ignore[misc]
            keys.append(found[name])
    finally:
        connection.close()
    return MeilisearchKeys(*keys)
