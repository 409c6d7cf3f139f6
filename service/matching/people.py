"""Whether two spellings name one person. Pure; says how sure the name alone makes it, never more.

Names come in any order, with or without marks, with titles before them, with initials ("Nguyen X.T."), and sometimes
with an affiliation in parentheses ("Trần Quốc Bảo (Trường Đại học …)") where several people bear the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

from search.vietnamese import fold

_TITLES = re.compile(
    r"^(?:(?:gs|pgs|tskh|ts|ths|cn|ks|kts|bs|bsckii?|bsck[12]|ckii?|ck[12]|ncs|ls|ds|dr|prof|assoc|assistant|associate|mr|mrs|ms"
    r"|ong|ba|anh|chi|thay|co|nguoi soan thao|phd|msc|professor|doctor|engineer)\b[.,:\s]*)+"
)
_SUFFIXES = re.compile(
    r",\s*(?:ph\.?\s?d\.?|m\.?\s?sc\.?|m\.?d\.?|m\.?a\.?|dr\.?|ts\.?|ths\.?|pgs\.?|gs\.?)(?:\W|$).*$", re.I
)
_SYLLABLE = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?")
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


class NameFit(IntEnum):
    """How well two names fit; higher is surer."""

    NONE = 0
    PARTLY = 1  # a middle name left out, initials, or the same letters with other marks
    FULLY = 2


@dataclass(frozen=True, slots=True)
class WrittenName:
    """A name as it stands in a record. `affiliation` is what followed in parentheses."""

    text: str
    words: tuple[str, ...]  # folded; an initial is one letter
    affiliation: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for the same words in any order."""
        return tuple(sorted(self.words))


def written_name(text: str) -> WrittenName:
    text = unicodedata.normalize("NFC", text).strip()
    affiliation = None
    if parenthesis := re.search(r"\((.*)\)\s*$", text):
        affiliation = parenthesis[1].strip() or None
        text = text[: parenthesis.start()].strip()
    without = _SUFFIXES.sub("", text)
    if len(re.findall(r"[^\W\d_]{2,}", without)) >= 2:  # else "Nguyen, M.A." is a name with initials
        text = without
    folded = fold(text)
    bare = _TITLES.sub("", folded)
    # "bá", "anh" and "cô" are names too: a title is only taken off while a name of two words is left.
    words = re.findall(r"[^\W\d_]+", bare)
    if len(words) < 2:
        words = re.findall(r"[^\W\d_]+", folded)
    text = " ".join(re.findall(r"[^\W\d_]+", text)[-len(words) :])
    separated = []
    for word in words:
        # "Nguyen XT" has initials; "VO Thi Sau" has a family name in capitals.
        is_initials = len(word) in (2, 3) and not _SYLLABLE.fullmatch(word) and word.upper() in text.split()
        separated += list(word) if is_initials and not text.isupper() else [word]
    return WrittenName(text=text, words=tuple(separated), affiliation=affiliation)


def name_fit(one: WrittenName, other: WrittenName) -> NameFit:
    if not one.words or not other.words:
        return NameFit.NONE
    if one.key == other.key:
        return NameFit.PARTLY if _marks_differ(one.text, other.text) else NameFit.FULLY
    if "".join(one.words) == "".join(other.words) and min(len(one.words), len(other.words)) >= 2:
        return NameFit.FULLY  # "Thanh Phong", "Thanhphong"
    shorter, longer = sorted((one, other), key=lambda name: (len(name.words), -sum(len(w) == 1 for w in name.words)))
    return NameFit.PARTLY if _is_short_for(shorter.words, longer.words) else NameFit.NONE


def _is_short_for(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Every word of the shorter name stands in the longer one, whole or by its initial; at least the family name (an
    end of the longer name) is whole, and both ends are named."""
    left = Counter(longer)
    whole = [w for w in shorter if len(w) > 1]
    initials = [w for w in shorter if len(w) == 1]
    for word in whole:
        if left[word] == 0:
            return False
        left[word] -= 1
    if not whole or not ({longer[0], longer[-1]} & set(whole)):
        return False
    for letter in initials:
        fitting = next((word for word in left if left[word] and word[0] == letter), None)
        if fitting is None:
            return False
        left[fitting] -= 1
    ends_named = all(left[end] == 0 for end in {longer[0], longer[-1]})
    return ends_named and len(whole) + len(initials) >= 2 and (len(whole) >= 2 or len(initials) >= len(longer) - 1)


def _marks_differ(one: str, other: str) -> bool:
    """Both are written with marks, and a word has other ones ("Bảo", "Báo"). Where the tone stands does not count."""
    if not _has_marks(one) or not _has_marks(other):
        return False
    return Counter(map(_marks, one.lower().split())) != Counter(map(_marks, other.lower().split())) and {
        fold(w) for w in one.split()
    } == {fold(w) for w in other.split()}


def _has_marks(text: str) -> bool:
    return any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", text)) or "đ" in text.lower()


def _marks(word: str) -> tuple[str, ...]:
    letters = unicodedata.normalize("NFD", word)
    plain = "".join(c for c in letters if c not in _TONES)
    return (unicodedata.normalize("NFC", plain), *sorted(c for c in letters if c in _TONES))
