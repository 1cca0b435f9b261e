"""Numbers of documents: by kind and year, without gaps or repeats."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, String, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.closing import OrderClosing, SupplierOrderClosing
from app.models.corrections import OrderCorrection
from app.models.movements import Payment, Shipment
from app.models.numbering import NumberSeries
from app.models.orders import BuyerOrder
from app.models.papers import Paper
from app.models.supply import Receipt, SupplierOrder, SupplierPayment

PREFIXES = {
    DocumentKind.ORDER: "ЗП",
    DocumentKind.CORRECTION: "КЗ",
    DocumentKind.SHIPMENT: "РТ",
    DocumentKind.RETURN: "ВП",
    DocumentKind.PAYMENT: "ОП",
    DocumentKind.CLOSING: "ЗЗ",
    DocumentKind.SUPPLIER_ORDER: "ЗС",
    DocumentKind.RECEIPT: "ПТ",
    DocumentKind.SUPPLIER_PAYMENT: "ОС",
    DocumentKind.SUPPLIER_CLOSING: "ЗЗС",
    DocumentKind.OFFER: "КП",
    DocumentKind.BILL: "СЧ",
    DocumentKind.ACT: "АС",
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
    DocumentKind.SUPPLIER_PAYMENT: SupplierPayment,
    DocumentKind.SUPPLIER_CLOSING: SupplierOrderClosing,
    DocumentKind.OFFER: Paper,
    DocumentKind.BILL: Paper,
    DocumentKind.ACT: Paper,
}


def next_number(session: Session, kind: DocumentKind, year: int) -> str:
    """The next number of the year; whoever asks next waits until this transaction ends, so no number is lost."""
    return next_numbers(session, kind, year, 1)[0]


def next_numbers(session: Session, kind: DocumentKind, year: int, count: int) -> list[str]:
    """So many numbers in a row, but for those that imported documents already have."""
    number = MODELS[kind].number
    found: list[str] = []
    while len(found) < count:
        wanted = count - len(found)
        last = session.scalars(
            insert(NumberSeries)
            .values(kind=kind, year=year, last=wanted)
            .on_conflict_do_update(index_elements=["kind", "year"], set_={"last": NumberSeries.last + wanted})
            .returning(NumberSeries.last)
        ).one()
        candidates = [f"{PREFIXES[kind]}-{year}-{n:05}" for n in range(last - wanted + 1, last + 1)]
        query = (
            select(number).where(number == func.any(cast(candidates, ARRAY(String)))).execution_options(unscoped=True)
        )
        taken = set(session.scalars(query))
        found += [candidate for candidate in candidates if candidate not in taken]
    return found
