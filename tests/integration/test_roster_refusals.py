"""Files that are no roster: each is refused before it can do harm, with words that say what to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from ingestion.records import UnreadableFileError
from ingestion.sources.spreadsheet import read_roster

ROOT = Path(__file__).parents[2]
SOUND = ROOT / "service" / "demo" / "rosters" / "tri-thuc-xa-que-2025.xlsx"
CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def package(path: Path, parts: dict[str, bytes | str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)


def with_entities(path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with zipfile.ZipFile(SOUND) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    sheet = next(name for name in parts if name.startswith("xl/worksheets/sheet"))
    body = parts[sheet].split(b"?>", 1)[-1] if parts[sheet].startswith(b"<?xml") else parts[sheet]
    package(path, {**parts, sheet: bomb.encode() + body})


def without_headings(path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].append(["Nguyễn Văn An", 1980])
    workbook.save(path)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda p: p.write_bytes(b""), "is empty"),
    "blank": (lambda p: p.write_bytes(b"\r\n  \r\n"), "is empty"),
    "folder": (lambda p: p.mkdir(), "is a folder"),
    "missing": (lambda p: None, "There is no file"),
    "encrypted": (lambda p: p.write_bytes(OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")), "password"),
    "xls": (lambda p: p.write_bytes(OLE + b"\0" * 600 + "Workbook".encode("utf-16-le")), "old Excel"),
    "pdf": (lambda p: p.write_bytes(b"%PDF-1.7\n"), "PDF"),
    "web page": (lambda p: p.write_bytes(b"<html><table><tr><td>STT</td></tr></table></html>"), "web page"),
    "truncated": (lambda p: p.write_bytes(SOUND.read_bytes()[:9000]), "damaged"),
    "other package": (
        lambda p: package(p, {"word/document.xml": "<x/>", "[Content_Types].xml": CONTENT_TYPES}),
        "no Excel",
    ),
    "broken inside": (lambda p: package(p, {"xl/workbook.xml": "<x", "[Content_Types].xml": CONTENT_TYPES}), "damaged"),
    "bomb": (
        lambda p: package(p, {"xl/worksheets/sheet1.xml": b"\0" * 40_000_000, "[Content_Types].xml": "x"}),
        "unpack to",
    ),
    "entities": (with_entities, "entities"),
    "no headings": (without_headings, "No list was found"),
    "binary": (lambda p: p.write_bytes(b"\x00\x00\x01\x02" * 100), "neither"),
    "open quotation mark": (
        lambda p: p.write_text('Họ và tên;Đơn vị\nLê Hoa;Sở Y tế\nĐỗ An;"Sở Y tế\nVõ Ba;Sở Y tế\n', encoding="utf-8"),
        "inside a quoted cell near line 3",
    ),
    "half a character": (lambda p: p.write_bytes("Họ và tên\nNguyễn Văn Hế".encode()[:-1]), "middle of a character"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_roster_is_refused_with_a_reason(kind: str, tmp_path: Path) -> None:
    make, reason = REFUSED[kind]
    path = tmp_path / "danh-sach.xlsx"
    make(path)

    with pytest.raises(UnreadableFileError) as refused:
        read_roster(path)

    assert reason in refused.value.message % refused.value.details
    assert "danh-sach.xlsx" in str(refused.value)


def test_the_ending_of_the_name_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "renamed.csv"
    path.write_bytes(SOUND.read_bytes())

    assert len(read_roster(path).experts) == 31


@pytest.mark.parametrize("cut", range(0, SOUND.stat().st_size, 2_500))
def test_a_file_cut_anywhere_is_refused(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.xlsx"
    path.write_bytes(SOUND.read_bytes()[:cut])

    with pytest.raises(UnreadableFileError):
        read_roster(path)


def test_formulas_are_taken_by_their_stored_result_and_never_computed(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="str"><v>Họ và tên</v></c><c r="B1" t="str"><v>Năm sinh</v></c></row>'
        '<row r="2"><c r="A2" t="str"><v>Nguyễn Văn An</v></c><c r="B2"><f>2000-20</f><v>1980</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>UPPER("a")</f><v>Lê Thị Bình</v></c><c r="B3"><f>2000-20</f></c></row>'
        "</sheetData></worksheet>"
    )
    with zipfile.ZipFile(SOUND) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = next(part for part in parts if part.startswith("xl/worksheets/sheet"))
    package(tmp_path / "f.xlsx", {**parts, name: sheet})

    reading = read_roster(tmp_path / "f.xlsx")

    assert [(expert.full_name, expert.birth_year) for expert in reading.experts] == [("Nguyễn Văn An", 1980)]
    assert [(found.location.row, found.field, found.kind, found.severity.value) for found in reading.problems] == [
        (2, "birth_year", "formula_result", "warn"),
        (3, "name", "formula_result", "warn"),
        (3, "birth_year", "formula", "refuse"),
    ]
