"""The choice of a council as arrays: what is known of each candidate, what the council must be.

`panel_problem` builds it from plain values; `solver.propose_panel` answers it with ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from search.vietnamese import fold
from service.directory.organisations import OrganisationDirectory
from service.matching.candidates import Candidate
from service.matching.results import FoundTheme, RankedExpert, SeatRole

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRules:
    """What the office asks of a council. Rules that cannot be kept are relaxed in the order of solver.RELAXED_FIRST.

    `pinned` people sit in the council (in the given role, or in any); `banned` people never do. `languages`: every
    member reads one of them. `min_from_outside`: members from outside the requester's sector. The last three serve
    balance and are only set when the office asks.
    """

    size: int = 7
    min_reviewers: int = 2
    require_chair: bool = True
    require_secretary: bool = True
    max_per_organisation: int = 2
    min_abroad: int = 0
    languages: tuple[str, ...] = ()
    min_from_outside: int = 0
    min_women: int = 0
    min_under_40: int = 0
    min_newcomers: int = 0
    pinned: Mapping[UUID, SeatRole | None] = field(default_factory=dict)
    banned: frozenset[UUID] = frozenset()
    reserves: int = 5
    quality_weight: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelProblem:
    """n candidates × T themes. Rows are sorted by id, so that equal input gives an equal council in any order.

    `entities[i]`: keys of the legal entities i works for. `covers[i, t]`: i's evidence is enough for theme t.
    """

    ids: tuple[UUID, ...]
    scores: Floats  # (n,) whole draft, in [0, 1]
    theme_scores: Floats  # (n, T) in [0, 1]
    covers: Flags  # (n, T)
    theme_weights: Floats  # (T,) sums to 1
    theme_labels: tuple[str, ...]
    required: Flags  # (T,)
    entities: tuple[frozenset[str], ...]
    can_chair: Flags
    is_abroad: Flags
    is_outside: Flags  # of the requester's sector
    is_woman: Flags
    is_under_40: Flags
    is_newcomer: Flags
    reads: tuple[frozenset[str], ...]  # languages; empty when unknown
    is_free: Flags  # available and below capacity
    in_conflict: Flags
    rules: PanelRules


_LEADERS = ("giam doc", "vien truong", "hieu truong", "chu tich", "chi cuc truong", "truong khoa", "truong phong")


def can_chair(candidate: Candidate) -> bool:
    """A doctorate, a rank of GS or PGS, CK2, or a leading post (domain.md §3.3)."""
    if candidate.academic_rank or candidate.degree in {"TSKH", "TS", "CK2"}:
        return True
    position = fold(candidate.position or "")
    return any(leader in position for leader in _LEADERS)


def panel_problem(
    ranked: Sequence[RankedExpert],
    candidates: Mapping[UUID, Candidate],
    themes: Sequence[FoundTheme],
    *,
    rules: PanelRules,
    organisations: OrganisationDirectory,
    as_of: date,
    in_conflict: frozenset[UUID] = frozenset(),
    requester: str | None = None,
    newcomers: frozenset[UUID] = frozenset(),
    theme_scores: Floats | None = None,
) -> PanelProblem:
    """The problem for these people. `theme_scores` replaces the experts' own (same order as `ranked`): the solver
    reads them as the chance that the person covers the theme."""
    order = sorted(range(len(ranked)), key=lambda i: ranked[i].expert_id)
    people = [candidates[ranked[i].expert_id] for i in order]
    rows = [ranked[i] for i in order]
    count, width = len(rows), len(themes)
    own = np.array([r.theme_scores for r in rows], dtype=float).reshape(count, width)

    def flags(values: Sequence[bool]) -> Flags:
        return np.array(values, dtype=bool).reshape(count)

    return PanelProblem(
        ids=tuple(r.expert_id for r in rows),
        scores=np.array([r.score for r in rows], dtype=float),
        theme_scores=own
        if theme_scores is None
        else np.asarray(theme_scores, dtype=float)[order].reshape(count, width),
        covers=np.array([[b is not None for b in r.theme_bands] for r in rows], dtype=bool).reshape(count, width),
        theme_weights=np.array([t.weight for t in themes], dtype=float),
        theme_labels=tuple(t.label for t in themes),
        required=np.array([t.importance == "required" for t in themes], dtype=bool),
        entities=tuple(
            frozenset(
                key
                for spell in person.employments
                if spell.is_current
                for key in organisations.legal_entities(spell.organisation)
            )
            for person in people
        ),
        can_chair=flags([can_chair(p) for p in people]),
        is_abroad=flags([p.is_abroad for p in people]),
        is_outside=flags([True for p in people]),
        is_woman=flags([p.gender == "female" for p in people]),
        is_under_40=flags([p.birth_year is not None and as_of.year - p.birth_year < 40 for p in people]),
        is_newcomer=flags([p.id in newcomers for p in people]),
        reads=tuple(frozenset(p.languages) for p in people),
        is_free=flags([p.is_available and p.load < p.capacity for p in people]),
        in_conflict=flags([p.id in in_conflict for p in people]),
        rules=rules,
    )
