from __future__ import annotations

import pytest

from service.directory.fields import load_field_list


@pytest.mark.parametrize(
    ("code", "name", "found"),
    [
        ("3.3", None, ("303",)),
        ("3.3", "Khoa học sức khỏe, y tế công cộng", ("303",)),
        ("5.9", "Khoa học xã hội khác", ("599",)),  # OECD 5.9 is the list's 599
        ("3.4", None, ("305",)),  # OECD 3.4, medical biotechnology; 304 is pharmacy
        ("4.4", "Công nghệ sinh học nông nghiệp", ("406",)),  # 404 is forestry
        ("4.5", "Thủy sản", ("405",)),  # the name says that the list's own numbering is meant
        ("303", None, ("303",)),
        ("50202", None, ("50202",)),
        ("3", None, ("3",)),
        (None, "Thuỷ sản", ("405",)),
        (None, "kinh te va kinh doanh", ("502",)),
        ("99.9", None, ()),
        ("88", None, ()),
        (None, "Phép thuật", ()),
    ],
)
def test_codes_and_names_as_written(code: str | None, name: str | None, found: tuple[str, ...]) -> None:
    assert load_field_list().find(code, name) == found


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ("nuôi tôm thẻ; cá lồng bè", ("405",)),
        ("nuoi trong thuy san, ca bop", ("405",)),
        ("net pens; mooring; shrimp", ("405",)),
        ("rừng tràm; phòng cháy", ("404",)),
        ("lúa thơm; chịu mặn", ("401",)),
        ("cả nước; các tỉnh", ("4",)),  # "cả", "các" are not "cá"
        ("", ("4",)),
    ],
)
def test_oecd_group_4_1_is_divided_by_what_the_person_works_on(about: str, found: tuple[str, ...]) -> None:
    assert load_field_list().find("4.1", None, about=about) == found


def test_a_code_lies_in_its_wider_ones() -> None:
    fields = load_field_list()

    assert fields.ancestors("30305") == ("3", "303", "30305")
    assert fields.ancestors("303") == ("3", "303")
    assert (fields.name("303"), fields.name("303", english=True)) == ("Y tế", "Health sciences")
