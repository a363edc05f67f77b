"""Six languages: whose turn it is, its sentences, and how it writes numbers, shares, days and times.

A number is formatted here and never joined from strings: an ordinary space inside "50 000" turns it round in Arabic.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_group_symbol
from markupsafe import Markup, escape

LANGUAGES = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}
REVIEWED = frozenset({"en"})
"""Languages whose sentences a native reader has read; the pages of the others say so at their foot."""
CATALOGUES = Path(__file__).parent / "translations"
# Day first, 24 hours, in every language: Babel's English "full" form is the 12-hour clock with a narrow space.
PATTERNS = {
    "ar": ("EEEE d MMMM y، HH:mm", "EEEE d MMMM، HH:mm", "d MMMM y"),
    "zh": ("y年M月d日EEEE HH:mm", "M月d日EEEE HH:mm", "y年M月d日"),
    "ru": ("EEEE, d MMMM y, HH:mm", "EEEE, d MMMM, HH:mm", "d MMMM y"),
    "es": (
        "EEEE d 'de' MMMM 'de' y, HH:mm",
        "EEEE d 'de' MMMM, HH:mm",
        "d 'de' MMMM 'de' y",
    ),
}
USUAL = ("EEEE d MMMM y, HH:mm", "EEEE d MMMM, HH:mm", "d MMMM y")
# United Nations documents in Arabic give both names of a month; Babel knows one.
ARABIC_MONTHS = (
    "كانون الثاني/يناير",
    "شباط/فبراير",
    "آذار/مارس",
    "نيسان/أبريل",
    "أيار/مايو",
    "حزيران/يونيه",
    "تموز/يوليه",
    "آب/أغسطس",
    "أيلول/سبتمبر",
    "تشرين الأول/أكتوبر",
    "تشرين الثاني/نوفمبر",
    "كانون الأول/ديسمبر",
)

_locale: ContextVar[str] = ContextVar("locale", default="en")


def current_locale() -> str:
    """The language of the request at hand, one of `LANGUAGES`."""
    return _locale.get()


def _offered(code: str) -> str:
    if code not in LANGUAGES:
        raise KeyError(f"no language {code}")
    return code


@contextmanager
def use_locale(code: str) -> Iterator[None]:
    """That language inside the block, the earlier one after it."""
    token = _locale.set(_offered(code))
    try:
        yield
    finally:
        _locale.reset(token)


def direction(code: str | None = None) -> str:
    """`rtl` or `ltr`; of the current language where none is given, `ltr` for a language Babel does not know."""
    try:
        return Locale.parse((code or current_locale()).replace("-", "_")).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


# -------- sentences


@cache
def catalogue(code: str) -> NullTranslations:
    """The sentences of one language, compiled from its `.po` file; English sentences are their own names."""
    source = CATALOGUES / code / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    with source.open("rb") as lines:
        messages = read_po(lines, locale=code)
    compiled = BytesIO()
    write_mo(compiled, messages)
    return GNUTranslations(BytesIO(compiled.getvalue()))


def gettext(message: str) -> str:
    """The sentence in the current language, English where it is not translated yet."""
    return catalogue(current_locale()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The sentence in the form that the number takes in the current language."""
    return catalogue(current_locale()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    """The sentence as it is said in that context."""
    return catalogue(current_locale()).pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, n: int) -> str:
    """The sentence as it is said in that context, in the form that the number takes."""
    return catalogue(current_locale()).npgettext(context, singular, plural, n)


class Worded(Protocol):
    """A sentence that is put into a language when it is shown: a message id and what fills its places."""

    message: str
    parameters: dict[str, Any]


def sentence(said: str | Worded) -> str:
    """The words of a refusal or another marked sentence in the current language; plain text stays as it is."""
    if isinstance(said, str):
        return said
    places = {name: num(value) if _is_count(value) else value for name, value in said.parameters.items()}
    translated = gettext(said.message)
    return translated % places if places else translated


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# -------- numbers and shares


@cache
def _signs(code: str) -> tuple[Locale, str, str]:
    """What numbers of the language need: its locale, its mark between thousands, and what follows a percentage."""
    locale = Locale.parse(code)
    own = locale.percent_formats[None].pattern
    return locale, get_group_symbol(locale), own[own.index("0") + 1 :]


def num(value: float | Decimal, decimals: int | None = None) -> str:
    """The number in the current language, its thousands set apart by a no-break space, as United Nations texts do."""
    locale, mark, _ = _signs(current_locale())
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=locale).replace(mark, "\u00a0")


def pct(share: float, decimals: int = 0) -> str:
    """A share from 0 to 1 as a percentage of the current language."""
    # The language decides on the space before the sign; the caller decides on the decimals.
    locale, _, sign = _signs(current_locale())
    return format_percent(share, format="#,##0" + ("." + "0" * decimals if decimals else "") + sign, locale=locale)


def band(bounds: tuple[int | None, int | None]) -> str:
    """A released count between two bounds, both included: "10 to 19", "fewer than 10", "100 or more"."""
    low, high = bounds
    if low is not None and high is not None:
        if low == high:
            return num(low)
        return gettext("%(low)s to %(high)s") % {"low": num(low), "high": num(high)}
    if low is not None:
        return gettext("%(low)s or more") % {"low": num(low)}
    if high is not None:
        return gettext("fewer than %(bound)s") % {"bound": num(high + 1)}
    raise ValueError("a band needs a bound")


def released(value: int | tuple[int, int]) -> str:
    """A count as the disclosure gate gave it out: exact, or the band it lies in."""
    return band(value) if isinstance(value, tuple) else num(value)


def bdi(text: str) -> Markup:
    """The text kept from disturbing the direction of the sentence around it."""
    return Markup("<bdi>") + escape(text) + Markup("</bdi>")


# -------- days and times


@cache
def time_zones() -> tuple[str, ...]:
    """The names of all time zones, in order. Kept, because to find them the system's folders are walked."""
    return tuple(sorted(available_timezones()))


def city(zone: str) -> str:
    """The city of a time zone in the current language: "New York" of `America/New_York`."""
    if zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    return get_timezone_location(ZoneInfo(zone), locale=current_locale(), return_city=True)


def _patterns() -> tuple[str, str, str]:
    return PATTERNS.get(current_locale(), USUAL)


def _with_both_months(pattern: str, month: int) -> str:
    return pattern.replace("MMMM", f"'{ARABIC_MONTHS[month - 1]}'") if current_locale() == "ar" else pattern


def dt(
    value: datetime.datetime,
    zone: str = "UTC",
    *,
    year: bool = False,
    place: bool = True,
) -> str:
    """A moment as the clock of `zone` shows it, with its city: "Friday 28 May, 17:00 New York"."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    there = value.astimezone(ZoneInfo(zone))
    pattern = _with_both_months(_patterns()[0 if year else 1], there.month)
    text = format_datetime(there, pattern, tzinfo=ZoneInfo(zone), locale=current_locale())
    return f"{text} {city(zone)}" if place else text


def date(value: datetime.date | datetime.datetime, zone: str = "UTC") -> str:
    """A day with its year: "28 May 2027"; of a moment, the day that it is in `zone`."""
    day = value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime.datetime) else value
    return format_date(day, _with_both_months(_patterns()[2], day.month), locale=current_locale())
