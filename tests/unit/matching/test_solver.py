"""The solver against a search through every council and every way to give it roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.problem import PanelProblem, PanelRules, panel_value
from service.matching.results import AssignmentPlan, SeatRole
from service.matching.solver import propose_panel


def person(number: int) -> UUID:
    return UUID(int=number + 1)


def make_problem(
    theme_scores: list[list[float]],
    *,
    rules: PanelRules,
    scores: list[float] | None = None,
    covers_from: float = 0.3,
    organisations: list[str] | None = None,
    standing: list[float] | None = None,
    abroad: tuple[int, ...] = (),
    outside: tuple[int, ...] = (),
    women: tuple[int, ...] = (),
    under_40: tuple[int, ...] = (),
    newcomers: tuple[int, ...] = (),
    reads: dict[int, str] | None = None,
    busy: tuple[int, ...] = (),
    in_conflict: tuple[int, ...] = (),
    weights: list[float] | None = None,
    required: tuple[int, ...] | None = None,
) -> PanelProblem:
    count, themes = len(theme_scores), len(theme_scores[0]) if theme_scores else 2
    matrix = np.array(theme_scores, dtype=float).reshape(count, themes)

    def marked(who: tuple[int, ...]) -> np.ndarray:
        return np.array([i in who for i in range(count)], dtype=bool)

    return PanelProblem(
        ids=tuple(person(i) for i in range(count)),
        scores=np.array(scores if scores is not None else matrix.mean(axis=1), dtype=float).reshape(count),
        theme_scores=matrix,
        covers=matrix >= covers_from,
        theme_weights=np.array(weights or np.full(themes, 1 / max(themes, 1))),
        theme_labels=tuple(f"chủ đề {t}" for t in range(themes)),
        required=np.array([required is None or t in required for t in range(themes)], dtype=bool),
        entities=tuple(frozenset({name}) if name else frozenset() for name in (organisations or [""] * count)),
        standing=np.array(standing or [0.8] * count, dtype=float),
        is_abroad=marked(abroad),
        is_outside=marked(outside),
        is_woman=marked(women),
        is_under_40=marked(under_40),
        is_newcomer=marked(newcomers),
        reads=tuple(frozenset({reads[i]}) if reads and i in reads else frozenset() for i in range(count)),
        is_free=~marked(busy),
        in_conflict=marked(in_conflict),
        rules=rules,
    )


def random_problem(seed: int) -> PanelProblem:
    dice = np.random.default_rng(seed)
    count, themes = int(dice.integers(5, 9)), int(dice.integers(1, 5))
    size = int(dice.integers(3, 6))

    def some(share: float) -> tuple[int, ...]:
        return tuple(int(i) for i in np.flatnonzero(dice.random(count) < share))

    roles = [None, SeatRole.CHAIR, SeatRole.REVIEWER, SeatRole.SECRETARY, SeatRole.MEMBER]
    pinned = {person(i): roles[int(dice.integers(0, 5))] for i in some(0.12)} if dice.random() < 0.4 else {}
    return make_problem(
        np.where(dice.random((count, themes)) < 0.5, dice.random((count, themes)), 0.1).round(2).tolist(),
        scores=dice.random(count).round(2).tolist(),
        organisations=[f"cơ quan {int(dice.integers(0, 4))}" for _ in range(count)],
        standing=[float(s) for s in np.where(dice.random(count) < 0.4, 0.8, 0.0)],
        abroad=some(0.3),
        outside=some(0.5),
        women=some(0.4),
        under_40=some(0.3),
        newcomers=some(0.3),
        reads={i: "vi" if dice.random() < 0.7 else "en" for i in range(count)},
        busy=some(0.1),
        in_conflict=some(0.1),
        weights=[float(w) for w in dice.dirichlet(np.ones(themes))],
        required=tuple(int(t) for t in np.flatnonzero(dice.random(themes) < 0.7)),
        rules=PanelRules(
            size=size,
            min_reviewers=int(dice.integers(0, 3)),
            require_chair=bool(dice.random() < 0.8),
            require_secretary=bool(dice.random() < 0.7),
            max_per_organisation=int(dice.integers(1, 4)),
            min_abroad=int(dice.integers(0, 3)),
            languages=("vi",) if dice.random() < 0.3 else (),
            min_from_outside=int(dice.integers(0, 3)),
            min_women=int(dice.integers(0, 3)) if dice.random() < 0.5 else 0,
            min_under_40=int(dice.random() < 0.3),
            min_newcomers=int(dice.random() < 0.3),
            pinned=pinned,
            banned=frozenset(person(i) for i in some(0.08)) - set(pinned),
        ),
    )


Casting = tuple[int | None, tuple[int, ...], int | None]  # chair, reviewers, secretary


class EveryCouncil:
    """Goes through all councils and all ways to give them roles; knows no limits, bounds or Hall's condition."""

    def __init__(self, problem: PanelProblem) -> None:
        self.problem = problem
        rules = problem.rules
        index = {person: i for i, person in enumerate(problem.ids)}
        self.may_sit = {
            i
            for i, who in enumerate(problem.ids)
            if (problem.is_free[i] or who in rules.pinned) and not problem.in_conflict[i] and who not in rules.banned
        }
        self.pins = {index[p]: role for p, role in rules.pinned.items() if index[p] in self.may_sit}
        self.size = max(min(rules.size, len(self.may_sit)), len(self.pins))
        self.reviewers = min(rules.min_reviewers, max(0, self.size - 1))
        self.has_secretary = rules.require_secretary and self.size >= 2 + self.reviewers
        self.wants_secretary_at_home = self.has_secretary and any(
            problem.covers[i].any() and not problem.is_abroad[i] for i in self.may_sit
        )
        themes = [t for t in np.flatnonzero(problem.required) if any(problem.covers[i, t] for i in self.may_sit)]
        self.themes = sorted(themes, key=lambda t: (-problem.theme_weights[t], t))

    def value(self, council: tuple[int, ...]) -> float:
        problem, rows = self.problem, list(council)
        return panel_value(
            problem.theme_scores[rows],
            problem.scores[rows],
            problem.theme_weights,
            size=self.size,
            quality_weight=problem.rules.quality_weight,
        )

    def castings(self, council: tuple[int, ...]) -> Iterator[Casting]:
        """Chair, reviewers, secretary, with the roles that are pinned."""
        single = {SeatRole.CHAIR, SeatRole.SECRETARY}
        pins: dict[int, SeatRole] = {}
        for i in sorted(self.pins):
            role = self.pins[i]
            if role is not None:
                pins[i] = SeatRole.MEMBER if role in single and role in pins.values() else role
        chair_pin = [i for i, r in pins.items() if r is SeatRole.CHAIR]
        secretary_pin = [i for i, r in pins.items() if r is SeatRole.SECRETARY]
        reviewer_pins = tuple(i for i, r in pins.items() if r is SeatRole.REVIEWER)
        free = [i for i in council if i not in pins]
        to_find = max(0, self.reviewers - len(reviewer_pins))
        for chair in chair_pin or [*free, None]:
            for secretary in secretary_pin or ([*free, None] if self.has_secretary else [None]):
                if chair is not None and chair == secretary:
                    continue
                left = [i for i in free if i not in (chair, secretary)]
                for number in range(min(to_find, len(left)) + 1):
                    for reviewers in combinations(left, number):
                        yield chair, (*reviewer_pins, *reviewers), secretary

    def kept(self, council: tuple[int, ...], casting: Casting) -> tuple[float, ...]:
        """How far each rule is kept, in order of importance; more is better, but no more than is asked counts."""
        problem, rules = self.problem, self.problem.rules
        chair, reviewers, secretary = casting

        def number(who: np.ndarray, asked: int) -> int:
            possible = min(int(sum(bool(who[i]) for i in self.may_sit_reading)), self.size, asked)
            return min(sum(bool(who[i]) for i in council), possible)

        crowd = Counter(entity for i in council for entity in problem.entities[i])
        pinned_chair = chair is not None and self.pins.get(chair) is SeatRole.CHAIR
        is_qualified = chair is not None and (pinned_chair or problem.standing[chair] > 0)
        pinned_secretary = secretary is not None and self.pins.get(secretary) is SeatRole.SECRETARY
        has_evidence = problem.covers.any(axis=1)
        able = sum(bool(has_evidence[i]) or self.pins.get(i) is SeatRole.REVIEWER for i in reviewers)
        return (
            float(chair is not None),
            float(not rules.require_chair or is_qualified),
            min(able, self.reviewers),
            float(not self.has_secretary or secretary is not None),
            float(
                not self.wants_secretary_at_home
                or pinned_secretary
                or (secretary is not None and not problem.is_abroad[secretary])
            ),
            *(float(any(problem.covers[i, t] for i in council)) for t in self.themes),
            float(not self.asks_language or all(i in self.readers or i in self.pins for i in council)),
            -max(rules.max_per_organisation, max(crowd.values(), default=0)),
            number(problem.is_abroad, rules.min_abroad),
            number(problem.is_outside, rules.min_from_outside),
            number(problem.is_woman, rules.min_women),
            number(problem.is_under_40, rules.min_under_40),
            number(problem.is_newcomer, rules.min_newcomers),
        )

    def best(self) -> tuple[tuple[float, ...], float]:
        problem, rules = self.problem, self.problem.rules
        self.readers = {i for i in self.may_sit if not problem.reads[i] or problem.reads[i] & set(rules.languages)}
        enough = len(self.readers | set(self.pins)) >= self.size
        self.asks_language = bool(rules.languages) and enough
        self.may_sit_reading = (self.readers | set(self.pins)) if self.asks_language else self.may_sit
        found = [
            (max((self.kept(council, casting) for casting in self.castings(council)), default=()), self.value(council))
            for council in combinations(sorted(self.may_sit), self.size)
            if set(self.pins) <= set(council)
        ]
        return max(found, default=((), 0.0))


