"""Текущие сделки: orders of buyers and to suppliers that are not finished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    Integer,
    Numeric,
    Select,
    String,
    case,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.domain.words import DocumentKind, OrderStatus, PaymentState, ShipmentState
from app.errors import Refused
from app.models.captions import CAPTIONS, caption
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.users import User
from app.queries.purchasing.suppliers import rest_amount
from app.queries.sales.orders import unfinished
from app.queries.sql import user_name
from reports.kit.columns import RESPONSIBLE, Choice, Date, Money, Text, UserName
from reports.kit.params import ChoiceParam, DateParam, Label, LookupParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape

# Done and closed orders are here only for their money.
STATES: Mapping[str, Label] = {"": _l("Any"), **{str(s): CAPTIONS[OrderStatus, s] for s in OrderStatus}}
KINDS: Mapping[str, Label] = {
    "": _l("Any"),
    **{str(kind): CAPTIONS[DocumentKind, kind] for kind in (DocumentKind.ORDER, DocumentKind.SUPPLIER_ORDER)},
}
TO_SUPPLIER = ("SupplierOrder", "id")


class Deals(Report):
    """Orders with something to ship, to receive or to pay, and those shipped and paid unequally, closed ones too.

    The balance is shipped less returned and paid by the order: above zero the
    buyer owes us, below zero we owe him goods or money. An order to a supplier
    is a deal until all of it has come and is paid.
    """

    slug = "deals"
    title = _l("Current deals")
    group = _l("Deals")
    description = _l("Orders that are not finished: what is left to ship, to receive and to pay, and when.")
    params = (
        DateParam("on", _l("Ordered not later than"), default="today"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        ChoiceParam("kind", _l("Document"), options=KINDS),
        ChoiceParam("status", _l("Status"), options=STATES),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "order_id"), link_else=(TO_SUPPLIER,)),
                Date("date", _l("Date")),
                Choice("kind", _l("Document"), width=18, words=DocumentKind, aside=True),
                Text("buyer", _l("Counterparty"), width=36, link=("Counterparty", "buyer_id")),
                UserName("manager", _l("Responsible"), counted_for=RESPONSIBLE),
                Choice("status", _l("Status"), width=20, words=OrderStatus),
                Choice("shipment", _l("Shipment state"), width=20, caption=of_shipment, aside=True),
                Choice("payment", _l("Payment state"), width=20, caption=of_payment, aside=True),
                Date("ship_on", _l("Ship or receive on")),
                Date("pay_by", _l("Pay by")),
                Money("amount", _l("Order amount"), total=True),
                Money("to_ship", _l("Left to ship"), total=True),
                Money("to_receive", _l("Left to receive"), total=True),
                Money("to_pay", _l("Left to pay"), total=True),
                Money("to_pay_supplier", _l("Left to pay to the supplier"), total=True),
                Money("balance", _l("Balance"), total=True, aside=True),
            ),
            order=("date",),
            groups=("kind", "manager", "buyer", "status"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        parts = []
        if asked["kind"] != DocumentKind.SUPPLIER_ORDER:
            parts.append(self.of_buyers(asked))
        if asked["kind"] != DocumentKind.ORDER and not asked["status"]:
            parts.append(self.of_suppliers(asked))
        if not parts:
            raise Refused(_("Only buyer orders have a status."), field="status")
        both = union_all(*(select(part.subquery()) for part in parts)).subquery("deals")
        return select(both)

    def of_buyers(self, asked: Choices) -> Select:
        order = BuyerOrder
        balance = order.shipped_amount - order.returned_amount - order.paid_amount
        seen = aliased(Counterparty)  # the card is for whoever sees it
        is_open = order.closed_on.is_(None)
        query = (
            select(
                order.id,
                order.id.label("order_id"),
                literal(DocumentKind.ORDER.value).label("kind"),
                order.number.label("order"),
                order.date,
                CounterpartyName.name.label("buyer"),
                seen.id.label("buyer_id"),
                order.manager_id,
                user_name(User).label("manager"),
                cast(order.status, String).label("status"),
                cast(order.shipment_state, String).label("shipment"),
                cast(order.payment_state, String).label("payment"),
                order.ship_on,
                order.pay_by,
                (order.amount + order.corrected_amount).label("amount"),
                case((is_open, order.rest_amount), else_=0).label("to_ship"),
                cast(null(), Numeric).label("to_receive"),
                order.unpaid_amount.label("to_pay"),
                cast(null(), Numeric).label("to_pay_supplier"),
                balance.label("balance"),
            )
            .join(order.counterparty_name)
            .outerjoin(seen, seen.id == order.counterparty_id)
            .outerjoin(User, User.id == order.manager_id)
            .where(order.date <= asked["on"], or_(unfinished(), balance != 0))
        )
        query = narrowed_by(query, order, asked)
        return query.where(order.status == OrderStatus(asked["status"])) if asked["status"] else query

    def of_suppliers(self, asked: Choices) -> Select:
        order, nothing = SupplierOrder, cast(null(), Numeric)
        query = (
            select(
                order.id,
                cast(null(), Integer).label("order_id"),
                literal(DocumentKind.SUPPLIER_ORDER.value).label("kind"),
                order.number.label("order"),
                order.date,
                Counterparty.name.label("buyer"),
                Counterparty.id.label("buyer_id"),
                order.manager_id,
                user_name(User).label("manager"),
                *(cast(null(), String).label(name) for name in ("status", "shipment", "payment")),
                order.receive_on.label("ship_on"),
                order.pay_by,
                order.amount,
                nothing.label("to_ship"),
                rest_amount().label("to_receive"),
                nothing.label("to_pay"),
                order.unpaid_amount.label("to_pay_supplier"),
                nothing.label("balance"),
            )
            .join(order.counterparty)
            .outerjoin(User, User.id == order.manager_id)
            .where(order.date <= asked["on"], or_(order.rest_quantity > 0, order.unpaid_amount > 0))
        )
        return narrowed_by(query, order, asked)


def of_shipment(value: str) -> str:
    return caption(ShipmentState(value))


def of_payment(value: str) -> str:
    return caption(PaymentState(value))


def narrowed_by(query: Select, order: Any, asked: Choices) -> Select:
    if asked["manager"]:
        query = query.where(order.manager_id == asked["manager"].id)
    if asked["counterparty"]:
        query = query.where(order.counterparty_id == asked["counterparty"].id)
    return query
