"""Contacts that somebody still has to make."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import joinedload

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.histories import ContactMove
from app.queries.client_list import phone_of_contact

COUNT_CAP = 1000  # nobody does more today; counting fifty thousand would cost more than the whole page


def planned_by(user_id: int) -> Select[Contact]:
    """What the user has planned, the earliest first."""
    mine = select(Contact).where(Contact.manager_id == user_id, Contact.state == ContactState.PLANNED)
    return mine.order_by(Contact.starts_at, Contact.id)


def nearest_planned_by(user_id: int, since: datetime, *, limit: int) -> Select[Contact, Any]:
    """The next contacts of the user, each with whom it is and the phone to call."""
    with_whom = joinedload(Contact.counterparty_name), joinedload(Contact.person)
    nearest = planned_by(user_id).where(Contact.starts_at >= since).limit(limit)
    return nearest.add_columns(phone_of_contact().label("phone")).options(*with_whom)


def to_do_of(user_id: int, today: datetime, tomorrow: datetime) -> Select[int, int, bool]:
    """How many contacts of the user are overdue and are due today, and whether he sees any counterparty.

    The numbers stop at COUNT_CAP + 1. A contact is overdue from the midnight after its day.
    """

    def count(*when: ColumnElement[bool]) -> ScalarSelect[int]:
        keys = planned_by(user_id).with_only_columns(Contact.id).where(*when).limit(COUNT_CAP + 1).subquery()
        return select(func.count()).select_from(keys).scalar_subquery()

    return select(
        count(Contact.starts_at < today).label("overdue"),
        count(Contact.starts_at >= today, Contact.starts_at < tomorrow).label("today"),
        exists(select(Counterparty.id)).label("any_counterparty"),
    )


def moves_of(contact_id: int) -> Select[int]:
    """How many times a planned contact was moved."""
    return select(func.count()).select_from(ContactMove).where(ContactMove.contact_id == contact_id)
