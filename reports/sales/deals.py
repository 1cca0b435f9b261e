"""Текущие сделки: orders of buyers and to suppliers that are not finished."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
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
from app.models.visibility import viewer_of
from app.queries import current_deals
from app.queries.purchasing.suppliers import rest_amount
from app.queries.rights import readable
from app.queries.sql import user_name
from reports.kit.columns import RESPONSIBLE, Choice, Date, Money, Text, UserName
from reports.kit.params import ChoiceParam, DateParam, Label, LookupParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape
from reports.sales.order_kinds import KINDS, SECTIONS, TO_SUPPLIER, OrderKindParam, kinds_to_show

# Done and closed orders are here only for their money.
STATES: Mapping[str, Label] = {"": _l("Any"), **{str(s): CAPTIONS[OrderStatus, s] for s in OrderStatus}}
MINE, ALL = "mine", "all"
WHOSE: Mapping[str, Label] = {MINE: _l("One's own"), ALL: _l("Everybody's")}
OF_KIND = {  # columns that orders of the other kind have not
    DocumentKind.ORDER: {"status", "shipment", "payment", "to_ship", "to_pay"},
    DocumentKind.SUPPLIER_ORDER: {"to_receive", "to_pay_supplier"},
}


class Deals(Report):
    """Orders with something to ship, to receive or to pay, and those shipped and paid unequally, closed ones too.

    Its page opens with the deals of whoever reads, where he has any. The balance is shipped
    less returned and paid by the order, of an order to a supplier paid less received:
    above zero we are owed goods or money, below zero we owe them.
    """

    slug = "deals"
    title = _l("Current deals")
    group = _l("Deals")
    description = _l("Orders that are not finished: what is left to ship, to receive and to pay, and when.")
    params = (
        DateParam("on", _l("Ordered not later than"), default="today"),
        ChoiceParam("whose", _l("Whose deals"), options=WHOSE, default=ALL),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        OrderKindParam("kind", _l("Document"), options={"": _l("Any"), **KINDS}),
        ChoiceParam("status", _l("Status"), options=STATES),
    )

    def page_choices(self, session: Session, today: date) -> Mapping[str, str]:
        viewer = viewer_of(session)
        if viewer is None or viewer.user_id is None:
            return {}
        mine = current_deals.has_any(viewer.user_id, readable(session, SECTIONS), today)
        return {"whose": MINE} if session.scalar(mine) else {}

    def shape(self, asked: Choices) -> Shape:
        others = set().union(*(names for kind, names in OF_KIND.items() if asked["kind"] not in (None, kind)))
        columns = (
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
        )
        return Shape(
            columns=tuple(column for column in columns if column.name not in others),
            order=("date",),
            groups=tuple(name for name in ("kind", "manager", "buyer", "status") if name not in others),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        whose = next(str(param.label) for param in self.params if param.name == "whose")
        note = [line for line in super().note(asked) if not (asked["manager"] and line[0] == whose)]
        return [*note, currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        parts = {DocumentKind.ORDER: self.of_buyers, DocumentKind.SUPPLIER_ORDER: self.of_suppliers}
        kinds = kinds_to_show(session, asked["kind"])
        if asked["status"]:
            kinds = [kind for kind in kinds if kind is DocumentKind.ORDER]
        if not kinds:
            raise Refused(_("Only buyer orders have a status."), field="status")
        viewer = viewer_of(session)
        mine = viewer.user_id if viewer and asked["whose"] == MINE else None
        owner = asked["manager"].id if asked["manager"] else mine
        both = union_all(*(select(parts[kind](asked, owner).subquery()) for kind in kinds)).subquery("deals")
        return select(both)

    def of_buyers(self, asked: Choices, owner: int | None) -> Select:
        order = BuyerOrder
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
                current_deals.buyer_balance().label("balance"),
            )
            .join(order.counterparty_name)
            .outerjoin(seen, seen.id == order.counterparty_id)
            .outerjoin(User, User.id == order.manager_id)
            .where(current_deals.of_buyers(asked["on"]))
        )
        query = narrowed_by(query, order, asked, owner)
        return query.where(order.status == OrderStatus(asked["status"])) if asked["status"] else query

    def of_suppliers(self, asked: Choices, owner: int | None) -> Select:
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
                case((order.closed_on.is_(None), rest_amount()), else_=0).label("to_receive"),
                nothing.label("to_pay"),
                order.unpaid_amount.label("to_pay_supplier"),
                current_deals.supplier_balance().label("balance"),
            )
            .join(order.counterparty)
            .outerjoin(User, User.id == order.manager_id)
            .where(current_deals.of_suppliers(asked["on"]))
        )
        return narrowed_by(query, order, asked, owner)


def of_shipment(value: str) -> str:
    return caption(ShipmentState(value))


def of_payment(value: str) -> str:
    return caption(PaymentState(value))


def narrowed_by(query: Select, order: Any, asked: Choices, owner: int | None) -> Select:
    if owner is not None:
        query = query.where(order.manager_id == owner)
    if asked["counterparty"]:
        query = query.where(order.counterparty_id == asked["counterparty"].id)
    return query
