"""One PDF page as PDFium sees it: characters with their looks, ruling lines, fills and pictures.

Everything is turned upright: x to the right, y downwards from the top edge, in points.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingestion.drafts.records import FlagReason

TINY_POINTS = 4.0
NEAR_WHITE = 0xE6
PATHS_MAX = 20_000  # a map or chart; nobody draws a table with that many lines
INVISIBLE_MODES = (3, 7)
PICTURE_PAGE = 0.5  # share of the page that pictures cover on a scan


class Look(NamedTuple):
    """How a piece of text is drawn."""

    size: float
    is_bold: bool
    reason: FlagReason | None  # why a reader of the print would not see it, apart from its place
    is_white: bool
    angle: int  # degrees, counter-clockwise, a multiple of 90; -1 for slanted text
    order: int  # among the objects of the page: what is drawn before lies behind


class Char(NamedTuple):
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    look: Look


class Box(NamedTuple):
    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


@dataclass(slots=True)
class PdfPage:
    number: int
    width: float
    height: float
    chars: list[Char] = field(default_factory=list)
    unseen: list[tuple[Char, FlagReason]] = field(default_factory=list)
    horizontals: list[tuple[float, float, float]] = field(default_factory=list)  # y, x0, x1
    verticals: list[tuple[float, float, float]] = field(default_factory=list)  # x, y0, y1
    picture_share: float = 0.0
    unmapped: int = 0  # characters whose font does not say which letter they are
    is_recognised: bool = False  # an invisible text layer over a picture of the page: somebody ran OCR


@dataclass(slots=True)
class _Painted:
    fills: list[tuple[int, Box, bool]] = field(default_factory=list)  # order, where, is it white
    pictures: list[tuple[int, Box]] = field(default_factory=list)


def read_page(page: pdfium.PdfPage, number: int) -> PdfPage:
    turn = _Turn(page)
    text_page = page.get_textpage()
    try:
        looks: dict[int, Look] = {}
        orders = _orders(page)
        raw = _characters(text_page, looks, orders)
    finally:
        text_page.close()
    angle = _main_angle(raw)
    if raw:
        turn.read_along(angle)
    painted, result = _objects(page, turn, number)
    result.is_recognised = result.picture_share >= PICTURE_PAGE
    for text, box, look, is_unmapped in raw:
        if look.angle != angle:
            continue  # a watermark or a note along the edge
        result.unmapped += is_unmapped
        x0, y0, x1, y1 = turn.box(*box)
        char = Char(text, x0, y0, x1, y1, look)
        reason = _why_unseen(char, painted, result)
        if reason is None:
            result.chars.append(char)
        else:
            result.unseen.append((char, reason))
    return result


class _Turn:
    """From PDF space (y upwards, page perhaps turned) to upright."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self.left, self.bottom, right, top = page.get_bbox()
        self._inner_width, self._inner_height = right - self.left, top - self.bottom
        self._quarter = (page.get_rotation() // 90) % 4
        self._measure()

    def read_along(self, angle: int) -> None:
        """Text that runs upwards (90°) reads upright when the page is turned clockwise, however it is shown."""
        self._quarter = (angle // 90) % 4
        self._measure()

    def _measure(self) -> None:
        is_side = self._quarter % 2 == 1
        self.width = self._inner_height if is_side else self._inner_width
        self.height = self._inner_width if is_side else self._inner_height

    def point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.left, y - self.bottom
        if self._quarter == 0:
            return x, self._inner_height - y
        if self._quarter == 1:
            return y, x
        if self._quarter == 2:
            return self._inner_width - x, y
        return self._inner_height - y, self._inner_width - x

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        (xa, ya), (xb, yb) = self.point(left, bottom), self.point(right, top)
        return Box(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))


_Raw = tuple[str, tuple[float, float, float, float], Look, bool]


def _characters(text_page: pdfium.PdfTextPage, looks: dict[int, Look], orders: dict[int, int]) -> list[_Raw]:
    handle = text_page.raw
    rectangle = c.FS_RECTF()
    found: list[_Raw] = []
    last_address, look = -1, _PLAIN
    pending_space = False
    for index in range(text_page.count_chars()):
        code = c.FPDFText_GetUnicode(handle, index)
        if code in (32, 160, 9):
            pending_space = True
            continue
        if code in (10, 13, 0xFFFE, 2) or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            pending_space |= code in (10, 13)
            continue
        text_object = c.FPDFText_GetTextObject(handle, index)
        address = ctypes.addressof(text_object.contents) if text_object else 0
        if address != last_address:
            last_address = address
            if address not in looks:
                looks[address] = _look(text_object, orders.get(address, 0)) if address else _PLAIN
            look = looks[address]
        c.FPDFText_GetLooseCharBox(handle, index, rectangle)
        is_unmapped = code == 0 or (code in (0xFFFD,) or 0xE000 <= code <= 0xF8FF)
        text = "\ufffd" if code == 0 else chr(code)
        found.append(
            (
                " " + text if pending_space else text,
                (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top),
                look,
                is_unmapped,
            )
        )
        pending_space = False
    return found


_PLAIN = Look(12.0, False, None, False, 0, 0)


def _look(text_object: Any, order: int) -> Look:
    size = ctypes.c_float()
    c.FPDFTextObj_GetFontSize(text_object, size)
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(text_object, matrix)
    points = abs(size.value) * math.hypot(matrix.c, matrix.d)
    degrees = math.degrees(math.atan2(matrix.b, matrix.a))
    nearest = round(degrees / 90) * 90
    angle = nearest % 360 if abs(degrees - nearest) <= 3 else -1
    mode = c.FPDFTextObj_GetTextRenderMode(text_object)
    red, green, blue, alpha = _colour(text_object, is_stroke=mode == 1)
    reason = None
    if mode in INVISIBLE_MODES or alpha < 16:
        reason = FlagReason.HIDDEN
    elif points < TINY_POINTS:
        reason = FlagReason.TINY
    return Look(
        size=points,
        is_bold=mode == 2 or _is_bold(text_object),
        reason=reason,
        is_white=min(red, green, blue) >= NEAR_WHITE,
        angle=angle,
        order=order,
    )


def _is_bold(text_object: Any) -> bool:
    font = c.FPDFTextObj_GetFont(text_object)
    if not font:
        return False
    length = c.FPDFFont_GetBaseFontName(font, None, 0)
    name = ctypes.create_string_buffer(max(length, 1))
    c.FPDFFont_GetBaseFontName(font, name, length)
    label = name.value.lower()
    if b"bold" in label or b"black" in label or b"heavy" in label:
        return True
    return bool(c.FPDFFont_GetWeight(font) >= 700)


def _colour(page_object: Any, *, is_stroke: bool = False) -> tuple[int, int, int, int]:
    parts = [ctypes.c_uint() for _ in range(4)]
    call = c.FPDFPageObj_GetStrokeColor if is_stroke else c.FPDFPageObj_GetFillColor
    if not call(page_object, *parts):
        return 0, 0, 0, 255
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _orders(page: pdfium.PdfPage) -> dict[int, int]:
    return {ctypes.addressof(page_object.contents): order for order, page_object in enumerate(_walk(page))}


def _objects(page: pdfium.PdfPage, turn: _Turn, number: int) -> tuple[_Painted, PdfPage]:
    """What is painted beside text."""
    painted, result = _Painted(), PdfPage(number, turn.width, turn.height)
    covered = 0.0
    path_count = 0
    for order, page_object in enumerate(_walk(page)):
        kind = c.FPDFPageObj_GetType(page_object)
        if kind in (c.FPDF_PAGEOBJ_IMAGE, c.FPDF_PAGEOBJ_PATH):
            edges = [ctypes.c_float() for _ in range(4)]
            if not c.FPDFPageObj_GetBounds(page_object, *edges):
                continue
            box = turn.box(*(edge.value for edge in edges))
            if kind == c.FPDF_PAGEOBJ_IMAGE:
                painted.pictures.append((order, box))
                covered += _area(box, turn)
            elif path_count < PATHS_MAX:
                path_count += 1
                _path(page_object, box, order, painted, result, turn)
    if path_count >= PATHS_MAX:
        result.horizontals, result.verticals = [], []
    result.picture_share = min(1.0, covered / max(1.0, turn.width * turn.height))
    return painted, result


def _walk(page: pdfium.PdfPage) -> list[Any]:
    """The objects of the page in drawing order, those inside forms in their place."""
    found: list[Any] = []

    def below(parent: Any, is_form: bool, depth: int) -> None:
        count = c.FPDFFormObj_CountObjects(parent) if is_form else c.FPDFPage_CountObjects(parent)
        for index in range(count):
            child = c.FPDFFormObj_GetObject(parent, index) if is_form else c.FPDFPage_GetObject(parent, index)
            if not child:
                continue
            if c.FPDFPageObj_GetType(child) == c.FPDF_PAGEOBJ_FORM and depth < 5:
                below(child, True, depth + 1)
            else:
                found.append(child)

    below(page.raw, False, 0)
    return found


def _area(box: Box, turn: _Turn) -> float:
    width: float = min(box.x1, turn.width) - max(box.x0, 0)
    height: float = min(box.y1, turn.height) - max(box.y0, 0)
    return max(0.0, width) * max(0.0, height)


def _path(path: Any, box: Box, order: int, painted: _Painted, result: PdfPage, turn: _Turn) -> None:
    fill_mode, is_stroked = ctypes.c_int(), c.FPDF_BOOL()
    c.FPDFPath_GetDrawMode(path, fill_mode, is_stroked)
    width, height = box.x1 - box.x0, box.y1 - box.y0
    if not fill_mode.value and not is_stroked.value:
        return
    if height <= 3 and width > 4:
        result.horizontals.append(((box.y0 + box.y1) / 2, box.x0, box.x1))
        return
    if width <= 3 and height > 4:
        result.verticals.append(((box.x0 + box.x1) / 2, box.y0, box.y1))
        return
    if fill_mode.value:
        red, green, blue, alpha = _colour(path)
        if alpha > 128:
            painted.fills.append((order, box, min(red, green, blue) >= NEAR_WHITE))
    if is_stroked.value:
        _edges(path, result, turn)


def _edges(path: Any, result: PdfPage, turn: _Turn) -> None:
    """The straight horizontal and vertical edges of an outlined path."""
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(path, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    previous: tuple[float, float] | None = None
    start: tuple[float, float] | None = None
    for index in range(min(c.FPDFPath_CountSegments(path), 2000)):
        segment = c.FPDFPath_GetPathSegment(path, index)
        c.FPDFPathSegment_GetPoint(segment, x, y)
        here = turn.point(
            matrix.a * x.value + matrix.c * y.value + matrix.e, matrix.b * x.value + matrix.d * y.value + matrix.f
        )
        kind = c.FPDFPathSegment_GetType(segment)
        if kind == c.FPDF_SEGMENT_MOVETO:
            start = here
        elif kind == c.FPDF_SEGMENT_LINETO and previous is not None:
            _edge(previous, here, result)
        if c.FPDFPathSegment_GetClose(segment) and start is not None:
            _edge(here, start, result)
        previous = here


def _edge(one: tuple[float, float], other: tuple[float, float], result: PdfPage) -> None:
    (xa, ya), (xb, yb) = one, other
    if abs(ya - yb) <= 1 and abs(xa - xb) > 4:
        result.horizontals.append(((ya + yb) / 2, min(xa, xb), max(xa, xb)))
    elif abs(xa - xb) <= 1 and abs(ya - yb) > 4:
        result.verticals.append(((xa + xb) / 2, min(ya, yb), max(ya, yb)))


def _main_angle(raw: list[_Raw]) -> int:
    angles = Counter(look.angle for _text, _box, look, _unmapped in raw if look.angle >= 0)
    return angles.most_common(1)[0][0] if angles else 0


def _why_unseen(char: Char, painted: _Painted, page: PdfPage) -> FlagReason | None:
    look = char.look
    x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
    if not (-2 <= x <= page.width + 2 and -2 <= y <= page.height + 2):
        return FlagReason.HIDDEN
    if look.reason is FlagReason.HIDDEN and page.is_recognised:
        return None
    if look.is_white and look.reason is not FlagReason.HIDDEN:
        behind = [is_white for order, box, is_white in painted.fills if order < look.order and box.holds(x, y)]
        on_picture = any(order < look.order and box.holds(x, y) for order, box in painted.pictures)
        if (not behind or behind[-1]) and not on_picture:
            return FlagReason.WHITE
    return look.reason
