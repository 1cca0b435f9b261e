"""When a buyer is expected next, in a sentence with the numbers that it follows from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import Row

from app.domain.rhythm import MONTHS, Rhythm
from app.services.classification.why import number


@dataclass(frozen=True)
class RhythmInWords:
    """The sentence of a buyer, and whether he is silent."""

    sentence: str
    silent: bool


def rhythm_in_words(row: Row[Any] | None, day: date) -> RhythmInWords:
    """Of a row with the columns of queries.classification.rhythm.rhythms; of none when he bought nothing."""
    rhythm = Rhythm(row.purchases or 0, row.last_on, row.usual) if row else Rhythm()
    return RhythmInWords(next_purchase(rhythm, day), rhythm.is_silent(day))


def next_purchase(rhythm: Rhythm, day: date) -> str:
    """`The next purchase is expected on 12.12.2026: usually once in 31 days, by 8 purchases`."""
    expected = rhythm.expected
    if expected is None or rhythm.usual is None:
        bought = ngettext("%(num)s purchase", "%(num)s purchases", rhythm.purchases)
        told = {"bought": bought, "months": MONTHS}
        return str(_("The next purchase: too little data, %(bought)s in %(months)s months.", **told))
    # Of a fraction the form is that of two, in Russian as in English.
    form = int(rhythm.usual) if rhythm.usual == int(rhythm.usual) else 2
    told = {
        "day": format_date(expected, "dd.MM.yyyy"),
        "once": ngettext("once in %(usual)s day", "once in %(usual)s days", form, usual=number(rhythm.usual)),
        "by": ngettext("by %(num)s purchase", "by %(num)s purchases", rhythm.purchases),
    }
    if expected >= day:
        return str(_("The next purchase is expected on %(day)s: usually %(once)s, %(by)s.", **told))
    told["late"] = ngettext("%(num)s day ago", "%(num)s days ago", (day - expected).days)
    return str(_("The next purchase was expected on %(day)s, %(late)s: usually %(once)s, %(by)s.", **told))
