"""Contacts that somebody still has to make."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import joinedload

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.queries.client_list import phone_of_contact


def planned_by(user_id: int) -> Select[Contact]:
    """What the user has planned, the earliest first."""
    mine = select(Contact).where(Contact.manager_id == user_id, Contact.state == ContactState.PLANNED)
    return mine.order_by(Contact.starts_at, Contact.id)


def agenda_of(user_id: int, midnight: datetime, *, late: int, ahead: int) -> Select[Contact, Any]:
    """What the user has to do, overdue ones first: some of each, with whom it is and the phone to call."""
    with_whom = joinedload(Contact.counterparty_name), joinedload(Contact.person)
    planned = planned_by(user_id).with_only_columns(Contact.id)
    parts = (
        planned.where(Contact.starts_at < midnight).limit(late),
        planned.where(Contact.starts_at >= midnight).limit(ahead),
    )
    some = union_all(*(select(part.subquery()) for part in parts)).subquery("some")
    agenda = select(Contact).join(some, some.c.id == Contact.id).order_by(Contact.starts_at, Contact.id)
    return agenda.add_columns(phone_of_contact().label("phone")).options(*with_whom)
