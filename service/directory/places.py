"""Places as written → units of the old and the new list, and how they are shown. Pure.

On 1 July 2025 Kiên Giang joined An Giang, districts ended and communes were redrawn. One code means different places
in the two lists (91 was Kiên Giang and is An Giang now; names and codes of communes were used again), so a code never
stands without its edition. A place that cannot be told from another is linked only as far as it is sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import TypeVar

from search.vietnamese import fold
from service.directory.place_names import PlacePart, bare_name, parse_place
from service.directory.reference import read_reference

HOME_LEGACY_PROVINCE = "91"  # Kiên Giang in the list before 1 July 2025
_MERGED_PROVINCE_CODE = "91"  # An Giang in the list since then
_COMMUNE_KINDS = ("xa", "phuong", "thi tran", "dac khu")


class Edition(StrEnum):
    LEGACY = "legacy"  # until 30 June 2025
    NEW = "new"


class Precision(StrEnum):
    COMMUNE = "commune"
    DISTRICT = "district"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLink:
    """What a text names. `edition` is that of the text; `legacy_code` is of the old list, `new_code` of the new one.

    A code is left out where it is not sure: "An Giang" may mean the old province or the new one; an old district
    usually became several units. `province` (as the text has it), `new_province` and `new_unit` are names.
    """

    text: str
    edition: Edition
    precision: Precision
    legacy_code: str | None
    new_code: str | None
    display: str
    province: str
    new_province: str
    new_unit: str | None
    in_home_province: bool  # lies in old Kiên Giang


@dataclass(frozen=True, slots=True)
class Province:
    legacy_code: str
    legacy_name: str  # with its kind: "Tỉnh Kiên Giang"
    new_code: str
    new_name: str
    other_names: tuple[str, ...] = ()

    @property
    def was_merged(self) -> bool:
        """Whether it lies in a province of another name now."""
        return bare_name(self.legacy_name) != bare_name(self.new_name)


@dataclass(frozen=True, slots=True)
class District:
    code: str
    name: str
    province: Province
    is_unique: bool  # no other district in the country has this name


@dataclass(frozen=True, slots=True)
class NewUnit:
    code: str
    name: str
    in_home_province: bool


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of old Kiên Giang."""

    code: str
    name: str
    district: District
    new_unit: NewUnit


