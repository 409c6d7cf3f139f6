"""Damaged text: repaired where there is only one way to read it, flagged and kept from use where there is not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.cleaning import clean_text
from ingestion.drafts.legacy_fonts import from_tcvn3, from_vni
from ingestion.drafts.records import DraftProblem, FlagReason, UnreadableDraftError
from ingestion.drafts.syllables import impossible_words, marked_words, words
from ingestion.records import N_

# U+01A2/U+01A3 (letter OI) look like the letter with a horn that was meant; no Vietnamese text uses them.
HORN_LETTERS = str.maketrans({"\u01a2": "Ư", "\u01a3": "ư"})
ESCAPED_LINE_ENDS = re.compile(r"(?:\\r\\n|\\n|\\r(?![a-z]))")
SOFT_HYPHEN = "\u00ad"
SYMBOL_BULLETS = re.compile("[\uf0b7\uf0a7\uf0a8\uf0d8\uf0fc\uf0e8\uf076\uf06e\uf02d\uf0b2]")

YEARS_RUN_TOGETHER = re.compile(r"(?<!\d)(?:19|20)\d\d(?:19|20)\d\d(?!\d)")
SYMBOL_RUN_TOGETHER = re.compile(r"\d/(?:QĐ|NQ|KH|NĐ)[A-ZĐ]{2,}\b")
_LETTERS = map(chr, [*range(0xC0, 0x1B1), *range(0x1EA0, 0x1EFA)])
_CAPITALS = "A-Z" + "".join(char for char in _LETTERS if char.isupper())
SMALL_AMONG_CAPITALS = re.compile(f"[{_CAPITALS}][à-ã][{_CAPITALS}]{{2,}}")  # "XàHỘI": the capital was lost
LOST = re.compile("[\ufffd\ue000-\uf8ff\x00]")
CONSONANTS = re.compile(r"[bcdđghklmnpqrstvx]|th|ch|ph|kh|nh|ng|tr|gh")

CONVERTED_WARNING = N_(
    "“%(file)s” is written in the old font encoding %(encoding)s. It was converted; compare names and figures with the "
    "original."
)
REPAIRED_WARNING = N_("“%(file)s” held %(count)d passages with a known encoding fault. They were repaired.")
BROKEN_WARNING = N_(
    "“%(file)s” holds %(count)d passages with broken letters. They are shown to staff and used for nothing; "
    "ask for the Word file."
)
LEGACY_MESSAGE = N_(
    "The letters of “%(file)s” are in an encoding that cannot be converted without loss. "
    "Ask for the draft in Unicode (Times New Roman), as DOCX, or read it with OCR from a PDF."
)


def is_damaged(text: str) -> bool:
    """Whether the letters are broken. Other languages and names with foreign letters pass."""
    bad, marked = impossible_words(text)
    if (bad >= 3 and bad >= 0.3 * marked) or (bad == 2 and marked <= 3):
        return True
    if len(LOST.findall(text)) > max(2, len(text) // 50):
        return True
    if YEARS_RUN_TOGETHER.search(text) or SYMBOL_RUN_TOGETHER.search(text) or SMALL_AMONG_CAPITALS.search(text):
        return True
    all_words = words(text)
    orphans = sum(CONSONANTS.fullmatch(word) is not None for word in all_words)
    return orphans >= 5 and orphans >= 0.25 * len(all_words)


def repair(text: str) -> str:
    """Faults with exactly one reading: letter OI for the horned u, escaped line ends, UTF-8 read as Latin-1."""
    repaired = ESCAPED_LINE_ENDS.sub(" ", text.translate(HORN_LETTERS))
    bad, marked = impossible_words(repaired)
    if bad and bad >= 0.3 * marked:
        import ftfy  # only for text that looks broken

        candidate = ftfy.fix_encoding(repaired)
        still_bad, _marked = impossible_words(candidate)
        if candidate != repaired and still_bad == 0 and marked_words(candidate):
            repaired = candidate
    return clean_text(repaired) if repaired != text else text


def repair_blocks(extract: Extract, name: str) -> None:
    """Repair and flag, in place. Raises UnreadableDraftError when most of the draft is beyond repair."""
    for block in extract.blocks:
        if SYMBOL_BULLETS.search(block.text):
            _replace(block, lambda text: clean_text(SYMBOL_BULLETS.sub("• ", text)))
    try:
        _repair_and_flag(extract, name)
    finally:
        for block in extract.blocks:
            if SOFT_HYPHEN in block.text:
                _replace(block, lambda text: text.replace(SOFT_HYPHEN, ""))


def _repair_and_flag(extract: Extract, name: str) -> None:
    repaired_count = 0
    for block in extract.blocks:
        before = block.text
        _replace(block, repair)
        repaired_count += block.text != before
    if repaired_count:
        extract.warnings.append((REPAIRED_WARNING, {"file": name, "count": repaired_count}))
    damaged = [block for block in extract.blocks if block.text and is_damaged(block.text)]
    if not damaged:
        return
    encoding = _legacy_encoding(damaged)
    if encoding is not None:
        label, convert = encoding
        extract.warnings.append((CONVERTED_WARNING, {"file": name, "encoding": label}))
        for block in extract.blocks:
            if all(char < "\u0100" or char in "“”‘’–—…•≤≥" for char in block.text):
                _replace(block, lambda text: clean_text(convert(text)))
        damaged = [block for block in extract.blocks if block.text and is_damaged(block.text)]
    if not damaged:
        return
    size = sum(len(block.text) for block in extract.blocks)
    if sum(len(block.text) for block in damaged) > size / 2:
        raise UnreadableDraftError(DraftProblem.LEGACY_ENCODING, LEGACY_MESSAGE, file=name)
    extract.warnings.append((BROKEN_WARNING, {"file": name, "count": len(damaged)}))
    for block in damaged:
        block.flags.append((block.text, FlagReason.BROKEN_ENCODING))
        block.text, block.cells = "", None


def _replace(block: Block, change: Callable[[str], str]) -> None:
    block.text = change(block.text)
    if block.cells is not None:
        block.cells = tuple(change(cell) for cell in block.cells)


def _legacy_encoding(damaged: list[Block]) -> tuple[str, Callable[[str], str]] | None:
    """The font encoding that makes most of the damaged passages whole, if there is one."""
    sample = [block.text for block in damaged if len(marked_words(block.text)) >= 3][:200]
    whole: Counter[str] = Counter()
    encodings: dict[str, Callable[[str], str]] = {"TCVN3": from_tcvn3, "VNI": from_vni}
    for text in sample:
        for label, convert in encodings.items():
            converted = convert(text)
            bad, marked = impossible_words(converted)
            if converted != text and marked >= 3 and bad <= 0.05 * marked:
                whole[label] += 1
    if not whole:
        return None
    label, count = whole.most_common(1)[0]
    return (label, encodings[label]) if count >= 0.6 * len(sample) else None
