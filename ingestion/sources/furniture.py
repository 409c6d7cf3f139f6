"""Rows of a table that are no entries: totals, place and date, signatures, headings between groups, column numbers."""

from __future__ import annotations

import re
from typing import Literal

from ingestion.cleaning.names import looks_like_an_organisation
from ingestion.cleaning.surnames import is_surname
from ingestion.cleaning.text import fold

Furniture = Literal["total", "place_and_date", "signature", "section", "column_numbers"]

_TOTAL = re.compile(
    r"^\s*(?:tổng cộng|tổng số|(?:tổng|cộng|sum)(?=\s*(?:[:.\d]|$))|total|danh sách (?:này |trên )?(?:gồm|có)|"
    r"\(?(?:tong cong|tong so|"
    r"danh sach (?:nay |tren )?(?:gom|co))|ấn định danh sách)(?=[\s:.,(]|$)",
    re.IGNORECASE,
)
_PLACE_AND_DATE = re.compile(r"ng[aà]y\s*[\d.…_ ]+\s*,?\s*th[aá]ng\s*[\d.…_ ]+\s*,?\s*n[aă]m", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"^\W*(?:(?:kt|tm|tl|tuq|q)\s*\.|\(?\s*ký\b|đã ký|người lập|người tổng hợp|lập bảng|lập biểu|xác nhận|"
    r"thủ trưởng|thủ truởng|nơi nhận|lưu\s*:|"
    r"(?:phó |q\. ?|quyền )?(?:giám đốc|hiệu trưởng|chủ tịch|viện trưởng|trưởng phòng|trưởng ban|trưởng khoa|"
    r"tổng giám đốc|chánh văn phòng|tổng thư ký|trưởng đơn vị)|"
    r"prepared by|approved by|signature|signed)",
    re.IGNORECASE,
)  # fmt: skip
_ROMAN = re.compile(r"^(?:[IVXLC]+|[A-Z])[.)]?$")
_NUMBERED = re.compile(r"^(?:[IVXLC]+|[A-Z]|\d{1,2})[.)]\s+\D")
_COLUMN_NUMBER = re.compile(r"^[(\[]?\s*(?:\d{1,2}|[a-zA-Z])\s*[)\]]?$")
_SPARSE = 4  # cells; a row of furniture never has more


def classify(
    texts: dict[int, str],
    *,
    name_column: int,
    ordinal_column: int | None,
    after_header: bool,
    in_footer: bool,
    is_spanned: bool,
) -> Furniture | None:
    """`texts`: column → cleaned text of the filled cells. `is_spanned`: the first is merged over several columns."""
    if after_header and len(texts) >= 3 and _numbers_columns(list(texts.values())):
        return "column_numbers"
    if len(texts) > _SPARSE:
        return None
    others = {column: text for column, text in texts.items() if column != ordinal_column}
    lead = next(iter(texts.values()))
    name = texts.get(name_column, "")
    if _TOTAL.match(name) or _TOTAL.match(lead):
        return "total"
    if _is_person(name):
        is_signer = in_footer and ordinal_column not in texts and len(others) <= 2
        return "signature" if is_signer and not any("@" in text for text in others.values()) else None
    if any(_PLACE_AND_DATE.search(text) for text in texts.values()):
        return "place_and_date"
    if all(_SIGNATURE.match(text) for text in texts.values()) or (
        in_footer and ordinal_column not in texts and len(others) <= 2
    ):
        return "signature"
    return "section" if _is_section(texts, others, name, lead, is_spanned) else None


def _is_person(name: str) -> bool:
    words = name.split()
    return len(words) >= 2 and not name.isupper() and is_surname(words[0]) and not looks_like_an_organisation(name)


def _is_section(texts: dict[int, str], others: dict[int, str], name: str, lead: str, is_spanned: bool) -> bool:
    if len(others) > 1:
        return False
    if not others:  # one cell, in the column of numbers
        return not lead.replace(".", "").isdigit() and len(lead) > 2
    text = next(iter(others.values()))
    numbered = len(texts) > 1 and _ROMAN.match(lead) is not None
    if numbered and not lead.isdigit():
        return True
    if text != name:
        return False
    return is_spanned or (len(texts) == 1 and (_NUMBERED.match(text) is not None or looks_like_an_organisation(text)))


def _numbers_columns(texts: list[str]) -> bool:
    if not all(_COLUMN_NUMBER.match(text) for text in texts):
        return False
    numbers = [int(digits) for text in texts if (digits := re.sub(r"\D", "", text))]
    return len(numbers) >= 2 and numbers == sorted(set(numbers)) and numbers[-1] - numbers[0] <= 2 * len(numbers)


def section_organisation(text: str) -> str | None:
    """The unit a heading names, without its number; None when it names none."""
    bare = re.sub(r"^(?:[IVXLC]+|[A-Z]|\d{1,2})[.)]\s+", "", text).strip(" :.-")
    return (
        bare
        if looks_like_an_organisation(bare.capitalize() if bare.isupper() else bare) or "truong" in fold(bare)
        else None
    )
