"""Debts by document: money repays the oldest first, and what of a debt is overdue is what was due first."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, case, func, or_, select

from app.domain.words import DocumentKind
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.queries.sales.settlements import documents, due_on


def unpaid(on: date) -> Select:
    """Of every debtor the documents that he still owes for: `unpaid` of each, and what of it is `overdue`.

    A refund is owed like a shipment. All that is unpaid of a debtor is his balance, all that is overdue is what
    `settlements.overdue` says: so a document may be repaid by its age while what was due before it is not.
    """
    moved = documents(on=on).c
    of_debtor = [
        func.sum(figure).over(partition_by=moved.counterparty_id).label(name)
        for name, figure in (("balance", moved.change), ("repaid", func.greatest(-moved.change, 0)))
    ]
    row = select(*moved, *of_debtor).subquery("moved").c
    due = case((row.kind == DocumentKind.SHIPMENT.value, due_on(row.date)), else_=row.date)
    debits = (
        select(
            *row,
            due.label("due_on"),
            *(
                func.sum(row.change)
                .over(partition_by=row.counterparty_id, order_by=(*first, row.kind.desc(), row.id))
                .label(name)
                for name, first in (("by_age", (row.date,)), ("by_due", (due, row.date)))
            ),
        )
        .join(Counterparty, Counterparty.id == row.counterparty_id)
        .outerjoin(BuyerOrder, BuyerOrder.id == row.order_id)
        .where(row.change > 0, row.balance > 0)
        .subquery("debits")
    )
    debit = debits.c
    left, late = (
        func.least(func.greatest(so_far - debit.repaid, 0), debit.change) for so_far in (debit.by_age, debit.by_due)
    )
    owed = select(
        debit.counterparty_id,
        debit.kind,
        debit.id,
        debit.number,
        debit.date,
        debit.order_id,
        debit.due_on,
        debit.change.label("amount"),
        left.label("unpaid"),
        case((debit.due_on < on, late), else_=0).label("overdue"),
    ).subquery("owed")
    return select(*owed.c).where(or_(owed.c.unpaid > 0, owed.c.overdue > 0))
