"""People's names as offices type them: with titles, in capitals, given name first, with or without marks.

A name keeps the spelling and the order it was written in; only titles go and capitals become natural. Which part is
the family name is a guess with reasons: a known family name in first place, else the order of the e-mail address
(`dam.quang.vu@` for "Vu Dam Quang"), else a known family name in second place.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ingestion.cleaning.degrees import NO_TITLES, FoundTitle, Titles, combine_titles, find_titles, leading_titles
from ingestion.cleaning.surnames import compound_surname_length, is_common_surname, is_surname
from ingestion.cleaning.syllables import is_syllable
from ingestion.cleaning.text import clean_text, fold

_SEPARATORS = " .,;:-–/\\|*·•'\"“”_"
_ADDRESS = re.compile(  # forms of address and military ranks: stripped, kept nowhere
    r"(?i)(?:mr|mrs|ms|miss|mme|dr\.?\s*med)\.?\s+(?=\S+\s+\S)|(?:đại|thượng|trung|thiếu)\s+(?:tướng|tá|úy|"
    r"uý)\b[\s.,:-]*"
)
_COURTESY = re.compile(r"(?i)(ông/bà|ông|bà|thầy|cô)\s*[.:]?\s+(?=(\S+)\s+\S+)")
_GLUED = re.compile(r"^(PGS|GS|TSKH|TS|ThS|BS|KS)(?=[A-ZĐÀ-Ỹ][a-zà-ỹ])")
_BRACKETED = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_JOINING = re.compile(r"(?i)\s+(?:và|and)\s+|\s*[&;/\n|+]\s*|\s*,\s*")
_BRACKETS = "()[]{}<>"
_ENDS_IN_INITIAL = re.compile(r"(?:^|[\s.])[^\W\d_]\.$")
_COMMONEST_SURNAMES = ("Nguyễn", "Trần", "Phạm", "Huỳnh", "Bùi", "Ngô", "Trịnh", "Lê")  # hardly ever given names
_PARTICLES = frozenset({"von", "van", "der", "den", "de", "la", "le", "du", "di", "da", "dos", "del", "zu", "ter"})
_ORGANISATION_MARKED = re.compile(
    r"(?i)^(?:trường|viện|sở|trung tâm|công ty|chi cục|cục|tổng cục|vụ|ban (?:quản lý|tuyên giáo|chỉ đạo|giám)|"
    r"bệnh viện|hội (?!an\b)|"
    r"liên hiệp|liên minh|liên danh|ủy ban|uỷ ban|ubnd|hđnd|đại học|học viện|tập đoàn|tổng công ty|tạp chí|báo|khoa|"
    r"phòng|bộ (?:môn|y|công|giáo|khoa)|quỹ|"
    r"hợp tác xã|htx|ngân hàng|văn phòng|vườn quốc gia|doanh nghiệp|câu lạc bộ|đảng ủy|tỉnh ủy|cơ sở|trạm|xí nghiệp|"
    r"nhà máy|tổ chức|đoàn (?:thanh niên|luật sư)|phân viện|phân hiệu)(?=\s|$)"
)
_ORGANISATION_UNMARKED = re.compile(
    r"^(?:truong (?:dai hoc|cao dang|thpt|thcs|trung hoc|chinh tri|tieu hoc|nghe)|vien nghien cuu|vien khoa hoc|"
    r"so (?:khoa hoc|y te|noi vu|giao duc|tai chinh|"
    r"nong nghiep|xay dung|cong thuong|van hoa|du lich|tu phap)|trung tam|cong ty|benh vien|lien hiep|"
    r"uy ban nhan dan|dai hoc|hoc vien|tap doan|hop tac xa|ngan hang|van phong)\b"
)
_ORGANISATION_ENGLISH = re.compile(
    r"^(?:(?:the )?university|institute|department|ministry|college of|centre|center|faculty|school of|company)\b"
    r"|\b(?:university|institute|ltd|inc|llc|gmbh|co\., ?ltd|foundation|corporation|hospital|laboratory)\.?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedName:
    """`full_name` is "" when only titles stood there. `bracketed` held what stood in brackets: an alias or a post."""

    full_name: str
    family_name: str = ""
    middle_name: str = ""
    given_name: str = ""
    titles: Titles = NO_TITLES
    bracketed: tuple[str, ...] = ()
    is_given_first: bool = False

    @property
    def family_first(self) -> str:
        """The name in Vietnamese order."""
        return " ".join(part for part in (self.family_name, self.middle_name, self.given_name) if part)


def parse_name(text: str, email: str | None = None) -> ParsedName:
    """Never raises; parsing `full_name` again gives the same name. The e-mail helps to find the family name."""
    written = clean_text(text)
    found: list[FoundTitle] = []
    bracketed: list[str] = []
    for _ in range(8):  # what one pass uncovers, the next strips; each pass only shortens
        stripped, titles, inside = _strip(written)
        found += titles
        bracketed += inside
        if stripped == written:
            break
        written = stripped
    written = clean_text(natural_case(_comma_order(written)))
    family, middle, given, is_given_first = split_name(written, email)
    return ParsedName(
        full_name=written,
        family_name=family,
        middle_name=middle,
        given_name=given,
        titles=combine_titles(found),
        bracketed=tuple(bracketed),
        is_given_first=is_given_first,
    )


def _strip(text: str) -> tuple[str, list[FoundTitle], list[str]]:
    found: list[FoundTitle] = []
    inside = [part for match in _BRACKETED.finditer(text) if (part := match[1].strip())]
    text = _BRACKETED.sub(" ", text).strip()
    if glued := _GLUED.match(text):
        text = f"{glued[1]} {text[glued.end() :]}"
    leading = [title for title in leading_titles(text) if not _is_level_of_schooling(title)]
    found += leading
    if leading:
        text = text[leading[-1].end :]
    if match := _ADDRESS.match(text):
        text = text[match.end() :]
    if (match := _COURTESY.match(text)) and is_surname(match[2]) and match[2].lower() not in ("văn", "thị"):
        text = text[match.end() :]
    head, comma, tail = text.partition(",")
    if (
        comma
        and head.strip(_SEPARATORS)
        and (last := find_titles(tail))
        and not _without(tail, last).strip(_SEPARATORS)
    ):
        found += last
        text = head
    text = text.lstrip(_SEPARATORS + _BRACKETS)
    if not _ENDS_IN_INITIAL.search(text):
        text = text.rstrip(_SEPARATORS + _BRACKETS)
    return text, found, inside


def _is_level_of_schooling(title: FoundTitle) -> bool:
    """ "Đại học", "Cao đẳng": a level in a column of degrees, but no title before a name."""
    return title.codes[:1] in (("KHAC",), ("CĐ",)) or fold(title.written) in ("dai hoc", "dh", "cao hoc")


def _without(text: str, titles: list[FoundTitle]) -> str:
    kept, position = [], 0
    for title in titles:
        kept.append(text[position : title.start])
        position = title.end
    return "".join([*kept, text[position:]])


def _comma_order(name: str) -> str:
    """ "Nguyen, Xuan Thinh" → "Nguyen Xuan Thinh"."""
    head, comma, tail = name.partition(",")
    return f"{head.strip()} {tail.strip()}" if comma and len(head.split()) == 1 and "," not in tail else name


def natural_case(name: str) -> str:
    """Capitals (or small letters) throughout become `Nguyễn Văn An`; a mixed name keeps its own, but for words in
    capitals ("NGUYỄN Văn An"). Initials (X.T., TN) stay."""
    for _ in range(4):  # once is enough for our alphabet; ß and its like turn into other letters
        words = name.split()
        letters = [c for c in name if c.isalpha()]
        all_one_case = bool(letters) and (name == name.upper() or name == name.lower()) and len(letters) > 2
        cased = " ".join(_cased(word, i, words, all_one_case) for i, word in enumerate(words))
        if cased == name:
            break
        name = cased
    return name


def _cased(word: str, i: int, words: list[str], all_one_case: bool) -> str:
    letters = [c for c in word if c.isalpha()]
    if not letters or "." in word.rstrip(".") or any(c.isdigit() for c in word):
        return word
    if word.isupper() and len(letters) > 1:
        if not all_one_case and not any(c in "aeiouy" for c in fold(word)):
            return word  # initials without their dots
    elif not (all_one_case and word.islower()):
        return word
    if all_one_case and 0 < i < len(words) - 1 and word.lower() in _PARTICLES and _is_foreign(words):
        return word.lower()
    return re.sub(r"[^\W\d_]+", lambda part: _capitalised(part[0]), word)


def _is_foreign(words: list[str]) -> bool:
    return sum(is_syllable(word) for word in words) < len(words) / 2


def _capitalised(word: str) -> str:
    lowered = word.lower()
    if lowered[:1] == word[:1].upper():
        return word  # a script without capitals
    if lowered.startswith("mc") and len(word) > 4 and not is_syllable(word):
        return unicodedata.normalize("NFC", "Mc" + lowered[2].upper() + lowered[3:])
    return unicodedata.normalize("NFC", lowered[:1].upper() + lowered[1:])


def split_name(name: str, email: str | None = None) -> tuple[str, str, str, bool]:
    """Family, middle and given name, and whether the given name stood first."""
    words = name.split()
    if len(words) < 2:
        return "", "", name, False
    if length := compound_surname_length(words):
        return " ".join(words[:length]), " ".join(words[length:-1]), words[-1], False
    if _given_first_by_email(words, email) or (is_surname(words[1]) and _starts_with_a_given_name(words)):
        return words[1], " ".join(words[2:]), words[0], True
    if _is_western(words):
        family = len(words) - 1
        while family > 1 and words[family - 1].lower() in _PARTICLES and not _ends_in_a_surname(words):
            family -= 1
        return " ".join(words[family:]), " ".join(words[1:family]), words[0], True
    return words[0], " ".join(words[1:-1]), words[-1], False


def _given_first_by_email(words: list[str], email: str | None) -> bool:
    if not email:
        return False
    order = [part for part in re.split(r"[._\-+]+", re.sub(r"\d+$", "", email.partition("@")[0].lower())) if part]
    folded = [fold(word) for word in words]
    return folded != order and [*folded[1:], folded[0]] == order and is_surname(words[1])


def _starts_with_a_given_name(words: list[str]) -> bool:
    """ "Uyen Le Thi Phuong"; and "Giao Diep Quynh": a rare family name before a common one, if nothing has marks."""
    if not is_surname(words[0]):
        return not _ends_in_a_surname(words)
    return len(words) > 2 and words[0].lower() in ("giao", "hoa", "kim", "huu") and is_common_surname(words[1])


def _ends_in_a_surname(words: list[str]) -> bool:
    """ "Lan Anh Nguyen": one of the few family names that are hardly ever given names, and nothing has marks."""
    return words[-1].isascii() and fold(words[-1]) in map(fold, _COMMONEST_SURNAMES)


def _is_western(words: list[str]) -> bool:
    has_initials = any(re.fullmatch(r"(?:[^\W\d_]\.)+", word) for word in words[1:-1])
    if _ends_in_a_surname(words) and (has_initials or not is_surname(words[0])):
        return True
    return not is_surname(words[0]) and _is_foreign(words)


def looks_like_an_organisation(text: str) -> bool:
    """An organisation written where a person's name should be."""
    if _ORGANISATION_ENGLISH.search(fold(text)) or (text.isascii() and _ORGANISATION_UNMARKED.match(fold(text))):
        return True
    return bool(_ORGANISATION_MARKED.match(text)) and not _is_given_name_first(text.split())


def _is_given_name_first(words: list[str]) -> bool:
    """ "Khoa Nguyen", "Trường Trần": two given names that also mean faculty and school, before a family name.

    With marks only the commonest family names count: "Khoa Lý" is one of physics, "Trường Sư Phạm" trains teachers.
    """
    if not 2 <= len(words) <= 4 or words[0].lower() not in ("khoa", "trường") or not words[-1][0].isupper():
        return False
    if fold(words[-2]) == "su" or fold(words[-1]) == "ly":
        return False
    return words[-1] in _COMMONEST_SURNAMES or (words[-1].isascii() and is_common_surname(words[-1]))


def names_of_several_people(text: str) -> list[str]:
    """The names when more than one person stands in the text; else an empty list."""
    if not _JOINING.search(text):
        return []
    parts = [_BRACKETED.sub(" ", part) for part in _JOINING.split(text)]
    names = [parsed for part in parts if (parsed := parse_name(part).full_name)]
    people = [name for name in names if len(name.split()) >= 2 and is_surname(name.split()[0])]
    return names if len(people) >= 2 and len(people) == len(names) else []
