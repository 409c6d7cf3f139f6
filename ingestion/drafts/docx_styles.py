"""What a run of a DOCX file looks like in the end: defaults, paragraph style, character style, direct format."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace

from lxml import etree

from ingestion.drafts.docx_package import is_on, val, w
from ingestion.drafts.records import FlagReason

TINY_HALF_POINTS = 8  # below 4 points
PAPER = "FFFFFF"
THEME_WHITE = frozenset({"background1", "light1", "lt1", "bg1"})
THEME_DARK = frozenset({"text1", "dark1", "dk1", "tx1", "text2", "dark2"})
HIGHLIGHTS = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF", "red": "FF0000",
    "yellow": "FFFF00", "white": "FFFFFF", "darkBlue": "000080", "darkCyan": "008080", "darkGreen": "008000",
    "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000", "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip
HEADING_NAME = re.compile(r"(?:heading|tiêu đề|đề mục)\s*(\d)", re.I)
TOC_NAME = re.compile(r"(?:toc|table of figures|mục lục)(?:\s*\d|\s*heading)?$", re.I)


@dataclass(frozen=True, slots=True)
class Look:
    """Properties of a run; None where nothing is said and the level above decides."""

    hidden: bool | None = None
    bold: bool | None = None
    colour: str | None = None  # RRGGBB, or "auto"
    fill: str | None = None  # behind the text
    half_points: float | None = None
    scale: int | None = None  # width in percent
    font: str | None = None

    def over(self, below: Look) -> Look:
        """This look where it says something, `below` elsewhere."""
        names = [known.name for known in fields(Look)]
        return Look(*(getattr(below if getattr(self, name) is None else self, name) for name in names))

    def why_unseen(self, paper: str | None) -> FlagReason | None:
        """The reason why a reader of the print would not see this text; `paper` is the fill of cell or paragraph."""
        if self.hidden:
            return FlagReason.HIDDEN
        if (self.half_points is not None and self.half_points < TINY_HALF_POINTS) or (
            self.scale is not None and self.scale < 10
        ):
            return FlagReason.TINY if not self._is_paper_coloured(paper) else FlagReason.WHITE
        return FlagReason.WHITE if self._is_paper_coloured(paper) else None

    def _is_paper_coloured(self, paper: str | None) -> bool:
        if self.colour is None or self.colour == "auto":
            return False
        return _distance(self.colour, self.fill or paper or PAPER) <= 24


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    look: Look
    name: str
    level: int | None  # outline level from 1
    is_contents: bool
    is_centred: bool | None
    numbering: tuple[str, int] | None  # numId, ilvl
    fill: str | None


NO_STYLE = ParagraphStyle(Look(), "", None, False, None, None, None)


def run_look(properties: etree._Element | None) -> Look:
    if properties is None or len(properties) == 0:
        return Look()
    size = val(properties.find(w("sz")))
    scale = val(properties.find(w("w")))
    fonts = properties.find(w("rFonts"))
    hidden = is_on(properties.find(w("vanish")))
    if hidden is None:
        hidden = is_on(properties.find(w("specVanish"))) or None
    return Look(
        hidden=hidden,
        bold=is_on(properties.find(w("b"))),
        colour=_colour(properties.find(w("color"))),
        fill=_highlight(properties) or fill_of(properties),
        half_points=_number(size),
        scale=int(number) if (number := _number(scale)) is not None else None,
        font=None if fonts is None else (val(fonts, "ascii") or val(fonts, "hAnsi")),
    )


def fill_of(properties: etree._Element | None) -> str | None:
    """The shading of a run, paragraph or cell as a colour; None where there is none."""
    shading = None if properties is None else properties.find(w("shd"))
    if shading is None:
        return None
    theme = val(shading, "themeFill")
    fill = val(shading, "fill")
    if val(shading) in ("solid",) and (front := val(shading, "color")) and front != "auto":
        return _hex(front)
    if fill and fill != "auto":
        return _hex(fill)
    if theme in THEME_DARK:
        return "000000"
    return None


def _highlight(properties: etree._Element) -> str | None:
    return HIGHLIGHTS.get(val(properties.find(w("highlight"))) or "")


def _colour(element: etree._Element | None) -> str | None:
    if element is None:
        return None
    theme = val(element, "themeColor")
    # A shade makes white grey, and readable; the value beside it is what Word worked out.
    if theme in THEME_WHITE and val(element, "themeShade") is None:
        return PAPER
    value = val(element)
    return value if value == "auto" else _hex(value)


def _hex(value: str | None) -> str | None:
    return value.upper() if value and re.fullmatch(r"[0-9A-Fa-f]{6}", value) else None


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _distance(one: str, other: str) -> int:
    """Of two colours, the largest difference of a component."""
    return max(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) for i in (0, 2, 4))


class Styles:
    """styles.xml with its chains of basedOn worked out on demand."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements: dict[str, etree._Element] = {}
        self._paragraph: dict[str, ParagraphStyle] = {}
        self._character: dict[str, Look] = {}
        self.default = NO_STYLE
        if root is None:
            return
        default_id = None
        for style in root.iter(w("style")):
            style_id = style.get(w("styleId"))
            if style_id:
                self._elements[style_id] = style
                if style.get(w("type")) == "paragraph" and style.get(w("default")) in ("1", "true"):
                    default_id = style_id
        defaults = root.find(f"{w('docDefaults')}/{w('rPrDefault')}/{w('rPr')}")
        self.default = replace(NO_STYLE, look=run_look(defaults))
        if default_id is not None:
            self.default = self.paragraph(default_id)

    def paragraph(self, style_id: str | None, depth: int = 0) -> ParagraphStyle:
        if style_id is None or style_id not in self._elements or depth > 20:
            return self.default
        if style_id not in self._paragraph:
            element = self._elements[style_id]
            parent_id = val(element.find(w("basedOn")))
            parent = replace(self.default, name="") if parent_id is None else self.paragraph(parent_id, depth + 1)
            properties = element.find(w("pPr"))
            name = val(element.find(w("name"))) or style_id
            self._paragraph[style_id] = ParagraphStyle(
                look=run_look(element.find(w("rPr"))).over(parent.look),
                name=name,
                level=outline_level(properties) or _level_by_name(name) or parent.level,
                is_contents=TOC_NAME.match(name) is not None,
                is_centred=centred if (centred := is_centred(properties)) is not None else parent.is_centred,
                numbering=numbering_of(properties) or parent.numbering,
                fill=fill_of(properties) or parent.fill,
            )
        return self._paragraph[style_id]

    def character(self, style_id: str | None, depth: int = 0) -> Look:
        if style_id is None or style_id not in self._elements or depth > 20:
            return Look()
        if style_id not in self._character:
            element = self._elements[style_id]
            parent = self.character(val(element.find(w("basedOn"))), depth + 1)
            self._character[style_id] = run_look(element.find(w("rPr"))).over(parent)
        return self._character[style_id]


def _level_by_name(name: str) -> int | None:
    found = HEADING_NAME.match(name)
    return int(found[1]) if found and found[1] != "0" else None


def outline_level(properties: etree._Element | None) -> int | None:
    """From 1; None for body text, which Word writes as level 9."""
    value = val(properties.find(w("outlineLvl"))) if properties is not None else None
    return int(value) + 1 if value is not None and value.isdigit() and int(value) < 9 else None


def is_centred(properties: etree._Element | None) -> bool | None:
    value = val(properties.find(w("jc"))) if properties is not None else None
    return None if value is None else value == "center"


def numbering_of(properties: etree._Element | None) -> tuple[str, int] | None:
    element = properties.find(w("numPr")) if properties is not None else None
    number_id = val(element.find(w("numId"))) if element is not None else None
    if element is None or number_id is None:
        return None
    level = val(element.find(w("ilvl")))
    return number_id, int(level) if level is not None and level.isdigit() else 0
