"""Lines of all pages → blocks: what repeats is dropped, lines become paragraphs, tables become rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from ingestion.drafts.blocks import Block
from ingestion.drafts.headings import BULLET, SENTENCE_END, shape_of
from ingestion.drafts.pdf_lines import Line, joined
from ingestion.drafts.pdf_tables import PdfTable
from ingestion.drafts.records import FlagReason
from ingestion.drafts.structure import MOTTO, RECIPIENTS, TITLE_START
from ingestion.drafts.tables import CELL_SEPARATOR, table_blocks

PAGE_NUMBER = re.compile(r"(?:(?:Trang|Page|Tr\.)\s*)?[-–]?\s*\d{1,4}\s*(?:[-–]|(?:/|of|trên)\s*\d{1,4})?$", re.I)
LEADER = re.compile(r"(?:[.…·_]\s*){4,}\s*\d{1,4}$")
CONTENTS = re.compile(r"(?:MỤC LỤC|NỘI DUNG|TABLE OF CONTENTS|CONTENTS)$", re.I)
CONTENTS_ENTRY = re.compile(r"\D.{3,}\s\d{1,3}$")
EDGE = 0.12  # share of the page height where running heads stand
INDENT = 6.0  # points


@dataclass(slots=True)
class PageLayout:
    number: int
    width: float
    height: float
    lines: list[Line]
    tables: list[PdfTable]
    flags: list[tuple[str, FlagReason]] = field(default_factory=list)
    ends_open: bool = False  # its last line fills the width


def drop_running_lines(pages: list[PageLayout]) -> None:
    """Take out page numbers, and heads and feet that stand on many pages."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_without_figures(line.text) for line in _edge_lines(page)})
    often = max(3, round(0.3 * len(pages)))
    for page in pages:
        dropped = [
            line
            for line in _edge_lines(page)
            if PAGE_NUMBER.match(line.text) or seen[_without_figures(line.text)] >= often
        ]
        page.lines = [line for line in page.lines if not any(line is gone for gone in dropped)]


def _edge_lines(page: PageLayout) -> list[Line]:
    top = [line for line in page.lines[:3] if line.y1 < EDGE * page.height]
    bottom = [line for line in page.lines[-3:] if line.y0 > (1 - EDGE) * page.height]
    return top + bottom


def _without_figures(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold())


def drop_contents(pages: list[PageLayout]) -> None:
    """Take out the table of contents: its heading, entries with leaders, and lines of entries between them."""
    everything = [(page, line) for page in pages for line in page.lines]
    marked: set[int] = set()
    last = -1
    inside = False
    for index, (_page, line) in enumerate(everything):
        is_entry = LEADER.search(line.text) is not None
        if CONTENTS.match(line.text.strip()) and len(everything) > index + 1:
            following = [entry.text for _p, entry in everything[index + 1 : index + 6]]
            inside = sum(bool(LEADER.search(text) or CONTENTS_ENTRY.match(text)) for text in following) >= 2
            if inside:
                marked.add(index)
                last = index
            continue
        if is_entry or (inside and CONTENTS_ENTRY.match(line.text)):
            if last >= 0 and index - last <= 3:
                marked.update(range(last + 1, index))
            marked.add(index)
            last = index
        elif inside and index - last > 3:
            inside = False
    gone = {id(everything[index][1]) for index in marked}
    for page in pages:
        page.lines = [line for line in page.lines if id(line) not in gone]


