"""Languages by their Vietnamese and English names → ISO 639-1 (639-2 where that has none)."""

from __future__ import annotations

import re

from ingestion.cleaning.text import fold

_NAMES = {
    "vi": "việt, tiếng việt, vietnamese", "en": "anh, anh văn, english, ielts, toeic, toefl, cambridge",
    "fr": "pháp, pháp văn, french, français, delf, dalf", "ru": "nga, nga văn, russian",
    "zh": "trung, trung quốc, hoa, hán, hán nôm, quan thoại, phổ thông trung quốc, chinese, mandarin, cantonese, hsk",
    "ja": "nhật, nhật bản, japanese, jlpt", "ko": "hàn, hàn quốc, triều tiên, korean, topik",
    "de": "đức, german, deutsch",
    "km": "khmer, khơ me, khơme, campuchia, cambodian", "es": "tây ban nha, spanish", "it": "ý, italia, italian",
    "nl": "hà lan, dutch",
    "th": "thái, thái lan, thai", "lo": "lào, lao", "pt": "bồ đào nha, portuguese", "pl": "ba lan, polish",
    "cs": "séc, tiệp, czech", "sk": "slovakia, slovak",
    "hu": "hungary, hung, hungarian", "bg": "bungari, bulgarian", "ro": "rumani, romanian",
    "uk": "ukraina, ukrainian", "fi": "phần lan, finnish", "sv": "thụy điển, swedish",
    "no": "na uy, norwegian", "da": "đan mạch, danish", "et": "estonia, estonian", "fil": "philippines, filipino",
    "tl": "tagalog", "id": "indonesia, indonesian", "ms": "mã lai, malay, malaysia",
    "ar": "ả rập, arabic", "hi": "hindi, ấn độ", "my": "miến điện, burmese", "cjm": "chăm, cham",
    "el": "hy lạp, greek", "tr": "thổ nhĩ kỳ, turkish", "he": "do thái, hebrew", "la": "la tinh, latin",
    "fa": "ba tư, persian",
}  # fmt: skip
_CODES = {fold(name): code for code, names in _NAMES.items() for name in names.split(", ")}
_SEPARATOR = re.compile(r"\s*[,;/&+\n|•]\s*|\s+(?:và|and)\s+|\.\s+")
_LEVEL = re.compile(
    r"\([^)]*\)|:.*$|\b(?:[ABC][12]|bang [abc]|trinh do.*|bac \d.*|thanh thao|giao tiep|luu loat|tot|kha|trung binh|"
    r"fluent|native|basic|good|\d+(?:[.,]\d+)?)\b.*$"
)


def parse_languages(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes in order, and the parts that name no language we know."""
    codes: list[str] = []
    unknown: list[str] = []
    for part in _SEPARATOR.split(re.sub(r"\([^)]*\)", "", text)):
        name = re.sub(r"^(?:tieng|ngon ngu)\s+", "", _LEVEL.sub("", fold(part)).strip(" .-"))
        if not name:
            continue
        code = _CODES.get(name) or next(
            (_CODES[word] for word in (name.split()[0], name.split()[-1]) if word in _CODES), None
        )
        if code:
            codes.append(code)
        else:
            unknown.append(part.strip())
    return tuple(dict.fromkeys(codes)), tuple(unknown)
