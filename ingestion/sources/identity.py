"""Who a row is about: its name, checked before anything else of the row is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingestion.cleaning.identifiers import find_emails
from ingestion.cleaning.legacy_encodings import convert_legacy, is_garbled_name
from ingestion.cleaning.names import ParsedName, looks_like_an_organisation, names_of_several_people, parse_name
from ingestion.cleaning.text import Flaw, clean
from ingestion.records import Severity
from ingestion.sources.cells import RowCells, plain
from ingestion.sources.header_words import NAME_PARTS
from ingestion.sources.headers import Column
from ingestion.sources.tables import CellError, Formula

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class RowName:
    """The name a row tells. `written` is as typed, cleaned."""

    parsed: ParsedName
    written: str


def read_name(row: RowCells) -> RowName | None:
    """None when the row is refused for its name; the reason is in the row's problems."""
    columns = row.columns("name") or [column for column in row.header.columns if column.field in NAME_PARTS]
    raw = _raw_name(row, columns)
    if raw is None:
        return None
    column = columns[0]
    text, flaws = clean(raw)
    converted = convert_legacy(raw)
    if converted is not None and converted.encoding != "UTF-8":
        row.note(
            column,
            "name",
            "legacy_encoding",
            Severity.REFUSE,
            text,
            encoding=converted.encoding,
            reading=clean(converted.text)[0],
        )
        return None
    if converted is not None:
        row.note(
            column, "name", "legacy_encoding", Severity.WARN, text, encoding=converted.encoding, reading=converted.text
        )
        text = clean(converted.text)[0]
    elif is_garbled_name(text):
        row.note(column, "name", "garbled", Severity.REFUSE, text)
        return None
    if fault := _fault(text):
        kind, details = fault
        row.note(column, "name", kind, Severity.REFUSE, text, **details)
        return None
    email = next((e for c in row.columns("email") for e in find_emails(plain(row.value(c)))), None)
    parsed = _with_given_parts(row, parse_name(text, email))
    if not parsed.full_name:
        row.note(column, "name", "only_titles", Severity.REFUSE, text)
        return None
    if flaws:
        row.note(
            column,
            "name",
            Flaw.CONTROL.value if Flaw.CONTROL in flaws else Flaw.INVISIBLE.value,
            Severity.WARN,
            parsed.full_name,
        )
    if len(parsed.full_name.split()) == 1:
        row.note(column, "name", "one_word", Severity.WARN, parsed.full_name)
    return RowName(parsed=parsed, written=text)


def _raw_name(row: RowCells, columns: list[Column]) -> str | None:
    """The text of the name cells; None when they hold no text at all."""
    values = [(column, value) for column in columns if (value := row.value(column)) is not None]
    for column, value in values:
        if isinstance(value, Formula) and value.stored is None:
            row.note(column, "name", "formula", Severity.REFUSE, value.text)
            return None
        if isinstance(value, Formula) and not isinstance(value.stored, CellError):
            row.note(column, "name", "formula_result", Severity.WARN, value.text, result=plain(value))
            value = value.stored
        if isinstance(value, CellError | Formula):
            row.note(column, "name", "error_value", Severity.REFUSE, value.code if isinstance(value, CellError) else "")
            return None
        if not isinstance(value, str):
            row.note(column, "name", "not_text", Severity.REFUSE, plain(value))
            return None
    return " ".join(plain(value) for column, value in sorted(values, key=lambda item: _place(item[0])))


def _place(column: Column) -> tuple[int, int]:
    order = NAME_PARTS.index(column.field) if column.field in NAME_PARTS else 0
    return order, column.index


def _with_given_parts(row: RowCells, parsed: ParsedName) -> ParsedName:
    """Where family and given name have their own columns, these decide."""
    parts = {
        column.field: clean(plain(row.value(column)))[0] for column in row.header.columns if column.field in NAME_PARTS
    }
    if row.columns("name") or not parts.get("given_name"):
        return parsed
    words = parsed.full_name.split()
    given = parts["given_name"].split()
    if len(given) >= len(words):
        return parsed
    front = words[: -len(given)]
    family = 1 if parts.get("family_and_middle_name") else len((parts.get("family_name") or front[0]).split())
    return replace(
        parsed,
        family_name=" ".join(front[:family]),
        middle_name=" ".join(front[family:]),
        given_name=" ".join(words[-len(given) :]),
        is_given_first=False,
    )


def _fault(text: str) -> tuple[str, dict[str, object]] | None:
    if not text or not re.search(r"\w", text):
        return "missing", {}
    if not any(c.isalpha() for c in text) or "@" in text or text.lower().startswith(("http", "www.")):
        return "not_text", {}
    if looks_like_an_organisation(text):
        return "is_organisation", {}
    if names := names_of_several_people(text):
        return "two_people", {"names": ", ".join(names)}
    if len(text) > LONGEST_NAME:
        return "too_long", {"limit": LONGEST_NAME}
    return None
