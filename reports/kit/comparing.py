"""How the values of a column are compared with what a reader asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session


class How(StrEnum):
    """`NAMED` is of values that lead nowhere: they have a name, and no number."""

    IN = "in"
    NOT = "not"
    HAS = "has"
    GE = "ge"
    LE = "le"
    BETWEEN = "between"
    EMPTY = "empty"
    FILLED = "filled"
    NAMED = "named"


OF_NONE = {How.EMPTY, How.FILLED}  # are asked without a value
OF_MANY = {How.IN, How.NOT}  # of one value or several
EDGES = (How.EMPTY, How.FILLED)
OF_WORDS = (How.IN, How.NOT, *EDGES)
OF_TEXT = (How.HAS, *OF_WORDS)
OF_AMOUNTS = (How.GE, How.LE, How.BETWEEN, *OF_WORDS)


@dataclass(frozen=True)
class Asking:
    """Who asks and on what day: `me` and `last-month` mean something to them alone."""

    session: Session
    today: date


Means = Callable[[ColumnElement[Any], Sequence[Any]], ColumnElement[bool]]
MEANS: Mapping[How, Means] = {
    How.IN: lambda field, values: field.in_(values),
    How.NOT: lambda field, values: field.is_(None) | field.not_in(values),
    How.HAS: lambda field, values: field.icontains(values[0], autoescape=True),
    How.GE: lambda field, values: field >= values[0],
    How.LE: lambda field, values: field <= values[0],
    How.BETWEEN: lambda field, values: field.between(*values),
    How.EMPTY: lambda field, _values: field.is_(None),
    How.FILLED: lambda field, _values: field.is_not(None),
}
