"""CSV → one table: finds out the encoding (UTF-8, UTF-16, Windows-1258, TCVN3, VNI …) and the separator."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from pathlib import Path

import charset_normalizer

from ingestion.cleaning.legacy_encodings import from_tcvn3, from_vni
from ingestion.cleaning.syllables import share_of_syllables
from ingestion.cleaning.text import clean_text
from ingestion.records import N_, UnreadableFileError
from ingestion.sources.tables import OpenedFile, Table

WIDEST = 256
LONGEST_CELL = 1_000_000

_SEPARATORS = (";", ",", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = frozenset(  # of lists without Vietnamese; the rarer guesses are nearly always wrong
    (
        "ascii",
        "cp1252",
        "latin_1",
        "cp1250",
        "cp1251",
        "koi8_r",
        "gb18030",
        "gbk",
        "big5",
        "cp932",
        "shift_jis",
        "cp949",
        "euc_kr",
    )
)
_SAMPLE = 64 * 2**10
_END = "\uffff"  # a last line of our own: when a cell has swallowed it, a quotation mark was never closed
_FEW_NULS = 8  # one byte in so many; with more it is no text


def open_separated(path: Path) -> OpenedFile:
    """Raises UnreadableFileError when the bytes are no text or no table."""
    text, encoding = decode(path.read_bytes(), path.name)
    rows = _read_rows(text, path.name)
    return OpenedFile(tables=[Table(sheet="", rows=rows)], encoding=encoding)


def decode(data: bytes, name: str) -> tuple[str, str]:
    """The text and the encoding it was in. What is valid UTF-8 is UTF-8; of the rest the one that gives most Vietnamese
    syllables wins."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding).removeprefix("\ufeff"), encoding
            except UnicodeDecodeError as error:
                if error.start < len(data) - 4:
                    raise UnreadableFileError(
                        N_("%(file)s is damaged or was not copied whole. Ask for it again or save it anew."), file=name
                    ) from None
                raise _incomplete(name) from None
    if wide := _looks_like_utf16(data):
        try:
            return data.decode(wide), wide
        except UnicodeDecodeError:
            pass
    if data[:_SAMPLE].count(0) > len(data[:_SAMPLE]) / _FEW_NULS:
        raise UnreadableFileError(N_("%(file)s is neither a workbook (.xlsx) nor a text table (.csv)."), file=name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4 and error.start > 0:
            raise _incomplete(name) from None
    return _decode_eight_bits(data, name)


def _incomplete(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        N_("%(file)s ends in the middle of a character: it was not copied whole. Ask for it again."), file=name
    )


def _looks_like_utf16(data: bytes) -> str | None:
    sample = data[:_SAMPLE]
    if len(sample) < 4:
        return None
    zeros = Counter(i % 2 for i, byte in enumerate(sample) if byte == 0)
    half = len(sample) / 2
    if zeros[1] > 0.3 * half and zeros[0] < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > 0.3 * half and zeros[1] < 0.05 * half else None


def _decode_eight_bits(data: bytes, name: str) -> tuple[str, str]:
    candidates: list[tuple[float, str, str]] = []
    for label, codec in (
        ("windows-1258", "cp1258"),
        ("windows-1252", "cp1252"),
        ("TCVN3", "latin-1"),
        ("VNI", "cp1252"),
    ):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if label == "TCVN3":
            text = from_tcvn3(text)
        elif label == "VNI":
            text = from_vni(text)
        share, _ = share_of_syllables(clean_text(text[:_SAMPLE]))
        candidates.append((share, label, text))
    best = max(candidates, key=lambda candidate: candidate[0], default=None)
    if best is not None and best[0] >= 0.6:
        return best[2], best[1]
    guess = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    if guess is not None and guess.encoding in _FOREIGN:
        try:
            return data.decode(guess.encoding), guess.encoding
        except (UnicodeDecodeError, LookupError):
            pass
    raise UnreadableFileError(
        N_("The encoding of %(file)s is not known. Save it as “CSV UTF-8” or as .xlsx and import it again."), file=name
    )


def _read_rows(text: str, name: str) -> list[tuple[int, list[object]]]:
    first_line = 1
    head, _, rest = text.partition("\n")
    if head.strip().lower().startswith("sep=") and len(head.strip()) == 5:  # Excel's own hint
        separator, text, first_line = head.strip()[4], rest, 2
    else:
        separator = _find_separator(text)
    csv.field_size_limit(LONGEST_CELL)
    whole = text.replace("\0", "") + "\n" + _END
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator)
    rows: list[tuple[int, list[object]]] = []
    line = first_line
    try:
        for record in reader:
            if record == [_END]:
                return rows
            cells: list[object] = [value if value else None for value in record[:WIDEST]]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                rows.append((line, cells))
            begun, line = line, reader.line_num + first_line
    except csv.Error:
        begun = line
    raise UnreadableFileError(
        N_("%(file)s breaks off inside a quoted cell near line %(line)s. Save it anew as .xlsx or .csv."),
        file=name,
        line=begun,
    )


def _find_separator(text: str) -> str:
    """The separator that cuts most of the first lines into the same number of cells, more than one."""
    sample = text[:_SAMPLE]

    def regularity(separator: str) -> tuple[float, int]:
        try:
            widths = Counter(
                len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if row
            )
        except csv.Error:
            return (0.0, 0)
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(1, 0))
        return (times / max(sum(widths.values()), 1), width) if width > 1 else (0.0, 0)

    return max(_SEPARATORS, key=regularity)
