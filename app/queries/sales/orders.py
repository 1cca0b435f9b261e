"""What is planned, shipped, returned and paid of buyer orders: each figure defined once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Numeric,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.selectable import CTE

from app.domain.order_state import Figures
from app.models.allocations import PaymentAllocation
from app.models.closing import OrderClosing
from app.models.corrections import CorrectionLine, OrderCorrection
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.queries.sql import Numbers, one_of

NOTHING = cast(0, Numeric(15, 3))
LINE_FIGURES = ("ordered", "corrected", "planned_amount", "shipped", "returned")


def figures_of(order: BuyerOrder) -> Figures:
    """What the state of a loaded order is made of."""
    return Figures(
        planned=order.quantity,
        rest=order.rest_quantity,
        planned_amount=order.amount + order.corrected_amount,
        paid=order.paid_amount,
        shipped_amount=order.shipped_amount,
        returned_amount=order.returned_amount,
        closed=order.closed_on is not None,
    )


def document_lines(order_ids: Numbers | None) -> CTE:
    """Every line of the documents of orders: (order_id, item_id, on, *LINE_FIGURES).

    `on` is the day of the document, None of the order itself.
    """
    ordered = _part(
        OrderLine.order_id,
        OrderLine.item_id,
        cast(null(), Date),
        ordered=OrderLine.quantity,
        planned_amount=OrderLine.amount,
    )
    corrected = _part(
        OrderCorrection.order_id,
        CorrectionLine.item_id,
        OrderCorrection.date,
        corrected=CorrectionLine.quantity,
        planned_amount=CorrectionLine.amount,
    ).join(CorrectionLine.correction)
    shipped = (
        _part(
            Shipment.order_id,
            ShipmentLine.item_id,
            Shipment.date,
            shipped=func.greatest(ShipmentLine.quantity, 0),
            returned=func.greatest(-ShipmentLine.quantity, 0),
        )
        .join(ShipmentLine.shipment)
        .where(Shipment.order_id.is_not(None), Shipment.stands())
    )
    if order_ids is not None:
        ordered = ordered.where(one_of(OrderLine.order_id, order_ids))
        corrected = corrected.where(one_of(OrderCorrection.order_id, order_ids))
        shipped = shipped.where(one_of(Shipment.order_id, order_ids))
    return union_all(ordered, corrected, shipped).cte("document_lines")


def _part(order_id: Any, item_id: Any, on: Any, **figures: Any) -> Select:
    """Lines of one kind of document: a figure that they do not have is zero."""
    return select(
        order_id.label("order_id"),
        item_id.label("item_id"),
        on.label("on"),
        *(figures.get(name, NOTHING).label(name) for name in LINE_FIGURES),
    )


def goods_of_orders(order_ids: Numbers | None) -> Subquery:
    """By order and item: ordered, corrected, planned, planned_amount, shipped, returned, rest and its price.

    rest = planned − shipped + returned, below zero when more was shipped; `open` is
    what is still to ship of it, `open_amount` the price of that.
    """
    line = document_lines(order_ids).c
    planned = func.sum(line.ordered) + func.sum(line.corrected)
    rest = planned - func.sum(line.shipped) + func.sum(line.returned)
    amount = func.sum(line.planned_amount)
    return (
        select(
            line.order_id,
            line.item_id,
            func.sum(line.ordered).label("ordered"),
            func.sum(line.corrected).label("corrected"),
            planned.label("planned"),
            amount.label("planned_amount"),
            func.sum(line.shipped).label("shipped"),
            func.sum(line.returned).label("returned"),
            rest.label("rest"),
            func.greatest(rest, 0).label("open"),
            func.coalesce(func.round(func.greatest(rest, 0) * amount / func.nullif(planned, 0), 2), 0).label(
                "open_amount"
            ),
        )
        .group_by(line.order_id, line.item_id)
        .subquery("goods")
    )


def figures_of_orders(order_ids: Numbers | None = None) -> Select:
    """The figures that an order keeps, from its documents; app.services.sales.posting writes them."""
    goods = goods_of_orders(order_ids).c
    by_order = (
        select(
            goods.order_id,
            func.sum(goods.planned).label("quantity"),
            func.sum(goods.shipped).label("shipped_quantity"),
            func.sum(goods.returned).label("returned_quantity"),
            func.sum(goods.open).label("rest_quantity"),
            func.sum(goods.open_amount).label("rest_amount"),
        )
        .group_by(goods.order_id)
        .subquery("by_order")
    )
    money = _sums(Shipment, order_ids).subquery("money")
    corrections = _sums(OrderCorrection, order_ids).subquery("corrections")
    query = (
        select(
            BuyerOrder.id,
            *(
                func.coalesce(by_order.c[name], 0).label(name)
                for name in ("quantity", "shipped_quantity", "returned_quantity", "rest_quantity", "rest_amount")
            ),
            func.coalesce(money.c.more, 0).label("shipped_amount"),
            func.coalesce(money.c.less, 0).label("returned_amount"),
            func.coalesce(corrections.c.more - corrections.c.less, 0).label("corrected_amount"),
            func.greatest(money.c.last, corrections.c.last).label("shipped_on"),
            OrderClosing.on.label("closed_on"),
        )
        .outerjoin(by_order, by_order.c.order_id == BuyerOrder.id)
        .outerjoin(money, money.c.order_id == BuyerOrder.id)
        .outerjoin(corrections, corrections.c.order_id == BuyerOrder.id)
        .outerjoin(OrderClosing, OrderClosing.order_id == BuyerOrder.id)
    )
    return query if order_ids is None else query.where(one_of(BuyerOrder.id, order_ids))


def _sums(document: type[Shipment | OrderCorrection], ids: Numbers | None) -> Select:
    query = select(
        document.order_id,
        func.sum(func.greatest(document.amount, 0)).label("more"),
        func.sum(func.greatest(-document.amount, 0)).label("less"),
        func.max(document.date).label("last"),
    ).group_by(document.order_id)
    if document is Shipment:
        query = query.where(Shipment.stands())
    return query.where(document.order_id.is_not(None) if ids is None else one_of(document.order_id, ids))


def paid_of_orders(order_ids: Numbers) -> Select:
    """By order: what was allocated to it, and the day of the last payment."""
    return (
        select(
            BuyerOrder.id,
            func.coalesce(func.sum(PaymentAllocation.amount), 0).label("paid_amount"),
            func.max(Payment.date).label("paid_on"),
        )
        .outerjoin(PaymentAllocation, PaymentAllocation.order_id == BuyerOrder.id)
        .outerjoin(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(one_of(BuyerOrder.id, order_ids))
        .group_by(BuyerOrder.id)
    )


def completed_of_orders(order_ids: Numbers) -> Select:
    """(id, completed_on): the first day by whose end nothing was left to ship or to pay.

    It follows from the documents that stand: a return of a later day leaves it, and
    it goes with the document that completed the order.
    """
    order = BuyerOrder
    lines = document_lines(order_ids)
    line = lines.c
    paid = select(PaymentAllocation.order_id, Payment.date).join(PaymentAllocation.payment)
    closed = select(OrderClosing.order_id, OrderClosing.on).where(one_of(OrderClosing.order_id, order_ids))
    days = union(
        select(line.order_id, line.on.label("on")).where(line.on.is_not(None)),
        paid.where(one_of(PaymentAllocation.order_id, order_ids)),
        closed,
    ).subquery("days")
    rest = func.sum(line.ordered + line.corrected - line.shipped + line.returned)
    rests = (
        select(days.c.order_id, days.c.on, rest.label("rest"))
        .join(lines, and_(line.order_id == days.c.order_id, or_(line.on.is_(None), line.on <= days.c.on)))
        .group_by(days.c.order_id, days.c.on, line.item_id)
        .subquery("rests")
    )
    shipped = (
        select(rests.c.order_id, rests.c.on)
        .group_by(rests.c.order_id, rests.c.on)
        .having(func.max(rests.c.rest) <= 0)
        .subquery("shipped")
    )

    def until(model: Any, *where: Any) -> ColumnElement[Decimal]:
        query = select(func.coalesce(func.sum(model.amount), 0))
        query = query.where(model.order_id == order.id, model.date <= shipped.c.on, *where)
        return query.correlate(order, shipped).scalar_subquery()

    net = until(Shipment, Shipment.stands())
    planned = order.amount + until(OrderCorrection)
    share = select(func.coalesce(func.sum(PaymentAllocation.amount), 0)).join(PaymentAllocation.payment)
    share = share.where(PaymentAllocation.order_id == order.id, Payment.date <= shipped.c.on)
    due = case((order.closed_on <= shipped.c.on, func.greatest(net, 0)), else_=func.greatest(planned, net, 0))
    whole = share.correlate(order, shipped).scalar_subquery() >= due
    return (
        select(order.id, func.min(shipped.c.on).filter(whole).label("completed_on"))
        .outerjoin(shipped, shipped.c.order_id == order.id)
        .where(one_of(order.id, order_ids))
        .group_by(order.id)
    )


def newly_completed(counterparty_ids: Numbers, order_ids: Numbers) -> CompoundSelect[int]:
    """Which orders of these counterparties may be completed otherwise than they say: those just done, some of these."""
    order = BuyerOrder
    may_be = or_(order.done_on.is_not(None), order.completed_on.is_not(None), order.returned_quantity > 0)
    return union(
        select(order.id).where(one_of(order.id, order_ids), may_be),
        select(order.id).where(
            one_of(order.counterparty_id, counterparty_ids), order.done_on.is_not(None), order.completed_on.is_(None)
        ),
    )


def goods_of_order(order_id: int) -> Select:
    """The items of one order with their figures, in the order of its lines; what was never ordered comes last."""
    goods = goods_of_orders([order_id])
    place = (
        select(func.min(OrderLine.position))
        .where(OrderLine.order_id == goods.c.order_id, OrderLine.item_id == goods.c.item_id)
        .scalar_subquery()
    )
    return (
        select(Item.code, Item.name, Item.unit, Item.is_service, place.label("place"), goods)
        .select_from(BuyerOrder)
        .join(goods, goods.c.order_id == BuyerOrder.id)
        .join(Item, Item.id == goods.c.item_id)
        .order_by(place.nulls_last(), Item.name_sort, Item.id)
    )


def lines_of_order(order_id: int) -> Select[Any]:
    """(line, item, shipped, rest) in the order of the lines; what was never ordered, but corrected, has no line.

    `shipped` and `rest` are of the item: app.domain.order_state.by_line tells them of each line.
    """
    goods = goods_of_orders([order_id]).c
    line = and_(OrderLine.order_id == goods.order_id, OrderLine.item_id == goods.item_id)
    return (
        select(OrderLine, Item, (goods.shipped - goods.returned).label("shipped"), goods.open.label("rest"))
        .select_from(BuyerOrder)
        .join(goods.order_id.table, goods.order_id == BuyerOrder.id)
        .join(Item, Item.id == goods.item_id)
        .outerjoin(OrderLine, line)
        .order_by(OrderLine.position.nulls_last(), Item.name_sort, Item.id)
    )


def unfinished() -> ColumnElement[bool]:
    """Orders with something still to ship or to pay; what was shipped of a closed one is to be paid."""
    return or_(BuyerOrder.closed_on.is_(None) & (BuyerOrder.rest_quantity > 0), BuyerOrder.to_be_paid())


def shipped_percent() -> ColumnElement[Decimal]:
    """How much of an order is shipped, 0 to 100: by its price, for pieces and litres do not add up."""
    planned = BuyerOrder.amount + BuyerOrder.corrected_amount
    return func.floor(func.coalesce((planned - BuyerOrder.rest_amount) * 100 / func.nullif(planned, 0), 0))


def paid_percent() -> ColumnElement[Decimal]:
    """How much of what is to be paid of an order is paid, 0 to 100."""
    share = BuyerOrder.paid_amount * 100 / func.nullif(BuyerOrder.due_amount, 0)
    return func.floor(func.greatest(func.least(func.coalesce(share, 0), 100), 0))


def last_prices(counterparty_id: int, item_ids: Iterable[int], other_than: int | None = None) -> Select:
    """(item_id, price, discount) as this counterparty last ordered the items, the order `but` left out."""
    query = (
        select(OrderLine.item_id, OrderLine.price, OrderLine.discount, BuyerOrder.date)
        .join(OrderLine.order)
        .where(BuyerOrder.counterparty_id == counterparty_id, one_of(OrderLine.item_id, item_ids))
        .ext(distinct_on(OrderLine.item_id))
        .order_by(OrderLine.item_id, BuyerOrder.date.desc(), BuyerOrder.id.desc(), OrderLine.position.desc())
    )
    return query if other_than is None else query.where(BuyerOrder.id != other_than)
