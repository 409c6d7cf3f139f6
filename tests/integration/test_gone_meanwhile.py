"""Lists and people that are gone by the time a form arrives: what was typed and ticked is not lost."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import Expert
from service.database.models.directory import ProfileState
from tests.factories import make_expert
from tests.reading_pages import text_of

HTMX = {"HX-Request": "true", "HX-Target": "added"}


@pytest.fixture
async def expert(session: AsyncSession) -> Expert:
    expert = await make_expert(session, "Nguyễn Văn Dương")
    await session.commit()
    return expert


async def new_list(staff: httpx.AsyncClient, name: str = "Hội đồng L1") -> str:
    return str((await staff.post("/shortlists", data={"name": name})).headers["location"])


async def test_adding_to_a_deleted_list_says_so_beside_the_button_with_the_lists_that_are_left(
    staff: httpx.AsyncClient, expert: Expert
) -> None:
    address = await new_list(staff)
    await new_list(staff, "Còn lại")
    await staff.post(f"{address}/delete")

    line = await staff.post(
        "/shortlists/add", data={"list": address.split("/")[-1], "expert": str(expert.id)}, headers=HTMX
    )

    assert "Danh sách này vừa bị xóa." in line.text
    assert 'hx-swap-oob="true"' in line.text
    assert "Còn lại" in line.text
    assert "hx-retarget" not in line.headers


async def test_a_note_on_somebody_taken_off_meanwhile_is_shown_again(staff: httpx.AsyncClient, expert: Expert) -> None:
    address = await new_list(staff)
    form = {"note": "Đã gọi điện\nđồng ý", "version": "1"}

    not_listed = await staff.post(f"{address}/people/{expert.id}", data=form)
    await staff.post(f"{address}/delete")
    no_list = await staff.post(f"{address}/people/{expert.id}", data=form)
    no_list_either = await staff.post(address, data={"name": "Tên mới", **form})

    assert [page.status_code for page in (not_listed, no_list, no_list_either)] == [404, 404, 404]
    for page in (not_listed, no_list, no_list_either):
        assert "Đã gọi điện\nđồng ý</textarea>" in page.text
    assert "Người này không còn trong danh sách nên chưa lưu được ghi chú." in text_of(not_listed)
    assert "Danh sách này vừa bị xóa nên chưa lưu được nội dung." in text_of(no_list)
    assert "Tên mới" in text_of(no_list_either)


async def test_who_is_not_in_the_directory_is_not_said_to_be_on_the_list(
    staff: httpx.AsyncClient, session: AsyncSession, expert: Expert
) -> None:
    list_id = (await new_list(staff)).split("/")[-1]
    expert.state = ProfileState.ARCHIVED
    await session.commit()

    for person in (expert.id, uuid4()):
        refused = await staff.post("/shortlists/add", data={"list": list_id, "expert": str(person)})

        assert refused.status_code == 422
        assert "những người này không có hoặc không còn trong danh bạ" in text_of(refused)


async def test_a_name_that_is_taken_is_quoted_as_the_other_list_writes_it(staff: httpx.AsyncClient) -> None:
    await new_list(staff, "Hội đồng L1")
    other = await new_list(staff, "Khác")

    made = await staff.post("/shortlists", data={"name": "hội đồng l1"})
    edited = await staff.post(other, data={"name": "HỘI ĐỒNG L1", "note": "", "version": "1"})

    for page in (made, edited):
        assert "Đã có danh sách tên là “Hội đồng L1”." in text_of(page)


async def test_taking_off_nobody_says_that_nobody_was_ticked(staff: httpx.AsyncClient, expert: Expert) -> None:
    address = await new_list(staff)
    await staff.post("/shortlists/add", data={"list": address.split("/")[-1], "expert": str(expert.id)})

    refused = await staff.post(f"{address}/remove")

    assert refused.status_code == 422
    assert "Chưa chọn ai. Vui lòng đánh dấu những người cần bỏ khỏi danh sách trước." in text_of(refused)
    assert "Nguyễn Văn Dương" in text_of(refused)
