"""Tells what a file is by its content, and refuses what is no roster before anything of it is unpacked.

The name's ending is not trusted: an XLSX called .csv is read as XLSX, a PDF called .xlsx is refused as PDF.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingestion.records import N_, UnreadableFileError
from ingestion.sources.separated import open_separated
from ingestion.sources.tables import OpenedFile
from ingestion.sources.workbook import open_workbook

LARGEST_FILE = 64 * 2**20
LARGEST_UNPACKED = 400 * 2**20
LARGEST_RATIO = 200  # unpacked to packed, for what unpacks to more than SMALL_UNPACKED; ordinary sheets stay below 60
SMALL_UNPACKED = 24 * 2**20
MOST_PARTS = 5_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
)


def open_file(path: Path) -> OpenedFile:
    """Raises UnreadableFileError, which names what to do."""
    try:
        if path.is_dir():
            raise UnreadableFileError(N_("%(file)s is a folder. Name a file."), file=path.name)
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise UnreadableFileError(
                N_("%(file)s is %(size)s MB; at most %(limit)s MB are read. Split it into several files."),
                file=path.name,
                size=size // 2**20,
                limit=LARGEST_FILE // 2**20,
            )
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise UnreadableFileError(N_("There is no file %(file)s."), file=str(path)) from None
    except (OSError, ValueError) as error:
        raise UnreadableFileError(
            N_("%(file)s cannot be opened: %(reason)s."),
            file=path.name,
            reason=getattr(error, "strerror", None) or error,
        ) from None
    if not head.strip(b"\0 \t\r\n"):
        raise UnreadableFileError(N_("%(file)s is empty."), file=path.name)
    if head.startswith(b"PK"):
        _check_package(path)
        return open_workbook(path)
    _refuse_other_kinds(path, head)
    return open_separated(path)


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise UnreadableFileError(
                N_("%(file)s is protected by a password. Save it without a password and import it again."),
                file=path.name,
            )
        raise UnreadableFileError(
            N_("%(file)s is an old Excel or Word file (.xls, .doc). Save it as .xlsx and import it again."),
            file=path.name,
        )
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            raise UnreadableFileError(
                N_("%(file)s is a %(kind)s file, no table. Export the list as .xlsx or .csv."),
                file=path.name,
                kind=kind,
            )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml", b"mime-version:")):
        raise UnreadableFileError(
            N_("%(file)s is a web page or XML under another name. Open it in Excel and save it as .xlsx."),
            file=path.name,
        )


def _check_package(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UnreadableFileError(
            N_("%(file)s is damaged or was not copied whole. Ask for it again or save it anew."), file=path.name
        ) from None
    names = {part.filename for part in parts}
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    is_bomb = unpacked > LARGEST_UNPACKED or (unpacked > SMALL_UNPACKED and unpacked > LARGEST_RATIO * max(packed, 1))
    if is_bomb or len(parts) > MOST_PARTS:
        raise UnreadableFileError(
            N_("%(file)s would unpack to %(size)s MB and is not opened. Save the list alone in a new workbook."),
            file=path.name,
            size=unpacked // 2**20,
        )
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFileError(
            N_("%(file)s is protected by a password. Save it without a password and import it again."), file=path.name
        )
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise UnreadableFileError(
            N_("%(file)s is no Excel workbook (.xlsx), though it is packed like one. Save the list as .xlsx or .csv."),
            file=path.name,
        )
    if any(name.startswith("xl/") and name.endswith(".bin") and "workbook" in name for name in names):
        raise UnreadableFileError(N_("%(file)s is a binary workbook (.xlsb). Save it as .xlsx."), file=path.name)
