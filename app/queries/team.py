"""What the people of a head have left undone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Select,
    bindparam,
    func,
    select,
    true,
    union_all,
)

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sales.board import halves_to_pay_by, to_ship_by
from app.queries.sql import literal_number, user_name

MOST = 20  # people


@cache
def undone(cap: int) -> Select[Any]:
    """`id, name, overdue, to_ship, to_pay, money` of those who have something by `today`, the most first.

    Each number stops at the cap + 1, so that nobody's heap costs more than the page; `money` is of the orders counted.
    Contacts are overdue at `midnight`. Orders are counted of those alone who may be among the first by their contacts.
    """
    today: Any = bindparam("today", type_=Date)
    midnight: Any = bindparam("midnight", type_=DateTime(timezone=True))
    late = (Contact.state == ContactState.PLANNED) & (Contact.starts_at < midnight)
    overdue = _counted(User.id, Contact, [late], cap, "overdue")
    people = select(User.id, user_name(User).label("name"), overdue.c.overdue).select_from(User).join(overdue, true())
    person = people.order_by(overdue.c.overdue.desc()).fetch(MOST, with_ties=True).subquery("person")
    to_ship = _counted(person.c.id, BuyerOrder, [to_ship_by(today)], cap, "to_ship")
    to_pay = _counted(person.c.id, BuyerOrder, halves_to_pay_by(today), cap, "to_pay", BuyerOrder.unpaid_amount)
    every = person.c.overdue + to_ship.c.to_ship + to_pay.c.to_pay
    return (
        select(*person.c, to_ship.c.to_ship, to_pay.c.to_pay, to_pay.c.money)
        .select_from(person)
        .join(to_ship, true())
        .join(to_pay, true())
        .where(every > 0)
        .order_by(person.c.overdue.desc(), every.desc(), person.c.id)
        .limit(MOST)
    )


def _counted(
    user: Any, model: Any, parts: Sequence[ColumnElement[bool]], cap: int, label: str, money: Any = None
) -> FromClause:
    """How many rows of these parts the user beside has, and how much money is in them."""
    rows = select((literal_number(0) if money is None else money).label("amount"))
    his = [rows.where(model.manager_id == user, part).limit(cap + 1).correlate(user.table) for part in parts]
    every = union_all(*his).subquery()
    some = select(*every.c).limit(cap + 1).subquery()
    counts = [func.count().label(label)]
    if money is not None:
        counts.append(func.coalesce(func.sum(some.c.amount), 0).label("money"))
    return select(*counts).select_from(some).lateral()
