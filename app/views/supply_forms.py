"""The forms of supply: orders to suppliers, receipts, terms and prices."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import inspect, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value
from wtforms import BooleanField, DateField, HiddenField, IntegerField, StringField, TextAreaField, validators

from app import clock
from app.domain.words import Reliability
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.supply import Receipt, SupplierOrder
from app.models.users import User
from app.services.supplier_documents import SupplyDraft
from app.views.order_forms import MoneyField, drafts, id_of, text_box
from app.web.documents import DocumentForm
from app.web.fields import ChoiceField, DateBox, LookupField, NumberBox
from app.web.lines import LinesField

ITEMS = "/supplier-orders/items"
NEXT_NUMBER = _l("Empty: the next number is given.")
DAYS = [validators.Optional(), validators.NumberRange(0, 3650)]
LINES = (_l("Lines"), ("lines",))


def text_field(label: Any, most: int, description: Any = "") -> StringField:
    length = [validators.Length(max=most)]
    return StringField(label, length, description=description, **text_box(autocomplete="off"))


class QuantityField(MoneyField):
    places = 3


class SupplyForm(DocumentForm):
    """What an order to a supplier and a receipt have in common."""

    counterparty = LookupField(_l("Supplier"), [validators.DataRequired()], model=Counterparty, offers="Supplier")
    manager = LookupField(_l("Responsible"), model=User)
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
    date = DateField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    version = HiddenField()
    lines = LinesField(_l("Lines"), source=ITEMS, discounted=False)

    def draft(self, row_id: int | None = None, **more: Any) -> SupplyDraft:
        return SupplyDraft(
            counterparty_id=id_of(self.counterparty.data) or 0,
            on=self.date.data,
            lines=drafts(self.lines.data),
            number=(self.number.data or "").strip(),
            manager_id=id_of(self.manager.data),
            row_id=row_id,
            version=int(self.version.data) if (self.version.data or "").isdecimal() else None,
            **more,
        )

    @classmethod
    def of(cls, document: SupplierOrder | Receipt, **more: Any) -> Any:
        line = inspect(type(document)).relationships["lines"].mapper.class_
        query = select(line).options(joinedload(line.item)).order_by(line.position)
        mine = line.order_id if isinstance(document, SupplierOrder) else line.receipt_id
        set_committed_value(document, "lines", db.session.scalars(query.where(mine == document.id)).all())
        form = cls(obj=document, **more)
        if not form.is_submitted():
            form.lines.fill((row.item, {"quantity": row.quantity, "price": row.price}) for row in document.lines)
        return form

    @classmethod
    def new(cls, supplier: Counterparty | None, **more: Any) -> Any:
        return cls(data={"counterparty": supplier, "manager": current_user, "date": clock.today(), **more})


class SupplierOrderForm(SupplyForm):
    receive_on = DateField(_l("Receive on"), [validators.Optional()], widget=DateBox())
    pay_by = DateField(_l("Pay by"), [validators.Optional()], widget=DateBox())
    comment = TextAreaField(_l("Comment"), **text_box(rows=2))

    SECTIONS = (
        ("", ("counterparty", "manager", "date", "receive_on", "pay_by", "number", "version")),
        LINES,
        ("", ("comment",)),
    )

    def draft(self, row_id: int | None = None, **more: Any) -> SupplyDraft:
        comment = (self.comment.data or "").strip()
        return super().draft(row_id, receive_on=self.receive_on.data, pay_by=self.pay_by.data, comment=comment, **more)


class ReceiptForm(SupplyForm):
    keep_prices = BooleanField(_l("Keep these prices as prices of the supplier"))

    SECTIONS = (("", ("counterparty", "date", "manager", "number", "keep_prices", "version")), LINES)


class TermsForm(DocumentForm):
    """How a supplier works from a day on."""

    date = DateField(_l("Holds from"), [validators.DataRequired()], widget=DateBox())
    reliability = ChoiceField(_l("Reliability"), enum=Reliability, blank=True)
    lead_days = IntegerField(_l("Lead time, days"), DAYS, widget=NumberBox())
    delivery = text_field(_l("Delivery terms"), 500)
    comment = text_field(_l("Comment"), 500)

    SECTIONS = (("", ("date", "reliability", "lead_days", "delivery", "comment")),)


class PriceForm(DocumentForm):
    """The price of an item at a supplier from a day on."""

    date = DateField(_l("Holds from"), [validators.DataRequired()], widget=DateBox())
    price = MoneyField(_l("Price"), [validators.InputRequired()], **text_box(inputmode="decimal", autocomplete="off"))
    lead_days = IntegerField(_l("Lead time, days"), DAYS, widget=NumberBox())
    min_quantity = QuantityField(
        _l("Smallest quantity"), [validators.Optional()], **text_box(inputmode="decimal", autocomplete="off")
    )
    note = text_field(_l("Comment"), 200)

    SECTIONS = (("", ("date", "price", "lead_days", "min_quantity", "note")),)
