"""The months of the journal, by the clock."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock
from app.services import journal
from jobs import runtime


def tend() -> int:
    """Make the months that come, drop those that Policy keeps no longer."""
    return runtime.repeat(tend_months)


def tend_months(session: Session) -> bool:
    journal.tend(session, clock.today())
    return False
