"""Templates: one object `page`, every name must exist, texts in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup

from service.directory import labels
from service.directory.countries import country_name
from service.i18n import N_, Locale, current_locale, gettext, ngettext, translate
from service.web import wording
from service.web.assets import Assets
from service.web.marking import marked, render_spans

TEMPLATES = Path(__file__).parent / "templates"
OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_FILLED_DOTS = {"very_suitable": 3, "suitable": 2, "possible": 1}
_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


class Linked(wording.Titled, Protocol):
    @property
    def id(self) -> UUID: ...


class Employed(Protocol):
    @property
    def position(self) -> str | None: ...
    @property
    def organisation(self) -> str | None: ...


def make_template_engine(assets: Assets) -> JinjaTemplateEngine:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    # The same as Jinja's own, without going through the context twice for each text.
    environment.globals.update(gettext=page_text, ngettext=page_text_of_number)
    environment.globals.update(
        asset=assets.url,
        word=wording.word,
        wording=wording,
        language_name=wording.language_name,
        country_name=country_name,
        labels=labels,
        name_of=wording.name_of,
        title_of=wording.title_of,
        translate=translate,
        band_mark=band_mark,
    )
    environment.filters.update(
        day=day,
        moment=moment,
        clock=clock,
        weekday=weekday,
        number=number,
        marked=marked,
        spans=render_spans,
        job=job,
        name_link=name_link,
    )
    return JinjaTemplateEngine.from_environment(environment)


def page_text(message: str, **variables: object) -> Markup:
    """A text of a template; what is filled in is escaped."""
    text = _page_text(message, current_locale.get())
    return text % variables if variables else _without_variables(text)


def page_text_of_number(singular: str, plural: str, number: int, **variables: object) -> Markup:
    return Markup(ngettext(singular, plural, number)) % {"num": number, **variables}  # noqa: S704


@lru_cache(maxsize=2_000)
def _page_text(message: str, locale: Locale) -> Markup:
    return Markup(gettext(message, locale))  # noqa: S704


@lru_cache(maxsize=2_000)
def _without_variables(text: Markup) -> Markup:
    """A "%" is written twice in every text."""
    return text % {}


def band_mark(band: str) -> Markup:
    """One, two or three filled dots: how well someone fits is never a number. Said in words to who cannot see them."""
    return _band_mark(str(band), wording.word(wording.BANDS, band))


@lru_cache(maxsize=16)
def _band_mark(band: str, label: str) -> Markup:
    filled = _FILLED_DOTS[band]
    dots = Markup("").join(
        Markup('<circle cx="%d" cy="5" r="4"%s/>') % (5 + 12 * n, Markup(' class="empty"') if n >= filled else "")
        for n in range(3)
    )
    return Markup(
        '<svg class="band-mark band-%s" viewBox="0 0 34 10" width="34" height="10" role="img" aria-label="%s">%s</svg>'
    ) % (band, label, dots)


def name_link(person: Linked) -> Markup:
    """A filter and not a macro, as is the next: the page of a case names a hundred people."""
    return Markup('<a class="person-name" href="/experts/%s">%s</a>') % (person.id, wording.name_of(person))


def job(person: Employed) -> str:
    """ "Trưởng khoa, Trường Đại học Kiên Giang"."""
    return ", ".join(filter(None, (person.position, person.organisation)))


def day(value: date | datetime) -> str:
    """ "25/11/2026"; "25 Nov 2026" in English, where the order of day and month would be in doubt."""
    if isinstance(value, datetime):
        value = value.astimezone(OFFICE_ZONE).date()
    return f"{value:%d/%m/%Y}" if current_locale.get() == "vi" else f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """Day and time on the office's clock."""
    return f"{value.astimezone(OFFICE_ZONE):%H:%M}, {day(value)}"


def clock(value: datetime) -> str:
    """The time as it stands on that place's clock."""
    return f"{value:%H:%M}"


def weekday(value: date) -> str:
    """ "Thứ Tư", "Wednesday": abroad it may be another day than here."""
    return gettext(_WEEKDAYS[value.weekday()])


def number(value: int) -> str:
    """ "12.345" in Vietnamese, "12,345" in English."""
    text = f"{value:,}"
    return text.replace(",", ".") if current_locale.get() == "vi" else text
