from __future__ import annotations

import gzip
import re

from service.web.assets import PREFIX, load_assets


def test_files_of_the_packages_are_found_and_named_by_their_content() -> None:
    assets = load_assets()

    for name in ("bootstrap.min.css", "htmx.min.js", "BeVietnamPro-Regular.ttf", "trithuc.css", "print.js", "icon.svg"):
        asset = assets.find(assets.url(name))
        assert asset is not None
        assert asset.name == name
        assert re.fullmatch(PREFIX + r"[\w.-]+\.[0-9a-f]{12}\.\w+", asset.path)
        assert gzip.decompress(asset.gzipped) == asset.content


def test_style_sheets_name_only_files_that_are_served() -> None:
    assets = load_assets()

    for sheet in ("bootstrap.min.css", "trithuc.css"):
        asset = assets.find(assets.url(sheet))
        assert asset is not None
        addresses = set(re.findall(r"url\(\s*[\"']?([^\"')]+)", asset.content.decode()))
        outside = {one for one in addresses if not one.startswith("data:") and assets.find(one) is None}
        assert outside == set()
        assert b"@import" not in asset.content
        assert b"sourceMappingURL" not in asset.content


def test_each_font_of_the_style_sheet_is_served() -> None:
    assets = load_assets()
    sheet = assets.find(assets.url("trithuc.css"))
    assert sheet is not None

    assert sheet.content.count(b"@font-face") == 3
    assert sheet.content.count(b'url("/static/BeVietnamPro-') == 3
