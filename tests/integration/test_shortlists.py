"""Lists of people and kept searches over HTTP: made, filled, noted, exported, and two people at once."""

from __future__ import annotations

import asyncio
import io
import re
from datetime import UTC, datetime
from uuid import UUID

import httpx
import openpyxl
import pytest
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import LOCAL_OPERATOR, NOBODY
from service.database.models import Expert
from service.database.models.directory import ProfileState
from service.database.session import make_sessions
from service.directory.shortlists.actions import MOST_PEOPLE, edit_shortlist
from service.web.rendering import OFFICE_ZONE
from tests.factories import make_expert
from tests.reading_pages import statements_of, text_of

UNKNOWN_ID = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def people(session: AsyncSession) -> list[Expert]:
    people = [await make_expert(session, name) for name in ("Nguyễn Văn Dương", "Trần Thị Hoa", "Lê Văn An")]
    await session.commit()
    return people


async def new_list(staff: httpx.AsyncClient, name: str = "Hội đồng nuôi biển", *people: Expert) -> str:
    """Its address."""
    made = await staff.post("/shortlists", data={"name": name, "note": "Trình lãnh đạo"})
    assert made.status_code == 303, text_of(made)
    address = made.headers["location"]
    if people:
        await staff.post(
            "/shortlists/add", data={"list": address.split("/")[-1], "expert": [str(one.id) for one in people]}
        )
    return str(address)


def names(page: httpx.Response) -> list[str]:
    return re.findall(r'<a class="person-name"[^>]*>\s*(.*?)\s*</a>', page.text)


async def test_people_are_put_on_a_list_and_taken_off(staff: httpx.AsyncClient, people: list[Expert]) -> None:
    address = await new_list(staff)
    duong, hoa, an = (str(one.id) for one in people)

    added = await staff.post(
        "/shortlists/add",
        data={"list": address.split("/")[-1], "expert": [duong, hoa, an, hoa], "back": "/experts?q=ca"},
    )
    page = await staff.get(added.headers["location"])
    again = await staff.get(
        (await staff.post("/shortlists/add", data={"list": address.split("/")[-1], "expert": hoa})).headers["location"]
    )
    removed = await staff.post(f"{address}/remove", data={"expert": [duong, hoa]})

    assert added.status_code == 303
    assert "Đã đưa 3 người vào danh sách. Quay lại" in text_of(page)
    assert 'href="/experts?q=ca"' in page.text
    assert names(page) == ["Lê Văn An", "Nguyễn Văn Dương", "Trần Thị Hoa"]
    assert "Những người này đã có trong danh sách." in text_of(again)
    assert names(await staff.get(removed.headers["location"])) == ["Lê Văn An"]


async def test_taking_people_off_stays_on_the_page_or_goes_to_the_last_one_that_is_left(
    staff: httpx.AsyncClient, people: list[Expert], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.shortlists.controllers.PEOPLE_OF_A_PAGE", 1)
    address = await new_list(staff, "Hội đồng", *people)

    second = await staff.get(f"{address}?page=2")
    target = re.search(r'<form id="removal" method="post" action="([^"]+)"', second.text)
    assert target is not None
    left = [(await staff.post(target[1], data={"expert": str(one.id)})).headers["location"] for one in people]

    assert names(second) == ["Nguyễn Văn Dương"]
    assert left == [f"{address}?page=2", address, address]


async def test_a_list_is_made_while_people_are_put_on_it_and_htmx_gets_a_line(
    staff: httpx.AsyncClient, people: list[Expert]
) -> None:
    data = {"new_name": "Dự phòng", "expert": [str(people[0].id)]}

    line = await staff.post("/shortlists/add", data=data, headers={"HX-Request": "true", "HX-Target": "added"})

    assert "<html" not in line.text
    assert "Đã đưa 1 người vào danh sách." in line.text
    assert re.search(r"<option [^>]*selected>Dự phòng</option>", line.text)
    assert "1 chuyên gia" in text_of(await staff.get("/shortlists"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"expert": [], "new_name": "X"}, "Chưa chọn ai."),
        ({"expert": ["one"], "new_name": ""}, "Vui lòng chọn một danh sách"),
        ({"expert": ["one"], "list": "not-an-id"}, "Vui lòng chọn một danh sách"),
        ({"expert": ["one"], "new_name": "Hội đồng NUÔI biển"}, "Đã có danh sách tên là “Hội đồng nuôi biển”."),
        ({"expert": ["one"], "new_name": "a" * 10_000}, "Tên dài tối đa 200 ký tự; tên này dài hơn."),
        ({"expert": ["not-an-id"], "new_name": "Y"}, "Chưa chọn ai."),
        ({"expert": ["one"], "other_list": "Z"}, "Không có danh sách nào tên là “Z”."),
        ({"expert": ["one"], "other_list": "a" * 10_000}, "Tên dài tối đa 200 ký tự"),
        ({"expert": ["one"], "other_list": "Hội đồng nuôi biển", "new_name": "Z"}, "Vui lòng chỉ ghi một trong hai"),
    ],
)
async def test_what_cannot_be_put_on_a_list_is_said_and_changes_nothing(
    staff: httpx.AsyncClient, session: AsyncSession, people: list[Expert], data: dict[str, object], said: str
) -> None:
    await new_list(staff)
    data["expert"] = [str(people[0].id) if one == "one" else one for one in data["expert"]]  # type: ignore[attr-defined]

    plain = await staff.post("/shortlists/add", data=data)
    line = await staff.post("/shortlists/add", data=data, headers={"HX-Request": "true", "HX-Target": "added"})

    assert (plain.status_code, line.status_code) == (422, 200)
    assert said in text_of(plain)
    assert said in line.text
    page = await staff.get("/shortlists")
    assert page.text.count('class="kept-name"') == 1
    assert "0 chuyên gia" in text_of(page)


