"""Themes of real papers: subjects a leader understands, never an agency or a legal basis."""

from __future__ import annotations

import re

import pytest

from ingestion.drafts.records import DraftPassage, PassageKind
from search.vietnamese import fold
from service.matching.lexicon import load_lexicon
from service.matching.passages import clean_passages, without_agencies
from service.matching.results import FoundTheme
from service.matching.themes import MOST, find_themes
from service.matching.themes_page import PAGE, page, reference_drafts, themes_of

AGENCY = re.compile(
    r"^(?:so|bo|ban|uy ban|ubnd|hdnd|hoi dong nhan dan|lien hiep|van phong|cuc|vu|truong|vien|dai hoc)\b"
)
LEGAL_BASIS = re.compile(r"\b(?:can cu|nghi quyet so|quyet dinh so|\d+/\S+)\b")


@pytest.mark.parametrize("path", reference_drafts(), ids=lambda path: path.stem[:40])
def test_no_theme_is_an_agency_or_a_legal_basis(path) -> None:  # type: ignore[no-untyped-def]
    _, _, themes = themes_of(path, load_lexicon())

    assert 1 <= len(themes) <= MOST
    assert [t.label for t in themes if AGENCY.match(fold(t.label)) or LEGAL_BASIS.search(fold(t.label))] == []
    assert [t.label for t in themes if not without_agencies(t.label)] == []
    assert sum(t.weight for t in themes) == pytest.approx(1.0)
    assert [t.ordinal for t in themes] == list(range(len(themes)))


def test_the_founding_plan_is_about_intellectuals_not_about_a_department() -> None:
    _, _, themes = themes_of(reference_drafts()[0], load_lexicon())
    labels = [theme.label for theme in themes]

    assert [label for label in labels if "nhân lực" in label] != []
    assert [label for label in labels if "đào tạo, bồi dưỡng" in label] != []
    assert [label for label in labels if "tôn vinh, khen thưởng" in label] != []
    assert [label for label in labels if "cơ sở dữ liệu" in label] != []
    assert [label for label in labels if "Sở" in label] == []


def test_the_page_of_themes_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m service.matching.themes_page"


def test_numbered_tasks_are_the_themes_of_a_short_plan() -> None:
    themes = found(
        ("III. NHIỆM VỤ", PassageKind.HEADING, ()),
        (
            "1. Về con giống và dịch bệnh: đầu tư trại giống, kiểm dịch giống, giám sát bệnh do vi rút.",
            PassageKind.LIST_ITEM,
            ("III. NHIỆM VỤ",),
        ),
        (
            "2. Về thị trường: xây dựng hợp đồng tiêu thụ, truy xuất nguồn gốc, xúc tiến xuất khẩu.",
            PassageKind.LIST_ITEM,
            ("III. NHIỆM VỤ",),
        ),
        (
            "3. Thu hồi đất: bồi thường, tái định cư cho các hộ không có giấy chứng nhận.",
            PassageKind.LIST_ITEM,
            ("III. NHIỆM VỤ",),
        ),
        title="Đề án phát triển nuôi biển",
    )

    assert [theme.label for theme in themes] == [
        "con giống và dịch bệnh",
        "thị trường, chuỗi giá trị",
        "thu hồi đất, bồi thường, tái định cư",
    ]
    assert [theme.passage_ordinals for theme in themes] == [(1,), (2,), (3,)]


def test_what_opinions_are_asked_on_joins_its_task_or_becomes_a_theme() -> None:
    tasks = ("II. NHIỆM VỤ",)
    themes = found(
        ("1. Giống: sản xuất giống lúa xác nhận cho nông dân.", PassageKind.LIST_ITEM, tasks),
        ("2. Sau thu hoạch: đầu tư lò sấy, kho chứa lúa gạo.", PassageKind.LIST_ITEM, tasks),
        ("3. Thị trường: xuất khẩu gạo, xây dựng nhãn hiệu.", PassageKind.LIST_ITEM, tasks),
        (
            "Đề nghị cho ý kiến về: khả năng xuất khẩu gạo; nguy cơ xâm nhập mặn.",
            PassageKind.PARAGRAPH,
            ("V. NỘI DUNG XIN Ý KIẾN",),
        ),
        title="Kế hoạch lúa gạo",
    )

    assert [theme.passage_ordinals for theme in themes] == [(0,), (1,), (2, 3), (3,)]
    assert themes[3].label == "xâm nhập mặn, thủy văn"


def test_a_paper_that_makes_rules_needs_the_law() -> None:
    tasks = ("III. NỘI DUNG",)
    passages = (
        ("Điều 3. Thu hút: hỗ trợ nhà ở, phụ cấp cho tiến sĩ về tỉnh làm việc.", PassageKind.LIST_ITEM, tasks),
        ("Điều 4. Trọng dụng: giao đặt hàng nhiệm vụ khoa học cho chuyên gia.", PassageKind.LIST_ITEM, tasks),
        ("Điều 5. Tôn vinh: giải thưởng trí thức tiêu biểu theo quy định của pháp luật.", PassageKind.LIST_ITEM, tasks),
    )

    ruling = found(*passages, title="Dự thảo Nghị quyết quy định chính sách thu hút trí thức")
    planning = found(*passages, title="Kế hoạch thu hút trí thức")

    assert [theme.label for theme in ruling][-1] == "pháp luật, kỹ thuật lập pháp"
    assert "pháp luật, kỹ thuật lập pháp" not in [theme.label for theme in planning]


def test_an_english_abstract_has_themes_in_both_languages() -> None:
    themes = found(
        (
            "We evaluate source separation of household waste in three cities. Pay-as-you-throw tariffs helped. "
            "Microplastics in sediments near dumpsites were measured.",
            PassageKind.PARAGRAPH,
            (),
        ),
        title="Household waste in Asian cities",
    )

    assert ("quản lý, xử lý chất thải rắn", "solid waste management") in [(t.label, t.label_en) for t in themes]
    assert 1 <= len(themes) <= MOST


@pytest.mark.parametrize("text", ["Kế hoạch phát triển nuôi biển của tỉnh năm 2026.", "abc def ghi jkl"])
def test_a_single_sentence_has_one_theme(text: str) -> None:
    themes = found((text, PassageKind.PARAGRAPH, ()), title="")

    assert len(themes) == 1
    assert themes[0].weight == 1.0


def test_nothing_has_no_theme() -> None:
    assert found(title="") == []


def found(*passages: tuple[str, PassageKind, tuple[str, ...]], title: str) -> list[FoundTheme]:
    made = [
        DraftPassage(ordinal=n, text=text, kind=kind, page=None, paragraph=n + 1, headings=headings)
        for n, (text, kind, headings) in enumerate(passages)
    ]
    return find_themes(made, clean_passages(made), title=title, lexicon=load_lexicon())
