"""Who is in conflict with a case: namesakes, similar bodies, dates at the border, names written otherwise."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from service.directory.organisations import OrganisationDirectory
from service.matching.candidates import Candidate, CaseParties, Drafter, EmploymentSpell, Work
from service.matching.conflicts import find_conflicts
from service.matching.results import Conflict, ConflictKind

ORGANISATIONS = OrganisationDirectory.from_csv(
    Path(__file__).parents[3] / "service" / "reference" / "organisations.csv"
)
TODAY = date(2025, 11, 1)
INSTITUTE = "Viện Nghiên cứu Nuôi trồng Thủy sản II"
PARTIES = CaseParties(
    requester="Sở Nông nghiệp và Môi trường tỉnh An Giang",
    drafting_bodies=(INSTITUTE,),
    consultants=("Công ty TNHH Tư vấn Sóng Xanh",),
    drafters=(Drafter(name="Lê Hoàng Nhã", organisation=INSTITUTE),),
    draft_title="Đề án nuôi biển vùng Kiên Hải – Hòn Đất đến năm 2030",
)


def someone(
    number: int = 1,
    name: str = "Danh Thị Sà Rương",
    employer: str | None = "Trường Đại học Nha Trang",
    *,
    works: tuple[Work, ...] = (),
    aliases: tuple[str, ...] = (),
    employments: tuple[EmploymentSpell, ...] | None = None,
    position: str | None = None,
    biography: str = "",
    hometown: str | None = None,
    province: str | None = None,
) -> Candidate:
    spells = (EmploymentSpell(organisation=employer),) if employer else ()
    return Candidate(
        id=UUID(int=number),
        full_name=name,
        aliases=aliases,
        employments=spells if employments is None else employments,
        works=works,
        position=position,
        biography=biography,
        hometown=hometown,
        province=province,
    )


def work(year: int | None, *coauthors: str, title: str = "Ương giống cá chim vây vàng trong bể tuần hoàn") -> Work:
    return Work(title=title, year=year, kind="bài báo", coauthors=coauthors)


def found(*candidates: Candidate, parties: CaseParties = PARTIES, as_of: date = TODAY) -> list[Conflict]:
    return find_conflicts(candidates, parties, as_of=as_of, organisations=ORGANISATIONS)


def kinds(*candidates: Candidate, parties: CaseParties = PARTIES, as_of: date = TODAY) -> list[tuple[str, str]]:
    """(kind, what it does): bars, potential or soft."""
    return [
        (c.kind.value, "bars" if c.bars else "potential" if c.is_hard else "soft")
        for c in found(*candidates, parties=parties, as_of=as_of)
    ]


# -- the author --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Lê Hoàng Nhã", "le hoang nha", "Nhã Lê Hoàng", "TS. Lê Hoàng Nhã", "LÊ HOÀNG NHÃ"])
def test_the_author_may_not_review(name: str) -> None:
    conflicts = found(someone(name=name, employer="Phòng Giống, Viện NCNTTS II"))

    assert conflicts[0] == Conflict(
        expert_id=UUID(int=1),
        kind=ConflictKind.DRAFTER,
        is_hard=True,
        is_potential=False,
        message="Named as an author of the draft: %(name)s (%(organisation)s).",
        details={"name": "Lê Hoàng Nhã", "organisation": INSTITUTE},
    )


def test_a_namesake_elsewhere_is_kept_and_marked() -> None:
    assert kinds(someone(name="Lê Hoàng Nhã", employer="Bệnh viện Chợ Rẫy")) == [("drafter", "potential")]
    assert kinds(someone(name="Lê Hoàng Nhã", employer="Viện Nghiên cứu Nuôi trồng Thủy sản III")) == [
        ("drafter", "potential")
    ]


def test_the_author_is_known_by_a_former_employer_too() -> None:
    moved = (
        EmploymentSpell(organisation="Trường Đại học Nha Trang", year_from=2024),
        EmploymentSpell(organisation="Viện NCNTTS II", year_from=2010, year_to=2024, is_current=False),
    )

    assert ("drafter", "bars") in kinds(someone(name="Lê Hoàng Nhã", employments=moved))


def test_an_author_of_unknown_affiliation_is_the_one_who_bears_the_name() -> None:
    parties = CaseParties(drafters=(Drafter(name="Lê Hoàng Nhã"),))

    assert kinds(someone(name="Lê Hoàng Nhã"), parties=parties) == [("drafter", "bars")]
    assert kinds(someone(1, "Lê Hoàng Nhã"), someone(2, "Lê Hoàng Nhã", "Bệnh viện Chợ Rẫy"), parties=parties) == [
        ("drafter", "potential"),
        ("drafter", "potential"),
    ]


def test_other_names_of_the_family_are_nothing() -> None:
    assert kinds(someone(name="Lê Hoàng Nhàn")) == []
    assert kinds(someone(name="Lê Nhã", employer="Bệnh viện Chợ Rẫy")) == []


# -- the employer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "employer",
    [
        "Chi cục Thủy lợi, Sở Nông nghiệp và Môi trường tỉnh An Giang",
        "Sở NN&PTNT tỉnh Kiên Giang",
        "Trung tâm Khuyến nông tỉnh An Giang",
        "So Nong nghiep va Moi truong An Giang",
        "Department of Agriculture and Environment, An Giang Province",
        "Viện NCNTTS II",
        "Research Institute for Aquaculture No. 2",
        "Cty Tư vấn Sóng Xanh",
    ],
)
def test_who_works_for_a_party_may_not_review(employer: str) -> None:
    assert kinds(someone(employer=employer)) == [("same_organisation", "bars")]


@pytest.mark.parametrize(
    "employer",
    [
        "Viện Nghiên cứu Nuôi trồng Thủy sản III",
        "Sở Nông nghiệp và Môi trường tỉnh Đồng Tháp",
        "Ủy ban nhân dân tỉnh An Giang",
        "Bộ Nông nghiệp và Môi trường",
        "Công ty TNHH Sóng Xanh Việt",
        "Chuyên gia độc lập",
    ],
)
def test_similar_bodies_are_other_bodies(employer: str) -> None:
    assert kinds(someone(employer=employer)) == []


def test_a_department_without_its_province_is_that_of_the_person() -> None:
    assert kinds(someone(employer="Sở NN&MT", province="An Giang")) == [("same_organisation", "bars")]
    assert kinds(someone(employer="Sở NN&MT", province="Đồng Tháp")) == []


def test_former_posts_are_told_but_do_not_bar() -> None:
    left = EmploymentSpell(organisation=INSTITUTE, year_from=2001, year_to=2019, is_current=False)

    assert kinds(someone(employments=(left,))) == [("former_employer", "soft")]
    assert kinds(someone(employer=f"{INSTITUTE} (đã nghỉ hưu)")) == [("former_employer", "soft")]
    assert kinds(someone(employer=f"Nguyên Phó Giám đốc {PARTIES.requester}")) == [("former_employer", "soft")]
    assert kinds(someone(employments=(EmploymentSpell(organisation=INSTITUTE, year_to=2024),))) == [
        ("former_employer", "soft")
    ]


def test_a_retired_head_is_for_a_person_to_judge() -> None:
    assert kinds(someone(employer=INSTITUTE, position="Nguyên Viện trưởng")) == [("same_organisation", "potential")]


def test_the_unit_of_a_commune_is_for_a_person_to_judge() -> None:
    parties = CaseParties(requester="Ủy ban nhân dân đặc khu Phú Quốc")

    assert kinds(someone(employer="Phòng Kinh tế đặc khu Phú Quốc"), parties=parties) == [
        ("same_organisation", "potential")
    ]
    assert kinds(someone(employer="Sở Y tế tỉnh An Giang"), parties=parties) == []


def test_a_second_employer_counts() -> None:
    both = (EmploymentSpell(organisation="Trường Đại học Nha Trang"), EmploymentSpell(organisation="Viện NCNTTS II"))

    assert kinds(someone(employments=both)) == [("same_organisation", "bars")]
    assert kinds(someone(employer="Trường Đại học Nha Trang; Viện NCNTTS II")) == [("same_organisation", "bars")]


def test_colleagues_of_an_author_from_elsewhere_are_for_a_person_to_judge() -> None:
    parties = CaseParties(
        requester="Sở Y tế tỉnh An Giang",
        drafters=(Drafter(name="Tô Bích Liên", organisation="Trường Đại học Nha Trang"),),
    )

    assert kinds(someone(), parties=parties) == [("same_organisation", "potential")]


# -- joint work --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2025, ("coauthor", "bars")),
        (2021, ("coauthor", "bars")),
        (2020, ("older_cowork", "soft")),
        (2009, ("older_cowork", "soft")),
        (None, ("coauthor", "potential")),
    ],
)
def test_joint_work_counts_for_five_years(year: int | None, expected: tuple[str, str]) -> None:
    assert kinds(someone(works=(work(year, "Trần Văn Tám", "Lê Hoàng Nhã"),))) == [expected]


def test_of_several_joint_works_the_firmest_and_latest_is_told() -> None:
    works = (
        work(2021, "Lê Hoàng Nhã"),
        work(2024, "Lê Hoàng Nhã"),
        work(None, "Lê Hoàng Nhã"),
        work(2012, "Lê Hoàng Nhã"),
    )

    assert [(c.kind.value, c.bars, c.details["year"]) for c in found(someone(works=works))] == [
        ("coauthor", True, "2024"),
        ("older_cowork", False, "2012"),
    ]


@pytest.mark.parametrize(
    "coauthor", ["le hoang nha", "Nha Le Hoang", "ThS. Lê Hoàng Nhã", "Lê Hoàng Nhã (Viện NCNTTS II)"]
)
def test_a_coauthor_is_the_author_however_written(coauthor: str) -> None:
    assert kinds(someone(works=(work(2023, coauthor),))) == [("coauthor", "bars")]


@pytest.mark.parametrize("coauthor", ["Nha L.H.", "Le H. N.", "Lê Nhã", "Lê Hoàng Nhạ"])
def test_a_coauthor_who_may_be_the_author_is_for_a_person_to_judge(coauthor: str) -> None:
    assert kinds(someone(works=(work(2023, coauthor),))) == [("coauthor", "potential")]


def test_a_coauthor_of_the_same_name_elsewhere() -> None:
    elsewhere = someone(1, works=(work(2023, "Lê Hoàng Nhã (Trường Đại học Bách khoa, ĐHQG-HCM)"),))
    namesake = someone(2, "Lê Hoàng Nhã", "Trường Đại học Bách khoa, ĐHQG-HCM")

    # Nobody known bears the name there: a person looks at it. Someone does: it is that one.
    assert kinds(elsewhere) == [("coauthor", "potential")]
    assert [(c.expert_id.int, c.kind.value, c.bars) for c in found(elsewhere, namesake)] == [(2, "drafter", False)]


def test_a_bare_name_that_two_people_bear_is_unsure() -> None:
    one = someone(1, works=(work(2023, "Lê Hoàng Nhã"),))
    namesake = someone(2, "Lê Hoàng Nhã", "Bệnh viện Chợ Rẫy")

    assert kinds(one, namesake) == [("coauthor", "potential"), ("drafter", "potential")]


def test_the_record_of_the_author_himself_counts_too() -> None:
    author = someone(2, "Lê Hoàng Nhã", INSTITUTE, works=(work(2022, "Danh Thị Sà Rương"), work(2015, "Kim Văn Tư")))

    assert kinds(someone(1), author) == [
        ("coauthor", "bars"),
        ("drafter", "bars"),
        ("same_organisation", "bars"),
    ]
    assert kinds(someone(1, "Kim Văn Tư"), author)[0] == ("older_cowork", "soft")


def test_the_same_work_in_both_records_is_joint_work() -> None:
    title = "Sức tải môi trường của vịnh kín vùng biển Kiên Hải"
    author = someone(2, "Lê Hoàng Nhã", INSTITUTE, works=(work(2022, title=title),))

    assert kinds(someone(1, works=(work(2022, title=title.upper()),)), author)[0] == ("coauthor", "bars")
    assert kinds(someone(1, works=(work(2019, title=title),)), author)[0] == ("drafter", "bars")


# -- interests and origin ----------------------------------------------------------------------------------------------


def test_stated_interests() -> None:
    paid = someone(1, biography="Bà dạy học. Hiện bà tư vấn cho Công ty Tư vấn Sóng Xanh về neo lồng.")
    past = someone(2, biography="Ông từng là cố vấn của Công ty Tư vấn Sóng Xanh.")
    took_part = someone(3, biography="Ông ở trong tổ soạn thảo đề án nuôi biển Kiên Hải.")
    ordered = someone(4, biography=f"Đề tài do {PARTIES.requester} tài trợ, ông làm chủ nhiệm.")

    assert kinds(paid, past, took_part, ordered) == [
        ("interest", "bars"),
        ("interest", "soft"),
        ("interest", "bars"),
        ("interest", "potential"),
    ]
    assert found(paid)[0].details == {
        "statement": "Hiện bà tư vấn cho Công ty Tư vấn Sóng Xanh về neo lồng.",
        "body": "Công ty TNHH Tư vấn Sóng Xanh",
    }


def test_a_common_home_commune_and_school_are_told() -> None:
    author = someone(
        2,
        "Lê Hoàng Nhã",
        INSTITUTE,
        hometown="xã Bình An, huyện Kiên Lương, tỉnh Kiên Giang",
        biography="Ông tốt nghiệp Trường Đại học Cần Thơ.",
    )
    neighbour = someone(1, hometown="Xã Bình An, huyện Kiên Lương, tỉnh Kiên Giang")
    countryman = someone(1, hometown="Kiên Lương, Kiên Giang")
    classmate = someone(1, biography="Bà tốt nghiệp ĐH Cần Thơ năm 1999. Bà dạy học.")

    assert kinds(neighbour, author)[0] == ("home_commune", "soft")
    assert kinds(countryman, author)[0] == ("drafter", "bars")
    assert kinds(classmate, author)[0] == ("same_school", "soft")


# -- nothing known, and another language -------------------------------------------------------------------------------


def test_without_parties_nobody_is_in_conflict() -> None:
    assert found(someone(), parties=CaseParties()) == []
    assert found(someone(), parties=CaseParties(requester="  ", drafters=(Drafter(name=" "),))) == []
    assert find_conflicts([], PARTIES, as_of=TODAY, organisations=ORGANISATIONS) == []


def test_parties_nobody_knows_are_compared_by_name() -> None:
    parties = CaseParties(requester="Quỹ Bảo tồn Sếu Đồng Tháp Mười", drafters=(Drafter(name="?"),))

    assert kinds(someone(employer="Quỹ bảo tồn sếu Đồng Tháp Mười"), parties=parties) == [("same_organisation", "bars")]
    assert kinds(someone(), parties=parties) == []


def test_an_english_case() -> None:
    parties = CaseParties(
        requester="Coastal Planning Agency of Norland",
        drafting_bodies=("Department of Civil Engineering, University of Westmark", "DeltaWorks Engineering Ltd"),
        drafters=(Drafter(name="Ingrid Solheim", organisation="University of Westmark"),),
        draft_title="Scheme for tidal barriers and managed retreat along the Norland coast, 2026-2032",
    )
    people = [
        someone(1, "Ingrid Solheim", "University of Westmark"),
        someone(2, "Ingrid Solheim", "Eastmark General Hospital"),
        someone(3, "Paul Owusu", "School of Law, University of Westmark"),
        someone(
            4, "Mei Tanaka", "University of Eastmark", works=(work(2022, "Solheim, Ingrid (University of Westmark)"),)
        ),
        someone(5, "Ana Ruiz", "University of Eastmark", works=(work(2022, "I. Solheim"),)),
        someone(6, "Karl Berg", "Berg Studio", biography="He is a paid adviser to DeltaWorks Engineering."),
        someone(
            7, "Lena Fog", "Fog Research", biography="She drafted the scheme for tidal barriers and managed retreat."
        ),
        someone(
            8, "Omar Said", "Westmark Technical College", biography="He studied tidal barriers in the Netherlands."
        ),
    ]

    assert [(c.expert_id.int, c.kind.value, c.bars) for c in found(*people, parties=parties)] == [
        (1, "drafter", True),
        (1, "same_organisation", True),
        (2, "drafter", False),
        (3, "same_organisation", True),
        (4, "coauthor", True),
        (5, "coauthor", False),
        (6, "interest", True),
        (7, "interest", True),
    ]
