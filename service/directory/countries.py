"""Country names in Vietnamese and English → ISO 3166-1 codes, and back."""

from __future__ import annotations

from functools import cache

from babel import Locale as BabelLocale

from search.vietnamese import fold
from service.i18n import Locale, current_locale

# What people write beside the names of the Unicode tables.
_ALSO = {
    "úc": "AU",
    "mỹ": "US",
    "hoa kỳ": "US",
    "usa": "US",
    "u.s.a": "US",
    "us": "US",
    "america": "US",
    "united states of america": "US",
    "anh": "GB",
    "anh quốc": "GB",
    "vương quốc anh": "GB",
    "uk": "GB",
    "u.k": "GB",
    "england": "GB",
    "scotland": "GB",
    "great britain": "GB",
    "the netherlands": "NL",
    "holland": "NL",
    "hàn quốc": "KR",
    "korea": "KR",
    "republic of korea": "KR",
    "triều tiên": "KP",
    "trung quốc": "CN",
    "china": "CN",
    "đài loan": "TW",
    "hồng kông": "HK",
    "nga": "RU",
    "liên bang nga": "RU",
    "russian federation": "RU",
    "cộng hòa séc": "CZ",
    "séc": "CZ",
    "tiệp": "CZ",
    "czech republic": "CZ",
    "thổ nhĩ kỳ": "TR",
    "turkey": "TR",
    "ả rập xê út": "SA",
    "uae": "AE",
    "cam-pu-chia": "KH",
    "kampuchea": "KH",
    "xin-ga-po": "SG",
    "tân gia ba": "SG",
    "ma-lai-xi-a": "MY",
    "phi-líp-pin": "PH",
    "mi-an-ma": "MM",
    "myanmar": "MM",
    "đông timor": "TL",
    "niu di-lân": "NZ",
    "tân tây lan": "NZ",
    "vn": "VN",
    "việt nam": "VN",
    "vietnam": "VN",
    "viet nam": "VN",
    "nước ngoài": "",
}


def country_code(text: str) -> str | None:
    """The country a text names ("Úc", "The Netherlands", "VN"), or None. "nước ngoài" names none."""
    key = _key(text)
    return _names().get(key) or _names().get(key.removeprefix("nuoc ")) or None


def country_name(code: str | None, locale: Locale | None = None) -> str:
    """The country's name in the reader's language; "" for None, the code itself when it is not known."""
    if not code:
        return ""
    return _territories(locale or current_locale.get()).get(code, code)


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for locale in ("en", "vi"):
        for code, name in _territories(locale).items():
            names[_key(name)] = code
            names[code.lower()] = code
    names.update({_key(name): code for name, code in _ALSO.items()})
    return names


@cache
def _territories(locale: str) -> dict[str, str]:
    """Countries only: the tables hold regions of the world (three digits) and a few made-up codes too."""
    return {
        code: name
        for code, name in BabelLocale(locale).territories.items()
        if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"}
    }


def _key(text: str) -> str:
    return fold(text).strip(" .")
