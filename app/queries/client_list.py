"""What a list says of each client or person besides itself: conditions and values by the number of the row."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, func, literal_column, select

from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.figures import ClientFigure

NEVER: Any = literal_column("timestamptz '-infinity'")
FOR_EVER: Any = literal_column("timestamptz 'infinity'")
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
    """When somebody last talked to the client."""
    return _kept(func.nullif(ClientFigure.last_contact_at, NEVER), client)


def next_contact(client: Number) -> ScalarSelect[datetime]:
    """The first of those that are planned, late ones too."""
    return _kept(func.nullif(ClientFigure.next_contact_at, FOR_EVER), client)


def _kept(figure: Any, client: Number) -> ScalarSelect[Any]:
    return select(figure).where(ClientFigure.counterparty_id == client).scalar_subquery()


def owes_from(least: Decimal) -> ColumnElement[bool]:
    """Clients who owe so much or more."""
    return _with(ClientFigure.debt >= least)


def silent_since(moment: datetime) -> ColumnElement[bool]:
    """Clients to whom nobody has talked since then."""
    return _with(ClientFigure.last_contact_at < moment)


def _with(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Counterparty.id.in_(select(ClientFigure.counterparty_id).where(condition))
