"""From paragraphs to passages: headings and their level, title, letterhead, annexes, recipients, signature."""

from __future__ import annotations

import pytest

from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.headings import Shape, shape_of
from ingestion.drafts.records import PassageKind
from ingestion.drafts.structure import Structured, structure

TITLE, HEADING, LIST_ITEM = PassageKind.TITLE, PassageKind.HEADING, PassageKind.LIST_ITEM
PARAGRAPH, LETTERHEAD = PassageKind.PARAGRAPH, PassageKind.LETTERHEAD


def plain(*texts: str) -> Structured:
    return structure(Extract(blocks=[Block(text=text) for text in texts], has_styles=False))


def styled(*blocks: Block) -> Structured:
    return structure(Extract(blocks=list(blocks), has_styles=True))


def bold(text: str) -> Block:
    return Block(text=text, is_bold=True)


def centred(text: str) -> Block:
    return Block(text=text, is_bold=True, is_centred=True)


def kinds(result: Structured) -> list[tuple[PassageKind, str]]:
    return [(passage.kind, passage.text) for passage in result.passages]


def levels(result: Structured) -> list[tuple[int | None, str]]:
    return [(passage.level, passage.text) for passage in result.passages if passage.kind is HEADING]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Phần thứ nhất. TÌNH HÌNH", Shape.PART),
        ("CHƯƠNG II", Shape.CHAPTER),
        ("Mục 3. Kinh phí", Shape.SECTION),
        ("Điều 12. Hiệu lực", Shape.ARTICLE),
        ("A. Mở đầu", Shape.LETTER),
        ("IV. GIẢI PHÁP", Shape.ROMAN),
        ("V - KINH PHÍ", Shape.ROMAN),
        ("10. UBND các huyện", Shape.ARABIC),
        ("2.1. Mục tiêu", Shape.DECIMAL_2),
        ("2.1.3 Chỉ tiêu", Shape.DECIMAL_3),
        ("Nhóm 2: Đẩy mạnh", Shape.GROUP),
        ("đ) Tăng tỷ lệ", Shape.ALPHA),
        ("(3) Tăng cường", Shape.ALPHA),
        ("1.056.000 người", None),
        ("2021-2025", None),
        ("57-NQ/TW", None),
        ("Dân số", None),
        ("Việt Nam", None),
    ],
)
def test_numbers_of_headings_are_known(text: str, shape: Shape | None) -> None:
    assert shape_of(text) == shape


def test_a_plain_text_plan() -> None:
    result = plain(
        "ỦY BAN NHÂN DÂN",
        "TỈNH KIÊN GIANG",
        "-------",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 46/KH-UBND",
        "Kiên Giang, ngày 21 tháng 03 năm 2019",
        "KẾ HOẠCH",
        "HÀNH ĐỘNG PHÁT TRIỂN NGÀNH TÔM",
        "Thực hiện Quyết định số 79/QĐ-TTg ngày 18/01/2018 của Thủ tướng Chính phủ;",
        "I. MỤC TIÊU",
        "1. Mục tiêu tổng quát",
        "- Ứng dụng quy trình kỹ thuật tiên tiến.",
        "2. Nâng cao năng suất, chất lượng và hiệu quả của nghề nuôi tôm nước lợ trên địa bàn tỉnh.",
    )

    assert (result.title, result.document_number) == ("Kế hoạch hành động phát triển ngành tôm", "46/KH-UBND")
    assert [kind for kind, _text in kinds(result)] == [
        *[LETTERHEAD] * 6,
        TITLE,
        TITLE,
        PARAGRAPH,
        HEADING,
        HEADING,
        LIST_ITEM,
        LIST_ITEM,
    ]
    assert result.passages[-1].headings == ("I. MỤC TIÊU", "1. Mục tiêu tổng quát")
    assert [p.ordinal for p in result.passages] == list(range(13))
    assert result.passages[-1].paragraph == 14  # the rule under the letterhead is a paragraph too


