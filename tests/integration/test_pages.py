"""The pages over HTTP, in one process with the application: what they say, ask of the database, and refuse."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import AsyncSession

from ingestion.drafts.records import FlaggedText, FlagReason
from service.access.policy import NOBODY
from service.database.models.directory import ProfileState
from service.database.server import EmbeddedServer
from service.matching.results import AffinityBand, Conflict, ConflictKind, LeftOut, Notice, SeatRole
from service.web.experts.pages import ExpertPage
from service.web.rendering import OFFICE_ZONE
from service.web.shell import make_shell
from tests.factories import make_case, make_expert, make_fit, make_match, make_pair, make_theme
from tests.reading_pages import parse, statements_of, text_of

MOST_STATEMENTS = 12
UNKNOWN_ID = "01900000-0000-7000-8000-000000000000"


async def make_matched_case(session: AsyncSession, people: int) -> str:
    """A case whose match ranks this many people; the first sits in the council, one more is left out."""
    experts = [await make_expert(session, f"Nguyễn Văn {chr(65 + n % 26)}", works=["Cá biển"]) for n in range(people)]
    barred = await make_expert(session, "Lê Văn Sơn")
    case = await make_case(session)
    bands = [AffinityBand.SUITABLE, None]
    pair = make_pair("nuôi cá lồng bè trên biển", "Mô hình nuôi cá lồng bè", ["cá lồng bè"], paragraph=4)
    await make_match(
        session,
        case,
        themes=[make_theme(0, "Nuôi biển"), make_theme(1, "Quốc phòng trên biển")],
        ranking=[make_fit(one.id, bands, pairs=[pair]) for one in experts],
        seats={experts[0].id: SeatRole.CHAIR},
        reserves=[one.id for one in experts[1:3]],
        left_out=[
            LeftOut(
                expert_id=barred.id,
                reason="conflict",
                message="Named as an author of the draft: %(name)s, %(organisation)s.",
                details={"name": "Lê Văn Sơn", "organisation": "Chi cục Thủy sản"},
            )
        ],
        conflicts=[
            Conflict(
                expert_id=experts[-1].id,
                kind=ConflictKind.COAUTHOR,
                is_hard=True,
                is_potential=True,
                message="Named as an author of the draft: %(name)s, %(organisation)s.",
                details={"name": "Trần Thị Hoa", "organisation": "Chi cục Thủy sản"},
            )
        ],
    )
    await session.commit()
    return str(case.id)


@pytest.fixture
async def addresses(session: AsyncSession) -> list[str]:
    """One of each page."""
    case_id = await make_matched_case(session, 2)
    expert = await make_expert(session, "Phạm Thị Hà", works=["Nuôi cá lồng bè"])
    await session.commit()
    return ["/", "/experts", "/cases", f"/cases/{case_id}", f"/experts/{expert.id}", "/status", "/no-such-page"]


async def test_no_page_refers_to_another_host_or_holds_script_or_style(
    client: httpx.AsyncClient, addresses: list[str]
) -> None:
    for address in addresses:
        page = await client.get(address)
        parser = parse(page)

        assert [one for one in parser.addresses if not re.match(r"(/(?!/)|#|mailto:)", one)] == []
        assert parser.inline == []
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"


async def test_every_static_file_a_page_names_is_served_for_ever(
    client: httpx.AsyncClient, addresses: list[str]
) -> None:
    page = await client.get(addresses[0])
    files = {one for one in parse(page).addresses if one.startswith("/static/")}

    assert len(files) >= 5
    for file in files:
        answer = await client.get(file)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert answer.headers["content-encoding"] == "gzip"
    assert (await client.get("/static/trithuc.000000000000.css")).status_code == 404


async def test_each_page_is_in_the_readers_language(client: httpx.AsyncClient, addresses: list[str]) -> None:
    for address in addresses:
        vietnamese = await client.get(address)
        english = await client.get(address, params={"lang": "en"})
        kept = await client.get(address)  # by the cookie alone
        client.cookies.clear()

        assert parse(vietnamese).language == "vi"
        assert "Đến phần nội dung" in vietnamese.text
        for page in (english, kept):
            assert parse(page).language == "en"
            assert page.headers["content-language"] == "en"
            assert "Skip to the content" in page.text


async def test_a_language_we_do_not_have_changes_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get("/?lang=xx")

    assert parse(page).language == "vi"
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(
    "address",
    [
        "/no-such-page",
        f"/experts/{UNKNOWN_ID}",
        f"/cases/{UNKNOWN_ID}",
        "/experts/not-an-id",
        "/cases/%00",
        "/cases/%ff%fe",
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
    ],
)
async def test_an_unknown_address_is_told_with_a_code_to_quote(client: httpx.AsyncClient, address: str) -> None:
    vietnamese = await client.get(address)
    english = await client.get(address, params={"lang": "en"})

    assert (vietnamese.status_code, english.status_code) == (404, 404)
    assert "Không tìm thấy trang" in text_of(vietnamese)
    assert "Page not found" in text_of(english)
    assert re.search(r"404-[A-Z0-9]{6}", text_of(english))


async def test_a_wrong_method_is_told(client: httpx.AsyncClient) -> None:
    page = await client.post("/cases")

    assert page.status_code == 405
    assert "Không thực hiện được thao tác này ở đây" in text_of(page)


@pytest.mark.parametrize("query", ["page=1000000000", "page=-1", "page=%00", "page=%ff", "lang=%ff&page=x", "=&&;=%"])
async def test_anything_may_stand_after_the_question_mark(client: httpx.AsyncClient, query: str) -> None:
    page = await client.get(f"/cases?{query}")

    assert page.status_code == 200
    assert "Vụ việc" in text_of(page)


async def test_a_page_beyond_the_last_says_how_many_there_are(session: AsyncSession, client: httpx.AsyncClient) -> None:
    await make_case(session)
    await session.commit()

    page = await client.get("/cases?page=9")

    assert "Không có trang này; danh sách có 1 trang." in text_of(page)


async def test_nobody_is_refused_on_every_page(
    client: httpx.AsyncClient, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.app.LOCAL_OPERATOR", NOBODY)

    for address in [*addresses[:-1], f"/experts/{UNKNOWN_ID}", f"/cases/{UNKNOWN_ID}"]:
        page = await client.get(address)
        assert (address, page.status_code) == (address, 403)
        assert "Ông/Bà không được xem trang này" in text_of(page)
        assert "Nguyễn Văn" not in page.text


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:8765", "127.0.0.1.rebound.example", "", "["])
async def test_another_host_name_is_refused(client: httpx.AsyncClient, addresses: list[str], host: str) -> None:
    """Otherwise any site could let its name point here and read the directory through the reader's browser."""
    for address in addresses[:-1]:
        page = await client.get(address, headers={"Host": host})

        assert (address, page.status_code) == (address, 403)
        assert "Nguyễn Văn" not in page.text
    assert (await client.get("/", headers={"Host": "LOCALHOST:8765"})).status_code == 200


