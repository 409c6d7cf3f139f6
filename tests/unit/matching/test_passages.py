from __future__ import annotations

import pytest

from ingestion.drafts.records import DraftPassage, PassageKind
from service.matching.passages import ORGANISING_WEIGHT, clean_passages, without_agencies, without_numbering

ORGANISING = ("III. TỔ CHỨC THỰC HIỆN", "1. Sở Nội vụ")


@pytest.mark.parametrize(
    ("text", "kind", "headings", "left_out"),
    [
        (
            "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
            PassageKind.PARAGRAPH,
            (),
            "legal_basis",
        ),
        ("Xét đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 12/TTr-SNV,", PassageKind.PARAGRAPH, (), "legal_basis"),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", PassageKind.LETTERHEAD, (), "letterhead"),
        ("- Lưu: VT, KGVX.", PassageKind.RECIPIENTS, (), "recipients"),
        ("TM. ỦY BAN NHÂN DÂN", PassageKind.SIGNATURE, (), "signature"),
        ("Hình 1: Kiến trúc ICT cho đô thị thông minh", PassageKind.PARAGRAPH, (), "caption"),
        ("Sở Giáo dục và Đào tạo; Sở Lao động, Thương binh và Xã hội", PassageKind.TABLE_ROW, (), "organisation"),
        ("Hằng năm", PassageKind.TABLE_ROW, (), "too_short"),
        ("a) Theo dõi, đôn đốc, tổng hợp, báo cáo kết quả định kỳ.", PassageKind.LIST_ITEM, ORGANISING, "organisation"),
        ("1. SỞ KHOA HỌC VÀ CÔNG NGHỆ", PassageKind.HEADING, ("III. TỔ CHỨC THỰC HIỆN",), "organisation"),
        ("1. Về kỹ thuật: chuyển từ lồng gỗ sang lồng tròn nổi.", PassageKind.LIST_ITEM, ("III. NHIỆM VỤ",), None),
        ("II. MỤC TIÊU", PassageKind.HEADING, (), None),
    ],
)
def test_a_passage_is_used_or_left_out_for_a_reason(
    text: str, kind: PassageKind, headings: tuple[str, ...], left_out: str | None
) -> None:
    assert [decision.left_out for decision in clean_passages([passage(text, kind, headings)])] == [left_out]


def test_a_duty_that_names_a_subject_counts_less_than_a_task() -> None:
    duty = passage("b) Xây dựng cơ sở dữ liệu trí thức theo lĩnh vực và địa bàn.", PassageKind.LIST_ITEM, ORGANISING)

    assert [(d.left_out, d.weight) for d in clean_passages([duty])] == [(None, ORGANISING_WEIGHT)]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Sở Khoa học và Công nghệ", ""),
        ("SỞ KHOA HỌC VÀ CÔNG NGHỆ", ""),
        ("Sở Nội vụ chủ trì xây dựng cơ sở dữ liệu", "chủ trì xây dựng cơ sở dữ liệu"),
        ("do Ủy ban nhân dân tỉnh Kiên Giang ban hành", "do ban hành"),
        ("Trung tâm dữ liệu", "Trung tâm dữ liệu"),
        ("Hội viên được tôn vinh", "Hội viên được tôn vinh"),
        ("khoa học và công nghệ", "khoa học và công nghệ"),
    ],
)
def test_names_of_agencies_are_no_evidence_of_a_field(text: str, rest: str) -> None:
    assert without_agencies(text) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("II. MỤC TIÊU", "MỤC TIÊU"),
        ("3.1. Tổ chức lại trạm", "Tổ chức lại trạm"),
        ("Điều 5. Mạng lưới", "Mạng lưới"),
        ("a) Xây dựng", "Xây dựng"),
        ("- Về giáo dục", "Về giáo dục"),
        ("100% trường học", "100% trường học"),
    ],
)
def test_numbering_is_taken_off(text: str, rest: str) -> None:
    assert without_numbering(text) == rest


def passage(text: str, kind: PassageKind, headings: tuple[str, ...]) -> DraftPassage:
    return DraftPassage(ordinal=0, text=text, kind=kind, page=1, paragraph=1, headings=headings)
