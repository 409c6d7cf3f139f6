"""The best council under all rules, with its proof: pure, exact, the same for the same input.

1. A council is built greedily and improved by exchanges: a good proposal within milliseconds.
2. The linear relaxation (HiGHS) bounds every council; people who cannot be in a better one are left out.
3. Branch and bound on the rest proves the optimum, or time runs out and the gap that is left is told.

When the rules contradict each other they are taken up again in order of importance (limits.IN_ORDER_OF_IMPORTANCE),
each as far as it can be kept beside the more important ones, so that a council still comes out.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock
from time import perf_counter

import highspy
import numpy as np
from numpy.typing import NDArray

from service.matching.limits import (
    IN_ORDER_OF_IMPORTANCE,
    Levels,
    Limit,
    asked_levels,
    gave_way,
    limits,
    may_sit,
    nothing_asked,
)
from service.matching.plan import plan_of
from service.matching.problem import BREAKPOINTS, HEIGHTS, Flags, Floats, PanelProblem, evidence
from service.matching.results import AssignmentPlan

_SAFE = 1e-7  # a bound must be worse than the best council by this much before someone is left out
_EQUAL = 1e-9
_VIOLATION = 10.0  # what one broken limit costs in the exchanges: more than any council is worth


def propose_panel(problem: PanelProblem, *, seconds: float = 3.0) -> AssignmentPlan:
    """The optimum with its proof (`gap` 0), or the best council found within `seconds` and the gap that is left; with 0
    seconds, the council of the exchanges. Always a plan: `unmet` says which rules could not be kept and what would
    help; without anyone to propose it is empty."""
    started = perf_counter()
    asked, notices = asked_levels(problem)
    if asked.size == 0:
        return plan_of(problem, asked, [], notices, bound=0.0, seconds=perf_counter() - started)
    levels = asked
    found = _Search(problem, levels).best(deadline=started + seconds)
    if found is None:
        levels = _reconciled(problem, asked, deadline=started + 2 * seconds)
        notices += gave_way(problem, asked, levels)
        found = _Search(problem, levels).best(deadline=max(started + seconds, perf_counter() + seconds / 2))
        if found is None:  # the time is over: the exchanges' council breaks as little as they could manage
            found = _Search(problem, levels).first()
    return plan_of(problem, levels, found.members, notices, bound=found.bound, seconds=perf_counter() - started)


def _reconciled(problem: PanelProblem, asked: Levels, *, deadline: float) -> Levels:
    """The strongest levels that can be kept together, the most important rule first."""
    levels = nothing_asked(asked)
    for rule in IN_ORDER_OF_IMPORTANCE:
        if rule == "themes":  # each for itself, the heaviest first
            for theme in asked.themes:
                attempt = replace(levels, themes=(*levels.themes, theme))
                if _Search(problem, attempt).is_possible(deadline=deadline):
                    levels = attempt
            continue
        for attempt in replace(levels, **{rule: getattr(asked, rule)}).steps_down(rule):
            if _Search(problem, attempt).is_possible(deadline=deadline):
                levels = attempt
                break
    return levels


@dataclass(frozen=True, slots=True)
class _Found:
    members: list[int]
    bound: float


class _Search:
    """One set of levels, prepared: the people who may sit (columns) and the limits over them (rows)."""

    def __init__(self, problem: PanelProblem, levels: Levels) -> None:
        self.people = np.flatnonzero(may_sit(problem, levels))
        self.size = levels.size
        kept: list[Limit] = [limit for limit in limits(problem, levels) if limit.members.any() or limit.at_least > 0]
        self.rows = np.array([limit.members[self.people] for limit in kept], dtype=float).reshape(-1, len(self.people))
        self.at_least = np.array([limit.at_least for limit in kept], dtype=float)
        self.at_most = np.array([limit.at_most for limit in kept], dtype=float)
        self.evidence = evidence(problem.theme_scores[self.people])
        self.weights = problem.theme_weights
        self.quality = problem.rules.quality_weight * problem.scores[self.people] / max(levels.size, 1)

    # -- exchanges ---------------------------------------------------------------------------------------------------

    def first(self) -> _Found:
        """A council by greed and exchanges; it may break limits when keeping them is hard."""
        members = self._improved(self._greedy([]))
        return _Found([int(self.people[i]) for i in members], bound=self._loose_bound())

    def _loose_bound(self) -> float:
        best = np.sort(self.evidence, axis=0)[-self.size :].sum(axis=0)
        heights = np.interp(best, BREAKPOINTS, HEIGHTS)
        return float(heights @ self.weights + np.sort(self.quality)[-self.size :].sum())

    def _merit(self, reached: Floats, counts: Floats, quality: Floats | float) -> Floats:
        """Value less the cost of broken limits, for councils given by columns."""
        heights = np.interp(reached, BREAKPOINTS, HEIGHTS)
        broken = np.maximum(self.at_least[:, None] - counts, 0) + np.maximum(counts - self.at_most[:, None], 0)
        merit: Floats = heights @ self.weights + quality - _VIOLATION * broken.sum(axis=0)
        return merit

    def _greedy(self, members: list[int]) -> list[int]:
        members = list(members)
        while len(members) < min(self.size, len(self.people)):
            reached = self.evidence[members].sum(axis=0) + self.evidence
            counts = self.rows[:, members].sum(axis=1)[:, None] + self.rows
            merit = self._merit(reached, counts, self.quality)
            merit[members] = -np.inf
            members.append(int(np.argmax(merit)))
        return members

    def _improved(self, members: list[int]) -> list[int]:
        """Exchanges one member for one outsider while that helps; of equal ones the first in order of ids."""
        members = sorted(members)
        best = self._merit_of(members)
        for _ in range(200):
            gains: list[tuple[float, int, int]] = []
            for place, member in enumerate(members):
                others = members[:place] + members[place + 1 :]
                merit = self._merit(
                    self.evidence[others].sum(axis=0) + self.evidence,
                    self.rows[:, others].sum(axis=1)[:, None] + self.rows,
                    self.quality + self.quality[others].sum(),
                )
                merit[members] = -np.inf
                candidate = int(np.argmax(merit))
                gains.append((float(merit[candidate]), -member, candidate))
            value, member, candidate = max(gains) if gains else (-np.inf, 0, 0)
            if value <= best + _EQUAL:
                return members
            members = sorted([m for m in members if m != -member] + [candidate])
            best = value
        return members

    def _merit_of(self, members: list[int]) -> float:
        return float(
            self._merit(
                self.evidence[members].sum(axis=0)[None, :],
                self.rows[:, members].sum(axis=1)[:, None],
                float(self.quality[members].sum()),
            )[0]
        )

    def _keeps_limits(self, members: list[int]) -> bool:
        counts = self.rows[:, members].sum(axis=1)
        return bool((counts >= self.at_least).all() and (counts <= self.at_most).all())

    # -- proof -------------------------------------------------------------------------------------------------------

    def is_possible(self, *, deadline: float) -> bool:
        """Whether any council keeps all limits."""
        if len(self.people) < self.size:
            return False
        if self._keeps_limits(self._improved(self._greedy([]))):
            return True
        solved = self._branch_and_bound(np.ones(len(self.people), dtype=bool), None, deadline, ignore_value=True)
        return solved is not None

    def best(self, *, deadline: float) -> _Found | None:
        """None when no council keeps all limits, or none was found in time."""
        if len(self.people) < self.size:
            return None
        members: list[int] | None = self._improved(self._greedy([]))
        if members is not None and not self._keeps_limits(members):
            members = None
        if members is not None and perf_counter() >= deadline:
            return _Found([int(self.people[i]) for i in self._first_of_equals(members)], bound=self._loose_bound())
        relaxed = self._relaxation(deadline)
        if relaxed is None:
            return None
        bound, fractions, reduced = relaxed
        rounded = self._improved([int(i) for i in np.argsort(-fractions, kind="stable")[: self.size]])
        if self._keeps_limits(rounded) and (members is None or self._merit_of(rounded) > self._merit_of(members)):
            members = rounded
        value = self._merit_of(members) if members is not None else -np.inf
        if bound - value > _EQUAL:
            kept = bound + reduced > value - _SAFE
            solved = self._branch_and_bound(kept, members, deadline)
            if solved is not None:
                proven, limit = solved
                if members is None or self._merit_of(proven) > value + _EQUAL:
                    members = proven
                bound = min(bound, max(limit, self._merit_of(members)))
        if members is None:
            return None
        members = self._first_of_equals(members)
        return _Found([int(self.people[i]) for i in members], bound=max(bound, self._merit_of(members)))

    def _first_of_equals(self, members: list[int]) -> list[int]:
        """Of councils worth the same, one exchange apart, the one with the smaller ids."""
        best = self._merit_of(members)
        for member in sorted(members, reverse=True):
            others = [m for m in members if m != member]
            for candidate in range(member):
                if candidate not in others and self._merit_of([*others, candidate]) >= best - _EQUAL / 10:
                    members = sorted([*others, candidate])
                    break
        return sorted(members)

    def _relaxation(self, deadline: float) -> tuple[float, Floats, Floats] | None:
        """The linear bound, the fractions and the reduced costs (how much the bound falls when someone is forced in);
        without time for that, what the best people would be worth on each theme apart. None when nobody fits."""
        solver = _solver(deadline)
        solver.passModel(self._model(np.ones(len(self.people), dtype=bool), is_whole=False, ignore_value=False))
        solver.run()
        count = len(self.people)
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return None
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return self._loose_bound(), self.quality, np.zeros(count)
        solution = solver.getSolution()
        fractions = np.array(solution.col_value[:count])
        reduced = np.where(fractions < 0.5, np.minimum(np.array(solution.col_dual[:count]), 0.0), 0.0)
        return float(solver.getInfo().objective_function_value), fractions, reduced

    def _branch_and_bound(
        self, kept: Flags, start: list[int] | None, deadline: float, *, ignore_value: bool = False
    ) -> tuple[list[int], float] | None:
        """The best council among the people kept, and the proven bound on it."""
        solver = _solver(deadline)
        solver.passModel(self._model(kept, is_whole=True, ignore_value=ignore_value))
        columns = np.flatnonzero(kept)
        if start is not None:
            place = {int(column): index for index, column in enumerate(columns)}
            if all(member in place for member in start):
                guess = highspy.HighsSolution()
                guess.col_value = self._column_values(kept, start).tolist()
                solver.setSolution(guess)
        solver.run()
        status, info = solver.getModelStatus(), solver.getInfo()
        has_solution = info.primal_solution_status == 2
        if status == highspy.HighsModelStatus.kInfeasible or not has_solution:
            return None
        chosen = np.array(solver.getSolution().col_value[: len(columns)])
        members = sorted(int(columns[i]) for i in np.argsort(-chosen, kind="stable")[: self.size])
        if not self._keeps_limits(members):
            return None
        return members, float(info.mip_dual_bound)

    def _column_values(self, kept: Flags, members: list[int]) -> Floats:
        chosen = np.zeros(len(self.people))
        chosen[members] = 1.0
        reached = self.evidence[members].sum(axis=0)
        return np.concatenate([chosen[kept], reached, np.interp(reached, BREAKPOINTS, HEIGHTS)])

    def _model(self, kept: Flags, *, is_whole: bool, ignore_value: bool) -> highspy.HighsLp:
        """Columns: people, evidence reached on each theme, its height. Rows: limits, sums of evidence, and the lines
        whose lower envelope is the height."""
        evidence_kept = self.evidence[kept]
        count, themes = evidence_kept.shape
        lines = len(BREAKPOINTS) - 1
        slopes = np.diff(HEIGHTS) / np.diff(BREAKPOINTS)
        starts = HEIGHTS[:-1] - slopes * BREAKPOINTS[:-1]
        members = np.hstack([self.rows[:, kept], np.zeros((len(self.rows), 2 * themes))])
        sums = np.hstack([evidence_kept.T, -np.eye(themes), np.zeros((themes, themes))])
        under = np.hstack(
            [
                np.zeros((themes * lines, count)),
                np.kron(np.eye(themes), -slopes[:, None]),
                np.kron(np.eye(themes), np.ones((lines, 1))),
            ]
        )
        matrix = np.vstack([members, sums, under])
        infinite = np.full(themes * lines, np.inf)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = count + 2 * themes, len(matrix)
        model.sense_ = highspy.ObjSense.kMaximize
        value = np.concatenate([self.quality[kept], np.zeros(themes), self.weights])
        model.col_cost_ = np.zeros_like(value) if ignore_value else value
        model.col_lower_ = np.zeros(model.num_col_)
        model.col_upper_ = np.concatenate(
            [np.ones(count), np.full(themes, np.inf), np.full(themes, float(HEIGHTS[-1]))]
        )
        model.row_lower_ = np.concatenate([self.at_least, np.zeros(themes), -infinite])
        model.row_upper_ = np.concatenate([self.at_most, np.zeros(themes), np.tile(starts, themes)])
        rows, columns = np.nonzero(matrix)
        offsets: NDArray[np.int64] = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(matrix)))])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = offsets
        model.a_matrix_.index_ = columns
        model.a_matrix_.value_ = matrix[rows, columns]
        if is_whole:
            whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
            model.integrality_ = [whole] * count + [real] * (2 * themes)
        return model


_STARTING = Lock()


@cache
def _silence_the_first() -> None:
    """The library greets on standard output when its first solver of a process is made, and cannot be told not to; a
    command's JSON must not carry that."""
    with _STARTING:
        sys.stdout.flush()
        try:
            kept = os.dup(1)
        except OSError:  # no standard output at all
            return
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted, not a path
            os.dup2(nowhere.fileno(), 1)
            try:
                highspy.Highs()  # type: ignore[no-untyped-call]
            finally:
                os.dup2(kept, 1)
                os.close(kept)


def _solver(deadline: float) -> highspy.Highs:
    """One thread, no gap allowed (the library's default gap is not exact)."""
    _silence_the_first()
    solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.0),
        ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
        ("dual_feasibility_tolerance", 1e-9),
        ("time_limit", max(0.05, deadline - perf_counter())),
    ):
        solver.setOptionValue(option, value)
    return solver
