"""What goes wrong on the way to a Meilisearch, over real HTTP: a clear error or a quiet recovery, never a wrong count.

How Meilisearch words its errors is copied from its reference (Reference, Errors, Error codes; Reference, Tasks, Get one
task). The server here is not Meilisearch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from search.backends.meilisearch import MeilisearchBackend
from search.backends.meilisearch_connection import MeilisearchConnection, RefusedError
from search.errors import SearchUnavailableError
from search.query import ExpertQuery
from tests.conftest import free_port
from tests.contracts.http_servers import Recorder, Refusal, misbehaving, recording
from tests.contracts.indexed import DIMENSIONS, axis, person
from tests.contracts.meilisearch_recorded import PEOPLE, ROWS, backend_of, giving_state, state_of
from tests.contracts.meilisearch_reference import problems_of

Call = Callable[[MeilisearchBackend], Awaitable[object]]


async def _rebuild(backend: MeilisearchBackend) -> None:
    async with backend.rebuilding() as beside:
        await beside.upsert(PEOPLE, ROWS)


CALLS: dict[str, Call] = {
    "search": lambda backend: backend.search(ExpertQuery(text="nuôi tôm", vector=axis(0), with_others=True)),
    "count": lambda backend: backend.count(),
    "embedder_id": lambda backend: backend.embedder_id(),
    "ids": lambda backend: backend.ids(),
    "upsert": lambda backend: backend.upsert(PEOPLE, ROWS),
    "delete": lambda backend: backend.delete([PEOPLE[0].id]),
    "create": lambda backend: backend.create(),
    "rebuild": _rebuild,
}
FAULTS = {
    "500": "answered 500",
    "403": "answered 403: A message about some_code",
    "plain 502": "answered 502",
    "half a body": "cannot be re",
    "no json": "cannot be read",
    "another shape": "cannot be read",
    "drops": "cannot be reached",
}


def _recorder(**options: Any) -> Any:
    return recording(**({"results": giving_state(state_of(*zip(PEOPLE, ROWS, strict=True)))} | options))


def _task(status: str, **error: str) -> dict[str, Any]:
    return {"status": status, "error": error or None}


# -- servers that go wrong whatever they are asked


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
async def test_every_call_says_what_is_wrong_with_the_server(call: str, fault: str) -> None:
    with misbehaving(fault) as url:
        backend = MeilisearchBackend(url, "key", dimensions=DIMENSIONS)
        with pytest.raises(SearchUnavailableError, match=FAULTS[fault]):
            await CALLS[call](backend)
        backend.close()


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_says_that_nobody_is_there(call: str) -> None:
    backend = MeilisearchBackend(f"http://127.0.0.1:{free_port()}", "key", dimensions=DIMENSIONS)
    with pytest.raises(SearchUnavailableError, match="cannot be reached"):
        await CALLS[call](backend)
    backend.close()


@pytest.mark.parametrize("call", ["search", "count", "ids"])
async def test_an_answer_that_lacks_its_total_is_no_total(call: str) -> None:
    with misbehaving("other hits") as url:
        backend = MeilisearchBackend(url, "key", dimensions=DIMENSIONS)
        with pytest.raises(SearchUnavailableError, match="cannot be read"):
            await CALLS[call](backend)
        backend.close()


@pytest.mark.parametrize("fault", ["silence", "drip"])
async def test_a_slow_server_is_given_up_and_the_next_readers_are_not_kept_waiting(fault: str) -> None:
    with misbehaving(fault) as url:
        backend = MeilisearchBackend(url, "key", dimensions=DIMENSIONS, search_seconds=0.3)
        begun = time.monotonic()
        with pytest.raises(SearchUnavailableError, match=r"within 0\.3 seconds"):
            await CALLS["search"](backend)
        first, begun = time.monotonic() - begun, time.monotonic()
        with pytest.raises(SearchUnavailableError, match="last search"):
            await CALLS["search"](backend)
        backend.close()

    assert first < 2
    assert time.monotonic() - begun < 0.1 + 3  # the server's own end takes some time


async def test_one_search_at_a_time_finds_out_whether_a_silent_server_is_back() -> None:
    with misbehaving("silence") as url:
        connection = MeilisearchConnection(url, "key", search_seconds=0.3, rest_seconds=0.1)
        with pytest.raises(SearchUnavailableError, match="within"):
            await connection.multi_search([])
        await asyncio.sleep(0.15)

        outcomes = await asyncio.gather(*(connection.multi_search([]) for _ in range(5)), return_exceptions=True)
        connection.close()

    assert sorted("within" in str(outcome) for outcome in outcomes) == [False] * 4 + [True]


async def test_a_silent_server_that_answers_again_is_asked_again() -> None:
    port = free_port()
    connection = MeilisearchConnection(f"http://127.0.0.1:{port}", "key", search_seconds=0.3, rest_seconds=0.0)
    with misbehaving("silence", port=port), pytest.raises(SearchUnavailableError, match="within"):
        await connection.multi_search([])

    with _recorder(port=port) as recorder:
        await asyncio.gather(*(connection.multi_search([]) for _ in range(1)))
        await asyncio.gather(*(connection.multi_search([]) for _ in range(5)))
    connection.close()

    assert len(recorder.requests) == 6


async def test_a_closed_connection_is_said_to_be_closed() -> None:
    with _recorder() as recorder:
        backend = backend_of(recorder)
        backend.close()
        with pytest.raises(SearchUnavailableError, match="is closed"):
            await backend.count()


async def test_what_is_wrong_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Readers only see simpler results; whoever runs the service has to learn that the key is wrong."""
    with _recorder() as recorder, caplog.at_level(logging.WARNING):
        recorder.refusals = [Refusal(403, "invalid_api_key")] * 3
        backend = backend_of(recorder)
        for _ in range(3):
            with pytest.raises(RefusedError, match="403"):
                await backend.count()
        await backend.count()
        backend.close()

    said = [record.message for record in caplog.records if record.name.startswith("search.")]
    assert said == [
        f"The search server at {recorder.url} answered 403: A message about invalid_api_key.",
        f"The search server at {recorder.url} answers again.",
    ]


