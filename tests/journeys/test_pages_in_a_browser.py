"""What a reader meets on the demo's pages: on wide and narrow screens, in both languages, by keyboard, without
JavaScript, on paper. The rules of accessibility are checked by axe."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pdfplumber
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

pytestmark = pytest.mark.needs("chromium")

WIDTHS = {"wide": 1280, "narrow": 390}
SEARCH = "/experts?q=xâm nhập mặn và nuôi tôm ở vùng ven biển"


@asynccontextmanager
async def opened(browser: Browser, site: str, *, width: int = 1280, **options: object) -> AsyncIterator[Page]:
    context = await browser.new_context(base_url=site, viewport={"width": width, "height": 800}, **options)  # type: ignore[arg-type]
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def address_of_a_case(page: Page) -> str:
    """The marine-aquaculture plan of the demo."""
    await page.goto("/cases")
    address = await page.get_by_role("link", name=re.compile("nuôi biển")).first.get_attribute("href")
    assert address is not None
    return address


async def address_of_an_expert(page: Page) -> str:
    await page.goto("/experts?q=nuôi biển")
    address = await page.locator(".results .person-name").first.get_attribute("href")
    assert address is not None
    return address


async def every_address(page: Page) -> list[str]:
    return [
        "/",
        SEARCH,
        "/experts?q=zzqqx",
        await address_of_an_expert(page),
        "/cases",
        await address_of_a_case(page),
        "/experts?view=table&q=thủy sản",
        "/experts/values/unit",
        "/shortlists",
        "/saved-searches",
        "/status",
        "/no-such-page",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_no_page_has_a_serious_fault_or_scrolls_sideways(
    browser: Browser, site: str, width: str, language: str, scheme: str
) -> None:
    faults: list[str] = []
    async with opened(browser, site, width=WIDTHS[width], color_scheme=scheme) as page:
        for address in await every_address(page):
            await page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
            assert await page.locator("html").get_attribute("lang") == language
            await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            results = await Axe().run(page)
            faults += [
                f"{address}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
                for violation in results.response["violations"]
                if violation["impact"] in {"serious", "critical"}
            ]
            width_needed = await page.evaluate("document.documentElement.scrollWidth")
            if width_needed > WIDTHS[width]:
                faults.append(f"{address} needs {width_needed} pixels")

    assert faults == []


async def test_at_twice_the_size_nothing_is_cut_off(browser: Browser, site: str) -> None:
    """A window of 1280 pixels at 200 % is laid out as one of 640."""
    faults = []
    async with opened(browser, site, width=640, device_scale_factor=2) as page:
        for address in await every_address(page):
            await page.goto(address)
            if await page.evaluate("document.documentElement.scrollWidth") > 640:
                faults.append(address)

    assert faults == []


async def test_a_search_is_refined_without_loading_the_page_again(page: Page) -> None:
    await page.goto("/experts")
    await page.evaluate("window.stays = true")
    await page.get_by_role("combobox", name="Tên người, chủ đề").fill("thủy sản")
    await page.get_by_role("combobox", name="Tên người, chủ đề").press("Enter")
    await expect(page).to_have_url(re.compile(r"q=th%E1%BB%A7y"))
    await expect(page.locator(".results mark").first).to_be_visible()
    before = int(re.findall(r"\d+", await page.locator("#result-count").inner_text())[0])

    facet = page.locator(".facet").filter(has_text="Nơi ở").get_by_role("link", name="nước ngoài")
    await facet.press("Enter")

    await expect(page).to_have_url(re.compile("location=abroad"))
    await expect(page.locator("#result-count")).to_contain_text("chuyên gia")
    after = int(re.findall(r"\d+", await page.locator("#result-count").inner_text())[0])
    assert 0 < after < before
    assert await page.locator(".results > li").count() == after
    assert await page.evaluate("window.stays") is True
    assert await page.evaluate("document.activeElement.id") == "location-abroad"  # the keyboard stays where it was

    await page.get_by_role("combobox", name="Tên người, chủ đề").fill("tôm")
    await page.get_by_role("button", name="Tìm").click()
    await expect(page).to_have_url(re.compile(r"q=t%C3%B4m&location=abroad"))  # the filter goes along

    await page.go_back()
    await expect(page).to_have_url(re.compile(r"q=th%E1%BB%A7y.*location=abroad"))
    await expect(page.get_by_role("combobox", name="Tên người, chủ đề")).to_have_value("thủy sản")
    await expect(page.get_by_role("banner")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_everything_works_without_javascript(browser: Browser, site: str, width: str) -> None:
    async with opened(browser, site, width=WIDTHS[width], java_script_enabled=False) as page:
        await page.goto("/")
        await page.get_by_role("searchbox").fill("thuy san")
        await page.get_by_role("button", name="Tìm").click()
        await expect(page).to_have_url(re.compile(r"/experts\?q=thuy\+san"))
        total = await page.locator(".results > li").count()
        await page.locator(".facet").filter(has_text="Nơi ở").get_by_role("link", name="nước ngoài").click()
        await expect(page).to_have_url(re.compile("location=abroad"))
        assert 0 < await page.locator(".results > li").count() < total
        await page.get_by_role("searchbox").fill("nuôi trồng thủy sản")
        await page.get_by_role("button", name="Tìm").click()
        await expect(page).to_have_url(re.compile(r"location=abroad"))

        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Search for experts")
        await page.locator(".results .person-name").first.click()
        await expect(page.get_by_role("heading", name="What proves the expertise")).to_be_visible()

        await page.get_by_role("link", name="Cases", exact=True).click()
        await page.get_by_role("link", name=re.compile("nuôi biển")).first.click()
        await expect(page.get_by_role("heading", name="Proposed council")).to_be_visible()
        why = page.locator(".fit details").nth(1)
        await why.locator("summary").click()
        await expect(why.locator(".proof").first).to_be_visible()


async def test_the_first_tab_leads_past_the_menu_and_focus_is_seen(page: Page) -> None:
    await page.goto("/cases")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Đến phần nội dung")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"

    await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


async def test_the_grid_can_be_scrolled_by_keyboard_on_a_telephone(browser: Browser, site: str) -> None:
    async with opened(browser, site, width=WIDTHS["narrow"]) as page:
        await page.goto(await address_of_a_case(page))
        region = page.get_by_role("region", name="Ai phụ trách chủ đề nào")
        await region.focus()
        assert await region.evaluate("one => one.scrollWidth > one.clientWidth")
        await page.keyboard.press("ArrowRight")
        await expect(region).to_be_focused()
        await expect(region).not_to_have_js_property("scrollLeft", 0)


async def test_a_case_prints_on_a4_with_everything_unfolded(browser: Browser, site: str) -> None:
    async with opened(browser, site) as page:
        await page.goto(await address_of_a_case(page))
        passage = await page.locator(".passages blockquote").first.text_content()
        proof = await page.locator(".proof-evidence blockquote").last.text_content()
        paper = await page.pdf(prefer_css_page_size=True)

    assert passage is not None
    assert proof is not None
    with pdfplumber.open(io.BytesIO(paper)) as pdf:
        assert (round(pdf.pages[0].width), round(pdf.pages[0].height)) == (595, 842)
        text = " ".join(" ".join((sheet.extract_text() or "").split()) for sheet in pdf.pages)
        right_edge = max(char["x1"] for sheet in pdf.pages for char in sheet.chars)
    assert right_edge < 595 - 20  # nothing is cut off at the margin
    assert "Hội đồng đề xuất" in text
    assert "Ai phụ trách chủ đề nào" in text
    assert passage.split()[0] in text
    words = proof.split()
    assert " ".join(words[:4]) in text
    assert "English" not in text  # nothing to click
    assert re.search(r"Trang lập lúc \d\d:\d\d, \d\d/\d\d/\d{4}", text)
