"""What stands in a DOCX and what a reader of the print sees are two things; only the second is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.drafts.damage import repair_blocks
from ingestion.drafts.docx import read_docx
from ingestion.drafts.records import FlagReason, PassageKind
from ingestion.drafts.structure import Structured, structure
from tests.draft_files import W, paragraph, write_docx

STYLES = f"""<w:styles xmlns:w="{W}">
<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="28"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Told"><w:name w:val="Told"/><w:basedOn w:val="Secret"/>
<w:rPr><w:vanish w:val="0"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Whisper"><w:name w:val="Whisper"/><w:rPr><w:sz w:val="6"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="De1"><w:name w:val="Đề mục 1"/></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Numbered"><w:name w:val="Numbered"/>
<w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
</w:styles>"""
NUMBERING = f"""<w:numbering xmlns:w="{W}">
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%3)"/></w:lvl>
<w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.%4."/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="\uf0b7"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="0"/>
<w:lvlOverride w:ilvl="1"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
</w:numbering>"""
PARTS = {"word/styles.xml": STYLES, "word/numbering.xml": NUMBERING}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, body: str, **parts: str) -> Structured:
    named = {f"word/{name}.xml": content for name, content in parts.items()}
    extract = read_docx(write_docx(folder / "thu.docx", body, parts={**PARTS, **named}), "thu.docx")
    repair_blocks(extract, "thu.docx")
    return structure(extract)


def texts(result: Structured) -> list[str]:
    return [passage.text for passage in result.passages]


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def listed(text: str, number: int, level: int) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


# --- what the print does not show -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("<w:vanish/>", FlagReason.HIDDEN),
        ('<w:vanish w:val="true"/>', FlagReason.HIDDEN),
        ('<w:color w:val="FFFFFF"/>', FlagReason.WHITE),
        ('<w:color w:val="FDFDFD"/>', FlagReason.WHITE),
        ('<w:color w:themeColor="background1"/>', FlagReason.WHITE),
        ('<w:color w:val="FFFF00"/><w:highlight w:val="yellow"/>', FlagReason.WHITE),
        ('<w:sz w:val="7"/>', FlagReason.TINY),
        ('<w:w w:val="1"/>', FlagReason.TINY),
        ('<w:rStyle w:val="Whisper"/>', FlagReason.TINY),
    ],
)
def test_text_that_the_print_does_not_show_is_flagged(folder: Path, properties: str, reason: FlagReason) -> None:
    result = read(folder, f"<w:p>{run('Thấy được. ')}{run('Không thấy.', properties)}</w:p>")

    assert texts(result) == ["Thấy được."]
    assert [(flag.text, flag.reason, flag.paragraph) for flag in result.flagged] == [("Không thấy.", reason, 1)]


@pytest.mark.parametrize(
    "properties",
    [
        '<w:vanish w:val="0"/>',
        '<w:color w:val="auto"/>',
        '<w:color w:val="808080"/>',
        '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="1F4E79"/>',
        '<w:color w:val="FFFFFF"/><w:highlight w:val="darkBlue"/>',
        '<w:color w:val="BFBFBF" w:themeColor="background1" w:themeShade="BF"/>',
        '<w:sz w:val="8"/>',
    ],
)
def test_text_that_can_be_read_is_read(folder: Path, properties: str) -> None:
    result = read(folder, f"<w:p>{run('Chữ đọc được.', properties)}</w:p>")

    assert (texts(result), result.flagged) == (["Chữ đọc được."], ())


def test_hiding_by_style_counts_and_a_style_above_it_may_undo_it(folder: Path) -> None:
    result = read(
        folder,
        paragraph("Ẩn theo kiểu.", '<w:pStyle w:val="Secret"/>') + paragraph("Lại hiện.", '<w:pStyle w:val="Told"/>'),
    )

    assert texts(result) == ["Lại hiện."]
    assert [(flag.text, flag.reason) for flag in result.flagged] == [("Ẩn theo kiểu.", FlagReason.HIDDEN)]


def test_white_on_a_dark_cell_is_read_and_a_hidden_row_is_not(folder: Path) -> None:
    dark = (
        '<w:tc><w:tcPr><w:shd w:fill="000000"/></w:tcPr>'
        + paragraph("Trắng", "", '<w:color w:val="FFFFFF"/>')
        + "</w:tc>"
    )
    plain = "<w:tc>" + paragraph("Đen") + "</w:tc>"
    hidden = "<w:tr><w:trPr><w:hidden/></w:trPr><w:tc>" + paragraph("Hàng ẩn") + "</w:tc></w:tr>"
    result = read(folder, f"<w:tbl><w:tr>{dark}{plain}</w:tr>{hidden}</w:tbl>")

    assert texts(result) == ["Trắng | Đen"]
    assert [(flag.text, flag.reason) for flag in result.flagged] == [("Hàng ẩn", FlagReason.HIDDEN)]


def test_tracked_changes_are_read_as_accepted(folder: Path) -> None:
    body = (
        "<w:p>" + run("Giữ lại, ") + f"<w:ins>{run('thêm vào')}</w:ins>"
        "<w:del><w:r><w:delText>xóa đi</w:delText></w:r></w:del>" + run(".") + "</w:p>"
    )
    extract = read_docx(write_docx(folder / "thu.docx", body), "thu.docx")

    assert [block.text for block in extract.blocks] == ["Giữ lại, thêm vào."]
    assert ["tracked changes" in message for message, _details in extract.warnings] == [True]


# --- what Word adds and where it keeps things -------------------------------------------------------------------------


def test_automatic_numbers_are_part_of_the_text(folder: Path) -> None:
    body = (
        paragraph("MỤC TIÊU", '<w:pStyle w:val="Numbered"/>')
        + listed("Mục tiêu chung", 1, 1)
        + listed("Nội dung thứ nhất;", 1, 2)
        + listed("Nội dung thứ hai.", 1, 2)
        + listed("Chi tiết của mục một.", 1, 3)
        + paragraph("NHIỆM VỤ", '<w:pStyle w:val="Numbered"/>')
        + listed("Bắt đầu lại.", 1, 1)
        + listed("Bắt đầu từ năm.", 3, 1)
        + listed("Dấu đầu dòng.", 2, 0)
    )

    assert texts(read(folder, body)) == [
        "I. MỤC TIÊU",
        "1. Mục tiêu chung",
        "a) Nội dung thứ nhất;",
        "b) Nội dung thứ hai.",
        "1.1. Chi tiết của mục một.",
        "II. NHIỆM VỤ",
        "1. Bắt đầu lại.",
        "5. Bắt đầu từ năm.",
        "- Dấu đầu dòng.",
    ]


def test_contents_are_left_out_and_vietnamese_heading_styles_known(folder: Path) -> None:
    contents = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{paragraph('MỤC LỤC')}{paragraph('Chương một 3')}</w:sdtContent></w:sdt>"
    )
    body = (
        contents
        + paragraph("Chương hai 7", '<w:pStyle w:val="TOC1"/>')
        + paragraph("Bối cảnh", '<w:pStyle w:val="De1"/>')
        + paragraph("Nội dung của chương.")
    )
    result = read(folder, body)

    assert [(p.kind, p.level, p.text, p.headings) for p in result.passages] == [
        (PassageKind.HEADING, 1, "Bối cảnh", ()),
        (PassageKind.PARAGRAPH, None, "Nội dung của chương.", ("Bối cảnh",)),
    ]


def test_text_boxes_are_read_once_and_footnotes_after_their_paragraph(folder: Path) -> None:
    box = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice><w:drawing><w:txbxContent>{paragraph('Trong khung.')}</w:txbxContent></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><w:txbxContent>{paragraph('Trong khung.')}</w:txbxContent></w:pict></mc:Fallback>"
        "</mc:AlternateContent>"
    )
    body = f"<w:p>{run('Thân bài.')}<w:r>{box}</w:r><w:r><w:footnoteReference w:id='2'/></w:r></w:p>" + paragraph(
        "Sau đó."
    )
    notes = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote w:type="separator" w:id="0">{paragraph("kẻ")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("Nguồn số liệu.")}</w:footnote></w:footnotes>'
    )

    assert texts(read(folder, body, footnotes=notes)) == ["Thân bài.", "Trong khung.", "Nguồn số liệu.", "Sau đó."]


def test_fonts_of_before_unicode_are_converted_letter_by_letter(folder: Path) -> None:
    def font(name: str) -> str:
        return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}"/>'

    body = (
        f"<w:p>{run('KÕ ho¹ch ph¸t triÓn', font('.VnTime'))}{run(' nuôi biển')}</w:p>"
        f"<w:p>{run('tØnh kiªn giang', font('.VnTimeH'))}</w:p>"
        f"<w:p>{run('Phaùt trieån du lòch bieån ñaûo', font('VNI-Times'))}</w:p>"
    )

    assert texts(read(folder, body)) == [
        "Kế hoạch phát triển nuôi biển",
        "TỈNH KIÊN GIANG",
        "Phát triển du lịch biển đảo",
    ]


# --- tables -----------------------------------------------------------------------------------------------------------


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def test_a_header_of_two_levels_and_a_row_of_numbers_are_no_rows(folder: Path) -> None:
    down, up = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    wide = '<w:gridSpan w:val="2"/>'
    body = (
        "<w:tbl>"
        f"<w:tr>{cell('TT', down)}{cell('Nhiệm vụ', down)}{cell('Kinh phí', wide)}</w:tr>"
        f"<w:tr>{cell('', up)}{cell('', up)}{cell('Trung ương')}{cell('Địa phương')}</w:tr>"
        f"<w:tr>{cell('(1)')}{cell('(2)')}{cell('(3)')}{cell('(4)')}</w:tr>"
        f"<w:tr>{cell('1')}{cell('Xây dựng bến cá')}{cell('20')}{cell('5')}</w:tr>"
        f"<w:tr>{cell('2')}{cell('Đào tạo nghề')}{cell('')}{cell('7')}</w:tr>"
        "</w:tbl>"
    )

    assert texts(read(folder, body)) == ["1 | Xây dựng bến cá | 20 | 5", "2 | Đào tạo nghề | 7"]


def test_a_frame_around_text_is_no_table(folder: Path) -> None:
    body = "<w:tbl><w:tr><w:tc>" + paragraph("Đoạn một.") + paragraph("Đoạn hai.") + "</w:tc></w:tr></w:tbl>"

    assert [(p.kind, p.text) for p in read(folder, body).passages] == [
        (PassageKind.PARAGRAPH, "Đoạn một."),
        (PassageKind.PARAGRAPH, "Đoạn hai."),
    ]


def test_recipients_and_signature_stand_side_by_side(folder: Path) -> None:
    left = "<w:tc>" + paragraph("Nơi nhận:") + paragraph("- Như trên;") + paragraph("- Lưu: VT.") + "</w:tc>"
    right = "<w:tc>" + paragraph("TM. ỦY BAN NHÂN DÂN") + paragraph("CHỦ TỊCH") + "</w:tc>"
    result = read(folder, f"<w:tbl><w:tr>{left}{right}</w:tr></w:tbl>")

    assert [(p.kind, p.text) for p in result.passages] == [
        (PassageKind.RECIPIENTS, "Nơi nhận:"),
        (PassageKind.RECIPIENTS, "- Như trên;"),
        (PassageKind.RECIPIENTS, "- Lưu: VT."),
        (PassageKind.SIGNATURE, "TM. ỦY BAN NHÂN DÂN"),
        (PassageKind.SIGNATURE, "CHỦ TỊCH"),
    ]