class Gazetteer:
    """The units of both lists, prepared for look-ups. Built once by `load_gazetteer`; nothing changes after that."""

    def __init__(
        self,
        provinces: Sequence[Province],
        districts: Sequence[District],
        communes: Sequence[Commune],
        new_units: Sequence[NewUnit],
    ) -> None:
        self._provinces: dict[str, Province] = {}
        for province in provinces:
            for name in (bare_name(province.legacy_name), *map(fold, province.other_names)):
                self._provinces[name] = province
        self._by_legacy_code = {province.legacy_code: province for province in provinces}
        # The old province that gave a new one its name stands for the new one.
        self._by_new_code = {province.new_code: province for province in provinces if not province.was_merged}
        self._districts = _by_name(districts)
        self._communes = _by_name(communes)
        self._new_units = _by_name(new_units)
        self._districts_by_code = {district.code: district for district in districts}
        self._communes_by_code = {commune.code: commune for commune in communes}
        self._new_units_by_code = {unit.code: unit for unit in new_units}
        # Rosters repeat the same places over and over.
        self._link = lru_cache(maxsize=4096)(self._find_link)
        self._link_province = lru_cache(maxsize=4096)(self._find_province_link)
        self._units_of_district: dict[str, set[str]] = {}
        for commune in communes:
            self._units_of_district.setdefault(commune.district.code, set()).add(commune.new_unit.code)

    @property
    def home_province(self) -> str:
        """The name, today, of the province that the office serves."""
        return _short(self._by_legacy_code[HOME_LEGACY_PROVINCE].new_name)

    @property
    def former_home_province(self) -> str:
        """The name before the merger: what ties (labels.TIES) are ties to."""
        return _short(self._by_legacy_code[HOME_LEGACY_PROVINCE].legacy_name)

    def link(self, text: str | None) -> PlaceLink | None:
        """The most exact unit that is sure. None: no place, a place abroad, or a name that could be anywhere."""
        return self._link(text) if text else None

    def find_province(self, text: str | None) -> PlaceLink | None:
        """The province alone, whatever smaller unit stands before it."""
        return self._link_province(text) if text else None

    def _find_link(self, text: str) -> PlaceLink | None:
        parts = parse_place(text, is_known=self._is_known)
        province, rest = self._take_province(parts)
        district, rest = self._take_district(rest, province)
        if district is not None:
            commune = self._find_commune(rest, district)
            return self._commune(text, commune) if commune else self._district(text, district)
        if province is None:
            unit = self._find_new_unit([part for part in rest if part.kind == "dac khu"])
            return self._new_unit(text, unit) if unit else None
        if not any(part.is_district for part in rest):  # a district that is not known leaves its communes open
            if province.legacy_code == HOME_LEGACY_PROVINCE and (commune := self._find_commune(rest, None)):
                return self._commune(text, commune)
            if province is self._by_new_code[_MERGED_PROVINCE_CODE] and (unit := self._find_new_unit(rest)):
                return self._new_unit(text, unit)
        return self._province(text, province, rest)

    def _find_province_link(self, text: str) -> PlaceLink | None:
        parts = parse_place(text, is_known=self._is_known)
        province, rest = self._take_province(parts)
        if province is None:
            district, rest = self._take_district(rest, None)
            province = district.province if district else None
        return self._province(text, province, []) if province else None

    def new_unit_of(self, legacy_code: str | None, new_code: str | None, precision: str | None) -> str | None:
        """The name of the present commune, ward or special zone of a stored link."""
        if precision == Precision.COMMUNE and legacy_code in self._communes_by_code:
            return self._communes_by_code[legacy_code].new_unit.name
        if precision in (Precision.COMMUNE, Precision.DISTRICT) and new_code in self._new_units_by_code:
            return self._new_units_by_code[new_code].name
        return None

    def is_home(self, legacy_code: str | None, new_code: str | None, precision: str | None) -> bool:
        """Whether a stored link lies in old Kiên Giang."""
        if precision == Precision.COMMUNE:
            unit = self._new_units_by_code.get(new_code or "")
            return legacy_code in self._communes_by_code or (unit is not None and unit.in_home_province)
        province = self._province_of(legacy_code, new_code, precision)
        return province is not None and legacy_code is not None and province.legacy_code == HOME_LEGACY_PROVINCE

    def refines(self, finer: PlaceLink, coarser: PlaceLink) -> bool:
        """Whether `finer` lies inside `coarser` and says more."""
        order = [Precision.PROVINCE, Precision.DISTRICT, Precision.COMMUNE]
        if order.index(finer.precision) <= order.index(coarser.precision):
            return False
        if coarser.precision is Precision.DISTRICT:
            commune = self._communes_by_code.get(finer.legacy_code or "")
            return commune is not None and commune.district.code == coarser.legacy_code
        return finer.new_province == coarser.new_province and (
            coarser.legacy_code is None or finer.province == coarser.province
        )

    # -- finding ----------------------------------------------------------------------------------------------------
    def _is_known(self, name: str) -> bool:
        return any(name in table for table in (self._provinces, self._districts, self._communes, self._new_units))

    def _take_province(self, parts: list[PlacePart]) -> tuple[Province | None, list[PlacePart]]:
        """The province and the parts that are left; the last part that can be one, so that either order works."""
        for index in range(len(parts) - 1, -1, -1):
            part = parts[index]
            if part.kind not in (None, "tinh", "thanh pho"):
                continue
            province = self._provinces.get(f"{part.kind} {part.name}") or self._provinces.get(part.name)
            if province is not None:
                return province, parts[:index] + parts[index + 1 :]
        return None, parts

    def _take_district(
        self, parts: list[PlacePart], province: Province | None
    ) -> tuple[District | None, list[PlacePart]]:
        for index in range(len(parts) - 1, -1, -1):
            part = parts[index]
            if part.kind not in (None, "huyen", "thi xa", "thanh pho"):
                continue
            named = self._districts.get(part.name, [])
            if province is None:
                named = [district for district in named if district.is_unique]
            else:
                inside = [district for district in named if district.province is province]
                if not inside and part.kind is not None:
                    # "huyện Giồng Riềng, tỉnh An Giang": an old district with the new province.
                    inside = [district for district in named if district.province.new_code == province.new_code]
                named = inside
            if len(named) == 1:
                return named[0], parts[:index] + parts[index + 1 :]
        return None, parts

    def _find_commune(self, parts: Sequence[PlacePart], district: District | None) -> Commune | None:
        """The one commune a part names; None where two have the name and no district tells them apart."""
        for part in reversed(parts):
            if part.kind in (None, *_COMMUNE_KINDS):
                named = _named(self._communes, part)
                if district is not None:
                    named = _named(
                        _by_name(c for c in self._communes.get(part.name, []) if c.district is district), part
                    )
                if named:
                    return named[0] if len(named) == 1 else None
        return None

    def _find_new_unit(self, parts: Sequence[PlacePart]) -> NewUnit | None:
        for part in reversed(parts):
            if part.kind in (None, *_COMMUNE_KINDS) and (named := _named(self._new_units, part)):
                return named[0] if len(named) == 1 else None
        return None

    def _province_of(self, legacy_code: str | None, new_code: str | None, precision: str | None) -> Province | None:
        if precision == Precision.PROVINCE:
            return self._by_legacy_code.get(legacy_code or "") or self._by_new_code.get(new_code or "")
        if precision == Precision.DISTRICT:
            district = self._districts_by_code.get(legacy_code or "")
            return district.province if district else None
        if legacy_code in self._communes_by_code:
            return self._communes_by_code[legacy_code].district.province
        return self._by_new_code[_MERGED_PROVINCE_CODE] if new_code in self._new_units_by_code else None

    # -- showing ----------------------------------------------------------------------------------------------------
    def _commune(self, text: str, commune: Commune) -> PlaceLink:
        province = commune.district.province
        old = f"{_lower(commune.name)}, {_lower(commune.district.name)}, {_lower(province.legacy_name)}"
        new = f"{_lower(commune.new_unit.name)}, {_lower(province.new_name)}"
        return PlaceLink(
            text=text,
            edition=Edition.LEGACY,
            precision=Precision.COMMUNE,
            legacy_code=commune.code,
            new_code=commune.new_unit.code,
            display=f"{new} (trước 01/7/2025: {old})",
            province=_short(province.legacy_name),
            new_province=_short(province.new_name),
            new_unit=commune.new_unit.name,
            in_home_province=True,
        )

    def _new_unit(self, text: str, unit: NewUnit) -> PlaceLink:
        province = self._by_new_code[_MERGED_PROVINCE_CODE]
        return PlaceLink(
            text=text,
            edition=Edition.NEW,
            precision=Precision.COMMUNE,
            legacy_code=None,
            new_code=unit.code,
            display=f"{_lower(unit.name)}, {_lower(province.new_name)}",
            province=_short(province.new_name),
            new_province=_short(province.new_name),
            new_unit=unit.name,
            in_home_province=unit.in_home_province,
        )

    def _district(self, text: str, district: District) -> PlaceLink:
        province = district.province
        units = self._units_of_district.get(district.code, set())
        unit = self._new_units_by_code[next(iter(units))] if len(units) == 1 else None
        old = f"{_lower(district.name)}, {_lower(province.legacy_name)}"
        new = _lower(province.new_name)
        ended = f"{old} (cũ), nay thuộc {new}" if province.was_merged else f"{_lower(district.name)} (cũ), {new}"
        return PlaceLink(
            text=text,
            edition=Edition.LEGACY,
            precision=Precision.DISTRICT,
            legacy_code=district.code,
            new_code=unit.code if unit else None,
            display=f"{_lower(unit.name)}, {new} (trước 01/7/2025: {old})" if unit else ended,
            province=_short(province.legacy_name),
            new_province=_short(province.new_name),
            new_unit=unit.name if unit else None,
            in_home_province=province.legacy_code == HOME_LEGACY_PROVINCE,
        )

    def _province(self, text: str, province: Province, rest: Sequence[PlacePart]) -> PlaceLink:
        """A province that kept its name may be meant in either list, unless a district is named beside it."""
        is_legacy = province.was_merged or any(part.is_district for part in rest)
        before = "".join(f"{part.written}, " for part in rest)
        old, new = province.legacy_name, province.new_name
        if province.was_merged:
            shown = _lower(old) if before else _short(old)
            display = f"{before}{shown} (cũ), nay thuộc {_lower(new)}"
        else:
            display = f"{before}{_lower(new)}"
        return PlaceLink(
            text=text,
            edition=Edition.LEGACY if is_legacy else Edition.NEW,
            precision=Precision.PROVINCE,
            legacy_code=province.legacy_code if is_legacy else None,
            new_code=province.new_code,
            display=display,
            province=_short(old),
            new_province=_short(new),
            new_unit=None,
            in_home_province=is_legacy and province.legacy_code == HOME_LEGACY_PROVINCE,
        )


