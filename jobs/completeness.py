"""How complete contact information is, by the clock."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock
from app.services.counterparties import completeness
from jobs import runtime


def month_end() -> int:
    """Keep the rows of the month before; what is kept stays as it is."""
    return runtime.repeat(keep_month)


def keep_month(session: Session) -> bool:
    completeness.keep_month(session, clock.today())
    return False
