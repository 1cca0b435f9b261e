"""Текущие сделки: orders not finished, or whose money does not add up (domain.md 3.7)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.words import OrderStatus, PaymentState, ShipmentState
from app.models.captions import CAPTIONS, caption
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.orders import unfinished
from reports.kit.columns import Choice, Date, Money, Text
from reports.kit.params import ChoiceParam, DateParam, Label, LookupParam
from reports.kit.report import Asked, Report
from reports.kit.setup import Shape

# Done and closed orders are here only for their money.
STATES: Mapping[str, Label] = {"": _l("Any"), **{str(s): CAPTIONS[OrderStatus, s] for s in OrderStatus}}


class Deals(Report):
    """Orders with something to ship or to pay, and those shipped and paid unequally, closed ones too.

    The balance is shipped less returned and paid by the order: above zero the
    buyer owes us, below zero we owe him goods or money.
    """

    slug = "deals"
    title = _l("Current deals")
    group = _l("Deals")
    description = _l("Orders that are not finished: what is left to ship and to pay, and when.")
    params = (
        DateParam("on", _l("Ordered not later than"), default="today"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        ChoiceParam("status", _l("Status"), options=STATES),
    )

    def shape(self, asked: Asked) -> Shape:
        return Shape(
            columns=(
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "id")),
                Date("date", _l("Date")),
                Text("buyer", _l("Buyer"), width=36, link=("Counterparty", "buyer_id")),
                Text("manager", _l("Responsible"), width=24),
                Choice("status", _l("Status"), width=20, caption=lambda value: caption(OrderStatus(value))),
                Choice("shipment", _l("Shipment"), width=20, caption=lambda value: caption(ShipmentState(value))),
                Choice("payment", _l("Payment"), width=20, caption=lambda value: caption(PaymentState(value))),
                Date("ship_on", _l("Ship on")),
                Date("pay_by", _l("Pay by")),
                Money("amount", _l("Order amount"), total=True),
                Money("to_ship", _l("Left to ship"), total=True),
                Money("to_pay", _l("Left to pay"), total=True),
                Money("balance", _l("Balance"), total=True),
            ),
            order=("date",),
            groups=("manager", "buyer", "status"),
        )

    def note(self, asked: Asked) -> list[tuple[str, str]]:
        return [*super().note(asked), (_("Currency"), current_app.config["CRM_CURRENCY"])]

    def query(self, session: Session, asked: Asked) -> Select:
        order = BuyerOrder
        due = order.amount + order.corrected_amount
        balance = order.shipped_amount - order.returned_amount - order.paid_amount
        is_open = order.closed_on.is_(None)
        query = (
            select(
                order.id,
                order.number.label("order"),
                order.date,
                Counterparty.name.label("buyer"),
                Counterparty.id.label("buyer_id"),
                (User.first_name + " " + User.last_name).label("manager"),
                order.status,
                order.shipment_state.label("shipment"),
                order.payment_state.label("payment"),
                order.ship_on,
                order.pay_by,
                due.label("amount"),
                case((is_open, order.rest_amount), else_=0).label("to_ship"),
                case((is_open, func.greatest(due - order.paid_amount, 0)), else_=0).label("to_pay"),
                balance.label("balance"),
            )
            .join(order.counterparty)
            .outerjoin(User, User.id == order.manager_id)
            .where(order.date <= asked["on"], or_(unfinished(), balance != 0))
        )
        if asked["manager"]:
            query = query.where(order.manager_id == asked["manager"].id)
        if asked["counterparty"]:
            query = query.where(order.counterparty_id == asked["counterparty"].id)
        return query.where(order.status == OrderStatus(asked["status"])) if asked["status"] else query