@cache
def load_gazetteer() -> Gazetteer:
    """From the lists shipped in `service/reference`."""
    provinces = {
        row["legacy_code"]: Province(
            legacy_code=row["legacy_code"],
            legacy_name=row["legacy_name"],
            new_code=row["new_code"],
            new_name=row["new_name"],
            other_names=tuple(name.strip() for name in row["other_names"].split(";") if name.strip()),
        )
        for row in read_reference("provinces.csv")
    }
    districts = [
        District(
            code=row["code"],
            name=row["name"],
            province=provinces[row["province_code"]],
            is_unique=row["is_unique"] == "1",
        )
        for row in read_reference("districts.csv")
    ]
    home_districts = {d.name: d for d in districts if d.province.legacy_code == HOME_LEGACY_PROVINCE}
    new_units: dict[str, NewUnit] = {}
    communes: list[Commune] = []
    for row in read_reference("kien_giang_units.csv"):
        unit = new_units.setdefault(row["new_code"], NewUnit(row["new_code"], row["new_name"], True))
        communes.append(Commune(row["legacy_code"], row["legacy_name"], home_districts[row["legacy_district"]], unit))
    for row in read_reference("an_giang_units.csv"):
        new_units.setdefault(row["new_code"], NewUnit(row["new_code"], row["new_name"], False))
    return Gazetteer(list(provinces.values()), districts, communes, list(new_units.values()))


