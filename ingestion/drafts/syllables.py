"""Is this a possible Vietnamese syllable? The measure by which damaged text gives itself away."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ONSETS = "ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx]"
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ic ich iêc iêm iên iêng iêp iêt iêu im in ing inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơng ơp ơt
u ua uân uâng uât uây uc uê uên uêch uênh uêt ui um un ung uơ uôc uôi uôm uôn uông uôt up ut
uy uya uych uyên uyêt uyn uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
y ych yêm yên yêng yêt yêu yn ynh yt
""".split()  # noqa: SIM905 - a table reads better than two hundred quoted strings
_SYLLABLE = re.compile(f"(?:{_ONSETS})?(?:{'|'.join(sorted(_RIMES, key=len, reverse=True))})")
_ABBREVIATION = re.compile(r"đ|[A-ZĐ]*Đ[A-ZĐ]*")  # QĐ, HĐND: letters of several words
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_TOKEN = re.compile(r"[^\W\d_¹²³]+")


@lru_cache(maxsize=20_000)
def is_syllable(token: str) -> bool:
    """Whether one word of letters could be Vietnamese: known onset and rime, at most one tone."""
    decomposed = unicodedata.normalize("NFD", token.lower())
    tones = sum(char in _TONES for char in decomposed)
    if tones > 1:
        return False
    bare = unicodedata.normalize("NFC", "".join(char for char in decomposed if char not in _TONES))
    return _SYLLABLE.fullmatch(bare) is not None


def marked_words(text: str) -> list[str]:
    """The words with a letter outside ASCII: only these can be damaged by an encoding. No abbreviations."""
    return [word for word in _TOKEN.findall(text) if is_marked(word)]


def words(text: str) -> list[str]:
    return _TOKEN.findall(text)


def impossible_words(text: str) -> tuple[int, int]:
    """(words no Vietnamese could have written, words with marks)."""
    marked = marked_words(text)
    return sum(not is_syllable(word) for word in marked), len(marked)


@lru_cache(maxsize=20_000)
def is_marked(word: str) -> bool:
    if word.isascii() or _ABBREVIATION.fullmatch(word):
        return False
    return all(char < "\u0370" or "\u1e00" <= char <= "\u1eff" for char in word)