async def test_a_list_too_old_to_stand_among_those_offered_is_found_by_its_name(
    staff: httpx.AsyncClient, people: list[Expert], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.directory.shortlists.queries.MOST_TO_CHOOSE", 2)
    monkeypatch.setattr("service.directory.shortlists.queries.MOST_NAMED", 1)
    oldest = await new_list(staff, "Cũ nhất")
    for name in ("Cũ", "Mới", "Mới nhất"):
        await new_list(staff, name)

    page = await staff.get(f"/experts/{people[0].id}")
    added = await staff.post("/shortlists/add", data={"other_list": " cũ  NHẤT ", "expert": str(people[0].id)})

    assert re.findall(r"<option value=\"[0-9a-f-]{36}\"[^>]*>([^<]+)</option>", page.text) == ["Mới nhất", "Mới"]
    assert re.findall(r"<option value=\"([^\"]+)\"></option>", page.text) == ["Cũ"]
    assert added.headers["location"] == f"{oldest}?added=1"
    assert names(await staff.get(oldest)) == ["Nguyễn Văn Dương"]


async def test_no_other_list_is_asked_for_while_all_can_be_chosen(
    staff: httpx.AsyncClient, people: list[Expert]
) -> None:
    await new_list(staff)

    assert 'name="other_list"' not in (await staff.get("/experts")).text


async def test_a_list_holds_so_many_people_and_refuses_more_as_a_whole(
    staff: httpx.AsyncClient, session: AsyncSession, monkeypatch: pytest.MonkeyPatch, people: list[Expert]
) -> None:
    monkeypatch.setattr("service.directory.shortlists.actions.MOST_PEOPLE", 2)
    assert MOST_PEOPLE > 1000
    address = await new_list(staff, "Hai người", *people[:2])

    refused = await staff.post("/shortlists/add", data={"list": address.split("/")[-1], "expert": str(people[2].id)})

    assert refused.status_code == 422
    assert "Một danh sách có tối đa 2 người; nếu thêm sẽ thành 3 người." in text_of(refused)
    assert len(names(await staff.get(address))) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Cần nhập tên."),
        ("  \u200b\x00 ", "Cần nhập tên."),
        ("x" * 10_000, "Tên dài tối đa 200 ký tự"),
        ("hội đồng nuôi biển", "Đã có danh sách tên là"),
    ],
)
async def test_a_name_that_cannot_be_used_is_said_beside_the_form(
    staff: httpx.AsyncClient, name: str, said: str
) -> None:
    address = await new_list(staff)
    other = await new_list(staff, "Danh sách khác")

    made = await staff.post("/shortlists", data={"name": name, "note": "giữ lại"})
    edited = await staff.post(other, data={"name": name, "note": "giữ lại", "version": "1"})

    assert (made.status_code, edited.status_code) == (422, 422)
    for page in (made, edited):
        assert said in text_of(page)
        assert "giữ lại</textarea>" in page.text
    assert "Danh sách khác" in text_of(await staff.get(other))
    assert "Trình lãnh đạo" in text_of(await staff.get(address))


