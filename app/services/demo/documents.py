"""Makes the documents of the planned orders, set by set: every sum is the sum of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from operator import attrgetter

from sqlalchemy.orm import Session

from app.services.demo import statements
from app.services.demo.goods import SERVICES, goods
from app.services.demo.load import copy, driver
from app.services.demo.trade import Plan
from app.services.demo.words import listed

# A favourite is one of so many neighbours in the list of goods; a prime, so that no order names an item twice.
WINDOW = 31

STEPS = (
    ("demo_order", statements.ORDERS),
    ("buyer_order_line", statements.ORDER_LINES),
    ("demo_order_sum", statements.ORDER_SUMS),
    ("demo_shipment", statements.SHIPMENTS),
    ("shipment_line", statements.SHIPMENT_LINES),
    ("demo_shipment_sum", statements.SHIPMENT_SUMS),
    ("shipment", statements.SHIPMENT_HEADERS),
    ("demo_payment", statements.PAYMENTS),
    ("payment", statements.PAYMENT_HEADERS),
    ("payment_allocation", statements.ALLOCATIONS),
    ("buyer_order", statements.HEADERS),
    ("order_closing", statements.CLOSINGS),
)


def write_goods(session: Session, count: int) -> Iterator[tuple[str, int]]:
    """The goods have the numbers from 1, the services those after them."""
    rows = (
        (
            number,
            f"{number:05d}",
            good.name,
            good.unit,
            good.group,
            good.price,
            None if good.is_service else round(good.price * (100 - good.margin) / 100, 2),
            good.vat.value,
            good.is_service,
        )
        for number, good in enumerate(goods(count), 1)
    )
    yield "item", copy(session, "item", listed("id code name unit group_name price cost vat is_service"), rows)


def write(session: Session, plans: Iterable[Plan], items: int, today: date) -> Iterator[tuple[str, int]]:
    """Orders, shipments, returns, payments and closings into the base; tells the rows of each table as it is filled."""
    raw = driver(session)
    values = {"today": today, "goods": items - len(SERVICES), "services": len(SERVICES), "window": WINDOW}
    names = [field.name for field in fields(Plan)]
    raw.execute(statements.PLAN)
    copy(session, "demo_plan", names, map(attrgetter(*names), plans))
    raw.execute("ANALYZE demo_plan")
    for table, statement in STEPS:
        done = raw.execute(statement, values if "%(" in statement else None)
        raw.execute(f"ANALYZE {table}")
        if not table.startswith("demo_"):
            yield table, done.rowcount
    raw.execute(statements.NUMBERS)
