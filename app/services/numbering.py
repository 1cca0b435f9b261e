"""Numbers of documents: by kind and year, without gaps or repeats."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.closing import OrderClosing
from app.models.corrections import OrderCorrection
from app.models.movements import Payment, Shipment
from app.models.numbering import NumberSeries
from app.models.orders import BuyerOrder
from app.models.supply import Receipt, SupplierOrder

PREFIXES = {
    DocumentKind.ORDER: "ЗП",
    DocumentKind.CORRECTION: "КЗ",
    DocumentKind.SHIPMENT: "РТ",
    DocumentKind.RETURN: "ВП",
    DocumentKind.PAYMENT: "ОП",
    DocumentKind.CLOSING: "ЗЗ",
    DocumentKind.SUPPLIER_ORDER: "ЗС",
    DocumentKind.RECEIPT: "ПТ",
}
MODELS: dict[DocumentKind, Any] = {
    DocumentKind.ORDER: BuyerOrder,
    DocumentKind.CORRECTION: OrderCorrection,
    DocumentKind.SHIPMENT: Shipment,
    DocumentKind.RETURN: Shipment,
    DocumentKind.PAYMENT: Payment,
    DocumentKind.CLOSING: OrderClosing,
    DocumentKind.SUPPLIER_ORDER: SupplierOrder,
    DocumentKind.RECEIPT: Receipt,
}


def next_number(session: Session, kind: DocumentKind, year: int) -> str:
    """The next number of the year; whoever asks next waits until this transaction ends, so no number is lost.

    A number that an imported document already has is passed over.
    """
    number = MODELS[kind].number
    while True:
        last = session.scalar(
            insert(NumberSeries)
            .values(kind=kind, year=year, last=1)
            .on_conflict_do_update(index_elements=["kind", "year"], set_={"last": NumberSeries.last + 1})
            .returning(NumberSeries.last)
        )
        candidate = f"{PREFIXES[kind]}-{year}-{last:05}"
        if not session.scalar(select(select(1).where(number == candidate).exists()).execution_options(unscoped=True)):
            return candidate
