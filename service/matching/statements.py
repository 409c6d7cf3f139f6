"""Statements of a profile that tie a person to a case: paid advice to a body behind the draft, or a part in
preparing this draft. Vietnamese with and without marks, and English.

A statement counts when it says what was done (a cue), for whom (a body of the case, or this draft's subject), and
nothing in it says that it is over, denied, or about another draft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from search.vietnamese import fold, plain_letters
from service.directory.organisation_names import BodyKind, canonical_words, keys_today, parts
from service.directory.organisations import OrganisationDirectory
from service.directory.public_bodies import ABBREVIATIONS, DEPARTMENT_IN_ENGLISH, DEPARTMENT_TODAY, PROVINCE_TODAY
from service.matching.candidates import Candidate

_LAST_FIVE_YEARS = 5


class Tie(IntEnum):
    """How firm the tie is that a statement makes."""

    PAST = 1  # it was so, and is over
    UNSURE = 2  # a person should read it
    CLEAR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence of the biography, a position, an award, or a work; `year` only of works and awards."""

    text: str
    source: str  # biography, position, award, or the kind of a work
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTie:
    statement: Statement
    tie: Tie
    body: str | None  # the body as the case names it; None when the tie is to the draft itself


def _any_of(*lines: str) -> re.Pattern[str]:
    """A pattern for any of the phrases, given as lines of "phrase, phrase"."""
    phrases = [phrase.strip() for line in lines for phrase in line.split(",")]
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