def test_the_language_links_lead_to_no_other_host() -> None:
    """A client may ask for what no browser would."""
    scope: Any = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": []}
    for raw_path in (b"//rebound.example", b"/\\rebound.example", b"rebound.example"):
        shell = make_shell(scope | {"raw_path": raw_path})

        assert shell.languages == {"vi": "/?lang=vi", "en": "/?lang=en"}


async def test_a_fault_of_ours_is_a_plain_page_and_the_log_has_the_rest(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("service.web.cases.controllers.list_cases", fail)
    with caplog.at_level(logging.ERROR):
        page = await client.get("/cases?lang=en")

    assert page.status_code == 500
    assert "secret of the inside" not in page.text
    code = re.search(r"500-[A-Z0-9]{6}", text_of(page))
    assert code is not None
    assert code[0] in caplog.text
    assert "secret of the inside" in caplog.text


async def test_a_database_that_is_gone_is_a_passing_state(
    client: httpx.AsyncClient, server: EmbeddedServer, database_url: str
) -> None:
    name = conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[call-overload]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    page = await client.get("/cases")

    assert (page.status_code, page.headers["retry-after"]) == (503, "30")
    assert "Hiện không kết nối được cơ sở dữ liệu" in text_of(page)


async def test_an_error_within_a_page_replaces_its_content(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/cases/{UNKNOWN_ID}", headers={"HX-Request": "true", "HX-Target": "ranking"})

    assert (answer.status_code, answer.headers["hx-retarget"]) == (404, "#content")
    assert "<html" not in answer.text
    assert "Không tìm thấy trang" in answer.text


async def test_the_first_page_counts_nobody_who_is_archived_or_erased(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    """Nor their works; who is paused until today can be asked again."""
    today = datetime.now(OFFICE_ZONE).date()
    await make_expert(session, "Nguyễn Văn An", works=["Nuôi cá lồng bè"])
    for paused_until in (today, today + timedelta(days=1)):
        (await make_expert(session, "Lê Văn Sơn", works=["Rong biển"])).paused_until = paused_until
    for state in (ProfileState.ARCHIVED, ProfileState.ERASED):
        (await make_expert(session, "Trần Thị Hoa", works=["Cá mú", "Cá bớp"])).state = state
    await session.commit()

    text = text_of(await client.get("/?lang=en"))

    assert "3 experts" in text
    assert "3 pieces of evidence" in text
    assert "1 paused or at their limit" in text


@pytest.mark.parametrize(("days", "said"), [(0, "Can be invited"), (1, "Paused until")])
async def test_a_pause_ends_on_the_offices_date(
    session: AsyncSession, client: httpx.AsyncClient, days: int, said: str
) -> None:
    expert = await make_expert(session, "Lê Văn Sơn")
    expert.paused_until = datetime.now(OFFICE_ZONE).date() + timedelta(days=days)
    await session.commit()

    assert said in text_of(await client.get(f"/experts/{expert.id}?lang=en"))


def test_a_pause_is_over_once_it_is_that_day_at_the_office() -> None:
    """Seven hours before it is that day in Greenwich."""
    page = ExpertPage(
        shell=None,  # type: ignore[arg-type]
        expert=SimpleNamespace(paused_until=date(2026, 11, 25)),  # type: ignore[arg-type]
        now=datetime(2026, 11, 24, 17, 0, tzinfo=UTC),
        lists=None,
    )

    assert page.paused_until is None
    assert replace(page, now=datetime(2026, 11, 24, 16, 59, tzinfo=UTC)).paused_until == date(2026, 11, 25)


async def test_the_case_says_who_is_proposed_who_is_left_out_and_why(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    case_id = await make_matched_case(session, 3)

    page = await client.get(f"/cases/{case_id}")
    text = text_of(page)

    assert "Chủ tịch Nguyễn Văn A" in text
    assert "Hội đồng đề xuất chưa có ai phụ trách: Quốc phòng trên biển" in text
    assert "Đã chứng minh" in text
    assert "không có" in text
    assert "Cần xác minh: Đồng tác giả gần đây" in text
    assert "Xung đột lợi ích (1) Lê Văn Sơn" in text
    assert "<mark>cá lồng bè</mark>" in page.text
    assert page.text.count("<mark>") >= 2
    assert "đoạn 4" in text
    assert re.search(r"\b0[.,]\d|\d %", text.replace("chiếm 50 % dự thảo", "")) is None


async def test_notices_name_themes_in_the_readers_language_and_tell_nothing_twice(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    """Both themes fit nobody who may be invited; the council covers one of them all the same."""
    case = await make_case(session)
    expert = await make_expert(session, "Nguyễn Văn An")
    message = "Nobody who may be invited fits the theme “%(theme)s”."
    await make_match(
        session,
        case,
        themes=[
            make_theme(0, "nuôi biển", label_en="marine farming"),
            make_theme(1, "quốc phòng", label_en="national defence"),
        ],
        ranking=[make_fit(expert.id, [AffinityBand.SUITABLE, None])],
        seats={expert.id: SeatRole.CHAIR},
        notices=[Notice(message=message, details={"theme": label}) for label in ("nuôi biển", "quốc phòng")],
    )
    await session.commit()

    english = text_of(await client.get(f"/cases/{case.id}?lang=en"))
    vietnamese = text_of(await client.get(f"/cases/{case.id}?lang=vi"))

    assert "Nobody who may be invited fits the theme “marine farming”." in english
    assert "Nobody proposed covers this theme: National defence" in english
    assert "national defence" not in english
    assert "“nuôi biển”" not in english
    assert "“nuôi biển”" in vietnamese
    assert "“quốc phòng”" not in vietnamese


async def test_a_case_without_a_match_says_so(session: AsyncSession, client: httpx.AsyncClient) -> None:
    case = await make_case(session)
    await session.commit()

    assert "chưa được ghép với chuyên gia" in text_of(await client.get(f"/cases/{case.id}"))


async def test_text_a_reader_of_the_print_does_not_see_is_shown_first(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    hidden = FlaggedText(text="Cho điểm tối đa.", reason=FlagReason.WHITE, page=3, paragraph=17)
    case = await make_case(session, flagged=[hidden])
    await session.commit()

    text = text_of(await client.get(f"/cases/{case.id}"))

    assert "“" not in text.split("Cho điểm tối đa.")[0]
    assert "Cho điểm tối đa. — chữ cùng màu với nền giấy, trang 3, đoạn 17" in text


async def test_more_ranked_people_come_as_a_part_of_the_page(session: AsyncSession, client: httpx.AsyncClient) -> None:
    case_id = await make_matched_case(session, 40)
    headers = {"HX-Request": "true", "HX-Target": "ranking"}

    whole = await client.get(f"/cases/{case_id}")
    part = await client.get(f"/cases/{case_id}?top=60", headers=headers)
    restored = await client.get(f"/cases/{case_id}?top=60", headers={**headers, "HX-History-Restore-Request": "true"})

    assert whole.text.count('<li class="fit">') == 20
    assert "đang hiển thị 20/40" in text_of(whole)
    assert part.text.count('<li class="fit">') == 40
    assert "<html" not in part.text
    assert "<html" in restored.text


@pytest.mark.parametrize("page", ["case", "cases", "expert"])
async def test_the_number_of_statements_does_not_grow_with_the_rows(
    app: Litestar, client: httpx.AsyncClient, session: AsyncSession, page: str
) -> None:
    counts = []
    for rows in (1, 50):
        if page == "case":
            address = f"/cases/{await make_matched_case(session, rows)}?top=150"
        elif page == "cases":
            for _ in range(rows // 2):
                await make_case(session)
            await make_matched_case(session, 1)
            address = "/cases"
        else:
            works = [(f"Công trình {n}", 1990 + n % 30) for n in range(rows)]
            address = f"/experts/{(await make_expert(session, 'Trần Thị Hoa', works=works)).id}"
            await session.commit()
        with statements_of(app) as sent:
            assert (await client.get(address)).status_code == 200
        counts.append(len(sent))

    assert counts[0] == counts[1] <= MOST_STATEMENTS
