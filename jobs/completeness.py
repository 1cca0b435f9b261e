"""How complete contact information is, by the clock."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock
from app.services.counterparties import completeness
from jobs import runtime

LAST = 5  # day of the next month on which what is filled may stand for the end of the month before


def month_end() -> int:
    """Keep the rows of the month before, unless it is too late for them; what is kept stays as it is."""
    return runtime.repeat(keep_month)


def keep_month(session: Session) -> bool:
    today = clock.today()
    if today.day <= LAST:  # later where the product, or its workers, did not run: such a month has no rows
        completeness.keep_month(session, today)
    return False
