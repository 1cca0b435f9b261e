"""What is ahead of a client or an order, at the side of its card: what is planned of it, and what is to be done."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.tasks import Task
from app.models.users import User
from app.queries.sql import user_name

MOST_AHEAD = 5


def tasks_ahead(about: ColumnElement[bool]) -> Select[int, int, date, str, str]:
    """(id, version, due_on, text, executor) of the open tasks about it, the first due before the others."""
    return (
        select(Task.id, Task.version, Task.due_on, Task.text, user_name(User).label("executor"))
        .join(User, User.id == Task.executor_id)
        .where(about, Task.to_be_done())
        .order_by(Task.due_on, Task.id)
        .limit(MOST_AHEAD)
    )


def contacts_ahead(about: ColumnElement[bool]) -> Select[int, int, datetime, str, str]:
    """(id, version, at, subject, manager) of the contacts about it that come next, late ones too."""
    return (
        select(
            Contact.id,
            Contact.version,
            Contact.starts_at.label("at"),
            Contact.subject,
            user_name(User).label("manager"),
        )
        .outerjoin(User, User.id == Contact.manager_id)
        .where(about, Contact.state == ContactState.PLANNED)
        .order_by(Contact.starts_at, Contact.id)
        .limit(MOST_AHEAD)
    )
