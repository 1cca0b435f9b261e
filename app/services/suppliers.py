"""Suppliers: their terms and prices by day, orders to them and what came by those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind, PriceSource, Reliability
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.suppliers import SupplierPrice, SupplierTerms
from app.models.supply import Receipt, ReceiptLine, SupplierOrder, SupplierOrderLine
from app.services import checks, numbering, watching
from app.services.drafts import ZERO, LineDraft


@dataclass(frozen=True)
class SupplyDraft:
    """An order to a supplier, or a receipt from him (`order_id`: by which order), as it was typed."""

    counterparty_id: int
    on: date
    lines: Sequence[LineDraft]
    number: str = ""
    manager_id: int | None = None
    order_id: int | None = None
    receive_on: date | None = None
    pay_by: date | None = None
    comment: str = ""


def set_terms(
    session: Session,
    supplier_id: int,
    *,
    on: date,
    by_id: int | None,
    reliability: Reliability | None = None,
    lead_days: int | None = None,
    delivery: str = "",
    comment: str = "",
) -> SupplierTerms:
    """Set by hand how the supplier works from that day on; a second word on one day replaces the first."""
    _supplier(session, supplier_id)
    if lead_days is not None and lead_days < 0:
        raise Refused(_("The lead time cannot be negative."), field="lead_days")
    query = select(SupplierTerms).where(SupplierTerms.counterparty_id == supplier_id, SupplierTerms.on == on)
    terms = session.scalars(query).one_or_none() or SupplierTerms(counterparty_id=supplier_id, on=on)
    terms.reliability, terms.lead_days, terms.delivery = reliability, lead_days, delivery
    terms.comment, terms.by_id = comment, by_id
    session.add(terms)
    session.flush()
    return terms


def set_price(
    session: Session,
    supplier_id: int,
    item_id: int,
    price: Decimal,
    *,
    on: date,
    source: PriceSource = PriceSource.HAND,
    lead_days: int | None = None,
    min_quantity: Decimal | None = None,
    note: str = "",
) -> None:
    """Keep the supplier's price of an item from that day on; a second price on one day replaces the first."""
    _supplier(session, supplier_id)
    if price < 0:
        raise Refused(_("The price cannot be negative."), field="price")
    values = {"price": price, "source": source, "lead_days": lead_days, "min_quantity": min_quantity, "note": note}
    add = insert(SupplierPrice).values(counterparty_id=supplier_id, item_id=item_id, on_date=on, **values)
    session.execute(add.on_conflict_do_update(index_elements=["counterparty_id", "item_id", "on_date"], set_=values))


def order_supply(session: Session, draft: SupplyDraft) -> SupplierOrder:
    """Order goods from a supplier."""
    _supplier(session, draft.counterparty_id)
    checks.check_lines(session, draft.lines)
    checks.check_number(session, SupplierOrder, draft.number)
    for name in ("receive_on", "pay_by"):
        day = getattr(draft, name)
        if day is not None and day < draft.on:
            raise Refused(_("This day is earlier than the date of the order."), field=name)
    order = SupplierOrder(
        number=draft.number or numbering.next_number(session, DocumentKind.SUPPLIER_ORDER, draft.on.year),
        date=draft.on,
        counterparty_id=draft.counterparty_id,
        manager_id=draft.manager_id,
        receive_on=draft.receive_on,
        pay_by=draft.pay_by,
        comment=draft.comment,
        amount=sum((line.amount for line in draft.lines), ZERO),
        lines=[
            SupplierOrderLine(item_id=line.item_id, quantity=line.quantity, price=line.price, amount=line.amount)
            for line in draft.lines
        ],
    )
    session.add(order)
    watching.post(session)
    return order


def receive(session: Session, draft: SupplyDraft, *, keep_prices: bool = True) -> Receipt:
    """Take in goods; their prices become the supplier's prices of that day unless told otherwise."""
    _supplier(session, draft.counterparty_id)
    checks.check_lines(session, draft.lines)
    checks.check_number(session, Receipt, draft.number)
    if draft.order_id is not None:
        order = session.scalars(select(SupplierOrder).where(SupplierOrder.id == draft.order_id)).one_or_none()
        if order is None or order.counterparty_id != draft.counterparty_id:
            raise Refused(_("This order belongs to another counterparty."), field="order")
        if draft.on < order.date:
            raise Refused(_("The document cannot be earlier than its order."), field="date")
    receipt = Receipt(
        number=draft.number or numbering.next_number(session, DocumentKind.RECEIPT, draft.on.year),
        date=draft.on,
        counterparty_id=draft.counterparty_id,
        order_id=draft.order_id,
        manager_id=draft.manager_id,
        amount=sum((line.amount for line in draft.lines), ZERO),
        lines=[
            ReceiptLine(item_id=line.item_id, quantity=line.quantity, price=line.price, amount=line.amount)
            for line in draft.lines
        ],
    )
    session.add(receipt)
    watching.post(session)
    for line in draft.lines if keep_prices else ():
        source, price = PriceSource.RECEIPT, line.price
        set_price(session, draft.counterparty_id, line.item_id, price, on=draft.on, source=source, note=receipt.number)
    return receipt


def _supplier(session: Session, supplier_id: int) -> None:
    is_supplier = session.scalar(select(Counterparty.is_supplier).where(Counterparty.id == supplier_id))
    if is_supplier is None:
        raise Refused(_("There is no such counterparty."), field="counterparty")
    if not is_supplier:
        raise Refused(_("This counterparty is not a supplier."), field="counterparty")
