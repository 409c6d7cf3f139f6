"""The codes that filters and counts go by, for one person. Pure; rows in, codes out.

`documents.py` gives them to the index, `columns.py` counts them: both say the same of the same row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from service.database.models.directory import ProfileState
from service.directory.fields import load_field_list
from service.directory.places import load_gazetteer

FACETS = (
    "field_group",  # level 1 of the field list
    "field",  # level 2
    "degree",
    "rank",
    "organisation_kind",
    "location",  # in_province, vietnam, abroad
    "unit",  # name of the present commune, ward or special zone of the hometown or residence
    "province",  # name that it has now
    "country",
    "tie",  # labels.TIES
    "language",
    "availability",  # available, paused, full: by today's date
    "task_kind",  # labels.TASK_KINDS
    "verification",  # labels.STATES
    "freshness",  # fresh, aging, stale: by today's date
)
# They change with the calendar or with every invitation, so they are worked out when a search is counted.
DATED_FACETS = ("availability", "freshness")

NEVER_SHOWN = (ProfileState.ARCHIVED, ProfileState.ERASED)

_FRESH_DAYS, _STALE_DAYS = 365, 548  # domain.md §4: asked every year, stale after 18 months


class FacetSource(Protocol):
    """Columns of an expert that codes are made of."""

    @property
    def state(self) -> ProfileState: ...
    @property
    def degree(self) -> str | None: ...
    @property
    def academic_rank(self) -> str | None: ...
    @property
    def organisation_kind(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...
    @property
    def province(self) -> str | None: ...
    @property
    def hometown_legacy_code(self) -> str | None: ...
    @property
    def hometown_new_code(self) -> str | None: ...
    @property
    def hometown_precision(self) -> str | None: ...
    @property
    def residence_legacy_code(self) -> str | None: ...
    @property
    def residence_new_code(self) -> str | None: ...
    @property
    def residence_precision(self) -> str | None: ...
    @property
    def ties(self) -> Sequence[str]: ...
    @property
    def languages(self) -> Sequence[str]: ...
    @property
    def task_kinds(self) -> Sequence[str]: ...


def facet_codes(expert: FacetSource, field_codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Facet → codes, without the dated ones; `field_codes` as the profile has them, of any level."""
    field_list = load_field_list()
    codes = dict.fromkeys(code for own in field_codes for code in field_list.ancestors(own))
    gazetteer = load_gazetteer()
    residence = gazetteer.new_unit_of(
        expert.residence_legacy_code, expert.residence_new_code, expert.residence_precision
    )
    hometown = gazetteer.new_unit_of(expert.hometown_legacy_code, expert.hometown_new_code, expert.hometown_precision)
    province = present_province(expert.province, expert.country)
    return {
        "field_group": tuple(code for code in codes if len(code) == 1),
        "field": tuple(code for code in codes if len(code) == 3),
        "degree": present(expert.degree),
        "rank": present(expert.academic_rank),
        "organisation_kind": present(expert.organisation_kind),
        "location": location(expert.country, province, residence),
        "unit": present(residence, hometown),
        "province": present(province if expert.country in (None, "VN") else None),
        "country": present(expert.country),
        "tie": tuple(dict.fromkeys(expert.ties)),
        "language": tuple(dict.fromkeys(expert.languages)),
        "task_kind": tuple(dict.fromkeys(expert.task_kinds)),
        "verification": (str(expert.state),),
    }


def location(country: str | None, province: str | None, residence_unit: str | None) -> tuple[str, ...]:
    """Where someone lives, seen from the office: ("in_province",), ("vietnam",), ("abroad",); () where nobody knows.

    `province` is its present name; `residence_unit` is known only for places in the province.
    """
    if country is None and province is None and residence_unit is None:
        return ()
    if country not in (None, "VN"):
        return ("abroad",)
    at_home = province == load_gazetteer().home_province if province else residence_unit is not None
    return ("in_province",) if at_home else ("vietnam",)


def availability(is_ready: bool, open_reviews: int, capacity: int) -> str:
    """labels.AVAILABILITY: whether someone can be invited now, and if not, why."""
    if not is_ready:
        return "paused"
    return "full" if open_reviews >= capacity else "available"


def freshness_limits(today: date) -> tuple[date, date]:
    """A profile confirmed or changed since the first day is fresh; before the second it is stale."""
    return today - timedelta(days=_FRESH_DAYS), today - timedelta(days=_STALE_DAYS)


def present_province(province: str | None, country: str | None) -> str | None:
    """The name that a province has now: Tiền Giang → Đồng Tháp. Provinces of other countries as they are written."""
    if not province:
        return None
    link = load_gazetteer().find_province(province) if country in (None, "VN") else None
    return link.new_province if link else province


def present(*values: str | None) -> tuple[str, ...]:
    """The values that are there, each once."""
    return tuple(dict.fromkeys(value for value in values if value))