def page_blocks(pages: list[PageLayout]) -> list[Block]:
    """All blocks in reading order."""
    blocks: list[Block] = []
    usual = _usual_margins(pages)
    above: PageLayout | None = None
    in_recipients = False
    for page in pages:
        start = len(blocks)
        if page.flags:
            blocks.append(Block(text="", page=page.number, flags=page.flags))
        queue = sorted(page.tables, key=lambda table: table.box.y0)
        lines: list[Line] = []
        for line in page.lines:
            while queue and queue[0].box.y0 < line.y0:
                in_recipients = _flush(lines, page, blocks, usual, in_recipients)
                _table(queue.pop(0), page, blocks)
            lines.append(line)
        in_recipients = _flush(lines, page, blocks, usual, in_recipients)
        for table in queue:
            _table(table, page, blocks)
        if above is not None and above.ends_open:
            _join_over_page(blocks, start, above.number)
        above = page
    return blocks


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(table: PdfTable, page: PageLayout, blocks: list[Block]) -> None:
    page.ends_open = False
    rows = list(table_blocks(table.rows))
    previous = blocks[-1] if blocks else None
    for number, row in enumerate(rows):
        row.page = page.number
        if number == 0 and previous is not None and _is_rest_of_row(previous, row, page.number):
            halves = zip(previous.cells or (), row.cells or (), strict=True)
            previous.cells = tuple(f"{above} {below}".strip() for above, below in halves)
            previous.text = CELL_SEPARATOR.join(cell for cell in previous.cells if cell)
            continue
        blocks.append(row)


def _is_rest_of_row(previous: Block, row: Block, page: int) -> bool:
    """A row that the page end cut in two: no number in front, and every cell goes on in the middle of a sentence."""
    if previous.cells is None or row.cells is None or len(previous.cells) != len(row.cells) or previous.page == page:
        return False
    pairs = [(above, below) for above, below in zip(previous.cells, row.cells, strict=True) if below]
    if row.cells[0] or not pairs:
        return False
    return all(above and not above.endswith(SENTENCE_END) and below[0].islower() for above, below in pairs)


# --- paragraphs -------------------------------------------------------------------------------------------------------


def _flush(
    lines: list[Line], page: PageLayout, blocks: list[Block], usual: dict[int, tuple[float, float]], in_recipients: bool
) -> bool:
    """Append the paragraphs of a run of lines, and empty it. Returns whether the list of recipients goes on."""
    if not lines:
        return in_recipients
    margins = _Margins.of(lines, page, usual)
    centred = margins.centred(lines)
    paragraph: list[Line] = []
    page.ends_open = lines[-1].x1 > margins.right - 0.15 * (margins.right - margins.left)

    def finish() -> None:
        if paragraph:
            blocks.append(_block(paragraph, page, centred))
            paragraph.clear()

    for line in lines:
        if len(line.segments) > 1 and (_is_side_by_side(line, page) or in_recipients):
            finish()
            for segment in line.segments:
                blocks.append(Block(text=segment.text, page=page.number, is_bold=segment.is_bold))
            in_recipients = in_recipients or any(RECIPIENTS.match(segment.text) for segment in line.segments)
            continue
        if paragraph and _starts_new(paragraph, line, margins, centred):
            finish()
        paragraph.append(line)
    finish()
    lines.clear()
    return in_recipients


def _is_side_by_side(line: Line, page: PageLayout) -> bool:
    """Two things next to each other: letterhead of page 1, or recipients beside the signature."""
    texts = [segment.text for segment in line.segments]
    if any(MOTTO.search(text) or RECIPIENTS.match(text) for text in texts):
        return True
    return page.number == 1 and len(line.segments) == 2 and line.y1 < 0.3 * page.height


@dataclass(frozen=True, slots=True)
class _Margins:
    left: float
    right: float
    gap: float  # between two lines of a paragraph
    centre: float

    @classmethod
    def of(cls, lines: list[Line], page: PageLayout, usual: dict[int, tuple[float, float]]) -> _Margins:
        wide = [line for line in lines if line.x1 - line.x0 > 0.5 * page.width]
        left, right = usual.get(round(page.width), (page.width, 0.0))
        if len(wide) >= 6:  # else too little to go by: a cover, or the few lines above a table
            left, right = _edges(wide)
        elif right <= left:
            left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
        gaps = [below.y0 - above.y1 for above, below in pairwise(lines)]
        close = [gap for gap in gaps if gap < lines[0].height]
        return cls(left, right, median(close) if close else 0.0, (left + right) / 2)

    def is_in_the_middle(self, line: Line) -> bool:
        return abs((line.x0 + line.x1) / 2 - self.centre) < 8

    def centred(self, lines: list[Line]) -> set[int]:
        """Which lines are centred (by id). A line as wide as the page counts beside a shorter one that is bold too."""
        found = {
            id(line)
            for line in lines
            if self.is_in_the_middle(line) and line.x0 > self.left + 10 and line.x1 < self.right - 8
        }
        for pairs in (pairwise(lines), pairwise(lines[::-1])):
            for known, line in pairs:
                near = abs(line.y0 - known.y0) < 3.5 * known.height
                if id(known) in found and near and known.is_bold and line.is_bold and self.is_in_the_middle(line):
                    found.add(id(line))
        return found


