"""Reads the name of a body as people write it: abbreviations, units before and after their body, two languages.

`parts` cuts a text into the bodies it names, each with its kind and a canonical name that does not depend on marks,
case, abbreviations, "Trường", "tỉnh" or joining words. `absorbs` says what belongs to whom.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from search.vietnamese import fold
from service.directory.public_bodies import (
    ABBREVIATIONS,
    COUNTRIES,
    DEPARTMENT_IN_ENGLISH,
    DEPARTMENT_TODAY,
    ENGLISH_NAMES,
    MINISTRIES,
    PROVINCE_TODAY,
    UNIT_OF_DEPARTMENT,
)


class BodyKind(StrEnum):
    UNIT = "unit"  # khoa, phòng, bộ môn, phân hiệu … : part of something, whatever it is called
    CENTRE = "centre"
    INSTITUTE = "institute"
    HOSPITAL = "hospital"
    SCHOOL = "school"
    UNIVERSITY = "university"
    NATIONAL_UNIVERSITY = "national_university"  # and the regional ones: their members are bodies of their own
    DEPARTMENT = "department"  # sở
    SUBDEPARTMENT = "subdepartment"  # chi cục
    AGENCY = "agency"  # cục, tổng cục
    BOARD = "board"  # ban quản lý
    MINISTRY = "ministry"
    COMMITTEE = "committee"  # ủy ban nhân dân, hội đồng nhân dân, cấp ủy
    ACADEMY = "academy"
    ASSOCIATION = "association"
    COMPANY = "company"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One body named in a text. `name` is canonical; `province` is the one named with it, as it was written."""

    kind: BodyKind
    name: str
    province: str | None = None

    @property
    def subject(self) -> str | None:
        """Of a department: its opening in DEPARTMENT_TODAY."""
        return _department_subject(self.name) if self.kind is BodyKind.DEPARTMENT else None


_JOINING = frozenset({"va", "cua", "cac", "of", "and", "for", "in", "at"})
_ROMAN = {
    "I": "1",
    "II": "2",
    "III": "3",
    "IV": "4",
    "V": "5",
    "VI": "6",
    "VII": "7",
    "VIII": "8",
    "IX": "9",
    "X": "10",
}
_LEVELS_IN_SHORT = {
    "h": "huyen",
    "q": "quan",
    "x": "xa",
    "p": "phuong",
    "dk": "dac khu",
    "tx": "thi xa",
    "tt": "thi tran",
}
_SMALL_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vii": "7", "viii": "8", "ix": "9"}

