"""The search page over HTTP, with the real index and no language model."""

from __future__ import annotations

import html
import re
from datetime import date

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import Expert
from service.directory.index import sync_experts
from service.directory.search import WORDS_ONLY
from service.i18n import gettext
from tests.factories import make_expert
from tests.reading_pages import parse, statements_of, text_of

HTMX = {"HX-Request": "true", "HX-Target": "search-results"}


async def index(app: Litestar, session: AsyncSession, experts: list[Expert]) -> None:
    await session.commit()
    runtime = app.state.runtime
    await sync_experts(session, runtime.backend, runtime.embeddings, [expert.id for expert in experts])


@pytest.fixture
async def people(app: Litestar, session: AsyncSession) -> list[Expert]:
    people = [
        await make_expert(
            session, "Nguyễn Văn Dương", works=["Nuôi cá lồng bè trên biển"], degree="TS", academic_rank="PGS"
        ),
        await make_expert(session, "Trần Thị Hoa", works=["Cá lồng bè ở vịnh kín"], degree="ThS", is_available=False),
        await make_expert(
            session, "Lê Văn Sơn", works=["Thức ăn cho cá lồng bè"], degree="TS", open_reviews=3, capacity=3
        ),
        await make_expert(session, "Phạm Minh Đức", works=["Luật đất đai"], degree="TS", country="DE"),
    ]
    await index(app, session, people)
    return people


def found(page: httpx.Response) -> list[str]:
    names = re.findall(r'<a class="person-name"[^>]*>(.*?)</a>', page.text, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", name).split()) for name in names]


def facet_links(page: httpx.Response) -> list[tuple[str, str, int]]:
    """Key, address and count of each value."""
    pattern = r'<a id="([^"]+)" href="([^"]+)" rel="nofollow"[^>]*><span class="tick".*?<span class="count">(\d+)</span>'
    return [(key, html.unescape(address), int(count)) for key, address, count in re.findall(pattern, page.text, re.DOTALL)]


async def test_people_are_found_with_the_reason_and_the_words_marked(
    people: list[Expert], client: httpx.AsyncClient
) -> None:
    page = await client.get("/experts", params={"q": "ca long be"})

    assert set(found(page)) == {"PGS.TS. Nguyễn Văn Dương", "ThS. Trần Thị Hoa", "TS. Lê Văn Sơn"}
    assert "Nuôi <mark>cá lồng bè</mark> trên biển" in page.text
    assert "3 chuyên gia" in text_of(page)
    assert gettext(WORDS_ONLY, "vi") in text_of(page)
    assert gettext(WORDS_ONLY, "vi") != WORDS_ONLY


async def test_who_cannot_be_invited_is_shown_grey_with_the_reason(
    people: list[Expert], client: httpx.AsyncClient, session: AsyncSession
) -> None:
    page = await client.get("/experts", params={"q": "cá lồng bè"})
    rows = re.findall(r'<li class="cannot-invite">.*?</p>', page.text, flags=re.DOTALL)
    texts = sorted(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in rows)

    assert len(texts) == 2
    assert "Lê Văn Sơn" in texts[0]
    assert "đang nhận 3/3 việc: đã đủ · chưa mời được" in texts[0]
    assert "Trần Thị Hoa" in texts[1]
    assert "Đang tạm dừng nhận việc · chưa mời được" in texts[1]

    await session.execute(
        update(Expert).where(Expert.id == people[1].id).values(is_available=True, paused_until=date(2099, 3, 1))
    )
    await session.commit()
    assert "Tạm dừng đến 01/03/2099" in text_of(await client.get("/experts", params={"q": "Trần Thị Hoa"}))


async def test_each_facet_leads_to_just_the_people_it_counts(people: list[Expert], client: httpx.AsyncClient) -> None:
    page = await client.get("/experts", params={"lang": "en"})
    links = facet_links(page)

    assert {key: count for key, _, count in links} == {
        "degree-TS": 3,
        "degree-ThS": 1,
        "rank-PGS": 1,
        "location-vietnam": 3,
        "location-abroad": 1,
        "country-VN": 3,
        "country-DE": 1,
        "availability-available": 2,
        "availability-paused": 1,
        "availability-full": 1,
        "verification-unconfirmed": 4,
        "freshness-fresh": 4,
    }
    for _, address, count in links:
        assert len(found(await client.get(address))) == count


async def test_two_filters_hold_together_and_each_can_be_taken_back(
    people: list[Expert], client: httpx.AsyncClient
) -> None:
    page = await client.get("/experts?degree=TS&location=abroad&q=lu%E1%BA%ADt")

    assert found(page) == ["TS. Phạm Minh Đức"]
    assert 'href="/experts?q=lu%E1%BA%ADt&amp;location=abroad"' in page.text
    assert 'href="/experts?q=lu%E1%BA%ADt"' in page.text
    assert page.text.count('form="search-form"') == 2


async def test_htmx_gets_the_results_and_the_count_alone(people: list[Expert], client: httpx.AsyncClient) -> None:
    part = await client.get("/experts", params={"q": "cá lồng bè"}, headers=HTMX)
    restored = await client.get(
        "/experts", params={"q": "cá lồng bè"}, headers={**HTMX, "HX-History-Restore-Request": "true"}
    )

    assert "<html" not in part.text
    assert 'hx-swap-oob="innerHTML:#result-count"' in part.text
    assert len(found(part)) == 3
    assert "<html" in restored.text


async def test_nobody_found_says_what_to_try(people: list[Expert], client: httpx.AsyncClient) -> None:
    page = await client.get("/experts", params={"q": "zzqqx <b>", "degree": "TS"})
    text = text_of(page)

    assert "Không tìm thấy ai" in text
    assert "Không có ai khớp với “zzqqx &lt;b&gt;”" in text
    assert "Tìm lại nội dung này, bỏ bộ lọc" in text


async def test_without_an_index_simple_words_answer_and_a_notice_says_so(
    app: Litestar, people: list[Expert], client: httpx.AsyncClient
) -> None:
    await app.state.runtime.backend.drop()

    page = await client.get("/experts", params={"q": "lồng bè", "lang": "en"})

    assert page.status_code == 200
    assert len(found(page)) == 3
    assert "The search index is not ready." in text_of(page)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ff%fe%c3",
        "q=%ED%A0%80",
        "q=" + "%EF%B7%BA" * 300,
        "q=" + "a" * 20_000,
        "q=%25%27%22%3B--",
        "q=%F0%9F%98%80&page=1000000000",
        "q=a&page=2147483648",
        "page=%00&degree=%00&degree=&location=nowhere",
        "degree=TS&" * 200,
        "unknown=1&q=a&q=b",
        "q[]=x&q=%2F..%2F",
    ],
)
async def test_whatever_is_typed_gives_a_page(people: list[Expert], client: httpx.AsyncClient, query: str) -> None:
    page = await client.get(f"/experts?{query}")

    assert page.status_code == 200
    assert parse(page).language == "vi"


