"""Pages without text, drawn and handed to Tesseract. Pages that have text are read as always."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import pypdfium2 as pdfium

from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.pdf import NO_TEXT_MESSAGE, RECOGNISED_WARNING, open_pdf, read_pages
from ingestion.drafts.plain_text import text_blocks
from ingestion.drafts.records import DraftProblem, UnreadableDraftError

DOTS_PER_INCH = 200  # letters of 13 points are then 24 dots high; on noisy scans 300 reads worse
PIXELS_MAX = 40_000_000  # a plan of 16 sheets; larger ones are drawn coarser
EDGE_DIRT = re.compile(r"^[_|‹›`'\".,:;— \t]+(?=\w)|[_|‹›`'\"— \t]+$", re.M)
LANGUAGES = "vie"


def read_scanned_pdf(path: Path, name: str, *, tesseract: str) -> Extract:
    """Raises UnreadableDraftError when OCR finds nothing either."""
    document = open_pdf(path, name)
    extract, without_text = read_pages(document, name)
    recognised: dict[int, list[Block]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in without_text:
            text = EDGE_DIRT.sub("", _recognise(document, number, Path(folder) / "page.png", tesseract))
            recognised[number] = [block for block in text_blocks(text, page=number) if block.text]
    document.close()
    if recognised:
        blocks = [block for block in extract.blocks if block.page not in recognised]
        for found in recognised.values():
            blocks += found
        extract.blocks = sorted(blocks, key=lambda block: block.page or 0)
        extract.has_styles = extract.has_styles and len(recognised) * 2 < (extract.page_count or 1)
        extract.warnings.append((RECOGNISED_WARNING, {"file": name}))
    if not any(block.text for block in extract.blocks):
        raise UnreadableDraftError(DraftProblem.NO_TEXT, NO_TEXT_MESSAGE, file=name)
    return extract


def _recognise(document: pdfium.PdfDocument, number: int, image: Path, tesseract: str) -> str:
    page = document[number - 1]
    scale = DOTS_PER_INCH / 72
    pixels = page.get_width() * page.get_height() * scale * scale
    if pixels > PIXELS_MAX:
        scale *= (PIXELS_MAX / pixels) ** 0.5
    page.render(scale=scale, grayscale=True).to_pil().save(image)
    page.close()
    result = subprocess.run(
        [tesseract, str(image), "stdout", "-l", LANGUAGES, "--dpi", str(DOTS_PER_INCH)],
        capture_output=True,
        check=False,
    )
    return result.stdout.decode("utf-8", "replace") if result.returncode == 0 else ""
