"""How much users have planned for their days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Interval,
    Label,
    Row,
    Select,
    Subquery,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.domain.calendar import midnight
from app.domain.periods import DAY, Period
from app.models.contacts import Contact, ContactParticipant
from app.models.tasks import Task
from app.queries.calendar import PLANNED
from app.queries.sql import execute_kept

FIRST: Any = bindparam("first", type_=Date)
MINUTE: Any = literal_column("interval '1 minute'", Interval)


def planned_by_day(
    session: Session, owner_ids: Sequence[int], period: Period, zone: ZoneInfo
) -> Sequence[Row[int, date, int]]:
    """(owner, day, minutes) of contacts and tasks that are planned for the days of this zone."""
    midnights = [midnight(zone, day) for day in period.each_day()]
    asked = _days(period, zone) | {"midnights": midnights, "owners": list(owner_ids), "contact": 0, "task": 0}
    return execute_kept(session, _by_day(), asked).all()


def planned_minutes(
    session: Session, owner_id: int, day: date, zone: ZoneInfo, besides: Contact | Task | None = None
) -> int:
    """How many minutes the user has planned for the day, `besides` one contact or task."""
    asked = _days(Period(day, day), zone) | {
        "owner": owner_id,
        "contact": besides.id if isinstance(besides, Contact) else 0,
        "task": besides.id if isinstance(besides, Task) else 0,
    }
    return execute_kept(session, _of_one_day(), asked).scalar_one()


def _days(period: Period, zone: ZoneInfo) -> dict[str, Any]:
    bounds = {"since": midnight(zone, period.first), "until": midnight(zone, period.last + DAY)}
    return {"first": period.first, "last": period.last, **bounds}


@cache
def _by_day() -> Select[int, date, int]:
    owners: Any = bindparam("owners", type_=ARRAY(Integer))
    midnights = bindparam("midnights", type_=ARRAY(DateTime(timezone=True)))
    # A zone asked of every contact of a month is dear.
    day = FIRST + func.width_bucket(Contact.starts_at, midnights, type_=Integer) - 1
    every = _planned(lambda column: column == func.any(owners), day)
    found = select(every.c.owner, every.c.day, _sum(every)).group_by(every.c.owner, every.c.day)
    return found.execution_options(unscoped=True, keeps_plan=True)  # a sum tells nothing of a row


@cache
def _of_one_day() -> Select[int]:
    """Each contact that is saved asks it; of one user, for a list of them may be long, which makes a kept plan dear."""
    owner = bindparam("owner", type_=Integer)
    every = _planned(lambda column: column == owner, FIRST)
    return select(_sum(every)).execution_options(unscoped=True, keeps_plan=True)


def _sum(every: Subquery) -> Label[int]:
    minutes = func.extract("epoch", func.sum(every.c.length)) / 60
    return cast(func.coalesce(minutes, 0), Integer).label("minutes")


def _planned(is_theirs: Callable[[Any], ColumnElement[bool]], day: ColumnElement[Any]) -> Subquery:
    """Owner, day and length of each; `is_theirs` says of the column of whoever has planned it whether it is asked.

    `day`: that of a contact.
    """
    length = Contact.ends_at - Contact.starts_at
    planned = select(Contact.manager_id.label("owner"), day.label("day"), length.label("length")).where(
        Contact.state == PLANNED,
        Contact.starts_at >= bindparam("since", type_=DateTime(timezone=True)),
        Contact.starts_at < bindparam("until", type_=DateTime(timezone=True)),
        Contact.id != bindparam("contact", type_=Integer),
    )
    todo = select(Task.executor_id, Task.due_on, Task.minutes * MINUTE).where(
        is_theirs(Task.executor_id),
        Task.due_on.between(FIRST, bindparam("last", type_=Date)),
        Task.to_be_done(),
        Task.id != bindparam("task", type_=Integer),
    )
    taken = ContactParticipant
    of_others = planned.join(taken, taken.contact_id == Contact.id).where(
        is_theirs(taken.user_id), Contact.manager_id.is_distinct_from(taken.user_id)
    )
    own = planned.where(is_theirs(Contact.manager_id))
    meetings = of_others.with_only_columns(taken.user_id, *planned.selected_columns[1:])
    return union_all(own, meetings, todo).subquery("planned")
