"""What a roster row adds to a person: gaps are filled, evidence is added, nothing is overwritten in silence. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from search.vietnamese import fold
from service.directory.identity import NameLikeness, name_likeness, unit_key
from service.directory.linking import LinkedRecord
from service.directory.names import canonical_marks, has_marks
from service.directory.people import Person, PersonEmployment, PersonEvidence, empty_values
from service.directory.places import Gazetteer, PlaceLink

_LISTS = ("other_titles", "honours", "months_in_vietnam", "ties", "languages", "keywords", "awards", "other_emails")
_GAPS = (
    "external_id",
    "gender",
    "birth_year",
    "degree",
    "academic_rank",
    "position",
    "country",
    "province",
    "time_zone",
    "months_text",
    "phone",
    "orcid",
    "note",
    "biography",
)
_SINGLE_COLUMNS = ("year", "text", "role", "kind_text")
COMPLETED_COLUMNS = (*_SINGLE_COLUMNS, "coauthors")  # what a second mention of a work may add
_PLACE_PARTS = ("text", "edition", "legacy_code", "new_code", "precision", "display")


@dataclass(slots=True)
class Merge:
    """What changed in a person. `before` holds the old values of changed columns; `conflicts`: column, kept, other."""

    before: dict[str, Any] = field(default_factory=dict)
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    evidence: list[PersonEvidence] = field(default_factory=list)
    completed: dict[int, dict[str, Any]] = field(default_factory=dict)  # position in person.evidence → old values
    employments: list[PersonEmployment] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.before or self.fields or self.evidence or self.completed or self.employments)


def merge(
    person: Person, linked: LinkedRecord, *, gazetteer: Gazetteer, same_entity: Callable[[str, str], bool]
) -> Merge:
    """Changes `person` and says how."""
    change = Merge()
    _merge_name(person, linked, change)
    for column in _GAPS:
        _fill(person, change, column, linked.values.get(column))
    _merge_email(person, linked, change)
    for column in _LISTS:
        _extend(person, change, column, linked.values.get(column, []))
    for prefix, link in (("hometown", linked.hometown), ("residence", linked.residence)):
        _merge_place(person, linked, change, prefix, link, gazetteer)
    _merge_organisation(person, linked, change, same_entity)
    _merge_load(person, linked, change)
    for code in linked.fields:
        if code not in person.fields and not any(code.startswith(own) or own.startswith(code) for own in person.fields):
            person.fields.append(code)
            change.fields.append(code)
    for item in linked.evidence:
        _merge_evidence(person, item, change)
    return change


def new_person(linked: LinkedRecord, *, id: UUID, is_synthetic: bool) -> Person:
    """Someone the directory does not know yet, with all columns set."""
    person = Person(
        id=id, version=1, is_stored=False, values={**empty_values(), **linked.values, "is_synthetic": is_synthetic}
    )
    person.fields = list(linked.fields)
    change = Merge()
    for item in linked.evidence:
        _merge_evidence(person, item, change)
    if linked.organisation_text:
        person.employments = [
            PersonEmployment(
                organisation_text=linked.organisation_text,
                organisation_id=linked.organisation_id,
                position=linked.values.get("position"),
            )
        ]
    return person


def _set(person: Person, change: Merge, column: str, value: Any) -> None:
    change.before.setdefault(column, person.values[column])
    person.values[column] = value


def _fill(person: Person, change: Merge, column: str, value: Any) -> None:
    """An empty column takes the value; a full one keeps its own, and the difference is reported."""
    kept = person.values[column]
    if value is None or value == "":
        return
    if kept is None or kept == "":
        _set(person, change, column, value)
    elif _plain(kept) != _plain(value):
        change.conflicts.append((column, str(kept), str(value)))


def _extend(person: Person, change: Merge, column: str, values: list[Any]) -> None:
    """Values of a list that are not there yet go to its end."""
    known = {_plain(value) for value in person.values[column]}
    new = [value for value in values if _plain(value) not in known]
    if column == "other_emails":
        new = [value for value in new if value != person.values["email"]]
    if new:
        _set(person, change, column, [*person.values[column], *new])


def _plain(value: object) -> str:
    return fold(str(value)).strip(" .;,")


def _merge_name(person: Person, linked: LinkedRecord, change: Merge) -> None:
    """The spelling with marks wins; the other one becomes an alias. Of two with marks the known one stays."""
    new = linked.values["full_name"]
    spellings = [new, *linked.values.get("aliases", [])]
    likeness = name_likeness(person.full_name, new)
    if (
        has_marks(new)
        and not has_marks(person.full_name)
        and likeness
        in (
            NameLikeness.WITHOUT_MARKS,
            NameLikeness.REORDERED,
        )
    ):
        spellings.append(person.full_name)
        for column in ("full_name", "family_name", "middle_name", "given_name", "name_fold", "sort_key"):
            if person.values[column] != linked.values[column]:
                _set(person, change, column, linked.values[column])
    elif likeness is NameLikeness.OTHER_MARKS or likeness is NameLikeness.NONE:
        change.conflicts.append(("full_name", person.full_name, new))
    known = {canonical_marks(name) for name in (person.full_name, *person.values["aliases"])}
    aliases: list[str] = []
    for spelling in spellings:
        if canonical_marks(spelling) not in known:
            known.add(canonical_marks(spelling))
            aliases.append(spelling)
    if aliases:
        _set(person, change, "aliases", [*person.values["aliases"], *aliases])


def _merge_email(person: Person, linked: LinkedRecord, change: Merge) -> None:
    """A second address is kept beside the first, and said."""
    email = linked.values.get("email")
    if email is None or email in person.emails:
        return
    if person.values["email"] is None:
        _set(person, change, "email", email)
    else:
        change.conflicts.append(("email", person.values["email"], email))
        _set(person, change, "other_emails", [*person.values["other_emails"], email])


def _merge_place(
    person: Person, linked: LinkedRecord, change: Merge, prefix: str, link: PlaceLink | None, gazetteer: Gazetteer
) -> None:
    """A more exact place inside the known one fills a gap too: "Hòn Đất, Kiên Giang" → "xã Bình Sơn, huyện Hòn Đất"."""
    text = linked.values.get(f"{prefix}_text")
    if not text:
        return
    kept = person.values[f"{prefix}_text"]
    known = gazetteer.link(kept)
    if not kept or (link is not None and known is not None and gazetteer.refines(link, known)):
        for part in _PLACE_PARTS:
            column = f"{prefix}_{part}"
            if person.values[column] != linked.values.get(column):
                _set(person, change, column, linked.values.get(column))
    elif known is None or link is None:
        if _plain(kept) != _plain(text):
            change.conflicts.append((f"{prefix}_text", kept, text))
    elif (known.legacy_code, known.new_code) != (link.legacy_code, link.new_code) and not gazetteer.refines(
        known, link
    ):
        change.conflicts.append((f"{prefix}_text", kept, text))


def _merge_organisation(
    person: Person, linked: LinkedRecord, change: Merge, same_entity: Callable[[str, str], bool]
) -> None:
    """Another organisation is added as a further employer, so that no conflict of interest is missed, and said."""
    text = linked.organisation_text
    if not text:
        return
    kept = person.values["organisation_text"]
    if not kept:
        _set(person, change, "organisation_text", text)
        _set(person, change, "organisation_id", linked.organisation_id)
    elif linked.organisation_id and not person.values["organisation_id"] and unit_key(kept) == unit_key(text):
        _set(person, change, "organisation_id", linked.organisation_id)
    kind = linked.values.get("organisation_kind")
    if kind and not person.values["organisation_kind"]:
        _set(person, change, "organisation_kind", kind)
    known = [spell.organisation_text for spell in person.employments]
    if any(_plain(text) == _plain(other) or _is_same(text, other, same_entity) for other in known):
        return
    if kept and _plain(kept) != _plain(text) and not _is_same(kept, text, same_entity):
        change.conflicts.append(("organisation_text", kept, text))
    employment = PersonEmployment(
        organisation_text=text, organisation_id=linked.organisation_id, position=linked.values.get("position")
    )
    person.employments.append(employment)
    change.employments.append(employment)


def _is_same(first: str, second: str, same_entity: Callable[[str, str], bool]) -> bool:
    return (unit_key(first) == unit_key(second) != "") or same_entity(first, second)


def _merge_load(person: Person, linked: LinkedRecord, change: Merge) -> None:
    """Availability and load belong to the office: a roster only fills what nobody has set."""
    is_available = linked.values.get("is_available")
    if is_available is not None and is_available != person.values["is_available"]:
        change.conflicts.append(("is_available", str(person.values["is_available"]), str(is_available)))
    reviews = linked.values.get("open_reviews")
    if reviews and not person.values["open_reviews"]:
        _set(person, change, "open_reviews", reviews)
    elif reviews and reviews != person.values["open_reviews"]:
        change.conflicts.append(("open_reviews", str(person.values["open_reviews"]), str(reviews)))


def _merge_evidence(person: Person, item: PersonEvidence, change: Merge) -> None:
    """A work is known when title and kind agree and the years do not differ; what it lacks is completed."""
    same = [
        (position, known)
        for position, known in enumerate(person.evidence)
        if known.title_fold == item.title_fold
        and known.kind == item.kind
        and (known.year == item.year or known.year is None or item.year is None)
    ]
    same.sort(key=lambda entry: entry[1].year != item.year)
    if same:
        position, known = same[0]
        _complete(known, item, position, change)
        return
    person.evidence.append(item)
    change.evidence.append(item)


def _complete(known: PersonEvidence, item: PersonEvidence, position: int, change: Merge) -> None:
    before: dict[str, Any] = {}
    for column in _SINGLE_COLUMNS:
        if getattr(known, column) is None and getattr(item, column) is not None:
            before[column] = None
            setattr(known, column, getattr(item, column))
    names = {fold(name) for name in known.coauthors}
    if new := [name for name in item.coauthors if fold(name) not in names]:
        before["coauthors"] = list(known.coauthors)
        known.coauthors = [*known.coauthors, *new]
    if before and known not in change.evidence:
        change.completed[position] = before
