"""PDF with a text layer: pages → lines → paragraphs and table rows."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingestion.drafts.archives import CUT_OFF_MESSAGE, PASSWORD_MESSAGE
from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.cleaning import letters_only
from ingestion.drafts.pdf_layout import PageLayout, drop_contents, drop_running_lines, page_blocks
from ingestion.drafts.pdf_lines import joined, lines_of
from ingestion.drafts.pdf_page import PICTURE_PAGE, PdfPage, read_page
from ingestion.drafts.pdf_tables import take_tables
from ingestion.drafts.records import DraftProblem, FlagReason, UnreadableDraftError
from ingestion.records import N_

PAGES_MAX = 2000
SCANNED_CHARS = 30  # fewer visible characters than this on a page of pictures: nobody typed it
ENDING_BYTES = 4096

SCAN_MESSAGE = N_(
    "“%(file)s” is a scan: its %(pages)d pages are pictures without text. Read it with OCR (option --ocr), "
    "or send the DOCX or PDF it was printed from."
)
NO_TEXT_MESSAGE = N_(
    "“%(file)s” holds no text. If its letters are drawings, read it with OCR (option --ocr); "
    "otherwise send the right file."
)
TOO_MANY_PAGES_MESSAGE = N_(
    "“%(file)s” has %(pages)d pages; at most %(limit)d are read. Send the draft without its annexes."
)
SCANNED_PAGES_WARNING = N_(
    "“%(file)s”: %(count)d pages are pictures without text and were not read (%(pages)s). "
    "Read the file with OCR (option --ocr) to include them."
)
RECOGNISED_WARNING = N_(
    "The text of “%(file)s” was recognised from pictures (OCR) and may hold errors. Check names and figures against "
    "the original."
)


def open_pdf(path: Path, name: str) -> pdfium.PdfDocument:
    """Raises UnreadableDraftError for a password, for damage and for a file that breaks off."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise UnreadableDraftError(DraftProblem.ENCRYPTED, PASSWORD_MESSAGE, file=name) from error
        raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name) from error
    # PDFium rebuilds a file that breaks off from the pages it finds; the rest would be missing without a word.
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - ENDING_BYTES))
        if b"%%EOF" not in file.read():
            raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name)
    page_count = len(document)
    if page_count == 0:
        raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name)
    if page_count > PAGES_MAX:
        raise UnreadableDraftError(
            DraftProblem.TOO_LARGE, TOO_MANY_PAGES_MESSAGE, file=name, pages=page_count, limit=PAGES_MAX
        )
    return document


def read_pdf(path: Path, name: str) -> Extract:
    """Raises UnreadableDraftError, with the offer of OCR, when half of the pages or more are pictures."""
    document = open_pdf(path, name)
    extract, scanned = read_pages(document, name)
    document.close()
    if len(scanned) * 2 >= (extract.page_count or 1):
        raise UnreadableDraftError(DraftProblem.SCAN, SCAN_MESSAGE, file=name, pages=len(scanned))
    if not any(block.text or block.flags for block in extract.blocks):
        raise UnreadableDraftError(DraftProblem.NO_TEXT, NO_TEXT_MESSAGE, file=name)
    if scanned:
        pages = ", ".join(map(str, scanned[:20])) + ("…" if len(scanned) > 20 else "")
        extract.warnings.append((SCANNED_PAGES_WARNING, {"file": name, "count": len(scanned), "pages": pages}))
    return extract


def read_pages(document: pdfium.PdfDocument, name: str) -> tuple[Extract, list[int]]:
    """What is written, and the pages that are pictures without text."""
    layouts: list[PageLayout] = []
    scanned: list[int] = []
    recognised = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError as error:
            raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name) from error
        read = read_page(page, index + 1)
        page.close()
        if len(read.chars) < SCANNED_CHARS and read.picture_share >= PICTURE_PAGE:
            scanned.append(index + 1)
        recognised += read.is_recognised and len(read.chars) >= SCANNED_CHARS
        layouts.append(_layout(read))
    drop_running_lines(layouts)
    drop_contents(layouts)
    extract = Extract(blocks=page_blocks(layouts), has_styles=True, page_count=len(layouts))
    _apply_bookmarks(document, extract.blocks)
    if recognised:
        extract.warnings.append((RECOGNISED_WARNING, {"file": name}))
    return extract, scanned


def _layout(page: PdfPage) -> PageLayout:
    tables, outside = take_tables(page)
    flags: list[tuple[str, FlagReason]] = []
    for reason in (FlagReason.HIDDEN, FlagReason.WHITE, FlagReason.TINY):
        chars = [char for char, why in page.unseen if why is reason]
        if chars and (text := joined(lines_of(chars))):
            flags.append((text, reason))
    return PageLayout(
        number=page.number,
        width=page.width,
        height=page.height,
        lines=lines_of(outside),
        tables=tables,
        flags=flags,
    )


def _apply_bookmarks(document: pdfium.PdfDocument, blocks: list[Block]) -> None:
    """Bookmarks name headings and their level; each is looked for on its page and the next, by its letters."""
    by_page: dict[int, list[Block]] = {}
    for block in blocks:
        if block.page is not None and block.cells is None:
            by_page.setdefault(block.page, []).append(block)
    for bookmark in document.get_toc(max_depth=8):
        destination = bookmark.get_dest()
        page_index = None if destination is None else destination.get_index()
        wanted = letters_only(bookmark.get_title())
        if page_index is None or len(wanted) < 3:
            continue
        for block in by_page.get(page_index + 1, []) + by_page.get(page_index + 2, []):
            have = letters_only(block.text)
            is_same = have == wanted or (have.startswith(wanted) and len(have) <= max(len(wanted) + 3, 400))
            if not is_same and wanted.startswith(have) and len(have) >= 0.8 * len(wanted):
                is_same = True  # a footnote sign that the bookmark kept
            if is_same and (len(have) <= len(wanted) + 3 or len(wanted) >= 40) and len(block.text) <= 500:
                block.level = bookmark.level + 1
                break