def test_levels_follow_the_numbers() -> None:
    result = styled(
        bold("PHẦN I"),
        bold("A. Bối cảnh"),
        bold("I. Tình hình"),
        bold("1. Trong nước"),
        bold("1.1. Miền Tây"),
        bold("a) Kết quả"),
        bold("2. Ngoài nước"),
        bold("II. Nguyên nhân"),
        bold("B. Mục tiêu"),
        bold("PHẦN II"),
    )

    assert [level for level, _text in levels(result)] == [1, 2, 3, 4, 5, 6, 4, 3, 2, 1]


def test_a_styled_heading_teaches_its_number_to_those_without_style() -> None:
    result = styled(
        Block(text="I. MỤC TIÊU", level=1),
        Block(text="1. Chung", level=2),
        Block(text="Nhóm 1: Hạ tầng", level=2),
        bold("2. Riêng"),
        bold("II. NHIỆM VỤ"),
    )

    assert levels(result) == [
        (1, "I. MỤC TIÊU"),
        (2, "1. Chung"),
        (2, "Nhóm 1: Hạ tầng"),
        (2, "2. Riêng"),
        (1, "II. NHIỆM VỤ"),
    ]


def test_numbered_sentences_are_list_items_where_bold_is_known() -> None:
    result = styled(bold("I. MỤC TIÊU"), Block(text="1. Tổ chức thể chế hóa các quan điểm"))

    assert kinds(result) == [(HEADING, "I. MỤC TIÊU"), (LIST_ITEM, "1. Tổ chức thể chế hóa các quan điểm")]


def test_a_cover_and_a_draft_mark() -> None:
    result = styled(
        centred("ỦY BAN NHÂN DÂN TỈNH BẮC GIANG"),
        Block(text="DỰ THẢO", is_centred=True),
        centred("ĐỀ ÁN"),
        centred("XÂY DỰNG ĐÔ THỊ THÔNG MINH"),
        bold("I. HIỆN TRẠNG"),
    )

    assert result.title == "Đề án xây dựng đô thị thông minh"
    assert [kind for kind, _text in kinds(result)] == [LETTERHEAD, LETTERHEAD, TITLE, TITLE, HEADING]


def test_a_draft_resolution_with_articles() -> None:
    result = styled(
        centred("DỰ THẢO NGHỊ QUYẾT"),
        centred("Quy định chính sách hỗ trợ nuôi biển"),
        centred("HỘI ĐỒNG NHÂN DÂN"),
        Block(text="Căn cứ Luật Tổ chức chính quyền địa phương;"),
        centred("QUYẾT NGHỊ:"),
        bold("Chương I"),
        centred("QUY ĐỊNH CHUNG"),
        bold("Điều 1. Phạm vi điều chỉnh"),
        Block(text="Nghị quyết này quy định chính sách hỗ trợ."),
        Block(text="Điều 2. Nghị quyết này có hiệu lực thi hành kể từ ngày ký."),
    )

    assert result.title == "Dự thảo nghị quyết quy định chính sách hỗ trợ nuôi biển"
    assert levels(result) == [(1, "Chương I. QUY ĐỊNH CHUNG"), (2, "Điều 1. Phạm vi điều chỉnh")]
    assert result.passages[-2].headings == ("Chương I. QUY ĐỊNH CHUNG", "Điều 1. Phạm vi điều chỉnh")
    assert result.passages[-1].kind is PARAGRAPH


def test_an_official_letter_has_its_subject_for_title() -> None:
    result = plain(
        "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
        "Số: 12/SKHCN-QLKH",
        "V/v góp ý dự thảo Đề án nuôi biển",
        "Kính gửi: Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh.",
        "Sở Khoa học và Công nghệ đề nghị quý Liên hiệp góp ý.",
    )

    assert (result.title, result.document_number) == ("Góp ý dự thảo Đề án nuôi biển", "12/SKHCN-QLKH")
    assert [kind for kind, _text in kinds(result)][2:] == [LETTERHEAD, PassageKind.RECIPIENTS, PARAGRAPH]


