"""Взаиморасчеты: every document that moved the debt of a counterparty, with the debt after it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.queries.sales.settlements import documents
from reports.kit.columns import Choice, Date, Money, Row, Text
from reports.kit.params import DateParam, LookupParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape


class Settlements(Report):
    """debt = shipped − returned − paid, running by day in each counterparty; above zero they owe us.

    The total of the debt is the balance, not the sum of the running debts.
    """

    slug = "settlements"
    title = _l("Settlements")
    group = _l("Deals")
    description = _l("What counterparties owe us, with every shipment, return and payment behind it.")
    params = (
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        DateParam("on", _l("On"), default="today"),
    )

    about, about_all = "counterparty", {"group": "counterparty", "detail": "1"}
    invitation = _l("Choose a counterparty: each document that moved his debt, and the debt after it.")

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("counterparty", _l("Counterparty"), width=36, link=("Counterparty", "counterparty_id")),
                Choice("kind", _l("Kind"), width=18, words=DocumentKind),
                Text(
                    "document",
                    _l("Document"),
                    width=20,
                    link=("Shipment", "shipment_id"),
                    link_else=(("Payment", "id"),),
                ),
                Date("date", _l("Date")),
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "order_id")),
                Money("shipped", _l("Shipped"), total=True),
                Money("returned", _l("Returned"), total=True),
                Money("paid", _l("Paid"), total=True),
                Money("debt", _l("Debt"), total=True, total_of=balance),
            ),
            order=("counterparty", "counterparty_id", "place"),
            groups=("counterparty", "order", "kind"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        ids = [asked["counterparty"].id] if asked["counterparty"] else None
        moved = documents(ids, asked["on"])
        row = moved.c
        rank = case((row.kind == DocumentKind.SHIPMENT.value, 1), (row.kind == DocumentKind.RETURN.value, 2), else_=3)
        by_time = (row.date, rank, row.id)
        of_one: dict[str, Any] = {"partition_by": row.counterparty_id, "order_by": by_time}
        return (
            select(
                row.id,
                case((row.kind != DocumentKind.PAYMENT.value, row.id)).label("shipment_id"),
                row.counterparty_id,
                Counterparty.name.label("counterparty"),
                row.kind,
                row.number.label("document"),
                row.date,
                BuyerOrder.number.label("order"),
                row.order_id,
                row.shipped,
                row.returned,
                row.paid,
                func.sum(row.change).over(**of_one, rows=(None, 0)).label("debt"),
                func.row_number().over(**of_one).label("place"),
            )
            .join(moved, row.counterparty_id == Counterparty.id)
            .outerjoin(BuyerOrder, BuyerOrder.id == row.order_id)
        )


def balance(totals: Row) -> Decimal:
    debt: Decimal = totals["shipped"] - totals["returned"] - totals["paid"]
    return debt
