"""Current deals: orders that are not finished, and those whose goods and money differ, closed ones too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from app.domain.words import DocumentKind
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.queries.purchasing.suppliers import awaited_or_owed
from app.queries.sales.orders import unfinished


def buyer_balance() -> ColumnElement[Decimal]:
    """Shipped less returned and paid by the order: above zero we are owed money, below zero we owe goods."""
    return BuyerOrder.shipped_amount - BuyerOrder.returned_amount - BuyerOrder.paid_amount


def supplier_balance() -> ColumnElement[Decimal]:
    """Paid less received by the order: above zero we are owed goods, below zero we owe money."""
    return SupplierOrder.paid_amount - SupplierOrder.received_amount


def of_buyers(on: date) -> ColumnElement[bool]:
    """Those of the orders that were made by that day."""
    return and_(BuyerOrder.date <= on, or_(unfinished(), buyer_balance() != 0))


def of_suppliers(on: date) -> ColumnElement[bool]:
    """Those of the orders that were made by that day."""
    return and_(SupplierOrder.date <= on, or_(awaited_or_owed(), supplier_balance() != 0))


OF_KIND: Mapping[DocumentKind, tuple[Any, Callable[[date], ColumnElement[bool]]]] = {
    DocumentKind.ORDER: (BuyerOrder, of_buyers),
    DocumentKind.SUPPLIER_ORDER: (SupplierOrder, of_suppliers),
}


def has_any(manager_id: int, kinds: Collection[DocumentKind], on: date) -> Select[bool]:
    """Whether the responsible has one of these kinds that was made by that day."""
    parts = [OF_KIND[kind] for kind in kinds]
    his = [select(order.id).where(order.manager_id == manager_id, current(on)) for order, current in parts]
    return select(or_(false(), *(deals.exists() for deals in his)))
