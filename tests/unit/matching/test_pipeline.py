"""The match of a small draft, on words and terms alone: who is ranked, who is left out, what is shown and said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from ingestion.drafts.records import DraftPassage, DraftReading, PassageKind
from service.directory.organisations import OrganisationDirectory
from service.matching.candidates import Candidate, CaseParties, EmploymentSpell, Work
from service.matching.evidence_words import shared_words
from service.matching.lexicon import REFERENCE, load_lexicon
from service.matching.pipeline import match_draft
from service.matching.problem import PanelRules
from service.matching.results import MatchResult

AGENCY = "Sở Nông nghiệp và Môi trường tỉnh An Giang"
TASKS = (
    "1. Về kỹ thuật: chuyển từ lồng gỗ sang lồng tròn nổi; thiết kế hệ thống neo cho lồng bè nuôi biển.",
    "2. Về con giống: đầu tư trại giống hải sản, kiểm dịch con giống, giám sát bệnh do vi rút trên cá biển.",
    "3. Về thu hồi đất: bồi thường, tái định cư cho các hộ không có giấy chứng nhận quyền sử dụng đất.",
)
PARTIES = CaseParties(requester=AGENCY, draft_title="Đề án phát triển nuôi biển")


def person(number: int, *titles: str, **changes: object) -> Candidate:
    works = tuple(Work(title=title, year=2023, kind="publication") for title in titles)
    return replace(Candidate(id=UUID(int=number), full_name=f"Người {number}", works=works), **changes)  # type: ignore[arg-type]


ENGINEER = person(1, "Hệ thống neo của lồng bè nuôi biển", "Mooring of net pens in waves", degree="TS")
HATCHERY = person(2, "Kiểm dịch con giống cá biển", "Bệnh do vi rút ở trại giống hải sản")
OFFICER = person(3, "Quản lý lồng bè nuôi biển", employments=(EmploymentSpell(organisation=AGENCY),))
PAUSED = person(4, "Thiết kế lồng tròn nổi và hệ thống neo", is_available=False)
BUSY = person(5, "Con giống hải sản và kiểm dịch", load=3)
OTHERS = tuple(person(n, f"Đại số tuyến tính tập {n}", "Giải tích hàm") for n in range(10, 40))
PEOPLE = (ENGINEER, HATCHERY, OFFICER, PAUSED, BUSY, *OTHERS)


def reading(*texts: str, title: str | None = "Đề án phát triển nuôi biển") -> DraftReading:
    passages = tuple(
        DraftPassage(
            ordinal=n,
            text=text,
            kind=PassageKind.LIST_ITEM,
            page=2,
            paragraph=n + 1,
            headings=("III. NHIỆM VỤ VÀ GIẢI PHÁP",),
        )
        for n, text in enumerate(texts)
    )
    return DraftReading(
        file="de-an.txt",
        media_type="text/plain",
        sha256="0" * 64,
        title=title,
        document_number=None,
        page_count=None,
        passages=passages,
    )


async def match(
    draft: DraftReading, people: tuple[Candidate, ...] = PEOPLE, parties: CaseParties = PARTIES
) -> MatchResult:
    return await match_draft(
        draft,
        people,
        parties,
        embeddings=None,
        lexicon=load_lexicon(),
        organisations=OrganisationDirectory.from_csv(REFERENCE / "organisations.csv"),
        rules=PanelRules(size=3),
        as_of=date(2025, 11, 1),
    )


async def test_people_in_conflict_are_left_out_and_people_without_time_stay_ranked_but_off_the_council() -> None:
    result = await match(reading(*TASKS))

    ranked = [expert.expert_id for expert in result.ranking]
    seated = {seat.expert_id for seat in result.plan.seats}
    assert OFFICER.id not in ranked
    assert {ENGINEER.id, HATCHERY.id, PAUSED.id, BUSY.id} == set(ranked[:4])
    assert [(one.expert_id, one.reason) for one in sorted(result.left_out, key=lambda one: one.expert_id)] == [
        (OFFICER.id, "conflict"),
        (PAUSED.id, "paused"),
        (BUSY.id, "at_capacity"),
    ]
    assert seated >= {ENGINEER.id, HATCHERY.id}
    assert seated & {OFFICER.id, PAUSED.id, BUSY.id} == set()
    assert set(result.all_scores) == {candidate.id for candidate in PEOPLE}


async def test_a_fit_is_shown_by_places_of_the_draft_beside_evidence() -> None:
    result = await match(reading(*TASKS))

    first = next(expert for expert in result.ranking if expert.expert_id == ENGINEER.id).pairs[0]
    assert (first.theme_ordinal, first.draft_ordinal, first.page, first.paragraph) == (0, 0, 2, 1)
    assert first.evidence_text == "Hệ thống neo của lồng bè nuôi biển"
    assert {"hệ thống neo", "lồng bè nuôi biển"} <= set(first.shared_words)


async def test_what_nobody_fits_and_what_could_not_be_compared_is_said() -> None:
    result = await match(reading(*TASKS))

    assert [(notice.message, notice.details) for notice in result.notices] == [
        ("Matched by words and terms only: meaning could not be compared (no embedder).", {}),
        (
            "Nobody who may be invited fits the theme “%(theme)s”.",
            {"theme": "thu hồi đất, bồi thường, tái định cư"},
        ),
    ]


async def test_an_empty_draft_and_an_empty_directory_are_answered() -> None:
    without_text = await match(reading(title=None))
    without_people = await match(reading(*TASKS), people=())

    assert (without_text.themes, [e.band for e in without_text.ranking if e.band]) == ((), [])
    assert [notice.message for notice in without_text.notices][-1] == (
        "This draft says nothing that experts could be found by."
    )
    assert (without_people.ranking, without_people.plan.seats) == ((), ())


async def test_when_everyone_is_in_conflict_nobody_is_ranked() -> None:
    people = tuple(replace(one, employments=(EmploymentSpell(organisation=AGENCY),)) for one in PEOPLE)

    result = await match(reading(*TASKS), people=people)

    assert (result.ranking, result.plan.seats) == ((), ())
    assert {one.reason for one in result.left_out} == {"conflict"}


async def test_equal_scores_are_ordered_by_fewer_unproven_keywords() -> None:
    plain = person(90, "Hệ thống neo lồng bè", "Lồng tròn nổi", "Kết cấu lồng nuôi biển")
    stuffed = replace(plain, id=UUID(int=50), keywords=("neo", "con giống", "tái định cư"))

    result = await match(reading(*TASKS), people=(*OTHERS, stuffed, plain))

    assert [expert.expert_id for expert in result.ranking[:2]] == [plain.id, stuffed.id]


def test_shared_words_are_marked_as_spelled_in_either_text() -> None:
    lexicon = load_lexicon()

    assert shared_words("hệ thống neo cho lồng bè", "Mooring of net pens", lexicon) == (
        "hệ thống neo",
        "mooring",
        "lồng bè",
        "net pens",
    )
    assert shared_words("nuôi biển", "đại số", lexicon) == ()
