"""What a list says of each client or person besides itself: conditions and values by the number of the row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, SQLColumnExpression, func, select

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind

Number = SQLColumnExpression[int]


def main_phone(owner: Any, number: Number) -> ScalarSelect[Any]:
    """The first phone of the row, as `[value, phone, extension]`: its own before those of its persons."""
    return (
        select(func.jsonb_build_array(ContactInfo.value, ContactInfo.phone, ContactInfo.extension))
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(owner == number, ContactInfo.phone != "")
        .order_by(ContactInfo.person_id.is_not(None), ContactInfoKind.position, ContactInfo.id)
        .limit(1)
        .scalar_subquery()
    )


def last_contact(client: Number) -> ScalarSelect[datetime]:
    """When somebody talked to the client."""
    return _contact(client, ContactState.DONE).order_by(Contact.starts_at.desc()).limit(1).scalar_subquery()


def next_contact(client: Number) -> ScalarSelect[datetime]:
    """The first of those that are planned, late ones too."""
    return _contact(client, ContactState.PLANNED).order_by(Contact.starts_at).limit(1).scalar_subquery()


def _contact(client: Number, state: ContactState) -> Select[datetime]:
    return select(Contact.starts_at).where(Contact.counterparty_id == client, Contact.state == state)