def test_recipients_end_with_the_file_copy_and_the_signature_is_not_body() -> None:
    result = plain(
        "I. TỔ CHỨC THỰC HIỆN",
        "Các sở, ban, ngành triển khai thực hiện Kế hoạch này./.",
        "Nơi nhận:",
        "- Như trên;",
        "- Các Vụ, Cục,",
        "đơn vị trực thuộc;",
        "- Lưu: VT.",
        "TM. ỦY BAN NHÂN DÂN",
        "CHỦ TỊCH",
        "PHỤ LỤC I",
        "DANH MỤC NHIỆM VỤ",
        "(Kèm theo Kế hoạch số 1/KH-UBND)",
        "Xây dựng trung tâm giống hải sản.",
    )

    assert [kind for kind, _text in kinds(result)] == [
        HEADING,
        PARAGRAPH,
        *[PassageKind.RECIPIENTS] * 5,
        *[PassageKind.SIGNATURE] * 2,
        HEADING,
        LETTERHEAD,
        PARAGRAPH,
    ]
    annex = "PHỤ LỤC I. DANH MỤC NHIỆM VỤ"
    assert [(p.text, p.annex, p.headings) for p in result.passages[-3:]] == [
        (annex, annex, ()),
        ("(Kèm theo Kế hoạch số 1/KH-UBND)", annex, (annex,)),
        ("Xây dựng trung tâm giống hải sản.", annex, (annex,)),
    ]


def test_a_sentence_about_an_annex_is_no_annex() -> None:
    result = plain("Phụ lục I kèm theo Kế hoạch này nêu rõ nhiệm vụ của từng cơ quan, đơn vị;")

    assert result.passages[0].kind is PARAGRAPH
    assert result.passages[0].annex is None


def test_flagged_text_keeps_its_place_and_gives_no_passage() -> None:
    from ingestion.drafts.records import FlagReason

    hidden = Block(text="", page=2, flags=[("chữ ẩn", FlagReason.HIDDEN)])
    result = styled(Block(text="Đoạn một.", page=1), hidden, Block(text="Đoạn hai.", page=2))

    assert [(p.text, p.paragraph) for p in result.passages] == [("Đoạn một.", 1), ("Đoạn hai.", 3)]
    assert [(f.text, f.page, f.paragraph) for f in result.flagged] == [("chữ ẩn", 2, 2)]


def test_a_title_in_capitals_is_written_as_the_body_writes_its_words() -> None:
    result = plain(
        "KẾ HOẠCH",
        "THỰC HIỆN CHƯƠNG TRÌNH HÀNH ĐỘNG SỐ 52-CTR/TU CỦA TỈNH ỦY KIÊN GIANG VỀ ĐỘI NGŨ TRÍ THỨC",
        "Căn cứ Chương trình hành động số 52-CTr/TU ngày 19/3/2024 của Tỉnh ủy Kiên Giang về đội ngũ trí thức;",
        "Ủy ban nhân dân tỉnh Kiên Giang thực hiện đồng bộ các nhiệm vụ sau.",
    )

    assert result.title == (
        "Kế hoạch thực hiện Chương trình hành động số 52-CTr/TU của Tỉnh ủy Kiên Giang về đội ngũ trí thức"
    )


def test_a_paper_that_lost_its_title_is_named_by_what_it_issues() -> None:
    result = plain(
        "ỦY BAN NHÂN DÂN TỈNH BẾN TRE",
        "Căn cứ Quyết định số 1662/QĐ-TTg;",
        "Ủy ban nhân dân tỉnh ban hành Kế hoạch bảo vệ và phát triển rừng vùng ven biển, với các nội dung sau:",
    )

    assert result.title == "Kế hoạch bảo vệ và phát triển rừng vùng ven biển"
