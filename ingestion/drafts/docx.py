"""DOCX: the body in order, tables by row, what Word numbers by itself, and text a reader would not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from ingestion.drafts.archives import open_package
from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.cleaning import clean_text
from ingestion.drafts.docx_numbering import BULLET_MARK, Numbering
from ingestion.drafts.docx_package import Package, is_on, val, w
from ingestion.drafts.docx_styles import (
    Look,
    ParagraphStyle,
    Styles,
    fill_of,
    is_centred,
    numbering_of,
    outline_level,
    run_look,
)
from ingestion.drafts.legacy_fonts import from_font
from ingestion.drafts.records import FlagReason
from ingestion.drafts.tables import TableCell, table_blocks
from ingestion.records import N_

TRACKED_WARNING = N_("“%(file)s” holds tracked changes. Insertions were read as accepted, deletions were left out.")
EMBEDDED_WARNING = N_(
    "“%(file)s” holds another document inside it that was not read. Copy its text into the draft if it matters."
)
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
SKIPPED = frozenset(
    {
        w("del"),
        w("moveFrom"),
        w("pPr"),
        w("rPr"),
        w("instrText"),
        w("delText"),
        w("sdtPr"),
        w("tblPr"),
        w("trPr"),
        w("tcPr"),
    }
)
TEXT, TAB, BREAK, CARRIAGE, NO_BREAK_HYPHEN, SYMBOL = (
    w("t"), w("tab"), w("br"), w("cr"), w("noBreakHyphen"), w("sym"),
)  # fmt: skip
RUN, PARAGRAPH, TABLE, CONTENT = w("r"), w("p"), w("tbl"), w("txbxContent")


def read_docx(path: Path, name: str) -> Extract:
    """Everything printed in the body, footnotes after the paragraph that calls them; no page heads, no comments."""
    with open_package(path, name) as archive:
        package = Package(archive, name)
        return _Body(package, name).read()


@dataclass(slots=True)
class _Piece:
    text: str
    reason: FlagReason | None
    is_bold: bool


@dataclass(slots=True)
class _Paragraph:
    pieces: list[_Piece] = field(default_factory=list)
    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Body:
    def __init__(self, package: Package, name: str) -> None:
        self._name = name
        self._root = package.tree(package.main_part)
        self._styles = Styles(package.beside_main("styles.xml"))
        self._numbering = Numbering(package.beside_main("numbering.xml"))
        self._notes = self._read_notes(package)
        self._looks: dict[tuple[str | None, str | None, bytes], Look] = {}
        self._has_tracked_changes = False
        self._has_embedded = False

    def read(self) -> Extract:
        body = None if self._root is None else self._root.find(w("body"))
        blocks = [] if body is None else list(self._blocks(body))
        extract = Extract(blocks=blocks, has_styles=True)
        if self._has_tracked_changes:
            extract.warnings.append((TRACKED_WARNING, {"file": self._name}))
        if self._has_embedded:
            extract.warnings.append((EMBEDDED_WARNING, {"file": self._name}))
        return extract

    def _read_notes(self, package: Package) -> dict[str, etree._Element]:
        notes: dict[str, etree._Element] = {}
        for part, kind in (("footnotes.xml", "footnote"), ("endnotes.xml", "endnote")):
            root = package.beside_main(part)
            if root is not None:
                for note in root.iter(w(kind)):
                    if note.get(w("type")) in (None, "normal"):
                        notes[f"{kind} {note.get(w('id'))}"] = note
        return notes

    def _blocks(self, container: etree._Element, paper: str | None = None) -> Iterator[Block]:
        for element in container:
            tag = element.tag
            if tag == PARAGRAPH:
                yield from self._paragraph_blocks(element, paper)
            elif tag == TABLE:
                yield from table_blocks(self._rows(element))
            elif tag == w("sdt"):
                gallery = element.find(f"{w('sdtPr')}/{w('docPartObj')}/{w('docPartGallery')}")
                content = element.find(w("sdtContent"))
                if content is not None and val(gallery) != "Table of Contents":
                    yield from self._blocks(content, paper)
            elif tag in (w("ins"), w("moveTo"), w("customXml"), w("smartTag")):
                self._has_tracked_changes |= tag in (w("ins"), w("moveTo"))
                yield from self._blocks(element, paper)
            elif tag in (w("del"), w("moveFrom")):
                self._has_tracked_changes = True
            elif tag == w("altChunk"):
                self._has_embedded = True

    # --- paragraphs -------------------------------------------------------------------------------------------------

    def _paragraph_blocks(self, element: etree._Element, paper: str | None) -> Iterator[Block]:
        properties = element.find(w("pPr"))
        style = (
            self._styles.paragraph(val(properties.find(w("pStyle"))))
            if properties is not None
            else self._styles.default
        )
        fill = fill_of(properties) or style.fill or paper
        paragraph = _Paragraph()
        self._collect(element, style, fill, paragraph)
        label = self._label(properties, style, paragraph)
        if not style.is_contents:
            yield self._block(paragraph, properties, style, label)
        for box in paragraph.boxes:
            yield from self._blocks(box)
        for note_id in paragraph.notes:
            if (note := self._notes.pop(note_id, None)) is not None:
                yield from self._blocks(note)

    def _label(self, properties: etree._Element | None, style: ParagraphStyle, paragraph: _Paragraph) -> str:
        """The automatic number; empty paragraphs are numbered by Word too."""
        numbering = numbering_of(properties)
        if numbering is None:
            numbering = style.numbering
        if numbering is None or numbering[0] == "0":
            return ""
        return self._numbering.next_label(numbering)

    def _block(
        self, paragraph: _Paragraph, properties: etree._Element | None, style: ParagraphStyle, label: str
    ) -> Block:
        visible = [piece for piece in paragraph.pieces if piece.reason is None]
        text = clean_text("".join(piece.text for piece in visible))
        inked = [piece for piece in visible if piece.text.strip()]
        level = outline_level(properties) or style.level
        centred = is_centred(properties)
        return Block(
            text=f"{label} {text}" if label and text else text,
            level=level if text and len(text) <= 500 else None,
            is_bold=bool(inked) and all(piece.is_bold for piece in inked),
            is_centred=bool(style.is_centred if centred is None else centred),
            is_listed=bool(label) and label == BULLET_MARK,
            flags=_flags(paragraph.pieces),
        )

    def _collect(self, element: etree._Element, style: ParagraphStyle, paper: str | None, into: _Paragraph) -> None:
        for child in element:
            tag = child.tag
            if tag == RUN:
                self._collect_run(child, style, paper, into)
            elif tag in SKIPPED:
                self._has_tracked_changes |= tag in (w("del"), w("moveFrom"))
            elif tag == MATH_TEXT:
                into.pieces.append(_Piece(child.text or "", None, False))
            else:
                self._has_tracked_changes |= tag in (w("ins"), w("moveTo"))
                self._collect(child, style, paper, into)

    def _collect_run(self, run: etree._Element, style: ParagraphStyle, paper: str | None, into: _Paragraph) -> None:
        look = self._look(run.find(w("rPr")), style)
        text = []
        for child in run:
            tag = child.tag
            if tag == TEXT:
                text.append(child.text or "")
            elif tag in (TAB, BREAK, CARRIAGE):
                text.append(" ")
            elif tag == NO_BREAK_HYPHEN:
                text.append("-")
            elif tag == SYMBOL:
                text.append(_symbol(child))
            elif tag in (w("footnoteReference"), w("endnoteReference")):
                kind = "footnote" if tag == w("footnoteReference") else "endnote"
                into.notes.append(f"{kind} {child.get(w('id'))}")
            elif tag in SKIPPED:
                continue
            elif len(child):
                into.boxes.extend(_text_boxes(child))
        if text:
            reason = look.why_unseen(paper)
            into.pieces.append(_Piece(from_font("".join(text), look.font), reason, bool(look.bold)))

    def _look(self, properties: etree._Element | None, style: ParagraphStyle) -> Look:
        if properties is None:
            return style.look
        key = (style.name, None, etree.tostring(properties))
        look = self._looks.get(key)
        if look is None:
            character = self._styles.character(val(properties.find(w("rStyle"))))
            look = run_look(properties).over(character).over(style.look)
            if len(self._looks) < 5000:
                self._looks[key] = look
        return look

    # --- tables -----------------------------------------------------------------------------------------------------

    def _rows(self, table: etree._Element) -> list[list[TableCell]]:
        rows: list[list[TableCell]] = []
        for row in table.iter(w("tr")):
            if _closest(row, TABLE) is not table:
                continue  # of a table inside a cell; that one is read with its cell
            properties = row.find(w("trPr"))
            if properties is not None and properties.find(w("del")) is not None:
                self._has_tracked_changes = True
                continue
            is_hidden = properties is not None and is_on(properties.find(w("hidden")))
            is_header = properties is not None and is_on(properties.find(w("tblHeader")))
            cells = []
            for cell in row.iter(w("tc")):
                if _closest(cell, w("tr")) is row:
                    cells.append(self._cell(cell, is_header=bool(is_header), is_hidden=bool(is_hidden)))
            rows.append(cells)
        return rows

    def _cell(self, cell: etree._Element, *, is_header: bool, is_hidden: bool) -> TableCell:
        properties = cell.find(w("tcPr"))
        merge = properties.find(w("vMerge")) if properties is not None else None
        span = val(properties.find(w("gridSpan"))) if properties is not None else None
        blocks = [block for block in self._blocks(cell, fill_of(properties)) if block.text or block.flags]
        if is_hidden:
            for block in blocks:
                block.flags.append((block.text, FlagReason.HIDDEN))
                block.text, block.cells = "", None
        return TableCell(
            blocks=blocks,
            span=int(span) if span is not None and span.isdigit() else 1,
            is_continued=merge is not None and val(merge) in (None, "continue"),
            is_merged_down=merge is not None and val(merge) == "restart",
            is_header=is_header,
        )


def _closest(element: etree._Element, tag: str) -> etree._Element | None:
    return next(element.iterancestors(tag), None)


def _symbol(element: etree._Element) -> str:
    code = element.get(w("char"))
    try:
        return chr(int(code or "", 16))
    except (ValueError, OverflowError):
        return ""


def _text_boxes(element: etree._Element) -> list[etree._Element]:
    """Contents of text boxes below, one of each pair of modern shape and its fallback; not those inside another box."""
    found: list[etree._Element] = []
    for child in [element] if element.tag == f"{MC}AlternateContent" else element:
        if child.tag == f"{MC}AlternateContent":
            for version in child:
                if boxes := _text_boxes(version):
                    found += boxes
                    break
        elif child.tag == CONTENT:
            found.append(child)
        else:
            found += _text_boxes(child)
    return found


def _flags(pieces: list[_Piece]) -> list[tuple[str, FlagReason]]:
    """Unseen text, neighbouring runs of one reason together."""
    flags: list[tuple[str, FlagReason]] = []
    open_text, open_reason = "", None
    for piece in [*pieces, _Piece("", None, False)]:
        if piece.reason is open_reason:
            open_text += piece.text
            continue
        if open_reason is not None and (text := clean_text(open_text)):
            flags.append((text, open_reason))
        open_text, open_reason = piece.text, piece.reason
    return flags
