"""Text written for the fonts of before Unicode: TCVN3 (".VnTime") and VNI ("VNI-Times"), read as Latin-1 or cp1252."""

from __future__ import annotations

import re

_TCVN3 = {
    "àảãáạ": "µ¶·¸¹",
    "ăằẳẵắặ": "¨»¼½¾Æ",
    "âầẩẫấậ": "©ÇÈÉÊË",
    "đ": "®",
    "èẻẽéẹ": "ÌÎÏÐÑ",
    "êềểễếệ": "ªÒÓÔÕÖ",
    "ìỉĩíị": "×ØÜÝÞ",
    "òỏõóọ": "ßáâãä",
    "ôồổỗốộ": "«åæçèé",
    "ơờởỡớợ": "¬êëìíî",
    "ùủũúụ": "ïñòóô",
    "ưừửữứự": "\u00adõö÷øù",
    "ỳỷỹýỵ": "úûüýþ",
    "ĂÂÊÔƠƯĐ": "¡¢£¤¥¦§",
}
_TCVN3_TABLE = str.maketrans(
    {legacy: letter for letters, codes in _TCVN3.items() for letter, legacy in zip(letters, codes, strict=True)}
)

# VNI writes a vowel and behind it a sign for tone, hat or both; some letters have a code of their own.
_VNI_PAIRS = {
    "a": {"ø": "à", "ù": "á", "û": "ả", "õ": "ã", "ï": "ạ", "â": "â", "à": "ầ", "á": "ấ", "å": "ẩ", "ã": "ẫ", "ä": "ậ",
          "ê": "ă", "è": "ằ", "é": "ắ", "ú": "ẳ", "ü": "ẵ", "ë": "ặ"},
    "e": {"ø": "è", "ù": "é", "û": "ẻ", "õ": "ẽ", "ï": "ẹ", "â": "ê", "à": "ề", "á": "ế", "å": "ể", "ã": "ễ", "ä": "ệ"},
    "o": {"ø": "ò", "ù": "ó", "û": "ỏ", "õ": "õ", "ï": "ọ", "â": "ô", "à": "ồ", "á": "ố", "å": "ổ", "ã": "ỗ", "ä": "ộ"},
    "ô": {"ø": "ờ", "ù": "ớ", "û": "ở", "õ": "ỡ", "ï": "ợ"},
    "u": {"ø": "ù", "ù": "ú", "û": "ủ", "õ": "ũ", "ï": "ụ"},
    "ö": {"ø": "ừ", "ù": "ứ", "û": "ử", "õ": "ữ", "ï": "ự"},
    "y": {"ø": "ỳ", "ù": "ý", "û": "ỷ", "õ": "ỹ"},
}  # fmt: skip
_VNI_SINGLE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI: dict[str, str] = {}
for _vowel, _signs in _VNI_PAIRS.items():
    for _sign, _letter in _signs.items():
        _VNI[_vowel + _sign] = _letter
        _VNI[_vowel.upper() + _sign] = _VNI[_vowel.upper() + _sign.upper()] = _letter.upper()
for _code, _letter in _VNI_SINGLE.items():
    _VNI[_code], _VNI[_code.upper()] = _letter, _letter.upper()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))


def from_tcvn3(text: str, *, is_capital_font: bool = False) -> str:
    """`is_capital_font`: fonts such as .VnTimeH draw small letters as capitals."""
    converted = text.translate(_TCVN3_TABLE)
    return converted.upper() if is_capital_font else converted


def from_vni(text: str) -> str:
    return _VNI_PATTERN.sub(lambda found: _VNI[found[0]], text)


def from_font(text: str, font: str | None) -> str:
    """The text as its font draws it; fonts of Unicode text leave it alone."""
    if font is None:
        return text
    if font.startswith((".Vn", ".VN")):
        return from_tcvn3(text, is_capital_font=font.endswith("H"))
    if font.upper().startswith("VNI-"):
        return from_vni(text)
    return text
