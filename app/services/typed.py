"""Documents of orders as a person typed them, before they are checked and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from flask_babel import gettext as _

from app.domain.order_state import line_amount
from app.domain.own_fields import Kept
from app.domain.vat import VatRate
from app.domain.words import PriceSource, Reliability
from app.errors import Refused
from app.models.products import Item

ZERO = Decimal(0)
Day = date  # inside a class that has a field `date` the name is the field's


@dataclass(frozen=True)
class LineDraft:
    """A line of an order; in a correction the quantity is a change and may be below zero.

    Without a rate of VAT it is that of the item on the day of the document.
    """

    item_id: int
    quantity: Decimal
    price: Decimal
    discount: Decimal = ZERO
    vat: VatRate | None = None

    @property
    def amount(self) -> Decimal:
        return line_amount(self.quantity, self.price, self.discount)


@dataclass(frozen=True)
class OrderDraft:
    """`version` is that of the order when its form was opened; without a number the next one is given."""

    counterparty_id: int
    date: date
    lines: Sequence[LineDraft]
    order_id: int | None = None
    version: int | None = None
    number: str = ""
    person_id: int | None = None
    manager_id: int | None = None
    ship_on: Day | None = None
    pay_by: Day | None = None
    delivery_address: str = ""
    comment: str = ""
    own: Mapping[str, Kept | None] | None = None  # values of own fields; None: nothing is said of them
    why_moved: str = ""  # where a planned day becomes another


@dataclass(frozen=True)
class CorrectionDraft:
    order_id: int
    date: date
    lines: Sequence[LineDraft]
    number: str = ""
    manager_id: int | None = None
    comment: str = ""


@dataclass(frozen=True)
class ShippedDraft(LineDraft):
    """A line of a shipment or, with a quantity above zero as well, of a return; no cost: that of the item."""

    cost: Decimal | None = None


@dataclass(frozen=True)
class ShipmentDraft:
    """`confirmed`: the person saw that more is shipped than is left of the order, and means it."""

    counterparty_id: int
    date: date
    lines: Sequence[ShippedDraft]
    order_id: int | None = None
    number: str = ""
    manager_id: int | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class PaymentDraft:
    """A payment. `confirmed`: the person saw that it is more than is left to pay of the order, and means an advance."""

    counterparty_id: int
    date: date
    amount: Decimal
    order_id: int | None = None
    purpose: str = ""
    number: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class RefundDraft:
    """Money given back, `amount` above zero: of a payment, of an order, or of what was paid in all."""

    counterparty_id: int
    date: date
    amount: Decimal
    payment_id: int | None = None
    order_id: int | None = None
    purpose: str = ""
    number: str = ""


@dataclass(frozen=True)
class SupplyDraft:
    """An order to a supplier, or a receipt from him (`order_id`: by which order).

    `row_id` is the document that is changed, `version` what it was when its form was opened.
    """

    counterparty_id: int
    date: date
    lines: Sequence[LineDraft]
    number: str = ""
    manager_id: int | None = None
    order_id: int | None = None
    receive_on: Day | None = None
    pay_by: Day | None = None
    comment: str = ""
    row_id: int | None = None
    version: int | None = None


@dataclass(frozen=True)
class TermsDraft:
    """How a supplier works from a day on; `by_id` is who says so."""

    supplier_id: int
    date: date
    by_id: int | None = None
    reliability: Reliability | None = None
    lead_days: int | None = None
    delivery: str = ""
    comment: str = ""


@dataclass(frozen=True)
class PriceDraft:
    """The price of an item at a supplier from a day on, and where it was learned."""

    supplier_id: int
    item_id: int
    price: Decimal
    date: date
    source: PriceSource = PriceSource.HAND
    lead_days: int | None = None
    min_quantity: Decimal | None = None
    note: str = ""


def header(draft: type, model: Any) -> tuple[str, ...]:
    """What a typed document says and its row keeps; its number, version and order are no choice of who types,
    own fields have rules of their own.
    """
    given = {"number", "version", "order_id", "own"}
    return tuple(each.name for each in fields(draft) if each.name in model.__table__.columns and each.name not in given)


@dataclass(frozen=True, kw_only=True)
class RestLine:
    """What is left to ship of a line, at its price: a line of the document made from the order."""

    item: Item
    quantity: Decimal
    price: Decimal
    vat: VatRate
    discount: Decimal = ZERO


@dataclass(frozen=True)
class Difference:
    """What somebody else saved meanwhile (`theirs`) beside what was typed (`mine`); lines count from 0."""

    field: str
    mine: Any
    theirs: Any
    line: int | None = None


class Changed(Refused):
    """Somebody saved the document after it was opened: `differences` show where; `version` is what to save over."""

    def __init__(self, differences: list[Difference], version: int) -> None:
        super().__init__(_("The document was changed by somebody else while you were editing it."))
        self.differences = differences
        self.version = version


def differences(draft: Any, row: Any, line_names: Sequence[str] = ()) -> list[Difference]:
    """Where the document as it is kept differs from what was typed; a number that was not typed is no difference."""
    names = [*header(type(draft), type(row)), *(["number"] if draft.number else [])]
    pairs: list[tuple[str, int | None, Any, Any]] = [
        (name, None, getattr(draft, name), getattr(row, name)) for name in names
    ]
    for place, (mine, theirs) in enumerate(zip_longest(draft.lines, row.lines)) if line_names else ():
        pairs += [(name, place, getattr(mine, name, None), getattr(theirs, name, None)) for name in line_names]
    return [Difference(name, mine, theirs, line=place) for name, place, mine, theirs in pairs if mine != theirs]
