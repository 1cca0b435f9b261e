"""What counts of each client today, kept for lists: triggers follow what is written, and this the days."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

OVER = """
    SELECT client_{column}_stands(array_agg(counterparty_id), :day) FROM client_figure
    WHERE {column}_until < :day HAVING count(*) > 0"""
STATEMENTS = [text(OVER.format(column=column)) for column in ("abc", "stage")]


def stand_on(session: Session, day: date) -> None:
    """From the day on what comes after a hold, or begins with it, counts."""
    for statement in STATEMENTS:
        session.execute(statement, {"day": day})
