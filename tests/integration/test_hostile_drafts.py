"""Drafts made to break the reader, or that merely might: each ends in a reading or in a reason, never in harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import psutil
import pypdfium2 as pdfium
import pytest

from ingestion.drafts import (
    DraftProblem,
    DraftReading,
    FlagReason,
    Limits,
    PassageKind,
    UnreadableDraftError,
    read_draft,
)
from tests.draft_files import paragraph, pdf_text, write_docx, write_pdf

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "service" / "demo" / "drafts"
BAD = ROOT / "tests" / "data" / "drafts"
SENTENCE = "Ủy ban nhân dân tỉnh ban hành kế hoạch phát triển nuôi biển theo hướng bền vững, số "


def refused(path: Path, limits: Limits = Limits()) -> UnreadableDraftError:  # noqa: B008 - frozen
    with pytest.raises(UnreadableDraftError) as caught:
        read_draft(path, limits=limits)
    assert path.name in str(caught.value)
    return caught.value


def texts(reading: DraftReading) -> list[str]:
    return [passage.text for passage in reading.passages]


@pytest.fixture(scope="module")
def many_paragraphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    body = "".join(paragraph(f"{SENTENCE}{number}") for number in range(100_000))
    return write_docx(tmp_path_factory.mktemp("drafts") / "100000-doan.docx", body)


# --- time, memory and death -------------------------------------------------------------------------------------------


def test_a_hundred_thousand_paragraphs_are_read(many_paragraphs: Path) -> None:
    reading = read_draft(many_paragraphs)

    assert len(reading.passages) == 100_000
    assert reading.passages[-1].text == f"{SENTENCE}99999"
    assert (reading.passages[-1].ordinal, reading.passages[-1].paragraph) == (99_999, 100_000)


@pytest.mark.parametrize("megabytes", [60, 120])
def test_a_draft_that_needs_too_much_memory_is_given_up(many_paragraphs: Path, megabytes: int) -> None:
    error = refused(many_paragraphs, Limits(memory_bytes=megabytes << 20))

    assert error.problem is DraftProblem.TIMED_OUT
    assert f"needs more than {megabytes} MB of memory" in str(error)


def test_a_draft_that_takes_too_long_is_given_up(many_paragraphs: Path) -> None:
    error = refused(many_paragraphs, Limits(seconds=1))

    assert error.problem is DraftProblem.TIMED_OUT
    assert "took longer than 1 seconds" in str(error)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_child_does_no_harm(many_paragraphs: Path, ending: signal.Signals) -> None:
    seen: list[UnreadableDraftError] = []

    def read() -> None:
        with pytest.raises(UnreadableDraftError) as caught:
            read_draft(many_paragraphs)
        seen.append(caught.value)

    reader = threading.Thread(target=read)
    reader.start()
    os.kill(wait_for(reading_child).pid, ending)
    reader.join(timeout=30)

    assert [(error.problem, error.details["signal"]) for error in seen] == [(DraftProblem.TIMED_OUT, ending)]
    assert children() == []
    assert texts(read_draft(DEMO / "123-kh-ubnd-2021-nuoi-bien.docx"))[0] == "ỦY BAN NHÂN DÂN"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_the_child_ends_with_its_parent(many_paragraphs: Path, tmp_path: Path, ending: signal.Signals) -> None:
    code = (
        f"from pathlib import Path; from ingestion.drafts import read_draft; read_draft(Path({str(many_paragraphs)!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    child = wait_for(lambda: reading_child(psutil.Process(process.pid)))

    process.send_signal(ending)
    process.wait(timeout=30)

    gone, _alive = psutil.wait_procs([child], timeout=10)
    assert gone == [child] or child.status() == psutil.STATUS_ZOMBIE
    if ending is signal.SIGINT:
        assert list(tmp_path.iterdir()) == []


def children(of: psutil.Process | None = None) -> list[psutil.Process]:
    found = []
    for process in (of or psutil.Process()).children(recursive=True):
        try:
            if "ingestion.drafts.child" in process.cmdline():
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def reading_child(of: psutil.Process | None = None) -> psutil.Process | None:
    """The child once it is past its start and busy with the file."""
    for process in children(of):
        try:
            if process.memory_info().rss > 60 << 20:
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def wait_for(find: Callable[[], psutil.Process | None]) -> psutil.Process:
    for _ in range(2000):
        if (found := find()) is not None:
            return found
        time.sleep(0.005)
    pytest.fail("the child never came")


def test_the_parent_loads_no_parser_and_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile; from pathlib import Path; from ingestion.drafts import read_draft;"
        f"tempfile.tempdir = {str(tmp_path)!r};"
        f"read_draft(Path({str(DEMO / '03-nq-cp-2025.pdf')!r}));"
        "print([m for m in ('docx', 'lxml', 'pypdfium2', 'pdfplumber', 'puremagic', 'ftfy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


# --- hostile packages -------------------------------------------------------------------------------------------------


def test_entities_are_refused(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(10))
    bomb = write_docx(
        tmp_path / "cuoi.docx", paragraph("&k;"), prolog=f'<!DOCTYPE w:document [<!ENTITY a "ha">{laughs}]>'
    )
    thief = write_docx(
        tmp_path / "trom.docx",
        paragraph("&x;"),
        prolog='<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    )

    for path in (bomb, thief):
        error = refused(path)
        assert error.problem is DraftProblem.DAMAGED
        assert "can be used for an attack" in str(error)


def test_a_workbook_named_docx_is_called_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "danh-sach.docx"
    path.write_bytes((ROOT / "service" / "demo" / "rosters" / "tri-thuc-xa-que-2025.xlsx").read_bytes())

    error = refused(path)

    assert error.problem is DraftProblem.NOT_WHAT_IT_SAYS
    assert "is not a DOCX file: its content is Excel (XLSX)" in str(error)


def test_a_bomb_inside_a_package_is_found_before_it_is_opened(tmp_path: Path) -> None:
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("zeros", b"0" * (120 << 20))
    path = write_docx(tmp_path / "long.docx", paragraph("Kế hoạch"))
    with zipfile.ZipFile(path, "a") as package:
        package.write(inner, "word/embeddings/phu-luc.zip")

    assert refused(path).problem is DraftProblem.BOMB


def test_members_that_overlap_are_a_bomb(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "chong.docx", paragraph("Kế hoạch phát triển du lịch biển đảo của tỉnh " * 200))
    with zipfile.ZipFile(path, "a") as package:
        member = package.getinfo("word/document.xml")
        for number in range(400):  # entries of the directory that all point at one member
            copy = zipfile.ZipInfo(f"word/{number}.xml")
            for attribute in ("header_offset", "compress_type", "CRC", "compress_size", "file_size", "flag_bits"):
                setattr(copy, attribute, getattr(member, attribute))
            package.filelist.append(copy)
        package._didModify = True  # type: ignore[attr-defined]

    assert refused(path).problem is DraftProblem.BOMB


@pytest.mark.parametrize(("levels", "is_read"), [(30, True), (300, False)])
def test_tables_in_tables_in_tables(tmp_path: Path, levels: int, is_read: bool) -> None:
    body = "<w:tbl><w:tr><w:tc>" * levels + paragraph("trong cùng") + "</w:tc></w:tr></w:tbl>" * levels
    path = write_docx(tmp_path / "long-nhau.docx", body)

    if is_read:
        assert texts(read_draft(path)) == ["trong cùng"]
    else:
        assert refused(path).problem is DraftProblem.DAMAGED


def test_noise_behind_a_known_beginning_is_damaged(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 50
    for name, start in (("a.pdf", b"%PDF-1.7\n"), ("b.docx", b"PK\x03\x04"), ("c.pdf", b"%PDF-1.7\n%%EOF")):
        path = tmp_path / name
        path.write_bytes(start + noise)
        assert refused(path).problem is DraftProblem.DAMAGED


def test_pictures_are_named_for_what_they_are(tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50
    for name, problem in (("anh.docx", DraftProblem.NOT_WHAT_IT_SAYS), ("anh.png", DraftProblem.UNSUPPORTED)):
        path = tmp_path / name
        path.write_bytes(png)
        error = refused(path)
        assert (error.problem, error.details["found"]) == (problem, "PNG")


def test_a_renamed_draft_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "ke-hoach.pdf"
    path.write_bytes((DEMO / "123-kh-ubnd-2021-nuoi-bien.docx").read_bytes())

    reading = read_draft(path)

    assert reading.document_number == "123/KH-UBND"
    assert reading.warnings[0][1] == {"file": "ke-hoach.pdf", "found": "DOCX"}


# --- PDF --------------------------------------------------------------------------------------------------------------


def test_three_hundred_pages_are_read(tmp_path: Path) -> None:
    words = ("fishing", "farming", "harbour", "training", "nursery", "seaweed", "oyster")
    pages = [
        pdf_text(
            [f"The {words[page % 7]} {words[line % 7]} text of line {line} on page {page}." for line in range(30)],
            top=700,
        )
        for page in range(1, 301)
    ]

    reading = read_draft(write_pdf(tmp_path / "300.pdf", pages))

    assert reading.page_count == 300
    assert sorted({passage.page for passage in reading.passages if passage.page}) == list(range(1, 301))
    assert sum("text of line 29 on page" in text for text in texts(reading)) == 300


def test_a_wrong_cross_reference_is_mended(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "lech.pdf", [pdf_text(["A plan for the sea and its people"])], offset=-200)

    assert texts(read_draft(path)) == ["A plan for the sea and its people"]


def test_invisible_white_tiny_and_outlying_text_of_a_pdf_is_flagged(tmp_path: Path) -> None:
    content = (
        pdf_text(["This line is printed"])
        + "3 Tr\n"
        + pdf_text(["Never drawn"], top=700)
        + "0 Tr 1 1 1 rg\n"
        + pdf_text(["White on white"], top=650)
        + "0 0 0 rg\n"
        + pdf_text(["Two points high"], top=600, size=2)
        + pdf_text(["Above the page"], top=900)
        + "0 0 0.5 rg 60 480 300 40 re f 1 1 1 rg\n"
        + pdf_text(["White on blue is read"], top=500)
    )

    reading = read_draft(write_pdf(tmp_path / "an.pdf", [content]))

    assert texts(reading) == ["This line is printed", "White on blue is read"]
    assert {(flag.text, flag.reason, flag.page) for flag in reading.flagged} == {
        ("Above the page Never drawn", FlagReason.HIDDEN, 1),
        ("White on white", FlagReason.WHITE, 1),
        ("Two points high", FlagReason.TINY, 1),
    }


@pytest.mark.parametrize("rotate", [0, 90, 270])
def test_a_turned_page_is_read_along_its_lines(tmp_path: Path, rotate: int) -> None:
    content = "BT /F1 12 Tf 0 1 -1 0 100 72 Tm (Turned text is read along) Tj 0 1 -1 0 116 72 Tm (its own lines.) Tj ET"

    reading = read_draft(write_pdf(tmp_path / "xoay.pdf", [content], rotate=rotate))

    assert texts(reading) == ["Turned text is read along its own lines."]


@pytest.fixture
def half_scanned(tmp_path: Path) -> Path:
    """Three pages with text and one that is a picture."""
    path = tmp_path / "lan.pdf"
    whole = pdfium.PdfDocument.new()
    whole.import_pages(pdfium.PdfDocument(DEMO / "de-an-do-thi-thong-minh.pdf"), [2, 3, 4])
    whole.import_pages(pdfium.PdfDocument(BAD / "177-kh-ubnd-2020-ban-quet.pdf"), [0])
    whole.save(path)
    return path


def test_a_picture_among_pages_of_text_is_named(half_scanned: Path) -> None:
    reading = read_draft(half_scanned)

    assert {passage.page for passage in reading.passages} == {1, 2, 3}
    assert [details for _message, details in reading.warnings] == [{"file": "lan.pdf", "count": 1, "pages": "4"}]


@pytest.mark.needs("tesseract")
def test_a_picture_among_pages_of_text_is_read_with_ocr(half_scanned: Path) -> None:
    reading = read_draft(half_scanned, ocr=True)

    assert {passage.page for passage in reading.passages} == {1, 2, 3, 4}
    assert [text for text in texts(reading) if "rác thải nhựa" in text] != []
    assert texts(reading)[:2] == texts(read_draft(half_scanned))[:2]


def test_a_page_of_drawings_holds_no_text(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "ve.pdf", ["0 0 0 RG 72 72 m 300 300 l S"])

    assert refused(path).problem is DraftProblem.NO_TEXT


# --- small and odd drafts ---------------------------------------------------------------------------------------------


def test_one_sentence_is_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "mot-cau.txt"
    path.write_text("Một câu duy nhất về nuôi biển.", encoding="utf-8")

    reading = read_draft(path)

    assert [(p.text, p.kind, p.page) for p in reading.passages] == [
        ("Một câu duy nhất về nuôi biển.", PassageKind.PARAGRAPH, None)
    ]
    assert (reading.title, reading.warnings) == (None, ())


def test_an_english_draft_is_read_and_named_as_foreign(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text("This plan sets out measures to develop marine aquaculture in the province. " * 5, encoding="utf-8")

    reading = read_draft(path)

    assert len(reading.passages) == 1
    assert ["Vietnamese" in message for message, _details in reading.warnings] == [True]


def test_blank_text_holds_no_words(tmp_path: Path) -> None:
    path = tmp_path / "trang.txt"
    path.write_text(" \n\n\t---\n", encoding="utf-8")

    assert refused(path).problem is DraftProblem.NO_TEXT


def test_nul_and_direction_marks_do_not_reach_a_passage(tmp_path: Path) -> None:
    text = tmp_path / "nul.txt"
    text.write_bytes("Kế hoạch\x00 phát triển\x00 du lịch biển đảo.".encode())
    turned = write_docx(tmp_path / "nguoc.docx", paragraph("Kế hoạch \u202eabc\u202c nuôi\u200b biển\ufeff."))

    assert texts(read_draft(text)) == ["Kế hoạch phát triển du lịch biển đảo."]
    assert texts(read_draft(turned)) == ["Kế hoạch abc nuôi biển."]


TOURISM = "Kế hoạch phát triển du lịch biển đảo tỉnh Kiên Giang, giai đoạn 2021-2025."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ma.txt"
    path.write_bytes(TOURISM.encode(encoding))

    assert texts(read_draft(path)) == [TOURISM]


def test_a_draft_made_by_word_tools_keeps_its_numbers(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Mục tiêu", style="List Number")
    document.add_paragraph("Nhiệm vụ", style="List Number")
    document.add_paragraph("Tuyên truyền", style="List Bullet")
    path = tmp_path / "tu-dong.docx"
    document.save(str(path))

    assert texts(read_draft(path)) == ["1. Mục tiêu", "2. Nhiệm vụ", "- Tuyên truyền"]
