"""When two spellings may name one person, by the name alone."""

from __future__ import annotations

import pytest

from service.matching.people import NameFit, name_fit, written_name


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        ("Nguyễn Văn Khiết", "nguyen van khiet", NameFit.FULLY),
        ("Nguyễn Văn Khiết", "Khiết Nguyễn Văn", NameFit.FULLY),
        ("Nguyễn Văn Khiết", "PGS.TS. Nguyễn Văn Khiết", NameFit.FULLY),
        ("Nguyễn Văn Khiết", "Ông Nguyễn Văn Khiết", NameFit.FULLY),
        ("Nguyễn Văn Khiết", "Khiet Van NGUYEN, PhD", NameFit.FULLY),
        ("Hoàng Thúy Hoà", "Hoàng Thuý Hòa", NameFit.FULLY),  # the tone stands elsewhere
        ("Đặng Thị Mỹ", "Dang Thi My", NameFit.FULLY),
        ("Bùi Bá Anh", "BUI BA ANH", NameFit.FULLY),  # "Bá" and "Anh" are no titles here
        ("Bà Bùi Bá Anh", "Bùi Bá Anh", NameFit.FULLY),
        ("Andrew Lạc Thanh Phong", "Lac Thanh Phong Andrew", NameFit.FULLY),
        ("Trần Quốc Bảo", "Trần Quốc Báo", NameFit.PARTLY),  # other marks
        ("Nguyễn Xuân Thành", "Nguyen X.T.", NameFit.PARTLY),
        ("Nguyễn Xuân Thành", "X. T. Nguyen", NameFit.PARTLY),
        ("Nguyễn Xuân Thành", "Nguyen XT", NameFit.PARTLY),
        ("Nguyễn Xuân Thành", "Thành Nguyễn", NameFit.PARTLY),
        ("Võ Thị Sáu", "VO Thi Sau", NameFit.FULLY),
        ("Nguyễn Minh Anh", "Nguyen, M.A.", NameFit.PARTLY),
        ("Mary Jane Watson", "M. J. Watson", NameFit.PARTLY),
        ("Nguyễn Xuân Thành", "Nguyen T.X.", NameFit.PARTLY),
        ("Nguyễn Xuân Thành", "Nguyen X.H.", NameFit.NONE),
        ("Nguyễn Xuân Thành", "Nguyễn Xuân Thanh Hải", NameFit.NONE),
        ("Nguyễn Xuân Thành", "Nguyễn Xuân", NameFit.NONE),
        ("Nguyễn Xuân Thành", "Trần Xuân Thành", NameFit.NONE),
        ("Nguyễn Xuân Thành", "Nguyễn", NameFit.NONE),
        ("Nguyễn Xuân Thành", "N.", NameFit.NONE),
        ("Nguyễn Xuân Thành", "", NameFit.NONE),
    ],
)
def test_names_fit(one: str, other: str, fit: NameFit) -> None:
    assert name_fit(written_name(one), written_name(other)) is fit
    assert name_fit(written_name(other), written_name(one)) is fit


def test_an_affiliation_is_taken_off_the_name() -> None:
    name = written_name("Phạm Duy Hưng (Công ty TNHH Tư vấn Biển (giả định))")

    assert (name.words, name.affiliation) == (("pham", "duy", "hung"), "Công ty TNHH Tư vấn Biển (giả định)")
