"""How reliable a supplier was, measured from his orders and receipts."""

from datetime import date, timedelta
from decimal import Decimal

HIGH = Decimal(95)
MEDIUM = Decimal(80)


def year_before(on: date) -> tuple[date, date]:
    """The twelve months that end on that day, both ends included."""
    day = 28 if (on.month, on.day) == (2, 29) else on.day
    return date(on.year - 1, on.month, day) + timedelta(days=1), on
