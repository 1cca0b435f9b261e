"""Классификация покупателей: a run assigns classes to all buyers and keeps them as history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from app.domain.abc import Moves, Shares
from app.domain.periods import DAY, Period, end_of_month, months_from
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.models.settings import Policy
from app.models.users import User
from app.queries.classes import classes_by
from app.services import runs
from app.services.jobs import Outcome, Run
from app.services.runs import WHOLE_COMPANY

LONG = 20_000  # buyers
ABC_LOCK = 0x414243  # of all advisory locks of the base this one says "a classification is under way"


def classify_abc(
    session: Session,
    period: Period,
    *,
    today: date,
    on: date | None = None,
    by: User | None = None,
    shares: Shares | None = None,
) -> AbcRun:
    """Assign A, B, C to every buyer from the day `on`; refused while another run is under way.

    Without `shares` those of the last run are taken.

    `on` is by default the last day of the period, or today while it lasts: the
    report for the same period then shows the classes of this run. The same
    period again replaces the classes of that day - and where nothing differs, adds
    nothing and is the run that was there.
    """
    runs.check_begun(period, today)
    runs.only_run(session, ABC_LOCK)
    measure = session.scalars(select(Policy.abc_measure)).one()
    distribution = shares or next_shares(session)
    day = on or min(period.last, today)

    def made() -> AbcRun:
        run = run_of(period, measure, distribution, day, by)
        return write(session, run, proposed(session, period, measure, distribution, day))

    return runs.unless_repeated(session, made)


def next_shares(session: Session) -> Shares:
    """Those of the last run; of the policy before the first one (domain.md 1.1)."""
    known = runs.last(session, AbcRun) or session.scalars(select(Policy)).one()
    return Shares(known.share_a, known.share_b, known.share_c)


def run_of(period: Period, measure: Measure, shares: Shares, day: date, by: User | None) -> AbcRun:
    return AbcRun(
        on=day,
        start=period.first,
        end=period.last,
        measure=measure,
        share_a=shares.a,
        share_b=shares.b,
        share_c=shares.c,
        by=by,
    )


def proposed(session: Session, period: Period, measure: Measure, shares: Shares, day: date) -> Select[Any]:
    """What a run on the day would write; whoever only asks "what if" reads this."""
    return classes_by(period, measure, shares, day, runs.before(session, AbcRun, day))


def classification_job(session: Session, job: Job, run: Run) -> Outcome:
    """The run of `params`: first and last day of the period, shares or none; its author is whoever asked."""
    period = Period(date.fromisoformat(job.params["first"]), date.fromisoformat(job.params["last"]))
    shares = [Decimal(share) for share in job.params.get("shares", ())]
    made = classify_abc(session, period, today=run.today, by=job.user, shares=Shares(*shares) if shares else None)
    return Outcome({"told": told(made)})


def told(run: AbcRun) -> str:
    """What a run did, in one sentence."""
    moves = Moves.from_json(run.moves)
    counts = ", ".join(f"{abc} – {moves.now_in(abc)}" for abc in AbcClass)
    classified = ngettext("%(num)s buyer is classified", "%(num)s buyers are classified", moves.total)
    moved = _("Up: %(up)s, down: %(down)s.", up=moves.up, down=moves.down)
    return f"{classified}: {counts}. {moved}"


def is_long(session: Session) -> bool:
    """There are so many buyers that a worker should classify them."""
    some = select(Counterparty.id).where(Counterparty.is_buyer).limit(LONG + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some), execution_options=WHOLE_COMPANY) or 0) > LONG


def moves_among(session: Session, rows: Select[Any]) -> Moves:
    """How many of the proposed rows come from which class and go to which."""
    found = rows.subquery("proposed")
    counts = select(found.c.old, found.c.abc, func.count()).group_by(found.c.old, found.c.abc)
    return _moves(session.execute(counts, execution_options=WHOLE_COMPANY))


def write(session: Session, run: AbcRun, rows: Select[Any]) -> AbcRun:
    """The run with its records; one statement for them and for how many moved where.

    In the order of buyers: the report then reads neighbours from neighbouring pages.
    """
    session.add(run)
    session.flush()
    found = rows.subquery("proposed")
    table: Any = AbcRecord.__table__
    query = select(literal(run.id), *found.c).order_by(found.c.counterparty_id)
    made = insert(table).from_select(["run_id", *found.c.keys()], query, include_defaults=False)
    written = made.returning(table.c.old, table.c.abc).cte("written")
    counts = select(written.c.old, written.c.abc, func.count()).group_by(written.c.old, written.c.abc)
    run.moves = _moves(session.execute(counts, execution_options=WHOLE_COMPANY)).to_json()
    session.flush()
    return run


def _moves(rows: Any) -> Moves:
    return Moves({(old, new): count for old, new, count in rows})


def next_abc_period(session: Session, today: date) -> Period:
    """What a run is about when nobody says: from the day after the last run's period to the end of that month.

    The first run is about the current month. While the next period has not begun,
    the last run's period is done again.
    """
    last = runs.last(session, AbcRun)
    if last is None:
        return months_from(today, 1)
    first = last.end + DAY
    if first > today:
        return Period(last.start, last.end)
    return Period(first, end_of_month(first))
