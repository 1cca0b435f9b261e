"""Классификация покупателей: a run assigns classes to all buyers and keeps them as history."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from app.domain.abc import Moves, Shares
from app.domain.periods import DAY, Period, end_of_month, months_from
from app.errors import Refused
from app.models.classes import AbcRecord, AbcRun
from app.models.settings import Policy
from app.models.users import User
from app.queries.classes import abc_by, moves_of

ABC_LOCK = 0x414243  # of all advisory locks of the base this one says "a classification is under way"
# A run is about the whole company, whatever its author sees of it.
WHOLE_COMPANY = {"unscoped": True}


def classify_abc(
    session: Session, period: Period, *, today: date, on: date | None = None, by: User | None = None
) -> AbcRun:
    """Assign A, B, C to every buyer from the day `on`; refused while another run is under way.

    `on` is by default the last day of the period, or today while it lasts: the
    report for the same period then shows the classes of this run. The same
    period again is a new run, which replaces the classes of that day.
    """
    if period.first > today:
        raise Refused(_("The period %(period)s has not begun yet.", period=period.text()), field="period")
    if not session.scalar(select(func.pg_try_advisory_xact_lock(ABC_LOCK))):
        raise Refused(_("Another classification is under way. Try again when it ends."))
    policy = session.scalars(select(Policy)).one()
    shares = Shares(policy.share_a, policy.share_b, policy.share_c)
    run = AbcRun(
        on=on or min(period.last, today),
        start=period.first,
        end=period.last,
        measure=policy.abc_measure,
        share_a=shares.a,
        share_b=shares.b,
        share_c=shares.c,
        by=by,
    )
    session.add(run)
    session.flush()
    classes = abc_by(period, run.measure, shares).subquery("classes")
    # In the order of buyers: the report then reads neighbours from neighbouring pages.
    rows = select(literal(run.id), classes.c.key, literal(run.on), classes.c.abc, classes.c.value).order_by(
        classes.c.key
    )
    columns = (AbcRecord.run_id, AbcRecord.counterparty_id, AbcRecord.on, AbcRecord.abc, AbcRecord.value)
    session.execute(insert(AbcRecord).from_select(columns, rows), execution_options=WHOLE_COMPANY)
    run.moves = _moves(session, run).to_json()
    session.flush()
    return run


def _moves(session: Session, run: AbcRun) -> Moves:
    rows = session.execute(moves_of(run.id), execution_options=WHOLE_COMPANY)
    return Moves({(old, new): count for old, new, count in rows})


def next_abc_period(session: Session, today: date) -> Period:
    """What a run is about when nobody says: from the day after the last run's period to the end of that month.

    The first run is about the current month. While the next period has not begun,
    the last run's period is done again.
    """
    last = session.scalars(select(AbcRun).order_by(AbcRun.on.desc(), AbcRun.id.desc()).limit(1)).first()
    if last is None:
        return months_from(today, 1)
    first = last.end + DAY
    if first > today:
        return Period(last.start, last.end)
    return Period(first, end_of_month(first))
