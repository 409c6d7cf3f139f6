"""The rules of a council as limits on how many of whom may sit in it, and the order in which they give way.

Roles need no variables of their own: people can be given the roles of a council exactly when every group of roles finds
enough members who may hold one of them (Hall's condition), and those are limits on members too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any
from uuid import UUID

import numpy as np

from service.i18n import N_
from service.matching.problem import Flags, PanelProblem
from service.matching.results import Notice, SeatRole


@dataclass(frozen=True, slots=True)
class Limit:
    """Of the people marked in `members`, at least and at most so many sit in the council."""

    members: Flags
    at_least: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Levels:
    """What is asked of the council now. The fields stand in order of importance: the last gives way first, by the
    smallest step; `themes` each for itself, the heaviest kept first."""

    size: int
    has_chair: bool
    has_qualified_chair: bool
    reviewers: int
    has_secretary: bool
    secretary_in_country: bool
    themes: tuple[int, ...]  # required ones, heaviest first
    reads_language: bool
    per_organisation: int
    abroad: int
    outside: int
    women: int
    under_40: int
    newcomers: int

    def steps_down(self, rule: str) -> Iterator[Levels]:
        """This level, then weaker and weaker ones of one rule, ending where it asks nothing."""
        value = getattr(self, rule)
        weaker: list[Any]
        if isinstance(value, bool):
            weaker = [False]
        elif rule == "per_organisation":
            weaker = list(range(value + 1, self.size + 1))
        else:
            weaker = list(range(value - 1, -1, -1))
        yield self
        for level in weaker:
            yield replace(self, **{rule: level})


IN_ORDER_OF_IMPORTANCE = (
    "size",
    "has_chair",
    "has_qualified_chair",
    "reviewers",
    "has_secretary",
    "secretary_in_country",
    "themes",
    "reads_language",
    "per_organisation",
    "abroad",
    "outside",
    "women",
    "under_40",
    "newcomers",
)


def nothing_asked(levels: Levels) -> Levels:
    """Only the size is left."""
    return Levels(levels.size, False, False, 0, False, False, (), False, levels.size, 0, 0, 0, 0, 0)


def may_sit(problem: PanelProblem, levels: Levels) -> Flags:
    """Who may be a member: nobody in conflict or banned; nobody busy or unable to read, unless the office pinned
    them."""
    rules = problem.rules
    pinned = _marked(problem, rules.pinned)
    banned = _marked(problem, rules.banned)
    allowed = problem.is_free | pinned
    if levels.reads_language and rules.languages:
        wanted = set(rules.languages)
        allowed &= np.array([not known or bool(known & wanted) for known in problem.reads], dtype=bool) | pinned
    result: Flags = allowed & ~problem.in_conflict & ~banned
    return result


def fits_something(problem: PanelProblem) -> Flags:
    """Who covers at least one theme; everybody where the draft has none."""
    if not problem.covers.shape[1]:
        return np.ones(len(problem.ids), dtype=bool)
    fitting: Flags = np.asarray(problem.covers.any(axis=1))
    return fitting


def _marked(problem: PanelProblem, ids: Container[UUID]) -> Flags:
    return np.array([person in ids for person in problem.ids], dtype=bool)


@dataclass(frozen=True, slots=True)
class RoleSets:
    """Who may take each role, and who holds one already by a pin."""

    given: dict[int, SeatRole]
    chair: Flags
    reviewer: Flags
    secretary: Flags
    open_chair: int
    open_reviewers: int
    open_secretary: int


def role_sets(problem: PanelProblem, levels: Levels) -> RoleSets:
    allowed = may_sit(problem, levels)
    given: dict[int, SeatRole] = {}
    for index, person in enumerate(problem.ids):
        role = problem.rules.pinned.get(person)
        if role is None or not allowed[index]:
            continue
        is_single = role in (SeatRole.CHAIR, SeatRole.SECRETARY)
        given[index] = SeatRole.MEMBER if is_single and role in given.values() else role
    free = allowed.copy()
    free[list(given)] = False
    roles = list(given.values())
    everyone = np.ones(len(problem.ids), dtype=bool)
    return RoleSets(
        given=given,
        chair=free & (problem.standing > 0 if levels.has_qualified_chair else everyone),
        reviewer=free & fits_something(problem),
        secretary=free & (~problem.is_abroad if levels.secretary_in_country else everyone),
        open_chair=int(levels.has_chair and SeatRole.CHAIR not in roles),
        open_reviewers=max(0, levels.reviewers - roles.count(SeatRole.REVIEWER)),
        open_secretary=int(levels.has_secretary and SeatRole.SECRETARY not in roles),
    )


def limits(problem: PanelProblem, levels: Levels) -> list[Limit]:
    """Everything the council must keep at these levels. People who may not sit are no concern of limits."""
    allowed = may_sit(problem, levels)
    whole = levels.size
    found = [Limit(allowed, whole, whole)]
    pinned = _marked(problem, problem.rules.pinned) & allowed
    if pinned.any():
        found.append(Limit(pinned, int(pinned.sum()), whole))
    sets = role_sets(problem, levels)
    roles = [
        (members, needed)
        for members, needed in (
            (sets.chair, sets.open_chair),
            (sets.reviewer, sets.open_reviewers),
            (sets.secretary, sets.open_secretary),
        )
        if needed
    ]
    for count in range(1, len(roles) + 1):
        for group in combinations(roles, count):
            members = np.logical_or.reduce([who for who, _ in group])
            found.append(Limit(members, sum(needed for _, needed in group), whole))
    found += [Limit(problem.covers[:, theme] & allowed, 1, whole) for theme in levels.themes]
    by_entity: dict[str, list[int]] = {}
    for index in np.flatnonzero(allowed):
        for entity in problem.entities[index]:
            by_entity.setdefault(entity, []).append(int(index))
    for _, people in sorted(by_entity.items()):
        if len(people) > levels.per_organisation:
            members = np.zeros(len(problem.ids), dtype=bool)
            members[people] = True
            found.append(Limit(members, 0, levels.per_organisation))
    for who, needed in (
        (problem.is_abroad, levels.abroad),
        (problem.is_outside, levels.outside),
        (problem.is_woman, levels.women),
        (problem.is_under_40, levels.under_40),
        (problem.is_newcomer, levels.newcomers),
    ):
        if needed:
            found.append(Limit(who & allowed, needed, whole))
    return found


def asked_levels(problem: PanelProblem) -> tuple[Levels, list[Notice]]:
    """The rules as asked, lowered where a look at one rule alone shows that it cannot be kept, and what would help."""
    rules = problem.rules
    notices: list[Notice] = []
    required = np.flatnonzero(problem.required)
    order = sorted(required, key=lambda t: (-problem.theme_weights[t], t))
    levels = Levels(
        size=rules.size,
        has_chair=True,
        has_qualified_chair=rules.require_chair,
        reviewers=rules.min_reviewers,
        has_secretary=rules.require_secretary,
        secretary_in_country=rules.require_secretary,
        themes=tuple(int(t) for t in order),
        reads_language=bool(rules.languages),
        per_organisation=max(1, rules.max_per_organisation),
        abroad=rules.min_abroad,
        outside=rules.min_from_outside,
        women=rules.min_women,
        under_40=rules.min_under_40,
        newcomers=rules.min_newcomers,
    )
    lost = [person for person in rules.pinned if person not in problem.ids or not _is_sittable(problem, person)]
    if lost:
        notices.append(
            Notice(
                message=N_(
                    "%(count)s of the people you fixed cannot sit in this council: in conflict, banned or unknown."
                ),
                details={"count": str(len(lost))},
            )
        )
    allowed = may_sit(problem, levels)
    available = int(allowed.sum())
    pins = int((_marked(problem, rules.pinned) & allowed).sum())
    if pins > levels.size:
        notices.append(
            Notice(
                message=N_("You fixed %(count)s people for a council of %(size)s; it is made larger."),
                details={"count": str(pins), "size": str(levels.size)},
            )
        )
        levels = replace(levels, size=pins)
    if levels.reads_language and available < levels.size:
        levels = replace(levels, reads_language=False)
        allowed = may_sit(problem, levels)
        notices.append(
            Notice(
                message=N_(
                    "Only %(found)s experts read the languages asked for (%(languages)s); others are proposed too."
                ),
                details={"found": str(available), "languages": ", ".join(rules.languages)},
            )
        )
        available = int(allowed.sum())
    if available < levels.size:
        notices.append(_too_few(problem, available, levels.size))
        levels = replace(levels, size=available)
    if levels.size == 0:
        return levels, notices
    if levels.size < 1 + levels.reviewers:
        reviewers = max(0, levels.size - 1)
        notices.append(
            Notice(
                message=N_("A council of %(size)s has room for a chair and %(count)s reviewers only."),
                details={"size": str(levels.size), "count": str(reviewers)},
            )
        )
        levels = replace(levels, reviewers=reviewers)
    if levels.size < 2 + levels.reviewers:  # too small for a secretary of its own
        levels = replace(levels, has_secretary=False, secretary_in_country=False)
    anyone = may_sit(problem, replace(levels, reads_language=False))  # languages matter less than the secretary
    if levels.secretary_in_country and not (anyone & ~problem.is_abroad & fits_something(problem)).any():
        # Somebody whose evidence says nothing on the draft would be seated for where they live alone.
        notices.append(Notice(message=N_("The secretary may be abroad: nobody in the country fits any theme.")))
        levels = replace(levels, secretary_in_country=False)
    return _lowered(problem, levels, allowed, notices)


def _is_sittable(problem: PanelProblem, person: UUID) -> bool:
    index = problem.ids.index(person)
    return not problem.in_conflict[index] and person not in problem.rules.banned


def _too_few(problem: PanelProblem, available: int, size: int) -> Notice:
    details = {
        "available": str(available),
        "size": str(size),
        "conflicts": str(int(problem.in_conflict.sum())),
        "busy": str(int((~problem.is_free & ~problem.in_conflict).sum())),
    }
    if not problem.ids:
        return Notice(message=N_("No expert has evidence on this draft. Add experts, or look at its themes again."))
    if available == 0 and problem.in_conflict.all():
        return Notice(
            message=N_(
                "Everyone who fits is in conflict with this case (%(conflicts)s people). Add experts, or have the "
                "conflicts checked that are only potential."
            ),
            details=details,
        )
    if available == 0:
        return Notice(
            message=N_(
                "Nobody can be proposed: %(conflicts)s people are in conflict, %(busy)s are busy or paused. Add "
                "experts or wait until some are free."
            ),
            details=details,
        )
    return Notice(
        message=N_(
            "Only %(available)s experts can be proposed for a council of %(size)s (%(conflicts)s in conflict, "
            "%(busy)s busy or paused). Add experts, or ask those who are busy."
        ),
        details=details,
    )


_LOWERED = {
    "abroad": N_(
        "Only %(found)s experts abroad can be proposed, %(asked)s were asked for. Add experts abroad, or accept fewer."
    ),
    "outside": N_(
        "Only %(found)s experts from outside the requester's sector can be proposed, %(asked)s were asked for."
    ),
    "women": N_("Only %(found)s women can be proposed, %(asked)s were asked for."),
    "under_40": N_("Only %(found)s people under 40 can be proposed, %(asked)s were asked for."),
    "newcomers": N_("Only %(found)s newcomers can be proposed, %(asked)s were asked for."),
}


def _lowered(
    problem: PanelProblem, levels: Levels, allowed: Flags, notices: list[Notice]
) -> tuple[Levels, list[Notice]]:
    for rule, who in (
        ("abroad", problem.is_abroad),
        ("outside", problem.is_outside),
        ("women", problem.is_woman),
        ("under_40", problem.is_under_40),
        ("newcomers", problem.is_newcomer),
    ):
        asked, found = getattr(levels, rule), int((who & allowed).sum())
        if asked > min(found, levels.size):
            notices.append(Notice(message=_LOWERED[rule], details={"found": str(found), "asked": str(asked)}))
            lower: dict[str, Any] = {rule: min(found, levels.size)}
            levels = replace(levels, **lower)
    # Chair and themes are more important than the languages: people who do not read them count too.
    allowed = may_sit(problem, replace(levels, reads_language=False))
    kept = []
    for theme in levels.themes:
        if (problem.covers[:, theme] & allowed).any():
            kept.append(theme)
            continue
        barred = int((problem.covers[:, theme] & problem.in_conflict).sum())
        busy = int((problem.covers[:, theme] & ~problem.in_conflict & ~allowed).sum())
        notices.append(
            Notice(
                message=N_(
                    "Nobody in the directory has evidence on “%(theme)s”. Ask a university or another union for a "
                    "name, or make this theme “desired”."
                )
                if not barred and not busy
                else N_(
                    "“%(theme)s” is covered only by people who cannot be proposed (%(conflicts)s in conflict, %(busy)s "
                    "busy or banned). Ask those who are busy, or find others."
                ),
                details={"theme": problem.theme_labels[theme], "conflicts": str(barred), "busy": str(busy)},
            )
        )
    levels = replace(levels, themes=tuple(kept))
    has_chair_pin = SeatRole.CHAIR in problem.rules.pinned.values()
    if (
        levels.has_qualified_chair
        and not has_chair_pin
        and levels.size
        and not (allowed & (problem.standing > 0)).any()
    ):
        levels = replace(levels, has_qualified_chair=False)
        notices.append(
            Notice(
                message=N_(
                    "Nobody who can be proposed is qualified to chair (TS, GS, PGS, CK2 or a leading post). Fix a "
                    "chair by hand."
                )
            )
        )
    return levels, notices


_GAVE_WAY = {
    "size": N_("The council is smaller than asked: the other rules leave no more people."),
    "has_chair": N_("Nobody is left to chair: the people you fixed hold other roles."),
    "has_secretary": N_("Nobody is left as secretary: the people you fixed hold other roles."),
    "has_qualified_chair": N_("No qualified chair fits with the other rules."),
    "reviewers": N_("Fewer reviewers than asked have evidence on the draft."),
    "secretary_in_country": N_("The secretary is abroad: nobody in the country fits with the other rules."),
    "themes": N_(
        "A council of this size cannot cover “%(themes)s” as well. Make it larger, or make a theme “desired”."
    ),
    "reads_language": N_("Not every member reads the languages asked for; the other rules leave no choice."),
    "per_organisation": N_(
        "Up to %(kept)s members come from one organisation instead of %(asked)s; the other rules leave no choice."
    ),
    "abroad": N_("Only %(kept)s members abroad instead of %(asked)s; the other rules leave no choice."),
    "outside": N_(
        "Only %(kept)s members from outside the requester's sector instead of %(asked)s; the other rules leave "
        "no choice."
    ),
    "women": N_("Only %(kept)s women instead of %(asked)s; the other rules leave no choice."),
    "under_40": N_("Only %(kept)s members under 40 instead of %(asked)s; the other rules leave no choice."),
    "newcomers": N_("Only %(kept)s newcomers instead of %(asked)s; the other rules leave no choice."),
}


def gave_way(problem: PanelProblem, asked: Levels, kept: Levels) -> list[Notice]:
    """One notice for each rule that had to give way to more important ones."""
    notices = []
    for rule in IN_ORDER_OF_IMPORTANCE:
        before, after = getattr(asked, rule), getattr(kept, rule)
        if before == after:
            continue
        details = {"asked": str(before), "kept": str(after)}
        if rule == "themes":
            lost = [problem.theme_labels[t] for t in before if t not in after]
            details = {"themes": "”, “".join(lost)}
        notices.append(Notice(message=_GAVE_WAY[rule], details=details))
    return notices
