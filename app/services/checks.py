"""What the verbs of deals check before they write: each refusal names the field that a person can mend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, extract, func, select
from sqlalchemy.orm import Session

from app.domain.vat import rate_on
from app.errors import Refused
from app.formatting import money
from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.supply import SupplierOrder, SupplierPayment
from app.queries.sales.orders import goods_of_orders
from app.queries.sql import execute_kept, numbers
from app.services.line_entry import items_of
from app.services.sales import posting
from app.services.typed import ZERO, Changed, LineDraft

Line = TypeVar("Line", bound=LineDraft)
MOST_MONEY = Decimal(10) ** 13  # columns of money keep what is below
MOST_GOODS = Decimal(10) ** 12  # and those of quantities


@dataclass
class GoodsPlan:
    """The goods of an order by item: planned, and shipped less returned."""

    planned: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    done: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def rest(self, item_id: int) -> Decimal:
        return self.planned[item_id] - self.done[item_id]


def plan_of(session: Session, order_id: int) -> GoodsPlan:
    plan = GoodsPlan()
    for row in execute_kept(session, _goods(), {"orders": [order_id]}):
        plan.planned[row.item_id] = row.planned
        plan.done[row.item_id] = row.shipped - row.returned
    return plan


@cache
def _goods() -> Select[Any]:
    """Made once: to make it costs more than to ask it."""
    return select(goods_of_orders(numbers("orders"))).execution_options(unscoped=True, keeps_plan=True)


def order_for(session: Session, order_id: int, counterparty_id: int | None = None) -> BuyerOrder:
    """The order, locked for a document made from it; refused when it is closed or another counterparty's."""
    owner = session.scalar(select(BuyerOrder.counterparty_id).where(BuyerOrder.id == order_id))
    if owner is None:
        raise Refused(_("There is no such order."), field="order")
    if counterparty_id is not None and owner != counterparty_id:
        raise Refused(_("This order belongs to another counterparty."), field="order")
    posting.lock(session, [owner])
    query = select(BuyerOrder).where(BuyerOrder.id == order_id).execution_options(populate_existing=True)
    return session.scalars(query).one()


def closed_order() -> str:
    return str(_("The order is closed: nothing more can be done by it."))


def check_open(order: BuyerOrder | SupplierOrder) -> None:
    if order.closed_on is not None:
        raise Refused(closed_order(), field="order")


def early_day() -> str:
    return str(_("This day is earlier than the date of the order."))


def check_days(order: Any, *names: str) -> None:
    """No day that is planned of an order is before the order's own."""
    for name in names:
        day = getattr(order, name)
        if day is not None and day < order.date:
            raise Refused(early_day(), field=name)


def check_changed_alone(session: Session, order: BuyerOrder | SupplierOrder, *days: str) -> None:
    """One value of an order that is locked was changed: nobody has closed it meanwhile, and its planned days fit."""
    session.refresh(order, ["closed_on"])
    check_open(order)
    check_days(order, *days)


def check_counterparty(session: Session, counterparty_id: int) -> None:
    if session.scalar(select(Counterparty.id).where(Counterparty.id == counterparty_id)) is None:
        raise Refused(_("There is no such counterparty."), field="counterparty")


def check_standing(document: Any) -> None:
    if document.reversed_on is not None:
        raise Refused(_("The document is reversed: nothing of it counts any more."))


def check_version(document: Any, version: int | None) -> None:
    """Refuse what was decided on an older state of the document."""
    if version is not None and document.version != version:
        raise Changed([], document.version)


def mark_reversed(document: Any, reason: str, on: date) -> None:
    """The document stays with its figures and counts nowhere from now on, as if it had never been."""
    check_standing(document)
    if not reason.strip():
        raise Refused(_("Say why the document is reversed."), field="reason")
    document.reversed_on, document.reversed_because = on, reason.strip()


def given_back(session: Session, payment: Payment | SupplierPayment, but: int | None = None) -> Decimal:
    """What of the payment its refunds gave back, the refund `but` left out."""
    model = type(payment)
    back = select(func.coalesce(-func.sum(model.amount), 0))
    back = back.where(model.refund_of_id == payment.id, model.stands(), model.id != (but or 0))
    return Decimal(session.scalar(back.execution_options(unscoped=True)) or 0)


def check_refund(amount: Decimal, most: Decimal) -> None:
    if amount > most:
        raise Refused(most_is(most), field="amount")


def most_is(most: Decimal) -> str:
    return str(_("No more than %(sum)s can be given back.", sum=money(max(most, ZERO))))


def check_left_of(session: Session, payment: Payment | SupplierPayment, amount: Decimal) -> None:
    """A payment is not made smaller than what was given back of it."""
    back = given_back(session, payment)
    if back and amount < back:
        raise Refused(is_back(back), field="amount")


def is_back(back: Decimal) -> str:
    return str(_("%(sum)s of this payment is given back already.", sum=money(back)))


def check_nothing_back(session: Session, payment: Payment | SupplierPayment) -> None:
    """A payment of which something was given back is not reversed before that is."""
    if given_back(session, payment):
        raise Refused(_("Something of this payment was given back: reverse the refund first."))


def check_refunded_after(payment: Payment | SupplierPayment, day: date) -> None:
    if day < payment.date:
        raise Refused(_("Money cannot be given back before it came."), field="date")


def check_number(
    session: Session, model: Any, number: str, day: date, row_id: int | None = None, *same: ColumnElement[bool]
) -> None:
    """A number typed by hand must be free in the year of the day, among the documents that are the `same`."""
    if not number:
        return
    year = extract("year", model.date) == day.year
    taken = select(model.id).where(model.number == number, year, *same).execution_options(unscoped=True)
    if session.scalar(taken) not in (None, row_id):
        raise Refused(_("The number %(number)s is already taken.", number=number), field="number")


def check_lines(session: Session, lines: Sequence[LineDraft], *, negative: bool = False) -> dict[int, Item]:
    """The items of the lines; every figure of a line must make sense."""
    if not lines:
        raise Refused(_("The document needs at least one line."), field="lines")
    items = items_of(session, {line.item_id for line in lines})
    sum_, goods = ZERO, ZERO
    for place, line in enumerate(lines):
        if line.item_id not in items:
            raise Refused(_("There is no such item."), field=f"lines-{place}-item")
        if line.quantity == 0 or (line.quantity < 0 and not negative):
            raise Refused(_("The quantity must be more than zero."), field=f"lines-{place}-quantity")
        if line.price < 0:
            raise Refused(_("The price cannot be negative."), field=f"lines-{place}-price")
        if not 0 <= line.discount <= 100:
            raise Refused(_("A discount is from 0 to 100 percent."), field=f"lines-{place}-discount")
        sum_, goods = sum_ + abs(line.amount), goods + abs(line.quantity)
        if sum_ >= MOST_MONEY or goods >= MOST_GOODS:
            words = _("With this line the document is too big: check its quantity and price.")
            raise Refused(words, field=f"lines-{place}-quantity")
    return items


def with_vat(lines: Sequence[Line], items: Mapping[int, Item], on: date) -> list[Line]:
    """The lines, each with a rate of VAT: its own, or that of its item on the day."""
    return [replace(line, vat=line.vat or rate_on(items[line.item_id].vat, on)) for line in lines]
