"""The words on the screen for the codes of the database. Each is translated where it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from service.directory.labels import TIES
from service.directory.names import display_name, titles
from service.directory.places import load_gazetteer
from service.i18n import N_, Locale, current_locale, gettext

BANDS = {"very_suitable": N_("Very suitable"), "suitable": N_("Suitable"), "possible": N_("Possible")}

IMPORTANCE = {"required": N_("required"), "desired": N_("desired")}

CASE_KINDS = {
    "consultancy": N_("Consultancy"),
    "review": N_("Critical review"),
    "appraisal": N_("Social appraisal"),
}

CASE_STATES = {
    "received": N_("Received"),
    "choosing_experts": N_("Choosing experts"),
    "inviting": N_("Inviting"),
    "reviewing": N_("Under review"),
    "reported": N_("Reported"),
    "closed": N_("Closed"),
}

ROLES = {
    "chair": N_("Chair"),
    "reviewer": N_("Reviewing member"),
    "secretary": N_("Secretary"),
    "member": N_("Member"),
}

EVIDENCE_KINDS = {
    "publication": N_("Publications"),
    "project": N_("Projects and research tasks"),
    "consultancy": N_("Consultancy reports"),
    "patent": N_("Patents and new varieties"),
    "initiative": N_("Initiatives"),
    "award": N_("Awards"),
    "review": N_("Reviews done"),
    "teaching": N_("Teaching"),
    "biography": N_("Biography"),
    "other": N_("Other evidence"),
}

CONFLICT_KINDS = {
    "drafter": N_("Author of the draft"),
    "same_organisation": N_("Same organisation"),
    "coauthor": N_("Recent co-author"),
    "interest": N_("Stated interest"),
    "older_cowork": N_("Older joint work"),
    "former_employer": N_("Former employer"),
    "same_school": N_("Same school"),
    "home_commune": N_("Same home commune"),
}

LEFT_OUT = {
    "conflict": N_("Conflict of interest"),
    "paused": N_("Not taking tasks now"),
    "at_capacity": N_("At their limit of tasks"),
    "hidden": N_("Profile hidden"),
    "opted_out": N_("Does not wish to be invited"),
    "unconfirmed": N_("Profile not confirmed"),
}

FLAG_REASONS = {
    "hidden": N_("hidden text"),
    "white": N_("text in the colour of the paper"),
    "tiny": N_("text too small to read"),
    "broken_encoding": N_("text in a broken encoding"),
}

UNUSED = {
    "legal_basis": N_("legal bases"),
    "recipients": N_("recipients"),
    "signature": N_("signature"),
    "letterhead": N_("letterhead"),
    "organisation": N_("who carries it out"),
    "too_short": N_("too short"),
    "heading": N_("headings"),
}

# Which part of a profile answered a search.
MATCHED = {
    "name": N_("name"),
    "identifier": N_("code or ORCID"),
    "organisation": N_("organisation"),
    "position": N_("position held"),
    "fields": N_("field of expertise"),
    "evidence": N_("evidence"),
    "biography": N_("life and work"),
    "keywords": N_("own keywords"),
    "place": N_("place"),
    "meaning": N_("close meaning"),
}

# Who made something, as access/policy.py calls them.
MAKERS = {"local_operator": N_("at this computer")}

GENDERS = {"male": N_("male"), "female": N_("female"), "other": N_("other")}


class Titled(Protocol):
    """Someone whose name is shown with titles."""

    @property
    def full_name(self) -> str: ...
    @property
    def honours(self) -> Sequence[str]: ...
    @property
    def academic_rank(self) -> str | None: ...
    @property
    def degree(self) -> str | None: ...
    @property
    def other_titles(self) -> Sequence[str]: ...


class Ranked(Protocol):
    @property
    def academic_rank(self) -> str | None: ...
    @property
    def degree(self) -> str | None: ...


def word(words: Mapping[str, str], code: object) -> str:
    """The word for a code in the reader's language; the code itself where it has none yet."""
    key = str(code)
    return gettext(words[key]) if key in words else key


def name_of(person: Titled) -> str:
    """ "PGS.TS. Nguyễn Văn A", in the manner of the reader's language."""
    return display_name(
        person.full_name,
        degree=person.degree,
        academic_rank=person.academic_rank,
        other_titles=person.other_titles,
        honours=person.honours,
        locale=current_locale.get(),
    )


def title_of(person: Ranked) -> str:
    """ "PGS.TS." alone, for a name whose words are marked."""
    return titles(degree=person.degree, academic_rank=person.academic_rank, locale=current_locale.get())


def tied_place() -> str:
    """The place that people's ties are ties to."""
    return load_gazetteer().former_home_province


def tie_name(code: str) -> str:
    """ "Quê quán Kiên Giang (cũ)", "Từng học"."""
    return word(TIES, code) % {"place": tied_place()} if code in TIES else code


def capitalised(text: str) -> str:
    """With a capital at its start; the rest as it stands."""
    return text[:1].upper() + text[1:]


def language_name(code: str) -> str:
    return capitalised(str(_cldr(current_locale.get()).languages.get(code, code)))


@cache
def _cldr(locale: Locale) -> Any:
    # Babel is heavy to import and only needed where pages are shown.
    from babel import Locale as Cldr

    return Cldr(locale)
