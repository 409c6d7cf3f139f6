"""A draft cut into units of meaning: which section each stands in, what part it plays, under which lead.

Vietnamese papers number their tasks and begin each with its subject ("3. Về con giống và dịch bệnh: …"); sections that
ask for opinions ("Nội dung đề nghị phản biện") say outright what experts are wanted for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingestion.drafts.records import DraftPassage, PassageKind
from search.vietnamese import fold
from service.directory.chunks import sentences
from service.matching.lexicon_words import language_of
from service.matching.passages import without_agencies, without_numbering
from service.matching.results import PassageDecision


class Part(StrEnum):
    """What a section is for."""

    TASK = "task"
    MONEY = "money"
    REQUEST = "request"  # what opinions are asked on
    GOAL = "goal"
    CONTEXT = "context"
    ORGANISING = "organising"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A passage or a part of one. `group` is shared by units of one lead or one named section; None when there is
    neither. `lead` is the wording of that lead."""

    ordinal: int
    text: str
    part: Part
    weight: float
    group: str | None
    lead: str
    headings: tuple[str, ...]

    @property
    def words(self) -> int:
        return len(self.text.split())


_PARTS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    (
        Part.REQUEST,
        re.compile(
            r"phan bien|xin y kien|y kien (?:chuyen gia|ve)|lay y kien|de nghi (?:gop y|tu van)|gop y"
            r"|van de can (?:y kien|"
            r"lam ro)|^(?:noi dung )?de nghi$|questions? for|comments? (?:requested|sought)|request for"
        ),
    ),
    (
        Part.MONEY,
        re.compile(
            r"kinh phi|nguon (?:luc|von)|tong muc dau tu|du toan|khai toan|nhu cau von|^tai chinh$|budget"
            r"|funding|financing plan"
        ),
    ),
    (
        Part.CONTEXT,
        re.compile(
            r"su can thiet|thuc trang|tinh hinh|boi canh|dat van de|thong tin (?:chung|du an)|hien trang"
            r"|khai quat|mo dau"
            r"|^can cu|co so (?:phap ly|thuc tien)|ket qua dat duoc|ton tai|background|introduction|situation"
            r"|rationale|context"
        ),
    ),
    (
        Part.GOAL,
        re.compile(
            r"muc tieu|muc dich|yeu cau|quan diem|dinh huong|chi tieu|pham vi|doi tuong|tam nhin|objective|goal"
            r"|target|scope"
        ),
    ),
    (
        Part.ORGANISING,
        re.compile(
            r"to chuc thuc hien|to chuc trien khai|trach nhiem (?:cua )?(?:cac|thuc hien)|phan cong (?:nhiem vu"
            r"|trach nhiem)"
            r"|implementation arrangements"
        ),
    ),
)
# A heading of these words alone names no subject.
_SAYS_NOTHING = frozenset(
    re.findall(
        r"\w+",
        """nhiem vu giai phap noi dung chinh chu yeu trong tam cu the cac nhom va thuc hien to chuc ke hoach phuong
        huong hoat dong uu tien trong thoi gian toi giai doan phan ky lo trinh thu nhat hai ba tu nam mot so chung
        ve cong tac
        phu luc danh muc bang kem theo tien do den tam nhin du thao de an chuong trinh van ban cua tren dia ban tinh
        tasks solutions activities main components general specific measures implementation plan annex appendix summary
        abstract""",
    )
)
_LEAD = re.compile(r"^([^:]{2,90}):\s+(?=\S)")
_SHORT_SENTENCE = re.compile(r"^([^.:;]{2,50})\.\s+(?=[A-ZĐÀ-Ỹ])")
_LONGEST_LEAD = 12  # words
_NUMBERED = re.compile(r"^\s*(?:điều \d+|\d{1,2}(?:\.\d{1,2})*[.)]|[a-zđ]\)|[ivx]+\.)", re.IGNORECASE)
_EMPTY_LEADS = re.compile(
    r"^(?:cu the|trong do|gom|bao gom|nhu sau|sau day|luu y|ghi chu|don vi|thoi gian|nguon luc|den nam"
    r"|giai doan|nam \d|vi du"
    r"|muc tieu|chi tieu|noi dung|ket qua|trach nhiem|for example|note|namely)\b"
)
_CLAUSE = re.compile(r";\s+|(?<=[.?!])\s+(?=[^\W\d_])")
_LONG_CLAUSE = 20  # words
_SHORTEST_PIECE = 5
_LONGEST_UNIT = 90  # words: a longer passage is cut into sentences


