"""Orders to suppliers and what came by them: made, changed whole, continued by what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.domain.order_state import rest_by_line
from app.domain.words import DocumentKind, PriceSource
from app.errors import Refused
from app.models.products import Item
from app.models.suppliers import SupplierPrice
from app.models.supply import Receipt, ReceiptLine, SupplierOrder, SupplierOrderLine, SupplierPayment
from app.queries.purchasing.suppliers import goods_of_supplier_orders, prices_of
from app.services import checks, numbering, watching
from app.services.purchasing import supply
from app.services.purchasing.suppliers import check_supplier, set_price
from app.services.typed import ZERO, Changed, LineDraft, PriceDraft, RestLine, SupplyDraft, differences, header

DAYS = ("receive_on", "pay_by")
LINE = ("item_id", "quantity", "price", "vat")
Document = TypeVar("Document", SupplierOrder, Receipt)

watching.watch(SupplierOrder, matters=("date",), touches=(watching.ITSELF,))
watching.watch(SupplierOrderLine, owners=("order",), touches=("order",))
watching.watch(Receipt, matters=("date", "reversed_on"), owners=("order",), touches=("order",))
watching.watch(ReceiptLine, owners=("receipt",), touches=("receipt",))


def order_supply(session: Session, draft: SupplyDraft) -> SupplierOrder:
    """Order goods from a supplier, or change the order whole if nobody saved it since it was opened (else Changed)."""
    check_supplier(session, draft.counterparty_id)
    draft = _with_vat(session, draft)
    checks.check_number(session, SupplierOrder, draft.number, draft.date, draft.row_id)
    checks.check_days(draft, *DAYS)
    if draft.row_id is None:
        number = draft.number or numbering.next_number(session, DocumentKind.SUPPLIER_ORDER, draft.date.year)
        order = SupplierOrder(number=number)
        session.add(order)
    else:
        order = _opened(session, SupplierOrder, draft)
        checks.check_open(order)
        _check_followed(session, order, draft)
    return _written(session, order, SupplierOrderLine, draft)


def check_header(session: Session, order: SupplierOrder) -> None:
    """A day or the responsible of an order was changed alone: by the rules of the whole order."""
    supply.lock(session, [order.id])
    checks.check_changed_alone(session, order, *DAYS)


def receive(session: Session, draft: SupplyDraft, *, keep_prices: bool = True) -> Receipt:
    """Take in goods, or correct what was taken in; prices become the supplier's of that day unless told otherwise."""
    check_supplier(session, draft.counterparty_id)
    draft = _with_vat(session, draft)
    checks.check_number(session, Receipt, draft.number, draft.date, draft.row_id)
    if draft.order_id is not None:
        order = _locked_order(session, draft.order_id)
        if order is None or order.counterparty_id != draft.counterparty_id:
            raise Refused(_("This order belongs to another counterparty."), field="order")
        checks.check_open(order)
        if draft.date < order.date:
            raise Refused(_("The document cannot be earlier than its order."), field="date")
    if draft.row_id is None:
        number = draft.number or numbering.next_number(session, DocumentKind.RECEIPT, draft.date.year)
        receipt = Receipt(number=number, order_id=draft.order_id)
        session.add(receipt)
    else:
        receipt = _opened(session, Receipt, draft)
        checks.check_standing(receipt)
    _written(session, receipt, ReceiptLine, draft)
    if keep_prices:
        _learn_prices(session, receipt, draft.lines)
    return receipt


def reverse_receipt(session: Session, receipt_id: int, reason: str, *, on: date, version: int | None = None) -> Receipt:
    """The receipt was wrong as a whole: it stays with the reason, brought no goods, and its prices are nobody's."""
    order_id = session.scalar(select(Receipt.order_id).where(Receipt.id == receipt_id))
    if order_id is not None and (order := _locked_order(session, order_id)):
        checks.check_open(order)
    query = select(Receipt).where(Receipt.id == receipt_id).with_for_update(of=Receipt)
    receipt = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if receipt is None:
        raise Refused(_("There is no such document."))
    checks.check_version(receipt, version)
    checks.mark_reversed(receipt, reason, on)
    learned = (SupplierPrice.source == PriceSource.RECEIPT, SupplierPrice.note == receipt.number)
    mine = (SupplierPrice.counterparty_id == receipt.counterparty_id, SupplierPrice.on == receipt.date)
    session.execute(delete(SupplierPrice).where(*mine, *learned).execution_options(unscoped=True))
    watching.post(session)
    return receipt


