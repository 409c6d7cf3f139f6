"""What filters, counts and orders need of every expert: columns held in this process, kept in step with the database.

A search asks for up to fifteen counts over whatever was found, a hundred thousand people for a broad word. As bits in
memory they cost next to nothing; PostgreSQL needs tens of milliseconds for the same (decision 0006). One copy serves
them all, so a count is always the number of people a click shows.

The copy follows by transaction numbers: triggers write into `expert.touched` which transaction changed a row or
what belongs to it, and each search first asks for what changed since the oldest transaction that was still open the
last time. Numbers beyond the newest transaction are of another server that the database was restored from.
"""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Row, bindparam, exists, func, literal_column, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from search.query import IdArray
from service.database.models import Evidence, Expert, ExpertField, ExpertGone
from service.directory.facets import DATED_FACETS, FACETS, NEVER_SHOWN, facet_codes, freshness_limits

RowNumbers = NDArray[np.int64]
_Bits = NDArray[np.uint8]
_Bools = NDArray[np.bool_]

_AT_A_TIME = 2_000  # rows taken in before others may run
_SORTED_ANEW_FROM = 2_000  # changed rows: fewer are put in their places one by one
_NEWEST: Any = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", BigInteger)
_OWN: Any = literal_column("pg_current_xact_id_if_assigned()::text::bigint", BigInteger)  # null: nothing written
_SOURCE = select(
    Expert.id,
    Expert.state,
    Expert.sort_key,
    Expert.degree,
    Expert.academic_rank,
    Expert.organisation_kind,
    Expert.country,
    Expert.province,
    Expert.hometown_legacy_code,
    Expert.hometown_new_code,
    Expert.hometown_precision,
    Expert.residence_legacy_code,
    Expert.residence_new_code,
    Expert.residence_precision,
    Expert.ties,
    Expert.languages,
    Expert.task_kinds,
    Expert.is_available,
    Expert.paused_until,
    Expert.open_reviews,
    Expert.capacity,
    func.coalesce(Expert.confirmed_at, Expert.updated_at).label("known_at"),
    select(func.array_agg(ExpertField.code)).where(ExpertField.expert_id == Expert.id).scalar_subquery().label("codes"),
    select(func.max(Evidence.year)).where(Evidence.expert_id == Expert.id).scalar_subquery().label("latest_year"),
)


def _is_of_this_server(touched: Any) -> Any:
    return or_(touched < _NEWEST, touched == _OWN)


# A row may come back under its old id.
_GONE = select(ExpertGone.expert_id).where(
    ExpertGone.touched >= bindparam("horizon", type_=BigInteger),
    _is_of_this_server(ExpertGone.touched),
    ~exists().where(Expert.id == ExpertGone.expert_id),
)
# The oldest transaction that is still open, and whether anything has changed since the one before.
_CHANGES = text(
    """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
        EXISTS (SELECT FROM expert WHERE touched >= :horizon
            AND (touched < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                OR touched = pg_current_xact_id_if_assigned()::text::bigint))
        OR EXISTS (SELECT FROM expert_gone WHERE touched >= :horizon
            AND (touched < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                OR touched = pg_current_xact_id_if_assigned()::text::bigint)) AS are_there
    """
)