# The words a part starts with → its kind; the first that fits counts, so longer openings stand first.
_OPENINGS: tuple[tuple[str, BodyKind], ...] = tuple(
    (opening.strip(), kind)
    for kind, openings in (
        (BodyKind.COMMITTEE, "uy ban nhan dan, hoi dong nhan dan, tinh uy, thanh uy, huyen uy, dang uy"),
        (BodyKind.ASSOCIATION, "uy ban mat tran, mat tran to quoc, phong thuong mai, to chuc"),
        (BodyKind.UNIT, "hoi dong"),
        (BodyKind.OTHER, "khoa hoc, vien thong, so huu tri tue, quy hoach, quy dinh"),
        (BodyKind.NATIONAL_UNIVERSITY, "dai hoc quoc gia"),
        (BodyKind.UNIVERSITY, "dai hoc, hoc vien"),
        (BodyKind.SCHOOL, "cao dang, truong"),
        (BodyKind.ACADEMY, "vien han lam"),
        (BodyKind.UNIT, "phan vien, phan hieu, chi nhanh, co so"),
        (BodyKind.INSTITUTE, "vien, vuon quoc gia, bao tang"),
        (BodyKind.HOSPITAL, "benh vien, trung tam y te"),
        (BodyKind.DEPARTMENT, "so, ban dan toc"),
        (BodyKind.SUBDEPARTMENT, "chi cuc, hat kiem lam"),
        (BodyKind.AGENCY, "tong cuc, cuc, kiem toan nha nuoc, kho bac nha nuoc, ngan hang nha nuoc"),
        (BodyKind.BOARD, "ban quan ly"),
        (BodyKind.COMPANY, "van phong luat, van phong cong chung"),
        (BodyKind.UNIT, "bo mon, vu, khoa, phong, van phong, ban, to, doi, tram, thanh tra"),
        (BodyKind.CENTRE, "tap chi, thu vien, trung tam"),
        (BodyKind.COMPANY, "tong cong ty, cong ty, tap doan, ngan hang, doanh nghiep, hop tac xa, lien danh"),
        (BodyKind.COMPANY, "vnpt, viettel, mobifone"),
        (BodyKind.ASSOCIATION, "lien hiep, lien minh, hiep hoi, tong hoi, hoi, quy, mang luoi, lien doan lao dong"),
    )
    for opening in openings.split(",")
)
_KIND_OF_OPENING = dict(_OPENINGS)
_OPENING = re.compile(rf"(?:{'|'.join(opening for opening, _ in _OPENINGS)})(?= |$)")
# English names carry their kind anywhere: the first that occurs counts. Joining words are gone by now.
_ENGLISH: tuple[tuple[re.Pattern[str], BodyKind], ...] = tuple(
    (re.compile(words), kind)
    for words, kind in (
        (r"\bpeoples? (?:s )?(?:committee|council)\b", BodyKind.COMMITTEE),
        (r"\b(?:ltd|inc|corp|corporation|company|gmbh|llc|plc|jsc|bank|consult(?:ants|ing|ancy))\b", BodyKind.COMPANY),
        (r"\bsub ?department\b", BodyKind.SUBDEPARTMENT),
        (
            r"^(?:department|faculty|division|section|unit|office|branch|campus|school|college|graduate school)\b",
            BodyKind.UNIT,
        ),
        (r"\b(?:department|faculty|division|office|section|group|campus)$", BodyKind.UNIT),
        (r"\b(?:universit\w+|universidad|college|polytechni\w+)\b", BodyKind.UNIVERSITY),
        (r"\binstitute technology\b", BodyKind.UNIVERSITY),
        (r"\bdepartment\b.*\b(?:province|city)\b", BodyKind.UNIT),
        (r"\bministry\b", BodyKind.MINISTRY),
        (r"\bacademy (?:social )?sciences?\b", BodyKind.ACADEMY),
        (r"\b(?:hospital|clinic)\b", BodyKind.HOSPITAL),
        (
            r"\b(?:association|society|union|federation|network|foundation|fund|programme|organi[sz]ation)\b",
            BodyKind.ASSOCIATION,
        ),
        (r"\b(?:management board|project board)\b", BodyKind.BOARD),
        (r"\b(?:centre|laboratory|lab)\b", BodyKind.CENTRE),
        (r"\b(?:institut\w*|academy|museum|national park|school)\b", BodyKind.INSTITUTE),
        (r"\b(?:agency|authority|administration|bureau|department)\b", BodyKind.AGENCY),
    )
)
# Inside a piece without commas: the body that a unit belongs to starts here.
_INNER = re.compile(
    r"(?<!phan)(?<!sau)(?<!truong)(?<! cap)\s(?=(?:truong )?(?:dai hoc|cao dang) (?!sau |bo )\w|hoc vien \w"
    r"|truong chinh tri\b|uy ban nhan dan\b|hoi dong nhan dan\b|tinh uy\b|thanh uy\b"
    rf"|so (?:{'|'.join(sorted({k.split()[0] for k in DEPARTMENT_TODAY}))})\b|cong ty\b|tap doan\b|tong cong ty\b"
    rf"|(?:{'|'.join(MINISTRIES)})\b|vien han lam\b|vien nghien cuu\b|benh vien\b|chi cuc\b)"
)
_INNER_UNIVERSITY = re.compile(r"^((?:department|faculty|school|college) .+) (university \w.*)$")
_LEVEL = r"(?:huyen|quan|xa|phuong|dac khu|thi xa|thi tran|thanh pho)"
_OF_A_COMMUNE = re.compile(rf"^((?:phong|tram|ban|trung tam) .*?) ({_LEVEL} \w.*)$")
_TAIL = re.compile(r" (?:tai|o) (?:thanh pho |tinh )?[a-z ]+$")
_REGION = re.compile(r" (?:nam bo|mien nam|phia nam|bac bo|mien bac|phia bac|trung bo|mien trung|tay nguyen)$")
_LEGAL_FORM = re.compile(
    r"\b(?:ltd|inc|llc|plc|gmbh|jsc|corp|tnhh|tmcp|thuong mai co phan|co phan|cp|mot thanh vien|mtv|hai thanh vien"
    r"|trach nhiem huu han)\b"
)
_NOBODY = re.compile(
    r"(?:independent|freelancer?|self employed|retired|none|n a|na|unemployed|tu do|khong|khong co|da nghi huu|nghi huu"
    r"|huu tri|chuyen gia doc lap|chuyen gia tu do|hanh nghe tu do|ca nhan|independent (?:consultant|expert|scholar))"
)
_SYLLABLE = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?")
_PROVINCE = re.compile(rf"\b(?:{'|'.join(sorted(PROVINCE_TODAY, key=len, reverse=True))})\b(?! hoc\b| duong\b)")
_RETIRED = re.compile(
    r"\b(?:nghi huu|huu tri|retired|emeritus)\b|^(?:cuu|former|formerly) "
    r"|^nguyen (?:la |pho )?(?:giam doc|truong|chu tich|vien truong|hieu truong|can bo|chuyen vien|giang vien)\b"
)
# A place after these is part of the name; after a university or an institute it only says where it stands.
_PLACED = frozenset(BodyKind) - {BodyKind.UNIVERSITY, BodyKind.INSTITUTE, BodyKind.COMPANY, BodyKind.AGENCY}
# One in each province: when provinces merge, they merge.
_ONE_IN_A_PROVINCE = re.compile(
    r"thanh tra\b|cong an\b|bo chi huy quan su\b|uy ban mat tran|mat tran to quoc|hoi nong dan\b|hoi cuu chien binh\b"
    r"|hoi lien hiep phu nu\b|tinh doan\b|lien doan lao dong\b|lien hiep hoi\b"
)

