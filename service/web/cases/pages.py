"""What the templates of the cases may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from markupsafe import Markup

from service.directory.local_time import local_time
from service.i18n import translate
from service.matching.results import AffinityBand, Notice, Reserve, Seat
from service.matching.stored import (
    CaseList,
    CaseMatch,
    Person,
    StoredFit,
    StoredLeftOut,
    StoredMatch,
    StoredTheme,
)
from service.web.paging import Paging
from service.web.rendering import band_mark
from service.web.shell import Page
from service.web.wording import capitalised

_YOUNG = 40
_BETWEEN_THEMES = "”, “"  # where a notice quotes several


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListPage(Page):
    cases: CaseList
    paging: Paging


@dataclass(frozen=True, slots=True)
class Member:
    """A seat in the proposed council. `label` names its column in the grid: "1" for the chair, and so on."""

    label: str
    seat: Seat
    fit: StoredFit

    @property
    def person(self) -> Person:
        return self.fit.person


@dataclass(frozen=True, slots=True)
class GridRow:
    """One theme: how well each member fits it, in the order of the council."""

    theme: StoredTheme
    bands: tuple[AffinityBand | None, ...]

    @property
    def cover_count(self) -> int:
        return sum(band is not None for band in self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Who sits in the council, counted. Shown, never scored. Unknown birth years and sexes count for nobody."""

    size: int
    women: int
    young: int
    newcomers: int
    abroad: int
    provinces: tuple[str, ...]
    organisations: int


@dataclass(frozen=True, slots=True)
class BandGroup:
    band: AffinityBand
    fits: tuple[StoredFit, ...]


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """People left out for one reason: the ones shown, and how many there are."""

    reason: str
    people: tuple[StoredLeftOut, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Reserved:
    """Who would come next, and for which themes."""

    reserve: Reserve
    fit: StoredFit
    themes: tuple[StoredTheme, ...]


@dataclass(frozen=True, kw_only=True)  # without slots: some properties are worked out once and kept
class CasePage(Page):
    """`found` is everything stored; the rest is arranged for reading. Without a match the latter is empty."""

    found: CaseMatch
    now: datetime
    members: tuple[Member, ...] = ()
    grid: tuple[GridRow, ...] = ()
    balance: Balance | None = None
    reserves: tuple[Reserved, ...] = ()
    groups: tuple[BandGroup, ...] = ()
    left_out: tuple[LeftOutGroup, ...] = ()
    next_top: int | None = None

    @cached_property
    def uncovered(self) -> tuple[StoredTheme, ...]:
        return tuple(row.theme for row in self.grid if not row.cover_count)

    @cached_property
    def theme_by_ordinal(self) -> Mapping[int, StoredTheme]:
        return {theme.ordinal: theme for theme in self.found.themes}

    @cached_property
    def heaviest(self) -> float:
        """The longest bar."""
        return max((theme.weight for theme in self.found.themes), default=1.0) or 1.0

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """What a theme is called in the reader's language, by its ordinal."""
        return {
            theme.ordinal: capitalised(theme.label_en if self.shell.locale == "en" and theme.label_en else theme.label)
            for theme in self.found.themes
        }

    @cached_property
    def marks(self) -> Mapping[AffinityBand, Markup]:
        return {band: band_mark(band) for band in AffinityBand}

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """What was noticed of the draft and the match. Themes that the page says nobody covers are not told twice."""
        match = self.found.match
        uncovered = {theme.label for theme in self.uncovered}
        told = [one for one in (match.notices if match else ()) if one.details.get("theme") not in uncovered]
        return tuple(self._say(one) for one in (*self.found.case.warnings, *told))

    @cached_property
    def unmet(self) -> tuple[str, ...]:
        """Rules the council does not keep, and what would help."""
        match = self.found.match
        return tuple(self._say(one) for one in (match.plan.unmet if match else ()))

    def _say(self, notice: Notice) -> str:
        """In the reader's language, and themes of this draft too."""
        details: dict[str, object] = dict(notice.details)
        if "theme" in notice.details:
            details["theme"] = self._names.get(notice.details["theme"], notice.details["theme"])
        if "themes" in notice.details:
            names = notice.details["themes"].split(_BETWEEN_THEMES)
            details["themes"] = _BETWEEN_THEMES.join(self._names.get(name, name) for name in names)
        return translate(notice.message, details)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Themes as notices quote them → as the reader's language has them."""
        english = self.shell.locale == "en"
        return {theme.label: (english and theme.label_en) or theme.label for theme in self.found.themes}

    def time_at(self, person: Person) -> datetime | None:
        """The time now where someone abroad lives."""
        return local_time(self.now, person.time_zone) if person.is_abroad else None

    def seat_of(self, expert_id: UUID) -> Member | None:
        return self._member_by_expert.get(expert_id)

    @cached_property
    def _member_by_expert(self) -> Mapping[UUID, Member]:
        return {member.seat.expert_id: member for member in self.members}


def arrange(page: CasePage, *, top: int, most: int) -> CasePage:
    """`page` with its match laid out: council, grid, bands, people left out."""
    match = page.found.match
    if match is None:
        return page
    members = _members(match)
    themes = page.theme_by_ordinal
    shown = min(match.ranked_count, top)
    return CasePage(
        shell=page.shell,
        found=page.found,
        now=page.now,
        members=members,
        grid=tuple(
            GridRow(theme, tuple(member.fit.theme_bands.get(theme.ordinal) for member in members))
            for theme in page.found.themes
        ),
        balance=_balance([member.person for member in members], page.now) if members else None,
        reserves=tuple(
            Reserved(one, match.fits[one.expert_id], tuple(themes[t] for t in one.theme_ordinals if t in themes))
            for one in match.plan.reserves
            if one.expert_id in match.fits
        ),
        groups=tuple(
            BandGroup(band, fits)
            for band in AffinityBand
            if (fits := tuple(fit for fit in match.ranking if fit.band == band))
        ),
        left_out=tuple(
            LeftOutGroup(reason, tuple(one for one in match.left_out if one.reason == reason), count)
            for reason, count in match.left_out_counts.items()
        ),
        next_top=min(most, top + 30) if match.ranked_count > shown and top < most else None,
    )


def _members(match: StoredMatch) -> tuple[Member, ...]:
    seats = [seat for seat in match.plan.seats if seat.expert_id in match.fits]
    return tuple(Member(str(number), seat, match.fits[seat.expert_id]) for number, seat in enumerate(seats, 1))


def _balance(people: Sequence[Person], now: datetime) -> Balance:
    return Balance(
        size=len(people),
        women=sum(person.gender == "female" for person in people),
        young=sum(person.birth_year is not None and now.year - person.birth_year < _YOUNG for person in people),
        newcomers=sum(not person.has_reviewed for person in people),
        abroad=sum(person.is_abroad for person in people),
        provinces=tuple(dict.fromkeys(p.province for p in people if p.province and not p.is_abroad)),
        organisations=len({person.organisation for person in people if person.organisation}),
    )
