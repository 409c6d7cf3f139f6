"""The choice of a council as arrays: what is known of each candidate, what the council must be.

`panel_problem` builds it from plain values; `solver.propose_panel` answers it with ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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
    """What the office asks of a council. What cannot be kept is relaxed; solver.py says in which order.

    `pinned` people sit in the council (in the given role, or in any), even when busy; `banned` people never do.
    `languages`: every member reads one of them. `min_from_outside`: members from outside the requester's sector. The
    last three serve balance and are only asked for when the office wants them.
    """

    size: int = 7
    min_reviewers: int = 2
    require_chair: bool = True  # that the chair is qualified; a council always has one
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
    quality_weight: float = 0.2  # of the members' mean score, beside coverage, whose weight is 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelProblem:
    """n candidates × T themes. Rows are sorted by id, so that equal input gives an equal council in any order.

    `theme_scores[i, t]` is read as the chance that i can judge theme t. `covers[i, t]`: i's evidence on t is enough to
    say so on paper. `entities[i]`: keys of the legal entities i works for. `standing[i]`: 0 for who cannot chair.
    """

    ids: tuple[UUID, ...]
    scores: Floats  # (n,) whole draft, in [0, 1]
    theme_scores: Floats  # (n, T) in [0, 1]
    covers: Flags  # (n, T)
    theme_weights: Floats  # (T,) sums to 1
    theme_labels: tuple[str, ...]
    required: Flags  # (T,)
    entities: tuple[frozenset[str], ...]
    standing: Floats  # (n,) in [0, 1]
    is_abroad: Flags
    is_outside: Flags  # of the requester's sector
    is_woman: Flags
    is_under_40: Flags
    is_newcomer: Flags
    reads: tuple[frozenset[str], ...]  # languages; empty when unknown
    is_free: Flags  # available and below capacity
    in_conflict: Flags
    rules: PanelRules


# How value grows with the evidence on a theme: straight lines between these points of 1 − exp(−z), where z is the sum
# of −ln(1 − score) over the members. Up to there it is the chance that at least one of them can judge the theme.
BREAKPOINTS: Floats = np.array([0.0, 0.2, 0.45, 0.8, 1.2, 1.7, 2.4, 3.4, 5.0])
HEIGHTS: Floats = 1.0 - np.exp(-BREAKPOINTS)
SUREST = 0.95  # no one is surer than this: a second member still adds to a theme


def evidence(theme_scores: Floats) -> Floats:
    """−ln(1 − score): adds up over members."""
    weights: Floats = -np.log1p(-np.clip(theme_scores, 0.0, SUREST))
    return weights


def panel_value(theme_scores: Floats, scores: Floats, weights: Floats, *, size: int, quality_weight: float) -> float:
    """What a council is worth: the weight of the themes it can judge, each with diminishing returns (little is left to
    gain after two strong members), plus `quality_weight` × the members' mean score. Rows are the members."""
    reached = np.interp(evidence(theme_scores).sum(axis=0), BREAKPOINTS, HEIGHTS)
    return float(weights @ reached + quality_weight * scores.sum() / max(size, 1))


_STANDING = (
    ("rank", {"GS": 1.0, "PGS": 0.9}),
    ("degree", {"TSKH": 0.85, "TS": 0.8, "CK2": 0.75}),
)
_LEADER = re.compile(
    r"\b(?:(?:tong )?giam doc|(?:vien|hieu|cuc|vu|chi cuc) truong|chu tich"
    r"|(?:truong|chu nhiem) (?:khoa|phong|ban|bo mon)|director|rector|president|dean|head|chair(?:man|woman|person)?)\b"
)


def standing(candidate: Candidate) -> float:
    """Who may chair, and who rather: GS, PGS, TSKH, TS, CK2, or a leading post (domain.md §3.3); 0 for the others."""
    values = [0.0]
    for attribute, table in _STANDING:
        written = candidate.academic_rank if attribute == "rank" else candidate.degree
        values.append(table.get(written or "", 0.0))
    if _LEADER.search(fold(candidate.position or "")):
        values.append(0.6)
    return max(values)


def can_chair(candidate: Candidate) -> bool:
    return standing(candidate) > 0


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
    reads them as the chance that the person can judge the theme."""
    order = sorted(range(len(ranked)), key=lambda i: ranked[i].expert_id)
    rows = [ranked[i] for i in order]
    people = [candidates[row.expert_id] for row in rows]
    count, width = len(rows), len(themes)
    own = np.array([row.theme_scores for row in rows], dtype=float).reshape(count, width)
    sector = organisations.sector(requester) if requester else None
    employers = [[spell.organisation for spell in p.employments if spell.is_current] for p in people]

    def flags(values: Iterable[bool]) -> Flags:
        return np.fromiter(values, dtype=bool, count=count)

    return PanelProblem(
        ids=tuple(row.expert_id for row in rows),
        scores=np.array([row.score for row in rows], dtype=float),
        theme_scores=own
        if theme_scores is None
        else np.asarray(theme_scores, dtype=float).reshape(count, width)[order],
        covers=np.array([[b is not None for b in row.theme_bands] for row in rows], dtype=bool).reshape(count, width),
        theme_weights=np.array([theme.weight for theme in themes], dtype=float),
        theme_labels=tuple(theme.label for theme in themes),
        required=np.array([theme.importance == "required" for theme in themes], dtype=bool),
        entities=tuple(
            frozenset(filter(None, (organisations.legal_entity(name) for name in names))) for names in employers
        ),
        standing=np.array([standing(p) for p in people], dtype=float),
        is_abroad=flags(p.is_abroad for p in people),
        is_outside=flags(
            sector is None or all(organisations.sector(name) != sector for name in names) for names in employers
        ),
        is_woman=flags(p.gender == "female" for p in people),
        is_under_40=flags(p.birth_year is not None and as_of.year - p.birth_year < 40 for p in people),
        is_newcomer=flags(p.id in newcomers for p in people),
        reads=tuple(frozenset(p.languages) for p in people),
        is_free=flags(p.is_available and p.load < p.capacity for p in people),
        in_conflict=flags(p.id in in_conflict for p in people),
        rules=rules,
    )
