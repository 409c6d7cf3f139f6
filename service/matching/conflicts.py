"""Who may not review this draft, and why: from records and profiles only, never from guesses about people.

Hard conflicts bar, unless they are potential: then the expert stays in the ranking, marked, for a person to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from search.vietnamese import fold
from service.directory.organisations import OrganisationDirectory
from service.i18n import N_
from service.matching.candidates import Candidate, CaseParties
from service.matching.results import Conflict, ConflictKind


def find_conflicts(
    candidates: Sequence[Candidate], parties: CaseParties, *, as_of: date, organisations: OrganisationDirectory
) -> list[Conflict]:
    """Every conflict of every candidate with this case, in the order of the candidates; none for unknown parties."""
    found = []
    for candidate in candidates:
        for drafter in parties.drafters:
            if fold(drafter.name) == fold(candidate.full_name):
                found.append(
                    Conflict(
                        expert_id=candidate.id,
                        kind=ConflictKind.DRAFTER,
                        is_hard=True,
                        is_potential=False,
                        message=N_("Named as an author of the draft: %(name)s, %(organisation)s."),
                        details={"name": drafter.name, "organisation": drafter.organisation or ""},
                    )
                )
    return found
