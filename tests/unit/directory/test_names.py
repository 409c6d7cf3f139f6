from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.directory.names import canonical_marks, display_name, folded_orders, has_marks, sort_key, text_sort_key


@pytest.mark.parametrize(
    ("titles", "shown"),
    [
        ({"degree": "TS", "academic_rank": "PGS"}, "PGS.TS. Nguyễn Văn A"),
        ({"degree": "TSKH", "academic_rank": "GS"}, "GS.TSKH. Nguyễn Văn A"),
        ({"degree": "TS", "academic_rank": "GS", "honours": ["NGND"]}, "NGND.GS.TS. Nguyễn Văn A"),
        ({"degree": "TS", "other_titles": ["BS"]}, "TS.BS. Nguyễn Văn A"),
        ({"degree": "CK2", "other_titles": ["BS"]}, "BSCKII. Nguyễn Văn A"),
        ({"degree": "CK1", "other_titles": ["DS"]}, "DSCKI. Nguyễn Văn A"),
        ({"degree": "ThS", "other_titles": ["CK2", "BS"]}, "ThS.BSCKII. Nguyễn Văn A"),
        ({"degree": "CK2"}, "CKII. Nguyễn Văn A"),
        ({"degree": "KHAC"}, "Nguyễn Văn A"),
        ({}, "Nguyễn Văn A"),
        ({"degree": "TS", "academic_rank": "PGS", "locale": "en"}, "Assoc. Prof. Dr. Nguyễn Văn A"),
    ],
)
def test_titles_stand_before_a_name_in_order(titles: dict[str, object], shown: str) -> None:
    assert display_name("Nguyễn Văn A", **titles) == shown  # type: ignore[arg-type]


def test_letters_go_before_tones() -> None:
    words = ["Đào", "Dung", "Ánh", "An", "Ân", "Ăn", "Đức", "Em", "Ý", "Yến", "Ấn", "Ưng", "Uyên"]

    assert sorted(words, key=text_sort_key) == [
        "An", "Ánh", "Ăn", "Ân", "Ấn", "Dung", "Đào", "Đức", "Em", "Uyên", "Ưng", "Ý", "Yến",
    ]  # fmt: skip


def test_people_stand_by_given_name_then_family_name_then_middle_name() -> None:
    people = [
        ("Nguyễn", "Văn", "Dũng"),
        ("Trần", "Thị", "An"),
        ("Lê", "Văn", "Ân"),
        ("Lê", "Bá", "An"),
        ("Đỗ", "Gia", "An"),
    ]

    ordered = sorted(people, key=lambda name: sort_key(*name))

    assert [" ".join(name) for name in ordered] == [
        "Đỗ Gia An",
        "Lê Bá An",
        "Trần Thị An",
        "Lê Văn Ân",
        "Nguyễn Văn Dũng",
    ]


@given(st.text(), st.text(), st.text())
def test_the_sort_key_is_plain_ascii(family: str, middle: str, given_name: str) -> None:
    assert sort_key(family, middle, given_name).isascii()


def test_tone_placement_does_not_make_another_name_but_a_mark_does() -> None:
    assert canonical_marks("Thuý  HÒA") == canonical_marks("Thúy Hoà")
    assert canonical_marks("Dương") != canonical_marks("Đường")
    assert (has_marks("Nguyen Van A"), has_marks("Nguyễn Van A"), has_marks("Do Đat")) == (False, True, True)


def test_a_name_is_known_with_the_given_name_first() -> None:
    assert {"hai dang tran", "dang tran hai"} <= set(folded_orders("Trần Hải Đăng"))
    assert folded_orders("Trần Hải Đăng")[0] == "tran hai dang"
