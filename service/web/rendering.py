"""Templates: one object `page`, every name must exist, texts in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine

from service.directory import labels
from service.directory.countries import country_name
from service.i18n import N_, current_locale, gettext, ngettext, translate
from service.web import wording
from service.web.assets import Assets
from service.web.marking import mark_words

TEMPLATES = Path(__file__).parent / "templates"
OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


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
    )
    environment.filters.update(
        day=day,
        moment=moment,
        clock=clock,
        weekday=weekday,
        number=number,
        mark_words=mark_words,
    )
    return JinjaTemplateEngine.from_environment(environment)


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