async def test_a_note_that_is_too_long_is_refused_and_kept_in_the_form(
    staff: httpx.AsyncClient, people: list[Expert]
) -> None:
    address = await new_list(staff, "Ghi chú dài", people[0])
    note = "Đ" * 5000

    of_list = await staff.post(address, data={"name": "Ghi chú dài", "note": note, "version": "1"})
    of_person = await staff.post(f"{address}/people/{people[0].id}", data={"note": note, "version": "1"})

    for page in (of_list, of_person):
        assert page.status_code == 422
        assert "Ghi chú dài tối đa 4000 ký tự; ghi chú này dài hơn." in text_of(page)
        assert f"{note}</textarea>" in page.text


async def test_of_two_who_edit_one_note_the_second_sees_both_and_nothing_is_lost(
    staff: httpx.AsyncClient, people: list[Expert]
) -> None:
    address = await new_list(staff, "Hội đồng", people[0])
    of_person = f"{address}/people/{people[0].id}"

    first = await staff.post(of_person, data={"note": "Đồng ý nhận", "version": "1"})
    second = await staff.post(of_person, data={"note": "Chưa liên hệ được", "version": "1"})
    text = text_of(second)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Chưa lưu nội dung nào. Nội dung hiện có: Đồng ý nhận" in text
    assert "Chưa liên hệ được</textarea>" in second.text
    assert "Đồng ý nhận" in text_of(await staff.get(address))
    version = re.search(r'name="version" value="(\d+)">\s*<textarea name="note"', second.text)
    assert version is not None
    saved = await staff.post(of_person, data={"note": "Cả hai", "version": version[1]})
    assert saved.status_code == 303
    assert "Cả hai" in text_of(await staff.get(address))


async def test_of_two_who_edit_one_list_the_second_sees_both(staff: httpx.AsyncClient) -> None:
    address = await new_list(staff)
    await staff.post(address, data={"name": "Của người trước", "note": "một", "version": "1"})

    clash = await staff.post(address, data={"name": "Của tôi", "note": "hai", "version": "1"})

    assert clash.status_code == 409
    assert "Của người trước" in text_of(clash)
    assert 'value="Của tôi"' in clash.text
    assert "Của người trước" in text_of(await staff.get(address))


async def test_of_two_lists_given_one_name_at_once_the_second_is_refused_and_keeps_its_own(
    app: Litestar, staff: httpx.AsyncClient
) -> None:
    first, second = await new_list(staff, "Danh sách một"), await new_list(staff, "Danh sách hai")
    async with make_sessions(app.state.runtime.engine)() as other:
        await edit_shortlist(other, LOCAL_OPERATOR, UUID(first.split("/")[-1]), name="Chung", note="", version=1)
        waiting = asyncio.create_task(staff.post(second, data={"name": "CHUNG", "note": "giữ lại", "version": "1"}))
        while not await other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            assert not waiting.done()
            await asyncio.sleep(0.01)
        await other.commit()
    refused = await waiting

    assert refused.status_code == 422
    assert "Đã có danh sách tên là “Chung”." in text_of(refused)
    assert "giữ lại</textarea>" in refused.text
    assert "Danh sách hai" in text_of(await staff.get(second))
    assert (await staff.post(second, data={"name": "Riêng", "note": "", "version": "1"})).status_code == 303


async def test_who_has_left_the_directory_shows_without_a_name_and_can_be_taken_off(
    staff: httpx.AsyncClient, session: AsyncSession, people: list[Expert]
) -> None:
    address = await new_list(staff, "Hội đồng", *people)
    people[0].state = ProfileState.ERASED
    await session.delete(people[1])
    await session.commit()

    page = await staff.get(address)
    file = await staff.get(f"{address}/xlsx")

    assert names(page) == ["Lê Văn An"]
    assert "Người này không còn trong danh bạ." in text_of(page)
    assert "Dương" not in page.text
    rows = list(openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0].values)
    assert [row[0] for row in rows[1:]] == ["Lê Văn An"]
    await staff.post(f"{address}/remove", data={"expert": str(people[0].id)})
    assert "không còn trong danh bạ" not in text_of(await staff.get(address))
    refused = await staff.post("/shortlists/add", data={"list": address.split("/")[-1], "expert": str(people[0].id)})
    assert refused.status_code == 422


