"""How numbers and periods look in the reader's language: in sentences, on the screen and where they are typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from babel.dates import format_date
from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol
from flask import current_app, g
from flask_babel import format_decimal, get_locale

from app.domain.birthdays import KNOWN_SINCE
from app.domain.periods import Period

T = TypeVar("T")


def of_language(name: str, find: Callable[[], T]) -> T:
    """What depends on the reader's language alone: found once a request, which asks for words and signs by hundreds."""
    try:
        of_request = g._flask_babel
        language, found = getattr(of_request, name)
        if language is of_request.babel_locale:  # it may be another for a letter's length
            return found
    except (AttributeError, RuntimeError):  # the first time, or nobody's
        pass
    found = find()
    if get_locale() is not None:
        setattr(g._flask_babel, name, (g._flask_babel.babel_locale, found))
    return found


def currency_code() -> str:
    """The three letters of the currency."""
    return str(current_app.config["CRM_CURRENCY"])


def currency() -> str:
    """The sign of the currency that all money of the company is in, as the reader's language writes it: `₽`, `RUB`."""
    return str(get_currency_symbol(current_app.config["CRM_CURRENCY"], get_locale() or "en"))


def money(value: Decimal) -> str:
    """`412,300.00`: kopecks always."""
    return grouped(value, 2, 2)


def grouped(value: Decimal, least: int, most: int) -> str:
    """With the reader's signs between thousands and before the fraction, of so many digits at least and at most.

    A page has hundreds of numbers: Babel would read the pattern and the locale anew for each of them.
    """
    whole, _point, fraction = f"{value:,.{most}f}".partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0") if least < most else fraction
    between, mark = of_language("signs", signs_here)
    whole = whole.replace(",", between)
    return f"{whole}{mark}{fraction}" if fraction else whole


def signs_here() -> tuple[str, str]:
    return signs(str(get_locale() or "en"))


@lru_cache(maxsize=32)
def signs(locale: str) -> tuple[str, str]:
    """What a language writes between thousands and before a fraction."""
    return get_group_symbol(locale), get_decimal_symbol(locale)


def quantity(value: Decimal) -> str:
    """`1,200` or `12.345`: thousandths when there are any."""
    return grouped(value, 0, 3)


def number(value: Decimal) -> str:
    """`70` or `40.83`: hundredths when there are any."""
    return grouped(value, 0, 2)


FIGURES = {-2: (2, 2), -4: (2, 4), -5: (2, 5)}  # exponent: digits of the fraction, at least and at most


def figure(value: Decimal) -> str:
    """Of a column of any kind: money where hundredths are kept, a price with parts of a kopeck, else a quantity."""
    return grouped(value, *FIGURES.get(int(value.as_tuple().exponent), (0, 3)))


def percent(value: Decimal) -> str:
    """`40.8 %`."""
    return f"{format_decimal(value, '#,##0.#')}\u00a0%"


def plain(value: Decimal) -> str:
    """`1200` or `12.5`: with a dot, without thousands and needless zeros, in any language."""
    return f"{value.normalize():f}"


def as_typed(value: Decimal) -> str:
    """As it stands in a field: a whole number without a fraction, any other with all its digits (`12.50`, `12,50`)."""
    return localized(plain(value) if value == value.to_integral_value() else f"{value:f}")


def localized(text: str) -> str:
    """A plain number with the decimal mark of the reader's language."""
    return text.replace(".", get_decimal_symbol(get_locale() or "en"))


def short_date(day: date) -> str:
    return str(format_date(day, "dd.MM.yyyy", get_locale() or "en"))


def show_period(period: Period) -> str:
    """Март 2026, III квартал 2026, 2026, or the first and the last day."""
    text, locale = period.text(), get_locale() or "en"
    if ".." in text:
        if period.days == 1:
            return short_date(period.first)
        return f"{short_date(period.first)} – {short_date(period.last)}"
    if len(text) == 4:
        return text
    if "Q" in text:
        return str(format_date(period.first, "QQQQ y", locale))
    month = str(format_date(period.first, "LLLL y", locale))
    return month[0].upper() + month[1:]


def birthday(day: date | None) -> date | str | None:
    """What is shown of a birthday: `12 мая` where its year is not known."""
    return day if day is None or day.year >= KNOWN_SINCE else format_date(day, "d MMMM", locale=get_locale())
