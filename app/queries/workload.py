"""How much a user has planned for a day."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from app.domain.calendar import midnight
from app.domain.periods import DAY
from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.tasks import Task


def planned_minutes(owner_id: int, day: date, zone: ZoneInfo, besides: Contact | Task | None = None) -> Select:
    """How many minutes of contacts and tasks the user has planned for the day of his zone, `besides` one of them."""
    since, until = midnight(zone, day), midnight(zone, day + DAY)
    length = func.sum(func.extract("epoch", Contact.ends_at - Contact.starts_at)) / 60
    contacts = select(func.coalesce(length, 0)).where(
        Contact.manager_id == owner_id,
        Contact.state == ContactState.PLANNED,
        Contact.starts_at >= since,
        Contact.starts_at < until,
    )
    todo = select(func.coalesce(func.sum(Task.minutes), 0)).where(
        Task.executor_id == owner_id, Task.due_on == day, Task.to_be_done()
    )
    if isinstance(besides, Contact):
        contacts = contacts.where(Contact.id != besides.id)
    elif besides is not None:
        todo = todo.where(Task.id != besides.id)
    every = contacts.scalar_subquery() + todo.scalar_subquery()
    return select(every.label("minutes")).execution_options(unscoped=True)  # a sum tells nothing of a row
