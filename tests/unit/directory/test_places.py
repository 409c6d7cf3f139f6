"""The traps of administrative units before and after 1 July 2025."""

from __future__ import annotations

import csv

import pytest

from service.directory.places import HOME_LEGACY_PROVINCE, Edition, PlaceLink, Precision, load_gazetteer
from service.directory.reference import REFERENCE_DIR


def link(text: str) -> PlaceLink:
    found = load_gazetteer().link(text)
    assert found is not None, text
    return found


def test_an_old_commune_is_shown_as_the_new_one_with_its_old_name() -> None:
    assert link("xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang") == PlaceLink(
        text="xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang",
        edition=Edition.LEGACY,
        precision=Precision.COMMUNE,
        legacy_code="30913",
        new_code="30910",
        display=("xã Thạnh Hưng, tỉnh An Giang (trước 01/7/2025: xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang)"),
        province="Kiên Giang",
        new_province="An Giang",
        new_unit="Xã Thạnh Hưng",
        in_home_province=True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "xa Thanh Loc, huyen Giong Rieng, Kien Giang",
        "Xã Thạnh Lộc huyện Giồng Riềng tỉnh Kiên Giang",
        "x. Thạnh Lộc, H. Giồng Riềng, T. Kiên Giang",
        "ấp Hòa A, xã Thạnh Lộc, huyện Giồng Riềng, Kiên Giang",
        "Thạnh Lộc - Giồng Riềng - Kiên Giang",
        "Kien Giang, Giong Rieng, Thanh Loc",
        "Thanh Loc commune, Giong Rieng district, Kien Giang province, Viet Nam",
        "xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang (nay là xã Thạnh Hưng, tỉnh An Giang)",
        "xã Thạnh Hưng, tỉnh An Giang (trước 01/7/2025: xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang)",
    ],
)
def test_one_commune_in_many_spellings(text: str) -> None:
    assert link(text).legacy_code == "30913"


@pytest.mark.parametrize(
    ("text", "new_unit"),
    [
        ("xã Thạnh Lộc, huyện Châu Thành, Kiên Giang", "Xã Thạnh Lộc"),
        ("xã Bình An, huyện Kiên Lương, Kiên Giang", "Xã Kiên Lương"),
        ("xã Bình An, huyện Châu Thành, Kiên Giang", "Xã Bình An"),
        ("xã Thạnh Đông, huyện Tân Hiệp, Kiên Giang", "Xã Tân Hiệp"),
        ("xã Đông Hưng, huyện An Minh, Kiên Giang", "Xã An Minh"),
        ("xã Vĩnh Phú, huyện Giồng Riềng, Kiên Giang", "Xã Long Thạnh"),
        ("xã Vĩnh Phú, huyện Giang Thành, Kiên Giang", "Xã Vĩnh Điều"),
        ("thị trấn Vĩnh Thuận, huyện Vĩnh Thuận, Kiên Giang", "Xã Vĩnh Phong"),
        ("xã Vĩnh Thuận, huyện Vĩnh Thuận, Kiên Giang", "Xã Vĩnh Thuận"),
        ("xã Dương Hòa, H. Kiên Lương, Kiên Giang", "Phường Tô Châu"),
        ("xã Mỹ Lâm, huyện Hòn Đất, Kiên Giang", "Phường Vĩnh Thông"),
        ("xã Hòn Tre, huyện Kiên Hải, Kiên Giang", "Đặc khu Kiên Hải"),
        ("xã Thổ Châu, TP. Phú Quốc", "Đặc khu Thổ Châu"),
        ("thị trấn Dương Đông, huyện Phú Quốc, Kiên Giang", "Đặc khu Phú Quốc"),
        ("P. An Hòa, TP Rạch Giá, Kiên Giang", "Phường Rạch Giá"),
        ("phường Pháo Đài, thị xã Hà Tiên, Kiên Giang", "Phường Hà Tiên"),
    ],
)
def test_same_names_in_other_places(text: str, new_unit: str) -> None:
    found = link(text)

    assert (found.precision, found.new_unit, found.new_province) == (Precision.COMMUNE, new_unit, "An Giang")


@pytest.mark.parametrize("text", ["xã Thạnh Lộc, Kiên Giang", "Bình An, Kiên Giang", "xã Vĩnh Phú, tỉnh Kiên Giang"])
def test_a_name_of_two_districts_is_linked_to_the_province_only(text: str) -> None:
    assert (link(text).precision, link(text).legacy_code) == (Precision.PROVINCE, HOME_LEGACY_PROVINCE)


