"""Which texts name one body, one legal entity, or neither."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from service.directory.organisations import OrganisationDirectory, OrganisationRow

REFERENCE = Path(__file__).parents[3] / "service" / "reference" / "organisations.csv"


@pytest.fixture(scope="module")
def directory() -> OrganisationDirectory:
    return OrganisationDirectory.from_csv(REFERENCE)


def test_every_row_of_the_list_is_found_by_its_names(directory: OrganisationDirectory) -> None:
    lost = [row.name for row in directory.rows if (found := directory.match(row.name)) is None or found.row is not row]
    lost += [
        row.short_name
        for row in directory.rows
        if row.short_name and directory.legal_entities(row.short_name) != directory.legal_entities(row.name)
    ]

    assert lost == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sở KH&CN tỉnh KG", "Sở Khoa học và Công nghệ tỉnh Kiên Giang"),
        ("Sở KHCN An Giang", "Sở Khoa học và Công nghệ tỉnh An Giang"),
        ("So Khoa hoc va Cong nghe", "Sở Khoa học và Công nghệ tỉnh An Giang"),
        ("sở  nông nghiệp & ptnt Kiên Giang", "Sở Nông nghiệp và Phát triển nông thôn tỉnh Kiên Giang"),
        ("Sở LĐ-TB&XH Kiên Giang", "Sở Lao động - Thương binh và Xã hội tỉnh Kiên Giang"),
        ("An Giang Department of Health", "Sở Y tế tỉnh An Giang"),
        ("People's Committee of An Giang Province", "Ủy ban nhân dân tỉnh An Giang"),
        ("UBND ĐK. Phú Quốc", "Ủy ban nhân dân đặc khu Phú Quốc"),
        ("ĐH Cần Thơ", "Trường Đại học Cần Thơ"),
        ("Đại học Cần Thơ", "Trường Đại học Cần Thơ"),
        ("Can Tho University", "Trường Đại học Cần Thơ"),
        ("Trường ĐH Y Dược Cần Thơ", "Trường Đại học Y Dược Cần Thơ"),
        ("Trường Đại học An Giang", "Trường Đại học An Giang - Đại học Quốc gia Thành phố Hồ Chí Minh"),
        ("Trường ĐH Bách khoa TP.HCM", "Trường Đại học Bách khoa - Đại học Quốc gia Thành phố Hồ Chí Minh"),
        ("University of Technology, VNU-HCM", "Trường Đại học Bách khoa - Đại học Quốc gia Thành phố Hồ Chí Minh"),
        ("Viện NCNTTS II", "Viện Nghiên cứu Nuôi trồng Thủy sản II"),
        ("Research Institute for Aquaculture No. 3", "Viện Nghiên cứu Nuôi trồng Thủy sản III"),
        ("BVĐK tỉnh Kiên Giang", "Bệnh viện Đa khoa tỉnh Kiên Giang"),
        ("Bệnh viện Đa khoa Kiên Giang", "Bệnh viện Đa khoa tỉnh Kiên Giang"),
        ("Liên hiệp các Hội Khoa học – Kỹ thuật tỉnh An Giang", "Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh An Giang"),
        ("LHH KHKT An Giang", "Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh An Giang"),
        ("Ngân hàng TMCP Kiên Long", "Ngân hàng Thương mại cổ phần Kiên Long"),
    ],
)
def test_a_body_is_found_however_it_is_written(directory: OrganisationDirectory, text: str, name: str) -> None:
    found = directory.match(text)

    assert found is not None
    assert (found.row.name, found.is_exact) == (name, True)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Khoa Thủy sản, Trường Đại học Cần Thơ", "Trường Đại học Cần Thơ"),
        ("Khoa Luật - Trường Đại học Cần Thơ", "Trường Đại học Cần Thơ"),
        ("College of Aquaculture and Fisheries, Can Tho University, Vietnam", "Trường Đại học Cần Thơ"),
        ("Chi cục Thủy lợi tỉnh An Giang", "Sở Nông nghiệp và Môi trường tỉnh An Giang"),
        ("Khoa Nhi, Bệnh viện Đa khoa tỉnh Kiên Giang", "Bệnh viện Đa khoa tỉnh Kiên Giang"),
        ("Trung tâm Khảo cổ học, Viện Khoa học xã hội vùng Nam Bộ", "Viện Khoa học Xã hội vùng Nam Bộ"),
    ],
)
def test_a_unit_is_found_as_part_of_its_body(directory: OrganisationDirectory, text: str, name: str) -> None:
    found = directory.match(text)

    assert found is not None
    assert (found.row.name, found.is_exact) == (name, False)


@pytest.mark.parametrize(
    "text",
    [
        "Viện Nghiên cứu Nuôi trồng Thủy sản IV",
        "Trường Đại học Bách khoa",
        "Trường Đại học Bách khoa, Đại học Đà Nẵng",
        "Trường Đại học Luật, Đại học Quốc gia Hà Nội",
        "VNU University of Science, Hanoi",
        "Sở Y tế tỉnh Đồng Tháp",
        "Khoa Luật",
        "Chuyên gia độc lập",
        "",
    ],
)
def test_what_is_not_in_the_list_is_not_found(directory: OrganisationDirectory, text: str) -> None:
    assert directory.match(text) is None


def test_the_body_of_a_date_is_the_one_that_carries_on(directory: OrganisationDirectory) -> None:
    def on(text: str, day: date) -> str | None:
        found = directory.match(text, on=day)
        return found.row.name if found else None

    assert on("Sở TT&TT Kiên Giang", date(2024, 5, 1)) == "Sở Thông tin và Truyền thông tỉnh Kiên Giang"
    assert on("Sở TT&TT Kiên Giang", date(2025, 6, 30)) == "Sở Thông tin và Truyền thông tỉnh Kiên Giang"
    assert on("Sở TT&TT Kiên Giang", date(2025, 7, 1)) == "Sở Khoa học và Công nghệ tỉnh An Giang"
    assert on("LHH Kiên Giang", date(2026, 1, 1)) == "Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh An Giang"
    # Divided among three: no one body carries on.
    assert on("Sở LĐ-TB&XH Kiên Giang", date(2026, 1, 1)) == "Sở Lao động - Thương binh và Xã hội tỉnh Kiên Giang"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # units of one university, in the list and not
        ("Trường Nông nghiệp, Trường Đại học Cần Thơ", "Viện Nghiên cứu Phát triển ĐBSCL, ĐH Cần Thơ"),
        ("Khoa Thủy sản, CTU", "Trường Đại học Cần Thơ"),
        ("Trường Đại học Thủy lợi – Phân hiệu Miền Nam", "Trường Đại học Thủy lợi"),
        ("Trường Đại học Ngoại thương - Cơ sở 2", "Đại học Ngoại thương"),
        ("Bệnh viện Trường Đại học Y Dược Huế", "Trường Đại học Y Dược Huế"),
        ("Department of Geography, University of Oslo, Norway", "Faculty of Law, University of Oslo"),
        ("School of Public Health, The University of Sydney", "University of Sydney, Australia"),
        ("Department of Civil Engineering, Hong Duc University", "Trường Đại học Hồng Đức"),
        # one department, under all its names and units
        ("Chi cục Thủy sản và Kiểm ngư, Sở Nông nghiệp và Môi trường tỉnh An Giang", "Sở NN&MT An Giang"),
        ("Chi cục Trồng trọt và BVTV tỉnh An Giang", "Sở Nông nghiệp và Môi trường tỉnh An Giang"),
        ("Sở Nông nghiệp và PTNT tỉnh Kiên Giang", "Sở Nông nghiệp và Môi trường tỉnh An Giang"),
        ("Sở TN&MT tỉnh Sóc Trăng", "Sở Nông nghiệp và Môi trường thành phố Cần Thơ"),
        ("Sở Kế hoạch và Đầu tư tỉnh Bến Tre", "Sở Tài chính tỉnh Vĩnh Long"),
        ("Sở TT&TT Kiên Giang", "Trung tâm Chuyển đổi số tỉnh An Giang"),
        ("Department of Agriculture and Environment, An Giang Province", "Sở NN&MT An Giang"),
        ("Trung tâm CDC Kiên Giang", "Sở Y tế An Giang"),
        ("Bệnh viện Tâm thần tỉnh Đắk Lắk", "Sở Y tế tỉnh Đắk Lắk"),
        ("Bệnh viện Lao và Bệnh phổi Cà Mau", "Sở Y tế tỉnh Cà Mau"),
        ("Trung tâm Y tế khu vực Tri Tôn (trực thuộc Sở Y tế tỉnh An Giang)", "Sở Y tế tỉnh An Giang"),
        ("Trung tâm Giống (Sở NN&MT tỉnh Cà Mau)", "Sở Nông nghiệp và Môi trường tỉnh Cà Mau"),
        ("Ban Dân tộc tỉnh Kiên Giang", "Sở Dân tộc và Tôn giáo tỉnh An Giang"),
        ("Sở Văn hóa, Thể thao và Du lịch tỉnh An Giang", "Sở Du lịch tỉnh An Giang"),
        # companies, institutes, committees
        ("Công ty TNHH Tư vấn Biển Xanh Tây Nam (giả định)", "Cty Tư vấn Biển Xanh Tây Nam"),
        ("GreenCoast Consulting Ltd", "GreenCoast Consulting"),
        ("VNPT Kiên Giang", "VNPT Cần Thơ"),
        ("Phân viện Điều tra, Quy hoạch rừng Nam Bộ", "Viện Điều tra, Quy hoạch rừng"),
        ("Viện Lúa ĐBSCL (đã nghỉ hưu)", "Viện Lúa Đồng bằng sông Cửu Long"),
        ("Văn phòng UBND tỉnh Kiên Giang", "Ủy ban nhân dân tỉnh An Giang"),
        ("UBND tỉnh Kiên Giang", "UBND tỉnh An Giang"),
        ("Vụ Khoa học công nghệ, Bộ Y tế", "Bộ Y tế"),
        (
            "BQLDA ĐTXD Nông nghiệp và Thuỷ lợi An Giang",
            "Ban Quản lý dự án đầu tư xây dựng Nông nghiệp và Thủy lợi tỉnh An Giang",
        ),
    ],
)
def test_one_legal_entity(directory: OrganisationDirectory, one: str, other: str) -> None:
    assert directory.sameness(one, other) == "certain"
    assert directory.sameness(other, one) == "certain"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Viện Nghiên cứu Nuôi trồng Thủy sản II", "Viện Nghiên cứu Nuôi trồng Thủy sản III"),
        ("Research Institute for Aquaculture No. 2", "Viện Nghiên cứu Nuôi trồng Thủy sản III"),
        ("Trường Đại học Cần Thơ", "Trường Đại học Y Dược Cần Thơ"),
        ("Trường Đại học Cần Thơ", "Trường Đại học Nam Cần Thơ"),
        ("Can Tho University", "Can Tho University of Medicine and Pharmacy"),
        ("Trường Đại học Kiên Giang", "Trường Đại học An Giang, ĐHQG-HCM"),
        ("Trường Đại học Bách khoa, ĐHQG-HCM", "Trường Đại học Khoa học Tự nhiên, ĐHQG-HCM"),
        ("Trường Đại học Bách khoa, ĐHQG-HCM", "Đại học Quốc gia TP. Hồ Chí Minh"),
        ("Trường Đại học Bách khoa, ĐHQG-HCM", "Đại học Bách khoa Hà Nội"),
        ("Trường Đại học Khoa học Tự nhiên, ĐHQG-HCM", "Trường Đại học Khoa học Tự nhiên, ĐHQG Hà Nội"),
        ("Trường Đại học Luật Hà Nội", "Trường Đại học Luật, ĐHQG Hà Nội"),
        ("Trường Đại học Kinh tế TP.HCM", "Trường Đại học Kinh tế – Luật, ĐHQG-HCM"),
        ("Viện Môi trường và Tài nguyên, ĐHQG-HCM", "Khoa Y, ĐHQG-HCM"),
        ("Sở Y tế tỉnh An Giang", "Sở Y tế tỉnh Đồng Tháp"),
        ("Sở Y tế tỉnh An Giang", "Sở Xây dựng tỉnh An Giang"),
        ("Ủy ban nhân dân tỉnh An Giang", "Sở Y tế tỉnh An Giang"),
        ("Bộ Y tế", "Viện Pasteur Thành phố Hồ Chí Minh, Bộ Y tế"),
        ("Bộ Nông nghiệp và Môi trường", "Cục Thủy sản, Bộ Nông nghiệp và Môi trường"),
        ("Viện Hải dương học", "Viện Hàn lâm Khoa học và Công nghệ Việt Nam"),
        ("Institute of Oceanography, Vietnam Academy of Science and Technology", "Viện Công nghệ Sinh học, VAST"),
        ("Trung tâm Tin học, Bộ Nội vụ", "Trung tâm Tin học, Bộ Y tế"),
        ("Khoa Luật", "Khoa Luật"),
        ("Independent", "Independent"),
        ("Công ty TNHH Xây dựng Hòa Bình", "Công ty TNHH Thương mại Hòa Bình"),
        ("University of California, Davis", "University of California, Berkeley"),
        ("Phòng Kinh tế đặc khu Phú Quốc", "Ủy ban nhân dân đặc khu Phú Quốc"),
        ("Trạm Y tế đặc khu Kiên Hải", "Sở Y tế tỉnh An Giang"),
        ("Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh An Giang", "Liên hiệp các Hội Khoa học và Kỹ thuật Việt Nam"),
    ],
)
def test_different_legal_entities(directory: OrganisationDirectory, one: str, other: str) -> None:
    assert directory.sameness(one, other) is None
    assert directory.sameness(other, one) is None


def test_who_took_a_part_of_a_divided_body_is_possibly_the_same(directory: OrganisationDirectory) -> None:
    divided = "Sở Lao động - Thương binh và Xã hội tỉnh Kiên Giang"

    assert directory.sameness(divided, "Sở Nội vụ tỉnh An Giang") == "certain"
    assert directory.sameness(divided, "Sở Y tế tỉnh An Giang") == "possible"


def test_a_list_of_another_office_brings_its_own_successors() -> None:
    rows = [
        OrganisationRow(name="Viện Muối Biển Đông", valid_to="2020", successors=("Viện Biển Mới",)),
        OrganisationRow(name="Viện Biển Mới", short_name="VBM", valid_from="2021"),
        OrganisationRow(name="Trung tâm Rong biển", parent_name="Viện Biển Mới"),
    ]
    directory = OrganisationDirectory(rows)

    assert directory.legal_entity("Phòng Hóa, Viện Muối Biển Đông") == directory.legal_entity("VBM")
    assert directory.legal_entity("Trung tâm Rong biển") == directory.legal_entity("Viện Biển Mới")
    found = directory.match("Viện Muối Biển Đông", on=date(2023, 1, 1))
    assert found is not None
    assert found.row.name == "Viện Biển Mới"


def test_an_empty_list_still_tells_bodies_apart() -> None:
    directory = OrganisationDirectory([])

    assert directory.match("Trường Đại học Cần Thơ") is None
    assert directory.sameness("Khoa Luật, ĐH Cần Thơ", "Trường Đại học Cần Thơ") == "certain"
    assert directory.sameness("Trường Đại học Cần Thơ", "Trường Đại học Vinh") is None


def test_the_line_of_work_of_a_body(directory: OrganisationDirectory) -> None:
    assert directory.sector("Sở Y tế tỉnh An Giang") == "health"
    assert directory.sector("Viện Nghiên cứu Nuôi trồng Thủy sản II") == "agriculture"
    assert directory.sector("Trường Đại học Kiên Giang") is None
