"""План контактов: what the rule of a cell gives, made together, taken back together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import CursorResult, Row, delete, func, insert, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period
from app.domain.words import ContactState, Direction
from app.domain.work_plan import LENGTH, Busy, Cell, DueClient, PlannedContact, Terms, Verdict, arranged
from app.domain.working_days import next_working, working_days
from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.users import User, full_name
from app.models.work_plan import WorkPlan, WorkPlanRule
from app.queries.contacts.work_plan import busy_minutes, clients_due, clients_of, rule_of, untouched
from app.queries.workdays import exceptions_in

PLAN_LOCK = 0x504C414E  # of all advisory locks of the base this one says "contacts are being planned"
LONGEST_REST = timedelta(days=60)  # nobody's days off last longer


@dataclass(frozen=True)
class PlanRequest:
    """Whom to plan: the cell on a day, of one manager or of all; `by_id` plans, and takes those without a manager."""

    cell: Cell
    on: date
    terms: Terms
    by_id: int
    manager: User | None = None


@dataclass(frozen=True)
class Arrangement:
    """What would be made, and how many others there are."""

    rule: WorkPlanRule
    days: Sequence[date]
    places: Sequence[PlannedContact]
    busy: Busy
    managers: Mapping[int, str]
    already: int
    recent: int
    unfit: int


def first_day(session: Session, today: date) -> date:
    """What is planned when nobody says: from the next working day."""
    tomorrow = today + DAY
    return next_working(tomorrow, _exceptions(session, Period(tomorrow, tomorrow + LONGEST_REST)))


def arrange(session: Session, asked: PlanRequest, *, zone: ZoneInfo) -> Arrangement:
    """Nothing is stored; only as many clients are read as there is room for."""
    rule = session.scalars(rule_of(asked.cell)).first()
    if rule is None:
        raise Refused(_("There is no rule for this cell: how often its clients are contacted."))
    period = asked.terms.period
    days = working_days(period, _exceptions(session, period))
    clients = clients_of(asked.cell, asked.on, zone)
    if asked.manager is not None:
        clients = clients.where(Counterparty.manager_id == asked.manager.id)
    room = len(days) * asked.terms.most
    rows = session.execute(
        clients_due(clients, every_days=rule.every_days, period=period, planner_id=asked.by_id, most=room)
    ).all()
    due = [_client(row) for row in rows if row.verdict == Verdict.DUE]
    busy, managers = _work_of(session, {client.manager_id for client in due}, period, zone)
    places = arranged(due, days, asked.terms.most, busy)
    total = {
        verdict: sum(row.total for row in rows if row.verdict == verdict and row.place == 1) for verdict in Verdict
    }
    return Arrangement(
        rule,
        days,
        places,
        busy,
        managers,
        already=total[Verdict.OPEN],
        recent=total[Verdict.RECENT],
        unfit=total[Verdict.DUE] - len(places),
    )


def make(session: Session, asked: PlanRequest, *, zone: ZoneInfo) -> WorkPlan:
    """Plan the contacts; whoever plans at the same moment waits, and then finds them planned.

    Without anybody to contact nothing is stored.
    """
    session.execute(select(func.pg_advisory_xact_lock(PLAN_LOCK)))
    found = arrange(session, asked, zone=zone)
    cell, period = asked.cell, asked.terms.period
    plan = WorkPlan(
        abc=cell.abc,
        stage=cell.stage,
        xyz=cell.xyz,
        on=asked.on,
        first=period.first,
        last=period.last,
        by_id=asked.by_id,
        made=len(found.places),
        already=found.already,
        recent=found.recent,
        unfit=found.unfit,
    )
    if found.places:
        session.add(plan)
        session.flush()
        session.execute(insert(Contact), [_contact(place, found.rule, plan, zone) for place in found.places])
    return plan


def undo(session: Session, plan: WorkPlan) -> int:
    """Remove what of the plan is still as it was made; returns how many."""
    removed = delete(Contact).where(untouched(plan.id)).execution_options(synchronize_session=False)
    count = cast("CursorResult[Any]", session.execute(removed)).rowcount
    plan.undone += count
    session.flush()
    return count


def _contact(place: PlannedContact, rule: WorkPlanRule, plan: WorkPlan, zone: ZoneInfo) -> dict[str, Any]:
    start = datetime.combine(place.day, place.at, zone)
    return {
        "counterparty_id": place.client.id,
        "manager_id": place.client.manager_id,
        "kind": rule.kind,
        "direction": Direction.OUT,
        "state": ContactState.PLANNED,
        "importance": rule.importance,
        "subject": rule.subject,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=LENGTH),
        "work_plan_id": plan.id,
    }


def _client(row: Row[Any]) -> DueClient:
    return DueClient(row.id, row.name, row.manager_id, row.due, row.last_on, row.value)


def _exceptions(session: Session, period: Period) -> dict[date, bool]:
    return dict(session.execute(exceptions_in(period)).all())


def _work_of(session: Session, ids: set[int], period: Period, zone: ZoneInfo) -> tuple[Busy, dict[int, str]]:
    """What the managers have planned, and their names in the order of the alphabet."""
    if not ids:
        return {}, {}
    busy = {(row.manager_id, row.day): row.minutes for row in session.execute(busy_minutes(ids, period, zone))}
    people = session.scalars(select(User).where(User.id.in_(ids)).order_by(User.last_name, User.first_name, User.id))
    return busy, {user.id: full_name(user) for user in people}
