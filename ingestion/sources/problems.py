"""What can be wrong with a row, in words for the person who sent or imports the file."""

from __future__ import annotations

from ingestion.cleaning.text import clean_text, shorten
from ingestion.records import N_, RowProblem, Severity, SourceLocation

_SHOWN = 120  # characters of a cell that are shown

MESSAGES = {
    "missing": N_("Nothing is entered."),
    "name.missing": N_("The name is missing."),
    "organisation.missing": N_("The unit is missing; the person is kept without it."),
    "name.only_titles": N_("Only titles are entered, no name."),
    "name.not_text": N_("“%(value)s” is no name."),
    "name.is_organisation": N_("“%(value)s” is an organisation, not a person."),
    "name.two_people": N_("Several people stand in one cell: %(names)s. Give each a row."),
    "name.one_word": N_("The name has one word only."),
    "name.too_long": N_("The name has more than %(limit)s characters."),
    "name.legacy_encoding": N_(
        "“%(value)s” is in an old font (%(encoding)s) and should read “%(reading)s”. Save it in Unicode."
    ),
    "name.garbled": N_("Letters of “%(value)s” are lost or in a font that is not known. Type the name again."),
    "legacy_encoding": N_("The text was in an old font or encoding (%(encoding)s) and was converted to Unicode."),
    "control_characters": N_("Control characters were dropped."),
    "invisible_characters": N_("Invisible characters were dropped."),
    "formula": N_(
        "The cell holds the formula “%(value)s” without a result; formulas are not computed. Type the value."
    ),
    "formula_result": N_("The cell holds a formula; the result stored in the file, “%(result)s”, was taken."),
    "formula_text": N_("The text begins like a formula; it is kept as text."),
    "error_value": N_("The cell shows the error %(value)s."),
    "too_long": N_("The text has %(length)s characters; only the first %(limit)s are kept."),
    "merged_cells": N_("The cell is merged over several rows; “%(value)s” is taken for each of them."),
    "birth_year.out_of_range": N_("The year of birth %(value)s cannot be right."),
    "birth_year.in_future": N_("The year of birth %(value)s lies in the future."),
    "birth_year.not_a_date": N_("“%(value)s” is no date or year of birth."),
    "birth_year.impossible_date": N_("There is no such day as %(value)s."),
    "birth_year.day_number": N_("%(value)s was read as a date that lost its format: year of birth %(year)s."),
    "birth_year.two_values": N_("Years of birth stand under both genders; the first is kept."),
    "gender.unknown": N_("The gender “%(value)s” is not understood and is left open."),
    "email.not_an_address": N_("“%(value)s” is no e-mail address."),
    "email.two_values": N_("Several addresses stand in the cell: %(addresses)s. The first is the main one."),
    "email.same_as_other_person": N_("Row %(row)s has the same address for %(name)s."),
    "phone.unknown": N_("“%(value)s” is no telephone number and is left out."),
    "orcid.unknown": N_("“%(value)s” is no ORCID iD (its check digit is wrong) and is left out."),
    "degree.misspelt": N_("“%(value)s” was understood as %(code)s."),
    "degree.unknown": N_("The degree “%(value)s” is not known and is left open."),
    "degree.in_wrong_column": N_("The academic rank “%(value)s” stands in the column of degrees and was moved."),
    "degree.differs_from_name": N_(
        "The degree column says %(code)s, the title before the name %(other)s; the column counts."
    ),
    "rank.misspelt": N_("“%(value)s” was understood as %(code)s."),
    "rank.unknown": N_("The academic rank “%(value)s” is not known and is left open."),
    "rank.in_wrong_column": N_("The degree “%(value)s” stands in the column of academic ranks and was moved."),
    "organisation.from_section": N_("The unit was taken from the heading “%(value)s” above."),
    "field.unknown_code": N_("The field code %(codes)s is not in the list and is left out."),
    "field.one_of_several_unknown": N_("Of several field codes, %(codes)s is not in the list and is left out."),
    "field.date_for_code": N_("A date stands where a field code should be; Excel may have changed it. It is left out."),
    "languages.unknown": N_("The language “%(value)s” is not known and is left out."),
    "time_zone.unknown": N_("The time zone “%(value)s” is not known and is left out."),
    "year.not_a_year": N_("“%(value)s” is no year; the work is kept without one."),
    "title.missing": N_("The title of the work is missing."),
    "row.shifted": N_("The values stand in the wrong columns, as if moved sideways."),
    "row.duplicate": N_("The row repeats row %(row)s."),
    "row.blank": N_("The row is blank."),
    "row.repeated_header": N_("The header is repeated here."),
    "row.column_numbers": N_("The row only numbers the columns."),
    "row.total": N_("The row holds a total."),
    "row.place_and_date": N_("The row holds place and date."),
    "row.signature": N_("The row belongs to the signature."),
    "row.section": N_("The row is a heading: %(value)s."),
    "works_continued": N_("The row without a name was read as further works of %(name)s."),
    "row.converted": N_(
        "All text of the sheet was in the old font encoding %(encoding)s and was converted to Unicode."
    ),
    "id.duplicate": N_("The code %(value)s already stands in row %(row)s for %(name)s."),
    "works.no_such_person": N_("%(name)s (%(unit)s) is not in the list of people; the work is not attached to anyone."),
    "sheet.hidden": N_("The sheet is hidden and was not read."),
}  # fmt: skip


def problem(
    location: SourceLocation,
    field: str,
    kind: str,
    severity: Severity,
    *,
    header: str | None = None,
    value: object = None,
    **details: object,
) -> RowProblem:
    """The message is that of field and kind, else of the kind alone."""
    shown = None if value is None else shorten(clean_text(str(value)), _SHOWN)
    message = MESSAGES.get(f"{field}.{kind}") or MESSAGES[kind]
    if "%(value)s" in message:
        details = {"value": shown or "", **details}
    return RowProblem(
        location=location,
        header=header,
        field=field,
        kind=kind,
        severity=severity,
        message=message,
        details=details,
        value=shown,
    )
