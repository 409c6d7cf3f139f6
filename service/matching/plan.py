"""A chosen council as a plan: roles, reserves, what stays uncovered, and what speaks for and against each member.

Nothing here enters a score. Balance is shown so that people can weigh it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from service.i18n import N_
from service.matching.candidates import Candidate
from service.matching.limits import Levels, Limit, fits_something, limits, may_sit, role_sets
from service.matching.problem import BREAKPOINTS, HEIGHTS, Floats, PanelProblem, evidence, panel_value
from service.matching.results import (
    AffinityBand,
    AssignmentPlan,
    Conflict,
    FoundTheme,
    Notice,
    RankedExpert,
    Reserve,
    Seat,
    SeatRole,
)

_IN_ORDER = (SeatRole.CHAIR, SeatRole.REVIEWER, SeatRole.MEMBER, SeatRole.SECRETARY)


def plan_of(
    problem: PanelProblem,
    levels: Levels,
    members: Sequence[int],
    notices: Sequence[Notice],
    *,
    bound: float,
    seconds: float,
) -> AssignmentPlan:
    """Members (rows of the problem) with roles, in the order chair, reviewers, members, secretary."""
    members = sorted(members)
    objective = council_value(problem, members, size=levels.size)
    roles = roles_of(problem, levels, members)
    losses = {
        member: objective - council_value(problem, [m for m in members if m != member], size=levels.size)
        for member in members
    }
    order = sorted(members, key=lambda m: (_IN_ORDER.index(roles[m]), -losses[m], m))
    bound = max(bound, objective)
    gap = (bound - objective) / bound if bound > 0 else 0.0
    covered = problem.covers[members].any(axis=0) if members else np.zeros(problem.covers.shape[1], dtype=bool)
    return AssignmentPlan(
        seats=tuple(
            Seat(
                expert_id=problem.ids[member],
                role=roles[member],
                theme_ordinals=_themes_of(problem, member),
                score=float(problem.scores[member]),
            )
            for member in order
        ),
        reserves=reserves_of(problem, levels, members),
        uncovered=tuple(int(t) for t in np.flatnonzero(~covered)),
        unmet=(*notices, *_seats_without_evidence(problem, members)),
        objective=objective,
        bound=bound,
        gap=0.0 if gap < 1e-9 else gap,
        seconds=seconds,
    )


def _seats_without_evidence(problem: PanelProblem, members: Sequence[int]) -> list[Notice]:
    """Said plainly, for a full council looks as if everybody in it knew the subject."""
    count = int((~fits_something(problem)[list(members)]).sum()) if members else 0
    if not count:
        return []
    return [
        Notice(
            message=N_(
                "%(count)s of the %(size)s members proposed have no evidence on any theme of the draft: the directory "
                "holds too few who may sit. A smaller council, or more experts in these fields, would help."
            ),
            details={"count": str(count), "size": str(len(members))},
        )
    ]


def council_value(problem: PanelProblem, members: Sequence[int], *, size: int) -> float:
    rows = list(members)
    return panel_value(
        problem.theme_scores[rows],
        problem.scores[rows],
        problem.theme_weights,
        size=size,
        quality_weight=problem.rules.quality_weight,
    )


def _themes_of(problem: PanelProblem, member: int) -> tuple[int, ...]:
    """What a member covers, the best first."""
    covered = np.flatnonzero(problem.covers[member])
    return tuple(int(t) for t in sorted(covered, key=lambda t: (-problem.theme_scores[member, t], t)))


def roles_of(problem: PanelProblem, levels: Levels, members: Sequence[int]) -> dict[int, SeatRole]:
    """The roles that suit best: a chair of the highest standing (in the country where there is a choice), as reviewers
    those whose evidence says most on the draft, as secretary whoever is needed least elsewhere. Pins come first."""
    sets = role_sets(problem, levels)
    roles = {member: sets.given.get(member, SeatRole.MEMBER) for member in members}
    free = [member for member in members if member not in sets.given]
    strength = {
        m: float(evidence(problem.theme_scores[m]) @ problem.theme_weights + problem.scores[m]) for m in members
    }
    top = max(strength.values(), default=0.0) or 1.0
    chairs = [m for m in free if sets.chair[m]] or free
    secretaries = [m for m in free if sets.secretary[m]] or free
    best: tuple[float, tuple[int, ...], dict[int, SeatRole]] | None = None
    for chair in chairs if sets.open_chair and free else [None]:
        for secretary in secretaries if sets.open_secretary and len(free) > sets.open_chair else [None]:
            if chair is not None and chair == secretary:
                continue
            rest = [m for m in free if m not in (chair, secretary)]
            able = sorted((m for m in rest if sets.reviewer[m]), key=lambda m: (-strength[m], m))
            others = sorted((m for m in rest if not sets.reviewer[m]), key=lambda m: (-strength[m], m))
            reviewers = (able + others)[: sets.open_reviewers]
            merit = sum(strength[m] / top for m in reviewers)
            merit -= 10.0 * sum(m in others for m in reviewers)
            if chair is not None:
                merit += problem.standing[chair] - 0.5 * problem.is_abroad[chair]
            if secretary is not None:
                merit -= 0.5 * strength[secretary] / top
            found = dict.fromkeys(reviewers, SeatRole.REVIEWER)
            if chair is not None:
                found[chair] = SeatRole.CHAIR
            if secretary is not None:
                found[secretary] = SeatRole.SECRETARY
            order = (chair if chair is not None else -1, secretary if secretary is not None else -1)
            if best is None or (merit, [-o for o in order]) > (best[0], [-o for o in best[1]]):
                best = (merit, order, found)
    if best is not None:
        roles.update(best[2])
    return roles


def reserves_of(problem: PanelProblem, levels: Levels, members: Sequence[int]) -> tuple[Reserve, ...]:
    """Who would come next: worth most on average when one member, any of them, declines. An exchange that breaks a rule
    counts as leaving the seat empty. People who cover no theme are no reserve."""
    seated = set(members)
    fitting = may_sit(problem, levels) & fits_something(problem)
    outside = [int(i) for i in np.flatnonzero(fitting) if int(i) not in seated]
    if not members or not outside or problem.rules.reserves <= 0:
        return ()
    rules: list[Limit] = limits(problem, levels)
    rows = np.array([rule.members for rule in rules], dtype=float)
    at_least = np.array([rule.at_least for rule in rules])[:, None]
    at_most = np.array([rule.at_most for rule in rules])[:, None]
    weights, quality = (
        evidence(problem.theme_scores),
        problem.rules.quality_weight * problem.scores / max(levels.size, 1),
    )
    worth = np.zeros(len(outside))
    for member in members:
        others = [m for m in members if m != member]
        counts = rows[:, others].sum(axis=1)[:, None] + rows[:, outside]
        keeps = ((counts >= at_least) & (counts <= at_most)).all(axis=0)
        reached: Floats = weights[others].sum(axis=0) + weights[outside]
        with_them = np.interp(reached, BREAKPOINTS, HEIGHTS) @ problem.theme_weights + quality[outside]
        without = np.interp(weights[others].sum(axis=0), BREAKPOINTS, HEIGHTS) @ problem.theme_weights
        worth += np.where(keeps, with_them, without)
    order = np.lexsort((np.arange(len(outside)), -np.round(worth, 9)))[: problem.rules.reserves]
    return tuple(
        Reserve(
            expert_id=problem.ids[outside[i]],
            theme_ordinals=_themes_of(problem, outside[i]),
            score=float(problem.scores[outside[i]]),
        )
        for i in order
    )


# -- what people are told about a plan -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredTheme:
    """One row of the coverage grid: who in the council covers the theme, the best first, and who of the reserves."""

    ordinal: int
    label: str
    importance: str
    members: tuple[UUID, ...]
    reserves: tuple[UUID, ...]


def coverage_grid(
    plan: AssignmentPlan, themes: Sequence[FoundTheme], ranked: Mapping[UUID, RankedExpert]
) -> tuple[CoveredTheme, ...]:
    def covering(people: Sequence[UUID], theme: int) -> tuple[UUID, ...]:
        able = [p for p in people if p in ranked and ranked[p].theme_bands[theme] is not None]
        return tuple(sorted(able, key=lambda p: -ranked[p].theme_scores[theme]))

    seats = [seat.expert_id for seat in plan.seats]
    reserves = [reserve.expert_id for reserve in plan.reserves]
    return tuple(
        CoveredTheme(
            ordinal=theme.ordinal,
            label=theme.label,
            importance=theme.importance,
            members=covering(seats, position),
            reserves=covering(reserves, position),
        )
        for position, theme in enumerate(themes)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForAndAgainst:
    """What speaks for and against one member; sentences to translate. Open points are for a person to settle."""

    expert_id: UUID
    in_favour: tuple[Notice, ...]
    against: tuple[Notice, ...]


_STALE_YEARS = 2
_RECENT_DAYS = 90


def for_and_against(
    candidate: Candidate,
    ranked: RankedExpert,
    plan: AssignmentPlan,
    themes: Sequence[FoundTheme],
    conflicts: Sequence[Conflict],
    *,
    as_of: date,
    last_contacted: date | None = None,
    confirmed: date | None = None,
) -> ForAndAgainst:
    """Fit and themes that hang on this member alone, against open conflicts, load, recent contact and stale data."""
    in_favour: list[Notice] = []
    against: list[Notice] = []
    others = [seat for seat in plan.seats if seat.expert_id != candidate.id]
    own = [t for t, band in enumerate(ranked.theme_bands) if band is not None]
    alone = [themes[t].label for t in own if not any(t in seat.theme_ordinals for seat in others)]
    if alone:
        in_favour.append(
            Notice(message=N_("The only member who covers: %(themes)s."), details={"themes": "; ".join(alone)})
        )
    strong = [themes[t].label for t in own if ranked.theme_bands[t] is AffinityBand.VERY_SUITABLE]
    if strong:
        in_favour.append(Notice(message=N_("Very suitable for: %(themes)s."), details={"themes": "; ".join(strong)}))
    if candidate.load == 0:
        in_favour.append(Notice(message=N_("Has no review in hand.")))
    mine = [conflict for conflict in conflicts if conflict.expert_id == candidate.id]
    for conflict in mine:
        against.append(Notice(message=conflict.message, details=conflict.details))
    if candidate.load > 0:
        against.append(
            Notice(
                message=N_("Has %(load)s of at most %(capacity)s reviews in hand."),
                details={"load": str(candidate.load), "capacity": str(candidate.capacity)},
            )
        )
    if last_contacted is not None and 0 <= (as_of - last_contacted).days <= _RECENT_DAYS:
        against.append(
            Notice(message=N_("Was last contacted on %(date)s."), details={"date": last_contacted.strftime("%d/%m/%Y")})
        )
    if confirmed is not None and (as_of - confirmed).days > 365 * _STALE_YEARS:
        against.append(
            Notice(
                message=N_("The profile was last confirmed on %(date)s."),
                details={"date": confirmed.strftime("%d/%m/%Y")},
            )
        )
    latest = max((work.year for work in candidate.works if work.year is not None), default=None)
    if latest is not None and as_of.year - latest > 5:
        against.append(
            Notice(message=N_("The most recent work on record is of %(year)s."), details={"year": str(latest)})
        )
    if not own:
        against.append(Notice(message=N_("No evidence on any theme; there to complete the council.")))
    return ForAndAgainst(expert_id=candidate.id, in_favour=tuple(in_favour), against=tuple(against))


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelBalance:
    """Figures to weigh a council by. Unknown values count in no group; places stand with the most frequent first."""

    size: int
    women: int
    gender_unknown: int
    under_40: int
    age_unknown: int
    abroad: int
    countries: tuple[tuple[str, int], ...]
    provinces: tuple[tuple[str, int], ...]


def balance(members: Sequence[Candidate], *, as_of: date) -> PanelBalance:
    def counted(values: Sequence[str | None]) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(Counter(v for v in values if v).items(), key=lambda item: (-item[1], item[0])))

    return PanelBalance(
        size=len(members),
        women=sum(member.gender == "female" for member in members),
        gender_unknown=sum(member.gender is None for member in members),
        under_40=sum(m.birth_year is not None and as_of.year - m.birth_year < 40 for m in members),
        age_unknown=sum(member.birth_year is None for member in members),
        abroad=sum(member.is_abroad for member in members),
        countries=counted([member.country for member in members]),
        provinces=counted([member.province for member in members if not member.is_abroad]),
    )
