"""Are two records one person? Pure. More than the name must agree; what is not sure is left for a person to decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rapidfuzz import fuzz

from search.vietnamese import fold
from service.directory.linking import LinkedRecord
from service.directory.names import canonical_marks, folded_orders, has_marks
from service.directory.organisation_names import parts
from service.directory.people import Person

_SIMILAR_NAME = 85  # of 100; for names that differ by a letter or two beside a shared e-mail or ORCID
_TELLING_TITLE_WORDS = 4  # a shorter title ("Luận văn") may be anybody's
_BY_UNIT = 4  # the strength of a name and a unit, when nothing else is known on both sides
_TELLING_VALUES = ("birth_year", "email", "phone", "orcid", "external_id")


class NameLikeness(IntEnum):
    NONE = 0
    REORDERED = 1  # the same words, given name first
    OTHER_MARKS = 2  # Dương, Đường: mostly two names, sometimes a slip
    WITHOUT_MARKS = 3  # one of them is typed without marks
    SAME = 4


class Verdict(StrEnum):
    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`strength` orders several people who all seem to be the same one; `reasons` are labels.DUPLICATE_REASONS."""

    verdict: Verdict
    strength: int
    reasons: tuple[str, ...]


def name_likeness(first: str, second: str) -> NameLikeness:
    if canonical_marks(first) == canonical_marks(second):
        return NameLikeness.SAME
    if fold(first) == fold(second):
        return NameLikeness.OTHER_MARKS if has_marks(first) and has_marks(second) else NameLikeness.WITHOUT_MARKS
    if fold(first) in folded_orders(second):
        return NameLikeness.REORDERED
    return NameLikeness.NONE


def is_similar_name(first: str, second: str) -> bool:
    """Whether one may be a misspelling of the other."""
    return fuzz.token_sort_ratio(fold(first), fold(second)) >= _SIMILAR_NAME


def says_more_than_a_name(record: LinkedRecord) -> bool:
    """Whether an equal row elsewhere is about the same person, or may be about any namesake."""
    has_values = any(record.values.get(column) is not None for column in _TELLING_VALUES)
    return has_values or record.organisation_text is not None or bool(record.evidence)


def compare(
    person: Person, record: LinkedRecord, *, same_entity: Callable[[str, str], bool], is_in_same_list: bool = False
) -> Comparison:
    """`same_entity` says whether two organisations as written are one legal entity. `is_in_same_list`: the person has a
    row of their own in the list the record is from, so name and unit do not make them one (a department has namesakes).
    """
    values, other = person.values, record.values
    names = [person.full_name, *values["aliases"]]
    likeness = max(name_likeness(name, other["full_name"]) for name in names)
    agrees = _Agreement(person, record, same_entity)
    reasons = agrees.reasons(likeness)
    if likeness is NameLikeness.NONE:
        if agrees.orcid is True and is_similar_name(person.full_name, other["full_name"]):
            return Comparison(Verdict.SAME, 9, reasons)
        is_near = agrees.email and is_similar_name(person.full_name, other["full_name"])
        return Comparison(Verdict.POSSIBLE if is_near else Verdict.DIFFERENT, 0, reasons)
    strength = agrees.strength(likeness)
    if is_in_same_list and strength == _BY_UNIT:
        strength = None
    return Comparison(Verdict.SAME if strength else Verdict.POSSIBLE, strength or 0, reasons)


class _Agreement:
    """What beside the name agrees (True), contradicts (False), or is not known on one side (None)."""

    def __init__(self, person: Person, record: LinkedRecord, same_entity: Callable[[str, str], bool]) -> None:
        values, other = person.values, record.values
        self.orcid = _equal(values["orcid"], other.get("orcid"))
        self.external_id = _equal(values["external_id"], other.get("external_id"))
        self.birth_year = _equal(values["birth_year"], other.get("birth_year"))
        self.gender = _equal(values["gender"], other.get("gender"))
        email = other.get("email")
        self.email: bool | None = email in person.emails if email and person.emails else None
        self.same_unit = False  # even the part of the organisation
        self.organisation: bool | None = None
        if record.organisation_text and (mine := _organisations(person)):
            unit = unit_key(record.organisation_text)
            self.same_unit = unit != "" and any(unit_key(text) == unit for text in mine)
            self.organisation = self.same_unit or any(same_entity(text, record.organisation_text) for text in mine)
        titles = {item.title_fold for item in person.evidence if len(item.title_fold.split()) >= _TELLING_TITLE_WORDS}
        self.work = any(item.title_fold in titles for item in record.evidence)

    def strength(self, likeness: NameLikeness) -> int | None:
        """How sure it is that they are one; None where it is not."""
        if self.orcid or (self.external_id and self._may_share_a_code):
            return 9
        if False in (self.orcid, self.birth_year, self.gender):
            return None
        if self.email:
            return 8
        if self.external_id is False:
            return None
        if likeness is NameLikeness.OTHER_MARKS:
            return 5 if self.birth_year and self.organisation else None
        if self.birth_year:
            if self.email is False and self.organisation is False and not self.work:
                return None  # a namesake of the same age, or someone with a new employer
            return 7 if self.organisation or self.work else 6
        if self.work:
            return 5
        if self.same_unit and self.email is not False and likeness >= NameLikeness.WITHOUT_MARKS:
            return _BY_UNIT
        return None

    @property
    def _may_share_a_code(self) -> bool:
        """Offices number their people from one: the same code in another organisation says little by itself."""
        return self.birth_year or (self.birth_year is None and self.organisation is not False)

    def reasons(self, likeness: NameLikeness) -> tuple[str, ...]:
        name = {
            NameLikeness.SAME: "same_name",
            NameLikeness.WITHOUT_MARKS: "name_without_marks",
            NameLikeness.OTHER_MARKS: "name_without_marks",
            NameLikeness.REORDERED: "name_in_other_order",
        }.get(likeness)
        found = [name] if name else []
        for value, agrees, differs in (
            (self.birth_year, "same_birth_year", "other_birth_year"),
            (self.email, "same_email", "other_email"),
            (self.organisation, "same_organisation", "other_organisation"),
            (self.orcid, "same_orcid", "other_orcid"),
            (self.gender, None, "other_gender"),
        ):
            if value is True and agrees:
                found.append(agrees)
            elif value is False:
                found.append(differs)
        if self.work:
            found.append("same_work")
        return tuple(found)


def unit_key(text: str) -> str:
    """The bodies that an organisation's text names, however abbreviated; "" for "chuyên gia độc lập" and the like."""
    return " | ".join(part.name for part in parts(text))


def _organisations(person: Person) -> list[str]:
    texts = [person.values["organisation_text"], *(spell.organisation_text for spell in person.employments)]
    return list(dict.fromkeys(text for text in texts if text))


def _equal(first: object, second: object) -> bool | None:
    if first is None or second is None:
        return None
    return first == second
