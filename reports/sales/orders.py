"""Анализ заказов покупателей: what was ordered in a period, and how much of it is shipped and paid."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, ColumnElement, Integer, ScalarSelect, Select, String, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.words import OrderStatus, PaymentState, ShipmentState
from app.models.captions import CAPTIONS
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.users import User
from app.queries.sales.orders import goods_of_orders
from app.queries.sql import user_name
from reports.kit.columns import RESPONSIBLE, Choice, Column, Date, Money, Number, Row, Text, UserName
from reports.kit.params import ChoiceParam, Label, LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape

BY_ITEM = "item"
ITEM = {"item": "name", "unit": "unit"}
STATE_LABELS: Mapping[str, Label] = {"shipment": _l("Shipment state"), "payment": _l("Payment state")}
STATES: Mapping[str, type[ShipmentState | PaymentState]] = {"shipment": ShipmentState, "payment": PaymentState}
MONEY: tuple[Column, ...] = (
    Money("shipped", _l("Shipped"), total=True),
    Money("to_ship", _l("Left to ship"), total=True),
    Money("due", _l("To be paid in all"), total=True, aside=True),
    Money("paid", _l("Paid"), total=True),
    Money("to_pay", _l("Left to pay"), total=True),
)
QUANTITIES: Mapping[str, Label] = {
    "quantity": _l("Quantity"),
    "shipped_quantity": _l("Shipped quantity"),
    "rest_quantity": _l("Left to ship, quantity"),
}


def of_one_item(name: str, totals: Row) -> Any:
    """A total of the item's own: pieces and kilograms do not add up."""
    return totals[summed(name)] if "item" in totals else None


def summed(name: str) -> str:
    """The hidden column that totals of a quantity are made of."""
    return f"{name}_summed"


GOODS: tuple[Column, ...] = (
    Text("item", _l("Item"), width=36, link=("Item", "item_id")),
    Text("unit", _l("Unit"), width=8, aside=True),
    *(
        Number(name, label, width=12, total_of=partial(of_one_item, name), weight=summed(name))
        for name, label in QUANTITIES.items()
    ),
    Money("to_ship", _l("Left to ship"), total=True),
)


def options_of(words: type[ShipmentState | PaymentState]) -> dict[str, Label]:
    return {"": _l("Any"), **{str(one): CAPTIONS[words, one] for one in words}}


class Orders(Report):
    """Orders dated in the period as they are now: planned is with corrections, shipped less returns.

    By item their goods stand without payments, which are of whole orders; quantities are added up by item alone. Of a
    closed order nothing is left to ship.
    """

    slug = "orders"
    title = _l("Analysis of buyer orders")
    group = _l("Deals")
    description = _l("Orders of a period by buyers, responsible people or items: what is shipped and paid of them.")
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(BuyerOrder.date,)),
        ChoiceParam("by", _l("By item"), options={"": _l("No"), BY_ITEM: _l("Yes")}),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
        *(ChoiceParam(name, label, options=options_of(STATES[name])) for name, label in STATE_LABELS.items()),
    )

    def shape(self, asked: Choices) -> Shape:
        by_item = asked["by"] == BY_ITEM
        return Shape(
            columns=(
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "order_id")),
                Date("date", _l("Date")),
                Text("buyer", _l("Counterparty"), width=36, link=("Counterparty", "buyer_id")),
                UserName("manager", _l("Responsible"), counted_for=RESPONSIBLE),
                Choice("status", _l("Status"), width=20, words=OrderStatus),
                *(Choice(name, label, width=20, words=STATES[name]) for name, label in STATE_LABELS.items()),
                Date("ship_on", _l("Ship on"), aside=True),
                Date("pay_by", _l("Pay by"), aside=True),
                *(GOODS[:2] if by_item else ()),
                Money("planned", _l("Planned"), total=True),
                *(GOODS[2:] if by_item else MONEY),
            ),
            order=("date", "order"),
            aside=tuple(Number(summed(name), "") for name in QUANTITIES) if by_item else (),
            at_once=True,
            groups=("buyer", "manager", "order", *(["item"] if by_item else []), "status", *STATES),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        order = BuyerOrder
        chosen = [order.date.between(asked["period"].first, asked["period"].last)]
        for name, column in (("counterparty", order.counterparty_id), ("manager", order.manager_id)):
            if asked[name]:
                chosen.append(column == asked[name].id)
        for name, words in STATES.items():
            if asked[name]:
                chosen.append(getattr(order, f"{name}_state") == words(asked[name]))
        is_open = order.closed_on.is_(None)
        head = (
            order.id.label("order_id"),
            order.number.label("order"),
            order.date,
            order.counterparty_id,
            order.manager_id,
            order.status,
            *(getattr(order, f"{name}_state").label(name) for name in STATES),
            order.ship_on,
            order.pay_by,
        )
        figures: tuple[Any, ...] = (
            order.id,
            (order.amount + order.corrected_amount).label("planned"),
            (order.shipped_amount - order.returned_amount).label("shipped"),
            case((is_open, order.rest_amount), else_=0).label("to_ship"),
            order.due_amount.label("due"),
            order.paid_amount.label("paid"),
            order.unpaid_amount.label("to_pay"),
        )
        goods: Any = None
        if asked["by"] == BY_ITEM:
            ids = cast(select(func.array_agg(order.id)).where(*chosen).scalar_subquery(), ARRAY(Integer))
            goods = goods_of_orders(ids).c
            figures = (
                func.concat_ws("-", cast(order.id, String), goods.item_id).label("id"),
                goods.item_id,
                *(goods.planned_amount.label("planned"), goods.planned.label("quantity")),
                (goods.shipped - goods.returned).label("shipped_quantity"),
                case((is_open, goods.open), else_=0).label("rest_quantity"),
                case((is_open, goods.open_amount), else_=0).label("to_ship"),
            )
        found = select(*figures, *head).select_from(order).where(*chosen)
        if goods is not None:
            found = found.join(goods.order_id.table, goods.order_id == order.id)
        rows = found.cte("rows")
        row, of, seen = rows.c, CounterpartyName, aliased(Counterparty)  # the card is for whoever sees it
        more = {
            "buyer": (of.name, of.id == row.counterparty_id),
            "buyer_id": (seen.id, seen.id == row.counterparty_id),
            "manager": (user_name(User), User.id == row.manager_id),
        }
        if goods is not None:
            more |= {name: (getattr(Item, column), Item.id == row.item_id) for name, column in ITEM.items()}
        quantities = [row[name].label(summed(name)) for name in QUANTITIES] if goods is not None else []
        return select(rows, *quantities, *(_looked_up(*told).label(name) for name, told in more.items()))


def _looked_up(column: Any, condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    """What a row refers to, read for the rows of the page alone: a join would read it for all that are added up."""
    return select(column).where(condition).scalar_subquery()
