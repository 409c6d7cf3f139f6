"""Which passages of a draft tell of its subject, and why the others do not.

Legal bases, letterheads and lists of agencies swamp the subject of a long paper: the founding plan of a directory of
intellectuals names one department a dozen times and its own subject once a page. What is left out here is still shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.drafts.records import DraftPassage, PassageKind
from search.vietnamese import fold
from service.matching.results import PassageDecision

_KINDS = {
    PassageKind.LETTERHEAD: "letterhead",
    PassageKind.RECIPIENTS: "recipients",
    PassageKind.SIGNATURE: "signature",
}
_NUMBERING = re.compile(
    r"^\s*(?:[-–—+*•●○■▪◦➢➤✓►·\\|]+\s*|\(?(?:phần thứ \w+|chương [\divxlc]+|mục \d+|điều \d+[a-z]?|nhóm \d+"
    r"|[ivxlc]{1,6}|\d{1,2}(?:\.\d{1,2})*|[a-zđ])\s*(?:[.):/]|(?<=\d)\s)\s*)+",
    re.IGNORECASE,
)
_LEGAL_BASIS = re.compile(
    r"^(?:can cu|xet (?:to trinh|de nghi|bao cao)|theo de nghi cua|tren co so ket qua bieu quyet|pursuant to"
    r"|in accordance with the law|having regard to)\b"
)
# "Thực hiện Quyết định số … ban hành kế hoạch như sau": says which papers, not which subject.
_REFERENCE_ONLY = re.compile(r"\b(?:so \d+\S*|\d+/[\w/-]+)\b")
_ORGANISING = re.compile(
    r"\b(?:to chuc thuc hien|to chuc trien khai|trach nhiem (?:cua )?(?:cac|thuc hien|to chuc)"
    r"|phan cong (?:nhiem vu|trach nhiem|thuc hien)|dieu khoan thi hanh|hieu luc thi hanh"
    r"|implementation arrangements)\b"
)
_DUTY = re.compile(
    r"\b(?:chu tri|phoi hop|tham muu|don doc|theo doi|bao cao (?:ket qua|ubnd|uy ban)|tong hop|dinh ky|can cu chuc nang"
    r"|chiu trach nhiem|kip thoi phan anh|ke tu ngay ky)\b"
)
_CAPTION = re.compile(r"^(?:hinh|bang|bieu|so do|nguon|don vi tinh|figure|table|source)\b[\s\d.:]")

_AGENCY_HEAD = "|".join(
    (
        "Sở|Bộ|Ban|Cục|Chi cục|Tổng cục|Vụ|Viện|Trường|Trung tâm|Hội|Liên hiệp(?: các)? [Hh]ội|Liên minh"
        "|Văn phòng|Báo|Đài",
        "Kho bạc|Ngân hàng|Mặt trận|Học viện|Đại học|Công ty|Tổng công ty|Quỹ|Chi nhánh|Thanh tra|Tòa án|Viện kiểm sát",
        "Thường trực|Đảng|Đoàn|Công an|Bộ Chỉ huy|Bộ đội|UBND|HĐND",
    )
)
# A name goes on as long as capitals do, each with at most one small syllable: Khoa học và Công nghệ, Nội vụ.
_NAME_PART = r"(?:Phát triển [Nn]ông thôn|Giao thông vận tải|[A-ZĐÀ-ỸÂÊÔƠƯĂ][\wÀ-ỹ]*(?:\s+[a-zđà-ỹâêôơưă][\wà-ỹ]*)?)"
_JOINED = r"(?:\s+|,\s*|\s*[-–&]\s*|\s+(?:và|các|của|tỉnh|thành phố|nhân dân|cấp)\s+)"
_AGENCY = re.compile(rf"\b(?:{_AGENCY_HEAD})\s+{_NAME_PART}(?:{_JOINED}{_NAME_PART})*")
_PLACE = re.compile(r"\b(?:[Tt]ỉnh|[Hh]uyện|[Tt]hành phố|[Tt]hị xã)(?:\s+[A-ZĐÀ-ỸÂÊÔƠƯĂ][\wÀ-ỹ]*){1,3}")
_AGENCY_WORDS = re.compile(
    r"\b(?:(?:các|những)\s+)?(?:"
    + "|".join(
        (
            "ủy ban nhân dân|uỷ ban nhân dân|hội đồng nhân dân|UBND|HĐND|Trung ương Đảng|tỉnh ủy|thành ủy"
            "|huyện ủy|cấp ủy",
            "ban cán sự|mặt trận tổ quốc|UBMTTQ|MTTQ|thủ tướng chính phủ|chính phủ|quốc hội|bộ chính trị",
            "sở,? ban,? ngành|bộ,? ngành|sở,? ngành|bộ,? cơ quan ngang bộ|cơ quan,? đơn vị(?: có)?(?: liên quan)?",
            "đơn vị liên quan|các đơn vị|các địa phương|huyện,? thành phố|đoàn thể|tổ chức chính trị[ -]*xã hội",
            "tổ chức có liên quan",
        )
    )
    + r")\b",
    re.IGNORECASE,
)
_DANGLING = re.compile(r"[\s,;]+(?=[,;.:])")
_SHORTEST = 4  # words

ORGANISING_WEIGHT = 0.4  # a duty that names a subject counts less than a task does


def clean_passages(passages: Sequence[DraftPassage]) -> list[PassageDecision]:
    """One decision for each passage, in order. Headings are kept: they say what stands under them."""
    return [_decide(passage) for passage in passages]


def _decide(passage: DraftPassage) -> PassageDecision:
    if reason := _KINDS.get(passage.kind):
        return PassageDecision(ordinal=passage.ordinal, left_out=reason, weight=0.0)
    text = without_numbering(passage.text)
    folded = fold(text)
    if _LEGAL_BASIS.match(folded):
        return _left_out(passage, "legal_basis")
    if passage.kind is PassageKind.HEADING:
        named = without_agencies(text)
        organising = _is_organising((passage.text,))
        if not organising and _is_organising(passage.headings) and len(named.split()) < _SHORTEST:
            return _left_out(passage, "organisation")
        return PassageDecision(ordinal=passage.ordinal, left_out=None, weight=0.0 if organising else 1.0)
    if passage.kind is PassageKind.TITLE:
        return PassageDecision(ordinal=passage.ordinal, left_out=None)
    if _CAPTION.match(folded):
        return _left_out(passage, "caption")
    rest = without_agencies(text)
    if len(_words(rest)) < _SHORTEST:
        return _left_out(passage, "organisation" if len(_words(text)) >= _SHORTEST else "too_short")
    if _is_organising(passage.headings):
        if len(_words(_DUTY.sub(" ", fold(rest)))) < 2 * _SHORTEST:
            return _left_out(passage, "organisation")
        return PassageDecision(ordinal=passage.ordinal, left_out=None, weight=ORGANISING_WEIGHT)
    if len(_REFERENCE_ONLY.findall(folded)) >= 2 and re.search(r"\bban hanh\b|\bnhu sau\b", folded):
        return _left_out(passage, "legal_basis")
    return PassageDecision(ordinal=passage.ordinal, left_out=None)


def _left_out(passage: DraftPassage, reason: str) -> PassageDecision:
    return PassageDecision(ordinal=passage.ordinal, left_out=reason, weight=0.0)


def _is_organising(headings: Sequence[str]) -> bool:
    return any(_ORGANISING.search(fold(heading)) for heading in headings)


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text) if not word.isdigit()]


def without_numbering(text: str) -> str:
    """The text without "II.", "3.1.", "a)", "-", "Điều 5." before it."""
    return _NUMBERING.sub("", text).strip() or text.strip()


def without_agencies(text: str) -> str:
    """The text without names of agencies, which are no evidence of a field."""
    if text.isupper():  # a heading in capitals: read it as a sentence would be
        text = _sentence_case(text)
    return re.sub(
        r"\s+([,.;:])", r"\1", re.sub(r"\s+", " ", _AGENCY.sub(" ", _AGENCY_WORDS.sub(" ", _PLACE.sub(" ", text))))
    ).strip(" ,;:-–")


def _sentence_case(text: str) -> str:
    """SỞ KHOA HỌC VÀ CÔNG NGHỆ → Sở Khoa Học Và Công Nghệ where it begins with an agency, else lower case."""
    titled = text.title()
    return titled if _AGENCY.match(titled) else text.lower()
