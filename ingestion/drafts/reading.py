"""One draft, read in the process it is called in; `reader` runs this in a child process."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ingestion.drafts.blocks import Extract
from ingestion.drafts.cleaning import letters_only
from ingestion.drafts.damage import repair_blocks
from ingestion.drafts.formats import MEDIA_TYPES, NEEDS_CONVERSION, RENAMED_WARNING, Format, sniff
from ingestion.drafts.messages import Outcome, Task
from ingestion.drafts.records import (
    DraftPassage,
    DraftProblem,
    FlaggedText,
    FlagReason,
    PassageKind,
    UnreadableDraftError,
)
from ingestion.drafts.structure import structure
from ingestion.drafts.syllables import impossible_words, marked_words, words
from ingestion.records import N_

UNSEEN_WARNING = N_(
    "“%(file)s” holds %(count)d pieces of text that a reader of the print would not see (hidden, white or tiny). "
    "They are shown to staff and used for nothing."
)
NOT_VIETNAMESE_WARNING = N_("“%(file)s” does not seem to be written in Vietnamese. Check that it is the right draft.")
NOTHING_MESSAGE = N_("“%(file)s” holds no readable text. Check that it is the right file.")
HEADING_NUMBER = re.compile(r"^[-–+*•]\s*|^(?:[IVX]+|\d+(?:\.\d+)*|[A-Za-zđĐ])[.)]\s*")


def read(task: Task) -> Outcome:
    path = Path(task.path)
    sniffed = sniff(path, task.name if task.media_type is None else path.name)
    if sniffed.format in NEEDS_CONVERSION:
        return Outcome(needs_conversion=sniffed.format.value, media_type=MEDIA_TYPES[sniffed.format])
    extract = _extract(task, path, sniffed.format)
    repair_blocks(extract, task.name)
    result = structure(extract)
    body = [passage for passage in result.passages if any(char.isalpha() for char in passage.text)]
    if not body and not result.flagged:
        raise UnreadableDraftError(DraftProblem.NO_TEXT, NOTHING_MESSAGE, file=task.name)
    if sniffed.is_renamed and task.media_type is None:
        extract.warnings.insert(0, (RENAMED_WARNING, {"file": task.name, "found": sniffed.format.value.upper()}))
    unseen = sum(flag.reason is not FlagReason.BROKEN_ENCODING for flag in result.flagged)
    if unseen:
        extract.warnings.append((UNSEEN_WARNING, {"file": task.name, "count": unseen}))
    if body and not _is_vietnamese(result.passages):
        extract.warnings.append((NOT_VIETNAMESE_WARNING, {"file": task.name}))
    return Outcome(
        is_docx=sniffed.format is Format.DOCX,
        media_type=task.media_type or MEDIA_TYPES[sniffed.format],
        title=result.title,
        document_number=result.document_number,
        page_count=extract.page_count,
        passages=result.passages,
        flagged=result.flagged,
        warnings=tuple(extract.warnings),
    )


def _extract(task: Task, path: Path, found: Format) -> Extract:
    # One parser per file: the others are not loaded.
    if found is Format.DOCX:
        from ingestion.drafts.docx import read_docx

        return read_docx(path, task.name)
    if found is Format.PDF:
        if task.ocr and task.tesseract is not None:
            from ingestion.drafts.ocr import read_scanned_pdf

            return read_scanned_pdf(path, task.name, tesseract=task.tesseract)
        from ingestion.drafts.pdf import read_pdf

        return read_pdf(path, task.name)
    from ingestion.drafts.plain_text import read_text

    return read_text(path, task.name, is_markdown=found is Format.MARKDOWN)


def _is_vietnamese(passages: tuple[DraftPassage, ...]) -> bool:
    """By the share of words with Vietnamese marks; a few words prove nothing."""
    text = " ".join(passage.text for passage in passages)[:50_000]
    count = len(words(text))
    if count < 20:
        return True
    bad, _marked = impossible_words(text)
    return len(marked_words(text)) - bad >= 0.15 * count


def count_pages(task: Task) -> Outcome:
    """The passages of a DOCX with the pages they have in the PDF that LibreOffice made of it."""
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(task.path)
    letters: list[str] = []
    starts: list[int] = []  # of each page in the whole
    length = 0
    for page in document:
        page_letters = letters_only(page.get_textpage().get_text_bounded())
        starts.append(length)
        letters.append(page_letters)
        length += len(page_letters)
    whole = "".join(letters)
    position = 0
    pages: list[int | None] = []
    for passage in task.passages:
        found = _find(passage, whole, position)
        if found is not None:
            position = found
        pages.append(sum(start <= position for start in starts) if found is not None else None)
    passages = _with_pages(task.passages, pages)
    page_of = {passage.paragraph: passage.page for passage in passages}
    return Outcome(
        page_count=len(starts),
        passages=passages,
        flagged=tuple(_flag_with_page(flag, page_of) for flag in task.flagged),
    )


NEAR = 20_000  # letters: how far ahead the next passage may stand
ENOUGH = 40  # letters that name a passage


def _find(passage: DraftPassage, whole: str, position: int) -> int | None:
    texts = [passage.text, HEADING_NUMBER.sub("", passage.text)]
    if passage.kind is PassageKind.TABLE_ROW:
        texts = sorted(passage.text.split(" | "), key=len, reverse=True)[:2]  # lines of neighbouring cells mix
    for text in texts:
        for size in (ENOUGH, ENOUGH // 3):
            wanted = letters_only(text)[:size]
            if len(wanted) < 4:
                continue
            found = whole.find(wanted, position, position + NEAR + len(wanted))
            if found >= 0:
                return found
    return None


def _with_pages(passages: tuple[DraftPassage, ...], pages: list[int | None]) -> tuple[DraftPassage, ...]:
    """A passage that was not found stands on the page of the one before it."""
    placed: list[DraftPassage] = []
    last = 1
    for passage, page in zip(passages, pages, strict=True):
        last = page or last
        placed.append(replace(passage, page=last))
    return tuple(placed)


def _flag_with_page(flag: FlaggedText, page_of: dict[int, int | None]) -> FlaggedText:
    if flag.paragraph is None:
        return flag
    earlier = [paragraph for paragraph in page_of if paragraph <= flag.paragraph]
    return replace(flag, page=page_of[max(earlier)] if earlier else 1)
