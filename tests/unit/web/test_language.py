from __future__ import annotations

import pytest

from service.i18n import Locale
from service.web.language import address_in, reader_locale


@pytest.mark.parametrize(
    ("query", "cookies", "wanted"),
    [
        (b"", {}, "vi"),
        (b"lang=en", {}, "en"),
        (b"q=a&lang=en", {"lang": "vi"}, "en"),
        (b"", {"lang": "en"}, "en"),
        (b"lang=xx", {"lang": "en"}, "en"),
        (b"lang=%ff%00", {"lang": "klingon"}, "vi"),
    ],
)
def test_the_address_goes_before_the_cookie_and_unknown_languages_do_not_count(
    query: bytes, cookies: dict[str, str], wanted: Locale
) -> None:
    assert reader_locale(query, cookies, "vi") == wanted


def test_the_other_language_is_the_same_page() -> None:
    assert address_in("en", "/experts", b"q=c%C3%A1&lang=vi&page=2") == "/experts?q=c%C3%A1&page=2&lang=en"
