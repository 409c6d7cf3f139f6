"""Which format a file is in, by its content. The ending of its name is only compared with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingestion.drafts.archives import OLE_MAGIC, PASSWORD_MESSAGE, ole_kind, open_package, package_kind
from ingestion.drafts.records import DraftProblem, UnreadableDraftError
from ingestion.records import N_


class Format(StrEnum):
    DOCX = "docx"
    PDF = "pdf"
    TEXT = "text"
    MARKDOWN = "markdown"
    DOC = "doc"
    RTF = "rtf"
    ODT = "odt"


MEDIA_TYPES = {
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PDF: "application/pdf",
    Format.TEXT: "text/plain",
    Format.MARKDOWN: "text/markdown",
    Format.DOC: "application/msword",
    Format.RTF: "application/rtf",
    Format.ODT: "application/vnd.oasis.opendocument.text",
}
NEEDS_CONVERSION = frozenset({Format.DOC, Format.RTF, Format.ODT})

# What the ending of a name promises; "txt" and "md" promise the same thing to us.
PROMISES = {
    ".docx": {Format.DOCX},
    ".docm": {Format.DOCX},
    ".dotx": {Format.DOCX},
    ".pdf": {Format.PDF},
    ".txt": {Format.TEXT, Format.MARKDOWN},
    ".md": {Format.TEXT, Format.MARKDOWN},
    ".markdown": {Format.TEXT, Format.MARKDOWN},
    ".doc": {Format.DOC},
    ".dot": {Format.DOC},
    ".rtf": {Format.RTF},
    ".odt": {Format.ODT},
}
# Known formats we do not read, by the name people know them by.
FOREIGN_NAMES = {"xlsx": "Excel (XLSX)", "xls": "Excel (XLS)", "pptx": "PowerPoint (PPTX)", "ppt": "PowerPoint (PPT)"}
HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|script|body)\b", re.I | re.S
)

RENAMED_WARNING = N_("“%(file)s” is not what its name says: it is a %(found)s file and was read as one.")
NOT_WHAT_IT_SAYS_MESSAGE = N_(
    "“%(file)s” is not a %(promised)s file: its content is %(found)s. "
    "Open the original draft, save it as DOCX or PDF and send that."
)
UNSUPPORTED_MESSAGE = N_(
    "“%(file)s” is a %(found)s file, which cannot be read as a draft. Send the draft as DOCX, PDF, DOC or plain text."
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    format: Format
    is_renamed: bool


def sniff(path: Path, name: str) -> Sniffed:
    """The format of the content. Raises UnreadableDraftError for content that is no draft."""
    found = _content(path, name)
    ending = Path(name).suffix.lower()
    promised = PROMISES.get(ending)
    if isinstance(found, Format):
        if found is Format.TEXT and promised and found not in promised:
            # Any bytes without a known start are "text"; a name that promises a document means it is a broken one.
            raise UnreadableDraftError(
                DraftProblem.NOT_WHAT_IT_SAYS,
                NOT_WHAT_IT_SAYS_MESSAGE,
                file=name,
                promised=ending[1:].upper(),
                found="TXT",
            )
        if found is Format.TEXT and ending in (".md", ".markdown"):
            found = Format.MARKDOWN
        return Sniffed(found, is_renamed=promised is not None and found not in promised)
    if promised is not None:
        raise UnreadableDraftError(
            DraftProblem.NOT_WHAT_IT_SAYS,
            NOT_WHAT_IT_SAYS_MESSAGE,
            file=name,
            promised=ending[1:].upper(),
            found=found,
        )
    raise UnreadableDraftError(DraftProblem.UNSUPPORTED, UNSUPPORTED_MESSAGE, file=name, found=found)


def _content(path: Path, name: str) -> Format | str:
    with path.open("rb") as file:
        head = file.read(4096)
    if b"%PDF-" in head[:1024]:
        return Format.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        with open_package(path, name) as package:
            kind = package_kind(package, name)
        return Format(kind) if kind in ("docx", "odt") else FOREIGN_NAMES.get(kind, kind.upper())
    if head.startswith(OLE_MAGIC):
        kind = ole_kind(path)
        if kind == "encrypted":
            raise UnreadableDraftError(DraftProblem.ENCRYPTED, PASSWORD_MESSAGE, file=name)
        return Format.DOC if kind == "doc" else FOREIGN_NAMES.get(kind, kind.upper())
    if head.startswith(b"{\\rtf"):
        return Format.RTF
    if HTML.match(head):
        return "HTML"
    return Format.TEXT if _looks_like_text(head) else _foreign(head, path)


def _looks_like_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    zeros = head.count(0)
    if zeros > len(head) // 4 and not head[::2].count(0) * head[1::2].count(0):
        return True  # UTF-16 without its mark: every other byte is zero
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in head)
    return controls <= max(2, len(head) // 50) and not _has_known_signature(head)


def _has_known_signature(head: bytes) -> bool:
    return head.startswith(
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"Rar!", b"7z\xbc\xaf", b"MZ")
    )


def _foreign(head: bytes, path: Path) -> str:
    import puremagic  # only for files that are refused; it loads its tables when imported

    try:
        guesses = puremagic.magic_string(head, filename=None)
    except (puremagic.PureError, ValueError):
        guesses = []
    for guess in guesses:
        if guess.extension:
            return str(guess.extension).lstrip(".").upper()
    return "BIN"
