"""What suppliers promised and did, and what they ask for an item."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, joinedload

from app.domain.supplier_measure import HIGH, MEDIUM, year_before
from app.domain.words import Reliability
from app.models.closing import SupplierOrderClosing
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice, SupplierTerms
from app.models.supply import Receipt, ReceiptLine, SupplierOrder, SupplierOrderLine
from app.queries.purchasing.supplier_money import owed_to, paid_amount
from app.queries.sql import one_of


def goods_of_supplier_orders(order_ids: Iterable[int]) -> Subquery:
    """By supplier order and item: ordered, received, and the day when all that was ordered of it had come."""
    ids = list(order_ids)
    ordered = (
        select(
            SupplierOrderLine.order_id,
            SupplierOrderLine.item_id,
            func.sum(SupplierOrderLine.quantity).label("quantity"),
        )
        .where(one_of(SupplierOrderLine.order_id, ids))
        .group_by(SupplierOrderLine.order_id, SupplierOrderLine.item_id)
        .subquery("ordered")
    )
    by_day = {"partition_by": (Receipt.order_id, ReceiptLine.item_id), "order_by": (Receipt.date, ReceiptLine.id)}
    arrived = (
        select(
            Receipt.order_id,
            ReceiptLine.item_id,
            Receipt.date.label("day"),
            func.sum(ReceiptLine.quantity).over(**by_day).label("so_far"),  # type: ignore[arg-type]
        )
        .join(ReceiptLine.receipt)
        .where(one_of(Receipt.order_id, ids), Receipt.stands())
        .subquery("arrived")
    )
    same = (arrived.c.order_id == ordered.c.order_id) & (arrived.c.item_id == ordered.c.item_id)
    return (
        select(
            ordered.c.order_id,
            ordered.c.item_id,
            ordered.c.quantity.label("ordered"),
            func.coalesce(func.max(arrived.c.so_far), 0).label("received"),
            func.min(arrived.c.day).filter(arrived.c.so_far >= ordered.c.quantity).label("complete_on"),
        )
        .outerjoin(arrived, same)
        .group_by(ordered.c.order_id, ordered.c.item_id, ordered.c.quantity)
        .subquery("goods")
    )


def lines_of_supplier_order(order_id: int) -> Select[Any]:
    """(line, item, shipped, rest) in the order of the lines: `shipped` is what has come of the item, `rest` has not."""
    goods = goods_of_supplier_orders([order_id]).c
    rest = func.greatest(goods.ordered - goods.received, 0)
    return (
        select(SupplierOrderLine, Item, goods.received.label("shipped"), rest.label("rest"))
        .join(SupplierOrderLine.item)
        .join(goods.order_id.table, goods.item_id == SupplierOrderLine.item_id)
        .where(SupplierOrderLine.order_id == order_id)
        .order_by(SupplierOrderLine.position)
    )


def rest_amount() -> ScalarSelect[Decimal]:
    """Of a supplier order: the price of what has not come yet, at the prices of its lines."""
    line = (
        select(
            SupplierOrderLine.item_id,
            func.sum(SupplierOrderLine.quantity).label("quantity"),
            func.sum(SupplierOrderLine.amount).label("amount"),
        )
        .where(SupplierOrderLine.order_id == SupplierOrder.id)
        .group_by(SupplierOrderLine.item_id)
        .correlate(SupplierOrder)
        .subquery("ordered")
    )
    came = (
        select(func.coalesce(func.sum(ReceiptLine.quantity), 0))
        .join(ReceiptLine.receipt)
        .where(Receipt.order_id == SupplierOrder.id, Receipt.stands(), ReceiptLine.item_id == line.c.item_id)
        .correlate(SupplierOrder, line)
        .scalar_subquery()
    )
    rest = func.greatest(line.c.quantity - came, 0) * line.c.amount / line.c.quantity
    return select(func.coalesce(func.sum(func.round(rest, 2)), 0)).correlate(SupplierOrder).scalar_subquery()


def awaited() -> ColumnElement[bool]:
    """Orders of which something is still to come."""
    return SupplierOrder.rest_quantity > 0


def owed() -> ColumnElement[bool]:
    """Orders of which something is still to be paid."""
    return SupplierOrder.unpaid_amount > 0


def awaited_or_owed() -> ColumnElement[bool]:
    return or_(awaited(), owed())


def to_receive_by(day: date) -> ColumnElement[bool]:
    """Orders of which something is to come on the day or before it."""
    return and_(awaited(), SupplierOrder.receive_on <= day)


def to_pay_by(day: date) -> ColumnElement[bool]:
    """Orders of which something is to be paid on the day or before it."""
    return and_(owed(), SupplierOrder.pay_by <= day)


def figures_of_supplier_orders(order_ids: Iterable[int]) -> Select:
    """(id, rest_quantity, received_on, received_amount, paid_amount, closed_on): what a supplier order keeps.

    Nothing more is awaited of a closed one; received_on is there once all that was ordered has come.
    """
    ids = list(order_ids)
    goods = goods_of_supplier_orders(ids)
    rest = func.coalesce(func.sum(func.greatest(goods.c.ordered - goods.c.received, 0)), 0)
    came = select(func.coalesce(func.sum(Receipt.amount), 0)).where(Receipt.order_id == SupplierOrder.id)
    closed_on = SupplierOrderClosing.on
    return (
        select(
            SupplierOrder.id,
            case((closed_on.is_(None), rest), else_=0).label("rest_quantity"),
            case((rest == 0, func.max(goods.c.complete_on))).label("received_on"),
            came.where(Receipt.stands()).correlate(SupplierOrder).scalar_subquery().label("received_amount"),
            paid_amount().label("paid_amount"),
            closed_on.label("closed_on"),
        )
        .outerjoin(goods, goods.c.order_id == SupplierOrder.id)
        .outerjoin(SupplierOrderClosing, SupplierOrderClosing.order_id == SupplierOrder.id)
        .where(one_of(SupplierOrder.id, ids))
        .group_by(SupplierOrder.id, SupplierOrderClosing.id)
    )


def terms_on(on: date) -> Select:
    """The latest terms of every supplier on that day."""
    return (
        select(SupplierTerms)
        .where(SupplierTerms.on <= on)
        .ext(distinct_on(SupplierTerms.counterparty_id))
        .order_by(SupplierTerms.counterparty_id, SupplierTerms.on.desc())
    )


def measured(on: date, supplier_ids: Iterable[int] | Select | None = None) -> Select:
    """By supplier over the 12 months to that day: orders promised, of them kept and moved to a later day than was
    promised first; receipts and days from order to receipt.

    An order counts by the day it was promised for: of that very day once it has come, or when the day is over; one
    that we closed by then promises nothing any more. `measure_columns` makes the share and the class of it.
    """

    def mine(column: Any) -> ColumnElement[bool]:
        if supplier_ids is None:
            return true()
        return column.in_(supplier_ids) if isinstance(supplier_ids, Select) else one_of(column, supplier_ids)

    start, end = year_before(on)
    kept = func.count().filter(SupplierOrder.received_on <= SupplierOrder.receive_on)
    moved = func.count().filter(SupplierOrder.receive_on > SupplierOrder.first_receive_on)
    told = or_(SupplierOrder.receive_on < end, SupplierOrder.received_on <= end)
    called_off = and_(SupplierOrder.closed_on <= SupplierOrder.receive_on, SupplierOrder.received_on.is_(None))
    promises = (
        select(
            SupplierOrder.counterparty_id,
            func.count().label("promised"),
            kept.label("kept"),
            moved.label("moved"),
        )
        .where(
            SupplierOrder.receive_on.between(start, end),
            told,
            called_off.is_not(True),
            mine(SupplierOrder.counterparty_id),
        )
        .group_by(SupplierOrder.counterparty_id)
        .subquery("promises")
    )
    arrivals = (
        select(
            Receipt.counterparty_id,
            func.count().label("receipts"),
            func.sum(Receipt.date - SupplierOrder.date).label("days"),
        )
        .join(Receipt.order)
        .where(Receipt.date.between(start, end), Receipt.stands(), mine(Receipt.counterparty_id))
        .group_by(Receipt.counterparty_id)
        .subquery("arrivals")
    )
    return (
        select(
            Counterparty.id,
            Counterparty.code,
            Counterparty.name,
            func.coalesce(promises.c.promised, 0).label("promised"),
            func.coalesce(promises.c.kept, 0).label("kept"),
            func.coalesce(promises.c.moved, 0).label("moved"),
            func.coalesce(arrivals.c.receipts, 0).label("receipts"),
            func.coalesce(arrivals.c.days, 0).label("days"),
        )
        .outerjoin(promises, promises.c.counterparty_id == Counterparty.id)
        .outerjoin(arrivals, arrivals.c.counterparty_id == Counterparty.id)
        .where(Counterparty.is_supplier, mine(Counterparty.id))
        .order_by(Counterparty.name_sort, Counterparty.id)
    )


def measure_columns(found: Subquery) -> list[ColumnElement[Any]]:
    """What `measured` comes to: share (percent), measured (the class of it), measured_days; none where little is known.

    The same as tests.rules.supplier_measure makes of single orders.
    """
    share = func.round(found.c.kept * literal(Decimal(100)) / func.nullif(found.c.promised, 0), 2)
    level = case(
        (share >= HIGH, Reliability.HIGH.value),
        (share >= MEDIUM, Reliability.MEDIUM.value),
        (share < MEDIUM, Reliability.LOW.value),
    )
    days = func.round(found.c.days * literal(Decimal(1)) / func.nullif(found.c.receipts, 0), 1)
    return [share.label("share"), level.label("measured"), days.label("measured_days")]


def supplier_on_day(supplier_id: int, on: date, most: int = 20) -> Select:
    """(terms, promised, kept, moved, receipts, share, measured, measured_days, received, paid, debt): his terms, the
    latest first, the measure, and what we owe him now.

    One row without terms when none were ever set.
    """
    found = measured(on, [supplier_id]).order_by(None).subquery("measured")
    owed = owed_to(supplier_id).subquery("owed")
    return (
        select(
            SupplierTerms,
            *found.c["promised", "kept", "moved", "receipts"],
            *measure_columns(found),
            *owed.c,
        )
        .select_from(found)
        .join(owed, true())
        .outerjoin(SupplierTerms, SupplierTerms.counterparty_id == found.c.id)
        .options(joinedload(SupplierTerms.by))
        .order_by(SupplierTerms.on.desc())
        .limit(most)
    )


def items_of(supplier_id: int, on: date) -> Select:
    """(supplier's item, item, price): what a supplier delivers with the price that holds on that day."""
    prices = prices_on(on).where(SupplierPrice.counterparty_id == supplier_id).subquery("prices")
    price = aliased(SupplierPrice, prices)
    return (
        select(SupplierItem, Item, price)
        .join(SupplierItem.item)
        .outerjoin(price, price.item_id == SupplierItem.item_id)
        .where(SupplierItem.counterparty_id == supplier_id)
        .order_by(Item.name_sort, Item.id)
    )


def prices_of(pairs: Iterable[tuple[int, int]], on: date) -> Select:
    """The prices that hold on that day for these pairs of a supplier and an item."""
    mine = tuple_(SupplierPrice.counterparty_id, SupplierPrice.item_id)
    return prices_on(on).where(mine.in_(list(pairs)))


def prices_on(on: date) -> Select:
    """The price of every supplier for every item that holds on that day."""
    return (
        select(SupplierPrice)
        .where(SupplierPrice.on <= on)
        .ext(distinct_on(SupplierPrice.item_id, SupplierPrice.counterparty_id))
        .order_by(SupplierPrice.item_id, SupplierPrice.counterparty_id, SupplierPrice.on.desc())
    )


def risen_since(day: date, today: date) -> ColumnElement[bool]:
    """Items of suppliers whose price of today holds since the day or later and is above the one before it."""
    now, later, before = aliased(SupplierPrice), aliased(SupplierPrice), aliased(SupplierPrice)

    def same(other: Any) -> ColumnElement[bool]:
        return and_(other.item_id == now.item_id, other.counterparty_id == now.counterparty_id)

    newer = select(later.id).where(same(later), later.on > now.on, later.on <= today).exists()
    last = select(before.price).where(same(before), before.on < now.on).order_by(before.on.desc()).limit(1)
    risen = select(now.counterparty_id, now.item_id).where(
        now.on >= day, now.on <= today, ~newer, now.price > last.scalar_subquery()
    )
    return tuple_(SupplierItem.counterparty_id, SupplierItem.item_id).in_(risen)


def offers(item_id: int, on: date) -> Select:
    """Who supplies an item: his code, price with its day and source, lead time, terms; the cheapest first.

    The lead time of the price goes before that of the supplier's terms.
    """
    prices, all_terms = (
        prices_on(on).where(SupplierPrice.item_id == item_id).subquery("prices"),
        terms_on(on).subquery(),
    )
    price, terms = prices.c, all_terms.c
    offering = union(
        select(SupplierPrice.counterparty_id).where(SupplierPrice.item_id == item_id),
        select(SupplierItem.counterparty_id).where(SupplierItem.item_id == item_id),
    )
    return (
        select(
            Counterparty.id,
            Counterparty.name.label("supplier"),
            SupplierItem.code.label("supplier_code"),
            price.price,
            price.on_date.label("price_on"),
            price.source,
            price.min_quantity,
            func.coalesce(price.lead_days, terms.lead_days).label("lead_days"),
            terms.reliability,
            terms.delivery,
        )
        .outerjoin(prices, price.counterparty_id == Counterparty.id)
        .outerjoin(SupplierItem, (SupplierItem.counterparty_id == Counterparty.id) & (SupplierItem.item_id == item_id))
        .outerjoin(all_terms, terms.counterparty_id == Counterparty.id)
        .where(Counterparty.id.in_(offering), price.id.is_not(None) | SupplierItem.id.is_not(None))
        .order_by(price.price.nulls_last(), Counterparty.name_sort, Counterparty.id)
    )


def price_history(supplier_id: int, item_id: int | None) -> Select:
    """The prices of a supplier with their days and sources, newest first."""
    query = (
        select(SupplierPrice, Item.code, Item.name)
        .join(SupplierPrice.item)
        .where(SupplierPrice.counterparty_id == supplier_id)
        .order_by(SupplierPrice.on.desc(), Item.name_sort, SupplierPrice.id)
    )
    return query if item_id is None else query.where(SupplierPrice.item_id == item_id)


def comparison(item_id: int | None, on: date) -> Select:
    """The offers of an item with the measure of whoever makes them; rank 1 is the cheapest."""
    found = offers(item_id or 0, on).order_by(None).subquery("offers")
    measure = measured(on, select(found.c.id)).order_by(None).subquery("measured")
    rank = func.rank().over(order_by=found.c.price)
    return (
        select(
            found,
            *measure.c["promised", "kept", "moved", "receipts"],
            *measure_columns(measure),
            case((found.c.price.is_not(None), rank)).label("rank"),
        )
        .outerjoin(measure, measure.c.id == found.c.id)
        .order_by(found.c.price.nulls_last(), found.c.supplier, found.c.id)
    )