def casting_of(problem: PanelProblem, plan: AssignmentPlan) -> tuple[tuple[int, ...], Casting]:
    index = {who: i for i, who in enumerate(problem.ids)}
    by_role = {role: [index[s.expert_id] for s in plan.seats if s.role is role] for role in SeatRole}
    chair, secretary = by_role[SeatRole.CHAIR], by_role[SeatRole.SECRETARY]
    assert len(chair) <= 1
    assert len(secretary) <= 1
    council = tuple(sorted(index[seat.expert_id] for seat in plan.seats))
    return council, (
        chair[0] if chair else None,
        tuple(by_role[SeatRole.REVIEWER]),
        secretary[0] if secretary else None,
    )


@pytest.mark.parametrize("seed", range(200))
def test_the_proposal_is_the_best_of_all_councils(seed: int) -> None:
    problem = random_problem(seed)
    plan = propose_panel(problem, seconds=20)
    every = EveryCouncil(problem)
    kept, value = every.best()

    council, casting = casting_of(problem, plan)

    assert len(council) == every.size
    if council:
        assert every.kept(council, casting) == kept
    assert plan.objective == pytest.approx(value, abs=1e-7)
    assert plan.is_proven
    assert plan.bound == pytest.approx(plan.objective, abs=1e-7)
    assert sorted(plan.uncovered) == [
        t for t in range(problem.covers.shape[1]) if not any(problem.covers[i, t] for i in council)
    ]


