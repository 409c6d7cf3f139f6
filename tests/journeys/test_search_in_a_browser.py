"""How staff look for people on the demo's pages: scenarios 1, 2 and 4, filters and their counts, suggestions, lists."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from search.vietnamese import fold

pytestmark = pytest.mark.needs("chromium")

PARAGRAPH = "xâm nhập mặn và nuôi tôm ở vùng ven biển"


async def ask(page: Page, text: str) -> None:
    await page.goto("/experts")
    await page.locator("#q").fill(text)
    await page.locator("#q").press("Enter")
    await expect(page).to_have_url(re.compile(r"\?q="))


async def names(page: Page) -> list[str]:
    return await page.locator(".results .person-name").all_inner_texts()


async def total(page: Page) -> int:
    """How many people the line above the results says."""
    text = (await page.locator("#result-count").inner_text()).replace(".", "")
    return int((re.findall(r"\d+", text) or ["0"])[0])


@pytest.fixture
async def plain(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A browser without JavaScript."""
    context = await browser.new_context(
        base_url=site, java_script_enabled=False, viewport={"width": 1280, "height": 800}
    )
    yield await context.new_page()
    await context.close()


async def test_a_name_without_marks_finds_every_spelling_and_with_marks_its_own_first(page: Page) -> None:
    def spelled(found: list[str]) -> list[str]:
        """How each name writes "duong", those that do."""
        return [word for name in found for word in name.split() if fold(word) == "duong"]

    await ask(page, "duong")
    every = spelled(await names(page))
    assert {"Dương", "Đường"} <= set(every)

    await ask(page, "Đường")
    found = spelled(await names(page))
    own = found.count("Đường")
    assert found[:own] == ["Đường"] * own != []


async def test_a_pasted_paragraph_finds_people_by_meaning_with_the_lines_that_prove_it(page: Page) -> None:
    await ask(page, PARAGRAPH)

    rows = page.locator(".results > li")
    assert await rows.count() >= 10
    texts = await rows.all_inner_texts()
    assert not any(PARAGRAPH in text for text in texts)
    assert all([await row.locator(".why li").count() for row in await rows.all()])
    works = " ".join(texts).lower()
    assert "tôm" in works
    assert "thủy lợi" in works or "thủy văn" in works or "nước" in works


async def test_who_is_paused_or_at_their_limit_is_found_and_greyed_with_the_reason(page: Page) -> None:
    for state, reason in (("paused", "[Tt]ạm dừng"), ("full", "đã đủ")):
        await page.goto(f"/experts?availability={state}")
        first = page.locator(".results > li").first
        if await first.count() == 0:
            continue
        name = await first.locator(".person-name").inner_text()
        await ask(page, name.split(". ")[-1])
        row = page.locator(".results > li.cannot-invite").filter(has_text=name)
        await expect(row.first).to_contain_text(re.compile(reason))
        await expect(row.first).to_contain_text("chưa mời được")
    await page.goto("/experts?availability=paused")
    assert await page.locator(".results > li.cannot-invite").count() == await total(page) > 0


async def _filtered(page: Page, choose: Callable[[Page, str, str], Awaitable[int]]) -> None:
    """Three filters one after the other: each count is what the click gives; the address brings all of it back."""
    await page.goto("/experts?q=thủy sản")
    before = await total(page)
    for facet, value in (("degree", "TS"), ("location", "vietnam"), ("availability", "available")):
        promised = await choose(page, facet, value)
        assert await total(page) == promised <= before
        before = promised
    assert before > 0
    shown, address = await names(page), page.url

    for link in await page.locator(".facet li a:not(.facet-add):not([aria-current])").all():
        key, count = await link.get_attribute("id"), await link.locator(".count").text_content()
        target = await link.get_attribute("href")
        other = await page.context.new_page()
        await other.goto(target or "")
        assert (key, await total(other)) == (key, int(count or 0))
        await other.close()

    await page.goto("/")
    await page.goto(address)
    assert await names(page) == shown
    assert await page.locator(".chosen li").count() == 4  # three filters, and all of them at once
    assert await total(page) == before


