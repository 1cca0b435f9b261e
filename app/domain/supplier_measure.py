"""How reliable a supplier was, measured from his orders and receipts."""

from datetime import date
from decimal import Decimal

from app.domain.periods import DAY, shift_months

HIGH = Decimal(95)
MEDIUM = Decimal(80)


def year_before(on: date) -> tuple[date, date]:
    """The twelve months that end on that day, both ends included."""
    return shift_months(on, -12) + DAY, on
