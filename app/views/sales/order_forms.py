"""The forms of a buyer order: the order itself, and the documents made from it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField, validators

from app.models.corrections import OrderCorrection
from app.models.counterparties import ContactPerson
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.services.moves import LONGEST_REASON
from app.services.sales.payments import OverRemainder
from app.services.sales.shipments import OverRest
from app.services.typed import ShippedDraft
from app.web.forms.documents import LINES, AskingForm, DocumentForm, Sections
from app.web.forms.fields import (
    NEXT_NUMBER,
    DateBox,
    LookupField,
    MoneyField,
    TypedDayField,
    VersionField,
    text_box,
    text_field,
)
from app.web.forms.lines import LinesField

ITEMS = "/orders/items"
WHOSE, WHEN = ("counterparty", "person", "manager"), ("date", "ship_on", "pay_by")
WHERE = ("delivery_address", "number")
WHY_MOVED = _l("Why a day is moved")


class OrderForm(DocumentForm):
    """A buyer order: header and lines."""

    MODEL = BuyerOrder
    SECTIONS: Sections = (("", (*WHOSE, *WHEN, *WHERE)), LINES, ("", ("comment", "version")))

    person = LookupField(_l("Contact person"), model=ContactPerson, within="counterparty")
    delivery_address = text_field(_l("Delivery address"), 500, list="addresses")
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
    comment = TextAreaField(_l("Comment"), **text_box(rows=2))
    version = VersionField()
    lines = LinesField(_l("Lines"), source=ITEMS)


class OrderEditForm(OrderForm):
    """An order that is there: what was planned of it is moved."""

    SECTIONS = (("", (*WHOSE, *WHEN, "why_moved", *WHERE)), *OrderForm.SECTIONS[1:])

    why_moved = text_field(WHY_MOVED, LONGEST_REASON)


class OwnOrderForm(OrderEditForm):
    """An order of a counterparty that the reader does not see: whose it is cannot be changed."""

    SECTIONS = (("", ("manager", *WHEN, "why_moved", *WHERE)), *OrderForm.SECTIONS[1:])

    counterparty = None
    person = None  # type: ignore[assignment]


class MoveForm(AskingForm):
    """A shipment or a return made from an order; the rows are what is left (or was shipped)."""

    SECTIONS = (("", ("date", "number", "confirmed")), LINES)
    ASKS = OverRest

    date = TypedDayField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
    confirmed = BooleanField(_l("Ship more than is left of the order"))
    lines = LinesField(_l("Lines"), fixed=True, draft=ShippedDraft)


class CorrectionForm(DocumentForm):
    """What is added to the plan of an order or, with a minus, taken off it."""

    MODEL = OrderCorrection
    SECTIONS = (("", ("date", "comment")), LINES)

    comment = TextAreaField(_l("Comment"), **text_box(rows=2))
    lines = LinesField(_l("Lines"), source=ITEMS)


class PayForm(AskingForm):
    """Money from the buyer of an order."""

    MODEL = Payment
    SECTIONS: Sections = (("", ("date", "amount", "confirmed", "purpose")),)
    ASKS = OverRemainder

    amount = MoneyField(_l("Amount"), [validators.InputRequired()])
    confirmed = BooleanField(_l("Keep what is over as an advance"))
    purpose = text_field(_l("Purpose"), 500)


class RefundForm(DocumentForm):
    """Money given back."""

    MODEL = Payment
    SECTIONS = (("", ("date", "amount", "purpose", "number")),)

    amount = MoneyField(_l("Amount to give back"), [validators.InputRequired()])
    purpose = text_field(_l("Purpose"), 500)
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
