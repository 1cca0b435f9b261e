"""What the people of a head have left undone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, literal_column, select, true

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sales.board import to_pay_by, to_ship_by

MOST = 20  # people


def undone(today: date, midnight: datetime, cap: int) -> Select[Any]:
    """`id, name, overdue, to_ship, to_pay, money` of those who have something, the most first.

    Each number stops at the cap + 1, so that nobody's heap costs more than the page; `money` is of the orders counted.
    """
    late = (Contact.state == ContactState.PLANNED) & (Contact.starts_at < midnight)
    overdue = _counted(Contact, late, cap, "overdue")
    to_ship = _counted(BuyerOrder, to_ship_by(today), cap, "to_ship")
    to_pay = _counted(BuyerOrder, to_pay_by(today), cap, "to_pay", BuyerOrder.unpaid_amount)
    name = func.concat_ws(" ", User.first_name, User.last_name).label("name")
    numbers = (overdue.c.overdue, to_ship.c.to_ship, to_pay.c.to_pay)
    people = select(User.id, name, *numbers, to_pay.c.money).select_from(User)
    for part in (overdue, to_ship, to_pay):
        people = people.join(part, true())
    every = numbers[0] + numbers[1] + numbers[2]
    return people.where(every > 0).order_by(overdue.c.overdue.desc(), every.desc(), User.id).limit(MOST)


def _counted(model: Any, condition: ColumnElement[bool], cap: int, label: str, money: Any = None) -> FromClause:
    """How many such rows each user has, and how much money is in them."""
    amount = (money if money is not None else literal_column("0")).label("amount")
    rows = select(amount).where(model.manager_id == User.id, condition).limit(cap + 1).correlate(User).subquery()
    counted = select(func.count().label(label), func.coalesce(func.sum(rows.c.amount), 0).label("money"))
    return counted.select_from(rows).lateral()
