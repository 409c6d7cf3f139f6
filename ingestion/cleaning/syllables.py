"""Whether a word could be a Vietnamese syllable: an initial and a rime of the language, with at most one tone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uên uêt uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uy uya uych uynh uyên uyêt
uyp uyt uyu uơ uơn ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y ya yêm yên yêng yêt yêu ynh yt ych
"""
_AFTER_Q = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng ât âu ây e ec en eo et ê êch ên ênh êt êu
i ia ich in inh it iu ơ ơi ơn ơt y yên yêt ynh yt ych ôc yn yp
"""
_INITIALS = "ngh|ng|nh|gh|gi|ch|kh|ph|th|tr|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x"


def _alternatives(rimes: str) -> str:
    return "|".join(sorted(rimes.split(), key=len, reverse=True))


_SYLLABLE = re.compile(
    f"(?:(?:{_INITIALS})?(?:{_alternatives(_RIMES)})|qu(?:{_alternatives(_AFTER_Q)})|gi(?:n|ng|m|p|c|t|ch)?)"
)
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=16_384)
def is_syllable(word: str) -> bool:
    """Marks decide: `Đặng` and `dang` are syllables, `Mỹller` is not."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    tones = sum(c in _TONES for c in decomposed)
    plain = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
    return tones <= 1 and _SYLLABLE.fullmatch(plain) is not None


def share_of_syllables(text: str) -> tuple[float, int]:
    """Among the words with a letter outside ASCII: the share that are syllables, and how many such words there are."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return (sum(map(is_syllable, words)) / len(words) if words else 0.0), len(words)