@dataclass(frozen=True, slots=True)
class Counted:
    """`rows`: those that pass all filters, in the order they came in. `counts`: facet → code → how many have it under
    the filters of the other facets. `without`: facet with a filter → how many would pass if it were left out."""

    rows: RowNumbers
    counts: Mapping[str, Mapping[str, int]]
    without: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """One state of the copy; never changed once made. A row number stands for one expert for ever."""

    size: int = 0
    ids: IdArray = field(default_factory=lambda: np.empty(0, "V16"))
    sort_keys: tuple[str, ...] | list[str] = ()
    is_shown: _Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    is_willing: _Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    paused_until: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))  # days of date.toordinal
    known_on: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    load: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    capacity: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    latest_year: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    values: Mapping[tuple[str, str], int] = field(default_factory=dict)  # facet and code → row of `bits`
    bits: _Bits = field(default_factory=lambda: np.empty((0, 0), np.uint8))  # one bit for each expert, little first
    by_name: RowNumbers = field(default_factory=lambda: np.empty(0, np.int64))  # all rows in order of their sort keys
    sorted_ids: NDArray[np.bytes_] = field(default_factory=lambda: np.empty(0, "S16"))
    sorted_rows: RowNumbers = field(default_factory=lambda: np.empty(0, np.int64))
    horizon: int = 0

    def everybody(self) -> RowNumbers:
        """All who may be shown, in alphabetical order."""
        return self.by_name[self.is_shown[self.by_name]]

    def rows_of(self, ids: IdArray) -> RowNumbers:
        """Those of `ids` who are there and may be shown, in their order."""
        if not self.size or not len(ids):
            return np.empty(0, np.int64)
        wanted = np.ascontiguousarray(ids).view("S16")
        places = np.minimum(np.searchsorted(self.sorted_ids, wanted), self.size - 1)
        rows: RowNumbers = self.sorted_rows[places[self.sorted_ids[places] == wanted]]
        return np.compress(self.is_shown[rows], rows)

    def ids_of(self, rows: RowNumbers) -> list[UUID]:
        return [UUID(bytes=one.tobytes()) for one in self.ids[rows]]

    def in_name_order(self, rows: RowNumbers) -> RowNumbers:
        return rows[np.argsort(self._name_ranks()[rows])]

    def newest_work_first(self, rows: RowNumbers) -> RowNumbers:
        return rows[np.lexsort((self._name_ranks()[rows], -self.latest_year[rows]))]

    def least_load_first(self, rows: RowNumbers) -> RowNumbers:
        return rows[np.lexsort((self._name_ranks()[rows], self.load[rows]))]

    def count(self, rows: RowNumbers, filters: Mapping[str, Sequence[str]], today: date) -> Counted:
        """Filter and count. Values of one facet are alternatives, all facets must hold; unknown ones never do."""
        found = np.zeros(self.size, np.bool_)
        found[rows] = True
        dated = self._dated(today)
        passes = {name: self._having(name, codes, dated) for name, codes in filters.items() if codes}
        kept = _all_of(found, passes.values())
        bases = {name: _all_of(found, (mask for other, mask in passes.items() if other != name)) for name in passes}
        counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        for names, base in [
            ([name for name in FACETS if name not in bases], kept),
            *(([name], base) for name, base in bases.items() if name in counts),
        ]:
            self._count_into(counts, set(names), base, dated)
        return Counted(rows[kept[rows]], counts, {name: int(base.sum()) for name, base in bases.items()})

    def _count_into(
        self, counts: dict[str, dict[str, int]], names: set[str], base: _Bools, dated: Mapping[tuple[str, str], _Bools]
    ) -> None:
        chosen = [(name, code, row) for (name, code), row in self.values.items() if name in names]
        packed = np.zeros(self.bits.shape[1], np.uint8)
        own = np.packbits(base, bitorder="little")
        packed[: len(own)] = own
        if chosen:
            both = self.bits[[row for *_, row in chosen]].view(np.uint64) & packed.view(np.uint64)
            totals = np.bitwise_count(both).sum(axis=1, dtype=np.int64)
            for (name, code, _), total in zip(chosen, totals.tolist(), strict=True):
                if total:
                    counts[name][code] = total
        for (name, code), mask in dated.items():
            if name in names and (total := int(np.count_nonzero(mask & base))):
                counts[name][code] = total

    def _having(self, name: str, codes: Sequence[str], dated: Mapping[tuple[str, str], _Bools]) -> _Bools:
        mask = np.zeros(self.size, np.bool_)
        for code in codes:
            if name in DATED_FACETS:
                mask |= dated.get((name, code), False)
            elif (row := self.values.get((name, code))) is not None:
                mask |= np.unpackbits(self.bits[row], count=self.size, bitorder="little").view(np.bool_)
        return mask

    def _dated(self, today: date) -> dict[tuple[str, str], _Bools]:
        is_ready = self.is_willing & (self.paused_until <= today.toordinal())
        is_full = self.load >= self.capacity
        fresh_from, stale_before = (day.toordinal() for day in freshness_limits(today))
        return {
            ("availability", "available"): is_ready & ~is_full,
            ("availability", "paused"): ~is_ready,
            ("availability", "full"): is_ready & is_full,
            ("freshness", "fresh"): self.known_on >= fresh_from,
            ("freshness", "aging"): (self.known_on < fresh_from) & (self.known_on >= stale_before),
            ("freshness", "stale"): self.known_on < stale_before,
        }

    def _name_ranks(self) -> RowNumbers:
        ranks = np.empty(self.size, np.int64)
        ranks[self.by_name] = np.arange(self.size)
        return ranks


class FacetColumns:
    """The copy of this process. Searches share it, so it must not be asked in a transaction that has changed experts
    and may be rolled back."""

    def __init__(self) -> None:
        self._columns = Columns()
        self._lock = asyncio.Lock()

    async def current(self, session: AsyncSession) -> Columns:
        """As the session sees the directory now. One statement where nothing has changed, else three; the first call of
        a process reads everybody."""
        await session.connection()  # first: whoever holds the lock must not wait for those who hold all connections
        async with self._lock:
            known = self._columns
            changes = (await session.execute(_CHANGES, {"horizon": known.horizon})).one()
            if changes.horizon < known.horizon:
                known = Columns()  # another server answers, whose numbers are lower
            elif known.horizon and not changes.are_there:
                return known
            is_recent = (Expert.touched >= known.horizon, _is_of_this_server(Expert.touched)) if known.horizon else ()
            rows: Sequence[Row[Any]] = (await session.execute(_SOURCE.where(*is_recent))).all()  # type: ignore[assignment]
            gone = (await session.scalars(_GONE, {"horizon": known.horizon})).all()
            self._columns = await _with_changes(known, rows, gone, changes.horizon)
            return self._columns


