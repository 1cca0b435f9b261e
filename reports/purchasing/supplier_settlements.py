"""Взаиморасчеты с поставщиками: every receipt and payment, with what we owe after it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.counterparties import Counterparty
from app.models.supply import SupplierOrder
from app.queries.purchasing.settlements import documents
from reports.kit.columns import Choice, Date, Money, Row, Text
from reports.kit.params import DateParam, LookupParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape


class SupplierSettlements(Report):
    """debt = received − paid, running by day for each supplier; above zero we owe him.

    The total of the debt is the balance, not the sum of the running debts.
    """

    slug = "supplier-settlements"
    title = _l("Settlements with suppliers")
    group = _l("Suppliers")
    description = _l("What we owe suppliers, with every receipt and payment behind it.")
    params = (
        LookupParam("counterparty", _l("Supplier"), model=Counterparty, key="code"),
        DateParam("on", _l("On"), default="today"),
    )

    about, about_all = "counterparty", {"group": "supplier", "detail": "1"}
    invitation = _l("Choose a supplier: each document that moved what we owe, and what we owed after it.")

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("supplier", _l("Supplier"), width=36, link=("Counterparty", "counterparty_id")),
                Choice("kind", _l("Kind"), width=20, words=DocumentKind),
                Text(
                    "document",
                    _l("Document"),
                    width=20,
                    link=("Receipt", "receipt_id"),
                    link_else=(("SupplierPayment", "id"),),
                ),
                Date("date", _l("Date")),
                Text("order", _l("Order"), width=18, link=("SupplierOrder", "order_id")),
                Money("received", _l("Received"), total=True),
                Money("paid", _l("Paid"), total=True),
                Money("debt", _l("We owe"), total=True, total_of=balance),
            ),
            order=("supplier", "counterparty_id", "place"),
            groups=("supplier", "order", "kind"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        moved = documents(asked["on"], asked["counterparty"].id if asked["counterparty"] else None)
        row = moved.c
        of_one: dict[str, Any] = {"partition_by": row.counterparty_id, "order_by": (row.date, row.kind.desc(), row.id)}
        return (
            select(
                row.id,
                case((row.kind == DocumentKind.RECEIPT.value, row.id)).label("receipt_id"),
                row.counterparty_id,
                Counterparty.name.label("supplier"),
                row.kind,
                row.number.label("document"),
                row.date,
                SupplierOrder.number.label("order"),
                row.order_id,
                row.received,
                row.paid,
                func.sum(row.received - row.paid).over(**of_one, rows=(None, 0)).label("debt"),
                func.row_number().over(**of_one).label("place"),
            )
            .join(moved, row.counterparty_id == Counterparty.id)
            .outerjoin(SupplierOrder, SupplierOrder.id == row.order_id)
        )


def balance(totals: Row) -> Decimal:
    debt: Decimal = totals["received"] - totals["paid"]
    return debt
