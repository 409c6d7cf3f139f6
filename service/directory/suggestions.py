"""What the search box offers while somebody types: people, fields, keywords, organisations, places.

Nothing is offered that a search would not find: everything is looked up among those whom the reader may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Integer, collate, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from search.vietnamese import is_marked, same_marks, syllables
from service.access.policy import Action, Actor, require
from service.database.models import Expert
from service.directory.columns import Columns, FacetColumns
from service.directory.facets import NEVER_SHOWN
from service.directory.vocabulary import Term, TermKind, Vocabulary

_MOST = 10
_MOST_PEOPLE = 5
_CANDIDATES = 20  # of each kind looked at
_LONGEST = 100  # characters; who types more is not looking for a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """`kind`: person, or a TermKind. `code`: a person's id, the facet's code for fields and places, else the text."""

    kind: str
    text: str
    code: str
    detail: str = ""  # where a person works


async def suggest(
    session: AsyncSession, actor: Actor, text: str, *, vocabulary: Vocabulary, columns: FacetColumns
) -> tuple[Suggestion, ...]:
    """Case and marks do not count, but what is spelled as typed comes first. People first when it can be a name.

    Four statements at most, and none for a single letter or a long text.
    """
    require(actor, Action.SEARCH_DIRECTORY)
    words = syllables(text)
    folded = " ".join(words)
    if len(folded) < 2 or len(text) > _LONGEST:
        return ()
    people = await _people(session, text, folded)
    terms = await _still_there(session, vocabulary.starting_with(folded, _CANDIDATES), columns)
    if is_marked(text):
        typed = same_marks(text)
        terms.sort(key=lambda term: not _has(same_marks(term.text), typed))
    offered = [
        Suggestion(kind=str(term.kind), text=term.text, code=term.code)
        for term in terms[: _MOST - min(len(people), _MOST_PEOPLE)]
    ]
    people = people[: max(_MOST_PEOPLE, _MOST - len(offered))]
    return tuple([*people, *offered] if vocabulary.are_names(words) else [*offered, *people])


async def _people(session: AsyncSession, text: str, folded: str) -> list[Suggestion]:
    """Whose name, or given name, begins so; or ends so from some word on ("van duong")."""
    # Just these two have an index that knows beginnings.
    name = collate(Expert.name_fold, "C")
    last_name = collate(func.split_part(Expert.name_fold, " ", -1), "C")
    last = folded.rsplit(" ", 1)[-1]
    ends_so = last_name.startswith(last, autoescape=True)
    if last != folded:
        ends_so &= Expert.name_fold.contains(f" {folded}", autoescape=True)
    conditions = [(name.startswith(folded, autoescape=True), name), (ends_so, last_name)]
    parts: list[Any] = []
    for rank, spelled in enumerate([Expert.full_name.icontains(text, autoescape=True)] if is_marked(text) else []):
        parts += [_found(condition & spelled, order, rank) for condition, order in conditions]
    parts += [_found(condition, order, 1) for condition, order in conditions]
    rows = (await session.execute(union_all(*(select(part.subquery()) for part in parts)))).all()
    seen: dict[UUID, Any] = {}
    for row in sorted(rows, key=lambda row: (row.rank, row.sort_key)):
        seen.setdefault(row.id, row)
    return [
        Suggestion(kind="person", text=row.full_name, code=str(row.id), detail=row.organisation_text or "")
        for row in list(seen.values())[:_MOST]
    ]


def _found(condition: Any, order: Any, rank: int) -> Any:
    return (
        select(
            Expert.id, Expert.full_name, Expert.organisation_text, Expert.sort_key, literal(rank, Integer).label("rank")
        )
        .where(condition, Expert.state.not_in(NEVER_SHOWN))
        .order_by(order)
        .limit(_MOST)
    )


async def _still_there(session: AsyncSession, terms: Sequence[Term], columns: FacetColumns) -> list[Term]:
    """Those that somebody has whom the reader may see."""
    witnesses = {one for term in terms for one in term.witnesses}
    keywords: set[str] = set()
    organisations: set[str] = set()
    if witnesses:
        rows = await session.execute(
            select(Expert.keywords, Expert.organisation_text).where(
                Expert.id.in_(witnesses), Expert.state.not_in(NEVER_SHOWN)
            )
        )
        for own, organisation in rows:
            keywords.update(own)
            organisations.add(organisation or "")
    current = await columns.current(session) if any(not term.witnesses for term in terms) else Columns()
    return [
        term
        for term in terms
        if (term.kind is TermKind.KEYWORD and term.text in keywords)
        or (term.kind is TermKind.ORGANISATION and term.text in organisations)
        or (not term.witnesses and _is_had(current, term))
    ]


def _is_had(columns: Columns, term: Term) -> bool:
    name = "unit" if term.kind is TermKind.UNIT else "field_group" if len(term.code) == 1 else "field"
    # A field of the third level is shown as the one above it.
    row = columns.values.get((name, term.code if term.kind is TermKind.UNIT else term.code[:3]))
    if row is None:
        return False
    return bool((np.unpackbits(columns.bits[row], count=columns.size, bitorder="little") & columns.is_shown).any())


def _has(words: Sequence[str], typed: Sequence[str]) -> bool:
    """Whether these words stand there in a row; of the last one, its beginning is enough."""
    *whole, begun = typed
    length = len(typed)
    return any(
        list(words[at : at + length - 1]) == whole and words[at + length - 1].startswith(begun)
        for at in range(len(words) - length + 1)
    )
