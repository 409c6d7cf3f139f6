"""One can() decides for pages, API, search, export, mail and counts. Denied unless a rule allows it.

Until accounts exist there are two actors: the local operator, who sits at the machine that runs the service (it binds
127.0.0.1 only), and nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.errors import NotAllowedError


class Role(StrEnum):
    NOBODY = "nobody"
    LOCAL_OPERATOR = "local_operator"


@dataclass(frozen=True, slots=True)
class Actor:
    role: Role


NOBODY = Actor(Role.NOBODY)
LOCAL_OPERATOR = Actor(Role.LOCAL_OPERATOR)


class Action(StrEnum):
    SEARCH_DIRECTORY = "search_directory"
    READ_EXPERT = "read_expert"
    READ_CASE = "read_case"
    MATCH_CASE = "match_case"
    IMPORT_ROSTER = "import_roster"
    READ_STATUS = "read_status"
    READ_SHORTLIST = "read_shortlist"  # lists of people and kept searches
    EDIT_SHORTLIST = "edit_shortlist"
    EXPORT_DIRECTORY = "export_directory"  # people as a file


_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.NOBODY: frozenset(),
    Role.LOCAL_OPERATOR: frozenset(Action),
}


def can(actor: Actor, action: Action, thing: object | None = None, field: str | None = None) -> bool:
    """Whether the actor may do this to the thing (a row, or None for the kind), and see this field group of it."""
    del thing, field  # no rule needs them yet: the local operator sees all, nobody sees nothing
    return action in _ALLOWED[actor.role]


def require(actor: Actor, action: Action, thing: object | None = None, field: str | None = None) -> None:
    """Raises NotAllowedError unless `can` says yes."""
    if not can(actor, action, thing, field):
        raise NotAllowedError
