"""Names as offices type them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingestion.cleaning.names import looks_like_an_organisation, names_of_several_people, parse_name

TITLES = st.sampled_from(
    [
        "PGS.TS.",
        "PGS, TS",
        "GS-TS",
        "TS",
        "TS.",
        "Th.S",
        "ThS.BSCKII.",
        "BS CK2",
        "NGND.GS.TS.",
        "Tiến sĩ",
        "Phó Giáo sư, Tiến sĩ",
    ]
)
PEOPLE = st.sampled_from(
    [
        "Nguyễn Văn An",
        "Danh Thị Sà Rương",
        "Tào Thị Ngọc Ẩn",
        "Âu Dương Minh",
        "Tôn Nữ Hoài An",
        "Lê Ba",
        "Mai Xuân Cương",
    ]
)


@given(TITLES, PEOPLE, st.sampled_from([" ", "  ", "\u00a0", " \t"]))
def test_titles_before_a_name_are_stripped(title: str, person: str, gap: str) -> None:
    assert parse_name(title + gap + person).full_name == person


@pytest.mark.parametrize(
    ("written", "name", "degree", "rank", "others"),
    [
        ("PGS.TS.BS Nguyễn Văn A", "Nguyễn Văn A", "TS", "PGS", ("BS",)),
        ("TS.Tào Thị Ngọc Ẩn", "Tào Thị Ngọc Ẩn", "TS", None, ()),
        ("TSNguyễn Văn An", "Nguyễn Văn An", "TS", None, ()),
        ("BSCK 2 Trần An Ba", "Trần An Ba", "CK2", None, ("BS",)),
        ("Nguyễn Văn An, TS", "Nguyễn Văn An", "TS", None, ()),
        ("Nguyen Van An, Ph.D., M.Sc.", "Nguyen Van An", "TS", None, ()),
        ("Đại tá, PGS.TS. Lê Ba", "Lê Ba", "TS", "PGS", ()),
        ("Ông Nguyễn Văn An", "Nguyễn Văn An", None, None, ()),
        ("Ông Văn An", "Ông Văn An", None, None, ()),
        ("Ma Thi Boi Ngoc", "Ma Thi Boi Ngoc", None, None, ()),
        ("QUÁCH  MINH ĐẠT", "Quách Minh Đạt", None, None, ()),
        ("nguyễn văn an", "Nguyễn Văn An", None, None, ()),
        ("NGUYỄN Văn An", "Nguyễn Văn An", None, None, ()),
        ("ROSALIND NGUYEN-HART", "Rosalind Nguyen-Hart", None, None, ()),
        ("JAN VAN DER BERG", "Jan van der Berg", None, None, ()),
        ("Nguyen X.T.", "Nguyen X.T.", None, None, ()),
        ("PGS. TS.", "", "TS", "PGS", ()),
    ],
)
def test_a_name_keeps_its_spelling_and_loses_its_titles(
    written: str, name: str, degree: str | None, rank: str | None, others: tuple[str, ...]
) -> None:
    parsed = parse_name(written)

    assert (parsed.full_name, parsed.titles.degree, parsed.titles.rank, parsed.titles.others) == (
        name,
        degree,
        rank,
        others,
    )


@pytest.mark.parametrize(
    ("name", "email", "parts"),
    [
        ("Danh Thị Sà Rương", None, ("Danh", "Thị Sà", "Rương")),
        ("Âu Dương Minh", None, ("Âu Dương", "", "Minh")),
        ("Ton Nu Hoai An", None, ("Ton Nu", "Hoai", "An")),
        ("Neáng Sóc Kha", None, ("Neáng", "Sóc", "Kha")),
        ("Ysa Mách Đa", None, ("Ysa", "Mách", "Đa")),
        ("Uyen Le Thi Phuong", None, ("Le", "Thi Phuong", "Uyen")),
        ("Phấn Tiêu Hồng", None, ("Tiêu", "Hồng", "Phấn")),
        ("Lam Ngoc Buu", "lam.ngoc.buu@example.edu", ("Lam", "Ngoc", "Buu")),
        ("Vu Dam Quang", "dam.quang.vu@example.org", ("Dam", "Quang", "Vu")),
        ("Dang Tran Hai", "tran.hai.dang@example.edu", ("Tran", "Hai", "Dang")),
        ("Giao Diep Quynh", None, ("Diep", "Quynh", "Giao")),
        ("Rosalind Nguyen-Hart", None, ("Nguyen-Hart", "", "Rosalind")),
        ("Thinh X. Nguyen", None, ("Nguyen", "X.", "Thinh")),
        ("Phong Van Tran", None, ("Tran", "Van", "Phong")),
        ("Jan van der Berg", None, ("van der Berg", "", "Jan")),
        ("Nguyen, Xuan Thinh", None, ("Nguyen", "Xuan", "Thinh")),
        ("Hoa", None, ("", "", "Hoa")),
    ],
)
def test_family_middle_and_given_name_are_told_apart(name: str, email: str | None, parts: tuple[str, str, str]) -> None:
    parsed = parse_name(name, email)

    assert (parsed.family_name, parsed.middle_name, parsed.given_name) == parts


def test_several_people_and_organisations_are_no_name() -> None:
    assert names_of_several_people("TS. Nguyễn Văn Một và Trần Văn Hai") == ["Nguyễn Văn Một", "Trần Văn Hai"]
    assert names_of_several_people("PGS, TS Lê Văn Nhuận") == []
    assert names_of_several_people("Nguyen, Xuan Thinh") == []
    assert looks_like_an_organisation("Trường Đại học Kiên Giang")
    assert looks_like_an_organisation("So Khoa hoc va Cong nghe")
    assert not looks_like_an_organisation("Truong Van Bay")
    assert not looks_like_an_organisation("Viên Thế Hiển")


@pytest.mark.parametrize(
    "name",
    ["Đoàn Thanh Hải", "ĐOÀN THANH TÙNG", "Khoa Nguyen", "Khoa D. Pham", "Trường Nguyễn", "Văn Phong Nhã"],
)
def test_a_name_that_begins_like_an_organisation_is_a_name(name: str) -> None:
    assert not looks_like_an_organisation(name)


@pytest.mark.parametrize(
    "unit",
    [
        "Đoàn Thanh niên tỉnh",
        "Đoàn Luật sư An Giang",
        "Khoa Lý",
        "Khoa Ly",
        "Khoa Thủy sản",
        "Trường Sư Phạm",
        "Trường THPT Nguyễn Trãi",
        "Văn phòng Tỉnh ủy",
        "Van phong UBND",
        "Trường Đại học Y",
    ],
)
def test_a_unit_is_no_name(unit: str) -> None:
    assert looks_like_an_organisation(unit)


@given(st.one_of(st.text(max_size=80), st.builds(lambda a, b: f"{a} {b}", TITLES, st.text(max_size=40))))
@example("Mr. TS. (x) , PhD")
@example("\udc80PGS \x00. \u0301")
@example("İSTANBUL ǅ ß")
@example("a\U000f0000\u0c05E")
def test_parsing_never_raises_and_is_idempotent(text: str) -> None:
    name = parse_name(text).full_name

    assert parse_name(name).full_name == name
    assert name == unicodedata.normalize("NFC", name)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name)
