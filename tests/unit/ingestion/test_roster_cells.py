"""What single cells say: text, dates, degrees, identifiers, works, languages, months."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.cleaning.dates import Birth, parse_birth
from ingestion.cleaning.degrees import Titles, parse_titles
from ingestion.cleaning.identifiers import find_emails, find_phones, normal_field_code, parse_fields, parse_orcid
from ingestion.cleaning.languages import parse_languages
from ingestion.cleaning.legacy_encodings import convert_legacy, is_garbled_name
from ingestion.cleaning.posts import split_post
from ingestion.cleaning.presence import parse_availability, parse_months, parse_time_zone
from ingestion.cleaning.text import clean, clean_text, fold, fold_letters
from ingestion.cleaning.works import parse_works, split_keywords
from ingestion.records import FieldMention, WorkRecord

TODAY = date(2026, 11, 25)
READERS: tuple[Callable[[str], object], ...] = (
    clean,
    convert_legacy,
    find_emails,
    find_phones,
    fold,
    is_garbled_name,
    normal_field_code,
    parse_availability,
    parse_fields,
    parse_languages,
    parse_months,
    parse_orcid,
    parse_time_zone,
    parse_titles,
    parse_works,
    split_keywords,
    split_post,
)


@given(st.text())
def test_clean_text_is_nfc_single_spaced_and_free_of_what_is_not_seen(text: str) -> None:
    cleaned = clean_text(text)

    assert cleaned == unicodedata.normalize("NFC", cleaned) == " ".join(cleaned.split())
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in cleaned)
    assert clean_text(cleaned) == cleaned


@given(st.text(max_size=60))
def test_no_cell_text_makes_a_reader_raise(text: str) -> None:
    for read in READERS:
        read(text)
    assert parse_birth(text, today=TODAY).year is None or 1920 <= (parse_birth(text, today=TODAY).year or 0) <= 2011


@given(st.text(max_size=60))
def test_folding_letter_by_letter_keeps_positions(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)

    assert len(fold_letters(composed)) == len(composed)


def test_dropped_characters_are_accounted_for() -> None:
    assert clean("Nguyễn\u200b Thị\u00ad An\u202e") == ("Nguyễn Thị An", {"invisible_characters"})
    assert clean("Lê\x00 Thị\x07 An") == ("Lê Thị An", {"control_characters"})
    assert clean(unicodedata.normalize("NFD", "  Đặng\u00a0Quốc\tKhải ")) == ("Đặng Quốc Khải", frozenset())
    assert clean_text("CHỦ TRƢƠNG\\r\\ncủa Ðảng") == "CHỦ TRƯƠNG của Đảng"


@pytest.mark.parametrize(
    ("value", "birth"),
    [
        (1980, Birth(year=1980)),
        (1980.0, Birth(year=1980)),
        ("1969", Birth(year=1969)),
        ("02/02/1984", Birth(year=1984)),
        ("4/1988", Birth(year=1988)),
        ("13/6/80", Birth(year=1980)),
        ("12/25/1980", Birth(year=1980)),
        ("ngày 5 tháng 3 năm 1980", Birth(year=1980)),
        (datetime(1973, 5, 5), Birth(year=1973)),  # noqa: DTZ001  (Excel knows no time zone)
        (29221, Birth(year=1980, is_serial=True)),
        (1850, Birth(fault="out_of_range")),
        (2020, Birth(fault="out_of_range")),
        (2031, Birth(fault="in_future")),
        ("tuổi Mùi", Birth(fault="not_a_date")),
        (True, Birth(fault="not_a_date")),
        (float("nan"), Birth(fault="not_a_date")),
        ("31/02/1980", Birth(fault="impossible_date")),
    ],
)
def test_year_of_birth(value: object, birth: Birth) -> None:
    assert parse_birth(value, today=TODAY) == birth


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Tiến sỹ", Titles(degree="TS")),
        ("T.S", Titles(degree="TS")),
        ("Th.S", Titles(degree="ThS")),
        ("thac si", Titles(degree="ThS")),
        ("Phó giáo sư, Tiến sĩ", Titles(degree="TS", rank="PGS")),
        ("Bác sĩ chuyên khoa II", Titles(degree="CK2", others=("BS",))),
        ("DSCKI", Titles(degree="CK1", others=("DS",))),
        ("GS.TSKH.", Titles(degree="TSKH", rank="GS")),
        ("ThS. NCS", Titles(degree="ThS", others=("NCS",))),
        ("Tiến sĩ Kinh tế", Titles(degree="TS")),
        ("Không có bằng đại học", Titles(degree="KHAC")),
        ("Assoc. Prof.", Titles(rank="PGS")),
        ("Ph.D", Titles(degree="TS")),
        ("NGƯT", Titles(honours=("NGƯT",))),
        ("Tiên sỹ", Titles(degree="TS", misspelt=(("Tiên sỹ", "TS"),))),
        ("Tến sĩ", Titles(degree="TS", misspelt=(("Tến sĩ", "TS"),))),
        ("Cao thủ", Titles(is_unknown=True)),
        ("-", Titles()),
    ],
)
def test_degrees_and_ranks(text: str, titles: Titles) -> None:
    assert parse_titles(text) == titles


def test_old_fonts_are_recognised_and_foreign_words_are_not() -> None:
    converted = {text: found.text for text in OLD_FONTS if (found := convert_legacy(text))}

    assert converted == OLD_FONTS
    assert [
        word for word in ("Müller", "Göttingen", "Neáng Sóc Kha", "São Paulo", "Đặng Thị Lỗ") if convert_legacy(word)
    ] == []
    assert [name for name in ("Nguyïîn Vùn Ba", "Nguy?n Văn Ba", "Lê \ufffdn") if not is_garbled_name(name)] == []
    assert not is_garbled_name("Björn Ågren")


OLD_FONTS = {
    "NguyÔn V¨n Ba": "Nguyễn Văn Ba",
    "Tr\u00adêng §¹i häc Kiªn Giang": "Trường Đại học Kiên Giang",
    "Nguyeãn Vaên Ba": "Nguyễn Văn Ba",
    "Coäng hoøa xaõ hoäi": "Cộng hòa xã hội",
    "Nguyá»…n VÄƒn Ba": "Nguyễn Văn Ba",
}


def test_identifiers() -> None:
    assert find_emails(" Lu.ba.khanh@example.edu ") == ("lu.ba.khanh@example.edu",)
    assert find_emails("a@example.org; mailto:B@Example.org") == ("a@example.org", "b@example.org")
    assert find_emails("khong-co-a-cong.example.org") == ()
    assert find_phones("912345678") == ("0912345678",)
    assert find_phones("0912.345.678 - 0297 3812345") == ("0912345678", "02973812345")
    assert find_phones("0912345678 0987654321") == ("0912345678", "0987654321")
    assert find_phones("+84 (0)912 345 678") == ("+84912345678",)
    assert parse_orcid("https://orcid.org/0000-0002-1825-0097") == "0000-0002-1825-0097"
    assert parse_orcid("0000-0002-1825-0098") is None


def test_field_codes_and_names() -> None:
    text = "5.6 Khoa học chính trị, hành chính, 1.2 Khoa học máy tính và thông tin"

    assert parse_fields(text) == (
        FieldMention(code_text="5.6", name_text="Khoa học chính trị, hành chính"),
        FieldMention(code_text="1.2", name_text="Khoa học máy tính và thông tin"),
    )
    assert [mention.code_text for mention in parse_fields("4.1; 88")] == ["4.1", "88"]
    assert parse_fields("Sinh học (1.6)") == (FieldMention(code_text="1.6", name_text="Sinh học"),)
    codes = ("4.1", "2.11", "303", "50202", "5.99", "6", "99.9", "88", "7.1", "4.12")
    assert [normal_field_code(code) for code in codes] == [
        "401",
        "211",
        "303",
        "50202",
        "599",
        "6",
        None,
        None,
        None,
        None,
    ]


def work(title: str, year: int | None, kind: str | None = None, *coauthors: str) -> WorkRecord:
    return WorkRecord(title=title, year=year, kind_text=kind, coauthors=coauthors)


@pytest.mark.parametrize(
    ("cell", "works"),
    [
        (
            "A - 2023 - sách\nB - 2021 - bài báo - cùng Lê C",
            [work("A", 2023, "sách"), work("B", 2021, "bài báo", "Lê C")],
        ),
        ("A - 2023 - sách; B - 2021 - bài báo", [work("A", 2023, "sách"), work("B", 2021, "bài báo")]),
        ("A; b - 2020 - sách; C - 2021 - sách", [work("A; b", 2020, "sách"), work("C", 2021, "sách")]),
        (
            "Nuôi cá - nhuyễn thể - 2019 - sáng chế, giải pháp - cùng A (Sở X, Y), B",
            [work("Nuôi cá - nhuyễn thể", 2019, "sáng chế, giải pháp", "A (Sở X, Y)", "B")],
        ),
        (
            "2024. Timed entry (bài báo) [Lê A (ĐH B, C); D]",
            [work("Timed entry", 2024, "bài báo", "Lê A (ĐH B, C)", "D")],
        ),
        ("2019. Nhật ký (tài liệu tập huấn) (sách)", [work("Nhật ký (tài liệu tập huấn)", 2019, "sách")]),
        ("2020. A study (phase 2)", [work("A study (phase 2)", 2020)]),
        ("1. Rừng ngập mặn, 2019\n- Nuôi biển (2020)", [work("Rừng ngập mặn", 2019), work("Nuôi biển", 2020)]),
        ("Nguyễn A (2020). Nuôi biển. Tạp chí B", [work("Nguyễn A (2020). Nuôi biển. Tạp chí B", 2020)]),
        (" - ", []),
    ],
)
def test_works_in_one_cell(cell: str, works: list[WorkRecord]) -> None:
    assert list(parse_works(cell)) == works


def test_keywords_split_at_semicolons_first() -> None:
    assert split_keywords("đước, mắm; vườn ươm") == ("đước, mắm", "vườn ươm")
    assert split_keywords("đập, hồ chứa, tràn xả lũ") == ("đập", "hồ chứa", "tràn xả lũ")


def test_languages_months_time_zones_and_availability() -> None:
    assert parse_languages("tiếng Anh (B2), Nga; Khmer và Klingon") == (("en", "ru", "km"), ("Klingon",))
    months = ("6, 7", "1-2", "11-2", "Jun, Jul", "Tết / Lunar New Year", "not fixed", "ở trong nước")
    assert [parse_months(text) for text in months] == [(6, 7), (1, 2), (1, 2, 11, 12), (6, 7), (1, 2), (), ()]
    assert parse_months(date(2025, 2, 1)) == (1, 2)  # Excel made a date of "1-2"
    zones = ("UTC+7", "GMT-5:30", "CET", "europe/berlin", "Asia/Ho_Chi_Minh", "sao Hỏa")
    expected = ["UTC+07:00", "UTC-05:30", "CET", "Europe/Berlin", "Asia/Ho_Chi_Minh", None]
    assert [parse_time_zone(text) for text in zones] == expected
    stated = ("Tạm nghỉ", "Sẵn sàng", "Không", "đang viết sách")
    assert [parse_availability(text) for text in stated] == [False, True, False, None]


def test_a_post_and_a_unit_in_one_cell() -> None:
    assert split_post("Trưởng khoa Thủy sản, Trường Đại học Kiên Giang") == (
        "Trưởng khoa Thủy sản",
        "Trường Đại học Kiên Giang",
    )
    assert split_post("Viện trưởng Viện Lúa") == ("Viện trưởng", "Viện Lúa")
    assert split_post("Sở Nội vụ, chuyên viên") == ("chuyên viên", "Sở Nội vụ")
    assert split_post("Giảng viên") == ("Giảng viên", None)
