"""Анализ заказа: one order whole - goods, money, the debt limit and two verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from app.domain.order_state import Verdicts, payment_state, shipment_state, verdicts
from app.models.captions import caption
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.queries.sales.orders import figures_of, goods_of_order, unfinished
from app.queries.sales.settlements import balances
from reports.kit.columns import Money, Number, Text
from reports.kit.params import LookupParam
from reports.kit.part import ReportPart
from reports.kit.report import TableSet, currency_line
from reports.kit.setup import Shape
from reports.kit.table import ReportTable

GOODS = Shape(
    columns=(
        Text("code", _l("Code"), width=14),
        Text("item", _l("Item"), width=42, link=("Item", "id")),
        Text("unit", _l("Unit"), width=8),
        Number("planned", _l("Planned"), total=False),
        Number("shipped", _l("Shipped"), total=False),
        Number("returned", _l("Returned"), total=False),
        Number("rest", _l("Left to ship"), total=False),
        Money("rest_amount", _l("Left to ship, amount"), total=True),
    ),
    order=("place",),
)
MONEY = Shape(
    columns=(
        Text("what", _l("Orders"), width=30),
        Money("planned", _l("Planned"), total=True),
        Money("shipped", _l("Shipped"), total=True),
        Money("due", _l("To be paid in all"), total=True),
        Money("paid", _l("Paid"), total=True),
        Money("rest", _l("Left to pay"), total=True),
        Money("debt", _l("Debt"), total=True),
    ),
    order=("id",),
)
LIMIT = Shape(
    columns=(
        Text("buyer", _l("Buyer"), width=36, link=("Counterparty", "id")),
        Money("allowed", _l("Allowed debt")),
        Money("debt", _l("Current debt")),
        Money("may_ship", _l("May be shipped")),
    ),
    order=("id",),
)


class OrderAnalysis(TableSet):
    """The goods of an order, its money beside the other unfinished orders of the buyer, and what may yet be shipped.

    The original calls an order done when it is shipped; here shipment and payment
    have a verdict each. The debt limit is shown when the buyer has one.
    """

    slug = "order-analysis"
    title = _l("Order analysis")
    group = _l("Deals")
    description = _l("One order whole: goods left to ship, money left to pay, the debt limit of the buyer.")
    params = (LookupParam("order", _l("Order"), model=BuyerOrder, key="number"),)
    about = "order"
    invitation = _l("Choose an order: its goods, money and verdicts are shown here.")

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        asked = self.ask(session, args, today=today)
        order: BuyerOrder | None = asked["order"]
        currency = currency_line()
        head = [*self.note(asked), *(_verdicts(order) if order else [(_("Result"), _("Choose an order."))])]
        parts = [
            ReportPart(self.title, GOODS, goods(asked.number("order")), head),
            ReportPart(_l("Money"), MONEY, money(order), [currency]),
        ]
        if order and order.counterparty and order.counterparty.allowed_debt is not None:
            parts.append(ReportPart(_l("Debt limit"), LIMIT, debt_limit(order.counterparty_id), [currency]))
        return [part.table(session, limit, asked if place == 0 else None) for place, part in enumerate(parts)]


def _verdicts(order: BuyerOrder) -> list[tuple[str, str]]:
    """Whose the order is, and how far both halves of it are."""
    figures = figures_of(order)
    found: Verdicts = verdicts(figures)
    shipped = _("The order is shipped in full") if found.shipped else caption(shipment_state(figures))
    paid = _("The order is paid in full") if found.paid else caption(payment_state(figures))
    return [
        (_("Buyer"), str(order.counterparty_name)),
        (_("Status"), caption(order.status)),
        (_("Shipment state"), shipped),
        (_("Payment state"), paid),
    ]


def goods(order_id: int) -> Select:
    """The items of the order; more shipped than planned is below zero."""
    found = goods_of_order(order_id).order_by(None).subquery("goods")
    return select(
        found.c.item_id.label("id"),
        found.c.code,
        found.c.name.label("item"),
        found.c.unit,
        found.c.planned,
        found.c.shipped,
        found.c.returned,
        found.c.rest,
        found.c.open_amount.label("rest_amount"),
        found.c.place,
    )


def money(order: BuyerOrder | None) -> Select:
    """This order and the other unfinished ones of its buyer."""
    order_id, buyer_id = (order.id, order.counterparty_id) if order else (0, 0)
    this = BuyerOrder.id == order_id
    net = BuyerOrder.shipped_amount - BuyerOrder.returned_amount
    row = (
        select(
            case((this, 1), else_=2).label("id"),
            (BuyerOrder.amount + BuyerOrder.corrected_amount).label("planned"),
            BuyerOrder.due_amount.label("due"),
            BuyerOrder.paid_amount.label("paid"),
            BuyerOrder.unpaid_amount.label("rest"),
            net.label("shipped"),
            (net - BuyerOrder.paid_amount).label("debt"),
        )
        .where(BuyerOrder.counterparty_id == buyer_id, this | unfinished())
        .subquery("orders")
        .c
    )
    what = case((row.id == 1, _("This order")), else_=_("Other unfinished orders"))
    return select(
        row.id,
        what.label("what"),
        *(func.sum(row[name]).label(name) for name in ("planned", "shipped", "due", "paid", "rest", "debt")),
    ).group_by(row.id)


def debt_limit(buyer_id: int) -> Select:
    """What the buyer may owe, owes, and what may be shipped before he pays."""
    balance = balances([buyer_id]).subquery("balance")
    debt = func.coalesce(balance.c.debt, literal(Decimal(0)))
    return (
        select(
            Counterparty.id,
            Counterparty.name.label("buyer"),
            Counterparty.allowed_debt.label("allowed"),
            debt.label("debt"),
            func.greatest(Counterparty.allowed_debt - debt, 0).label("may_ship"),
        )
        .outerjoin(balance, balance.c.id == Counterparty.id)
        .where(Counterparty.id == buyer_id)
    )
