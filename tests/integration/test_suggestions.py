"""What the search box offers while somebody types, over HTTP."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import Expert, ExpertField
from service.database.models.directory import ProfileState
from tests.factories import make_expert
from tests.reading_pages import statements_of, text_of


def offered(answer: httpx.Response) -> list[tuple[str, str]]:
    """Kind and text of each option."""
    options = re.findall(r'data-text="([^"]*)".*?<span class="suggestion-kind">([^<]+)</span>', answer.text, re.DOTALL)
    return [(kind, html.unescape(text)) for text, kind in options]


@pytest.fixture
async def named(session: AsyncSession) -> list[Expert]:
    named = [
        await make_expert(
            session, "Nguyễn Văn Dương", organisation_text="Trường Đại học Kiên Giang", keywords=["nuôi biển"]
        ),
        await make_expert(session, "Trần Thị Đường", keywords=["đường sắt đô thị", "nuôi biển"]),
        await make_expert(session, "Dương Văn Minh", hometown_new_code="30742", hometown_precision="commune"),
    ]
    session.add(ExpertField(expert_id=named[0].id, edition="qd12-2008", code="405"))
    await session.commit()
    return named


async def test_people_are_offered_by_any_part_of_their_name_as_spelled_first(
    named: list[Expert], client: httpx.AsyncClient
) -> None:
    async def ask(text: str) -> list[str]:
        answer = await client.get("/experts/suggestions", params={"q": text})
        return [name for kind, name in offered(answer) if kind == "chuyên gia"]

    assert set(await ask("duong")) == {"Nguyễn Văn Dương", "Trần Thị Đường", "Dương Văn Minh"}
    assert (await ask("Đường"))[0] == "Trần Thị Đường"
    assert await ask("nguyen van d") == ["Nguyễn Văn Dương"]
    assert await ask("van duong") == ["Nguyễn Văn Dương"]
    assert await ask("%") == await ask("d") == await ask("duong " * 40) == []


async def test_words_of_the_directory_are_offered_names_first_only_where_a_name_may_be_meant(
    named: list[Expert], client: httpx.AsyncClient
) -> None:
    async def ask(text: str) -> list[tuple[str, str]]:
        return offered(await client.get("/experts/suggestions", params={"q": text}))

    assert await ask("nuoi b") == [("từ khóa", "nuôi biển")]
    assert await ask("bien") == [("từ khóa", "nuôi biển")]
    assert await ask("kien giang") == [("cơ quan", "Trường Đại học Kiên Giang")]
    assert await ask("rach gia") == [("xã, phường, đặc khu", "Phường Rạch Giá")]
    assert ("lĩnh vực", "Thuỷ sản") in await ask("thuy s")
    kinds = [kind for kind, _ in await ask("duong")]
    assert (kinds[0], kinds[-1]) == ("chuyên gia", "từ khóa")


async def test_a_suggestion_leads_to_people(named: list[Expert], client: httpx.AsyncClient) -> None:
    for text in ("rach gia", "thuy s", "nguyen van d"):
        answer = await client.get("/experts/suggestions", params={"q": text})
        address = re.search(r'data-address="([^"]+)"', answer.text)
        assert address is not None
        page = await client.get(html.unescape(address[1]))
        assert page.status_code == 200
        assert "Không tìm thấy" not in text_of(page)


async def test_nothing_is_offered_of_people_who_have_left(
    named: list[Expert], client: httpx.AsyncClient, session: AsyncSession
) -> None:
    """Although the words were read before they left."""
    assert len(offered(await client.get("/experts/suggestions?q=nuoi"))) == 1
    for expert in named:
        expert.state = ProfileState.ERASED
    await session.commit()

    for text in ("nuoi", "duong", "kien giang", "rach gia", "thuy s"):
        assert offered(await client.get("/experts/suggestions", params={"q": text})) == []


async def test_suggestions_take_the_same_few_statements_for_one_and_for_three(
    app: Litestar, session: AsyncSession, client: httpx.AsyncClient
) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            await make_expert(session, "Hồ Văn Biển", keywords=["nuôi biển"])
        await session.commit()
        await client.get("/experts/suggestions?q=bien")
        with statements_of(app) as sent:
            answer = await client.get("/experts/suggestions?q=bien")
        counts.append((len(offered(answer)), len(sent)))

    assert [options for options, _ in counts] == [2, 4]  # with the keyword
    assert counts[0][1] == counts[1][1] <= 5