_PARTS = frozenset({BodyKind.UNIT, BodyKind.CENTRE})
_ABSORBED: dict[BodyKind, frozenset[BodyKind]] = {
    BodyKind.UNIVERSITY: _PARTS | {BodyKind.INSTITUTE, BodyKind.HOSPITAL, BodyKind.SCHOOL, BodyKind.BOARD},
    BodyKind.NATIONAL_UNIVERSITY: _PARTS,
    BodyKind.DEPARTMENT: _PARTS
    | {BodyKind.SUBDEPARTMENT, BodyKind.HOSPITAL, BodyKind.BOARD, BodyKind.INSTITUTE, BodyKind.SCHOOL, BodyKind.OTHER},
    BodyKind.MINISTRY: frozenset({BodyKind.UNIT}),
    BodyKind.ACADEMY: frozenset({BodyKind.UNIT}),
    BodyKind.INSTITUTE: _PARTS,
    BodyKind.HOSPITAL: _PARTS,
    BodyKind.SCHOOL: _PARTS,
    BodyKind.SUBDEPARTMENT: _PARTS,
    BodyKind.AGENCY: _PARTS,
    BodyKind.BOARD: _PARTS,
    BodyKind.ASSOCIATION: _PARTS,
    BodyKind.COMPANY: _PARTS,
}


def absorbs(outer: BodyPart, inner: BodyPart) -> bool:
    """Whether `inner` is a part of `outer` in law, given that a text names it as standing under it."""
    if outer.kind is BodyKind.COMMITTEE:  # its departments are bodies of their own, its secretariat is not
        own = ("van phong", "ban ") if outer.name.startswith("hoi dong nhan dan") else ("van phong",)
        return inner.kind is BodyKind.UNIT and inner.name.startswith(own)
    if outer.kind is BodyKind.ASSOCIATION and outer.name.startswith(("lien hiep", "lien minh", "tong hoi")):
        return inner.kind is BodyKind.UNIT
    return inner.kind in _ABSORBED.get(outer.kind, frozenset())


