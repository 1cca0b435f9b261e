"""Whatever an ORM session writes of documents is posted before it commits: forms, REST and verbs alike.

Bulk writers (imports, the demo company) bypass the ORM and call posting.settle themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from app.models.allocations import PaymentAllocation
from app.models.closing import OrderClosing
from app.models.corrections import CorrectionLine, OrderCorrection
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.supply import Receipt, ReceiptLine, SupplierOrder, SupplierOrderLine
from app.queries.sql import one_of
from app.services import posting, supply

# Whose a document is; a form may set the row or its number.
OWNERS = ("order_id", "order", "counterparty_id", "counterparty")
# What of a document changes the figures or who is paid.
MATTERS: dict[type, tuple[str, ...]] = {
    BuyerOrder: ("amount", *OWNERS[2:]),
    Shipment: ("amount", "date", *OWNERS),
    Payment: ("amount", "date", "purpose", *OWNERS),
    OrderCorrection: ("amount", "date", *OWNERS[:2]),
    SupplierOrder: ("date",),
    Receipt: ("date", *OWNERS[:2]),
}
# Lines and the document that they are part of; closings and the order that they close.
PARENTS: dict[type, tuple[str, type]] = {
    OrderLine: ("order", BuyerOrder),
    ShipmentLine: ("shipment", Shipment),
    CorrectionLine: ("correction", OrderCorrection),
    OrderClosing: ("order", BuyerOrder),
    SupplierOrderLine: ("order", SupplierOrder),
    ReceiptLine: ("receipt", Receipt),
}


@dataclass
class Touched:
    """The documents that a session wrote and has not posted yet."""

    orders: set[int] = field(default_factory=set)
    payments: set[int] = field(default_factory=set)
    counterparties: set[int] = field(default_factory=set)
    supplier_orders: set[int] = field(default_factory=set)
    shipments: set[int] = field(default_factory=set)
    corrections: set[int] = field(default_factory=set)
    receipts: set[int] = field(default_factory=set)


def post(session: Session) -> None:
    """Make the figures right after what this session wrote so far."""
    session.flush()
    touched: Touched | None = session.info.pop("touched", None)
    if touched is None:
        return
    for model, ids, into in (
        (Shipment, touched.shipments, touched.orders),
        (OrderCorrection, touched.corrections, touched.orders),
        (Receipt, touched.receipts, touched.supplier_orders),
    ):
        if ids:
            into |= _numbers(session, model.order_id, one_of(model.id, ids))
    if touched.orders or touched.payments or touched.counterparties:
        posting.settle(session, orders=touched.orders, payments=touched.payments, counterparties=touched.counterparties)
    if touched.supplier_orders:
        supply.refresh(session, touched.supplier_orders)


def init() -> None:
    """Watch every session of this process."""
    if not event.contains(Session, "before_flush", _before_flush):
        event.listen(Session, "before_flush", _before_flush)
        event.listen(Session, "after_flush", _after_flush)
        event.listen(Session, "before_commit", post)
        event.listen(Session, "after_rollback", _after_rollback)


def _written(session: Session) -> Iterator[Any]:
    """New, deleted, and those changed in what matters; a document for each line of it."""
    for row in [*session.new, *session.dirty, *session.deleted]:
        kind = type(row)
        if kind in PARENTS:
            if row not in session.dirty or session.is_modified(row):
                yield row
        elif kind in MATTERS and (row not in session.dirty or _changed(row, MATTERS[kind])):
            yield row


def _changed(row: Any, names: tuple[str, ...]) -> bool:
    attrs = inspect(row).attrs
    return any(attrs[name].history.has_changes() for name in names if name in attrs)


def _before_flush(session: Session, *_: Any) -> None:
    """Lock whose documents are about to be written; note what a change of owner or a deletion will leave wrong."""
    owners: set[int] = set()
    moved: dict[type, set[int]] = defaultdict(set)
    gone: dict[type, set[int]] = defaultdict(set)
    for row in _written(session):
        document = getattr(row, PARENTS[type(row)][0]) if type(row) in PARENTS else row
        document = document.order if isinstance(document, OrderCorrection) else document
        if isinstance(document, (BuyerOrder, Shipment, Payment)):
            owners |= _some(document.counterparty.id if document.counterparty else document.counterparty_id)
        if row in session.deleted:
            gone[type(row)].add(row.id)
        elif row in session.dirty and type(row) in MATTERS and _changed(row, OWNERS):
            moved[type(row)].add(row.id)
    for model, ids in moved.items():
        owners |= _left_behind(session, model, ids)
    posting.lock(session, owners)
    share = PaymentAllocation
    if gone[BuyerOrder]:
        _touched(session).payments |= _numbers(session, share.payment_id, one_of(share.order_id, gone[BuyerOrder]))
    if gone[Payment]:
        _touched(session).orders |= _numbers(session, share.order_id, one_of(share.payment_id, gone[Payment]))


def _left_behind(session: Session, model: Any, ids: set[int]) -> set[int]:
    """Note the orders that these documents were of until now; gives their counterparties."""
    touched, owners = _touched(session), set()
    if hasattr(model, "order_id"):
        into = touched.supplier_orders if model is Receipt else touched.orders
        into |= _numbers(session, model.order_id, one_of(model.id, ids))
    if model in (BuyerOrder, Shipment, Payment):
        owners = _numbers(session, model.counterparty_id, one_of(model.id, ids))
        touched.counterparties |= owners
    return owners


def _numbers(session: Session, column: Any, condition: Any) -> set[int]:
    """The numbers that the base holds in the column, before the flush."""
    query = select(column).where(condition, column.is_not(None)).execution_options(unscoped=True)
    with session.no_autoflush:
        return set(session.scalars(query))


def _after_flush(session: Session, *_: Any) -> None:
    for row in _written(session):
        touched = _touched(session)
        match row:
            case BuyerOrder():
                touched.orders.add(row.id)
            case OrderLine() | OrderClosing():
                touched.orders.add(row.order_id)
            case Shipment() | OrderCorrection():
                touched.orders |= _some(row.order_id)
            case ShipmentLine():
                touched.shipments.add(row.shipment_id)
            case CorrectionLine():
                touched.corrections.add(row.correction_id)
            case Payment():
                touched.payments.add(row.id)
                touched.counterparties.add(row.counterparty_id)
            case SupplierOrder():
                touched.supplier_orders.add(row.id)
            case SupplierOrderLine():
                touched.supplier_orders.add(row.order_id)
            case Receipt():
                touched.supplier_orders |= _some(row.order_id)
            case ReceiptLine():
                touched.receipts.add(row.receipt_id)


def _some(number: int | None) -> set[int]:
    return set() if number is None else {number}


def _after_rollback(session: Session) -> None:
    session.info.pop("touched", None)


def _touched(session: Session) -> Touched:
    touched: Touched = session.info.setdefault("touched", Touched())
    return touched
