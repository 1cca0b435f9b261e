"""Классификация покупателей: a run assigns classes to all buyers and keeps them as history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.abc import AbcParameters, Shares
from app.domain.periods import DAY, Period, end_of_month, months_from
from app.domain.words import Measure
from app.models.classes import AbcRun
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.models.settings import Policy
from app.models.users import User
from app.queries.classification.classes import classes_by
from app.queries.classification.tracks import ABC_TRACK
from app.services.classification import runs
from app.services.classification.runs import WHOLE_COMPANY
from app.services.jobs import Outcome, Run

LONG = 20_000  # buyers


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
    runs.only_run(session, ABC_TRACK)
    parameters = parameters_for(session, period, shares)
    day = on or min(period.last, today)

    def made() -> AbcRun:
        return runs.write(session, ABC_TRACK, run_of(parameters, day, by), proposed(session, parameters, day))

    return runs.unless_repeated(session, ABC_TRACK, made)


def next_shares(session: Session) -> Shares:
    """Those of the last run; of the policy before the first one."""
    source = runs.last_run(session, ABC_TRACK) or session.scalars(select(Policy)).one()
    return Shares(source.share_a, source.share_b, source.share_c)


def parameters_for(session: Session, period: Period, shares: Shares | None = None) -> AbcParameters:
    """By the measure of the policy; without `shares`, by the next ones."""
    measure = session.scalars(select(Policy.abc_measure)).one()
    return AbcParameters(period, measure, shares or next_shares(session))


def run_of(parameters: AbcParameters, day: date, by: User | None) -> AbcRun:
    window, shares = parameters.window, parameters.limits
    return AbcRun(
        on=day,
        start=window.first,
        end=window.last,
        measure=parameters.measure,
        share_a=shares.a,
        share_b=shares.b,
        share_c=shares.c,
        by=by,
    )


def proposed(session: Session, parameters: AbcParameters, day: date) -> Select[Any]:
    """What a run on the day would write; whoever only asks "what if" reads this."""
    previous = runs.run_before(session, ABC_TRACK, day)
    return classes_by(parameters.window, parameters.measure, parameters.limits, day, previous)


def to_params(parameters: AbcParameters) -> dict[str, Any]:
    """What from_params reads."""
    return period_to_params(parameters.window) | {
        "measure": parameters.measure.value,
        "shares": shares_to_texts(parameters.limits),
    }


def from_params(params: Mapping[str, Any]) -> AbcParameters:
    return AbcParameters(period_from_params(params), Measure(params["measure"]), shares_from_texts(params["shares"]))


def period_to_params(period: Period) -> dict[str, str]:
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def period_from_params(params: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(params["first"]), date.fromisoformat(params["last"]))


def shares_to_texts(shares: Shares) -> list[str]:
    return [str(share) for share in astuple(shares)]


def shares_from_texts(texts: Iterable[str]) -> Shares:
    return Shares(*map(Decimal, texts))


@dataclass(frozen=True)
class ClassifyAbc:
    """What a worker is asked for; without `shares` those of the last run are taken."""

    window: Period
    shares: Shares | None = None

    def to_params(self) -> dict[str, Any]:
        shares = {"shares": shares_to_texts(self.shares)} if self.shares else {}
        return period_to_params(self.window) | shares

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> ClassifyAbc:
        return cls(period_from_params(params), shares_from_texts(params["shares"]) if "shares" in params else None)


def classification_job(session: Session, job: Job, run: Run) -> Outcome:
    """A run, as ClassifyAbc says; its author is whoever asked."""
    asked = ClassifyAbc.from_params(job.params)
    made = classify_abc(session, asked.window, today=run.today, by=job.user, shares=asked.shares)
    return Outcome({"told": runs.run_summary(made)})


def is_long(session: Session) -> bool:
    """There are so many buyers that a worker should classify them."""
    some = select(Counterparty.id).where(Counterparty.is_buyer).limit(LONG + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some), execution_options=WHOLE_COMPANY) or 0) > LONG


def next_abc_period(session: Session, today: date) -> Period:
    """What a run is about when nobody says: from the day after the last run's period to the end of that month.

    The first run is about the current month. While the next period has not begun,
    the last run's period is done again.
    """
    last = runs.last_run(session, ABC_TRACK)
    if last is None:
        return months_from(today, 1)
    first = last.end + DAY
    if first > today:
        return Period(last.start, last.end)
    return Period(first, end_of_month(first))