def _usual_margins(pages: list[PageLayout]) -> dict[int, tuple[float, float]]:
    """Left and right edge of the text, for each width of page."""
    wide: dict[int, list[Line]] = {}
    for page in pages:
        wide.setdefault(round(page.width), []).extend(
            line for line in page.lines if line.x1 - line.x0 > 0.5 * page.width
        )
    return {width: _edges(lines) for width, lines in wide.items() if len(lines) >= 6}


def _edges(wide: list[Line]) -> tuple[float, float]:
    starts = Counter(round(line.x0) for line in wide)
    often = max(starts.values())
    left = min(start for start, count in starts.items() if count >= max(1, 0.2 * often))
    ends = sorted(line.x1 for line in wide)
    return left, ends[min(len(ends) - 1, int(0.9 * len(ends)))]


def _starts_new(paragraph: list[Line], line: Line, margins: _Margins, centred: set[int]) -> bool:
    first, last = paragraph[0], paragraph[-1]
    if line.y0 - last.y1 > margins.gap + 0.45 * line.height:
        return True
    if abs(line.size - last.size) > 0.12 * last.size or line.is_bold != last.is_bold:
        return True
    was_centred, is_centred = id(last) in centred, id(line) in centred
    if was_centred and is_centred:
        return TITLE_START.fullmatch(last.text) is not None or TITLE_START.fullmatch(line.text) is not None
    if was_centred or is_centred:
        return True
    has_marker = BULLET.match(line.text) is not None or shape_of(line.text) is not None
    segment = line.segments[0]
    had_room = last.x1 + segment.first_word_width + 0.35 * last.size < margins.right
    if line.is_bold and has_marker:
        return had_room or line.x0 > last.x0 + INDENT or last.text.endswith(SENTENCE_END)
    if line.x0 > margins.left + INDENT:
        hanging = first.x0 + first.segments[0].marker_width
        if first.segments[0].marker_width and abs(line.x0 - hanging) <= 4:
            return had_room and has_marker
        if len(paragraph) > 1 and abs(line.x0 - last.x0) <= 2:
            return had_room
        if abs(line.x0 - first.x0) <= 2 and not has_marker and first.x0 > margins.left + INDENT:
            # All lines of this part stand to the right: the whole paragraph is indented, or each is a paragraph.
            return had_room or last.text.endswith((".", ";"))
        return True
    if had_room and last.x1 < margins.right - 4:
        return True
    is_indented_style = first.x0 > margins.left + INDENT
    return has_marker and not is_indented_style and last.text.endswith((*SENTENCE_END, ":"))


def _block(paragraph: list[Line], page: PageLayout, centred: set[int]) -> Block:
    return Block(
        text=joined(paragraph),
        page=page.number,
        is_bold=all(line.is_bold for line in paragraph),
        is_centred=all(id(line) in centred for line in paragraph),
    )


def _join_over_page(blocks: list[Block], start: int, page_above: int) -> None:
    """The paragraph cut by the page end is one passage, on the page where it begins."""
    below = next((block for block in blocks[start:] if block.text), None)
    above = next((block for block in reversed(blocks[:start]) if block.text), None)
    if above is None or below is None or above.page != page_above or above.cells or below.cells:
        return
    if above.is_centred or below.is_centred or above.is_bold != below.is_bold:
        return
    goes_on = not above.text.endswith((".", ";", ":", "!", "?"))
    if goes_on and below.text[:1].islower() and shape_of(below.text) is None:
        above.text = f"{above.text} {below.text}"
        blocks.remove(below)