async def _click(page: Page, facet: str, value: str) -> int:
    link = page.locator(f"#{facet}-{value}")
    promised = int(await link.locator(".count").inner_text())
    await link.click()
    await expect(page).to_have_url(re.compile(f"{facet}={value}"))
    await expect(page.locator(f"#{facet}-{value}")).to_have_attribute("aria-current", "true")
    return promised


async def test_three_filters_are_set_counted_bookmarked_and_opened_again(page: Page) -> None:
    await _filtered(page, _click)


async def test_three_filters_without_javascript(plain: Page) -> None:
    await _filtered(plain, _click)


async def test_suggestions_are_chosen_by_keyboard_alone(page: Page) -> None:
    await page.goto("/experts")
    box, options = page.get_by_role("combobox", name="Tên người, chủ đề"), page.get_by_role("option")
    await box.press_sequentially("nuoi bi")
    await expect(page.get_by_role("listbox", name="Gợi ý")).to_be_visible()
    await expect(box).to_have_attribute("aria-expanded", "true")
    results = await Axe().run(page)
    assert [one["id"] for one in results.response["violations"] if one["impact"] in {"serious", "critical"}] == []

    await box.press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await expect(box).to_have_attribute("aria-activedescendant", await options.first.get_attribute("id") or "")
    await box.press("ArrowUp")
    await expect(options.first).to_have_attribute("aria-selected", "false")
    await box.press("Escape")
    await expect(box).to_have_attribute("aria-expanded", "false")
    await expect(box).to_have_value("nuoi bi")

    await box.press_sequentially("en")
    await expect(box).to_have_attribute("aria-expanded", "true")
    await box.press("ArrowDown")
    await box.press("Enter")
    await expect(page.locator(".results mark").first).to_be_visible()
    await expect(box).to_have_attribute("aria-expanded", "false")


