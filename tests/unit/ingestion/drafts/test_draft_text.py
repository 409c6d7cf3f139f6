"""Plain text and Markdown → paragraphs; the remarks of our reference texts."""

from __future__ import annotations

import unicodedata

from ingestion.drafts.plain_text import decode, markdown_blocks, text_blocks
from ingestion.drafts.reference_texts import without_source_notes


def test_a_line_is_a_paragraph() -> None:
    blocks = text_blocks("I. MỤC TIÊU\nMột câu ngắn.\n\n\nDân số\n\nNăm 2017, dân số trung bình là 1.674.400 người.\n")

    assert [(block.text, block.stands_alone) for block in blocks] == [
        ("I. MỤC TIÊU", False),
        ("Một câu ngắn.", False),
        ("Dân số", True),
        ("Năm 2017, dân số trung bình là 1.674.400 người.", True),
    ]


def test_lines_broken_by_hand_are_joined() -> None:
    wrapped = (
        "KẾ HOẠCH\n"
        "Ủy ban nhân dân tỉnh ban hành Kế hoạch phát triển nuôi biển theo hướng\n"
        "bền vững trên địa bàn tỉnh đến năm 2030 với những nội dung chính như sau,\n"
        "trong đó ưu tiên các xã đảo.\n"
        "- Triển khai thực hiện đồng bộ, có hiệu quả Đề án trên cơ sở các nguồn lực\n"
        "phát triển nuôi biển của tỉnh.\n"
        "\n"
        "Các sở, ban, ngành căn cứ chức năng, nhiệm vụ được giao tổ chức thực hiện và\n"
        "báo cáo kết quả.\n"
    )

    assert [block.text[:24] for block in text_blocks(wrapped)] == [
        "KẾ HOẠCH",
        "Ủy ban nhân dân tỉnh ban",
        "- Triển khai thực hiện đ",
        "Các sở, ban, ngành căn c",
    ]


def test_marks_of_markdown_are_taken_off() -> None:
    blocks = markdown_blocks(
        "# Kế hoạch **nuôi biển**\n\n<!-- ghi chú -->\n## 1. Mục tiêu\n"
        "Đến năm *2030*, xem [phụ lục](http://x).\n\n"
        "| TT | Nhiệm vụ |\n|---|:---:|\n| 1 | Trại giống |\n\n\\- Gạch đầu dòng\n"
    )

    assert [(block.text, block.level, block.cells) for block in blocks] == [
        ("Kế hoạch nuôi biển", 1, None),
        ("1. Mục tiêu", 2, None),
        ("Đến năm 2030, xem phụ lục.", None, None),
        ("1 | Trại giống", None, ("1", "Trại giống")),
        ("- Gạch đầu dòng", None, None),
    ]


def test_old_code_pages_are_told_apart() -> None:
    text = "Kế hoạch phát triển du lịch"
    windows = text
    for composed, parts in (("ế", "ê\u0301"), ("ạ", "a\u0323"), ("ể", "ê\u0309"), ("ị", "i\u0323")):
        windows = windows.replace(composed, parts)

    assert unicodedata.normalize("NFC", decode(windows.encode("cp1258"))) == text
    assert decode("Kế hoạch bị hỏng một byte".encode() * 20 + b"\xff").startswith("Kế hoạch bị hỏng một byte")


def test_source_notes_and_remarks_are_left_out() -> None:
    text = (
        "Kế hoạch 123/KH-UBND [phần đầu văn bản] — nguồn: kho lưu (480514)\n\n"
        "KẾ HOẠCH\n\nI. MỤC TIÊU\n[Mục tiêu — theo trang khác]\n"
        "[1] Hiện nay có 12.239 người.\n[hết phần trích lưu được]\n"
    )

    assert without_source_notes(text) == "KẾ HOẠCH\n\nI. MỤC TIÊU\n\n[1] Hiện nay có 12.239 người.\n"
    assert without_source_notes("KẾ HOẠCH\n\nI. MỤC TIÊU\n") == "KẾ HOẠCH\n\nI. MỤC TIÊU\n"