_Unit = TypeVar("_Unit", District, Commune, NewUnit)


def _by_name(units: Iterable[_Unit]) -> dict[str, list[_Unit]]:
    table: dict[str, list[_Unit]] = {}
    for unit in units:
        table.setdefault(bare_name(unit.name), []).append(unit)
    return table


def _named(table: Mapping[str, list[_Unit]], part: PlacePart) -> list[_Unit]:
    """Units of this name; of the kind that is written, where there are such: "thị trấn" and "xã Vĩnh Thuận" differ.

    Otherwise the kind may be of another time: thị trấn Dương Đông became a phường, huyện Phú Quốc a city.
    """
    named = table.get(part.name, [])
    exact = [unit for unit in named if part.kind and fold(unit.name).startswith(f"{part.kind} ")]
    return exact or named


def _short(name: str) -> str:
    """ "Tỉnh An Giang" → "An Giang"; "Thành phố Hồ Chí Minh" → "TP. Hồ Chí Minh", as everybody writes it."""
    if name == "Thành phố Hồ Chí Minh":
        return "TP. Hồ Chí Minh"
    return name.removeprefix("Tỉnh ").removeprefix("Thành phố ")


def _lower(name: str) -> str:
    """ "Xã Thạnh Lộc" → "xã Thạnh Lộc"."""
    return name[:1].lower() + name[1:]