async def test_a_person_suggested_is_one_click_away_from_the_first_page(page: Page) -> None:
    await page.goto("/experts")
    name = (await names(page))[0].split(". ")[-1]
    await page.goto("/")
    await page.locator("#q").press_sequentially(fold(name))
    await page.get_by_role("option").filter(has_text=name).first.click()

    await expect(page).to_have_url(re.compile(r"/experts/[0-9a-f-]{36}$"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text(name)


async def test_enter_searches_for_what_was_typed_and_late_suggestions_stay_away(page: Page) -> None:
    await page.goto("/experts")
    await page.locator("#q").press_sequentially("nuôi biển")
    await page.locator("#q").press("Enter")

    await expect(page).to_have_url(re.compile(r"q=nu"))
    await page.wait_for_timeout(500)
    await expect(page.locator("#suggestions")).to_be_hidden()


async def test_an_unfolded_filter_stays_unfolded_when_another_is_chosen(page: Page) -> None:
    await page.goto("/experts")
    language = page.locator("#facet-language")
    await expect(language).not_to_have_attribute("open", "")
    await language.locator("summary").first.click()
    await page.locator("#degree-TS").click()

    await expect(page).to_have_url(re.compile("degree=TS"))
    await expect(page.locator("#facet-language")).to_have_attribute("open", "")


async def _fill(scope: Page | Locator, label: str, text: str) -> None:
    await scope.get_by_label(label, exact=True).fill(text)


async def test_people_ticked_in_a_table_go_on_a_list_with_notes_and_into_a_spreadsheet(
    page: Page, tmp_path: Path
) -> None:
    await page.goto("/experts?q=thủy sản&view=table")
    ticks = page.locator(".hit-table .tick-person")
    for number in (0, 2):
        await ticks.nth(number).check()
    await page.get_by_placeholder("Tên danh sách mới").fill("Hội đồng thử")
    await page.get_by_role("button", name="Đưa người đã chọn vào danh sách").click()
    await expect(page.locator("#added")).to_contain_text("Đã đưa 2 người vào danh sách.")
    await expect(page.get_by_placeholder("Tên danh sách mới")).to_have_value("")
    await ticks.nth(1).check()
    await page.get_by_role("button", name="Đưa người đã chọn vào danh sách").click()
    await expect(page.locator("#added")).to_contain_text("Đã đưa 1 người vào danh sách.")
    await expect(page).to_have_url(re.compile("view=table"))  # the search stays where it is

    await page.get_by_role("link", name="Xem danh sách").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hội đồng thử")
    first = page.locator(".listed > li").first
    await first.locator("summary").click()
    await _fill(first, "Ghi chú", "Đã gọi điện, đồng ý nhận")
    await first.get_by_role("button", name="Lưu ghi chú").click()
    await expect(page.locator(".listed > li").first).to_contain_text("Đã gọi điện, đồng ý nhận")
    results = await Axe().run(page)
    assert [one["id"] for one in results.response["violations"] if one["impact"] in {"serious", "critical"}] == []

    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Tải về Excel").click()
    file = await waiting.value
    await file.save_as(tmp_path / "danh-sach.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "danh-sach.xlsx").worksheets[0].values)
    assert re.fullmatch(r"hoi-dong-thu-\d{4}-\d\d-\d\d\.xlsx", file.suggested_filename)
    assert (len(rows), rows[1][rows[0].index("Ghi chú")]) == (4, "Đã gọi điện, đồng ý nhận")

    await page.get_by_text("Xóa danh sách").click()
    await page.get_by_role("button", name="Xóa hẳn").click()
    await expect(page).to_have_url(re.compile("/shortlists$"))
    await expect(page.get_by_role("link", name="Hội đồng thử")).to_have_count(0)


async def test_lists_and_kept_searches_work_without_javascript(plain: Page) -> None:
    await plain.goto("/experts?q=thủy sản&degree=TS")
    await plain.get_by_text("Lưu tìm kiếm này").click()
    await plain.locator("#search-name").fill("Tiến sĩ thủy sản")
    await plain.get_by_role("button", name="Lưu", exact=True).click()
    await plain.get_by_role("link", name="Tiến sĩ thủy sản").click()
    await expect(plain).to_have_url(re.compile(r"/experts\?q=th.*degree=TS"))

    await plain.locator(".results .tick-person").first.check()
    await plain.get_by_placeholder("Tên danh sách mới").fill("Không kịch bản")
    await plain.get_by_role("button", name="Đưa người đã chọn vào danh sách").click()
    await expect(plain.get_by_role("status")).to_contain_text("Đã đưa 1 người vào danh sách.")
    await plain.get_by_role("link", name="Quay lại").click()
    await expect(plain).to_have_url(re.compile(r"/experts\?q=th.*degree=TS"))

    await plain.locator(".results .person-name").nth(1).click()
    await plain.get_by_label("Đưa vào danh sách").select_option("Không kịch bản")
    await plain.get_by_role("button", name="Đưa vào danh sách").click()
    await expect(plain.locator(".listed > li")).to_have_count(2)
    await plain.locator(".listed .tick-person").first.check()
    await plain.get_by_role("button", name="Bỏ người đã chọn khỏi danh sách").click()
    await expect(plain.locator(".listed > li")).to_have_count(1)

    await plain.get_by_text("Xóa danh sách").click()
    await plain.get_by_role("button", name="Xóa hẳn").click()
    await plain.goto("/saved-searches")
    kept = plain.locator(".kept-lines > li").filter(has_text="Tiến sĩ thủy sản")
    await kept.locator("summary").click()
    await kept.get_by_role("button", name=re.compile("^Xóa hẳn")).click()
    await expect(plain.get_by_role("link", name="Tiến sĩ thủy sản")).to_have_count(0)
