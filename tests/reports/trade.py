"""Buyers and their shipments for the tests of sales, classes and reports."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.domain.words import MovementKind
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from tests.factories import added, buyer, numbers


def shipped(session: Session, to: Counterparty, amount: Any, on: date, cost: Any = 0) -> Shipment:
    """A shipment, or a return when the amount is negative."""
    kind = MovementKind.RETURN if Decimal(amount) < 0 else MovementKind.SHIPMENT
    number = f"Т-{next(numbers):05}"
    return added(
        session,
        Shipment(number=number, date=on, kind=kind, counterparty=to, amount=Decimal(amount), cost_amount=Decimal(cost)),
    )


def noise(session: Session) -> Counterparty:
    """A buyer who trades in every other month of 2024-2026, so that a query without dates fails."""
    other = buyer(session, "Шум")
    for year in (2024, 2025, 2026):
        for month in range(1, 13):
            if (year, month) != (2026, 3):
                shipped(session, other, 77777, date(year, month, 15), cost=11111)
    return other