def part_of(heading: str) -> Part | None:
    """The part a section plays by its heading; None for headings of a subject."""
    folded = fold(without_numbering(heading)).strip(" .:")
    return next((part for part, pattern in _PARTS if pattern.search(folded)), None)


def names_subject(heading: str) -> bool:
    words = re.findall(r"\w+", fold(without_agencies(without_numbering(heading))))
    return any(word not in _SAYS_NOTHING and not word.isdigit() for word in words)


def split_clauses(text: str) -> list[str]:
    """Sentences and their parts between semicolons."""
    return [clause.strip() for clause in _CLAUSE.split(text) if clause.strip()]


def is_strung_together(clause: str) -> bool:
    """Official Vietnamese puts a whole programme between two full stops."""
    return len(clause.split()) >= _LONG_CLAUSE and language_of(clause) != "en"


def split_closely(clause: str) -> list[str]:
    """What stands between the commas; what is too short to say anything stays with the piece before."""
    pieces: list[str] = []
    for part in re.split(r"(?<=,)\s+", clause):
        if pieces and min(len(part.split()), len(pieces[-1].split())) < _SHORTEST_PIECE:
            pieces[-1] = f"{pieces[-1]} {part}"
        else:
            pieces.append(part)
    return pieces


def units_of(passages: Sequence[DraftPassage], decisions: Sequence[PassageDecision]) -> list[Unit]:
    """Units in reading order, from the passages that were kept; headings give their wording to what is below them."""
    units: list[Unit] = []
    for passage, decision in zip(passages, decisions, strict=True):
        if decision.left_out is not None or passage.kind in (PassageKind.HEADING, PassageKind.TITLE):
            continue
        units += _units_of_passage(passage, decision.weight)
    return units


def _units_of_passage(passage: DraftPassage, weight: float) -> list[Unit]:
    part = Part.TASK
    group, lead = None, ""
    for heading in passage.headings:  # outermost first: an inner heading says more
        named = part_of(heading)
        if named is not None:
            part, group, lead = named, None, ""
            if named is Part.MONEY:
                group = lead = without_numbering(heading)
        elif names_subject(heading):
            group = lead = without_numbering(heading)
    body = without_numbering(passage.text)
    own_lead, rest = _lead_of(body)
    if own_lead and part is Part.TASK and (group is None or _NUMBERED.match(passage.text)) and names_subject(own_lead):
        named = part_of(own_lead)
        if named in (Part.MONEY, Part.REQUEST):
            part = named
        group, lead, body = f"{passage.ordinal}", own_lead, rest
    elif part is Part.TASK and group is None and _NUMBERED.match(passage.text):
        group = f"{passage.ordinal}"
    text = without_agencies(body)
    pieces = sentences(text) if len(text.split()) > _LONGEST_UNIT else [text]
    return [
        Unit(
            ordinal=passage.ordinal,
            text=piece,
            part=part,
            weight=weight,
            group=group,
            lead=_tidy(lead),
            headings=passage.headings,
        )
        for piece in pieces
        if len(piece.split()) >= 3
    ]


def _lead_of(text: str) -> tuple[str, str]:
    """("Về thị trường", "xây dựng hợp đồng …") of a task that begins with its subject; ("", text) of others."""
    for pattern in (_LEAD, _SHORT_SENTENCE):
        found = pattern.match(text)
        if found and len(found[1].split()) <= _LONGEST_LEAD and not _EMPTY_LEADS.match(fold(found[1])):
            rest = text[found.end() :]
            if len(rest.split()) >= 4:
                return found[1].strip(), rest
    return "", text


def _tidy(lead: str) -> str:
    lead = without_agencies(lead)
    lead = re.sub(r"\s*\([^)]*\)\s*$", "", lead).strip(" .:;,-–")
    return lead
