"""One row whose name is sound → one record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from ingestion.cleaning.dates import parse_birth
from ingestion.cleaning.degrees import DEGREE_ORDER, Titles, parse_titles
from ingestion.cleaning.identifiers import find_emails, find_phones, normal_field_code, parse_fields, parse_orcid
from ingestion.cleaning.languages import parse_languages
from ingestion.cleaning.names import parse_name
from ingestion.cleaning.posts import split_post
from ingestion.cleaning.presence import parse_availability, parse_months, parse_time_zone, says_paused
from ingestion.cleaning.surnames import is_surname
from ingestion.cleaning.text import fold
from ingestion.cleaning.works import parse_works, split_keywords, split_names
from ingestion.records import ExpertRecord, FieldMention, Gender, Severity, WorkRecord
from ingestion.sources.cells import RowCells
from ingestion.sources.identity import RowName
from ingestion.sources.tables import CellError, Formula

_GENDERS = {
    "nam": Gender.MALE, "male": Gender.MALE, "m": Gender.MALE, "ong": Gender.MALE, "mr": Gender.MALE,
    "trai": Gender.MALE,
    "nu": Gender.FEMALE, "female": Gender.FEMALE, "f": Gender.FEMALE, "ba": Gender.FEMALE, "ms": Gender.FEMALE,
    "mrs": Gender.FEMALE, "gai": Gender.FEMALE,
    "khac": Gender.OTHER, "other": Gender.OTHER,
}  # fmt: skip
_TICKS = frozenset({"x", "v", "✓", "✔", "√", "1", "●", "*"})


def read_person(row: RowCells, name: RowName, today: date, section: str | None) -> ExpertRecord:
    """Whether the row is refused stands in `row.is_refused`; the record is complete only when it is not."""
    birth_year, gender = _birth_and_gender(row, today)
    titles = _titles(row, name.parsed.titles)
    emails = _emails(row)
    note = "; ".join(text for text, _ in row.all_texts("note"))
    awards = tuple(award for text, _ in row.all_texts("awards", keep_lines=True) for award in _list(text))
    honours = [*titles.honours, *(code for text, _ in row.all_texts("honours") for code in parse_titles(text).honours)]
    honours += [code for award in awards for code in parse_titles(award).honours]
    months, months_text = _months(row)
    both = row.first("position_and_organisation")[0]
    post, unit = split_post(both) if both else (None, None)
    return ExpertRecord(
        location=row.location,
        external_id=row.first("external_id")[0] or None,
        full_name=name.parsed.full_name,
        name_as_written=name.written,
        family_name=name.parsed.family_name,
        middle_name=name.parsed.middle_name,
        given_name=name.parsed.given_name,
        aliases=_aliases(row, name),
        gender=gender,
        birth_year=birth_year,
        degree=titles.degree,
        academic_rank=titles.rank,
        other_titles=titles.others,
        honours=tuple(dict.fromkeys(honours)),
        position=row.first("position")[0] or post,
        organisation_text=_organisation(row, unit, section),
        organisation_kind_text=row.first("organisation_kind")[0] or None,
        country_text=row.first("country")[0] or None,
        province_text=row.first("province")[0] or None,
        residence_text=row.first("residence")[0] or None,
        hometown_text=row.first("hometown")[0] or None,
        languages=_languages(row),
        fields=_fields(row),
        keywords=tuple(
            dict.fromkeys(k for text, _ in row.all_texts("keywords", keep_lines=True) for k in split_keywords(text))
        ),
        biography=" ".join(text for text, _ in row.all_texts("biography")) or None,
        email=emails[0] if emails else None,
        other_emails=emails[1:],
        phone=_phone(row),
        orcid=_orcid(row),
        time_zone=_time_zone(row),
        months_in_vietnam=months,
        months_text=months_text,
        ties_text=row.first("ties")[0] or None,
        awards=awards,
        is_available=_availability(row, note),
        open_reviews=_open_reviews(row),
        note=note or None,
        works=_works(row),
        raw=row.raw(today),
    )


def _birth_and_gender(row: RowCells, today: date) -> tuple[int | None, Gender | None]:
    years: list[int] = []
    gender: Gender | None = None
    for column in row.header.columns:
        if column.field not in ("birth_year", "birth_or_gender") and not (column.field == "gender" and column.gender):
            continue
        if not (text := row.text(column)):
            continue
        if column.gender and text.lower() in _TICKS:
            gender = gender or column.gender
            continue
        if column.field == "gender":
            continue
        value = row.value(column)
        birth = parse_birth(value.stored if isinstance(value, Formula) else value, today=today)
        if birth.fault:
            row.note(column, "birth_year", birth.fault, Severity.REFUSE, text)
        elif birth.year is not None:
            if birth.is_serial:
                row.note(column, "birth_year", "day_number", Severity.WARN, text, year=birth.year)
            years.append(birth.year)
            if column.gender and len(years) == 2:
                row.note(column, "birth_year", "two_values", Severity.WARN, text)
            gender = gender or column.gender
    for column in row.columns("gender"):
        if not column.gender and (text := row.text(column)):
            known = _GENDERS.get(fold(text).strip(" ."))
            if known is None:
                row.note(column, "gender", "unknown", Severity.WARN, text)
            gender = known or gender
    return (years[0] if years else None), gender


def _titles(row: RowCells, in_name: Titles) -> Titles:
    """Columns first; the titles before the name fill what the columns leave open."""
    degree: str | None = None
    rank: str | None = None
    others: list[str] = []
    honours: list[str] = []
    for field in ("degree", "rank"):
        for text, column in row.all_texts(field):
            titles = parse_titles(text)
            if titles.is_unknown:
                row.note(column, field, "unknown", Severity.WARN, text)
            for written, code in titles.misspelt:
                row.note(column, field, "misspelt", Severity.WARN, written, code=code)
            if field == "rank" and titles.degree and not titles.rank:
                row.note(column, field, "in_wrong_column", Severity.WARN, text)
            if field == "degree" and titles.rank and not titles.degree and row.columns("rank"):
                row.note(column, field, "in_wrong_column", Severity.WARN, text)
            degree, rank = degree or titles.degree, rank or titles.rank
            others += titles.others
            honours += titles.honours
    if degree and in_name.degree and DEGREE_ORDER[in_name.degree] > DEGREE_ORDER[degree]:
        row.note(
            row.first("degree")[1],
            "degree",
            "differs_from_name",
            Severity.WARN,
            degree,
            code=degree,
            other=in_name.degree,
        )
    elif (
        degree
        and in_name.degree
        and in_name.degree != degree
        and in_name.degree in ("BS", "DS", "KS", "KTS", "LS", "BSTY")
    ):
        others.append(in_name.degree)
    others += in_name.others
    if degree is None:
        degree = in_name.degree
    return Titles(
        degree=degree,
        rank=rank or in_name.rank,
        others=tuple(dict.fromkeys(code for code in others if code != degree)),
        honours=tuple(dict.fromkeys([*honours, *in_name.honours])),
    )


def _aliases(row: RowCells, name: RowName) -> tuple[str, ...]:
    found = [alias for text, _ in row.all_texts("aliases") for alias in split_names(text)]
    for text in name.parsed.bracketed:
        words = text.split()
        if len(words) >= 2 and (is_surname(words[0]) or is_surname(words[-1])) and not any(c.isdigit() for c in text):
            found.append(parse_name(text).full_name)
    if name.parsed.is_given_first:
        found.append(name.parsed.family_first)
    return tuple(dict.fromkeys(alias for alias in found if alias and alias != name.parsed.full_name))


def _organisation(row: RowCells, unit: str | None, section: str | None) -> str | None:
    text, column = row.first("organisation")
    if text or unit:
        return text or unit
    if section:
        row.note(column, "organisation", "from_section", Severity.WARN, section)
        return section
    if column is not None and not any(problem.field == "organisation" for problem in row.problems):
        row.note(column, "organisation", "missing", Severity.WARN)
    return None


def _emails(row: RowCells) -> tuple[str, ...]:
    found: list[str] = []
    for text, column in row.all_texts("email"):
        emails = find_emails(text)
        if not emails:
            row.note(column, "email", "not_an_address", Severity.REFUSE, text)
        elif len(emails) > 1:
            row.note(column, "email", "two_values", Severity.WARN, text, addresses=", ".join(emails))
        found += emails
    return tuple(dict.fromkeys(found))


def _phone(row: RowCells) -> str | None:
    for text, column in row.all_texts("phone"):
        if phones := find_phones(text):
            return phones[0]
        row.note(column, "phone", "unknown", Severity.WARN, text)
    return None


def _orcid(row: RowCells) -> str | None:
    text, column = row.first("orcid")
    orcid = parse_orcid(text)
    if text and orcid is None:
        row.note(column, "orcid", "unknown", Severity.WARN, text)
    return orcid


def _fields(row: RowCells) -> tuple[FieldMention, ...]:
    mentions: list[FieldMention] = []
    for column in row.columns("fields"):
        text = row.text(column, keep_lines=True)
        if not text:
            continue
        if isinstance(row.value(column), datetime | date):
            row.note(column, "field", "date_for_code", Severity.WARN, text)
            continue
        unknown = []
        read = parse_fields(text)
        good = 0
        for mention in read:
            if mention.code_text is None or normal_field_code(mention.code_text) is not None:
                mentions.append(mention)
                good += 1
                continue
            unknown.append(mention.code_text)
            if mention.name_text:
                mentions.append(replace(mention, code_text=None))
        if unknown:
            kind = "one_of_several_unknown" if good else "unknown_code"
            row.note(column, "field", kind, Severity.WARN, text, codes=", ".join(unknown))
    return tuple(dict.fromkeys(mentions))


def _languages(row: RowCells) -> tuple[str, ...]:
    """A column of *foreign* languages (ngoại ngữ) leaves Vietnamese unsaid; it is put first."""
    codes: list[str] = []
    for column in row.columns("languages"):
        heading = fold(column.header)
        if "ngoai ngu" in heading or "tieng nuoc ngoai" in heading or "foreign" in heading:
            codes.append("vi")
        if text := row.text(column):
            found, unknown = parse_languages(text)
            codes += found
            if unknown:
                row.note(column, "languages", "unknown", Severity.WARN, ", ".join(unknown))
    return tuple(dict.fromkeys(codes))


def _time_zone(row: RowCells) -> str | None:
    text, column = row.first("time_zone")
    zone = parse_time_zone(text) if text else None
    if text and zone is None:
        row.note(column, "time_zone", "unknown", Severity.WARN, text)
    return zone


def _months(row: RowCells) -> tuple[tuple[int, ...], str | None]:
    for column in row.columns("months"):
        if text := row.text(column):
            value = row.value(column)
            value = value.stored if isinstance(value, Formula) else value
            return parse_months(text if isinstance(value, str | CellError) else value), text
    return (), None


def _availability(row: RowCells, note: str) -> bool | None:
    text, _ = row.first("available")
    stated = parse_availability(text) if text else None
    if stated is not None:
        return stated
    return False if says_paused(note) else None


def _open_reviews(row: RowCells) -> int | None:
    text, _ = row.first("open_reviews")
    return int(text) if text.isdigit() and int(text) < 1000 else None


def _list(text: str) -> tuple[str, ...]:
    return split_keywords(text) if ";" in text or "\n" in text else (text,)


def _works(row: RowCells) -> tuple[WorkRecord, ...]:
    found: list[WorkRecord] = []
    for text, column in row.all_texts("works", keep_lines=True):
        location = replace(row.location, column=column.letter)
        found += [replace(work, location=location) for work in parse_works(text)]
    return tuple(dict.fromkeys(found))
