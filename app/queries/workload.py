"""How much users have planned for their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Integer, Select, cast, func, select, union_all

from app.domain.calendar import midnight
from app.domain.periods import DAY, Period
from app.domain.words import ContactState
from app.models.contacts import Contact, ContactParticipant
from app.models.tasks import Task
from app.queries.sql import one_of


def planned_by_day(
    owner_ids: Sequence[int], period: Period, zone: ZoneInfo, besides: Contact | Task | None = None
) -> Select[int, date, int]:
    """(owner, day, minutes) of contacts and tasks that are planned for the days of this zone, `besides` one of them."""
    length = func.extract("epoch", Contact.ends_at - Contact.starts_at) / 60
    planned = select(
        Contact.manager_id.label("owner"),
        cast(func.timezone(str(zone), Contact.starts_at), Date).label("day"),
        length.label("minutes"),
    ).where(
        Contact.state == ContactState.PLANNED,
        Contact.starts_at >= midnight(zone, period.first),
        Contact.starts_at < midnight(zone, period.last + DAY),
    )
    todo = select(Task.executor_id, Task.due_on, Task.minutes).where(
        one_of(Task.executor_id, owner_ids), Task.due_on.between(period.first, period.last), Task.to_be_done()
    )
    if isinstance(besides, Contact):
        planned = planned.where(Contact.id != besides.id)
    elif besides is not None:
        todo = todo.where(Task.id != besides.id)
    taken = ContactParticipant
    of_others = planned.join(taken, taken.contact_id == Contact.id).where(
        one_of(taken.user_id, owner_ids), Contact.manager_id.is_distinct_from(taken.user_id)
    )
    own = planned.where(one_of(Contact.manager_id, owner_ids))
    meetings = of_others.with_only_columns(taken.user_id, *planned.selected_columns[1:])
    every = union_all(own, meetings, todo).subquery("planned").c
    minutes = cast(func.coalesce(func.sum(every.minutes), 0), Integer).label("minutes")
    found = select(every.owner, every.day, minutes).group_by(every.owner, every.day)
    return found.execution_options(unscoped=True)  # a sum tells nothing of a row


def planned_minutes(owner_id: int, day: date, zone: ZoneInfo, besides: Contact | Task | None = None) -> Select[int]:
    """How many minutes the user has planned for the day; no row for none."""
    planned = planned_by_day([owner_id], Period(day, day), zone, besides).subquery()
    return select(planned.c.minutes).execution_options(unscoped=True)
