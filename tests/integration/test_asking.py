"""How a search is asked for: by the form, by htmx, with a text too long for an address; and what an error leaves."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from service.directory.index import sync_experts
from service.web.experts.forms import LONGEST_QUERY
from tests.factories import make_expert
from tests.reading_pages import text_of

PARAGRAPH = ("Nuôi cá lồng bè trên biển ở vùng ven bờ và hải đảo. " * 30).strip()


def htmx(target: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": target}


@pytest.fixture
async def six(app: Litestar, session: AsyncSession) -> None:
    """People who differ in what is filtered by."""
    experts = [
        await make_expert(
            session,
            f"Nguyễn Văn {chr(65 + number)}",
            works=["Nuôi cá lồng bè"],
            degree=("TS", "ThS", "CN")[number % 3],
            country=("VN", "DE")[number % 2],
        )
        for number in range(6)
    ]
    await session.commit()
    runtime = app.state.runtime
    await sync_experts(session, runtime.backend, runtime.embeddings, [expert.id for expert in experts])


async def test_the_box_leads_to_an_address_that_can_be_kept(staff: httpx.AsyncClient, six: None) -> None:
    asked = await staff.post("/experts", data={"q": " cá  lồng ", "degree": ["TS", "CN"], "sort": "load", "x": "1"})
    empty = await staff.post("/experts", data={"q": ""})

    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/experts?q=c%C3%A1+l%E1%BB%93ng&degree=TS&degree=CN&sort=load",
    )
    assert empty.headers["location"] == "/experts"


@pytest.mark.parametrize(
    ("to", "leads_to"),
    [
        ("/experts?degree=TS&page=2", "/experts?q=c%C3%A1&degree=TS&page=2"),
        ("/experts/xlsx?degree=TS", "/experts/xlsx?q=c%C3%A1&degree=TS"),
        ("/experts/values/country", "/experts/values/country?q=c%C3%A1"),
        ("//other.example/experts", "/experts?q=c%C3%A1"),
        ("/experts\\@other.example", "/experts?q=c%C3%A1"),
        ("/shortlists", "/experts?q=c%C3%A1"),
    ],
)
async def test_a_button_leads_where_its_link_would_with_the_text(
    staff: httpx.AsyncClient, to: str, leads_to: str
) -> None:
    asked = await staff.post("/experts", data={"q": "cá", "to": to})

    assert asked.headers["location"] == leads_to


async def test_a_text_too_long_to_be_searched_for_is_cut_and_the_page_says_so(
    staff: httpx.AsyncClient, six: None
) -> None:
    exact = await staff.post("/experts", data={"q": "ồ" * LONGEST_QUERY})
    asked = await staff.post("/experts", data={"q": "ồ" * 200_000})
    page = await staff.get(asked.headers["location"])
    narrowed = await staff.post("/experts", data={"q": "ồ" * LONGEST_QUERY, "cut": "1", "to": "/experts?degree=TS"})

    assert "cut=" not in exact.headers["location"]
    assert "Chỉ tìm theo 4.000 ký tự đầu của nội dung." in text_of(page)
    assert len(asked.headers["location"]) < 60_000  # what web servers take
    assert narrowed.headers["location"].endswith("&cut=1&degree=TS")
    assert "Chỉ tìm theo" not in text_of(await staff.get(exact.headers["location"]))


async def test_a_long_text_stands_in_a_page_a_few_times_and_not_in_every_link(
    staff: httpx.AsyncClient, six: None
) -> None:
    short = await staff.get("/experts", params={"q": "cá lồng bè"})
    asked = await staff.post("/experts", data={"q": PARAGRAPH})
    page = await staff.get(asked.headers["location"])
    buttons = {
        key: html.unescape(to)
        for key, to in re.findall(
            r'<button id="([^"]+)" type="submit" form="same-text" name="to" value="([^"]+)"', page.text
        )
    }
    links = {key: html.unescape(to) for key, to in re.findall(r'<a id="([^"]+)" href="([^"]+)"', short.text)}

    text = "q=c%C3%A1+l%E1%BB%93ng+b%C3%A8"
    assert {key: to.replace(f"{text}&", "").removesuffix(f"?{text}") for key, to in links.items()} == buttons
    assert buttons["degree-TS"] == "/experts?degree=TS"
    assert page.text.count("Nuôi cá lồng bè trên biển ở vùng ven bờ") < 12 * 30
    assert len(page.content) < len(short.content) + 12 * len(asked.headers["location"])
    narrowed = await staff.post("/experts", data={"q": PARAGRAPH, "to": buttons["degree-TS"]})
    assert "TS" in text_of(await staff.get(narrowed.headers["location"]))


async def test_new_results_bring_the_title_and_the_same_page_in_the_other_language(
    client: httpx.AsyncClient, six: None
) -> None:
    address = "/experts?q=t%C3%B4m&degree=TS"
    part = await client.get(address, headers=htmx("search-results"))

    assert "<title>tôm · Tìm chuyên gia · Trí Thức</title>" in part.text
    assert 'id="languages"' in part.text
    assert f'href="{html.escape(address)}&amp;lang=en"' in part.text
    assert 'hx-swap-oob="true"' in part.text.partition('id="languages"')[2].partition(">")[0]
    assert "hx-swap-oob" not in (await client.get(address)).text.partition('id="languages"')[2].partition(">")[0]


@pytest.mark.parametrize(
    ("address", "target", "swap"),
    [
        ("/experts/suggestions?q=a", "suggestions", {"hx-reswap": "none"}),
        ("/experts?q=a", "search-results", {"hx-retarget": "#search-fault", "hx-reswap": "innerHTML"}),
        ("/experts/01900000-0000-7000-8000-000000000000", "added", {"hx-retarget": "#added", "hx-reswap": "innerHTML"}),
    ],
)
async def test_an_error_leaves_what_was_typed(
    app: Litestar,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    target: str,
    swap: dict[str, str],
) -> None:
    """The page is not replaced: the text, the ticks and the results before stay in it."""

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception(), connection_invalidated=True)

    monkeypatch.setattr(app.state.runtime.sessions, "begin", gone)
    answer = await client.get(address, headers=htmx(target))

    assert answer.status_code == 503
    assert {name: value for name, value in answer.headers.items() if name in ("hx-retarget", "hx-reswap")} == swap
    assert answer.headers["hx-push-url"] == "false"
    assert "Hiện không kết nối được cơ sở dữ liệu" in answer.text
    assert "<h1" not in answer.text
    assert ("Kết quả bên dưới là của lượt tìm trước." in answer.text) == (target == "search-results")


@pytest.mark.parametrize(
    "address", ["/", "/experts?q=x", "/experts/suggestions?q=x", "/no-such-page", "/shortlists/add"]
)
async def test_head_answers_as_get_does_without_the_body(client: httpx.AsyncClient, address: str) -> None:
    get, head = await client.get(address), await client.head(address)

    def of(answer: httpx.Response) -> tuple[int, dict[str, str]]:
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}  # an error's code
        return answer.status_code, headers

    assert of(head) == of(get)
    assert head.content == b""


async def test_refusals_are_named_for_what_they_are(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    large = await staff.post(
        "/experts", content=b"q=" + b"a" * 11_000_000, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    foreign = await staff.post("/shortlists", data={"name": "x"}, headers={"Origin": "https://other.example"})
    wrong = await client.request("DELETE", "/experts")

    assert (large.status_code, foreign.status_code, wrong.status_code) == (413, 403, 405)
    assert "Dữ liệu gửi lên quá lớn" in text_of(large)
    assert "Chưa có gì thay đổi" in text_of(foreign)
    assert "không được xem" not in foreign.text
    assert sorted(one.strip() for one in wrong.headers["allow"].split(",")) == ["GET", "OPTIONS", "POST"]
