"""Rows of tables as blocks. Tables that only lay out a page (letterhead, signatures, frames) become paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingestion.drafts.blocks import Block, Region
from ingestion.drafts.structure import MOTTO, RECIPIENTS

CELL_SEPARATOR = " | "
FIRST_COLUMN = re.compile(r"(?:S?\s*TT|Số TT|Số thứ tự|Thứ tự|No\.?|#|STT)\.?$", re.I)
COLUMN_NUMBER = re.compile(r"\(?\d{1,2}\)?(?:\s*=.*)?$")
HEADER_WORDS = re.compile(
    r"nội dung|nhiệm vụ|chỉ tiêu|đơn vị|cơ quan|chủ trì|phối hợp|thời gian|kinh phí|ghi chú|kết quả|sản phẩm|tên"
    r"|mục tiêu|giai đoạn|năm \d|diễn giải|hạng mục|lĩnh vực|tiến độ|nguồn vốn|task|deadline|lead|budget|notes?",
    re.I,
)


@dataclass(slots=True, kw_only=True)
class TableCell:
    blocks: list[Block] = field(default_factory=list)
    span: int = 1
    is_continued: bool = False  # the lower part of a cell merged downwards
    is_merged_down: bool = False
    is_header: bool = False  # the file says that the row repeats on every page

    @property
    def text(self) -> str:
        return " ".join(block.text for block in self.blocks if block.text)


def table_blocks(rows: list[list[TableCell]]) -> Iterator[Block]:
    """The blocks of one table: rows, without the header; or its paragraphs, where it is no table of data."""
    rows = [row for row in rows if row]
    if not rows:
        return
    everything = [cell.text for row in rows for cell in row]
    if len(rows) <= 6 and any(MOTTO.search(text) for text in everything):
        yield from _laid_out(rows, Region.LETTERHEAD)
        return
    if len(rows) <= 3 and any(RECIPIENTS.match(text) for text in everything):
        for row in rows:
            for cell in row:
                region = Region.RECIPIENTS if RECIPIENTS.match(cell.text) else Region.SIGNATURE
                for block in cell.blocks:
                    block.region = region
                    yield block
        return
    filled = [sum(bool(cell.text) for cell in row) for row in rows]
    if max(filled) <= 1 or (len(rows) == 1 and max(len(text) for text in everything) > 400):
        yield from _laid_out(rows, None)
        return
    header_rows = count_header_rows(rows)
    for cell in [cell for row in rows[:header_rows] for cell in row]:
        flags = [flag for block in cell.blocks for flag in block.flags]
        if flags:
            yield Block(text="", flags=flags)
    for row in rows[header_rows:]:
        yield from row_blocks(row)


def row_blocks(row: list[TableCell], page: int | None = None) -> Iterator[Block]:
    cells = tuple(cell.text for cell in row)
    flags = [flag for cell in row for block in cell.blocks for flag in block.flags]
    text = CELL_SEPARATOR.join(cell for cell in cells if cell)
    if text or flags:
        bold = [block.is_bold for cell in row for block in cell.blocks if block.text]
        yield Block(text=text, cells=cells, flags=flags, page=page, is_bold=bool(bold) and all(bold))


def _laid_out(rows: list[list[TableCell]], region: Region | None) -> Iterator[Block]:
    for row in rows:
        for cell in row:
            for block in cell.blocks:
                if region is not None and block.cells is None:
                    block.region = region
                yield block


def count_header_rows(rows: list[list[TableCell]]) -> int:
    """How many rows on top name the columns; a header of two levels counts as two, a row of column numbers as one."""
    if len(rows) < 2:
        return 0
    marked = 0
    while marked < len(rows) - 1 and all(cell.is_header for cell in rows[marked]):
        marked += 1
    if marked == 0:
        first = [cell for cell in rows[0] if cell.text]
        if not first or any(len(cell.text) > 120 for cell in first):
            return 0
        named = sum(HEADER_WORDS.search(cell.text) is not None for cell in first)
        is_numbered = FIRST_COLUMN.match(rows[0][0].text) is not None
        all_bold = all(block.is_bold for cell in first for block in cell.blocks if block.text)
        if not (is_numbered or (len(first) >= 2 and (named * 2 >= len(first) or (all_bold and named)))):
            return 0
        marked = 1
        # Cells merged downwards out of the first row hold the header open.
        while (
            marked < len(rows) - 1 and any(cell.is_continued for cell in rows[marked]) and _is_header_like(rows[marked])
        ):
            marked += 1
    filled = [cell.text for cell in rows[marked] if cell.text] if marked < len(rows) - 1 else []
    if len(filled) >= 3 and all(COLUMN_NUMBER.match(text) for text in filled):
        marked += 1
    return marked


def _is_header_like(row: list[TableCell]) -> bool:
    return row[0].is_continued and all(len(cell.text) <= 80 for cell in row)