# -- a busy server


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", ["search", "upsert", "rebuild"])
async def test_a_busy_server_is_asked_again(call: str, status: int) -> None:
    """Known limitations, "Maximum number of queued searches": 503 too_many_search_requests with Retry-After."""
    with _recorder() as recorder:
        recorder.refusals = [Refusal(status, "too_many_search_requests", headers=(("Retry-After", "0"),))] * 2
        backend = backend_of(recorder)
        await CALLS[call](backend)
        backend.close()

    assert recorder.calls[0] == recorder.calls[1] == recorder.calls[2]
    assert [problem for request in recorder.requests for problem in problems_of(request)] == []


async def test_a_server_that_stays_busy_is_given_up() -> None:
    with _recorder() as recorder:
        recorder.refusals = [Refusal(429, "too_many_requests", headers=(("Retry-After", "0"),))] * 100
        backend = backend_of(recorder)
        with pytest.raises(RefusedError, match="429"):
            await backend.count()
        backend.close()

    assert len(recorder.requests) == 4


async def test_a_search_does_not_wait_as_long_as_a_busy_server_would_like() -> None:
    with _recorder() as recorder:
        recorder.refusals = [Refusal(503, "too_many_search_requests", headers=(("Retry-After", "10"),))]
        backend = backend_of(recorder)
        with pytest.raises(RefusedError, match="503"):
            await backend.count()
        backend.close()

    assert len(recorder.requests) == 1


async def test_a_connection_that_the_server_ends_between_two_requests_is_made_again() -> None:
    with _recorder(hangs_up=True) as recorder:
        backend = backend_of(recorder)
        for _ in range(5):
            await backend.count()
            await asyncio.sleep(0.02)
        await backend.upsert(PEOPLE, ROWS)
        backend.close()

    assert len(recorder.bodies("POST /indexes/experts/documents?primaryKey=id")) == 1


# -- tasks


@pytest.mark.parametrize("call", ["upsert", "delete", "rebuild"])
@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        ("failed", "invalid_document_fields", "The document is malformed."),
        ("failed", "no_space_left_on_device", "There is no more space left on the device. Consider increasing it."),
        ("canceled", "", ""),
    ],
)
async def test_a_task_that_fails_is_an_error_with_the_servers_reason(
    call: str, status: str, code: str, message: str
) -> None:
    """Reference, Tasks: `status` and `error`."""
    task = _task(status, message=message, code=code) if code else _task(status)
    with _recorder(task=task) as recorder:
        backend = backend_of(recorder)
        with pytest.raises(RefusedError, match=f"has {status}: {message or 'no reason given'}") as refused:
            await CALLS[call](backend)
        backend.close()

    assert refused.value.code == (code or None)
    assert "POST /swap-indexes" not in recorder.calls


