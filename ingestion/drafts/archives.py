"""Zip and OLE files looked at from outside: what they are, and whether they may be unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import BinaryIO

from ingestion.drafts.limits import MEGABYTE
from ingestion.drafts.records import DraftProblem, UnreadableDraftError
from ingestion.records import N_

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD_BINARY_MAGIC = b"\xec\xa5"  # of the FIB, first thing in the stream WordDocument

MEMBERS_MAX = 10_000
UNPACKED_MAX = 400 * MEGABYTE
PART_MAX = 80 * MEGABYTE  # one XML part; 100,000 paragraphs are about 40 MB
RATIO_MAX = 150  # text of a real draft packs 5 to 40 times
RATIO_COUNTS_FROM = 50 * MEGABYTE
NESTED_MAX = 20 * MEGABYTE
NESTED_ENDINGS = (".zip", ".docx", ".xlsx", ".pptx", ".odt", ".jar")
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

BOMB_MESSAGE = N_(
    "“%(file)s” would unpack to %(megabytes)d MB, far more than a draft holds. It was not opened. "
    "Open it in Word, save it as a new DOCX file and send that."
)
CUT_OFF_MESSAGE = N_(
    "“%(file)s” is damaged or cut off. Send it again, or save it anew in the program it was made with."
)


def open_package(path: Path, name: str) -> zipfile.ZipFile:
    """The zip file, after its central directory was found harmless. Nothing of it has been unpacked yet."""
    try:
        package = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name) from error
    _refuse_bombs(package, path.stat().st_size, name, is_nested=False)
    if any(member.flag_bits & 0x1 for member in package.infolist()):
        raise UnreadableDraftError(DraftProblem.ENCRYPTED, PASSWORD_MESSAGE, file=name)
    return package


PASSWORD_MESSAGE = N_("“%(file)s” needs a password to open. Save a copy without the password and send that.")


def _refuse_bombs(package: zipfile.ZipFile, packed: int, name: str, *, is_nested: bool) -> None:
    members = package.infolist()
    unpacked = sum(member.file_size for member in members)
    bomb = UnreadableDraftError(DraftProblem.BOMB, BOMB_MESSAGE, file=name, megabytes=max(1, unpacked // MEGABYTE))
    if len(members) > MEMBERS_MAX or unpacked > UNPACKED_MAX:
        raise bomb
    # Members that share their packed bytes with others unpack to more than the file could hold.
    if sum(member.compress_size for member in members) > packed:
        raise bomb
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * RATIO_MAX:
        raise bomb
    for member in members:
        is_text = member.filename.lower().endswith((".xml", ".rels"))
        if is_text and member.file_size > PART_MAX:
            raise bomb
        nested = member.filename.lower().endswith(NESTED_ENDINGS)
        if nested and not is_nested and member.compress_type in READABLE_METHODS and member.file_size <= NESTED_MAX:
            try:
                inner_bytes = package.read(member)
                inner = zipfile.ZipFile(io.BytesIO(inner_bytes))
            except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, NotImplementedError):
                continue  # not a zip file after all; nobody will open it
            _refuse_bombs(inner, len(inner_bytes), name, is_nested=True)


def read_member(package: zipfile.ZipFile, member: str, name: str) -> bytes:
    """One part, never more of it than the central directory promised."""
    try:
        info = package.getinfo(member)
        if info.compress_type not in READABLE_METHODS:
            raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name)
        return package.read(info)
    except (KeyError, zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError) as error:
        raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name) from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=name) from error
        raise


def package_kind(package: zipfile.ZipFile, name: str) -> str:
    """ "docx", "xlsx", "pptx", "odt", "ods" … or "zip"."""
    members = set(package.namelist())
    if "mimetype" in members:
        kind = read_member(package, "mimetype", name)[:200].decode("ascii", "replace").strip()
        return {
            "application/vnd.oasis.opendocument.text": "odt",
            "application/vnd.oasis.opendocument.spreadsheet": "ods",
            "application/vnd.oasis.opendocument.presentation": "odp",
            "application/epub+zip": "epub",
        }.get(kind, "zip")
    if "[Content_Types].xml" not in members:
        return "zip"
    types = read_member(package, "[Content_Types].xml", name)
    for marker, kind in (
        (b"wordprocessingml.document.main", "docx"),
        (b"ms-word.document.macroEnabled.main", "docx"),
        (b"wordprocessingml.template.main", "docx"),
        (b"spreadsheetml", "xlsx"),
        (b"ms-excel", "xlsx"),
        (b"presentationml", "pptx"),
    ):
        if marker in types:
            return kind
    return "docx" if "word/document.xml" in members else "zip"


def ole_kind(path: Path) -> str:
    """ "doc", "xls", "ppt", "encrypted" or "ole"; read off the names in the directory, which are UTF-16."""
    content = path.read_bytes()

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        return "encrypted"
    if has("WordDocument"):
        return "encrypted" if _is_encrypted_word(io.BytesIO(content), len(content)) else "doc"
    if has("Workbook") or has("Book"):
        return "xls"
    return "ppt" if has("PowerPoint Document") else "ole"


def _is_encrypted_word(file: BinaryIO, size: int) -> bool:
    """The stream begins on a sector, with the FIB; bit 8 of its flags says whether a password is set."""
    for offset in range(512, size, 512):
        file.seek(offset)
        head = file.read(12)
        if head.startswith(WORD_BINARY_MAGIC) and len(head) == 12:
            return bool(int.from_bytes(head[10:12], "little") & 0x0100)
    return False
