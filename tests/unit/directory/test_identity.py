"""When two records are one person: more than the name must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from ingestion.cleaning.names import parse_name
from ingestion.records import ExpertRecord, SourceLocation, WorkRecord
from service.directory.fields import load_field_list
from service.directory.identity import Verdict, compare
from service.directory.import_report import ReportBuilder
from service.directory.linking import LinkedRecord, Linker
from service.directory.merging import merge, new_person
from service.directory.organisations import OrganisationDirectory
from service.directory.people import Person
from service.directory.places import load_gazetteer
from service.directory.reference import REFERENCE_DIR

ORGANISATIONS = OrganisationDirectory.from_csv(REFERENCE_DIR / "organisations.csv")
LINKER = Linker(ORGANISATIONS, load_gazetteer(), load_field_list())


def record(name: str, **values: Any) -> ExpertRecord:
    parsed = parse_name(name, values.get("email"))
    return ExpertRecord(
        location=SourceLocation(file="danh-sach.xlsx", sheet="A", row=2),
        external_id=values.pop("external_id", None),
        full_name=parsed.full_name,
        name_as_written=name,
        family_name=parsed.family_name,
        middle_name=parsed.middle_name,
        given_name=parsed.given_name,
        **values,
    )


def linked(name: str, **values: Any) -> LinkedRecord:
    return LINKER.link(record(name, **values), ReportBuilder())


def person(name: str, **values: Any) -> Person:
    return new_person(linked(name, **values), id=uuid4(), is_synthetic=True)


def same_entity(first: str, second: str) -> bool:
    return ORGANISATIONS.sameness(first, second) == "certain"


def verdict(first: Person, second: LinkedRecord) -> Verdict:
    return compare(first, second, same_entity=same_entity).verdict


HOA = {"birth_year": 1975, "email": "hoa@example.org", "organisation_text": "Trường Đại học Cần Thơ"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Nguyễn Thị Hoa", HOA),
        ("Nguyen Thi Hoa", {"birth_year": 1975, "email": "hoa@example.org"}),
        ("Hoa Nguyen Thi", {"birth_year": 1975}),
        ("Nguyễn Thị Hoa", {"email": "HOA@example.org"}),
        ("Nguyễn Thị Hoa", {"birth_year": 1975, "email": "khac@example.org", "organisation_text": "ĐH Cần Thơ"}),
        ("Nguyễn Thị Hoa", {"birth_year": 1975, "organisation_text": "Trường Đại học Nha Trang"}),
        ("Nguyễn Thị Hoa", {"organisation_text": "ĐH Cần Thơ"}),
        ("Nguyễn Thị Hoà", {"birth_year": 1975, "organisation_text": "ĐH Cần Thơ"}),  # a slip: two marked spellings
    ],
)
def test_name_and_something_more_is_one_person(name: str, values: dict[str, Any]) -> None:
    assert verdict(person("Nguyễn Thị Hoa", **HOA), linked(name, **values)) is Verdict.SAME


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Nguyễn Thị Hoa", {}),
        ("Nguyễn Thị Hoa", {"birth_year": 1981, "organisation_text": "Trường Đại học Cần Thơ"}),
        ("Nguyễn Thị Hoa", {"birth_year": 1981, "email": "hoa@example.org"}),
        ("Nguyễn Thị Hoa", {"birth_year": 1975, "email": "x@example.org", "organisation_text": "Viện Hải dương học"}),
        ("Nguyễn Thị Hoa", {"organisation_text": "Khoa Luật, Trường Đại học Cần Thơ"}),  # the university is large
        ("Nguyễn Thị Hoa", {"organisation_text": "Trường Đại học Cần Thơ", "email": "x@example.org"}),
        ("Nguyễn Thị Hoá", {"birth_year": 1975}),
        ("Nguyen Thi Hoai", {"email": "hoa@example.org"}),
    ],
)
def test_what_is_not_sure_is_left_to_a_person(name: str, values: dict[str, Any]) -> None:
    assert verdict(person("Nguyễn Thị Hoa", **HOA), linked(name, **values)) is Verdict.POSSIBLE


@pytest.mark.parametrize(
    ("name", "values"),
    [("Lê Văn Trùng", {"email": "hoa@example.org", "birth_year": 1975}), ("Nguyễn Thị Hoài", {"birth_year": 1975})],
)
def test_another_name_is_another_person(name: str, values: dict[str, Any]) -> None:
    assert verdict(person("Nguyễn Thị Hoa", **HOA), linked(name, **values)) is Verdict.DIFFERENT


def test_duong_and_duong_with_another_mark_are_two_people_of_one_age() -> None:
    first = person("Nguyễn Văn Dương", birth_year=1980)

    assert verdict(first, linked("Nguyễn Văn Đường", birth_year=1980)) is Verdict.POSSIBLE
    assert verdict(first, linked("Nguyen Van Duong", birth_year=1980)) is Verdict.SAME


def test_a_work_in_common_tells_namesakes_apart_from_one_person() -> None:
    work = WorkRecord(title="Nuôi cá lồng bè ven đảo Nam Du", year=2020, kind_text="bài báo")
    first = person("Nguyễn Thị Hoa", works=(work,))

    assert verdict(first, linked("Nguyen Thi Hoa", works=(work,))) is Verdict.SAME
    assert verdict(first, linked("Nguyễn Thị Hoa")) is Verdict.POSSIBLE


def test_orcid_is_stronger_than_a_slip_in_the_name() -> None:
    orcid = "0000-0002-1825-0097"

    assert verdict(person("Nguyễn Thị Hoa", orcid=orcid), linked("Nguyễn Thị Hoaa", orcid=orcid)) is Verdict.SAME
    assert verdict(person("Nguyễn Thị Hoa", orcid=orcid), linked("Trần Văn Bình", orcid=orcid)) is Verdict.DIFFERENT


# -- merging ---------------------------------------------------------------------------------------------------------
def merged(first: Person, second: LinkedRecord) -> Sequence[tuple[str, str, str]]:
    return merge(first, second, gazetteer=load_gazetteer(), same_entity=same_entity).conflicts


def test_gaps_are_filled_and_differences_are_reported_not_taken() -> None:
    hoa = person("Nguyễn Thị Hoa", degree="ThS", birth_year=1975, hometown_text="Hòn Đất, Kiên Giang")

    conflicts = merged(
        hoa,
        linked(
            "Nguyễn Thị Hoa",
            degree="TS",
            birth_year=1975,
            email="hoa@example.org",
            hometown_text="xã Bình Sơn, huyện Hòn Đất, tỉnh Kiên Giang",
            keywords=("nuôi biển",),
        ),
    )

    assert conflicts == [("degree", "ThS", "TS")]
    values = hoa.values
    assert (values["degree"], values["email"], values["keywords"]) == ("ThS", "hoa@example.org", ["nuôi biển"])
    assert (values["hometown_legacy_code"], values["hometown_precision"]) == ("30823", "commune")


def test_the_spelling_with_marks_wins_and_the_other_becomes_an_alias() -> None:
    hoa = person("Hoa Nguyen Thi", email="hoa@example.org")

    assert merged(hoa, linked("Nguyễn Thị Hoa", email="hoa@example.org")) == []
    assert (hoa.full_name, hoa.values["given_name"], hoa.values["name_fold"]) == (
        "Nguyễn Thị Hoa",
        "Hoa",
        "nguyen thi hoa",
    )
    assert {"Hoa Nguyen Thi", "Nguyen Thi Hoa"} & set(hoa.values["aliases"])


def test_a_second_employer_is_kept_for_conflicts_of_interest() -> None:
    hoa = person("Nguyễn Thị Hoa", birth_year=1975, organisation_text="Trường Đại học Cần Thơ")

    conflicts = merged(hoa, linked("Nguyễn Thị Hoa", birth_year=1975, organisation_text="Viện Hải dương học"))

    assert conflicts == [("organisation_text", "Trường Đại học Cần Thơ", "Viện Hải dương học")]
    assert [job.organisation_text for job in hoa.employments] == ["Trường Đại học Cần Thơ", "Viện Hải dương học"]
    assert merged(hoa, linked("Nguyễn Thị Hoa", organisation_text="ĐH Cần Thơ")) == []


def test_a_work_known_already_is_completed_not_doubled() -> None:
    known = WorkRecord(title="Nuôi cá lồng bè", year=None, kind_text="bài báo", coauthors=("Trần Văn An",))
    same = WorkRecord(title="NUOI CA LONG BE.", year=2020, kind_text="Bài báo", coauthors=("Tran Van An", "Lê Bình"))
    other = WorkRecord(title="Nuôi cá lồng bè", year=2020, kind_text="đề tài")
    hoa = person("Nguyễn Thị Hoa", works=(known,))

    merged(hoa, linked("Nguyễn Thị Hoa", works=(same, other)))

    assert [(str(item.kind), item.year, item.coauthors) for item in hoa.evidence] == [
        ("publication", 2020, ["Trần Văn An", "Lê Bình"]),
        ("project", 2020, []),
    ]