def roles(problem: PanelProblem, plan: AssignmentPlan) -> dict[int, SeatRole]:
    index = {who: i for i, who in enumerate(problem.ids)}
    return {index[seat.expert_id]: seat.role for seat in plan.seats}


def told(plan: AssignmentPlan) -> list[str]:
    return [notice.message % notice.details for notice in plan.unmet]


GOOD = [[0.9, 0.0], [0.8, 0.1], [0.0, 0.9], [0.1, 0.8], [0.5, 0.5], [0.4, 0.4], [0.0, 0.0]]


def test_a_council_has_one_chair_two_reviewers_a_secretary_and_members() -> None:
    plan = propose_panel(make_problem(GOOD, rules=PanelRules(size=6, max_per_organisation=7)))

    assert [seat.role for seat in plan.seats] == [
        SeatRole.CHAIR,
        SeatRole.REVIEWER,
        SeatRole.REVIEWER,
        SeatRole.MEMBER,
        SeatRole.MEMBER,
        SeatRole.SECRETARY,
    ]
    assert plan.unmet == ()
    assert plan.uncovered == ()
    assert plan.reserves == ()  # who is left covers no theme


def test_nobody_is_seated_as_secretary_only_for_living_in_the_country() -> None:
    rules = PanelRules(size=5, max_per_organisation=7)
    problem = make_problem([[0.9], [0.8], [0.7], [0.6], [0.5], [0.0]], rules=rules, abroad=(0, 1, 2, 3, 4))
    plan = propose_panel(problem)

    assert {seat.expert_id for seat in plan.seats} == {person(n) for n in range(5)}
    assert told(plan) == ["The secretary may be abroad: nobody in the country fits any theme."]