async def test_the_file_of_a_list_opens_with_text_as_text_and_dates_as_dates(
    staff: httpx.AsyncClient, session: AsyncSession
) -> None:
    expert = await make_expert(
        session,
        "Nguyễn Thị Ánh",
        works=[("Nuôi cá", 2021)],
        degree="TS",
        academic_rank="PGS",
        organisation_text="=HYPERLINK(1)",
        position="@giám đốc",
        phone="+84901234567",
        email="anh@example.vn",
        keywords=["-nuôi biển"],
        confirmed_at=datetime(2026, 3, 1, 20, tzinfo=UTC),
    )
    await session.commit()
    address = await new_list(staff, "Đề án số 1/2026", expert)
    await staff.post(f"{address}/people/{expert.id}", data={"note": "Đã gọi\r\nngày 20/11", "version": "1"})

    file = await staff.get(f"{address}/xlsx")
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    sheet, about = book.worksheets
    headings, line = sheet.iter_rows()
    cells = {heading.value: cell for heading, cell in zip(headings, line, strict=True)}
    today = datetime.now(OFFICE_ZONE).date()

    assert file.headers["content-disposition"] == f'attachment; filename="de-an-so-12026-{today.isoformat()}.xlsx"'
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == (
        "Chuyên gia",
        "B2",
        f"A1:{line[-1].column_letter}2",
    )
    assert {
        name: cells[name].value for name in ("Họ và tên", "Học hàm", "Học vị", "Minh chứng mới nhất", "Ghi chú")
    } == {
        "Họ và tên": "Nguyễn Thị Ánh",
        "Học hàm": "Phó giáo sư",
        "Học vị": "Tiến sĩ",
        "Minh chứng mới nhất": 2021,
        "Ghi chú": "Đã gọi\nngày 20/11",
    }
    for name, value in (
        ("Cơ quan công tác", "=HYPERLINK(1)"),
        ("Chức vụ", "@giám đốc"),
        ("Điện thoại", "+84901234567"),
        ("Từ khóa", "-nuôi biển"),
    ):
        assert (cells[name].value, cells[name].data_type, cells[name].hyperlink) == (value, "s", None)
    assert (cells["Ngày xác nhận"].value.date().isoformat(), cells["Ngày xác nhận"].number_format) == (
        "2026-03-02",
        "dd/mm/yyyy",
    )
    assert {row[0]: row[1] for row in about.values}["Danh sách"] == "Đề án số 1/2026"


async def test_a_list_is_deleted_with_its_notes_and_the_people_stay(
    staff: httpx.AsyncClient, session: AsyncSession, people: list[Expert]
) -> None:
    address = await new_list(staff, "Sẽ xóa", *people)

    deleted = [await staff.post(f"{address}/delete") for _ in range(2)]

    assert [one.status_code for one in deleted] == [303, 303]
    assert (await staff.get(address)).status_code == 404
    assert (await staff.get(f"/experts/{people[0].id}")).status_code == 200


async def test_what_is_not_there_is_not_found(staff: httpx.AsyncClient, people: list[Expert]) -> None:
    address = await new_list(staff)
    gone = f"/shortlists/{UNKNOWN_ID}"

    answers = [
        await staff.get(gone),
        await staff.get(f"{gone}/xlsx"),
        await staff.post(gone, data={"name": "x", "version": "1"}),
        await staff.post(f"{gone}/remove", data={"expert": str(people[0].id)}),
        await staff.post("/shortlists/add", data={"list": UNKNOWN_ID, "expert": str(people[0].id)}),
        await staff.post(f"{address}/people/{people[0].id}", data={"note": "x", "version": "1"}),
        await staff.get("/shortlists/not-an-id"),
    ]

    assert [one.status_code for one in answers] == [404] * 7


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://other.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.other.example"},
        {"Origin": "http://[", "Referer": "http://127.0.0.1/"},
        {"Referer": "https://other.example/http://127.0.0.1/"},
        {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(
    client: httpx.AsyncClient, session: AsyncSession, headers: dict[str, str]
) -> None:
    for address in ("/shortlists", "/saved-searches", f"/shortlists/{UNKNOWN_ID}/delete"):
        page = await client.post(address, data={"name": "Của kẻ khác"}, headers=headers)

        assert page.status_code == 403
        assert "Biểu mẫu này không được gửi từ trang của hệ thống" in text_of(page)
    assert "Của kẻ khác" not in (await client.get("/shortlists")).text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://127.0.0.1"}, {"Referer": "http://127.0.0.1/shortlists"}, {"Sec-Fetch-Site": "same-origin"}],
)
async def test_a_form_of_ours_is_taken_from_any_browser(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.post("/shortlists", data={"name": "Của ta"}, headers=headers)).status_code == 303


