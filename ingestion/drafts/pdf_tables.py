"""Tables of a PDF page from their ruling lines: cells, also merged ones, and the characters inside each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.drafts.blocks import Block
from ingestion.drafts.pdf_lines import Line, joined, lines_of
from ingestion.drafts.pdf_page import Box, Char, PdfPage
from ingestion.drafts.tables import TableCell

SNAP = 3.0  # points between two rulings that are meant as one
CELLS_MAX = 20_000

Ruling = tuple[float, float, float]  # where it stands, where it begins, where it ends


@dataclass(slots=True)
class PdfTable:
    box: Box
    rows: list[list[TableCell]]
    column_count: int


def take_tables(page: PdfPage) -> tuple[list[PdfTable], list[Char]]:
    """The tables of the page from top to bottom, and the characters outside them."""
    grids = [grid for lines in _connected(page.horizontals, page.verticals) if (grid := _grid(*lines)) is not None]
    if not grids:
        return [], page.chars
    cell_chars: list[dict[int, list[Char]]] = [defaultdict(list) for _ in grids]
    outside: list[Char] = []
    for char in page.chars:
        x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
        for index, grid in enumerate(grids):
            if grid.box.holds(x, y):
                cell_chars[index][grid.cell_at(x, y)].append(char)
                break
        else:
            outside.append(char)
    tables = []
    for grid, chars in zip(grids, cell_chars, strict=True):
        if not chars:
            continue
        tables.append(PdfTable(grid.box, grid.rows(chars), len(grid.xs) - 1))
    tables.sort(key=lambda table: table.box.y0)
    return tables, outside


def _connected(horizontals: Sequence[Ruling], verticals: Sequence[Ruling]) -> list[tuple[list[Ruling], list[Ruling]]]:
    """Groups of rulings that touch each other. Lines that touch none, such as rules under a heading, are left out."""
    rows = _merged(horizontals)
    columns = _merged(verticals)
    parent = list(range(len(rows) + len(columns)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    by_position = sorted(range(len(columns)), key=lambda index: columns[index][0])
    for i, (y, x0, x1) in enumerate(rows):
        for j in by_position:
            x, y0, y1 = columns[j]
            if x > x1 + SNAP:
                break
            if x >= x0 - SNAP and y0 - SNAP <= y <= y1 + SNAP:
                parent[root(i)] = root(len(rows) + j)
    groups: dict[int, tuple[list[Ruling], list[Ruling]]] = defaultdict(lambda: ([], []))
    for i, row in enumerate(rows):
        groups[root(i)][0].append(row)
    for j, column in enumerate(columns):
        groups[root(len(rows) + j)][1].append(column)
    return [group for group in groups.values() if len(group[0]) >= 2 and len(group[1]) >= 2]


def _merged(rulings: Sequence[Ruling]) -> list[Ruling]:
    """Pieces on one line that meet become one ruling."""
    found: list[Ruling] = []
    for place, members in _clusters(rulings):
        open_start, open_end = None, 0.0
        for start, end in sorted((start, end) for _place, start, end in members):
            if open_start is None:
                open_start, open_end = start, end
            elif start <= open_end + SNAP:
                open_end = max(open_end, end)
            else:
                found.append((place, open_start, open_end))
                open_start, open_end = start, end
        if open_start is not None:
            found.append((place, open_start, open_end))
    return found


def _clusters(rulings: Sequence[Ruling]) -> list[tuple[float, list[Ruling]]]:
    clusters: list[tuple[float, list[Ruling]]] = []
    for ruling in sorted(rulings):
        if clusters and ruling[0] - clusters[-1][1][-1][0] <= SNAP / 2 and ruling[0] - clusters[-1][0] <= SNAP:
            clusters[-1][1].append(ruling)
        else:
            clusters.append((ruling[0], [ruling]))
    return clusters


@dataclass(slots=True)
class _Grid:
    box: Box
    xs: list[float]
    ys: list[float]
    cells: list[list[int]]  # row, column → number of the merged cell

    def cell_at(self, x: float, y: float) -> int:
        return self.cells[_between(self.ys, y)][_between(self.xs, x)]

    def rows(self, chars: dict[int, list[Char]]) -> list[list[TableCell]]:
        first_row: dict[int, int] = {}
        last_row: dict[int, int] = {}
        for number, row in enumerate(self.cells):
            for cell in row:
                first_row.setdefault(cell, number)
                last_row[cell] = number
        result: list[list[TableCell]] = []
        for number, row in enumerate(self.cells):
            cells: list[TableCell] = []
            previous = -1
            for cell in row:
                if cell == previous:
                    cells[-1].span += 1
                    continue
                previous = cell
                if first_row[cell] == number:
                    blocks = _cell_blocks(lines_of(chars.get(cell, ())))
                    cells.append(TableCell(blocks=blocks, is_merged_down=last_row[cell] > number))
                else:
                    cells.append(TableCell(is_continued=True))
            result.append(cells)
        return result


def _cell_blocks(lines: list[Line]) -> list[Block]:
    if not lines:
        return []
    return [Block(text=joined(lines), is_bold=all(line.is_bold for line in lines))]


def _between(edges: list[float], value: float) -> int:
    for index in range(len(edges) - 2):
        if value < edges[index + 1]:
            return index
    return len(edges) - 2


def _grid(horizontals: list[Ruling], verticals: list[Ruling]) -> _Grid | None:
    xs = [place for place, _members in _clusters(verticals)]
    ys = [place for place, _members in _clusters(horizontals)]
    # A table open at its sides: its horizontal rules reach further than its outermost vertical ones.
    left, right = min(x0 for _y, x0, _x1 in horizontals), max(x1 for _y, _x0, x1 in horizontals)
    is_open_left, is_open_right = left < xs[0] - 4 * SNAP, right > xs[-1] + 4 * SNAP
    xs = ([left] if is_open_left else []) + xs + ([right] if is_open_right else [])
    row_count, column_count = len(ys) - 1, len(xs) - 1
    if row_count < 1 or column_count < 1 or row_count * column_count > CELLS_MAX:
        return None
    parent = list(range(row_count * column_count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for row in range(row_count):
        middle = (ys[row] + ys[row + 1]) / 2
        for column in range(1, column_count):
            if not any(abs(x - xs[column]) <= SNAP and y0 - 1 <= middle <= y1 + 1 for x, y0, y1 in verticals):
                parent[root(row * column_count + column)] = root(row * column_count + column - 1)
    for column in range(column_count):
        middle = (xs[column] + xs[column + 1]) / 2
        for row in range(1, row_count):
            if not any(abs(y - ys[row]) <= SNAP and x0 - 1 <= middle <= x1 + 1 for y, x0, x1 in horizontals):
                parent[root(row * column_count + column)] = root((row - 1) * column_count + column)
    cells = [[root(row * column_count + column) for column in range(column_count)] for row in range(row_count)]
    return _Grid(Box(xs[0] - 1, ys[0] - 1, xs[-1] + 1, ys[-1] + 1), xs, ys, cells)
