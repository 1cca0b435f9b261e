"""Letters from templates: every field is filled in from the base, or the letter does not go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.letters.fields import EmptyField, TemplateField, UnknownField, check, filled
from app.errors import Refused
from app.formatting import money
from app.models.counterparties import ContactPerson, Counterparty
from app.models.letters import LetterTemplate
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sales.settlements import overdue

Values = Mapping[TemplateField, str]


def save(_session: Session, template: LetterTemplate) -> None:
    """Refuse a template that could never be filled in."""
    for field in ("subject", "text"):
        refuse_unknown(getattr(template, field) or "", field)


def refuse_unknown(text: str, field: str) -> None:
    try:
        check(text)
    except UnknownField as wrong:
        raise Refused(_("There is no field {%(name)s}.", name=wrong.name), field=field) from None


def values_of(
    session: Session, counterparty: Counterparty | None, person: ContactPerson | None, author: User | None, today: date
) -> Values:
    """What the fields are for this client; those that there is nothing to say of are left out."""
    values: dict[TemplateField, str] = {TemplateField.TODAY: str(format_date(today, "dd.MM.yyyy"))}
    if author is not None:
        values[TemplateField.MANAGER] = author.get_full_name()
    if person is not None:
        values |= {
            TemplateField.PERSON: person.name,
            TemplateField.FIRST_NAME: person.first_name,
            TemplateField.NAME_AND_FATHERS: f"{person.first_name} {person.middle_name}".strip(),
            TemplateField.POSITION: person.position,
        }
    if counterparty is None:
        return values
    values |= {
        TemplateField.CLIENT: counterparty.name,
        TemplateField.CLIENT_WHOLE: counterparty.full_name or counterparty.name,
    }
    owes = session.execute(overdue(today, [counterparty.id])).one_or_none()
    values[TemplateField.DEBT] = money(owes.debt if owes else Decimal(0))
    values[TemplateField.OVERDUE] = money(owes.overdue if owes else Decimal(0))
    newest = select(BuyerOrder).where(BuyerOrder.counterparty_id == counterparty.id)
    order = session.scalars(newest.order_by(BuyerOrder.date.desc(), BuyerOrder.id.desc()).limit(1)).one_or_none()
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
        raise Refused(_("There is no field {%(name)s}.", name=wrong.name), field=field) from None
    except EmptyField as wrong:
        raise Refused(
            _("There is nothing to fill {%(name)s} in with for this recipient.", name=wrong.name), field=field
        ) from None
