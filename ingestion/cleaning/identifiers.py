"""Addresses, telephone numbers, ORCID iDs and field codes."""

from __future__ import annotations

import re
import unicodedata

from stdnum import isni
from stdnum.exceptions import ValidationError

from ingestion.cleaning.text import clean_text
from ingestion.records import FieldMention

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]+@[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
)
_SPACED_AT = re.compile(r"\s*(?:@|\(at\)|\[at\]|\s+at\s+(?=\S+\.\S+$))\s*")
_ORCID = re.compile(r"(?<!\d)(\d{4})[-\s]?(\d{4})[-\s]?(\d{4})[-\s]?(\d{3}[\dXx])(?![\dXx])")
_PHONE = re.compile(r"(?:\+|00)?\(?\d[\d\s().\-]{6,}\d")
_BETWEEN_PHONES = re.compile(r"\s+[-–—]\s+|[,;\n]|(?<=\d{9})\s+(?=(?:\+84|0)\d{8})")
_CODE_FIRST = re.compile(r"^(\d[\d.]*)(?![\w])\s*[-–:.)]?\s*(.*)$")
_CODE_LAST = re.compile(r"^(.*?)\s*[(\[]\s*(?:mã(?: số)?\s*:?\s*)?(\d[\d.]*)\s*[)\]]$")
_SEPARATOR = re.compile(
    r"\s*[;|\n]\s*|\s*,\s*(?=\d[\d.]*(?![\w]))|(?<=\d)\s+(?=\d+\.\d)|(?<=\d)\s*[&+]\s*(?=\d)|(?<=\d)\s+và\s+(?=\d)"
)


def find_emails(text: str) -> tuple[str, ...]:
    """Addresses in the text, in small letters, each once, in order."""
    text = unicodedata.normalize("NFKC", clean_text(text))
    text = _SPACED_AT.sub("@", text)
    found = (match.strip(".'").lower() for match in _ADDRESS.findall(text))
    return tuple(dict.fromkeys(address for address in found if ".." not in address))


def find_phones(text: str) -> tuple[str, ...]:
    """Telephone numbers as digits, `+` before a country code; the zero that a number cell loses is put back."""
    found = []
    for match in _PHONE.findall(_BETWEEN_PHONES.sub(" / ", text.replace("(0)", ""))):
        digits = re.sub(r"\D", "", match)
        if match.lstrip("(").startswith("+"):
            found.append("+" + digits)
        elif match.startswith("00"):
            found.append("+" + digits[2:])
        elif len(digits) == 9 and digits[0] in "35789":
            found.append("0" + digits)
        elif 8 <= len(digits) <= 15:
            found.append(digits)
    return tuple(dict.fromkeys(found))


def parse_orcid(text: str) -> str | None:
    """`0000-0002-1825-0097` with a right check digit, from the iD or its address; else None."""
    if match := _ORCID.search(text):
        digits = "".join(match.groups()).upper()
        try:
            isni.validate(digits)
        except ValidationError:
            return None
        return "-".join(digits[i : i + 4] for i in range(0, 16, 4))
    return None


def normal_field_code(code: str) -> str | None:
    """Digits of the national list for any way of writing: "4.1" → "401", "2.11" → "211", "50202"; None when the digits
    cannot be a code (level 1 is 1–6, level 2 is 01–11 or 99, deeper levels add two digits each)."""
    code = code.strip(". ")
    if "." in code:
        parts = code.split(".")
        if not all(part.isdigit() and len(part) <= 2 for part in parts) or len(parts) > 4 or len(parts[0]) != 1:
            return None
        code = parts[0] + "".join(part.zfill(2) for part in parts[1:])
    if not code.isdigit() or len(code) not in (1, 3, 5, 7) or code[0] not in "123456":
        return None
    if len(code) >= 3 and not (1 <= int(code[1:3]) <= 11 or code[1:3] == "99"):
        return None
    return code


def parse_fields(text: str) -> tuple[FieldMention, ...]:
    """Fields by code, by name, or by both: "4.1; 2.3", "5.6 Khoa học chính trị, hành chính, 1.2 Khoa học máy tính"."""
    mentions = []
    for part in _SEPARATOR.split(text):
        part = part.strip(" ,.-•")
        if match := _CODE_FIRST.match(part):
            mentions.append(FieldMention(code_text=match[1].rstrip("."), name_text=match[2].strip(" ,.") or None))
        elif match := _CODE_LAST.match(part):
            mentions.append(FieldMention(code_text=match[2].rstrip("."), name_text=match[1].strip(" ,.") or None))
        elif part:
            mentions.append(FieldMention(code_text=None, name_text=part))
    return tuple(dict.fromkeys(mentions))
