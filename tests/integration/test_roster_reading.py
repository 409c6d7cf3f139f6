"""The sample rosters, read whole and compared with the people they were made from, and layouts they do not have."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from ingestion.cleaning.text import fold
from ingestion.cleaning.works import split_keywords
from ingestion.records import ExpertRecord, Gender, RosterReading, RowProblem
from ingestion.sources.spreadsheet import read_roster

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "data" / "rosters"
GOOD = ROOT / "service" / "demo" / "rosters"
TODAY = date(2026, 11, 25)
TRUTH: dict[str, dict[str, dict[str, Any]]] = json.loads((BAD / "truth.json").read_text(encoding="utf-8"))
PEOPLE: dict[str, dict[str, Any]] = {
    person["id"]: person for person in json.loads((ROOT / "tests/data/eval/experts.json").read_text(encoding="utf-8"))
}
DEGREES = {
    "Tiến sĩ": "TS",
    "Thạc sĩ": "ThS",
    "Bác sĩ chuyên khoa II": "CK2",
    "Cử nhân": "CN",
    "Kỹ sư": "KS",
    "Không có bằng đại học": "KHAC",
}
RANKS = {"": None, "Phó giáo sư": "PGS", "Giáo sư": "GS"}
LEFT_TO_THE_DIRECTORY = {("organisation", "unknown")}  # which organisations exist is in the database
UNIVERSITY, REGISTER, ABROAD = (
    "danh-sach-chuyen-gia-truong-dai-hoc.xlsx",
    "dang-ky-hoi-thanh-vien-2025.xlsx",
    "tri-thuc-xa-que-2025.xlsx",
)


def rows_and_people(reading: RosterReading, sheet: str) -> list[tuple[ExpertRecord, dict[str, Any]]]:
    """Each record beside the person of its row, once it is sure that the rows are exactly the expected ones."""
    wanted = {int(row): person for row, person in TRUTH[reading.file][sheet].items() if person is not None}
    repeats = {found.location.row for found in reading.problems if found.kind == "duplicate"}
    assert [expert.location.row for expert in reading.experts] == [row for row in wanted if row not in repeats]
    return [(expert, PEOPLE[wanted[expert.location.row]]) for expert in reading.experts]


def kinds(problems: tuple[RowProblem, ...]) -> list[tuple[int, str, str, str]]:
    return [(found.location.row, found.field, found.kind, found.severity.value) for found in problems]


def works_of(expert: ExpertRecord) -> list[tuple[object, ...]]:
    return [(work.title, work.year, (work.kind_text or "").lower(), list(work.coauthors)) for work in expert.works]


def works_in(person: dict[str, Any]) -> list[tuple[object, ...]]:
    return [(work["title"], work["year"], work["kind"], work["coauthors"]) for work in person["works"]]


def test_the_university_list_gives_its_42_people_with_their_139_works() -> None:
    reading = read_roster(GOOD / UNIVERSITY, today=TODAY)
    pairs = rows_and_people(reading, "Danh sách")

    assert len(pairs) == 42
    for expert, person in pairs:
        assert expert.full_name == person["name"]
        assert (expert.birth_year, expert.gender) == (
            person["birth_year"],
            Gender.MALE if person["gender"] == "nam" else Gender.FEMALE,
        )
        assert (expert.degree, expert.academic_rank) == (DEGREES[person["degree"]], RANKS[person["academic_title"]])
        assert (expert.organisation_text, expert.position) == (person["organisation"], person["position"])
        assert (expert.email, expert.hometown_text) == (person["email"], person["hometown"])
        assert [field.code_text for field in expert.fields] == [field["code"] for field in person["fields"]]
        assert expert.keywords == split_keywords(person["keywords"])
        assert set(expert.languages) == set(person["languages"])
        assert expert.biography == person["biography"]
        assert (expert.is_available is not False) == person["available"]
        assert works_of(expert) == works_in(person)
    assert reading.unattached_works == ()
    assert kinds(reading.problems) == [
        (50, "row", "total", "skip"),
        (51, "row", "place_and_date", "skip"),
        (52, "row", "signature", "skip"),
        (53, "row", "signature", "skip"),
    ]
    people, works = reading.sheets
    assert (people.kind, people.header_rows, works.kind, works.header_rows, works.row_count) == (
        "people",
        (5, 6),
        "works",
        (2,),
        139,
    )
    assert [(column.column, column.header, column.field) for column in people.columns[2:4]] == [
        ("C", "Năm sinh / Nam", "birth_year"),
        ("D", "Năm sinh / Nữ", "birth_year"),
    ]


def test_the_associations_register_gives_its_62_people() -> None:
    reading = read_roster(GOOD / REGISTER, today=TODAY)
    pairs = rows_and_people(reading, "Sheet1")

    assert len(pairs) == 62
    for expert, person in pairs:
        assert expert.full_name == person["name"]
        assert (expert.birth_year, expert.gender) == (
            person["birth_year"],
            Gender.MALE if person["gender"] == "nam" else Gender.FEMALE,
        )
        assert (expert.degree, expert.academic_rank) == (DEGREES[person["degree"]], RANKS[person["academic_title"]])
        assert (expert.organisation_text, expert.organisation_kind_text) == (
            person["organisation"],
            person["organisation_kind"],
        )
        assert (expert.position, expert.province_text, expert.hometown_text) == (
            person["position"],
            person["province"],
            person["hometown"],
        )
        assert (expert.email, list(expert.awards)) == (person["email"], person["awards"])
        assert [(field.code_text, field.name_text) for field in expert.fields] == [
            (field["code"], field["name"]) for field in person["fields"]
        ]
        assert expert.keywords == split_keywords(person["keywords"])
        assert set(expert.languages) == set(person["languages"])
        assert expert.biography == person["biography"]
        assert works_of(expert) == works_in(person)
    assert kinds(reading.problems) == [
        (13, "row", "duplicate", "skip"),
        (67, "row", "total", "skip"),
        (69, "row", "place_and_date", "skip"),
        (70, "row", "signature", "skip"),
        (71, "row", "signature", "skip"),
    ]
    assert [
        (column.column, column.header, column.field, column.is_hidden) for column in reading.sheets[0].columns[16:]
    ] == [
        ("Q", "Nội bộ", None, True),
        ("R", "Ngoại ngữ", "languages", False),
    ]


def test_the_list_of_people_abroad_keeps_names_as_written_and_finds_their_parts() -> None:
    reading = read_roster(GOOD / ABROAD, today=TODAY)
    pairs = rows_and_people(reading, "Xa quê")

    assert (len(pairs), reading.problems) == (31, ())
    for expert, person in pairs:
        assert sorted(fold(expert.full_name).split()) == sorted(fold(person["name"]).split())
        assert expert.birth_year in (person["birth_year"], None)
        assert (expert.degree, expert.academic_rank) == (DEGREES[person["degree"]], RANKS[person["academic_title"]])
        assert (expert.position, expert.province_text) == (person["position"], person["province"])
        assert [field.code_text for field in expert.fields] == [field["code"] for field in person["fields"]]
        assert set(expert.languages) == set(person["languages"])
        assert expert.biography == person["biography"]
        assert works_of(expert) == works_in(person)
        if person["id"] not in ("E105", "E118"):  # Andrew Lạc Thanh Phong and Rosalind Nguyen-Hart: western order
            given_last = " ".join(part for part in (expert.family_name, expert.middle_name, expert.given_name) if part)
            assert fold(given_last) == fold(person["name"])
    by_row = {expert.location.row: expert for expert in reading.experts}
    assert (by_row[5].full_name, by_row[5].aliases) == ("Uyen Le Thi Phuong", ("Le Thi Phuong Uyen",))
    assert [by_row[row].time_zone for row in (3, 7, 12, 17)] == ["Australia/Hobart", "UTC+07:00", "CET", "UTC+08:00"]
    assert [(by_row[row].months_in_vietnam, by_row[row].months_text) for row in (3, 4, 6, 7, 33)] == [
        ((1, 2), "Tết / Lunar New Year"),
        ((12,), "12"),
        ((1, 2), "1-2"),
        ((6, 7), "Jun, Jul"),
        ((), "ở trong nước"),
    ]
    assert (by_row[3].country_text, by_row[3].hometown_text) == ("Australia", "huyện Phú Quốc, tỉnh Kiên Giang")
    assert (by_row[27].email, by_row[29].email) == ("sam.thi.nhu.y@example.edu", None)


def test_each_defect_is_reported_as_its_row_says() -> None:
    reading = read_roster(BAD / "danh-sach-loi.xlsx", today=TODAY)
    rows = {int(row): defect for row, defect in TRUTH["danh-sach-loi.xlsx"]["Danh sách"].items()}

    assert kinds(reading.problems) == [
        (row, defect["field"], defect["kind"], defect["expect"])
        for row, defect in rows.items()
        if defect["expect"] != "accept" and (defect["field"], defect["kind"]) not in LEFT_TO_THE_DIRECTORY
    ]
    assert [expert.location.row for expert in reading.experts] == [
        row for row, defect in rows.items() if defect["expect"] in ("accept", "warn")
    ]
    assert all(found.message % found.details for found in reading.problems)


def test_what_is_kept_of_a_row_with_a_defect() -> None:
    reading = read_roster(BAD / "danh-sach-loi.xlsx", today=TODAY)
    kept = {expert.location.row: expert for expert in reading.experts}
    said = {found.location.row: found for found in reading.problems}

    assert (kept[9].email, kept[9].other_emails) == ("a@example.org", ("b@example.org",))
    assert (kept[11].degree, kept[12].degree, kept[13].degree, kept[13].academic_rank) == ("TS", None, "TS", None)
    assert (kept[21].full_name, kept[22].full_name) == ("Nguyễn Thị Thử Nghiệm U", "Nguyễn Thị Thử Nghiệm V")
    assert (kept[24].note, kept[25].note) == ("=cmd|' /C calc'!A0", None)
    assert (kept[27].fields, [field.code_text for field in kept[28].fields]) == ((), ["4.1"])
    assert (kept[34].organisation_text, kept[35].organisation_text) == ("Trường Đại học Kiên Giang",) * 2
    assert sum(map(len, kept[26].keywords)) <= 2_000
    assert said[20].details == {"value": "NguyÔn V¨n Ba", "encoding": "TCVN3", "reading": "Nguyễn Văn Ba"}
    assert (said[8].location.column, said[8].header, said[8].value) == ("C", "Năm sinh", "=2025-45")


@pytest.mark.parametrize(
    ("file", "encoding"),
    [("danh-sach.csv", "utf-8"), ("danh-sach-utf16.csv", "utf-16"), ("danh-sach-cp1258.csv", "windows-1258")],
)
def test_the_same_20_people_in_three_encodings(file: str, encoding: str) -> None:
    reading = read_roster(BAD / file, today=TODAY)
    pairs = rows_and_people(reading, "")

    assert (reading.encoding, len(pairs), reading.problems) == (encoding, 20, ())
    for expert, person in pairs:
        assert (expert.full_name, expert.birth_year, expert.degree) == (
            person["name"],
            person["birth_year"],
            DEGREES[person["degree"]],
        )
        assert (expert.organisation_text, expert.email) == (person["organisation"], person["email"])
        assert [field.code_text for field in expert.fields] == [field["code"] for field in person["fields"]]
        assert expert.keywords == split_keywords(person["keywords"])


def roster(path: Path, rows: list[list[object]], *, merged: tuple[str, ...] = ()) -> RosterReading:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    workbook.save(path / "ds.xlsx")
    return read_roster(path / "ds.xlsx", today=TODAY)


def test_sections_totals_and_signatures_are_no_people(tmp_path: Path) -> None:
    reading = roster(
        tmp_path,
        [
            ["DANH SÁCH CHUYÊN GIA"],
            ["STT", "Họ và tên", "Năm sinh", "Đơn vị công tác"],
            ["(1)", "(2)", "(3)", "(4)"],
            ["I", "Trường Đại học Kiên Giang"],
            [1, "Nguyễn Văn An", 1980],
            ["Cộng: 1"],
            ["II", "Sở Y tế"],
            [2, "Lê Thị Bình", 1970, "Bệnh viện Đa khoa"],
            [3],
            [None, "Người lập biểu"],
            [None, "Nguyễn Văn Ký"],
        ],
    )

    assert [(expert.full_name, expert.organisation_text) for expert in reading.experts] == [
        ("Nguyễn Văn An", "Trường Đại học Kiên Giang"),
        ("Lê Thị Bình", "Bệnh viện Đa khoa"),
    ]
    assert kinds(reading.problems) == [
        (3, "row", "column_numbers", "skip"),
        (4, "row", "section", "skip"),
        (5, "organisation", "from_section", "warn"),
        (6, "row", "total", "skip"),
        (7, "row", "section", "skip"),
        (9, "row", "blank", "skip"),
        (10, "row", "signature", "skip"),
        (11, "row", "signature", "skip"),
    ]


def test_names_and_genders_spread_over_columns(tmp_path: Path) -> None:
    reading = roster(
        tmp_path,
        [
            ["STT", "Họ và tên đệm", "Tên", "Giới tính", None, "Chức vụ, đơn vị công tác"],
            [None, None, None, "Nam", "Nữ", None],
            [1, "NGUYỄN VĂN", "AN", "x", None, "Giám đốc Sở Y tế"],
            [2, "Lê Thị", "Bình", None, "x", "Giảng viên, Trường Đại học Kiên Giang"],
        ],
        merged=("A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2"),
    )

    assert [(e.full_name, e.given_name, e.gender, e.position, e.organisation_text) for e in reading.experts] == [
        ("Nguyễn Văn An", "An", Gender.MALE, "Giám đốc", "Sở Y tế"),
        ("Lê Thị Bình", "Bình", Gender.FEMALE, "Giảng viên", "Trường Đại học Kiên Giang"),
    ]
    assert reading.sheets[0].header_rows == (1, 2)


def test_english_headings_in_any_order(tmp_path: Path) -> None:
    reading = roster(
        tmp_path,
        [
            [
                "E-mail address",
                "Affiliation",
                "Full Name",
                "Year of birth",
                "Highest degree",
                "Research interests",
                "Emplyer type",
                "Note",
            ],
            ["t@example.org", "TU Delft", "Prof. Dr. Thinh X. Nguyen", 1980, "Ph.D.", "dykes, mangroves", "?", None],
        ],
    )

    expert = reading.experts[0]
    assert (expert.full_name, expert.family_name, expert.degree, expert.academic_rank) == (
        "Thinh X. Nguyen",
        "Nguyen",
        "TS",
        "GS",
    )
    assert (expert.email, expert.organisation_text, expert.birth_year, expert.keywords) == (
        "t@example.org",
        "TU Delft",
        1980,
        ("dykes", "mangroves"),
    )
    assert [column.field for column in reading.sheets[0].columns][6] is None


def test_works_continue_in_the_rows_below_a_person(tmp_path: Path) -> None:
    reading = roster(
        tmp_path,
        [
            ["STT", "Họ tên", "Công trình"],
            [1, "Nguyễn Văn An", "Nuôi biển (2020)"],
            [None, None, "Rừng ngập mặn (2021)"],
            [2, "Lê Thị Bình", "Nước mắm (2019)"],
            [None, None, "Hồ tiêu (2018)"],
        ],
        merged=("A4:A5", "B4:B5"),
    )

    assert [(e.full_name, [(w.title, w.year) for w in e.works]) for e in reading.experts] == [
        ("Nguyễn Văn An", [("Nuôi biển", 2020), ("Rừng ngập mặn", 2021)]),
        ("Lê Thị Bình", [("Nước mắm", 2019), ("Hồ tiêu", 2018)]),
    ]


def test_personal_data_that_must_not_be_kept_is_dropped(tmp_path: Path) -> None:
    reading = roster(
        tmp_path, [["Họ và tên", "Dân tộc", "Số CCCD", "Cột lạ"], ["Danh Văn An", "Khmer", "091200000001", "giữ"]]
    )

    assert reading.experts[0].raw == {"Họ và tên": "Danh Văn An", "Cột lạ": "giữ"}
    assert [column.field for column in reading.sheets[0].columns] == ["name", "withheld", "withheld", None]


@pytest.mark.parametrize(
    "heading",
    ["CMND số", "Số thẻ CCCD", "Ngày cấp CCCD", "Số CMT", "Mã định danh cá nhân", "Mã định danh", "Giấy tờ tùy thân",
     "Mã số BHXH", "Hệ số lương", "Tình trạng hôn nhân", "MST cá nhân", "National ID", "Passport no.",
     "Marital status"],
)  # fmt: skip
def test_private_numbers_and_states_are_never_kept(heading: str, tmp_path: Path) -> None:
    reading = roster(tmp_path, [["Họ và tên", heading, "Đơn vị"], ["Danh Văn An", "091200000001", "Sở Y tế"]])

    assert [column.field for column in reading.sheets[0].columns] == ["name", "withheld", "organisation"]
    assert reading.experts[0].raw == {"Họ và tên": "Danh Văn An", "Đơn vị": "Sở Y tế"}
    assert (reading.experts[0].external_id, reading.experts[0].is_available) == (None, None)


def test_of_a_date_of_birth_only_the_year_is_kept(tmp_path: Path) -> None:
    reading = roster(
        tmp_path,
        [
            ["Họ và tên", "Ngày sinh"],
            ["Danh Văn An", "12/05/1979"],
            ["Lê Thị Bình", date(1980, 3, 4)],
            ["Trần Văn Ba", 29221],
        ],
    )

    assert [expert.raw["Ngày sinh"] for expert in reading.experts] == ["1979", "1980", "1980"]


def test_a_sheet_in_an_old_font_is_converted_whole(tmp_path: Path) -> None:
    reading = roster(
        tmp_path,
        [
            ["TT", "Hä vµ tªn", "N¨m sinh", "§¬n vÞ c«ng t¸c"],
            [1, "NguyÔn V¨n Ba", 1980, "Tr\u00adêng §¹i häc Kiªn Giang"],
            [2, "TrÇn ThÞ Hoµ", 1970, "Së Y tÕ tØnh Kiªn Giang"],
        ],
    )

    assert [(e.full_name, e.organisation_text) for e in reading.experts] == [
        ("Nguyễn Văn Ba", "Trường Đại học Kiên Giang"),
        ("Trần Thị Hoà", "Sở Y tế tỉnh Kiên Giang"),
    ]
    assert kinds(reading.problems) == [(1, "row", "converted", "warn")]


def test_a_work_of_namesakes_goes_to_the_one_of_its_unit_or_to_nobody(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    people, works = workbook.worksheets[0], workbook.create_sheet("Công trình")
    for row in (["Họ và tên", "Đơn vị"], ["Lê Văn Nhuận", "ĐH A"], ["Lê Văn Nhuận", "ĐH B"], ["Hồ An", "ĐH C"]):
        people.append(row)
    for row in (
        ["Họ tên", "Đơn vị", "Tên công trình", "Năm"],
        ["TS. LÊ VĂN NHUẬN", "ĐH B", "Gạch", 2020],
        ["Lê Văn Nhuận", "ĐH C", "Vữa", 2021],
        ["Hồ An", "nơi khác", "Kè", "2019-2021"],
        ["Trần Lạ", "ĐH A", "Cát", "sắp in"],
    ):
        works.append(row)
    workbook.save(tmp_path / "ds.xlsx")

    reading = read_roster(tmp_path / "ds.xlsx", today=TODAY)

    assert [(e.organisation_text, [(w.title, w.year) for w in e.works]) for e in reading.experts] == [
        ("ĐH A", []),
        ("ĐH B", [("Gạch", 2020)]),
        ("ĐH C", [("Kè", 2021)]),
    ]
    assert [(name, work.title) for name, work in reading.unattached_works] == [
        ("Lê Văn Nhuận", "Vữa"),
        ("Trần Lạ", "Cát"),
    ]
    assert kinds(reading.problems) == [
        (3, "works", "no_such_person", "warn"),
        (5, "year", "not_a_year", "warn"),
        (5, "works", "no_such_person", "warn"),
    ]


def test_progress_counts_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Họ và tên", "Năm sinh"], *([f"Nguyễn Văn Số{i}", 1980] for i in range(450))]
    roster(tmp_path, rows)
    seen: list[int] = []

    read_roster(tmp_path / "ds.xlsx", today=TODAY, on_progress=seen.append)

    assert seen == [200, 400, 450]


HEADINGS = [
    "Họ và tên",
    "Năm sinh",
    "Học vị",
    "Đơn vị",
    "Email",
    "Mã lĩnh vực",
    "Công trình",
    "Ngoại ngữ",
    "Ghi chú",
    "Tháng về nước",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0"), max_size=25), min_size=len(HEADINGS), max_size=len(HEADINGS)
        ),
        max_size=4,
    )
)
def test_no_cell_content_stops_the_reading(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("any") / "ds.csv"
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in [HEADINGS, *cells]]
    path.write_bytes("\r\n".join(",".join(row) for row in quoted).encode("utf-8", "replace"))

    reading = read_roster(path, today=TODAY)

    texts = [
        text for e in reading.experts for text in (e.full_name, e.organisation_text, e.note, *e.raw.values()) if text
    ]
    assert all(text == unicodedata.normalize("NFC", text) for text in texts)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n" for text in texts for c in text)
    assert all(found.message % found.details for found in reading.problems)
