"""The months of the journal, and who looked at what, by the clock."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock
from app.services import journal
from app.services.access import readings
from jobs import runtime


def tend() -> int:
    """Make the months that come, drop what Policy keeps no longer."""
    runtime.repeat(lambda session: bool(readings.tidy(session, today=clock.today())))
    return runtime.repeat(tend_months)


def tend_months(session: Session) -> bool:
    journal.tend(session, clock.today())
    return False
