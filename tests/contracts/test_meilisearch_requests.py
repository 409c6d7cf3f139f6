"""The exact request of every call to Meilisearch that makes, fills and removes an index, against its reference.

The real client and the real backend send to a server that only writes down; meilisearch_reference.py says what is
allowed. What a real server does with these requests, this file does not show.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from search.backends.meilisearch import MeilisearchBackend, bodies
from search.backends.meilisearch_connection import RefusedError
from search.backends.meilisearch_documents import to_stored
from search.backends.meilisearch_keys import ensure_keys
from search.errors import SearchUnavailableError
from search.query import ExpertQuery
from tests.contracts.http_servers import Recorder, Request, recording
from tests.contracts.indexed import DIMENSIONS, axis, person
from tests.contracts.meilisearch_recorded import PEOPLE, ROWS, backend_of, giving_state, state_of
from tests.contracts.meilisearch_reference import DOCUMENTS, problems_of


@pytest.fixture
def backend(recorder: Recorder) -> Iterator[MeilisearchBackend]:
    backend = backend_of(recorder)
    yield backend
    backend.close()


def test_the_tables_refuse_what_the_reference_does_not_know() -> None:
    def sent(call: str, body: Any) -> list[str]:
        method, _, path = call.partition(" ")
        return problems_of(Request(method, path, {"content-type": "application/json"}, body, 1))

    assert sent("POST /multi-search", {"queries": [{"indexUid": "experts", "q": "x"}]}) == []
    assert sent("POST /multi-search", {"queries": [{"indexUid": "experts", "query": "x"}]})
    assert sent("POST /multi-search", {"queries": [{"indexUid": "experts", "limit": "3"}]})
    assert sent("POST /multi-search", {"queries": [{"indexUid": "experts", "matchingStrategy": "any"}]})
    assert sent("PATCH /indexes/experts/settings", {"prefixSearch": "searchTime"})
    assert sent("PATCH /indexes/experts/settings", {"ranking_rules": ["words"]})
    assert sent("POST /indexes/experts/documents", [{"id": "a b", "_vectors": {}}])
    assert sent("POST /swap-indexes", [{"indexes": ["a"]}])
    assert sent("POST /indexes/experts/everything", {})


async def test_every_request_names_the_key_and_uses_the_kept_connection(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    for _ in range(5):
        await backend.count()

    assert {request.headers["authorization"] for request in recorder.requests} == {"Bearer the-key"}
    assert len({request.connection for request in recorder.requests}) <= 4, "one for each thread, not for each request"
    assert len(recorder.requests) == 5


async def test_without_a_key_none_is_sent(recorder: Recorder) -> None:
    backend = MeilisearchBackend(recorder.url)
    await backend.count()
    backend.close()

    assert "authorization" not in recorder.requests[0].headers


async def test_searches_are_made_with_the_key_that_may_only_search(recorder: Recorder) -> None:
    backend = backend_of(recorder, search_key="search-only")
    await backend.search(ExpertQuery(text="nuôi tôm"))
    await backend.upsert(PEOPLE, ROWS)
    backend.close()

    keys = [(request.path.split("?")[0], request.headers["authorization"]) for request in recorder.requests]
    assert keys[0] == ("/multi-search", "Bearer search-only")
    assert ("/indexes/experts/documents", "Bearer the-key") in keys


async def test_a_search_key_is_enough_for_a_process_that_only_searches(recorder: Recorder) -> None:
    backend = MeilisearchBackend(recorder.url, search_key="search-only", dimensions=DIMENSIONS)
    await backend.search(ExpertQuery(text="nuôi tôm", vector=axis(0)))
    await backend.count()
    await backend.embedder_id()
    backend.close()

    assert {request.call for request in recorder.requests} == {"POST /multi-search"}
    assert {request.headers["authorization"] for request in recorder.requests} == {"Bearer search-only"}


# -- making


async def test_a_missing_index_is_made_with_all_its_settings() -> None:
    with recording(indexes=()) as recorder:
        backend = backend_of(recorder)
        await backend.create()
        backend.close()

    assert [problem for request in recorder.requests for problem in problems_of(request)] == []
    assert recorder.bodies("POST /indexes") == [{"uid": "experts", "primaryKey": "id"}]
    settings, embedders = recorder.bodies("PATCH /indexes/experts/settings")
    assert settings["searchableAttributes"] == [
        "names",
        "numbers",
        "subjects",
        "affiliations",
        "texts",
        "spellings",
    ]
    assert settings["synonyms"]["dbscl"] == ["dong bang song cuu long"]
    assert settings["synonyms"]["nuoi trong thuy san"] == ["ntts", "aquaculture"]
    assert settings["typoTolerance"]["disableOnNumbers"] is True
    assert settings["typoTolerance"]["disableOnAttributes"] == ["numbers", "spellings"]
    assert set(settings["typoTolerance"]["disableOnAttributes"]) <= set(settings["searchableAttributes"])
    assert embedders == {"embedders": {"passages": {"source": "userProvided", "dimensions": DIMENSIONS}}}
    (documents,) = recorder.bodies("POST /indexes/experts/documents?primaryKey=id")
    assert [one["id"] for one in documents] == ["state"]
    assert documents[0]["_vectors"] == {"passages": None}


async def test_an_index_that_is_there_only_gets_the_settings(recorder: Recorder, backend: MeilisearchBackend) -> None:
    await backend.create()

    assert recorder.calls == ["GET /indexes/experts", "PATCH /indexes/experts/settings", "POST /multi-search"]
    assert "embedders" not in recorder.bodies("PATCH /indexes/experts/settings")[0]


@pytest.mark.parametrize("state", [None, {"id": "state", "kind": "state", "layout": 0}])
async def test_an_index_of_another_layout_is_emptied(state: dict[str, Any] | None) -> None:
    with recording(results=giving_state(state)) as recorder:
        backend = backend_of(recorder)
        await backend.create()
        backend.close()

    assert [problem for request in recorder.requests for problem in problems_of(request)] == []
    assert "DELETE /indexes/experts/documents" in recorder.calls
    assert recorder.bodies("POST /indexes/experts/documents?primaryKey=id")[0][0]["experts"] == 0


# -- writing


async def test_documents_are_put_with_their_vectors_and_the_state_of_the_index(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    await backend.upsert(PEOPLE, ROWS)

    (documents,) = recorder.bodies("POST /indexes/experts/documents?primaryKey=id")
    khiet, lanh, state = documents
    assert khiet["id"] == str(PEOPLE[0].id)
    assert khiet["called"] == ["Nguyễn Văn Khiết", "Khiet Nguyen"]
    assert khiet["names"] == ["nguyen van khiet", "khiet nguyen"]
    assert khiet["texts"] == ["ong nuoi tom", "gop y ke hoach"]
    assert khiet["numbers"] == ["192khubnd"]
    assert {"zznguye6n4", "zzva8n", "zznuo6i", "zzto6m", "zzven"} <= set(khiet["spellings"])
    assert khiet["codes"] == ["cg0147"]
    assert khiet["facets"] == ["degree=TS", "unit=Phường %22Rạch Giá%22 %5C An Bình"]
    assert khiet["syllables"] == ["khiet", "nguyen", "van"]
    assert khiet["_vectors"] == {"passages": {"embeddings": [axis(0).tolist()], "regenerate": False}}
    assert lanh["_vectors"] == {"passages": None}
    assert (state["id"], state["experts"], state["embedder_id"]) == ("state", 4, "model")


async def test_vectors_of_another_model_are_left_out(recorder: Recorder) -> None:
    backend = backend_of(recorder, embedder_id="another")
    await backend.upsert(PEOPLE, ROWS)
    backend.close()

    (documents,) = recorder.bodies("POST /indexes/experts/documents?primaryKey=id")
    assert [one["_vectors"] for one in documents] == [{"passages": None}] * 3
    assert documents[-1]["embedder_id"] == "model"


async def test_an_empty_index_takes_the_model_of_whoever_fills_it() -> None:
    with recording(results=giving_state(state_of(embedder_id="earlier"))) as recorder:
        backend = backend_of(recorder)
        await backend.upsert(PEOPLE, ROWS)
        backend.close()

    first, second = recorder.bodies("POST /indexes/experts/documents?primaryKey=id")
    assert [one["id"] for one in first] == ["state"]
    assert first[0]["embedder_id"] == second[-1]["embedder_id"] == "model"
    assert recorder.bodies("PATCH /indexes/experts/settings") == [
        {"embedders": {"passages": {"source": "userProvided", "dimensions": DIMENSIONS}}}
    ]


async def test_deleting_names_the_ids_in_one_filter(recorder: Recorder, backend: MeilisearchBackend) -> None:
    ids = [UUID(int=1), UUID(int=2)]

    await backend.delete(ids)

    assert recorder.bodies("POST /indexes/experts/documents/delete") == [{"filter": f'id IN ["{ids[0]}", "{ids[1]}"]'}]
    assert [one["id"] for one in recorder.bodies("POST /indexes/experts/documents?primaryKey=id")[0]] == ["state"]


async def test_each_task_is_waited_for(recorder: Recorder, backend: MeilisearchBackend) -> None:
    await backend.upsert(PEOPLE, ROWS)

    assert recorder.calls[-1].startswith("GET /tasks/")


async def test_uploads_stay_below_the_size_that_the_server_takes(recorder: Recorder) -> None:
    stored = [to_stored(person(f"Người {n}", "chữ " * 1500), None) for n in range(20)]

    sent = list(bodies(stored, most_bytes=60_000))

    assert max(map(len, sent)) <= 60_000
    assert len(sent) > 1
    assert [one["id"] for body in sent for one in json.loads(body)] == [one.id for one in stored]
    assert all(DOCUMENTS(json.loads(body)) for body in sent)
    backend = backend_of(recorder)
    await backend.count()
    backend.close()


async def test_the_index_is_removed(recorder: Recorder, backend: MeilisearchBackend) -> None:
    await backend.drop()

    assert recorder.calls[0] == "DELETE /indexes/experts"


async def test_a_rebuild_fills_an_index_of_its_own_and_swaps_it_in(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    async with backend.rebuilding() as beside:
        await beside.upsert(PEOPLE, ROWS)
    async with backend.rebuilding() as beside:
        await beside.upsert(PEOPLE, ROWS)

    first, second = (body[0]["indexes"] for body in recorder.bodies("POST /swap-indexes"))
    assert first[0] == second[0] == "experts"
    assert first[1] != second[1], "two rebuilds never fill the same index"
    assert first[1].startswith("experts_next_")
    calls = [call for call in recorder.calls if "tasks" not in call and "multi" not in call]
    assert calls[:9] == [
        "GET /indexes?limit=1000",
        f"GET /indexes/{first[1]}",
        "POST /indexes",
        f"PATCH /indexes/{first[1]}/settings",
        f"PATCH /indexes/{first[1]}/settings",
        f"POST /indexes/{first[1]}/documents?primaryKey=id",
        f"POST /indexes/{first[1]}/documents?primaryKey=id",
        f"POST /indexes/{first[1]}/documents?primaryKey=id",
        "GET /indexes/experts",
    ]
    assert calls[9:11] == ["POST /swap-indexes", f"DELETE /indexes/{first[1]}"]
    *_, state = recorder.bodies(f"POST /indexes/{first[1]}/documents?primaryKey=id")
    assert (state[0]["id"], state[0]["experts"]) == ("state", 2)


async def test_a_rebuild_that_fails_removes_its_index_and_swaps_nothing(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    async def fail() -> None:
        async with backend.rebuilding() as beside:
            await beside.upsert(PEOPLE, ROWS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert "POST /swap-indexes" not in recorder.calls
    assert [call.startswith("DELETE /indexes/experts_next_") for call in recorder.calls if "DELETE" in call] == [True]


async def test_what_a_dead_rebuild_left_is_removed_by_a_later_one() -> None:
    with recording(indexes=("experts", "experts_next_0123", "experts_public", "other_next_1")) as recorder:
        recorder.results = giving_state(state_of())
        backend = backend_of(recorder)
        async with backend.rebuilding() as beside:
            await beside.upsert(PEOPLE, ROWS)
        backend.close()

    removed = [call for call in recorder.calls if call.startswith("DELETE /indexes/")]
    assert removed[0] == "DELETE /indexes/experts_next_0123"
    assert not {"DELETE /indexes/experts_public", "DELETE /indexes/other_next_1"} & set(removed)


# -- answers, as the reference shows them

SUMMARY = {  # Indexes, Swap indexes
    "taskUid": 3,
    "indexUid": None,
    "status": "enqueued",
    "type": "indexSwap",
    "enqueuedAt": "2021-08-12T10:00:00.000000Z",
}
SUCCEEDED = {  # Async task management, Get task
    "uid": 1,
    "indexUid": "movies",
    "status": "succeeded",
    "type": "indexCreation",
    "canceledBy": None,
    "details": None,
    "error": None,
    "duration": "PT1S",
    "enqueuedAt": "2021-01-01T09:39:00.000000Z",
    "startedAt": "2021-01-01T09:39:01.000000Z",
    "finishedAt": "2021-01-01T09:39:02.000000Z",
}
FAILED = {  # Tasks, Task object
    "uid": 4,
    "batchUids": 0,
    "indexUid": "movie",
    "status": "failed",
    "type": "indexDeletion",
    "canceledBy": None,
    "details": {"deletedDocuments": 0},
    "error": {
        "message": "Index `movie` not found.",
        "code": "index_not_found",
        "type": "invalid_request",
        "link": "https://docs.meilisearch.com/errors#index_not_found",
    },
    "duration": "PT0.001192S",
    "enqueuedAt": "2022-08-04T12:28:15.159167Z",
    "startedAt": "2022-08-04T12:28:15.161996Z",
    "finishedAt": "2022-08-04T12:28:15.163188Z",
}
KEYS = {  # Keys, List API keys
    "results": [
        {
            "uid": "01b4bc42-eb33-4041-b481-254d00cce834",
            "key": "d0552b41536279a0ad88bd595327b96f01176a60c2243e906c52ac02375f9bc4",
            "name": "An API Key",
            "description": None,
            "actions": ["documents.add"],
            "indexes": ["movies"],
            "expiresAt": "2022-11-12T10:00:00Z",
            "createdAt": "2021-11-12T10:00:00Z",
            "updatedAt": "2021-11-12T10:00:00Z",
        }
    ],
    "limit": 20,
    "offset": 0,
    "total": 1,
}
RESULT = {  # Full-text search, Your first search
    "hits": [
        {"id": 24, "title": "Guardians of the Galaxy", "genres": ["Action", "Science Fiction"]},
        {"id": 25, "title": "The Hitchhiker's Guide to the Galaxy", "genres": ["Adventure", "Comedy"]},
    ],
    "query": "galaxy",
    "processingTimeMs": 1,
    "limit": 20,
    "offset": 0,
    "estimatedTotalHits": 2,
}


async def test_the_answers_that_the_reference_shows_are_understood(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    recorder.examples = {
        "DELETE /indexes/experts": SUMMARY,
        "GET /tasks/3": SUCCEEDED,
        "POST /multi-search": {"results": [{"indexUid": "movies", **RESULT, "hits": []}]},
    }
    await backend.drop()
    assert await backend.count() == 2

    recorder.examples["GET /tasks/3"] = FAILED
    await backend.drop()  # there was none: as it should be
    recorder.examples |= {"POST /indexes/experts/documents/delete": SUMMARY, "POST /multi-search": None}
    with pytest.raises(RefusedError, match=r"\(indexDeletion\).*has failed: Index `movie` not found\.") as refused:
        await backend.delete([PEOPLE[0].id])
    assert refused.value.code == "index_not_found"


async def test_hits_of_another_kind_than_ours_are_refused(recorder: Recorder, backend: MeilisearchBackend) -> None:
    recorder.examples = {"POST /multi-search": {"results": [{"indexUid": "movies", **RESULT}]}}

    with pytest.raises(SearchUnavailableError, match="cannot be read"):
        await backend.count()


async def test_keys_of_others_are_left_alone() -> None:
    with recording(examples={"GET /keys": KEYS}) as recorder:
        await ensure_keys(recorder.url, "master")

    assert recorder.calls == ["GET /keys?limit=1000", "POST /keys", "POST /keys"]


# -- keys


async def test_keys_are_made_once() -> None:
    with recording() as recorder:
        made = await ensure_keys(recorder.url, "master")
        again = await ensure_keys(recorder.url, "master")

    assert [problem for request in recorder.requests for problem in problems_of(request)] == []
    assert made == again
    assert made.search != made.write
    search, write = recorder.bodies("POST /keys")
    assert (search["actions"], search["indexes"]) == (["search"], ["experts"])
    assert write["indexes"] == ["*"]
    assert "*" not in write["actions"]


async def test_renewed_keys_take_the_place_of_the_old_ones() -> None:
    """Reference, Keys, Delete API key: by its uid."""
    with recording() as recorder:
        old = await ensure_keys(recorder.url, "master")
        uids = [key["uid"] for key in recorder.keys]
        new = await ensure_keys(recorder.url, "master", renew=True)

    assert [problem for request in recorder.requests for problem in problems_of(request)] == []
    assert [call for call in recorder.calls if call.startswith("DELETE")] == [f"DELETE /keys/{uid}" for uid in uids]
    assert {old.search, old.write}.isdisjoint({new.search, new.write})
    assert [key["key"] for key in recorder.keys] == [new.search, new.write]


async def test_a_key_whose_value_is_not_told_again_is_replaced() -> None:
    """Reference, Keys, List API keys: "The key value itself is never returned after creation", though its example has
    one."""
    with recording() as recorder:
        await ensure_keys(recorder.url, "master")
        recorder.keys = tuple({name: value for name, value in key.items() if name != "key"} for key in recorder.keys)
        new = await ensure_keys(recorder.url, "master")

    assert [key["key"] for key in recorder.keys] == [new.search, new.write]


def test_the_command_writes_both_keys_as_files_for_nobody_else(tmp_path: Path) -> None:
    with recording() as recorder:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}
        environ |= {"TRITHUC_MEILI_URL": recorder.url, "TRITHUC_MEILI_KEY": "master", "TRITHUC_LOCALE": "en"}
        command = [sys.executable, "-m", "service.cli", "search-keys", str(tmp_path / "keys")]
        said = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        without = subprocess.run(
            command, env=environ | {"TRITHUC_MEILI_KEY": ""}, capture_output=True, text=True, check=False
        )

    assert (said.returncode, said.stdout) == (0, f"The keys are in {tmp_path / 'keys'}.\n"), said.stderr
    files = {path.name: path for path in (tmp_path / "keys").iterdir()}
    assert {name: path.read_text() for name, path in files.items()} == {
        "meili_search_key": recorder.keys[0]["key"] + "\n",
        "meili_key": recorder.keys[1]["key"] + "\n",
    }
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    assert recorder.keys[0]["key"] not in said.stdout + said.stderr
    assert (without.returncode, without.stderr) == (2, "TRITHUC_MEILI_KEY has to be set.\n")
