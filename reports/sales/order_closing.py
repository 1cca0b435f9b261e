"""Анализ причин закрытия заказов: why orders were closed and how much was lost by it."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.periods import Period
from app.models.closing import ClosingReason, OrderClosing
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sql import user_name
from reports.kit.columns import RESPONSIBLE, Date, Money, Percent, Text, UserName
from reports.kit.params import LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape

NAME = user_name(User)


class OrderClosings(Report):
    """Orders closed in the period, by the day of the closing.

    The closed amount is what was left to ship then, so an order carried out in
    full has 0. A share is of all that the company closed in the period, whoever
    reads and whatever he filters.
    """

    slug = "order-closing"
    title = _l("Reasons of order closing")
    group = _l("Deals")
    description = _l("Why orders were closed, what was not shipped because of it, whose orders they were.")
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(OrderClosing.on,)),
        LookupParam("reason", _l("Reason of closing"), model=ClosingReason, key="name"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("reason", _l("Reason of closing"), width=32),
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "order_id")),
                Text("buyer", _l("Buyer"), width=36, link=("Counterparty", "buyer_id")),
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
        closer, seen = aliased(User), aliased(Counterparty)  # the card is for whoever sees it
        closed_then = OrderClosing.on.between(period.first, period.last)
        all_of = select(func.sum(OrderClosing.closing_amount)).where(closed_then)
        total = session.scalar(all_of, execution_options={"unscoped": True}) or Decimal(0)
        query = (
            select(
                OrderClosing.id,
                ClosingReason.name.label("reason"),
                BuyerOrder.number.label("order"),
                BuyerOrder.id.label("order_id"),
                CounterpartyName.name.label("buyer"),
                seen.id.label("buyer_id"),
                BuyerOrder.manager_id,
                NAME.label("manager"),
                OrderClosing.on.label("closed_on"),
                OrderClosing.by_id,
                user_name(closer).label("closed_by"),
                OrderClosing.closing_amount.label("closed_amount"),
                func.coalesce(OrderClosing.closing_amount * 100 / func.nullif(total, 0), 0).label("share"),
                OrderClosing.order_amount,
                OrderClosing.unpaid_amount,
                OrderClosing.comment,
            )
            .join(OrderClosing.reason)
            .join(OrderClosing.order)
            .join(BuyerOrder.counterparty_name)
            .outerjoin(seen, seen.id == BuyerOrder.counterparty_id)
            .outerjoin(User, User.id == BuyerOrder.manager_id)
            .outerjoin(closer, closer.id == OrderClosing.by_id)
            .where(closed_then)
        )
        for name, column in (
            ("reason", OrderClosing.reason_id),
            ("counterparty", BuyerOrder.counterparty_id),
            ("manager", BuyerOrder.manager_id),
        ):
            if asked[name]:
                query = query.where(column == asked[name].id)
        return query
