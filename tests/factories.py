"""Rows and forms that tests of every floor begin with."""

from __future__ import annotations

from itertools import count
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.products import Item

T = TypeVar("T")

numbers = count(1)


def added(session: Session, row: T) -> T:
    session.add(row)
    session.flush()
    return row


def buyer(session: Session, name: str = "Ромашка", **more: Any) -> Counterparty:
    return added(session, Counterparty(**{"code": f"П-{next(numbers):05}", "name": name, **more}))


def typed(counterparty: Counterparty, lines: list[tuple[Item, str, str]], **more: Any) -> dict[str, Any]:
    """What the form of an order sends, whoever the order is of: item, quantity and price of each line."""
    cells = {
        f"lines-{n}-{name}": value
        for n, (item, quantity, price) in enumerate(lines)
        for name, value in (("item", item.id), ("quantity", quantity), ("price", price))
    }
    return {"counterparty": counterparty.id, "date": "2026-03-10", **cells, **more}