def is_former(text: str) -> bool:
    """Whether an employer is written as one the person has left ("đã nghỉ hưu")."""
    return bool(_RETIRED.search(fold(text)))


def canonical_words(text: str) -> list[str]:
    """Folded words with abbreviations spelled out, roman numbers as digits, joining words left out."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\b[IVX]{1,4}\b", lambda m: _ROMAN.get(m[0], m[0]), text)
    text = re.sub(r"[’'`´]", "", text)
    folded = re.sub(r"\b(?:no\.?|(?<!co )so) (?=\d+\b|ii\b|iii\b|iv\b)", "", fold(text))
    folded = re.sub(r"\bld tb ?&? ?xh\b", "ldtbxh", folded)
    # KH&CN, NN & MT, LĐ-TB&XH (the dash is a space by now): joined, then looked up.
    folded = re.sub(r"\b([a-z]{1,6})\s*&\s*([a-z]{1,6})\b(?:\s*&\s*([a-z]{1,5})\b)?", _joined, folded)
    folded = re.sub(r"\b(dhqg|vnu) (?:tp\.? ?)?hcmc?\b", "dhqghcm", folded)
    folded = re.sub(r"\b(?:dhqg|vnu) (?:hn|hanoi)\b", "dhqghn", folded)
    words: list[str] = []
    for word in re.findall(r"[^\W_]+", folded):
        words += ABBREVIATIONS.get(word, _SMALL_ROMAN.get(word, word)).split()
    if words[:1] == ["the"] and any(pattern.search(" ".join(words)) for pattern, _ in _ENGLISH):
        words = words[1:]
    if words[:2] == words[2:4]:  # "Trung tâm CDC": the abbreviation says it again
        words = words[2:]
    if words[:4] == ["uy", "ban", "nhan", "dan"] and words[4:5] and words[4] in _LEVELS_IN_SHORT:
        words[4:5] = _LEVELS_IN_SHORT[words[4]].split()
    return [w for w in words if w not in _JOINING]


def _joined(match: re.Match[str]) -> str:
    """ "kh&cn" → "khcn" where that is an abbreviation we know; "vinh & son" stays two words."""
    joined = "".join(part for part in match.groups() if part)
    return joined if joined in ABBREVIATIONS else " ".join(part for part in match.groups() if part)


_BRACKETED_PARENT = re.compile(r"\(\s*((?:(?:[Tt]rực )?[Tt]huộc|(?:[Tt]ruc )?[Tt]huoc|Sở|So)\s+[^()]+)\)")
# Public hospitals of a province are units of its health department; private ones carry a name of their own.
_PROVINCIAL_HOSPITALS = (
    "da khoa|san nhi|phu san|nhi|tam than|mat|lao|phoi|lao benh phoi|y hoc co truyen|y duoc co truyen|da lieu"
    "|phuc hoi chuc nang|dieu duong phuc hoi chuc nang|ung buou|tim mach|tai mui hong|rang ham mat|nhiet doi|noi tiet"
)


@lru_cache(maxsize=50_000)
def parts(text: str) -> tuple[BodyPart, ...]:
    """The bodies a text names, in its order. A place or a country after a name is no body, nor is what brackets say,
    unless it is the body above: "(trực thuộc Sở …)"."""
    text = _BRACKETED_PARENT.sub(r"; \1 ", unicodedata.normalize("NFKC", text))
    text = re.sub(r"\((?:[^()]|\([^()]*\))*\)", " ", text)
    found: list[str] = []
    for piece in re.split(r"\s*[,;/|\n]\s*|\s+[-–—]\s+|\s+(?:trực thuộc|truc thuoc|thuộc|của)\s+", text):
        joined = " ".join(canonical_words(piece))
        place = re.sub(r"^(?:tinh|thanh pho) | (?:province|city)$", "", joined)
        if not joined or (found and joined in COUNTRIES):
            continue
        if found and place in PROVINCE_TODAY and body_kind(found[-1]) not in _PLACED:
            continue
        for inner in _bodies_in(joined) if body_kind(joined) is not BodyKind.OTHER or not found else [joined]:
            if found and body_kind(inner) is BodyKind.OTHER:
                found[-1] += " " + inner  # a comma or dash inside a name, or the place of a body
            else:
                found.append(inner)
    return tuple(part for name in found for part in _parts_of(name))


def _bodies_in(name: str) -> list[str]:
    """A piece without commas, cut where the body that a unit belongs to starts."""
    if member := re.fullmatch(r"(dai hoc quoc gia(?: ha noi| ho chi minh)?) ((?:\w+ )*university.*)", name):
        return [member[1], member[2]]  # "VNU University of Science"
    if english := _INNER_UNIVERSITY.match(name):
        return [english[1], english[2]]
    return _INNER.split(name)


@lru_cache(maxsize=20_000)
def body_kind(name: str) -> BodyKind:
    """The kind of body a canonical name stands for."""
    bare = name.removeprefix("truong ") if re.match(r"truong (?:dai hoc|cao dang)\b", name) else name
    if bare.startswith(MINISTRIES):
        return BodyKind.MINISTRY
    if opened := _OPENING.match(bare):
        kind = _KIND_OF_OPENING[opened[0]]
        if kind is not BodyKind.DEPARTMENT or _department_subject(bare):
            if kind is BodyKind.NATIONAL_UNIVERSITY and not re.fullmatch(
                r"dai hoc quoc gia(?:.* ha noi|.* ho chi minh)?", bare
            ):
                return BodyKind.UNIVERSITY
            if re.fullmatch(r"dai hoc (?:hue|da nang|thai nguyen)", name):  # without "Trường": the regional ones
                return BodyKind.NATIONAL_UNIVERSITY
            return kind
    if re.fullmatch(r"viet nam national university(?: ha noi| ho chi minh)?(?: city)?", bare):
        return BodyKind.NATIONAL_UNIVERSITY
    return next((kind for pattern, kind in _ENGLISH if pattern.search(bare)), BodyKind.OTHER)


@lru_cache(maxsize=5_000)
def _department_subject(name: str) -> str | None:
    if name.startswith("ban dan toc"):
        return "dan toc"
    rest = name.removeprefix("so ")
    fitting = [s for s in DEPARTMENT_TODAY if rest == s or rest.startswith(s + " ")]
    return max(fitting, key=len, default=None)


def _parts_of(name: str) -> list[BodyPart]:
    """One piece as a part, with the body it silently belongs to where that is known."""
    if _NOBODY.fullmatch(name):
        return []
    if english := ENGLISH_NAMES.get(re.sub(r"\bcity\b ?", "", name).strip()):
        name = english
    name = _vietnamese_department(name) or _vietnamese_university(name)
    kind = body_kind(name)
    named = _PROVINCE.findall(name)
    province = named[-1] if named else None
    if kind is BodyKind.UNIT and (branch := re.match(r"(?:phan hieu|chi nhanh|co so(?: \d+)?) (?=\w)", name)):
        rest = _TAIL.sub("", name[branch.end() :])
        if body_kind(rest) is not BodyKind.OTHER:
            return _parts_of(rest)
    if name.startswith("phan vien "):
        name, kind = _REGION.sub("", _TAIL.sub("", name.removeprefix("phan "))), BodyKind.INSTITUTE
    if kind in _PARTS and (commune := _OF_A_COMMUNE.match(name)):
        return [BodyPart(kind, commune[1]), BodyPart(BodyKind.COMMITTEE, _committee("uy ban nhan dan " + commune[2]))]
    if kind is BodyKind.COMMITTEE:
        return [BodyPart(kind, _committee(name), province)]
    if kind is BodyKind.COMPANY:
        if operator := re.match(r"(vnpt|viettel|mobifone)\b", name):
            return [BodyPart(kind, operator[1])]
        name = re.sub(r"\bchi nhanh\b.*", "", _LEGAL_FORM.sub(" ", name))
    whole = [BodyPart(kind, _plain(name, kind), province)]
    if province and kind is not BodyKind.DEPARTMENT:
        subject = next((s for opening, s in UNIT_OF_DEPARTMENT.items() if name.startswith(opening)), None)
        if subject is None and re.fullmatch(rf"benh vien (?:{_PROVINCIAL_HOSPITALS}) (?:tinh )?{province}", name):
            subject = "y te"
        if subject:
            whole.append(BodyPart(BodyKind.DEPARTMENT, f"so {subject} {province}", province))
    return whole


def _plain(name: str, kind: BodyKind) -> str:
    name = re.sub(r"^truong (?=dai hoc|cao dang)", "", name)
    name = re.sub(r"\b(?:tinh|thanh pho|province|city)\b", " ", name)
    if name.startswith(("lien hiep hoi", "lien hiep khoa hoc")):
        name = "lien hiep hoi " + re.sub(r"^lien hiep(?: hoi)?(?: khoa hoc)?(?: ky thuat)?", "", name)
    if kind is BodyKind.DEPARTMENT:
        name = name.replace("ban dan toc", "so dan toc")
    return " ".join(name.split())


def _committee(name: str) -> str:
    """The organ and its unit; a province inside the name of a lower unit is left out."""
    organ = next((o for o, k in _OPENINGS if k is BodyKind.COMMITTEE and name.startswith(o)), None)
    if organ is None:
        organ = "uy ban nhan dan" if "committee" in name else "hoi dong nhan dan"
        name = re.sub(r"\bpeoples? (?:s )?(?:committee|council)\b", " ", name)
    rest = re.sub(r"\b(?:tinh|province|provincial)\b", " ", name.removeprefix(organ))
    if level := re.search(rf"\b{_LEVEL} ", rest):
        unit = rest[level.end() :].split()
        shorter = _PROVINCE.sub(" ", " ".join(unit)).split()
        rest = " ".join(
            unit if level[0] == "thanh pho " and " ".join(unit) in PROVINCE_TODAY else [level[0], *(shorter or unit)]
        )
    return " ".join(f"{organ} {rest}".split())


def _vietnamese_department(name: str) -> str | None:
    """ "department health an giang province", "an giang department health" → "so y te an giang". Only with a province:
    universities have departments too."""
    named = _PROVINCE.search(name)
    if not named or not re.search(r"\bdepartment\b", name) or "subdepartment" in name or "sub department" in name:
        return None
    rest = _PROVINCE.sub(" ", re.sub(r"\b(?:department|province|provincial|city|viet nam)\b", " ", name))
    subject = DEPARTMENT_IN_ENGLISH.get(" ".join(rest.split()))
    return f"so {subject} {named[0]}" if subject else None


def _vietnamese_university(name: str) -> str:
    """ "can tho university", "university da nang" → the Vietnamese name, where the other words are Vietnamese."""
    if re.match(r"viet nam national university\b", name):
        city = re.search(r"ha noi|ho chi minh", name)
        return "dai hoc quoc gia" + (f" {city[0]}" if city else "")
    rest = re.sub(r"\buniversity\b", " ", name).split()
    if "university" in name.split() and rest and all(_SYLLABLE.fullmatch(w) for w in rest):
        regional = " ".join(rest) in ("hue", "da nang", "thai nguyen")
        return ("dai hoc " if regional else "truong dai hoc ") + " ".join(rest)
    return name


def keys_today(part: BodyPart) -> tuple[str, ...]:
    """The legal entities that do this body's work today; the first is the main one."""
    if part.kind is BodyKind.DEPARTMENT and (subject := part.subject):
        province = PROVINCE_TODAY[part.province] if part.province else "?"
        return tuple(f"so {today} {province}" for today in DEPARTMENT_TODAY[subject])
    level = re.search(rf"\b{_LEVEL}\b", part.name)
    if part.province and ((part.kind is BodyKind.COMMITTEE and not level) or _ONE_IN_A_PROVINCE.match(part.name)):
        return (part.name.replace(part.province, PROVINCE_TODAY[part.province]),)
    return (part.name,)
