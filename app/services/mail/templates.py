"""Letters from templates: every field is filled in from the base, or the letter does not go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domain.letters.fields import (
    EmptyField,
    TemplateField,
    UnknownField,
    check,
    check_filled,
    filled,
    filled_as_known,
)
from app.errors import Refused
from app.formatting import money
from app.models.counterparties import ContactPerson, Counterparty
from app.models.letters import LetterTemplate
from app.models.orders import BuyerOrder
from app.models.users import User, full_name
from app.queries.sales.settlements import overdue
from app.queries.sql import one_of

Values = Mapping[TemplateField, str]


def save(_session: Session, template: LetterTemplate) -> None:
    """Refuse a template that could never be filled in."""
    for field in ("subject", "text"):
        refuse_unknown(getattr(template, field) or "", field)


def refuse_unknown(text: str, field: str) -> None:
    try:
        check(text)
    except UnknownField as wrong:
        raise _unknown(wrong, field) from None


def values_of(
    session: Session, counterparty: Counterparty | None, person: ContactPerson | None, author: User | None, today: date
) -> Values:
    """What the fields are for this client; those that there is nothing to say of are left out."""
    (values,) = values_of_many(session, [(counterparty, person)], author, today)
    return values


def values_of_many(
    session: Session,
    recipients: Sequence[tuple[Counterparty | None, ContactPerson | None]],
    author: User | None,
    today: date,
) -> list[Values]:
    """The same for each of them, by the statements that one would need."""
    ids = [client.id for client, _person in recipients if client is not None]
    debts = {row[0]: row for row in session.execute(overdue(today, ids))} if ids else {}
    newest = (
        select(BuyerOrder).where(one_of(BuyerOrder.counterparty_id, ids)).ext(distinct_on(BuyerOrder.counterparty_id))
    )
    ordered = newest.order_by(BuyerOrder.counterparty_id, BuyerOrder.date.desc(), BuyerOrder.id.desc())
    orders = {order.counterparty_id: order for order in session.scalars(ordered)} if ids else {}
    common: dict[TemplateField, str] = {TemplateField.TODAY: str(format_date(today, "dd.MM.yyyy"))}
    if author is not None:
        common[TemplateField.MANAGER] = full_name(author)
    return [common | _of_person(person) | _of_client(client, debts, orders) for client, person in recipients]


def _of_person(person: ContactPerson | None) -> dict[TemplateField, str]:
    if person is None:
        return {}
    return {
        TemplateField.PERSON: person.name,
        TemplateField.FIRST_NAME: person.first_name,
        TemplateField.NAME_AND_FATHERS: f"{person.first_name} {person.middle_name}".strip(),
        TemplateField.POSITION: person.position,
    }


def _of_client(
    client: Counterparty | None, debts: Mapping[int, Any], orders: Mapping[int, BuyerOrder]
) -> dict[TemplateField, str]:
    if client is None:
        return {}
    owes, order = debts.get(client.id), orders.get(client.id)
    values = {
        TemplateField.CLIENT: client.name,
        TemplateField.CLIENT_WHOLE: client.full_name or client.name,
        TemplateField.DEBT: money(owes.debt if owes else Decimal(0)),
        TemplateField.OVERDUE: money(owes.overdue if owes else Decimal(0)),
    }
    if order is not None:
        values |= values_of_order(order)
    return values


def values_of_order(order: BuyerOrder) -> Values:
    return {
        TemplateField.ORDER: order.number,
        TemplateField.ORDER_DAY: str(format_date(order.date, "dd.MM.yyyy")),
        TemplateField.ORDER_SUM: money(order.amount),
        TemplateField.ORDER_UNPAID: money(order.unpaid_amount),
    }


def fill(text: str, values: Values, field: str) -> str:
    """The text with its fields filled in, or a sentence at the field of the form."""
    try:
        return filled(text, values)
    except UnknownField as wrong:
        raise _unknown(wrong, field) from None
    except EmptyField as wrong:
        told = _(
            "There is nothing to fill {%(name)s} in with for this recipient. "
            "A template may say what stands there then: {%(name)s|…}.",
            name=wrong.name,
        )
        raise Refused(told, field=field) from None


def refuse_unfilled(text: str, field: str, stays: Collection[str] = ()) -> None:
    """A field that was not filled in would be read by the client; what is quoted of his own words is not ours."""
    own = "\n".join(line for line in text.split("\n") if not line.startswith(">"))
    try:
        check_filled(own, stays)
    except UnknownField as wrong:
        raise _unknown(wrong, field) from None
    except EmptyField as wrong:
        raise Refused(
            _("{%(name)s} was not filled in: choose a template once more.", name=wrong.name), field=field
        ) from None


def tell(text: str, values: Values, field: str) -> str:
    """The same; what there is nothing to say of is left out."""
    try:
        return filled_as_known(text, values)
    except UnknownField as wrong:
        raise _unknown(wrong, field) from None


def _unknown(wrong: UnknownField, field: str) -> Refused:
    return Refused(_("There is no field {%(name)s}.", name=wrong.name), field=field)
