"""What every row is asked before it is written, whatever the road: its texts can be read, its days are of our time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Date, DateTime, Enum, String, Text, event, inspect
from sqlalchemy.orm import Mapper

from app.domain.periods import YEARS
from app.domain.text import key, readable
from app.errors import Refused
from app.models.base import Base

KEYS = frozenset({"code", "number", "inn", "kpp", "ogrn"})  # twins in all but a hyphen are the same


@cache
def texts_and_days(mapper: Mapper[Any]) -> tuple[list[tuple[str, Callable[[str], str]]], list[str]]:
    """The columns of short texts, each with how it is cleaned, and those of days and moments."""
    texts: list[tuple[str, Callable[[str], str]]] = []
    days: list[str] = []
    for attribute in mapper.column_attrs:
        kind = attribute.columns[0].type
        if isinstance(kind, Date | DateTime):
            days.append(attribute.key)
        elif isinstance(kind, String) and not isinstance(kind, Enum | Text) and attribute.columns[0].computed is None:
            texts.append((attribute.key, key if attribute.key in KEYS else readable))
    return texts, days


@event.listens_for(Base, "before_insert", propagate=True)
@event.listens_for(Base, "before_update", propagate=True)
def keep(mapper: Mapper[Any], _connection: object, row: Any) -> None:
    texts, _days = texts_and_days(mapper)
    values = inspect(row).dict
    for name, clean in texts:
        value = values.get(name)
        if type(value) is str and (cleaned := clean(value)) != value:
            setattr(row, name, cleaned)
    check_days(row)


def check_days(row: Any) -> None:
    """Refused, at its column, where a day is not of our time: whoever counts from days asks it first."""
    _texts, days = texts_and_days(inspect(type(row)))
    values = inspect(row).dict
    for name in days:
        value = values.get(name)
        if isinstance(value, date) and value.year not in YEARS:
            raise Refused(year_expected(), field=name)


def year_expected() -> str:
    return str(_("A year from %(first)s to %(last)s is expected.", first=YEARS[0], last=YEARS[-1]))
