"""What counterparties owe: balance = shipped − returned − paid; above zero they owe us.

Money is taken from the documents themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from itertools import compress
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Numeric,
    Select,
    Subquery,
    case,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import union_all as union
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.words import DocumentKind
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.queries.sql import one_of

# Numbers, the statement that finds them, a parameter of one or of several; None: everybody.
Ids: TypeAlias = Iterable[int] | Select[int] | BindParameter[Any] | None
MONEY = Numeric(15, 2)
ZERO = literal(Decimal(0), MONEY)


def documents(counterparty_ids: Ids = None, on: date | None = None, only: Collection[str] = ()) -> Subquery:
    """Every document that moves the debt: kind, id, number, date, order_id, shipped, returned, paid, change.

    A refund is a payment below zero. `only` these columns: the base works out the others too, asked for or not.
    """
    shipment = select(
        Shipment.counterparty_id.label("counterparty_id"),
        Shipment.date.label("date"),
        case(
            (Shipment.amount < 0, literal(DocumentKind.RETURN.value)), else_=literal(DocumentKind.SHIPMENT.value)
        ).label("kind"),
        Shipment.id.label("id"),
        Shipment.number.label("number"),
        Shipment.order_id.label("order_id"),
        func.greatest(Shipment.amount, 0).label("shipped"),
        func.greatest(-Shipment.amount, 0).label("returned"),
        ZERO.label("paid"),
        Shipment.amount.label("change"),
    )
    payment = select(
        Payment.counterparty_id,
        Payment.date,
        literal(DocumentKind.PAYMENT.value),
        Payment.id,
        Payment.number,
        Payment.order_id,
        ZERO,
        ZERO,
        Payment.amount,
        -Payment.amount,
    )
    if only:
        told = [column.key in only for column in shipment.selected_columns]
        shipment, payment = (
            each.with_only_columns(*compress(each.inner_columns, told)) for each in (shipment, payment)
        )
    return union(
        _narrow(shipment, Shipment, counterparty_ids, on), _narrow(payment, Payment, counterparty_ids, on)
    ).subquery("documents")


def movements(counterparty_id: int, on: date | None = None) -> Select:
    """The documents of one counterparty by day, each with the debt after it."""
    row = documents([counterparty_id], on)
    by_time = (row.c.date, row.c.kind.desc(), row.c.id)  # of one day: shipments, returns, payments
    debt = func.sum(row.c.change).over(order_by=by_time, rows=(None, 0))
    return (
        select(*row.c, debt.label("debt"), BuyerOrder.number.label("order_number"))
        .select_from(Counterparty)
        .join(row, row.c.counterparty_id == Counterparty.id)
        .outerjoin(BuyerOrder, BuyerOrder.id == row.c.order_id)
        .order_by(*by_time)
    )


def latest_movements(counterparty_id: int, many: int) -> Select:
    """The last of `movements`, the newest first."""
    row = movements(counterparty_id).subquery("moved").c
    return select(*row).order_by(row.date.desc(), row.kind, row.id.desc()).limit(many)


def balances(counterparty_ids: Ids = None, on: date | None = None) -> Select:
    """By counterparty: shipped, returned, paid and what is owed, on that day or now."""
    sums = _sums(counterparty_ids, on).subquery("sums")
    told = (column for column in sums.c if column.name != "id")
    return select(Counterparty.id, *told).join(sums, sums.c.id == Counterparty.id)


def _sums(counterparty_ids: Ids, on: date | None) -> Select:
    """What `balances` says, by the documents alone: of a counterparty that is not seen some may be."""
    row = documents(counterparty_ids, on, only=("counterparty_id", "shipped", "returned", "paid", "change")).c
    return select(
        row.counterparty_id.label("id"),
        func.sum(row.shipped).label("shipped"),
        func.sum(row.returned).label("returned"),
        func.sum(row.paid).label("paid"),
        func.sum(row.change).label("debt"),
    ).group_by(row.counterparty_id)


def debts(on: date, before: date) -> Select:
    """By counterparty: `debt` on the day, and what it `grew_by` since a day before; None where it did not.

    An advance of the day before is no debt: what is owed beyond it has grown.
    """
    moved = documents()
    row = moved.c  # narrowed below and not inside: the base then reads only what is added up, in parallel
    debt = func.sum(row.change)
    owed = func.greatest(func.coalesce(func.sum(row.change).filter(row.date <= before), 0), 0)
    return (
        select(row.counterparty_id, debt.label("debt"), case((debt > owed, debt - owed)).label("grew_by"))
        .where(row.date <= on)
        .group_by(row.counterparty_id)
    )


def due_on(shipped_on: ColumnElement[date] | InstrumentedAttribute[date]) -> ColumnElement[date]:
    """When a shipment (joined to its counterparty and order) is to be paid.

    When the counterparty's allowed days are over; without them by the order's pay-by day, otherwise on its own day.
    """
    return type_coerce(
        case(
            (Counterparty.allowed_days.is_not(None), shipped_on + Counterparty.allowed_days),
            else_=func.greatest(shipped_on, BuyerOrder.pay_by),
        ),
        Shipment.date.type,
    )


def overdue(on: date, counterparty_ids: Ids = None) -> Select:
    """By counterparty: debt on that day, what of it is overdue, and since which day. Money repays what is due first."""
    balance = _sums(counterparty_ids, on).cte("sums")
    sums = balance.c
    # Whoever owes nothing has nothing overdue: only what debtors were shipped is put in order and added up.
    debtors = select(sums.id).where(sums.debt > 0)
    due = _narrow(
        select(
            Shipment.counterparty_id,
            Shipment.id,
            due_on(Shipment.date).label("due_on"),
            Shipment.amount.label("amount"),
        )
        .join(Shipment.counterparty)
        .outerjoin(BuyerOrder, BuyerOrder.id == Shipment.order_id)
        .where(Shipment.amount > 0),
        Shipment,
        debtors,
        on,
    ).subquery("due")
    so_far = func.sum(due.c.amount).over(partition_by=due.c.counterparty_id, order_by=(due.c.due_on, due.c.id))
    late = select(due.c.counterparty_id, due.c.due_on, so_far.label("so_far")).where(due.c.due_on < on).subquery("late")
    repaid = sums.paid + sums.returned
    unpaid = func.greatest(func.max(late.c.so_far) - repaid, 0)
    return (
        select(
            Counterparty.id,
            sums.debt,
            func.coalesce(unpaid, 0).label("overdue"),
            func.min(late.c.due_on).filter(late.c.so_far > repaid).label("overdue_since"),
            Counterparty.allowed_debt,
            func.greatest(sums.debt - Counterparty.allowed_debt, 0).label("over_limit"),
        )
        .join(balance, sums.id == Counterparty.id)
        .outerjoin(late, late.c.counterparty_id == Counterparty.id)
        .group_by(Counterparty.id, sums.debt, sums.paid, sums.returned)
    )


def _narrow(query: Select, document: Any, counterparty_ids: Ids, on: date | None) -> Select:
    conditions: list[ColumnElement[bool]] = [document.stands()]
    if isinstance(counterparty_ids, Select):
        conditions.append(document.counterparty_id.in_(counterparty_ids))
    elif isinstance(counterparty_ids, BindParameter) and not isinstance(counterparty_ids.type, ARRAY):
        conditions.append(document.counterparty_id == counterparty_ids)
    elif counterparty_ids is not None:
        conditions.append(one_of(document.counterparty_id, counterparty_ids))
    if on is not None:
        conditions.append(document.date <= on)
    return query.where(*conditions)
