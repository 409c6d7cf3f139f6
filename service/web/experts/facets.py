"""The filters beside the results: which values stand in view, and where a click leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from search.vietnamese import fold
from service.directory import labels
from service.directory.countries import country_name
from service.directory.fields import load_field_list
from service.directory.search import Facet, FacetValue
from service.i18n import N_, current_locale, gettext
from service.web.experts.forms import SearchForm
from service.web.wording import language_name, tie_name, tied_place, word

_TITLES = {
    "field_group": N_("Field"),
    "field": N_("Branch of the field"),
    "degree": N_("Degree"),
    "rank": N_("Academic rank"),
    "organisation_kind": N_("Kind of organisation"),
    "location": N_("Where they live"),
    "unit": N_("Commune or ward"),
    "province": N_("Province or city"),
    "country": N_("Country"),
    "tie": N_("Ties to %(place)s"),
    "language": N_("Languages"),
    "availability": N_("Availability"),
    "task_kind": N_("Takes on"),
    "verification": N_("State of the profile"),
    "freshness": N_("Confirmed or changed"),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "degree": labels.DEGREES,
    "rank": labels.RANKS,
    "organisation_kind": labels.ORGANISATION_KINDS,
    "location": labels.LOCATIONS,
    "availability": labels.AVAILABILITY,
    "task_kind": labels.TASK_KINDS,
    "verification": labels.STATES,
    "freshness": labels.FRESHNESS,
}
_LABELS: Mapping[str, Callable[[str], str]] = {"country": country_name, "language": language_name, "tie": tie_name}
# Their values have an order of their own; the others stand by how many people have them.
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "location": tuple(labels.LOCATIONS),
    "availability": tuple(labels.AVAILABILITY),
    "freshness": tuple(labels.FRESHNESS),
}
# Open from the start; the others open with a click, or when something in them is chosen.
_OPEN = frozenset({"field_group", "degree", "rank", "location", "tie", "availability"})
_IN_VIEW = 6
_FOLDED_AWAY = 24  # what "more" shows; the rest has a page of its own


@dataclass(frozen=True, slots=True)
class FacetLink:
    """`count` people come where `address` leads, unless the value is chosen: then it leads back to without it.

    `address_to_add` takes this value besides those chosen already, where there are any.
    """

    key: str
    label: str
    count: int
    is_chosen: bool
    address: str
    address_to_add: str | None


@dataclass(frozen=True, slots=True)
class FacetLinks:
    """`shown` stand in view, `folded` under "more"; beyond them there are `left_out` more on the page `address`."""

    name: str
    title: str
    is_open: bool
    shown: tuple[FacetLink, ...]
    folded: tuple[FacetLink, ...]
    left_out: int
    address: str

    @property
    def chosen(self) -> tuple[FacetLink, ...]:
        return tuple(link for link in (*self.shown, *self.folded) if link.is_chosen)


def arrange_facets(facets: Sequence[Facet], form: SearchForm) -> tuple[FacetLinks, ...]:
    """Those with anything to choose from."""
    groups = form.filters.get("field_group", ())
    return tuple(
        _arranged(facet.name, values, form)
        for facet in facets
        if facet.name in _TITLES and (values := _within(facet, groups))
    )


def all_links(facet: Facet, form: SearchForm) -> tuple[FacetLink, ...]:
    """Every value of a facet, in alphabetical order."""
    address = form.addresses_choosing(facet.name)
    links = [_link(facet.name, value, form, address) for value in facet.values]
    return tuple(sorted(links, key=lambda link: fold(link.label)))


def _within(facet: Facet, groups: Sequence[str]) -> tuple[FacetValue, ...]:
    """Branches only of the fields that are chosen, where any are."""
    if facet.name != "field" or not groups:
        return facet.values
    return tuple(value for value in facet.values if value.is_chosen or value.code.startswith(tuple(groups)))


def _arranged(name: str, values: Sequence[FacetValue], form: SearchForm) -> FacetLinks:
    if name in _ORDERS:
        order = {code: place for place, code in enumerate(_ORDERS[name])}
        values = sorted(values, key=lambda value: order.get(value.code, len(order)))
    # One more stands in view rather than alone under "more".
    in_view = _IN_VIEW if len(values) > _IN_VIEW + 1 else len(values)
    shown = [value for place, value in enumerate(values) if place < in_view or value.is_chosen]
    rest = [value for place, value in enumerate(values) if not (place < in_view or value.is_chosen)]
    address = form.addresses_choosing(name)
    return FacetLinks(
        name=name,
        title=facet_title(name),
        is_open=name in _OPEN or name in form.filters,
        shown=tuple(_link(name, value, form, address) for value in shown),
        folded=tuple(_link(name, value, form, address) for value in rest[:_FOLDED_AWAY]),
        left_out=max(0, len(rest) - _FOLDED_AWAY),
        address=form.link.replace("/experts", f"/experts/values/{name}", 1),
    )


def _link(name: str, value: FacetValue, form: SearchForm, address: Callable[[tuple[str, ...]], str]) -> FacetLink:
    chosen = form.filters.get(name, ())
    alone = tuple(one for one in chosen if one != value.code) if value.is_chosen else (value.code,)
    return FacetLink(
        key=f"{name}-{value.code.replace(' ', '_')}",
        label=facet_label(name, value.code),
        count=value.count,
        is_chosen=value.is_chosen,
        address=address(alone),
        address_to_add=address((*chosen, value.code)) if chosen and not value.is_chosen else None,
    )


def facet_title(name: str) -> str:
    title = gettext(_TITLES[name])
    return title % {"place": tied_place()} if name == "tie" else title


def facet_label(facet: str, code: str) -> str:
    """In the reader's language; the code as it stands where it is not known."""
    if facet in ("field_group", "field"):
        return load_field_list().name(code, english=current_locale.get() == "en")
    if label := _LABELS.get(facet):
        return label(code)
    return word(_WORDS.get(facet, {}), code)


def describe(form: SearchForm) -> tuple[tuple[str, str], ...]:
    """What a search asks for besides its text: title of the facet, the values."""
    return tuple(
        (facet_title(name), "; ".join(facet_label(name, value) for value in values))
        for name, values in form.filters.items()
    )