def test_without_time_the_council_of_the_exchanges_is_given_with_its_gap() -> None:
    dice = np.random.default_rng(5)
    problem = make_problem(dice.random((60, 6)).tolist(), rules=PanelRules(size=5))
    quick, proven = propose_panel(problem, seconds=0), propose_panel(problem, seconds=30)

    assert proven.is_proven
    assert quick.gap > 0
    assert quick.objective <= proven.objective + 1e-9 <= quick.bound + 1e-9
    assert len(quick.seats) == 5


def test_the_order_of_the_input_does_not_matter_and_ties_go_to_smaller_ids() -> None:
    alike = make_problem([[0.5, 0.5]] * 8, rules=PanelRules(size=4, reserves=2))
    plan = propose_panel(alike)

    assert sorted(seat.expert_id for seat in plan.seats) == [person(i) for i in range(4)]
    assert [reserve.expert_id for reserve in plan.reserves] == [person(4), person(5)]
    assert [seat.expert_id for seat in propose_panel(alike).seats] == [seat.expert_id for seat in plan.seats]


def test_pins_and_bans_hold() -> None:
    rules = PanelRules(
        size=4,
        pinned={person(6): SeatRole.CHAIR, person(5): SeatRole.REVIEWER},
        banned=frozenset({person(0)}),
    )
    problem = make_problem(GOOD, rules=rules, standing=[0.8] * 6 + [0.0], busy=(5, 6))
    seats = roles(problem, propose_panel(problem))

    assert (seats[6], seats[5]) == (SeatRole.CHAIR, SeatRole.REVIEWER)
    assert 0 not in seats
    assert len(seats) == 4


def test_an_author_stays_out_even_when_pinned() -> None:
    problem = make_problem(GOOD, rules=PanelRules(size=4, pinned={person(0): None}), in_conflict=(0,))
    plan = propose_panel(problem)

    assert 0 not in roles(problem, plan)
    assert told(plan) == ["1 of the people you fixed cannot sit in this council: in conflict, banned or unknown."]


def test_more_pins_than_seats_make_the_council_larger() -> None:
    problem = make_problem(GOOD, rules=PanelRules(size=3, pinned={person(i): None for i in range(5)}))
    plan = propose_panel(problem)

    assert set(roles(problem, plan)) == {0, 1, 2, 3, 4}
    assert told(plan) == ["You fixed 5 people for a council of 3; it is made larger."]


def test_too_few_abroad_is_said_with_what_would_help() -> None:
    plan = propose_panel(make_problem(GOOD, rules=PanelRules(size=5, min_abroad=3), abroad=(1, 4)))

    assert told(plan) == [
        "Only 2 experts abroad can be proposed, 3 were asked for. Add experts abroad, or accept fewer."
    ]
    assert {person(1), person(4)} <= {seat.expert_id for seat in plan.seats}


def test_a_theme_nobody_covers_is_said() -> None:
    plan = propose_panel(make_problem([[0.9, 0.1], [0.8, 0.0], [0.7, 0.2]], rules=PanelRules(size=3)))

    assert plan.uncovered == (1,)
    assert [m for m in told(plan) if "chủ đề 1" in m] == [
        "Nobody in the directory has evidence on “chủ đề 1”. Ask a university or another union for a name, or make "
        "this theme “desired”."
    ]


def test_a_theme_only_people_in_conflict_cover_is_said() -> None:
    problem = make_problem(
        [[0.9, 0.0], [0.8, 0.0], [0.7, 0.0], [0.0, 0.9], [0.0, 0.8]],
        rules=PanelRules(size=3),
        in_conflict=(3,),
        busy=(4,),
    )

    assert told(propose_panel(problem)) == [
        "“chủ đề 1” is covered only by people who cannot be proposed (1 in conflict, 1 busy or banned). Ask those who "
        "are busy, or find others."
    ]


def test_a_council_larger_than_the_directory_takes_everyone() -> None:
    problem = make_problem(GOOD[:4], rules=PanelRules(size=9), busy=(3,))
    plan = propose_panel(problem)

    assert set(roles(problem, plan)) == {0, 1, 2}
    assert told(plan) == [
        "Only 3 experts can be proposed for a council of 9 (0 in conflict, 1 busy or paused). Add experts, or ask "
        "those who are busy."
    ]


def test_everyone_in_conflict_gives_an_empty_plan_and_says_so() -> None:
    plan = propose_panel(make_problem(GOOD, rules=PanelRules(size=5), in_conflict=tuple(range(7))))

    assert (plan.seats, plan.reserves, plan.gap) == ((), (), 0.0)
    assert told(plan) == [
        "Everyone who fits is in conflict with this case (7 people). Add experts, or have the conflicts checked that "
        "are only potential.",
    ]


