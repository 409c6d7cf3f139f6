"""What stays while results come and go: the language, the title, the keyboard's place, ticks, and a text of any length;
and what is said when no answer comes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Route, expect

pytestmark = pytest.mark.needs("chromium")

PARAGRAPH = "Phát triển nuôi cá lồng bè trên biển, gắn với bảo vệ môi trường và thích ứng biến đổi khí hậu. " * 12


@pytest.fixture
async def faulty(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A page whose requests may fail, which a browser writes on its console."""
    context = await browser.new_context(base_url=site, locale="vi-VN")
    yield await context.new_page()
    await context.close()


async def answer_502(route: Route) -> None:
    """As a proxy does whose service is gone."""
    await route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")


async def search(page: Page, text: str) -> None:
    await page.locator("#q").fill(text)
    await page.locator("#q").press("Enter")
    await expect(page).to_have_url(re.compile(r"\?q="))


async def test_the_other_language_shows_the_search_that_is_shown(page: Page) -> None:
    await page.goto("/experts")
    await search(page, "tôm")
    await expect(page).to_have_title("tôm · Tìm chuyên gia · Trí Thức")
    await page.locator("#degree-TS").click()
    await expect(page).to_have_url(re.compile("degree=TS"))
    count = await page.locator(".results > li").count()

    await page.get_by_role("link", name="English").click()

    await expect(page).to_have_url(re.compile(r"\?q=t%C3%B4m&degree=TS&lang=en$"))
    await expect(page).to_have_title("tôm · Search for experts · Trí Thức")
    assert await page.locator(".results > li").count() == count > 0


async def test_the_keyboard_stays_by_what_was_done(page: Page) -> None:
    await page.goto("/experts")
    for at, then in (
        ("#degree-TS", "#degree-TS"),
        (".facet-add", "#facet-degree [aria-current]:focus"),
        (".chosen .remove-all a", "#result-line"),
        (".paging a", "#result-line"),
    ):
        address = page.url
        await page.locator(at).first.focus()
        await page.keyboard.press("Enter")
        await expect(page).not_to_have_url(address)
        await expect(page.locator(then)).to_be_focused()


async def test_people_ticked_on_one_page_go_on_the_list_from_another(page: Page) -> None:
    await page.goto("/experts")
    for number in (0, 1):
        await page.locator(".results .tick-person").nth(number).check()
    first = (await page.locator(".person-name").first.inner_text()).strip()
    await page.locator(".paging a").first.click()
    await expect(page.locator("#ticked-elsewhere")).to_contain_text(first)
    await page.locator(".results .tick-person").first.check()

    await page.locator("#add-new").fill("Từ hai trang")
    await page.get_by_role("button", name="Đưa người đã chọn vào danh sách").click()
    await expect(page.locator("#added")).to_contain_text("Đã đưa 3 người vào danh sách.")
    await page.get_by_role("button", name="Bỏ chọn những người này").click()
    await expect(page.locator("#ticked-elsewhere")).to_be_hidden()
    await page.locator(".paging a").first.click()
    await expect(page).not_to_have_url(re.compile("page=2"))
    await expect(page.locator(".results .tick-person:checked")).to_have_count(0)
    await expect(page.locator("#ticked-elsewhere")).to_contain_text("Đã chọn thêm")


async def test_a_server_that_is_gone_is_said_and_takes_nothing_away(faulty: Page) -> None:
    await faulty.goto("/experts")
    count = await faulty.locator("#result-count").inner_text()
    await faulty.locator(".results .tick-person").first.check()
    await faulty.context.set_offline(True)

    await faulty.locator("#q").fill("lúa")
    await faulty.locator("#q").press("Enter")
    await expect(faulty.get_by_role("alert")).to_contain_text("Kết quả bên dưới là của lượt tìm trước")
    await faulty.locator("#add-new").fill("Danh sách")
    await faulty.get_by_role("button", name="Đưa người đã chọn vào danh sách").click()
    await expect(faulty.locator("#added")).to_contain_text("Không kết nối được với máy chủ.")

    assert await faulty.locator("#result-count").inner_text() == count
    await expect(faulty.locator("#q")).to_have_value("lúa")
    await expect(faulty.locator("#add-new")).to_have_value("Danh sách")
    await expect(faulty.locator(".results .tick-person").first).to_be_checked()
    await faulty.context.set_offline(False)
    await search(faulty, "lúa gạo")
    await expect(faulty.get_by_role("alert")).to_be_empty()


async def test_errors_of_a_proxy_leave_who_types_alone(faulty: Page) -> None:
    await faulty.route("**/experts/suggestions*", answer_502)
    await faulty.goto("/experts")
    async with faulty.expect_response("**/experts/suggestions*"):
        await faulty.locator("#q").press_sequentially("nuôi bi")
    await faulty.locator("#q").press_sequentially("ển")

    await expect(faulty.locator("#q")).to_have_value("nuôi biển")
    await expect(faulty.locator(".results > li").first).to_be_visible()
    await expect(faulty.locator("#suggestions")).to_be_hidden()
    await faulty.route("**/experts", answer_502)
    await faulty.locator("#q").press("Enter")
    await expect(faulty.get_by_role("alert")).to_contain_text("Không kết nối được với máy chủ.")
    await expect(faulty.get_by_text("Bad gateway")).to_have_count(0)
    await expect(faulty).not_to_have_url(re.compile("q="))


@pytest.mark.parametrize("has_javascript", [True, False])
async def test_a_text_of_any_length_is_searched_for_and_filtered(
    browser: Browser, site: str, has_javascript: bool
) -> None:
    context = await browser.new_context(base_url=site, java_script_enabled=has_javascript)
    page = await context.new_page()
    await page.goto("/experts")
    await page.locator("#q").fill(PARAGRAPH * 60)  # more than an address can hold
    await page.get_by_role("button", name="Tìm", exact=True).click()
    await expect(page.get_by_text("Chỉ tìm theo 4.000 ký tự đầu của nội dung.")).to_be_visible()
    assert len(await page.content()) < 200_000

    promised = await page.locator("#degree-TS .count").inner_text()
    await page.locator("#degree-TS").click()
    await expect(page).to_have_url(re.compile(r"\?q=.*&cut=1&degree=TS$"))
    await expect(page.locator("#result-count")).to_contain_text(f"{promised} chuyên gia")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Tải về Excel").click()
    assert (await waiting.value).suggested_filename.endswith(".xlsx")
    await page.locator(".chosen button").first.click()
    await expect(page).to_have_url(re.compile(r"&cut=1$"))
    await context.close()


async def test_no_page_of_the_directory_is_wider_than_a_telephone(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/experts")
    await page.locator(".results .tick-person").first.check()
    await page.locator("#add-new").fill("Danh sách có tên rất dài " * 8)
    await page.get_by_role("button", name="Đưa người đã chọn vào danh sách").click()
    await expect(page.locator("#added")).to_contain_text("Đã đưa 1 người")
    profile = await page.locator(".person-name").first.get_attribute("href") or ""

    for address in ("/experts", "/experts?view=table&q=thủy sản", f"/experts?q={PARAGRAPH[:400]}", profile):
        await page.goto(address)
        assert (address, await page.evaluate("document.documentElement.scrollWidth")) == (address, 390)