async def _with_changes(known: Columns, changed: Sequence[Row[Any]], gone: Sequence[UUID], horizon: int) -> Columns:
    places = _places(known, [row.id for row in changed])
    size = max(known.size, int(places.max()) + 1) if len(places) else known.size
    columns = _widened(known, size)
    _clear(columns.bits, places)
    values = dict(known.values)
    found: list[tuple[int, int]] = []  # row of `bits`, place
    sort_keys = [*known.sort_keys, *([""] * (size - known.size))]
    for number, (row, place) in enumerate(zip(changed, places.tolist(), strict=True)):
        if number % _AT_A_TIME == _AT_A_TIME - 1:
            await asyncio.sleep(0)
        for name, codes in facet_codes(row, row.codes or ()).items():
            for code in codes:
                found.append((values.setdefault((name, code), len(values)), place))
        sort_keys[place] = row.sort_key
        columns.ids[place] = np.void(row.id.bytes)
    columns.is_shown[places] = [row.state not in NEVER_SHOWN for row in changed]
    columns.is_willing[places] = [row.is_available for row in changed]
    columns.paused_until[places] = [row.paused_until.toordinal() if row.paused_until else 0 for row in changed]
    columns.known_on[places] = [row.known_at.toordinal() for row in changed]
    columns.load[places] = [row.open_reviews for row in changed]
    columns.capacity[places] = [row.capacity for row in changed]
    columns.latest_year[places] = [row.latest_year or 0 for row in changed]
    columns.is_shown[known.rows_of(np.array([one.bytes for one in gone], "V16"))] = False
    return replace(
        columns,
        sort_keys=sort_keys,
        values=values,
        bits=_with_bits(columns.bits, len(values), found),
        by_name=_by_name(known, sort_keys, columns.ids, places),
        **_looked_up(known, columns.ids, size),
        horizon=horizon,
    )


def _places(known: Columns, ids: Sequence[UUID]) -> RowNumbers:
    """The row of each id; new ones follow the last."""
    if not ids:
        return np.empty(0, np.int64)
    wanted = np.array([one.bytes for one in ids], "V16").view("S16")
    places = np.full(len(ids), -1, np.int64)
    if known.size:
        at = np.minimum(np.searchsorted(known.sorted_ids, wanted), known.size - 1)
        places = np.where(known.sorted_ids[at] == wanted, known.sorted_rows[at], -1)
    new = places < 0
    places[new] = known.size + np.arange(int(new.sum()))
    return places


def _widened(known: Columns, size: int) -> Columns:
    """A copy with room for `size` rows."""

    def longer(array: NDArray[Any]) -> NDArray[Any]:
        wider = np.zeros(size, array.dtype)
        wider[: len(array)] = array
        return wider

    width = -(-size // 64) * 8
    bits = np.zeros((known.bits.shape[0], width), np.uint8)
    bits[:, : known.bits.shape[1]] = known.bits
    return replace(
        known,
        size=size,
        ids=longer(known.ids),
        is_shown=longer(known.is_shown),
        is_willing=longer(known.is_willing),
        paused_until=longer(known.paused_until),
        known_on=longer(known.known_on),
        load=longer(known.load),
        capacity=longer(known.capacity),
        latest_year=longer(known.latest_year),
        bits=bits,
    )


def _clear(bits: _Bits, places: RowNumbers) -> None:
    if bits.size and len(places):
        kept = np.full(bits.shape[1] * 8, 1, np.uint8)
        kept[places] = 0
        bits &= np.packbits(kept, bitorder="little")


def _with_bits(bits: _Bits, values: int, found: Sequence[tuple[int, int]]) -> _Bits:
    more = np.zeros((values - bits.shape[0], bits.shape[1]), np.uint8)
    bits = np.concatenate([bits, more]) if len(more) else bits
    if found:
        rows, places = np.array(found, np.int64).T
        np.bitwise_or.at(bits, (rows, places >> 3), (1 << (places & 7)).astype(np.uint8))
    return bits


def _by_name(known: Columns, sort_keys: Sequence[str], ids: IdArray, changed: RowNumbers) -> RowNumbers:
    def key(row: int) -> tuple[str, bytes]:
        return sort_keys[row], ids[row].tobytes()

    if len(changed) >= _SORTED_ANEW_FROM or not known.size:
        return np.array(sorted(range(len(sort_keys)), key=key), np.int64)
    order: list[int] = known.by_name[~np.isin(known.by_name, changed)].tolist()
    for row in changed.tolist():
        bisect.insort(order, row, key=key)
    return np.array(order, np.int64)


def _looked_up(known: Columns, ids: IdArray, size: int) -> dict[str, Any]:
    if size == known.size:
        return {}
    plain = ids.view("S16")
    rows = np.argsort(plain, kind="stable").astype(np.int64)
    return {"sorted_ids": plain[rows], "sorted_rows": rows}


def _all_of(found: _Bools, masks: Any) -> _Bools:
    kept = found.copy()
    for mask in masks:
        kept &= mask
    return kept
