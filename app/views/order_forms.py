"""The forms of a buyer order: the order itself, and the documents made from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value
from wtforms import BooleanField, DateField, HiddenField, StringField, TextAreaField, validators

from app import clock
from app.domain.formats.values import BadValue, parse_decimal
from app.extensions import db
from app.models.closing import ClosingReason
from app.models.counterparties import ContactPerson, Counterparty
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.models.users import User
from app.services.typed import Changed, Difference, LineDraft, OrderDraft, RestLine, ShippedDraft
from app.web.display import display
from app.web.documents import DocumentForm
from app.web.fields import DateBox, LookupField
from app.web.lines import LinesField, Row

ITEMS = "/orders/items"
LABELS = {
    "date": _l("Date"),
    "counterparty_id": _l("Counterparty"),
    "person_id": _l("Contact person"),
    "manager_id": _l("Responsible"),
    "ship_on": _l("Ship on"),
    "pay_by": _l("Pay by"),
    "receive_on": _l("Receive on"),
    "delivery_address": _l("Delivery address"),
    "comment": _l("Comment"),
    "number": _l("Number"),
    "item_id": _l("Item"),
    "quantity": _l("Quantity"),
    "price": _l("Price"),
    "discount": _l("Discount, %"),
}
NAMED = {"counterparty_id": Counterparty, "person_id": ContactPerson, "manager_id": User, "item_id": Item}


def text_box(**more: Any) -> dict[str, Any]:
    return {"render_kw": {"class": "form-control", **more}}


class MoneyField(StringField):
    """A sum typed with a dot or a comma; `data` is a Decimal."""

    places = 2

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = parse_decimal(valuelist[0].strip(), self.places)
            except BadValue:
                raise ValueError(_("Not a number: %(text)s.", text=valuelist[0])) from None

    def _value(self) -> str:
        return " ".join(self.raw_data) if self.raw_data else f"{self.data:f}" if self.data is not None else ""


def id_of(row: Any) -> int | None:
    return None if row is None else int(row.id)


def drafts(rows: list[Row], kind: type[LineDraft] = LineDraft) -> list[Any]:
    zero = Decimal(0)
    return [
        kind(id_of(r.item) or 0, r.values["quantity"], r.values["price"], r.values.get("discount", zero)) for r in rows
    ]


class OrderForm(DocumentForm):
    """A buyer order: header and lines."""

    counterparty = LookupField(_l("Counterparty"), [validators.DataRequired()], model=Counterparty)
    person = LookupField(_l("Contact person"), model=ContactPerson, within="counterparty")
    manager = LookupField(_l("Responsible"), model=User)
    number = StringField(
        _l("Number"),
        [validators.Length(max=50)],
        description=_l("Empty: the next number is given."),
        **text_box(autocomplete="off"),
    )
    date = DateField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    ship_on = DateField(_l("Ship on"), [validators.Optional()], widget=DateBox())
    pay_by = DateField(_l("Pay by"), [validators.Optional()], widget=DateBox())
    delivery_address = StringField(
        _l("Delivery address"), [validators.Length(max=500)], **text_box(list="addresses", autocomplete="off")
    )
    comment = TextAreaField(_l("Comment"), **text_box(rows=2))
    version = HiddenField()
    lines = LinesField(_l("Lines"), source=ITEMS)

    SECTIONS = (
        ("", ("counterparty", "person", "manager", "date", "ship_on", "pay_by", "delivery_address", "number")),
        (_l("Lines"), ("lines",)),
        ("", ("comment", "version")),
    )

    def draft(self, order_id: int | None = None) -> OrderDraft:
        return OrderDraft(
            counterparty_id=id_of(self.counterparty.data) or 0,
            date=self.date.data,
            lines=drafts(self.lines.data),
            order_id=order_id,
            version=int(self.version.data) if (self.version.data or "").isdecimal() else None,
            number=(self.number.data or "").strip(),
            person_id=id_of(self.person.data),
            manager_id=id_of(self.manager.data),
            ship_on=self.ship_on.data,
            pay_by=self.pay_by.data,
            delivery_address=(self.delivery_address.data or "").strip(),
            comment=(self.comment.data or "").strip(),
        )

    @classmethod
    def of(cls, order: BuyerOrder) -> OrderForm:
        lines = (
            select(OrderLine)
            .where(OrderLine.order_id == order.id)
            .options(joinedload(OrderLine.item))
            .order_by(OrderLine.position)
        )
        set_committed_value(order, "lines", db.session.scalars(lines).all())
        form = cls(obj=order)
        if not form.is_submitted():
            form.lines.fill(
                (line.item, {"quantity": line.quantity, "price": line.price, "discount": line.discount})
                for line in order.lines
            )
        return form

    @classmethod
    def new(cls, counterparty: Counterparty | None) -> OrderForm:
        return cls(data={"counterparty": counterparty, "manager": current_user, "date": clock.today()})


class MoveForm(DocumentForm):
    """A shipment or a return made from an order; the rows are what is left (or was shipped)."""

    date = DateField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    number = StringField(
        _l("Number"),
        [validators.Length(max=50)],
        description=_l("Empty: the next number is given."),
        **text_box(autocomplete="off"),
    )
    confirmed = BooleanField(_l("Ship more than is left of the order"))
    lines = LinesField(_l("Lines"), fixed=True)

    def moved(self) -> list[ShippedDraft]:
        return drafts([row for row in self.lines.data if row.values.get("quantity")], ShippedDraft)


class CorrectionForm(DocumentForm):
    """What is added to the plan of an order or, with a minus, taken off it."""

    date = DateField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    comment = TextAreaField(_l("Comment"), **text_box(rows=2))
    lines = LinesField(_l("Lines"), source=ITEMS)


class PayForm(DocumentForm):
    """Money from the buyer of an order; a minus is a refund."""

    date = DateField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    amount = MoneyField(_l("Amount"), [validators.InputRequired()], **text_box(inputmode="decimal", autocomplete="off"))
    purpose = StringField(_l("Purpose"), [validators.Length(max=500)], **text_box(autocomplete="off"))


class CloseForm(DocumentForm):
    """Why orders are closed; `orders` are their numbers in the base."""

    date = DateField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    reason = LookupField(_l("Reason of closing"), [validators.DataRequired()], model=ClosingReason)
    comment = StringField(_l("Comment"), [validators.Length(max=500)], **text_box(autocomplete="off"))
    orders = HiddenField()


def rest_rows(rest: list[RestLine]) -> list[tuple[Item, dict[str, Decimal]]]:
    ids = {line.item_id for line in rest}
    items = {item.id: item for item in db.session.scalars(select(Item).where(Item.id.in_(ids)))}
    return [
        (items[line.item_id], {"quantity": line.quantity, "price": line.price, "discount": line.discount})
        for line in rest
    ]


def differences_in_words(changed: Changed) -> list[tuple[str, Any, Any]]:
    """Each difference as (where, what was typed, what is in the base now)."""
    return [(_where(d), _named(d.field, d.mine), _named(d.field, d.theirs)) for d in changed.differences]


def _where(difference: Difference) -> str:
    label = str(LABELS[difference.field])
    if difference.line is None:
        return label
    return _("Line %(place)s: %(field)s", place=difference.line + 1, field=label)


def _named(field: str, value: Any) -> Any:
    model = NAMED.get(field)
    return display(db.session.get(model, value) if model is not None and value is not None else value)


def may(section: str, verb: str = "can_write") -> None:
    """403 unless the reader may write (or what else is named) in the section."""
    if not current_app.appbuilder.sm.has_access(verb, section):  # type: ignore[attr-defined]
        abort(403)
