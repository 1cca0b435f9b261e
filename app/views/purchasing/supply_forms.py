"""The forms of supply: orders to suppliers, receipts, terms and prices."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField, validators

from app.domain.words import Reliability
from app.models.counterparties import Counterparty
from app.models.supply import Receipt, SupplierOrder, SupplierPayment
from app.web.forms.documents import LINES, DocumentForm
from app.web.forms.fields import (
    NEXT_NUMBER,
    DateBox,
    EnumField,
    LookupField,
    MoneyField,
    PriceField,
    QuantityField,
    TypedDayField,
    VersionField,
    WholeField,
    text_box,
    text_field,
)
from app.web.forms.lines import LinesField

ITEMS = "/supplier-orders/items"
DAYS = [validators.Optional(), validators.NumberRange(0, 3650)]


class SupplyForm(DocumentForm):
    """What an order to a supplier and a receipt have in common."""

    counterparty = LookupField(_l("Supplier"), [validators.DataRequired()], model=Counterparty, offers="Supplier")
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
    version = VersionField()
    lines = LinesField(_l("Lines"), source=ITEMS, discounted=False)


class SupplierOrderForm(SupplyForm):
    MODEL = SupplierOrder
    SECTIONS = (
        ("", ("counterparty", "manager", "date", "receive_on", "pay_by", "number", "version")),
        LINES,
        ("", ("comment",)),
    )

    comment = TextAreaField(_l("Comment"), **text_box(rows=2))


class ReceiptForm(SupplyForm):
    MODEL = Receipt
    SECTIONS = (("", ("counterparty", "date", "manager", "number", "keep_prices", "version")), LINES)

    keep_prices = BooleanField(_l("Keep these prices as prices of the supplier"))


class MoneyBackForm(DocumentForm):
    """Money of a payment that its supplier gave back."""

    MODEL = SupplierPayment
    SECTIONS = (("", ("date", "amount", "purpose", "number")),)

    amount = MoneyField(_l("Amount given back"), [validators.InputRequired()])
    purpose = text_field(_l("Purpose"), 500)
    number = text_field(_l("Number"), 50, NEXT_NUMBER)


class TermsForm(DocumentForm):
    """How a supplier works from a day on."""

    date = TypedDayField(_l("Holds from"), [validators.DataRequired()], widget=DateBox())
    reliability = EnumField(_l("Reliability"), enum=Reliability, blank=True)
    lead_days = WholeField(_l("Lead time, days"), DAYS)
    delivery = text_field(_l("Delivery terms"), 500)
    comment = text_field(_l("Comment"), 500)

    SECTIONS = (("", ("date", "reliability", "lead_days", "delivery", "comment")),)


class PriceForm(DocumentForm):
    """The price of an item at a supplier from a day on."""

    date = TypedDayField(_l("Holds from"), [validators.DataRequired()], widget=DateBox())
    price = PriceField(_l("Price"), [validators.InputRequired()])
    lead_days = WholeField(_l("Lead time, days"), DAYS)
    min_quantity = QuantityField(_l("Smallest quantity"), [validators.Optional()])
    note = text_field(_l("Comment"), 200)

    SECTIONS = (("", ("date", "price", "lead_days", "min_quantity", "note")),)