@pytest.mark.parametrize("status", ["enqueued", "processing"])
async def test_a_task_that_never_ends_is_given_up(status: str) -> None:
    with _recorder(task=_task(status)) as recorder:
        backend = backend_of(recorder, task_seconds=0.3)
        with pytest.raises(SearchUnavailableError, match=r"has not done task \d+ within 0\.3 seconds"):
            await backend.upsert(PEOPLE, ROWS)
        backend.close()


async def test_a_failed_upload_is_sent_again_by_the_next_try() -> None:
    with _recorder(task=_task("failed", message="x", code="internal")) as recorder:
        backend = backend_of(recorder)
        with pytest.raises(RefusedError):
            await backend.upsert(PEOPLE, ROWS)
        recorder.task = _task("succeeded")
        await backend.upsert(PEOPLE, ROWS)
        backend.close()

    first, second = recorder.bodies("POST /indexes/experts/documents?primaryKey=id")
    assert first == second


# -- an index that is not what it should be


async def test_a_search_in_an_index_that_was_deleted_is_an_error_and_no_empty_result() -> None:
    with _recorder() as recorder:
        recorder.refusals = [Refusal(404, "index_not_found", "POST /multi-search")] * 2
        backend = backend_of(recorder)
        with pytest.raises(RefusedError, match="index_not_found"):
            await CALLS["search"](backend)
        with pytest.raises(RefusedError, match="index_not_found"):
            await backend.embedder_id()
        backend.close()


async def test_whoever_writes_makes_a_deleted_index_again_with_its_settings() -> None:
    for call in ("count", "upsert"):
        with _recorder(indexes=()) as recorder:
            recorder.results = giving_state(None)
            recorder.refusals = [Refusal(404, "index_not_found", "POST /multi-search")]
            backend = backend_of(recorder)
            with pytest.raises(SearchUnavailableError, match="not ready") if call == "upsert" else _nothing():
                await CALLS[call](backend)
            backend.close()

        made = [one for one in recorder.calls if one.startswith(("POST /indexes", "PATCH")) and "documents" not in one]
        assert made[:3] == ["POST /indexes", "PATCH /indexes/experts/settings", "PATCH /indexes/experts/settings"]


class _nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


async def test_a_process_that_only_searches_makes_no_index() -> None:
    with _recorder() as recorder:
        recorder.refusals = [Refusal(404, "index_not_found")]
        backend = MeilisearchBackend(recorder.url, search_key="search-only")
        with pytest.raises(RefusedError):
            await backend.count()
        backend.close()

    assert recorder.calls == ["POST /multi-search"]


async def test_an_index_that_came_into_being_without_settings_is_emptied_and_gets_them() -> None:
    """Reference, Documents, Add or replace documents: "If the provided index does not exist, it will be created"."""
    with _recorder() as recorder:
        recorder.refusals = [Refusal(400, "invalid_search_filter", "POST /multi-search")] * 2
        backend = backend_of(recorder)
        await backend.count()
        backend.close()

    writes = [call for call in recorder.calls if "multi-search" not in call and "tasks" not in call]
    assert writes == [
        "GET /indexes/experts",
        "PATCH /indexes/experts/settings",
        "DELETE /indexes/experts/documents",
        "PATCH /indexes/experts/settings",
        "POST /indexes/experts/documents?primaryKey=id",
    ]


async def test_an_index_that_another_process_makes_at_the_same_time_is_no_fault() -> None:
    """Reference, Errors: index_already_exists, as the error of the task."""
    with _recorder(indexes=(), failing={"POST /indexes": "index_already_exists"}) as recorder:
        backend = backend_of(recorder)
        await backend.create()
        backend.close()

    assert not recorder.bodies("POST /indexes/experts/documents?primaryKey=id"), "the other's state is kept"


