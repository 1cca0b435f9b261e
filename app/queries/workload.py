"""How much users have planned for their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Date, DateTime, Integer, Row, Select, String, bindparam, cast, func, select, union_all
from sqlalchemy.orm import Session

from app.domain.calendar import midnight
from app.domain.periods import DAY, Period
from app.domain.words import ContactState
from app.models.contacts import Contact, ContactParticipant
from app.models.tasks import Task
from app.queries.sql import execute_kept


def planned_by_day(
    session: Session, owner_ids: Sequence[int], period: Period, zone: ZoneInfo, besides: Contact | Task | None = None
) -> Sequence[Row[int, date, int]]:
    """(owner, day, minutes) of contacts and tasks that are planned for the days of this zone, `besides` one of them."""
    asked = {
        "owners": list(owner_ids),
        "first": period.first,
        "last": period.last,
        "since": midnight(zone, period.first),
        "until": midnight(zone, period.last + DAY),
        "zone": str(zone),
        "contact": besides.id if isinstance(besides, Contact) else 0,
        "task": besides.id if isinstance(besides, Task) else 0,
    }
    return execute_kept(session, _planned(), asked).all()


def planned_minutes(
    session: Session, owner_id: int, day: date, zone: ZoneInfo, besides: Contact | Task | None = None
) -> int:
    """How many minutes the user has planned for the day."""
    found = planned_by_day(session, [owner_id], Period(day, day), zone, besides)
    return sum(minutes for _owner, _day, minutes in found)


@cache
def _planned() -> Select[int, date, int]:
    """Made once: to make it costs more than to ask it, and each contact that is saved asks it."""
    owners: Any = bindparam("owners", type_=ARRAY(Integer))
    length = func.extract("epoch", Contact.ends_at - Contact.starts_at) / 60
    planned = select(
        Contact.manager_id.label("owner"),
        cast(func.timezone(bindparam("zone", type_=String), Contact.starts_at), Date).label("day"),
        length.label("minutes"),
    ).where(
        Contact.state == ContactState.PLANNED,
        Contact.starts_at >= bindparam("since", type_=DateTime(timezone=True)),
        Contact.starts_at < bindparam("until", type_=DateTime(timezone=True)),
        Contact.id != bindparam("contact", type_=Integer),
    )
    todo = select(Task.executor_id, Task.due_on, Task.minutes).where(
        Task.executor_id == func.any(owners),
        Task.due_on.between(bindparam("first", type_=Date), bindparam("last", type_=Date)),
        Task.to_be_done(),
        Task.id != bindparam("task", type_=Integer),
    )
    taken = ContactParticipant
    of_others = planned.join(taken, taken.contact_id == Contact.id).where(
        taken.user_id == func.any(owners), Contact.manager_id.is_distinct_from(taken.user_id)
    )
    own = planned.where(Contact.manager_id == func.any(owners))
    meetings = of_others.with_only_columns(taken.user_id, *planned.selected_columns[1:])
    every = union_all(own, meetings, todo).subquery("planned").c
    minutes = cast(func.coalesce(func.sum(every.minutes), 0), Integer).label("minutes")
    found = select(every.owner, every.day, minutes).group_by(every.owner, every.day)
    return found.execution_options(unscoped=True, keeps_plan=True)  # a sum tells nothing of a row
