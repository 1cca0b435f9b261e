"""Contacts that somebody still has to make."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import DateTime, Integer, Select, bindparam, select, union_all
from sqlalchemy.orm import joinedload

from app.models.contacts import Contact
from app.queries.calendar import PLANNED
from app.queries.client_list import phone_of_contact


@cache
def agenda(late: int, ahead: int) -> Select[Contact, Any]:
    """What `user` has to do, overdue at `midnight` first: some of each, with whom it is and the phone to call."""
    user: Any = bindparam("user", type_=Integer)
    midnight = bindparam("midnight", type_=DateTime(timezone=True))
    is_planned = Contact.state == PLANNED  # as the index of planned ones says it
    mine = select(Contact.id).where(Contact.manager_id == user, is_planned).order_by(Contact.starts_at, Contact.id)
    parts = mine.where(Contact.starts_at < midnight).limit(late), mine.where(Contact.starts_at >= midnight).limit(ahead)
    some = union_all(*(select(part.subquery()) for part in parts)).subquery("some")
    with_whom = joinedload(Contact.counterparty_name), joinedload(Contact.person)
    found = select(Contact, phone_of_contact().label("phone")).join(some, some.c.id == Contact.id)
    return found.options(*with_whom).order_by(Contact.starts_at, Contact.id).execution_options(keeps_plan=True)