async def test_nobody_may_read_or_change_lists(
    staff: httpx.AsyncClient, people: list[Expert], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await new_list(staff, "Kín", *people)
    monkeypatch.setattr("service.app.LOCAL_OPERATOR", NOBODY)

    answers = [
        *[
            await staff.get(one)
            for one in ("/shortlists", "/saved-searches", address, f"{address}/xlsx", "/experts/xlsx")
        ],
        await staff.get("/experts/suggestions?q=du"),
        await staff.post("/shortlists", data={"name": "x"}),
        await staff.post("/saved-searches", data={"name": "x"}),
        await staff.post(f"{address}/delete"),
        await staff.post("/shortlists/add", data={"list": address.split("/")[-1], "expert": str(people[0].id)}),
    ]

    assert [one.status_code for one in answers] == [403] * 10
    assert "Dương" not in "".join(one.text for one in answers)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"name=%ff%fe&note=%00",
        b"name=%ED%A0%80",
        b"{}",
        b"name=a&name=b",
        b"version=99999999999999999999&name=x",
    ],
)
async def test_whatever_is_sent_gives_an_answer(staff: httpx.AsyncClient, people: list[Expert], body: bytes) -> None:
    address = await new_list(staff, "Danh sách", people[0])

    for target in ("/shortlists", address, f"{address}/people/{people[0].id}", f"{address}/remove", "/shortlists/add"):
        for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data", "text/plain"):
            answer = await staff.post(target, content=body, headers={"Content-Type": kind})
            assert answer.status_code < 500, (target, kind)


@pytest.mark.parametrize(
    "back", ["//other.example", "https://other.example", "/experts/\\other.example", "javascript:x", "/experts?q=a b"]
)
async def test_the_way_back_leads_to_our_pages_only(staff: httpx.AsyncClient, people: list[Expert], back: str) -> None:
    added = await staff.post("/shortlists/add", data={"new_name": "L", "expert": str(people[0].id), "back": back})
    page = await staff.get(added.headers["location"] + "&back=" + back)

    assert "back=" not in added.headers["location"]
    assert "Quay lại" not in text_of(page)


@pytest.mark.parametrize("page", ["lists", "list", "searches", "file"])
async def test_the_number_of_statements_is_the_same_for_one_row_and_for_three(
    app: Litestar, staff: httpx.AsyncClient, session: AsyncSession, people: list[Expert], page: str
) -> None:
    address = await new_list(staff, "Danh sách 1", people[0])
    await staff.post("/saved-searches", data={"name": "một", "query": "q=a"})
    looked_at = {"lists": "/shortlists", "list": address, "searches": "/saved-searches", "file": f"{address}/xlsx"}[
        page
    ]
    counts = []
    for _ in range(2):
        with statements_of(app) as sent:
            assert (await staff.get(looked_at)).status_code == 200
        counts.append(len(sent))
        for number in (2, 3):
            await staff.post("/saved-searches", data={"name": f"{number}", "query": "q=a"})
            await staff.post("/shortlists", data={"name": f"Danh sách {number}"})
        await staff.post(
            "/shortlists/add", data={"list": address.split("/")[-1], "expert": [str(one.id) for one in people]}
        )

    assert counts[0] == counts[1] <= 6


async def test_lists_come_last_changed_first(
    staff: httpx.AsyncClient, session: AsyncSession, people: list[Expert]
) -> None:
    first = await new_list(staff, "Lập trước")
    await new_list(staff, "Lập sau")
    await staff.post("/shortlists/add", data={"list": first.split("/")[-1], "expert": str(people[0].id)})

    page = await staff.get("/shortlists")

    assert re.findall(r'class="kept-name"[^>]*>([^<]+)<', page.text) == ["Lập trước", "Lập sau"]
