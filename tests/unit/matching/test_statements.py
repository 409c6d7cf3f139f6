"""What a profile says about its ties to a case: paid advice, a part in the draft, and what is neither."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from service.directory.organisations import OrganisationDirectory
from service.matching.candidates import Candidate, Work
from service.matching.statements import CaseSubject, Statement, Tie, statements

ORGANISATIONS = OrganisationDirectory.from_csv(
    Path(__file__).parents[3] / "service" / "reference" / "organisations.csv"
)
TODAY = date(2025, 11, 1)
DEPARTMENT = "Sở Nông nghiệp và Môi trường tỉnh An Giang"
COMPANY = "Công ty Cổ phần Tư vấn Xây dựng Đông Phương Hải"
INSTITUTE = "Viện Nghiên cứu Nuôi trồng Thủy sản II"
COMMITTEE = "Ủy ban nhân dân tỉnh An Giang"
SEA_FARMING = CaseSubject(
    [DEPARTMENT, COMPANY, INSTITUTE, COMMITTEE, "Trường Đại học Cần Thơ"],
    "Đề án phát triển nuôi biển công nghiệp vùng biển Kiên Hải – Phú Quốc đến năm 2030",
    ORGANISATIONS,
)
SLUICES = CaseSubject(
    [
        "Department of Agriculture and Environment of An Giang Province",
        "GreenCoast Consulting Ltd",
        "Coastal Authority",
    ],
    "Master plan for tidal sluices and freshwater storage in the U Minh Thuong area, 2026-2030",
    ORGANISATIONS,
)


def firmest(subject: CaseSubject, text: str, source: str = "biography", year: int | None = None) -> Tie | None:
    """Of the statement among others, through the quick look first."""
    others = [Statement(text="Bà dạy học.", source="biography"), Statement(text="Sổ tay", source="sách", year=2020)]
    said = Statement(text=text, source=source, year=year)
    concerning = subject.concerning([others[0], said, others[1]])
    assert set(concerning) <= {said}
    found = [tie for one in concerning for tie in subject.ties(one, as_of=TODAY, own_entities=frozenset())]
    return max((tie.tie for tie in found), default=None)


@pytest.mark.parametrize(
    "text",
    [
        "Hiện ông đang tư vấn cho Sở Nông nghiệp và Môi trường tỉnh An Giang về quy hoạch lồng bè.",
        "Hien ong dang tu van cho So Nong nghiep va Moi truong tinh An Giang ve quy hoach long be.",
        "Cố vấn kỹ thuật theo hợp đồng của Sở NN&MT An Giang từ 2024 đến nay.",
        "Bà được Công ty Đông Phương Hải thuê đánh giá địa chất.",
        "Thành viên Hội đồng quản trị Công ty CP Tư vấn Xây dựng Đông Phương Hải.",
        "Ông là thành viên tổ tư vấn kinh tế của UBND tỉnh An Giang nhiệm kỳ 2021-2026.",
        "Thành viên tổ biên tập Đề án phát triển nuôi biển công nghiệp Kiên Hải – Phú Quốc.",
        "Tham gia soạn thảo đề án nuôi biển Phú Quốc, Kiên Hải năm 2025.",
        "Tham gia soan thao de an nuoi bien Phu Quoc, Kien Hai.",
        "Với đề án nuôi biển công nghiệp ở Kiên Hải, Phú Quốc, bà là tổ trưởng tổ soạn thảo.",
        "Bà từng là thành viên tổ soạn thảo đề án nuôi biển công nghiệp Kiên Hải.",
        "He works part time for Can Tho University as a visiting lecturer.",
    ],
)
def test_clear_ties_in_a_vietnamese_case(text: str) -> None:
    assert firmest(SEA_FARMING, text) is Tie.CLEAR


@pytest.mark.parametrize(
    "text",
    [
        "He has been a paid adviser to GreenCoast Consulting since 2023.",
        "Member of the board of directors of GreenCoast Consulting Ltd",
        "He is retained by the Coastal Authority to advise on dredging.",
        "I currently advise the Department of Agriculture and Environment of An Giang Province on sluice gates.",
        "Under contract with the An Giang Department of Agriculture and Environment she maps canals.",
        "She was on the team that prepared the master plan for tidal sluices and freshwater storage in U Minh Thuong.",
        "Tham gia lập quy hoạch cống ngăn mặn và trữ ngọt U Minh Thượng giai đoạn 2026-2030.",
    ],
)
def test_clear_ties_in_an_english_case(text: str) -> None:
    assert firmest(SLUICES, text) is Tie.CLEAR


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (SEA_FARMING, "Bà chưa từng tư vấn cho Công ty Đông Phương Hải."),
        (SEA_FARMING, "Ông không tham gia soạn thảo đề án nuôi biển công nghiệp Kiên Hải, Phú Quốc."),
        (
            SEA_FARMING,
            "Ông là ủy viên phản biện của hội đồng thẩm định do Sở Nông nghiệp và Môi trường tỉnh An Giang lập.",
        ),
        (SEA_FARMING, "Bà tốt nghiệp Trường Đại học Cần Thơ năm 2001."),
        (SEA_FARMING, "Bà tư vấn cho Trường Đại học Y Dược Cần Thơ."),
        (SEA_FARMING, "Ông tư vấn theo hợp đồng cho Viện Nghiên cứu Nuôi trồng Thủy sản III."),
        (SEA_FARMING, "Ông tư vấn cho Sở Y tế tỉnh An Giang."),
        (SEA_FARMING, "Ông tư vấn cho Sở Nông nghiệp và Môi trường tỉnh Cà Mau."),
        (SEA_FARMING, "Ông tư vấn cho nông dân An Giang về kỹ thuật nuôi."),
        (SEA_FARMING, "Tham gia soạn thảo kế hoạch du lịch Phú Quốc."),
        (SEA_FARMING, "Chủ trì xây dựng đề án nuôi biển tỉnh Khánh Hòa."),
        (SEA_FARMING, "Nghiên cứu nuôi biển ở Kiên Hải và Phú Quốc."),
        (SEA_FARMING, "Bằng khen của UBND tỉnh An Giang cho đóng góp nuôi biển"),
        (SLUICES, "He never worked for GreenCoast Consulting."),
        (SLUICES, "She trained staff of the Coastal Authority."),
        (SLUICES, "Peer reviewer for the Coastal Authority."),
        (SLUICES, "He wrote his thesis on tidal sluices in the Netherlands."),
        (SLUICES, "She studied freshwater storage in the U Minh Thuong area."),
        (SLUICES, "Lập quy hoạch cống ngăn mặn U Minh Thượng giai đoạn 2011-2020."),
    ],
)
def test_no_ties(subject: CaseSubject, text: str) -> None:
    assert firmest(subject, text) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (SEA_FARMING, "Từng là cố vấn của Sở Nông nghiệp và PTNT tỉnh Kiên Giang giai đoạn 2012 - 2015."),
        (SEA_FARMING, "Trước đây bà làm cộng tác viên cho Viện NCNTTS II."),
        (SLUICES, "She consulted for GreenCoast Consulting Ltd until 2018."),
        (SLUICES, "He previously consulted for the Coastal Authority."),
    ],
)
def test_what_is_over_is_past(subject: CaseSubject, text: str) -> None:
    assert firmest(subject, text) is Tie.PAST


@pytest.mark.parametrize(("year", "tie"), [(2025, Tie.CLEAR), (2021, Tie.CLEAR), (2020, Tie.PAST), (2008, Tie.PAST)])
def test_a_contract_counts_for_five_years(year: int, tie: Tie) -> None:
    assert firmest(SEA_FARMING, "Khảo sát con giống theo hợp đồng với Viện NCNTTS II", "báo cáo tư vấn", year) is tie


@pytest.mark.parametrize(
    ("span", "tie"), [("2022 – 2026", Tie.CLEAR), ("2019 – 2025", Tie.CLEAR), ("2015 – 2024", Tie.PAST)]
)
def test_a_contract_that_names_its_years_counts_until_its_end(span: str, tie: Tie) -> None:
    assert firmest(SEA_FARMING, f"Cố vấn cho {COMPANY}, hợp đồng {span}", "báo cáo tư vấn", 2015) is tie


@pytest.mark.parametrize(("year", "tie"), [(2024, Tie.CLEAR), (2020, None)])
def test_a_paper_of_the_draft_counts_for_five_years(year: int, tie: Tie | None) -> None:
    assert firmest(SEA_FARMING, "Thuyết minh đề án nuôi biển Kiên Hải – Phú Quốc", "báo cáo tư vấn", year) is tie


def test_another_period_is_another_draft() -> None:
    plan = CaseSubject([], "Kế hoạch quản lý chất thải rắn tại Phú Quốc giai đoạn 2026 – 2030", ORGANISATIONS)

    assert firmest(plan, "Soạn thảo kế hoạch quản lý chất thải rắn Phú Quốc giai đoạn 2026 – 2030") is Tie.CLEAR
    assert firmest(plan, "Soạn thảo kế hoạch quản lý chất thải rắn Phú Quốc giai đoạn 2021 – 2025") is None


def test_another_kind_of_paper_on_the_same_subject_is_for_a_person_to_judge() -> None:
    assert firmest(SEA_FARMING, "Chủ trì lập dự án nuôi biển công nghiệp tại Kiên Hải, Phú Quốc.") is Tie.UNSURE


def test_research_that_a_body_ordered_is_for_a_person_to_judge() -> None:
    assert firmest(SEA_FARMING, f"Đề tài do {DEPARTMENT} đặt hàng, ông làm chủ nhiệm.") is Tie.UNSURE


def test_the_own_employer_is_no_client() -> None:
    own = ORGANISATIONS.legal_entities(INSTITUTE)
    said = Statement(text=f"Hiện làm việc cho {INSTITUTE}.", source="biography")

    assert SEA_FARMING.ties(said, as_of=TODAY, own_entities=own) == []


def test_a_profile_is_cut_into_statements() -> None:
    candidate = Candidate(
        id=UUID(int=1),
        full_name="Lâm Văn Tí",
        position="Trưởng phòng",
        biography="Ông dạy học. Ông tư vấn cho hợp tác xã.",
        awards=("Giải thưởng 2019",),
        works=(Work(title="Sổ tay", year=2020, kind="sách", role="chủ biên"),),
    )

    assert statements(candidate) == [
        Statement(text="Ông dạy học.", source="biography"),
        Statement(text="Ông tư vấn cho hợp tác xã.", source="biography"),
        Statement(text="Trưởng phòng", source="position"),
        Statement(text="Giải thưởng 2019", source="award", year=2019),
        Statement(text="Sổ tay. chủ biên", source="sách", year=2020),
    ]
