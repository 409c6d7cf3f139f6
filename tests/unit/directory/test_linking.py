from __future__ import annotations

import pytest

from service.database.models.directory import EvidenceKind
from service.directory.linking import evidence_kind, organisation_kind, ties, title_key


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bài báo", EvidenceKind.PUBLICATION),
        ("Sách", EvidenceKind.PUBLICATION),
        ("luận án, luận văn", EvidenceKind.PUBLICATION),
        ("tham luận", EvidenceKind.PUBLICATION),
        ("báo cáo khoa học", EvidenceKind.PUBLICATION),
        ("de tai", EvidenceKind.PROJECT),
        ("dự án", EvidenceKind.PROJECT),
        ("báo cáo tư vấn", EvidenceKind.CONSULTANCY),
        ("sáng chế, giải pháp", EvidenceKind.PATENT),
        ("sáng kiến", EvidenceKind.INITIATIVE),
        ("journal article", EvidenceKind.PUBLICATION),
        ("phản biện", EvidenceKind.REVIEW),
        ("gì đó", EvidenceKind.OTHER),
        (None, EvidenceKind.OTHER),
    ],
)
def test_kinds_of_work(text: str | None, kind: EvidenceKind) -> None:
    assert evidence_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "is_home", "found"),
    [
        ("Born in the old province; family there", True, ["hometown", "family"]),
        ("Hometown; visits every year", False, ["hometown"]),
        ("Joint project; no family ties", False, ["project"]),
        ("quê gốc, còn cha mẹ", False, ["hometown", "family"]),
        ("cộng tác viên của sở, ngành tỉnh", True, ["hometown", "project"]),
        ("không có gia đình ở tỉnh", False, []),
        (None, True, ["hometown"]),
        (None, False, []),
    ],
)
def test_ties_are_told_and_denied(text: str | None, is_home: bool, found: list[str]) -> None:
    assert ties(text, is_home=is_home) == found


@pytest.mark.parametrize(
    ("kind_text", "name", "kind"),
    [
        ("chuyên gia độc lập hoặc đã nghỉ hưu", "Viện Lúa Đồng bằng sông Cửu Long", "independent"),
        ("viện nghiên cứu", "Trung tâm Vũ trụ Việt Nam", "research_institute"),
        (None, "Trường Thủy sản, ĐH Cần Thơ", "university"),
        (None, "Chi cục Thủy sản, Sở Nông nghiệp và Môi trường tỉnh An Giang", "state_agency"),
        (None, "Independent", "independent"),
        (None, "Hợp tác xã Bè cá Nam Du", "enterprise"),
        (None, None, None),
    ],
)
def test_kinds_of_organisation(kind_text: str | None, name: str | None, kind: str | None) -> None:
    assert organisation_kind(kind_text, None, name) == kind


def test_titles_that_differ_in_case_marks_and_punctuation_are_one() -> None:
    assert title_key("Nuôi cá lồng: “kinh nghiệm” Nam Du.") == title_key("NUOI CA LONG - kinh nghiem Nam Du")