@pytest.mark.parametrize(
    ("text", "code", "display"),
    [
        ("huyện Phú Quốc, tỉnh Kiên Giang", "911", "thành phố Phú Quốc, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("Phu Quoc Kien Giang", "911", "thành phố Phú Quốc, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("thị xã Hà Tiên", "900", "thành phố Hà Tiên, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("thị xã Rạch Giá, Kiên Giang", "899", "thành phố Rạch Giá, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("Vĩnh Thuận, Kiên Giang", "910", "huyện Vĩnh Thuận, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("Châu Thành, Kiên Giang", "905", "huyện Châu Thành, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("Châu Thành, An Giang", "892", "huyện Châu Thành (cũ), tỉnh An Giang"),
        ("huyện Giồng Riềng, tỉnh An Giang", "906", "huyện Giồng Riềng, tỉnh Kiên Giang (cũ), nay thuộc tỉnh An Giang"),
        ("Kiên Hải, Kiên Giang", "912",
         "đặc khu Kiên Hải, tỉnh An Giang (trước 01/7/2025: huyện Kiên Hải, tỉnh Kiên Giang)"),
    ],
)  # fmt: skip
def test_old_districts(text: str, code: str, display: str) -> None:
    found = link(text)

    assert (found.precision, found.legacy_code, found.display) == (Precision.DISTRICT, code, display)


@pytest.mark.parametrize(
    ("text", "unit", "is_home"),
    [
        ("xã Thạnh Lộc, tỉnh An Giang", "Xã Thạnh Lộc", True),
        ("đặc khu Phú Quốc", "Đặc khu Phú Quốc", True),
        ("phường Rạch Giá, tỉnh An Giang", "Phường Rạch Giá", True),
        ("phường Long Xuyên, An Giang", "Phường Long Xuyên", False),
    ],
)
def test_new_units_have_no_old_code(text: str, unit: str, is_home: bool) -> None:
    found = link(text)

    assert (found.edition, found.new_unit, found.legacy_code) == (Edition.NEW, unit, None)
    assert found.in_home_province is is_home


def test_code_91_means_kien_giang_in_the_old_list_and_an_giang_in_the_new_one() -> None:
    old, new = link("tỉnh Kiên Giang"), link("An Giang")

    assert (old.edition, old.legacy_code, old.display) == (
        Edition.LEGACY,
        "91",
        "Kiên Giang (cũ), nay thuộc tỉnh An Giang",
    )
    assert (new.edition, new.legacy_code, new.new_code) == (Edition.NEW, None, "91")
    assert (old.in_home_province, new.in_home_province) == (True, False)
    gazetteer = load_gazetteer()
    assert gazetteer.is_home(old.legacy_code, old.new_code, old.precision)
    assert not gazetteer.is_home(new.legacy_code, new.new_code, new.precision)


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("Bến Tre", "Bến Tre (cũ), nay thuộc tỉnh Vĩnh Long"),
        ("Cai Lậy, Tiền Giang", "Cai Lậy, tỉnh Tiền Giang (cũ), nay thuộc tỉnh Đồng Tháp"),
        ("TPHCM", "thành phố Hồ Chí Minh"),
        ("Ha Noi", "thành phố Hà Nội"),
        ("Thừa Thiên Huế", "thành phố Huế"),
        ("xã Bình An, huyện Kỳ Anh, Hà Tĩnh", "xã Bình An, huyện Kỳ Anh, tỉnh Hà Tĩnh"),
    ],
)
def test_other_provinces(text: str, display: str) -> None:
    assert (link(text).precision, link(text).display) == (Precision.PROVINCE, display)


@pytest.mark.parametrize(
    "text", ["", "Không (mẹ quê Châu Đốc)", "xã Thạnh Lộc", "Châu Thành", "Tasmania", "Việt Nam", "P. Vĩnh Lạc", "-"]
)
def test_what_names_no_place_or_could_be_anywhere_is_not_linked(text: str) -> None:
    assert load_gazetteer().link(text) is None


def test_every_old_commune_is_found_by_its_full_name_and_stays_found_in_its_display() -> None:
    gazetteer = load_gazetteer()
    with (REFERENCE_DIR / "kien_giang_units.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missed = []
    for row in rows:
        found = gazetteer.link(f"{row['legacy_name']}, {row['legacy_district']}, Tỉnh Kiên Giang")
        again = gazetteer.link(found.display) if found else None
        if {(f.legacy_code, f.new_code) if f else None for f in (found, again)} != {
            (row["legacy_code"], row["new_code"])
        }:
            missed.append(row)

    assert len(rows) == 143
    assert missed == []


def test_the_present_unit_of_a_stored_link() -> None:
    gazetteer = load_gazetteer()
    commune, district = link("xã Hòn Tre, huyện Kiên Hải, Kiên Giang"), link("Phú Quốc")

    assert gazetteer.new_unit_of(commune.legacy_code, commune.new_code, commune.precision) == "Đặc khu Kiên Hải"
    assert gazetteer.new_unit_of(district.legacy_code, district.new_code, district.precision) is None


def test_a_commune_refines_its_own_district_and_no_other() -> None:
    gazetteer = load_gazetteer()
    commune = link("xã Bình Sơn, huyện Hòn Đất, Kiên Giang")

    assert gazetteer.refines(commune, link("Hòn Đất, Kiên Giang"))
    assert gazetteer.refines(commune, link("Kiên Giang"))
    assert not gazetteer.refines(commune, link("Giồng Riềng, Kiên Giang"))
    assert not gazetteer.refines(link("Hòn Đất, Kiên Giang"), commune)
    assert not gazetteer.refines(commune, link("Bến Tre"))
