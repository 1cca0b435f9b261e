"""VAT: its rates, the standard one by day, and how much of an amount it is. Amounts include it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.order_state import round_money


class VatRate(StrEnum):
    """Percent; NONE: not subject to VAT, which is not the same as a rate of zero."""

    NONE = "none"
    ZERO = "0"
    FIVE = "5"
    SEVEN = "7"
    TEN = "10"
    TWENTY = "20"
    TWENTY_TWO = "22"

    @property
    def percent(self) -> int:
        return 0 if self is VatRate.NONE else int(self)


# The standard rate from a day on, the latest first.
STANDARD = ((date(2026, 1, 1), VatRate.TWENTY_TWO), (date.min, VatRate.TWENTY))


def standard_on(day: date) -> VatRate:
    return next(rate for since, rate in STANDARD if since <= day)


def rate_on(rate: VatRate, day: date) -> VatRate:
    """The rate of an item in a document of that day: whatever standard rate the card names, that of the day counts."""
    return standard_on(day) if rate in {each for _since, each in STANDARD} else rate


def vat_of(amount: Decimal, rate: VatRate) -> Decimal:
    """How much of the amount is VAT, to the kopeck."""
    return round_money(amount * rate.percent / (100 + rate.percent))
