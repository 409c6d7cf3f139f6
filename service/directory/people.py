"""A person of the directory while rows are being merged into them: plain values that can be compared and changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from search.vietnamese import fold
from service.database.models.directory import EvidenceKind
from service.directory.names import sort_key


@dataclass(slots=True, kw_only=True)
class PersonEvidence:
    """`id` None: not stored yet."""

    id: UUID | None = None
    kind: EvidenceKind
    kind_text: str | None
    title: str
    title_fold: str
    text: str | None
    year: int | None
    role: str | None
    coauthors: list[str]


@dataclass(slots=True, kw_only=True)
class PersonEmployment:
    organisation_text: str
    organisation_id: UUID | None
    position: str | None
    is_current: bool = True


@dataclass(slots=True, kw_only=True)
class Person:
    """`values` holds columns of `expert` by name. What is known of someone, stored or about to be."""

    id: UUID
    version: int
    is_stored: bool
    values: dict[str, Any]
    fields: list[str] = field(default_factory=list)
    evidence: list[PersonEvidence] = field(default_factory=list)
    employments: list[PersonEmployment] = field(default_factory=list)
    file_names: set[str] = field(default_factory=set)  # of the rosters they are known from

    @property
    def full_name(self) -> str:
        return str(self.values["full_name"])

    @property
    def emails(self) -> set[str]:
        return {email for email in [self.values["email"], *self.values["other_emails"]] if email}

    def rename(self, full_name: str, *, family_name: str, middle_name: str, given_name: str) -> None:
        """Set the name with the keys derived from it."""
        self.values |= name_values(full_name, family_name=family_name, middle_name=middle_name, given_name=given_name)


def name_values(full_name: str, *, family_name: str, middle_name: str, given_name: str) -> dict[str, Any]:
    """The columns of a name and the keys that searching and sorting use."""
    return {
        "full_name": full_name,
        "family_name": family_name,
        "middle_name": middle_name,
        "given_name": given_name,
        "name_fold": fold(full_name),
        "sort_key": sort_key(family_name, middle_name, given_name or full_name),
    }


def empty_values() -> dict[str, Any]:
    """Every column of `expert` that a roster may fill, as it stands for someone of whom nothing is known."""
    lists = (
        "aliases",
        "other_titles",
        "honours",
        "months_in_vietnam",
        "ties",
        "languages",
        "keywords",
        "other_emails",
        "awards",
    )
    texts = (
        "external_id",
        "gender",
        "birth_year",
        "degree",
        "academic_rank",
        "position",
        "organisation_id",
        "organisation_text",
        "organisation_kind",
        "country",
        "province",
        "time_zone",
        "months_text",
        "email",
        "phone",
        "orcid",
        "note",
        *(
            f"{place}_{part}"
            for place in ("hometown", "residence")
            for part in ("text", "edition", "legacy_code", "new_code", "precision", "display")
        ),
    )
    return {
        **{name: [] for name in lists},
        **dict.fromkeys(texts),
        **name_values("", family_name="", middle_name="", given_name=""),
        "biography": "",
        "is_available": True,
        "open_reviews": 0,
        "is_synthetic": False,
    }
