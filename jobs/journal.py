"""What is kept for a time goes when it is over, by the clock; the months of the journal that come are made."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock
from app.services.privacy import retention
from jobs import runtime


def tend() -> int:
    """Each some at a time, in a transaction of its own."""
    runtime.repeat(tend_months)
    return runtime.repeat(lambda session: retention.dispose(session, today=clock.today(), now=clock.now()))


def tend_months(session: Session) -> bool:
    retention.tend_journal(session, today=clock.today(), now=clock.now())
    return False