def _locked_order(session: Session, order_id: int) -> SupplierOrder | None:
    """The order of a receipt as it is now: nobody closes it meanwhile."""
    query = select(SupplierOrder).where(SupplierOrder.id == order_id).with_for_update(of=SupplierOrder)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _learn_prices(session: Session, receipt: Receipt, lines: Sequence[LineDraft]) -> None:
    """What was paid becomes the price of that day; lead time and smallest quantity stay as they were known."""
    pairs = [(receipt.counterparty_id, line.item_id) for line in lines]
    known = {price.item_id: price for price in session.scalars(prices_of(pairs, receipt.date))}
    for line in lines:
        was = known.get(line.item_id)
        price = PriceDraft(
            receipt.counterparty_id,
            line.item_id,
            line.price,
            receipt.date,
            source=PriceSource.RECEIPT,
            lead_days=was.lead_days if was else None,
            min_quantity=was.min_quantity if was else None,
            note=receipt.number,
        )
        set_price(session, price)


def rest_of(session: Session, order_id: int) -> list[RestLine]:
    """What is left to receive of a supplier order, line by line at the line's price."""
    came = {row.item_id: row.received for row in session.execute(select(goods_of_supplier_orders([order_id])))}
    query = select(SupplierOrderLine, Item).join(SupplierOrderLine.item).where(SupplierOrderLine.order_id == order_id)
    planned: dict[int, list[tuple[SupplierOrderLine, Item]]] = defaultdict(list)
    for line, item in session.execute(query.order_by(SupplierOrderLine.position)):
        planned[item.id].append((line, item))
    return [
        RestLine(item=item, quantity=rest, price=line.price, vat=line.vat)
        for item_id, rows in planned.items()
        for (line, item), rest in zip(
            rows, rest_by_line([line.quantity for line, _item in rows], came[item_id]), strict=True
        )
        if rest > 0
    ]


def last_prices(
    session: Session, supplier_id: int, item_ids: Sequence[int], *, on: date
) -> dict[int, tuple[Decimal, Decimal]]:
    """The supplier's price of each item on that day, without a discount."""
    pairs = [(supplier_id, item_id) for item_id in item_ids]
    return {price.item_id: (price.price, ZERO) for price in session.scalars(prices_of(pairs, on))}


def _with_vat(session: Session, draft: SupplyDraft) -> SupplyDraft:
    items = checks.check_lines(session, draft.lines)
    return replace(draft, lines=checks.with_vat(draft.lines, items, draft.date))


def _opened(session: Session, model: type[Document], draft: SupplyDraft) -> Document:
    """The document being edited, locked, as it is in the base now."""
    query = select(model).where(model.id == draft.row_id).with_for_update(of=model)
    document = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if document is None:
        raise Refused(_("There is no such document."))
    if draft.version is not None and document.version != draft.version:
        raise Changed(differences(draft, document, LINE), document.version)
    document.number = draft.number or document.number
    return document


def _check_followed(session: Session, order: SupplierOrder, draft: SupplyDraft) -> None:
    """A supplier order with receipts or payments keeps its supplier, and begins no later than the first receipt."""
    mine = Receipt.order_id == order.id
    received = select(func.min(Receipt.date)).where(mine, Receipt.stands()).scalar_subquery()
    came = select(Receipt.id).where(mine).exists()  # what is reversed may be undone
    paid = select(SupplierPayment.id).where(SupplierPayment.order_id == order.id).exists()
    first, is_followed, is_paid = session.execute(select(received, came, paid).execution_options(unscoped=True)).one()
    if order.counterparty_id != draft.counterparty_id and is_followed:
        raise Refused(_("Something was received by this order: its supplier cannot be changed."), field="counterparty")
    if order.counterparty_id != draft.counterparty_id and is_paid:
        raise Refused(_("Something was paid by this order: its supplier cannot be changed."), field="counterparty")
    if first is not None and draft.date > first:
        raise Refused(received_before(), field="date")


def received_before() -> str:
    return str(_("Something was received by this order before that day."))


def _written(session: Session, document: Document, line_class: Any, draft: SupplyDraft) -> Document:
    """What an order and a receipt have in common; lines keep their rows by place."""
    for name in header(SupplyDraft, type(document)):
        setattr(document, name, getattr(draft, name))
    lines: list[Any] = document.lines
    del lines[len(draft.lines) :]
    for place, line in enumerate(draft.lines):
        values = {**{name: getattr(line, name) for name in LINE}, "amount": line.amount}
        if place < len(lines):
            for name, value in values.items():
                setattr(lines[place], name, value)
        else:
            lines.append(line_class(**values))
    document.amount = sum((line.amount for line in draft.lines), ZERO)
    flag_modified(document, "amount")  # a change of lines alone makes a new version too
    watching.post(session)
    return document
