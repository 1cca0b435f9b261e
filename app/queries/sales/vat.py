"""app.domain.vat in SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, String, case, cast, func, literal

from app.domain.vat import STANDARD, VatRate
from app.models.movements import Shipment


def rate_on(rate: SQLColumnExpression[Any], day: SQLColumnExpression[date]) -> ColumnElement[str]:
    """The rate of an item in a document of that day: a standard rate is that of the day."""
    text = cast(rate, String)
    *later, (_since, first) = STANDARD
    standard = case(*((day >= since, each.value) for since, each in later), else_=first.value)
    return case((text.in_([each.value for _since, each in STANDARD]), standard), else_=text)


def vat_of(amount: SQLColumnExpression[Any], rate: SQLColumnExpression[Any]) -> ColumnElement[Decimal]:
    """How much of the amount is VAT, to the kopeck."""
    percent = cast(func.replace(cast(rate, String), VatRate.NONE.value, "0"), Integer)
    return func.round(amount * percent / (literal(100) + percent), 2)


def without_vat() -> ColumnElement[Decimal]:
    """Revenue without VAT of one shipment; a return, being negative, takes away."""
    return Shipment.amount - Shipment.vat_amount
