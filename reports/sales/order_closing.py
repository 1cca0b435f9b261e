"""Анализ причин закрытия заказов: why orders were closed and how much was lost by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Select, cast, func, null, select
from sqlalchemy.orm import Session, aliased

from app.domain.periods import Period
from app.domain.words import DocumentKind
from app.models.closing import ClosingReason, OrderClosing, SupplierOrderClosing
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.users import User
from app.queries.sql import user_name
from reports.kit.columns import RESPONSIBLE, Date, Money, Percent, Text, UserName
from reports.kit.params import LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape
from reports.sales.order_kinds import KINDS, TO_SUPPLIER, OrderKindParam, kinds_to_show

CLOSED: dict[DocumentKind, tuple[Any, Any]] = {
    DocumentKind.ORDER: (OrderClosing, BuyerOrder),
    DocumentKind.SUPPLIER_ORDER: (SupplierOrderClosing, SupplierOrder),
}
NAME = user_name(User)


class OrderClosings(Report):
    """Orders of buyers, or to suppliers, closed in the period, by the day of the closing.

    The closed amount is what was left to ship or to receive then, so an order carried
    out in full has 0. A share is of all orders of the kind that the company closed in
    the period, whoever reads and whatever he filters.
    """

    slug = "order-closing"
    title = _l("Reasons of order closing")
    group = _l("Deals")
    description = _l("Why orders were closed, what was not shipped or received because of it, whose orders they were.")
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(OrderClosing.on, SupplierOrderClosing.on)),
        OrderKindParam("kind", _l("Document"), default=DocumentKind.ORDER, options=KINDS),
        LookupParam("reason", _l("Reason of closing"), model=ClosingReason, key="name"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("reason", _l("Reason of closing"), width=32),
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "order_id"), link_else=(TO_SUPPLIER,)),
                Text("buyer", _l("Counterparty"), width=36, link=("Counterparty", "buyer_id")),
                UserName("manager", _l("Responsible"), counted_for=RESPONSIBLE),
                Date("closed_on", _l("Closed on")),
                UserName("closed_by", _l("Closed by"), key="by_id", aside=True),
                Money("closed_amount", _l("Closed amount"), total=True),
                Percent("share", _l("Share of the company, %"), width=14, total=True, aside=True),
                Money("order_amount", _l("Order amount"), total=True),
                Money("unpaid_amount", _l("Payment no longer expected"), total=True),
                Text("comment", _l("Comment"), width=30),
            ),
            order=("reason", "-closed_amount"),
            groups=("reason", "manager", "buyer"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        period: Period = asked["period"]
        (kind,) = kinds_to_show(session, asked["kind"])
        closing, order = CLOSED[kind]
        closer, seen = aliased(User), aliased(Counterparty)  # the card is for whoever sees it
        closed_then = closing.on.between(period.first, period.last)
        all_of = select(func.sum(closing.closing_amount)).where(closed_then)
        total = session.scalar(all_of, execution_options={"unscoped": True}) or Decimal(0)
        query = (
            select(
                order.id,
                (order.id if kind is DocumentKind.ORDER else cast(null(), Integer)).label("order_id"),
                ClosingReason.name.label("reason"),
                order.number.label("order"),
                CounterpartyName.name.label("buyer"),
                seen.id.label("buyer_id"),
                order.manager_id,
                NAME.label("manager"),
                closing.on.label("closed_on"),
                closing.by_id,
                user_name(closer).label("closed_by"),
                closing.closing_amount.label("closed_amount"),
                func.coalesce(closing.closing_amount * 100 / func.nullif(total, 0), 0).label("share"),
                closing.order_amount,
                closing.unpaid_amount,
                closing.comment,
            )
            .join(closing.reason)
            .join(closing.order)
            .join(CounterpartyName, CounterpartyName.id == order.counterparty_id)
            .outerjoin(seen, seen.id == order.counterparty_id)
            .outerjoin(User, User.id == order.manager_id)
            .outerjoin(closer, closer.id == closing.by_id)
            .where(closed_then)
        )
        for name, column in (
            ("reason", closing.reason_id),
            ("counterparty", order.counterparty_id),
            ("manager", order.manager_id),
        ):
            if asked[name]:
                query = query.where(column == asked[name].id)
        return query
