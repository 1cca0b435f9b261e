"""How many digits after the point is kept of what, and how the rest is rounded: one rule everywhere."""

from decimal import ROUND_HALF_UP, Decimal

MONEY, QUANTITY, PERCENT = 2, 3, 2
PRICE = 5  # of one piece: screws, cable and fuel cost parts of a kopeck


def rounded(value: Decimal, places: int = MONEY) -> Decimal:
    """Halves away from zero, as PostgreSQL's round() does."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
