"""What a list says of each client or person besides itself: conditions and values by the number of the row."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.domain.stages import Stage
from app.domain.words import AbcClass
from app.models.contacts import Contact
from app.models.counterparties import AdditionalManager, ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.figures import ClientFigure
from app.models.users import User
from app.queries.sql import user_name

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


def phone_of_contact() -> ScalarSelect[Any]:
    """The phone to call for a contact, as `[value, phone, extension]`: its person's, the client's, anybody's there."""
    of_person = ContactInfo.person_id.is_not_distinct_from(Contact.person_id)
    return (
        select(func.jsonb_build_array(ContactInfo.value, ContactInfo.phone, ContactInfo.extension))
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(ContactInfo.counterparty_id == Contact.counterparty_id, ContactInfo.phone != "")
        .order_by(of_person.desc(), ContactInfo.person_id.is_not(None), ContactInfoKind.position, ContactInfo.id)
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )


def main_person(client: Number) -> Any:
    """Whom to call, beside each client: a `person` and his `phone`; the client's own where nobody has one."""
    extension = func.coalesce(";ext=" + func.nullif(ContactInfo.extension, ""), "")
    return (
        select(
            (ContactPerson.last_name + " " + ContactPerson.first_name).label("person"),
            (ContactInfo.phone + extension).label("phone"),
        )
        .select_from(ContactInfo)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .outerjoin(ContactPerson, ContactPerson.id == ContactInfo.person_id)
        .where(ContactInfo.counterparty_id == client, ContactInfo.phone != "")
        .order_by(ContactInfo.person_id.is_(None), ContactInfoKind.position, ContactInfo.id)
        .limit(1)
        .lateral("main_person")
    )


def additional_managers(client: Number) -> ScalarSelect[str]:
    """Names of whoever works with the client besides its responsible, the first first."""
    names = func.string_agg(user_name(User), aggregate_order_by(literal_column("', '"), AdditionalManager.id))
    return (
        select(names)
        .select_from(AdditionalManager)
        .join(User, User.id == AdditionalManager.user_id)
        .where(AdditionalManager.counterparty_id == client)
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


def worked_with_by(user_id: int) -> ColumnElement[bool]:
    """Clients whose responsible or additional manager the user is."""
    client, additional = Counterparty.__table__.alias().c, AdditionalManager.__table__.alias().c
    main = select(client.id).where(client.manager_id == user_id)
    others = select(additional.counterparty_id).where(additional.user_id == user_id)
    return Counterparty.id.in_(main.union_all(others))


def of_class(abc: AbcClass) -> ColumnElement[bool]:
    """Clients who count as of the class today."""
    return _with(ClientFigure.abc == abc)


def in_stage(stage: Stage) -> ColumnElement[bool]:
    """Clients who count as in the stage today."""
    return _with(ClientFigure.stage == stage)


def owes_from(least: Decimal) -> ColumnElement[bool]:
    """Clients who owe so much or more."""
    return _with(ClientFigure.debt >= least)


def silent_since(moment: datetime) -> ColumnElement[bool]:
    """Clients to whom nobody has talked since then."""
    return _with(ClientFigure.last_contact_at < moment)


def _with(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Counterparty.id.in_(select(ClientFigure.counterparty_id).where(condition))
