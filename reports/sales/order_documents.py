"""Документы по заказу: the order and everything made from it, as a tree."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Integer, Select, String, case, cast, literal, null, select
from sqlalchemy import union_all as union
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.allocations import PaymentAllocation
from app.models.closing import OrderClosing
from app.models.corrections import OrderCorrection
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.papers import Paper
from reports.kit.columns import Choice, Date, Money, Number, Text
from reports.kit.params import LookupParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

CARDS = {
    BuyerOrder: "order_id",
    Paper: "paper_id",
    Shipment: "shipment_id",
    Payment: "payment_id",
    OrderClosing: "closing_id",
}
TO_ORDER, *TO_OTHERS = ((model.__name__, number) for model, number in CARDS.items())


class OrderDocuments(Report):
    """The order first, then its documents by day; a payment stands with what of it went to this order.

    Nothing is added up: what was ordered, billed, shipped and paid is the same money over again.
    """

    slug = "order-documents"
    title = _l("Order documents")
    group = _l("Deals")
    description = _l(
        "The order and all that was made from it: offers, bills, corrections, shipments, returns, payments, closing."
    )
    params = (LookupParam("order", _l("Order"), model=BuyerOrder, key="number"),)
    about = "order"
    invitation = _l("Choose an order: all its documents are shown here.")

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Number("level", _l("Level"), width=8, total=False),
                Choice("kind", _l("Document"), width=24, words=DocumentKind),
                Text("number", _l("Number"), width=20, link=TO_ORDER, link_else=(*TO_OTHERS,)),
                Date("date", _l("Date")),
                Money("amount", _l("Amount"), total=False),
                Money("of_order", _l("Of it by this order"), total=False),
            ),
            order=("level", "date", "rank"),
            groups=("kind",),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return super().note(asked) if asked["order"] else [*super().note(asked), (_("Result"), _("Choose an order."))]

    def query(self, session: Session, asked: Choices) -> Select:
        row = union(*_documents(asked.number("order"))).subquery("documents").c
        return select(
            (row.rank * 1_000_000_000_000 + row.id).label("id"),
            row.level,
            row.rank,
            row.kind,
            row.number,
            row.date,
            row.amount,
            row.of_order,
            *(row[number] for number in CARDS.values()),
        )


def _documents(order_id: int) -> list[Select]:
    sent = case((Shipment.amount < 0, DocumentKind.RETURN.value), else_=DocumentKind.SHIPMENT.value)
    paid = _rows(4, DocumentKind.PAYMENT.value, Payment, Payment.date, Payment.amount, PaymentAllocation.amount)
    corrected = _rows(1, DocumentKind.CORRECTION.value, OrderCorrection, OrderCorrection.date, OrderCorrection.amount)
    given = _rows(2, cast(Paper.kind, String), Paper, Paper.date, Paper.amount)
    closed = _rows(5, DocumentKind.CLOSING.value, OrderClosing, OrderClosing.on, -OrderClosing.closing_amount)
    return [
        _rows(0, DocumentKind.ORDER.value, BuyerOrder, BuyerOrder.date, BuyerOrder.amount).where(
            BuyerOrder.id == order_id
        ),
        corrected.where(OrderCorrection.order_id == order_id),
        given.where(Paper.order_id == order_id),
        _rows(3, sent, Shipment, Shipment.date, Shipment.amount).where(
            Shipment.order_id == order_id, Shipment.stands()
        ),
        paid.join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id).where(
            PaymentAllocation.order_id == order_id
        ),
        closed.where(OrderClosing.order_id == order_id),
    ]


def _rows(rank: int, kind: Any, model: Any, on: Any, amount: Any, of_order: Any = None) -> Select:
    """Documents of one model; `rank` keeps their order within a day."""
    return select(
        cast(literal(rank), BigInteger).label("rank"),
        literal(min(rank, 1)).label("level"),
        (literal(kind) if isinstance(kind, str) else kind).label("kind"),
        model.id.label("id"),
        model.number.label("number"),
        on.label("date"),
        amount.label("amount"),
        (amount if of_order is None else of_order).label("of_order"),
        *(cast(model.id if model is each else null(), Integer).label(number) for each, number in CARDS.items()),
    )