async def test_an_index_that_holds_other_vectors_than_it_said_is_searched_by_words() -> None:
    """Reference, Errors, invalid_vector_dimensions."""
    with _recorder() as recorder:
        backend = backend_of(recorder)
        await backend.search(ExpertQuery(text="nuôi tôm"))
        asked = len(recorder.requests)
        recorder.refusals = [Refusal(400, "invalid_vector_dimensions", "POST /multi-search")]
        await backend.search(ExpertQuery(text="nuôi tôm", vector=axis(0)))
        backend.close()

    with_vector, without = (request.body["queries"] for request in recorder.requests[asked:])
    assert any("vector" in query for query in with_vector)
    assert not any("vector" in query for query in without)


@pytest.mark.parametrize(
    "hit",
    [
        {"id": "not one of our ids", "called": ["Nguyễn Văn Khiết"]},
        {"id": PEOPLE[0].id.hex, "lexemes": "no base64!"},
        {"id": PEOPLE[0].id.hex, "lexemes": "AAAA"},
    ],
)
async def test_documents_that_somebody_else_put_there_are_an_error_and_no_crash(hit: dict[str, Any]) -> None:
    state = state_of(*zip(PEOPLE, ROWS, strict=True))
    with _recorder() as recorder:
        recorder.results = lambda query: (
            giving_state(state)(query) if "state" in query.get("filter", "") or not query["limit"] else {"hits": [hit]}
        )
        backend = backend_of(recorder)
        for text in ("nuôi tôm", "Nguyễn Văn Khiết"):
            with pytest.raises(SearchUnavailableError, match="cannot be read"):
                await backend.search(ExpertQuery(text=text, with_others=True))
        backend.close()


# -- rebuilds


async def test_two_rebuilds_at_once_fill_an_index_each() -> None:
    with _recorder() as recorder:
        one, other = backend_of(recorder), backend_of(recorder)
        await asyncio.gather(_rebuild(one), _rebuild(other), _rebuild(one))
        for backend in (one, other):
            backend.close()

    swapped = [body[0]["indexes"][1] for body in recorder.bodies("POST /swap-indexes")]
    filled = [call.split("/")[2] for call in recorder.calls if call.startswith("POST /indexes/experts_next_")]
    assert len(set(swapped)) == 3
    assert {uid: filled.count(uid) for uid in swapped} == dict.fromkeys(swapped, 3)


async def test_a_rebuild_whose_upload_fails_swaps_nothing_and_leaves_nothing() -> None:
    with _recorder() as recorder:
        backend = backend_of(recorder)

        async def rebuild() -> None:
            async with backend.rebuilding() as beside:
                recorder.task = _task("failed", message="There is no more space left on the device.", code="x")
                await beside.upsert(PEOPLE, ROWS)

        with pytest.raises(RefusedError, match="no more space"):
            await rebuild()
        backend.close()

    assert "POST /swap-indexes" not in recorder.calls
    assert [call for call in recorder.calls if call.startswith("DELETE /indexes/experts_next_")]


async def test_a_rebuild_counts_whom_it_wrote_twice_once_and_whom_it_removed_not_at_all() -> None:
    with _recorder() as recorder:
        held = {one.id: one for one in PEOPLE}
        stays, goes = PEOPLE

        def results(query: dict[str, Any]) -> dict[str, Any]:
            if str(query.get("filter", "")).startswith("id IN"):
                wanted = [one for one in held.values() if str(one.id) in query["filter"]]
                return {"hits": [_stored(recorder, str(one.id)) for one in wanted]}
            return giving_state(state_of(*zip(PEOPLE, ROWS, strict=True)))(query)

        recorder.results = results
        backend = backend_of(recorder)
        async with backend.rebuilding() as beside:
            await beside.upsert(PEOPLE, ROWS)
            await beside.upsert([stays], ROWS[:1])
            await beside.delete([goes.id, person("Lạ").id])
        backend.close()

    (uid,) = {body[0]["indexes"][1] for body in recorder.bodies("POST /swap-indexes")}
    *_, state = recorder.bodies(f"POST /indexes/{uid}/documents?primaryKey=id")
    assert state[0]["experts"] == 1
    assert state[0]["sums"]["0"][0] == 1
    assert recorder.bodies(f"POST /indexes/{uid}/documents/delete") == [{"filter": f'id IN ["{goes.id}"]'}]


def _stored(recorder: Recorder, expert_id: str) -> dict[str, Any]:
    """As it was sent last."""
    sent = [one for request in recorder.requests if "/documents?" in request.path for one in request.body]
    return next(one for one in reversed(sent) if one["id"] == expert_id)
