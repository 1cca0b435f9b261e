"""Month-end rows of how complete contact information is: kept from now on, because they cannot be made up later."""

from __future__ import annotations

from datetime import date

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.periods import DAY, months_from
from app.models.completeness import CompletenessMonth
from app.queries.counterparties.completeness import completeness_on


def keep_month(session: Session, today: date) -> int:
    """Keep the rows of the last day of the month before, unless they are kept already; gives how many were added."""
    last = months_from(today.replace(day=1) - DAY, 1).last
    found = completeness_on(last).order_by(None).subquery()
    columns = ["manager_id", *(column.name for column in found.c if column.name != "manager_id")]
    rows = select(literal(last), *(found.c[name] for name in columns))
    add = insert(CompletenessMonth.__table__).from_select(["on_date", *columns], rows).on_conflict_do_nothing()
    return len(session.execute(add.returning(CompletenessMonth.manager_id)).all())
