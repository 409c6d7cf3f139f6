"""Searches kept under a name, over HTTP."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.reading_pages import text_of


async def test_a_search_is_kept_run_again_and_deleted(staff: httpx.AsyncClient) -> None:
    query = "q=D%C6%B0%C6%A1ng&degree=TS&degree=ThS&sort=name&view=table&page=3&evil=//other.example"

    kept = await staff.post("/saved-searches", data={"name": " Tên  Dương ", "query": query})
    page = await staff.get(kept.headers["location"])
    address = re.search(r'<a class="kept-name" href="([^"]+)">Tên Dương</a>', page.text)

    assert kept.status_code == 303
    assert address is not None
    assert address[1] == "/experts?q=D%C6%B0%C6%A1ng&amp;degree=TS&amp;degree=ThS&amp;sort=name&amp;view=table"
    assert "“Dương” · Học vị: Tiến sĩ; Thạc sĩ" in text_of(page)
    assert (await staff.get(address[1].replace("&amp;", "&"))).status_code == 200
    delete = re.search(r'action="(/saved-searches/[^"]+/delete)"', page.text)
    assert delete is not None
    assert [(await staff.post(delete[1])).status_code for _ in range(2)] == [303, 303]
    assert "Chưa lưu tìm kiếm nào." in text_of(await staff.get("/saved-searches"))


async def test_deleting_for_everybody_is_asked_once_more(staff: httpx.AsyncClient) -> None:
    await staff.post("/saved-searches", data={"name": "Thủy sản", "query": "q=th%E1%BB%A7y"})

    page = await staff.get("/saved-searches")
    folded = re.search(r"<details[^>]*>\s*<summary>(.*?)</summary>(.*?)</details>", page.text, re.DOTALL)

    assert folded is not None
    assert re.sub(r"<[^>]+>", "", folded[1]).strip() == "Xóa: Thủy sản"
    assert "/delete" in folded[2]
    assert "Xóa hẳn" in folded[2]
    assert page.text.count("/delete") == 1
    assert "Mọi người sẽ không còn thấy tìm kiếm này." in text_of(page)


@pytest.mark.parametrize("query", ["", "%ff%fe&&==;", "q=" + "x" * 100_000, "q=%00'\"<script>"])
async def test_a_search_without_a_usable_name_is_asked_for_again(staff: httpx.AsyncClient, query: str) -> None:
    for name in ("", "x" * 10_000):
        page = await staff.post("/saved-searches", data={"name": name, "query": query})

        assert page.status_code == 422
        assert "<script>" not in page.text.split("<main")[1]
    assert (await staff.post("/saved-searches", data={"name": "Được", "query": query})).status_code == 303
    assert (await staff.get("/saved-searches")).status_code == 200