async def test_pages_of_results_are_bookmarkable_and_one_beyond_the_last_says_so(
    app: Litestar, session: AsyncSession, client: httpx.AsyncClient
) -> None:
    await index(app, session, [await make_expert(session, f"Nguyễn Văn {chr(65 + n)}") for n in range(25)])

    first, second, beyond = [await client.get(f"/experts?page={number}") for number in (1, 2, 9)]

    assert (len(found(first)), len(found(second)), len(found(beyond))) == (20, 5, 0)
    assert found(first) + found(second) == sorted({*found(first), *found(second)})
    assert 'href="/experts?page=2"' in first.text
    assert "25 chuyên gia, đang xem 21–25" in text_of(second)
    assert "Không có trang này; danh sách có 2 trang." in text_of(beyond)


async def test_the_number_of_statements_is_the_same_for_one_and_for_twenty(
    app: Litestar, session: AsyncSession, client: httpx.AsyncClient
) -> None:
    counts = []
    for more in (1, 19):
        works = [f"Cá lồng bè {n}" for n in range(more)]
        experts = [await make_expert(session, f"Trần Văn {chr(65 + n)}", works=works) for n in range(more)]
        await index(app, session, experts)
        with statements_of(app) as sent:
            page = await client.get("/experts", params={"q": "cá lồng bè"})
        counts.append((len(found(page)), len(sent)))

    assert [rows for rows, _ in counts] == [1, 20]
    assert counts[0][1] == counts[1][1] <= 12