# What a person does for a body. All phrases folded, without the joining words that canonical_words leaves out.
_ADVICE = _any_of(
    r"tu van, co van, chuyen gia hop dong, hop dong, nha thau, thau phu, thau, goi thau, duoc thue, thue, thu lao",
    r"cong tac vien, kiem nhiem, lam viec, lam them, ban thoi gian, hoi dong quan tri, hoi dong co van, co dong",
    r"co phan, gop von, sang lap, dai dien phap luat, phu trach phap ly, ho tro ky thuat, dich vu",
    r"advis\w+, consult\w*, contract\w*, subcontract\w*, retain\w*, paid, hired, employ\w*, works? with, works? for",
    r"working for, shareholder, board member, board of directors, on the board, co founder, cofounder",
    r"part time, fee, client",
)
# Said of advice in passing: reviewing and teaching are no paid advice.
_NO_ADVICE = _any_of(
    r"tham dinh, phan bien, nghiem thu, giam dinh, kiem toan, thanh tra, dao tao, tap huan, giang day",
    r"appraisal, peer review\w*, audit\w*, train\w*, taught",
)
_FUNDED = _any_of(
    r"dat hang, tai tro, kinh phi, giao nhiem vu, de tai, nhiem vu, funded, grant, commission\w*, sponsor\w*"
)
# What a person does in preparing a draft.
_PREPARING = _any_of(
    r"soan thao, bien soan, soan, chap but, du thao, thuyet minh, to trinh, to bien tap, to giup viec, nhom viet",
    r"nghien cuu (?:tien )?kha thi, bao cao kha thi, lap (?:de an|du an|ke hoach|quy hoach|bao cao|ho so|thuyet minh)",
    r"xay dung (?:de an|du an|ke hoach|quy hoach|nghi quyet|du thao|chinh sach)",
    r"phuc vu (?:lap|xay dung|soan)",
    r"nhom ky thuat, to ky thuat, tu van lap, chu nhiem (?:de an|du an|lap), chu tri (?:de an|hop phan)",
    r"draft\w*, prepar\w+, writing team, writing group, co ?wrote, wrote, feasibility study, pre ?feasibility",
    r"core team, lead author, formulat\w+, elaborat\w+, background report",
)
_CUE = re.compile("|".join(pattern.pattern for pattern in (_ADVICE, _FUNDED, _PREPARING)))
_DENIED = re.compile(
    r"\b(?:khong|chua|chua tung|khong he|tu choi|never|not|no|declined|refused|without)(?: \w+){0,4} ?$"
)
_OVER = _any_of(
    r"tung, truoc day, truoc khi, nguyen la, nguyen, cuu, mot thoi, formerly, former, previously, used to, until, once",
    r"ex, had, was, were",
)
_STILL = re.compile(r"\b(?:hien|hien nay|dang|den nay|nay|currently|now|since|present|still)\b")
_SPAN = re.compile(
    r"\b((?:19|20)\d\d)\s*(?:[-–—]|den|toi|to|until|through)\s*(?:nam )?((?:19|20)\d\d|nay|present|now)\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_APOSTROPHE = re.compile(r"[’'`´]")
_WORD = re.compile(r"[a-z0-9]+(?:&[a-z0-9]+)*")
_SMALL_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vii": "7", "viii": "8", "ix": "9"}
_PROVINCES = "|".join(sorted(PROVINCE_TODAY, key=len, reverse=True))
_DEPARTMENT = re.compile(rf"\bso (?:{'|'.join(DEPARTMENT_TODAY)})\b(?: \w+){{0,7}}? (?:{_PROVINCES})\b")
_SUBJECTS_IN_ENGLISH = "|".join(
    sorted((name.replace(" ", "(?: and)? ") for name in DEPARTMENT_IN_ENGLISH), key=len, reverse=True)
)
_DEPARTMENT_IN_ENGLISH = re.compile(
    rf"\bdepartment of (?:{_SUBJECTS_IN_ENGLISH}) (?:of |in )?(?:{_PROVINCES})\b"
    rf"|\b(?:{_PROVINCES}) (?:province |provincial )?department of (?:{_SUBJECTS_IN_ENGLISH})\b"
)
_PERIOD = re.compile(r"\b(20\d\d)\s*[-–—]\s*(20\d\d)\b")

# What is prepared, in either language → its kind; a feasibility study belongs to a project.
_KINDS = {
    "de an": "scheme",
    "scheme": "scheme",
    "(?:nghien cuu (?:tien )?|bao cao )kha thi": "project",
    "feasibility study": "project",
    "du an": "project",
    "project": "project",
    "quy hoach": "plan of land",
    "master plan": "plan of land",
    "master planning": "plan of land",
    "ke hoach": "plan",
    "plan": "plan",
    "chuong trinh": "programme",
    "programme": "programme",
    "program": "programme",
    "nghi quyet": "resolution",
    "resolution": "resolution",
    "chien luoc": "strategy",
    "strategy": "strategy",
}
# Words of titles that tell nothing of the subject when both words of a pair are among them. With marks: "công trình"
# is empty, "cống" is not.
_EMPTY_WORDS = frozenset(
    word
    for line in (
        "đề án kế hoạch dự thảo nghị quyết chương trình quy hoạch hội đồng nhân dân ủy ban tỉnh thành phố huyện xã",
        "giai đoạn năm đến định hướng tầm nhìn theo trên địa bàn về việc quy định phát triển nâng cao xây dựng đầu",
        "tư hoàn thiện quản lý thực hiện tăng cường đẩy mạnh gắn kết hợp một số tại trong cho với vùng khu vực thuộc",
        "thế hệ thống công trình sau nhiệm vụ giải pháp chính sách phê duyệt ban hành những tổ chức hạ tầng báo cáo",
        "nghiên cứu khả thi là để từ vào ra plan project scheme programme program draft resolution policy strategy",
        "development province provincial period year towards vision until on the a an by with to from its management",
        "integrated improving enhancing system in of and for master planning proposal investment construction stage",
        "phase at",
    )
    for word in line.split()
)
_JOINING = frozenset({"và", "của", "các", "va", "cua", "cac", "of", "and", "for", "in", "at"})


def statements(candidate: Candidate) -> list[Statement]:
    """Everything a profile says, cut into sentences and single works."""
    found = [
        Statement(text=sentence, source="biography")
        for sentence in re.split(r"(?<=[.!?;])\s+|\n+", candidate.biography)
        if sentence.strip()
    ]
    if candidate.position:
        found.append(Statement(text=candidate.position, source="position"))
    for award in candidate.awards:
        years = _YEAR.findall(award)
        found.append(Statement(text=award, source="award", year=int(years[-1]) if years else None))
    for work in candidate.works:
        text = f"{work.title}. {work.role}" if work.role else work.title
        found.append(Statement(text=text, source=work.kind, year=work.year))
        if work.text:  # an abstract seldom tells of contracts, acknowledgements in it may
            found += [
                Statement(text=sentence, source=work.kind, year=work.year)
                for sentence in re.split(r"(?<=[.!?;])\s+|\n+", work.text)
                if _ADVICE.search(_words(sentence)) or _FUNDED.search(_words(sentence))
            ]
    return found


class CaseSubject:
    """What a statement must name to be tied to a case: its bodies, and the subject of its draft."""

    def __init__(self, bodies: Sequence[str], draft_title: str, organisations: OrganisationDirectory) -> None:
        self._organisations = organisations
        self._bodies: list[tuple[str, frozenset[str], re.Pattern[str]]] = []
        for body in dict.fromkeys(bodies):
            patterns = _mentions(body, organisations)
            if patterns:
                self._bodies.append((body, organisations.legal_entities(body), patterns))
        self._places = _proper_names(draft_title)
        self._terms = _terms(draft_title, self._places)
        self._periods = set(_PERIOD.findall(draft_title))
        opening = " ".join(_words(draft_title).split()[:4])
        self._anchors = _anchors(bodies, organisations)
        self._pairs = tuple(f"{first} {second}" for first, second in sorted(self._terms))
        self._seats = _seats(bodies)
        self._kind = _kind_in(opening)

    def concerning(self, told: Sequence[Statement]) -> list[Statement]:
        """The statements that a quick look at their plain letters does not rule out: few of a directory's are left."""
        if not told:
            return []
        lines = plain_letters("\n".join(statement.text.replace("\n", " ") for statement in told)).split("\n")
        return [
            statement
            for statement, line in zip(told, lines, strict=True)
            if (self._may_name_a_body(line) or self._may_name_the_draft(line))
            and (_CUE.search(line) or _is_consultancy(statement.source))
        ]

    def _may_name_a_body(self, line: str) -> bool:
        return any(anchor in line for anchor in self._anchors) or (
            any(place in line for place in self._seats) and any(organ in line for organ in _ORGANS)
        )

    def _may_name_the_draft(self, line: str) -> bool:
        if any(place in line for place in self._places):
            return "20" in line or any(pair in line for pair in self._pairs)
        return sum(pair in line for pair in self._pairs) >= 2

    def ties(self, statement: Statement, *, as_of: date, own_entities: frozenset[str]) -> list[StatedTie]:
        """The ties this statement makes. Bodies the person works for are left out: that is another conflict."""
        words = _words(statement.text)
        found = []
        for body, entities, pattern in self._bodies:
            if entities & own_entities:
                continue
            mention = pattern.search(words) or self._department_in(words, entities)
            if mention and (tie := self._advice(statement, words, mention, as_of)):
                found.append(StatedTie(statement=statement, tie=tie, body=body))
        if not found and (tie := self._part_in_the_draft(statement, words, as_of)):
            found.append(StatedTie(statement=statement, tie=tie, body=None))
        return found

    @staticmethod
    def _department_in(words: str, entities: frozenset[str]) -> re.Match[str] | None:
        """A department under any name it had, in either language: "so nong nghiep phat trien nong thon kien giang"."""
        for pattern in (_DEPARTMENT, _DEPARTMENT_IN_ENGLISH):
            for named in pattern.finditer(words):
                if any(set(keys_today(part)) & entities for part in parts(named[0])):
                    return named
        return None

    def _advice(self, statement: Statement, words: str, mention: re.Match[str], as_of: date) -> Tie | None:
        before, after = words[: mention.start()], words[mention.end() :]
        near_before = " ".join(before.split()[-14:])
        near_after = " ".join(after.split()[:10])
        cue = _last(_ADVICE, near_before) or _ADVICE.search(near_after)
        is_report = _is_consultancy(statement.source)
        if not cue:
            if _FUNDED.search(near_before) or _FUNDED.search(near_after) or is_report:
                tie = (
                    Tie.UNSURE if _was_done_for(near_before) or _FUNDED.search(near_before + " " + near_after) else None
                )
                return self._timed(tie, statement, words, as_of) if tie else None
            return None
        if _DENIED.search(near_before[: cue.start()] if _last(_ADVICE, near_before) else near_after[: cue.start()]):
            return None
        if _NO_ADVICE.search(near_before) and not re.search(r"\b(?:tu van|co van|advis\w+|consult\w*)\b", near_before):
            return None
        return self._timed(Tie.CLEAR, statement, words, as_of)

    def _part_in_the_draft(self, statement: Statement, words: str, as_of: date) -> Tie | None:
        """A cue of preparing, and after it what was prepared: the draft's places and subject. That it was some time ago
        does not undo it; another period, another kind of paper or five years do."""
        if statement.year is not None and statement.year <= as_of.year - _LAST_FIVE_YEARS:
            return None
        periods = set(_PERIOD.findall(statement.text))
        if self._periods and periods and not periods & self._periods:
            return None
        best: Tie | None = None
        for cue in _PREPARING.finditer(words):
            if _DENIED.search(words[: cue.start()]):
                continue
            after = " ".join(words[cue.start() :].split()[:30])
            fit = self._fit(after)
            if fit == 0 and self._kind is not None and self._kind == _kind_in(words) and self._fit(words) > 1:
                fit, after = 2, words  # "Với đề án …, ông là tổ trưởng tổ soạn thảo."
            if fit == 0 and self._places and periods & self._periods and any(place in after for place in self._places):
                fit = 1  # a title in the other language, the same place and years
            if fit == 0:
                continue
            kinds = {kind for name, kind in _KINDS.items() if re.search(rf"\b{name}\b", after)}
            if self._kind in kinds or periods & self._periods:
                tie = Tie.CLEAR
            elif re.search(r"\b(?:de an|du an|ke hoach|quy hoach|nghi quyet|chuong trinh|chien luoc)\b", after):
                tie = Tie.UNSURE if self._kind is not None else Tie.CLEAR  # about the same, but another paper
            else:
                tie = Tie.CLEAR if fit > 1 else Tie.UNSURE
            best = max(best or tie, tie)
        return best

    def _fit(self, words: str) -> int:
        """How well words name the draft's subject: not, just so (1), well (2)."""
        terms = len(set(pairwise(word for word in words.split() if word not in _JOINING)) & self._terms)
        places = sum(place in words for place in self._places)
        if places >= 1 and terms >= 1:
            return 2 if terms >= 2 or places >= 2 else 1
        if terms >= 3 and terms >= 0.2 * len(self._terms):
            return 1 if self._places else 2
        return 0

    @staticmethod
    def _timed(tie: Tie, statement: Statement, words: str, as_of: date) -> Tie:
        """Over when its dates say so, or its words and no date; a work is over after five years."""
        spans = [
            (int(a), as_of.year if not b.isdigit() else int(b)) for a, b in _SPAN.findall(fold_dashes(statement.text))
        ]
        if spans:
            last = max(end for _, end in spans)
            return tie if last >= as_of.year else Tie.PAST
        if statement.year is not None:
            return tie if statement.year > as_of.year - _LAST_FIVE_YEARS else Tie.PAST
        if _OVER.search(words) and not _STILL.search(words):
            return Tie.PAST
        years = [int(y) for y in _YEAR.findall(statement.text)]
        if years and max(years) <= as_of.year - _LAST_FIVE_YEARS and not _STILL.search(words):
            return Tie.PAST
        return tie


def _kind_in(words: str) -> str | None:
    return next((kind for name, kind in _KINDS.items() if re.search(rf"\b{name}\b", words)), None)


def fold_dashes(text: str) -> str:
    """Folded, but with the dashes between years kept."""
    return fold(re.sub(r"(?<=\d)\s*[-–—]\s*(?=\d|nay|now|present)", " to ", text))


def _words(text: str) -> str:
    """Folded words with abbreviations spelled out and punctuation left out; joining words stay."""
    words = []
    for word in _WORD.findall(_APOSTROPHE.sub("", fold(text))):
        plain = word.replace("&", "")
        spelled = ABBREVIATIONS.get(plain)
        words.append(spelled if spelled else _SMALL_ROMAN.get(plain, word.replace("&", " ")))
    return " ".join(words)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007
        pass
    return found


@lru_cache(maxsize=1_000)
def _is_consultancy(source: str) -> bool:
    kind = fold(source)
    return kind in ("consultancy", "project", "du an") or "tu van" in kind or "consult" in kind


def _was_done_for(before: str) -> bool:
    return bool(re.search(r"\b(?:cho|voi|for|with|to|theo yeu cau|on behalf|behalf)$", before))


# What may stand between the words of a body's name, of no weight.
_BETWEEN = (
    r"(?: (?:va|cua|cac|of|and|for|in|at|the|tinh|thanh pho|province|provincial|city|cong ty|tnhh|co phan|mtv|truong"
    r"|khoa hoc|ky thuat))* "
)


def _mentions(body: str, organisations: OrganisationDirectory) -> re.Pattern[str] | None:
    """How a body may be named inside a sentence: its canonical name, its short name in the list, a company's own name
    without "công ty"; "tỉnh" may stand before the province."""
    names: set[str] = set()
    named = parts(body)
    for part in named:
        if part.kind is BodyKind.UNIT or (part.kind is BodyKind.COMMITTEE and part is not named[0]):
            continue
        names.add(part.name)
        if part.name.startswith("dai hoc "):
            own = part.name.removeprefix("dai hoc ")
            names |= {f"{own} university", f"university {own}"}
        if part.kind is BodyKind.COMMITTEE:
            unit = re.sub(r"^(?:uy ban nhan dan|hoi dong nhan dan) ", "", part.name)
            organ = "council" if part.name.startswith("hoi dong") else "committee"
            names |= {f"peoples {organ} {unit}", f"{unit} peoples {organ}"}
        if part.kind is BodyKind.COMPANY:
            own = re.sub(r"^(?:tong cong ty|cong ty|tap doan|lien danh|ngan hang|hop tac xa)\b", "", part.name)
            own = re.sub(
                r"\b(?:tu van|thuong mai|dich vu|dau tu|xay dung|san xuat|ltd|inc|company|jsc|consultants?)\b", " ", own
            )
            if len(own.split()) >= 3 or re.fullmatch(r"\s*[a-z0-9]{5,}\s*", own):
                names.add(" ".join(own.split()))
    if not names:
        return None
    row = organisations.match(body)
    if row and row.is_exact and row.row.short_name and len(row.row.short_name) >= 3:
        names.add(" ".join(canonical_words(row.row.short_name)))
    loose = []
    for name in sorted(names, key=len, reverse=True):
        words = [re.escape(word) for word in name.split()]
        loose.append(_BETWEEN.join(words))
    return re.compile(rf"\b(?:{'|'.join(loose)})\b")


# The words that name an organ of a province, beside the province itself.
_ORGANS = ("so ", "department", "uy ban", "ubnd", "hoi dong nhan dan", "hdnd", "committee", "council", "tinh uy")


def _seats(bodies: Sequence[str]) -> tuple[str, ...]:
    """The provinces of the departments and committees among these bodies, under their older names too."""
    found = set()
    for part in (part for body in bodies for part in parts(body)):
        if part.province and part.kind in (BodyKind.DEPARTMENT, BodyKind.COMMITTEE):
            today = PROVINCE_TODAY[part.province]
            found |= {old for old, new in PROVINCE_TODAY.items() if new == today}
    shorts = {f" {short}" for short, full in ABBREVIATIONS.items() if full in found}
    return tuple(sorted(found | shorts))


def _anchors(bodies: Sequence[str], organisations: OrganisationDirectory) -> tuple[str, ...]:
    """Letters of which some must stand in every text that names one of the other bodies: the last two words of its
    name, an abbreviation of them, or its short name in the list."""
    found: dict[str, None] = {}
    for body in bodies:
        match = organisations.match(body)
        if match and match.row.short_name and len(match.row.short_name) >= 3:
            found[fold(match.row.short_name)] = None
        for part in parts(body):
            if part.kind in (BodyKind.DEPARTMENT, BodyKind.COMMITTEE) and part.province:
                continue
            end = " ".join([word for word in part.name.split() if not word.isdigit()][-2:])
            found[end] = None
            found |= dict.fromkeys(f" {short}" for short, full in ABBREVIATIONS.items() if end in full)
    return tuple(found)


def _proper_names(title: str) -> tuple[str, ...]:
    """Places and other names in a title: two or more words in a row with capitals. In a title written with capitals
    throughout, as in English, they tell nothing."""
    words = re.findall(r"[^\W\d_]+", title)
    if sum(word[0].isupper() for word in words) > 0.6 * len(words):
        return ()
    found: list[str] = []
    for clause in re.split(r"[,;:.()–—-]", title):
        run: list[str] = []
        for word in [*clause.split(), ""]:
            if word[:1].isupper():
                run.append(word)
                continue
            name = " ".join(canonical_words(" ".join(run)))
            if len(run) >= 2 and name not in PROVINCE_TODAY:
                found.append(name)
            run = []
    return tuple(dict.fromkeys(found))


def _terms(title: str, places: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Pairs of neighbouring words that tell the subject of a title; its places are counted apart."""
    found: set[tuple[str, str]] = set()
    empty = _EMPTY_WORDS if fold(title) != title.lower() else {fold(word) for word in _EMPTY_WORDS}
    for clause in re.split(r"[,;:.()–—]", title):
        words = [word for word in re.findall(r"[^\W\d_]+", clause.lower()) if word not in _JOINING]
        for first, second in pairwise(words):
            if first not in empty or second not in empty:
                found.add((fold(first), fold(second)))
    named = [name for name in (*places, *PROVINCE_TODAY) if name in fold(title)]
    within = {pair for name in named for pair in pairwise(name.split())}
    ends = {name.split()[0] for name in named} | {name.split()[-1] for name in named}
    return frozenset(pair for pair in found - within if not (pair[0] in ends or pair[1] in ends))
