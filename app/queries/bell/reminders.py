"""Reminders of one user: what rings, what is to ring, what he has of one row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, and_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import joinedload

from app.models.bell import Notice, Reminder
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.tasks import Task

About = Contact | BuyerOrder | SupplierOrder | Task
COLUMNS: dict[type, Any] = {
    Contact: Reminder.contact_id,
    BuyerOrder: Reminder.order_id,
    SupplierOrder: Reminder.supplier_order_id,
    Task: Reminder.task_id,
}


def waiting(user_id: int) -> ColumnElement[bool]:
    """Neither done nor without its cause: what rings, or is to."""
    return and_(Reminder.user_id == user_id, unfinished())


def unfinished() -> ColumnElement[bool]:
    return and_(Reminder.is_live, Reminder.done_at.is_(None))


def ringing(user_id: int, now: datetime) -> Select[Reminder]:
    """The oldest first, with what they are about."""
    rings = select(Reminder).where(waiting(user_id), Reminder.due_at <= now)
    return rings.order_by(Reminder.due_at, Reminder.id).options(*subjects(joinedload))


def subjects(load: Callable[..., Any]) -> tuple[Any, ...]:
    """What reminders are about: by the same statement (`joinedload`), or by one for each kind that there is."""
    return (
        load(Reminder.contact).joinedload(Contact.counterparty),
        load(Reminder.contact).joinedload(Contact.counterparty_name),
        load(Reminder.order).joinedload(BuyerOrder.counterparty_name),
        load(Reminder.supplier_order).joinedload(SupplierOrder.counterparty),
        load(Reminder.task).joinedload(Task.counterparty_name),
    )


def of_row(user_id: int, about: About) -> Select[Reminder]:
    """His own of the row that are not done, the first to ring first."""
    column = COLUMNS[type(about)]
    mine = and_(Reminder.user_id == user_id, column == about.id, Reminder.done_at.is_(None))
    return select(Reminder).where(mine).order_by(Reminder.due_at, Reminder.id)


def habitual(user_id: int, contact_id: int) -> Select[int | None]:
    """Minutes before the contact of his first reminder that moves with it."""
    mine = and_(Reminder.user_id == user_id, Reminder.contact_id == contact_id, Reminder.done_at.is_(None))
    relative = select(Reminder.minutes_before).where(mine, Reminder.minutes_before.is_not(None))
    return relative.order_by(Reminder.due_at, Reminder.id).limit(1)


def unread(user_id: int) -> ScalarSelect[int]:
    mine = select(Notice.id).where(Notice.user_id == user_id, Notice.read_at.is_(None)).subquery()
    return select(func.count()).select_from(mine).scalar_subquery()


def bell_state(user_id: int, now: datetime) -> Select[int, str, datetime | None, int]:
    """What a poll asks: how many ring, a mark of which, when the next one will, and how many notices are unread."""
    # Rows first: rules narrow entities, and a statement of nothing but aggregates has none.
    mine = select(Reminder.id, Reminder.due_at).where(waiting(user_id)).subquery()
    rings = mine.c.due_at <= now
    each = cast(mine.c.id, String) + "@" + cast(func.extract("epoch", mine.c.due_at), String)
    mark = func.md5(func.string_agg(each, aggregate_order_by(literal(" "), mine.c.id)).filter(rings))
    following = func.min(mine.c.due_at).filter(mine.c.due_at > now)
    return select(
        func.count().filter(rings), func.coalesce(mark, ""), following, unread(user_id).label("unread")
    ).select_from(mine)
