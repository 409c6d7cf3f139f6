"""What a result offers besides its people: a file that says what it holds, lists and kept searches; and to whom."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
import openpyxl
import pytest
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import policy
from service.access.policy import Action, Role
from service.database.models import Expert
from service.directory.index import sync_experts
from service.directory.search import NOT_INDEXED, WORDS_ONLY
from service.i18n import gettext
from tests.factories import make_expert
from tests.reading_pages import statements_of


@pytest.fixture
async def people(app: Litestar, session: AsyncSession) -> list[Expert]:
    people = [
        await make_expert(session, f"Nguyễn Văn {chr(65 + n)}", works=["Nuôi cá lồng bè"], degree="TS")
        for n in range(12)
    ]
    await session.commit()
    runtime = app.state.runtime
    await sync_experts(session, runtime.backend, runtime.embeddings, [expert.id for expert in people])
    return people


def found(page: httpx.Response) -> list[str]:
    return re.findall(r'<a class="person-name"[^>]*>\s*(.*?)\s*</a>', page.text)


def allow(monkeypatch: pytest.MonkeyPatch, *actions: Action) -> None:
    """All that the reader may do from now on."""
    monkeypatch.setitem(policy._ALLOWED, Role.LOCAL_OPERATOR, frozenset(actions))


async def told_in_the_file(client: httpx.AsyncClient, search: str = "") -> dict[str, Any]:
    """How many people, and what the second sheet says of them."""
    book = openpyxl.load_workbook(io.BytesIO((await client.get(f"/experts/xlsx{search}")).content))
    return {"lines": book.worksheets[0].max_row - 1} | dict(book.worksheets[1].values)


async def test_a_file_that_is_not_complete_says_so(
    people: list[Expert], client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.directory.search.MOST_LISTED", 5)
    cut = await told_in_the_file(client)
    monkeypatch.setattr("service.directory.search.MOST_LISTED", len(people))
    whole = await told_in_the_file(client)

    assert (cut["lines"], cut["Chưa đầy đủ"]) == (5, "Tệp chỉ ghi 5 người đầu tiên trong 12 người tìm thấy.")
    assert (whole["lines"], "Chưa đầy đủ" in whole) == (12, False)


async def test_a_file_says_how_the_search_was_made_as_the_page_does(
    app: Litestar, people: list[Expert], client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_words = await told_in_the_file(client, "?q=long+be")
    await app.state.runtime.backend.drop()
    monkeypatch.setattr("service.directory.search.MOST_LISTED", 5)
    simple = await told_in_the_file(client, "?q=long+be")

    assert by_words["Lưu ý"] == gettext(WORDS_ONLY, "vi")
    assert "Chưa đầy đủ" not in by_words
    assert (simple["lines"], simple["Lưu ý"]) == (5, gettext(NOT_INDEXED, "vi"))
    assert simple["Chưa đầy đủ"] == "Tệp chỉ ghi 5 người; có thể còn người phù hợp chưa được ghi."


async def test_who_may_only_search_and_read_gets_the_pages_without_lists_and_files(
    people: list[Expert], client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = ("add-form", "tick-person", "/experts/xlsx", "keep-search")
    addresses = ("/experts", "/experts?view=table", f"/experts/{people[0].id}")
    own_rights = [await client.get(address) for address in addresses]
    allow(monkeypatch, Action.SEARCH_DIRECTORY, Action.READ_EXPERT)
    fewer = [await client.get(address) for address in addresses]

    assert [[offer for offer in offers if offer in page.text] for page in own_rights] == [
        list(offers),
        list(offers),
        ["add-form"],
    ]
    assert [page.status_code for page in fewer] == [200, 200, 200]
    assert [[offer for offer in offers if offer in page.text] for page in fewer] == [[], [], []]
    assert found(fewer[0]) == found(fewer[1]) == found(own_rights[0])


@pytest.mark.parametrize(
    ("rights", "offered"),
    [
        ({Action.EXPORT_DIRECTORY}, ["/experts/xlsx"]),
        ({Action.READ_SHORTLIST}, []),
        ({Action.READ_SHORTLIST, Action.EDIT_SHORTLIST}, ["add-form", "tick-person", "keep-search"]),
    ],
)
async def test_a_result_offers_just_what_the_reader_may_do(
    people: list[Expert],
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    rights: set[Action],
    offered: list[str],
) -> None:
    allow(monkeypatch, Action.SEARCH_DIRECTORY, Action.READ_EXPERT, *rights)

    page = await client.get("/experts")

    assert [one for one in ("add-form", "tick-person", "/experts/xlsx", "keep-search") if one in page.text] == offered


async def test_who_may_not_search_costs_the_suggestions_no_statement(
    app: Litestar, people: list[Expert], client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, Action.READ_EXPERT)

    with statements_of(app) as sent:
        refused = await client.get("/experts/suggestions?q=du")

    assert (refused.status_code, sent) == (403, [])