def test_no_candidates_at_all() -> None:
    plan = propose_panel(make_problem([], rules=PanelRules(size=5)))

    assert (plan.seats, plan.gap) == ((), 0.0)
    assert told(plan) == ["No expert has evidence on this draft. Add experts, or look at its themes again."]


def test_no_themes_at_all_takes_the_best_scores() -> None:
    problem = make_problem([[], [], [], []], rules=PanelRules(size=3), scores=[0.1, 0.9, 0.5, 0.4], required=())

    assert set(roles(problem, propose_panel(problem))) == {1, 2, 3}


def test_the_less_important_rule_gives_way() -> None:
    # Theme 1 is covered only by people of one body; three of them are needed for three themes, at most one is asked.
    rules = PanelRules(size=4, max_per_organisation=1, min_women=1)
    problem = make_problem(
        [[0.9, 0, 0], [0, 0.9, 0], [0, 0, 0.9], [0.1, 0.1, 0.1], [0.2, 0.1, 0.1]],
        rules=rules,
        organisations=["một", "một", "một", "hai", "ba"],
        women=(4,),
    )
    plan = propose_panel(problem)

    assert set(roles(problem, plan)) == {0, 1, 2, 4}
    assert told(plan) == [
        "Up to 3 members come from one organisation instead of 1; the other rules leave no choice.",
        "1 of the 4 members proposed have no evidence on any theme of the draft: the directory holds too few who may "
        "sit. A smaller council, or more experts in these fields, would help.",
    ]
    assert plan.is_proven


def test_a_small_council_keeps_the_heaviest_themes() -> None:
    problem = make_problem(
        [[0.9, 0, 0], [0, 0.9, 0], [0, 0, 0.9]],
        rules=PanelRules(size=2, min_reviewers=1),
        weights=[0.2, 0.5, 0.3],
    )
    plan = propose_panel(problem)

    assert plan.uncovered == (0,)
    assert told(plan) == [
        "A council of this size cannot cover “chủ đề 0” as well. Make it larger, or make a theme “desired”."
    ]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 12))
def test_every_plan_keeps_what_no_office_may_break(seed: int, size: int) -> None:
    dice = np.random.default_rng(seed)
    count = int(dice.integers(1, 40))
    some = tuple(int(i) for i in np.flatnonzero(dice.random(count) < 0.3))
    others = tuple(int(i) for i in np.flatnonzero(dice.random(count) < 0.3))
    problem = make_problem(
        dice.random((count, 4)).tolist(),
        rules=PanelRules(size=size, min_abroad=1, max_per_organisation=2),
        organisations=[f"cơ quan {int(dice.integers(0, 6))}" for _ in range(count)],
        in_conflict=some,
        busy=others,
        abroad=tuple(range(0, count, 3)),
    )
    plan = propose_panel(problem, seconds=10)
    seats = roles(problem, plan)

    assert len(seats) == len(plan.seats) == min(size, count - len(set(some) | set(others)))
    assert not set(seats) & (set(some) | set(others))
    assert not {r.expert_id for r in plan.reserves} & {s.expert_id for s in plan.seats}
    assert sum(role is SeatRole.CHAIR for role in seats.values()) == min(1, len(seats))
    assert sum(role is SeatRole.REVIEWER for role in seats.values()) == min(2, max(0, len(seats) - 1))
    assert plan.is_proven


def test_one_more_candidate_never_makes_the_council_worse() -> None:
    dice = np.random.default_rng(11)
    for _ in range(10):
        scores = dice.random((12, 3))
        fewer = propose_panel(make_problem(scores[:11].tolist(), rules=PanelRules(size=4)))
        more = propose_panel(make_problem(scores.tolist(), rules=PanelRules(size=4)))

        assert more.objective >= fewer.objective - 1e-9


def test_a_rule_more_never_makes_the_council_better() -> None:
    dice = np.random.default_rng(12)
    for _ in range(10):
        scores = dice.random((15, 3)).tolist()
        free = make_problem(scores, rules=PanelRules(size=4), abroad=(0, 1, 2, 3))
        bound = propose_panel(free).objective

        assert propose_panel(replace(free, rules=PanelRules(size=4, min_abroad=2))).objective <= bound + 1e-9
