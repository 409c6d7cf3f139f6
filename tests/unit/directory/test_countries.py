from __future__ import annotations

import pytest

from service.directory.countries import country_code, country_name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Úc", "AU"), ("Australia", "AU"), ("The Netherlands", "NL"), ("Hà Lan", "NL"), ("Đức", "DE"),
        ("nước Đức", "DE"),
        ("Campuchia", "KH"), ("Cambodia", "KH"), ("Hoa Kỳ", "US"), ("USA", "US"), ("Mỹ", "US"), ("Anh", "GB"),
        ("Na Uy", "NO"), ("Phần Lan", "FI"), ("HAN QUOC", "KR"), ("Việt Nam", "VN"), ("VN", "VN"), ("Đài Loan", "TW"),
        ("nước ngoài", None), ("Kiên Giang", None), ("", None),
    ],
)  # fmt: skip
def test_countries_in_two_languages(text: str, code: str | None) -> None:
    assert country_code(text) == code


def test_names_for_the_reader() -> None:
    assert (country_name("KH", "vi"), country_name("KH", "en"), country_name(None, "vi")) == (
        "Campuchia",
        "Cambodia",
        "",
    )
