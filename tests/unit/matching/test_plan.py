"""What people are told about a council: who covers what, what speaks for and against, balance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from service.matching.candidates import Candidate, Work
from service.matching.plan import CoveredTheme, PanelBalance, balance, coverage_grid, for_and_against
from service.matching.problem import standing
from service.matching.results import (
    AffinityBand,
    AssignmentPlan,
    Conflict,
    ConflictKind,
    FoundTheme,
    RankedExpert,
    Reserve,
    Seat,
    SeatRole,
)

TODAY = date(2025, 11, 1)
STRONG, GOOD = AffinityBand.VERY_SUITABLE, AffinityBand.SUITABLE
HOA, NAM, LAN = UUID(int=1), UUID(int=2), UUID(int=3)


def theme(ordinal: int, label: str) -> FoundTheme:
    return FoundTheme(
        ordinal=ordinal,
        label=label,
        label_en=None,
        weight=0.5,
        importance="required",
        field_codes=(),
        terms=(),
        passage_ordinals=(),
        query_text=label,
    )


def expert(
    who: UUID, scores: tuple[float, float], bands: tuple[AffinityBand | None, AffinityBand | None]
) -> RankedExpert:
    return RankedExpert(
        expert_id=who, score=max(scores), band=max(bands, key=bool), theme_scores=scores, theme_bands=bands, pairs=()
    )


THEMES = (theme(0, "nuôi biển"), theme(1, "thị trường"))
RANKED = {
    HOA: expert(HOA, (0.9, 0.2), (STRONG, None)),
    NAM: expert(NAM, (0.6, 0.0), (GOOD, None)),
    LAN: expert(LAN, (0.1, 0.7), (None, GOOD)),
}
PLAN = AssignmentPlan(
    seats=(
        Seat(expert_id=NAM, role=SeatRole.CHAIR, theme_ordinals=(0,), score=0.6),
        Seat(expert_id=HOA, role=SeatRole.REVIEWER, theme_ordinals=(0,), score=0.9),
    ),
    reserves=(Reserve(expert_id=LAN, theme_ordinals=(1,), score=0.7),),
    uncovered=(1,),
    unmet=(),
    objective=1.0,
    bound=1.0,
    gap=0.0,
    seconds=0.1,
)


def test_the_grid_shows_who_covers_a_theme_and_who_could() -> None:
    assert coverage_grid(PLAN, THEMES, RANKED) == (
        CoveredTheme(ordinal=0, label="nuôi biển", importance="required", members=(HOA, NAM), reserves=()),
        CoveredTheme(ordinal=1, label="thị trường", importance="required", members=(), reserves=(LAN,)),
    )


def test_for_and_against_a_member() -> None:
    namesake = Conflict(
        expert_id=HOA, kind=ConflictKind.DRAFTER, is_hard=True, is_potential=True, message="Bears the name.", details={}
    )
    elsewhere = Conflict(
        expert_id=NAM, kind=ConflictKind.OLDER_COWORK, is_hard=False, is_potential=False, message="Old.", details={}
    )
    candidate = Candidate(
        id=HOA, full_name="Danh Thị Hoa", load=2, capacity=3, works=(Work(title="Cá bớp", year=2016, kind="bài báo"),)
    )
    said = for_and_against(
        candidate,
        RANKED[HOA],
        PLAN,
        THEMES,
        [namesake, elsewhere],
        as_of=TODAY,
        last_contacted=date(2025, 10, 1),
        confirmed=date(2022, 3, 9),
    )

    assert [notice.message % notice.details for notice in said.in_favour] == ["Very suitable for: nuôi biển."]
    assert [notice.message % notice.details for notice in said.against] == [
        "Bears the name.",
        "Has 2 of at most 3 reviews in hand.",
        "Was last contacted on 01/10/2025.",
        "The profile was last confirmed on 09/03/2022.",
        "The most recent work on record is of 2016.",
    ]


def test_a_member_on_whom_a_theme_hangs_and_one_without_evidence() -> None:
    alone = for_and_against(Candidate(id=LAN, full_name="Lan"), RANKED[LAN], PLAN, THEMES, [], as_of=TODAY)
    without = for_and_against(
        Candidate(id=NAM, full_name="Nam"), expert(NAM, (0.0, 0.0), (None, None)), PLAN, THEMES, [], as_of=TODAY
    )

    assert [n.message % n.details for n in alone.in_favour] == [
        "The only member who covers: thị trường.",
        "Has no review in hand.",
    ]
    assert alone.against == ()
    assert [n.message for n in without.against] == ["No evidence on any theme; there to complete the council."]


def test_balance_counts_only_what_is_known() -> None:
    members = [
        Candidate(id=HOA, full_name="Hoa", gender="female", birth_year=1990, country="VN", province="An Giang"),
        Candidate(id=NAM, full_name="Nam", gender="male", birth_year=1985, country="VN", province="An Giang"),
        Candidate(id=LAN, full_name="Lan", country="AU", province="Queensland"),
    ]

    assert balance(members, as_of=TODAY) == PanelBalance(
        size=3,
        women=1,
        gender_unknown=1,
        under_40=1,
        age_unknown=1,
        abroad=1,
        countries=(("VN", 2), ("AU", 1)),
        provinces=(("An Giang", 2),),
    )


def test_who_may_chair() -> None:
    def of(degree: str | None = None, rank: str | None = None, position: str | None = None) -> float:
        return standing(Candidate(id=HOA, full_name="Hoa", degree=degree, academic_rank=rank, position=position))

    assert of(degree="TS", rank="GS") > of(degree="TS", rank="PGS") > of(degree="TS") > of(degree="CK2")
    assert of(degree="CK2") > of(position="Phó Giám đốc") > 0
    assert of(position="Trưởng khoa Kinh tế") == of(position="Deputy Director") == of(position="Phó Viện trưởng") > 0
    assert of(degree="ThS") == of(position="Nghiên cứu viên") == of(position="Trợ lý giám sát") == of() == 0
