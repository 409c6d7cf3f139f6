"""The words of the directory: whose names, keywords, fields, organisations and places there are to search for.

Held in this process, and read again when the directory has changed. What is suggested while somebody types is looked up
once more in the database, since the copy may be a minute old.
"""

from __future__ import annotations

import asyncio
import bisect
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from search.vietnamese import fold, syllables
from service.database.models import Expert, ExpertField
from service.directory.columns import Columns, FacetColumns
from service.directory.facets import NEVER_SHOWN
from service.directory.fields import load_field_list
from service.directory.places import load_gazetteer

_READ_AGAIN_SECONDS = 60.0
_QUICK_SECONDS = 0.2
_WITNESSES = 3
_LONGEST_TERM = 120  # characters; longer ones are sentences and nobody wants them suggested


class TermKind(StrEnum):
    FIELD = "field"
    KEYWORD = "keyword"
    ORGANISATION = "organisation"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Term:
    """`people` have it; `witnesses` are the ids of some of them. `code` is that of the facet, for fields and units."""

    kind: TermKind
    text: str
    code: str
    people: int
    witnesses: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`words`: folded word → how it is most often written; those of most people first. `name_words`: those that stand
    in people's names."""

    terms: tuple[Term, ...] = ()
    folded: tuple[str, ...] = ()  # of each term
    words: Mapping[str, str] = field(default_factory=dict)
    name_words: frozenset[str] = frozenset()
    starts: Sequence[tuple[str, int]] = ()  # each term from each of its words on, folded, in order

    def starting_with(self, folded: str, limit: int) -> list[Term]:
        """Terms in which some word and those after it begin so: first those that begin so themselves, by people."""
        at = bisect.bisect_left(self.starts, (folded, -1))
        found: dict[int, bool] = {}
        # "\uffff" is beyond every letter.
        for start, number in self.starts[at : bisect.bisect_left(self.starts, (folded + "\uffff", -1))]:
            found[number] = found.get(number, False) or start == self.folded[number]
        order = sorted(found, key=lambda n: (not found[n], -self.terms[n].people, len(self.terms[n].text)))
        return [self.terms[number] for number in order[:limit]]

    def are_names(self, words: Sequence[str]) -> bool:
        """Whether folded words can be a person's; of the last one, its beginning is enough."""
        if not words or not all(word in self.name_words for word in words[:-1]):
            return False
        return any(name.startswith(words[-1]) for name in self.name_words)


class VocabularyKeeper:
    """The vocabulary of this process."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._of: Columns | None = None  # the state of the directory that it was read from
        self._read_at = 0.0
        self._took = 0.0
        self._lock = asyncio.Lock()

    async def current(self, session: AsyncSession, columns: FacetColumns, *, must_be_fresh: bool = False) -> Vocabulary:
        """At most a minute old; with `must_be_fresh` as the directory is now, where reading it is quick. One statement
        while nothing has changed."""
        now = await columns.current(session)
        if not self._is_due(now, must_be_fresh):
            return self._vocabulary
        if self._of is not None and not must_be_fresh and self._lock.locked():
            return self._vocabulary  # somebody is reading it just now
        async with self._lock:
            if self._is_due(now, must_be_fresh):  # nobody has read it meanwhile
                started = time.monotonic()
                rows = [tuple(row) for row in await session.execute(_SOURCE)]
                places = [tuple(row) for row in await session.execute(_PLACES)]
                self._vocabulary = await asyncio.to_thread(_build, rows, places)
                self._of, self._read_at = now, time.monotonic()
                self._took = self._read_at - started
        return self._vocabulary

    def _is_due(self, now: Columns, must_be_fresh: bool) -> bool:
        if self._of is None:
            return True
        if now is self._of:
            return False
        is_quick = must_be_fresh and self._took < _QUICK_SECONDS
        return is_quick or time.monotonic() - self._read_at > _READ_AGAIN_SECONDS


def _counted(kind: str, text: Any, *conditions: Any) -> Any:
    some = func.array_agg(Expert.id)[1:_WITNESSES]
    shown = Expert.state.not_in(NEVER_SHOWN)
    return select(literal(kind, String), text, func.count(), some).where(shown, *conditions).group_by(text)


# A set beside each expert, and no join of all with all.
_KEYWORD = func.unnest(Expert.keywords).table_valued("word", joins_implicitly=True).render_derived().lateral().c.word
_NAME_WORD = (
    func.regexp_split_to_table(Expert.full_name, r"\s+")
    .table_valued("word", joins_implicitly=True)
    .render_derived()
    .lateral()
    .c.word
)
_SOURCE = union_all(
    _counted("keyword", _KEYWORD),
    _counted("organisation", Expert.organisation_text, Expert.organisation_text.is_not(None)),
    _counted("name", _NAME_WORD),
    _counted("field", ExpertField.code, ExpertField.expert_id == Expert.id),
)


def _places_of(prefix: str) -> Any:
    columns = [getattr(Expert, f"{prefix}_{part}") for part in ("legacy_code", "new_code", "precision")]
    return select(*columns, func.count()).where(Expert.state.not_in(NEVER_SHOWN)).group_by(*columns)


_PLACES = union_all(_places_of("hometown"), _places_of("residence"))


def _build(rows: Iterable[tuple[Any, ...]], places: Iterable[tuple[Any, ...]]) -> Vocabulary:
    field_list, gazetteer = load_field_list(), load_gazetteer()
    terms: list[Term] = []
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    name_words: set[str] = set()
    fields: Counter[str] = Counter()
    for kind, text, people, witnesses in rows:
        if kind == "field":
            for code in field_list.ancestors(text):
                fields[code] += people
            continue
        for word in text.split():
            spellings[fold(word).strip(".,;:()\"'")][word.strip(".,;:()\"'")] += people
        if kind == "name":
            name_words.update(syllables(text))
        elif len(text) <= _LONGEST_TERM:
            terms.append(Term(TermKind(kind), text, text, people, tuple(witnesses)))
    for code, people in fields.items():
        names = {field_list.name(code), field_list.name(code, english=True)}
        terms += [Term(TermKind.FIELD, name, code, people) for name in sorted(names)]
        for word in " ".join(sorted(names)).split():
            spellings[fold(word).strip(",;")][word.strip(",;").lower()] += people
    units: Counter[str] = Counter()
    for legacy_code, new_code, precision, people in places:
        if unit := gazetteer.new_unit_of(legacy_code, new_code, precision):
            units[unit] += people
    terms += [Term(TermKind.UNIT, unit, unit, people) for unit, people in units.items()]
    folded = tuple(" ".join(syllables(term.text)) for term in terms)
    by_use = sorted(spellings.items(), key=lambda item: -item[1].total())
    return Vocabulary(
        terms=tuple(terms),
        folded=folded,
        words={word: counts.most_common(1)[0][0] for word, counts in by_use if word},
        name_words=frozenset(name_words),
        starts=sorted(_starts(folded)),
    )


def _starts(folded: Sequence[str]) -> Iterable[tuple[str, int]]:
    for number, text in enumerate(folded):
        words = text.split()
        for first in range(len(words)):
            yield " ".join(words[first:]), number
