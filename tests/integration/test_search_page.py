"""The search page over HTTP, with the real index and no language model."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
import openpyxl
import pytest
from litestar import Litestar
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import Expert, ExpertField
from service.database.models.directory import ProfileState
from service.directory.facets import FACETS
from service.directory.index import sync_experts
from service.directory.search import WORDS_ONLY
from service.i18n import gettext
from tests.factories import make_expert
from tests.reading_pages import parse, statements_of, text_of

HOSTILE_VALUES = (
    "' OR 1=1 --",
    '"><b>x</b>',
    "\\",
    "%_",
    "a,b;c",
    "{}[]()",
    "\x00\x1f\u202e",
    "\U0001f600" * 300,
    "degree:TS AND",
)
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
    pattern = (
        r'<a id="([^"]+)" href="([^"]+)" rel="nofollow"[^>]*><span class="tick".*?<span class="count">(\d+)</span>'
    )
    return [
        (key, html.unescape(address), int(count)) for key, address, count in re.findall(pattern, page.text, re.DOTALL)
    ]


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
    assert "Tìm lại nội dung này, bỏ bộ lọc" not in text  # nobody has the words, whatever the filters


async def test_the_same_search_without_filters_is_offered_where_it_finds_people(
    people: list[Expert], client: httpx.AsyncClient
) -> None:
    page = await client.get("/experts", params={"q": "luật đất đai", "degree": "ThS", "location": "vietnam"})

    assert "Tìm lại nội dung này, bỏ bộ lọc 1 chuyên gia" in text_of(page)


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
        "sort=%27%3B&view=%3Cb%3E&page=1e9",
        *(f"{facet}={quote(value)}&q=c%C3%A1" for facet in FACETS for value in HOSTILE_VALUES),
    ],
)
async def test_whatever_is_typed_gives_a_page(people: list[Expert], client: httpx.AsyncClient, query: str) -> None:
    for address in ("/experts", "/experts/values/degree", "/experts/suggestions", "/experts/xlsx"):
        page = await client.get(f"{address}?{query}")
        assert (address, page.status_code) == (address, 200)
        if address == "/experts":
            assert parse(page).language == "vi"
            assert "<b>" not in page.text
            assert parse(page).inline == []


async def test_a_query_of_a_megabyte_is_cut(people: list[Expert], app: Litestar) -> None:
    """More than a client of ours would send."""
    started: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/experts",
        "raw_path": b"/experts",
        "query_string": b"q=" + b"%E1%BB%93" * 111_111,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        started.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]

    assert started[0]["status"] == 200
    assert max(map(len, re.findall("ồ+", started[1]["body"].decode()))) == 4000


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


# -- filters


@pytest.fixture
async def many(app: Litestar, session: AsyncSession) -> list[Expert]:
    """Twelve people who differ in everything that can be filtered by."""
    made = []
    for n in range(12):
        expert = await make_expert(
            session,
            f"{('Nguyễn', 'Trần', 'Lê')[n % 3]} Văn {('An', 'Bình', 'Chi', 'Đức')[n % 4]}",
            works=[("Nuôi cá lồng bè", 2010 + n)],
            degree=("TS", "ThS", "CN")[n % 3],
            academic_rank=("PGS", None, None, "GS")[n % 4],
            organisation_kind=("university", "hospital")[n % 2],
            country="VN" if n % 5 else "DE",
            province=("An Giang", "Kiên Giang", "Cần Thơ", "Hà Nội")[n % 4] if n % 5 else None,
            residence_new_code=("30742" if n % 5 == 1 else None),
            residence_precision=("commune" if n % 5 == 1 else None),
            ties=[["hometown"], ["studied", "family"], []][n % 3],
            languages=[["en"], ["en", "km"], ["fr"]][n % 3],
            task_kinds=[["review"], ["consultancy", "review"]][n % 2],
            open_reviews=n % 4,
            capacity=3,
            is_available=n % 6 != 5,
            state=(ProfileState.PUBLIC, ProfileState.INTERNAL)[n % 2],
        )
        session.add_all(
            ExpertField(expert_id=expert.id, edition="qd12-2008", code=code)
            for code in (("405", "50202"), ("10601",), ("405",))[n % 3]
        )
        made.append(expert)
    await session.flush()
    await index(app, session, made)
    return made


@pytest.mark.parametrize(
    "search",
    [
        "",
        "q=l%E1%BB%93ng+b%C3%A8",
        "q=long+be&location=vietnam&task_kind=review&language=en",
        "degree=TS&degree=ThS&sort=load&view=table",
        "field_group=4&verification=public",
        "unit=nowhere&tie=hometown",
    ],
)
async def test_every_count_is_the_number_of_rows_that_the_click_gives(
    many: list[Expert], client: httpx.AsyncClient, search: str
) -> None:
    page = await client.get(f"/experts?{search}")
    links = facet_links(page)
    chosen = {f"{name}-{value}" for name, _, value in (pair.partition("=") for pair in search.split("&"))}

    assert len({key.split("-")[0] for key, _, _ in links}) >= (2 if "nowhere" in search else 12)
    for key, address, count in links:
        if key not in chosen:  # following it lets go of a chosen one
            shown = await client.get(address)
            assert (key, len(found(shown))) == (key, count)


async def test_a_value_is_taken_instead_of_the_chosen_one_or_by_its_plus_besides_it(
    many: list[Expert], client: httpx.AsyncClient
) -> None:
    page = await client.get("/experts?degree=TS&lang=en")
    more = re.findall(r'<a class="facet-add" href="([^"]+)"[^>]*title="or ([^"]+)"', page.text)

    assert {key: address for key, address, _ in facet_links(page)}["degree-ThS"] == "/experts?degree=ThS"
    assert [(html.unescape(address), label) for address, label in more] == [
        ("/experts?degree=TS&degree=CN", "Bachelor"),
        ("/experts?degree=TS&degree=ThS", "Master"),
    ]
    assert len(found(await client.get("/experts?degree=TS&degree=ThS"))) == 8


async def test_branches_are_those_of_the_chosen_field(many: list[Expert], client: httpx.AsyncClient) -> None:
    every = {key for key, _, _ in facet_links(await client.get("/experts")) if key.startswith("field-")}
    of_one = {key for key, _, _ in facet_links(await client.get("/experts?field_group=4")) if key.startswith("field-")}

    assert every == {"field-405", "field-502", "field-106"}
    assert of_one == {"field-405"}


async def test_a_facet_with_many_values_shows_some_folds_some_and_lists_all_on_a_page_of_its_own(
    app: Litestar, session: AsyncSession, client: httpx.AsyncClient
) -> None:
    countries = re.findall("..", "VNDEFRGBUSCAAUJPKRCNTHLAKHSGMYIDPHINNLBEITESSENODKFIPLCZATCHNZBR")
    for place, country in enumerate(countries):
        for _ in range(2 if place < 3 else 1):
            await make_expert(session, f"Người {country}", country=country)
    await session.commit()

    page = await client.get("/experts?country=BR&q=")
    part = page.text.split('id="facet-country"')[1].split('id="facet-tie"')[0].split('id="facet-language"')[0]
    shown, folded = part.split("facet-more")
    every = await client.get("/experts/values/country?country=BR&lang=en")

    assert len(re.findall(r'id="country-', shown)) == 7  # six, and the chosen one
    assert 'id="country-BR"' in shown
    assert len(re.findall(r'id="country-', folded)) == 24
    assert "Xem tất cả 32" in " ".join(re.sub(r"<[^>]+>", " ", folded).split())
    assert 'href="/experts/values/country?country=BR"' in folded
    labels = re.findall(r'id="country-[A-Z]{2}".*?</span><span>([^<]+)', every.text, re.DOTALL)
    assert (len(labels), labels[0], labels[-1]) == (32, "Australia", "Vietnam")
    assert labels == sorted(labels)
    assert (await client.get("/experts/values/no-such-facet")).status_code == 404


# -- order, layout, file


async def test_each_order_shows_the_same_people_in_its_own_way(
    people: list[Expert], client: httpx.AsyncClient, session: AsyncSession
) -> None:
    async def names(sort: str) -> list[str]:
        return found(await client.get("/experts", params={"sort": sort} if sort else {}))

    assert await names("") == await names("nonsense") == await names("name")
    assert await names("name") == [
        "TS. Phạm Minh Đức",
        "PGS.TS. Nguyễn Văn Dương",
        "ThS. Trần Thị Hoa",
        "TS. Lê Văn Sơn",
    ]
    assert (await names("load"))[-1] == "TS. Lê Văn Sơn"
    page = await client.get("/experts?q=c%C3%A1&sort=load&view=table&degree=TS")
    assert (
        'id="sort-load" href="/experts?q=c%C3%A1&amp;degree=TS&amp;sort=load&amp;view=table" aria-current="true"'
        in page.text
    )
    assert page.text.count('form="search-form"') == 3  # degree, sort and view go along with a new text


async def test_a_table_shows_the_same_people_with_the_reasons(people: list[Expert], client: httpx.AsyncClient) -> None:
    cards = await client.get("/experts", params={"q": "cá lồng bè"})
    table = await client.get("/experts", params={"q": "cá lồng bè", "view": "table"})

    assert found(table) == found(cards)
    assert "Nuôi <mark>cá lồng bè</mark> trên biển" in table.text
    assert table.text.count('<tbody class="cannot-invite">') == 2
    assert "đang nhận 3/3 việc: đã đủ · chưa mời được" in text_of(table)


async def test_a_result_is_downloaded_whole_with_what_was_asked(many: list[Expert], client: httpx.AsyncClient) -> None:
    page = await client.get("/experts?q=long+be&degree=TS&sort=name&page=1")
    link = re.search(r'href="(/experts/xlsx[^"]*)"', page.text)
    assert link is not None

    file = await client.get(html.unescape(link[1]))
    people, about = openpyxl.load_workbook(io.BytesIO(file.content)).worksheets
    told = dict(about.values)

    titles = re.compile(r"^(PGS\.|GS\.)?TS\. ")
    assert [row[0] for row in people.values][1:] == [titles.sub("", name) for name in found(page)]
    assert (told["Nội dung tìm"], told["Học vị"], told["Sắp xếp"], told["Số người"]) == (
        "long be",
        "Tiến sĩ",
        "họ tên",
        4,
    )


# -- nobody found


async def test_nobody_found_says_which_filter_to_leave_out_and_how_many_that_gives(
    many: list[Expert], client: httpx.AsyncClient
) -> None:
    page = await client.get("/experts?q=long+be&degree=TS&country=XX&lang=en")
    ways = re.findall(r'<li><a href="([^"]+)">without “([^”]+)”</a> <span class="soft">(\d+) experts</span>', page.text)

    assert ways == [("/experts?q=long+be&amp;degree=TS", "Country", "4")]
    assert len(found(await client.get(html.unescape(ways[0][0])))) == 4


async def test_nobody_found_offers_what_is_written_almost_so(
    app: Litestar, session: AsyncSession, client: httpx.AsyncClient
) -> None:
    expert = await make_expert(
        session, "Lâm Quang Trí", keywords=["nuôi trồng thủy sản"], organisation_text="Viện Hải sản"
    )
    await index(app, session, [expert])

    async def offered(text: str) -> list[str]:
        page = await client.get("/experts", params={"q": text, "degree": "TS"})
        near = page.text.partition("Cách viết gần giống")[2].partition("</ul>")[0]
        return re.findall(r'<li><a href="/experts\?q=[^"]+">([^<]+)</a></li>', near)

    assert "nuôi trồng thủy sản" in await offered("nuoi trogn thuy san")
    assert "Viện Hải sản" in await offered("Vien Hai sna")
    assert await offered("qqqq zzzz xxxx") == []
    expert.state = ProfileState.ERASED
    await session.commit()
    assert await offered("nuoi trogn thuy san") == []
