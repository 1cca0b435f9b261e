"""The figures stay equal to the documents, in any order and from any number of writers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.extensions import db
from app.models.allocations import PaymentAllocation
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.numbering import NumberSeries
from app.models.orders import BuyerOrder, OrderLine
from app.models.papers import Paper
from app.models.products import Item
from app.queries.sales.orders import figures_of_orders
from app.queries.sales.settlements import balances
from app.queries.sql import numbers, one_number, one_of
from app.services.numbering import MODELS
from app.services.sales import allocating
from app.services.sales.posting import lock, settle, settle_all
from app.services.watching import WATCHED
from tests.deals import DAY, D, item, order, paid, refunded, returned, shipped
from tests.factories import added, buyer

pytestmark = pytest.mark.slow

WRITERS = 20


def test_a_client_is_locked_once_and_anew_when_the_savepoint_is_rolled_back(session: Session, sql: list[str]) -> None:
    one, other = buyer(session), buyer(session)

    def locks(*ids: int) -> int:
        sql.clear()
        lock(session, ids)
        return len([statement for statement in sql if "FOR NO KEY UPDATE" in statement])

    assert locks(one.id) == 1
    with session.begin_nested() as savepoint:
        assert locks(one.id, other.id) == 1
        assert locks(one.id, other.id) == 0
        savepoint.rollback()
    assert locks(other.id) == 1
    assert locks(other.id) == 0


def test_what_an_order_says_of_its_money_is_put_right_though_no_payment_changed(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 1})
    paid(session, who, 40, order_id=it.id)
    wrong = update(BuyerOrder).where(BuyerOrder.id == it.id).values(paid_amount=D(0), paid_on=None)
    session.execute(wrong.execution_options(synchronize_session=False))
    settle(session, orders=[it.id])
    assert (it.paid_amount, it.paid_on) == (40, DAY)


@st.composite
def moves(draw: Any) -> list[tuple[str, int, int]]:
    """What happens to three orders, in any order."""
    step = st.tuples(
        st.sampled_from(["ship", "return", "pay", "refund", "advance"]), st.integers(0, 2), st.integers(1, 12)
    )
    return draw(st.lists(step, max_size=12))


@settings(max_examples=20)  # tests/services/sales/test_put_right.py goes on to longer ones
@given(moves())
def test_any_sequence_keeps_rests_and_settlements(session: Session, steps: list[tuple[str, int, int]]) -> None:
    with session.begin_nested() as example:  # the next one need not go through its rows
        moved(session, steps)
        example.rollback()


def moved(session: Session, steps: list[tuple[str, int, int]]) -> None:
    who, bolt = buyer(session), item(session, 100)
    orders = [order(session, who, {bolt: quantity}) for quantity in (10, 5, 3)]
    done, money = [0, 0, 0], 0
    shipped_all = 0
    for what, place, size in steps:
        it = orders[place]
        if what == "ship":
            shipped(session, it, {bolt: size}, confirmed=True)
            done[place] += size
            shipped_all += size
        elif what == "return" and done[place] >= size:
            returned(session, it, {bolt: size})
            done[place] -= size
            shipped_all -= size
        elif what in ("pay", "advance"):
            paid(session, who, size * 50, order_id=it.id if what == "pay" else None)
            money += size * 50
        elif what == "refund" and it.paid_amount:
            back = min(size * 50, int(it.paid_amount))
            refunded(session, who, back, order_id=it.id)
            money -= back
    for it, quantity, net in zip(orders, (10, 5, 3), done, strict=True):
        assert it.quantity - it.shipped_quantity + it.returned_quantity == quantity - net
        assert it.rest_quantity == max(quantity - net, 0)
        assert it.shipped_amount - it.returned_amount == 100 * net
        assert 0 <= it.paid_amount <= max(100 * quantity, 100 * net)
    debt = sum((row.debt for row in session.execute(balances([who.id]))), D(0))
    assert debt == 100 * shipped_all - money
    free = session.scalar(
        select(func.coalesce(func.sum(Payment.amount - Payment.allocated_amount), 0)).where(
            Payment.counterparty_id == who.id
        )
    )
    assert sum(it.paid_amount for it in orders) + free == money
    assert_nothing_is_double(session)


def assert_nothing_is_double(session: Session) -> None:
    """Allocations add up to what orders and payments keep, and no order holds more than it may."""
    for owner, key, kept in (
        (BuyerOrder, PaymentAllocation.order_id, BuyerOrder.paid_amount),
        (Payment, PaymentAllocation.payment_id, Payment.allocated_amount),
    ):
        total = select(func.coalesce(func.sum(PaymentAllocation.amount), 0)).where(key == owner.id).scalar_subquery()
        assert session.execute(select(owner.id).where(kept != total)).all() == []
    assert session.execute(select(BuyerOrder.id).where(BuyerOrder.unpaid_amount < 0)).all() == []


def in_threads(app: Flask, work: Callable[[Session, int], None]) -> None:
    def one(number: int) -> None:
        with app.app_context():
            work(db.session(), number)
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(one, range(WRITERS)))


def test_twenty_writers_on_one_order_post_exactly(committed: Flask) -> None:
    with committed.app_context():
        session = db.session()
        who, bolt = buyer(session), item(session, 100)
        it = order(session, who, {bolt: 400})
        second = order(session, who, {bolt: 1})
        ids = (it.id, second.id, who.id, bolt.id)
        session.commit()
        db.session.remove()
    order_id, second_id, who_id, bolt_id = ids

    def work(session: Session, number: int) -> None:
        it = session.get_one(BuyerOrder, order_id)
        bolt = session.get_one(Item, bolt_id)
        for turn in range(3):
            # Half of them number the documents themselves: these do not wait for each other's numbers.
            own = f"{number}-{turn}" if number % 2 else ""
            shipped(session, it, {bolt: 3}, number=own)
            session.commit()
            # Half name the order, half leave it to the rules; all together pay too much.
            named = order_id if number % 4 < 2 else None
            paid(session, session.get_one(Counterparty, who_id), 700, order_id=named, number=own)
            session.commit()

    in_threads(committed, work)
    with committed.app_context():
        session = db.session()
        it, second = session.get_one(BuyerOrder, order_id), session.get_one(BuyerOrder, second_id)
        assert (it.shipped_quantity, it.rest_quantity, it.shipped_amount) == (180, 220, 18000)
        assert (it.paid_amount, second.paid_amount) == (40000, 100)
        free = session.scalar(select(func.sum(Payment.amount - Payment.allocated_amount)))
        assert free == 60 * 700 - 40100
        assert_nothing_is_double(session)
        for model, prefix in ((Shipment, "РТ"), (Payment, "ОП")):
            given_out = select(model.number).where(model.number.startswith(prefix)).order_by(model.number)
            assert session.scalars(given_out).all() == [f"{prefix}-2026-{n:05}" for n in range(1, 31)]


def test_what_is_posted_at_the_same_moment_is_counted_once(committed: Flask) -> None:
    """One round: nobody posts afterwards and so mends what went wrong."""
    with committed.app_context():
        session = db.session()
        who, bolt = buyer(session), item(session, 100)
        it = order(session, who, {bolt: 100})
        order_id, who_id, bolt_id = it.id, who.id, bolt.id
        session.commit()
        db.session.remove()
    start = Barrier(WRITERS)

    def work(session: Session, number: int) -> None:
        start.wait()
        if number % 2:
            paid(session, session.get_one(Counterparty, who_id), 3000, number=str(number))
        else:
            by, what = session.get_one(BuyerOrder, order_id), session.get_one(Item, bolt_id)
            shipped(session, by, {what: 1}, number=str(number))

    in_threads(committed, work)
    with committed.app_context():
        session = db.session()
        it = session.get_one(BuyerOrder, order_id)
        assert (it.shipped_quantity, it.rest_quantity, it.shipped_amount, it.paid_amount) == (10, 90, 1000, 10000)
        assert_nothing_is_double(session)


def test_a_number_not_used_is_given_again(committed: Flask) -> None:
    with committed.app_context():
        session = db.session()
        who, bolt = buyer(session), item(session)
        session.commit()
        order(session, who, {bolt: 1})
        session.rollback()
        order(session, who, {bolt: 1}, number="ЗП-2026-00002")
        session.commit()
        assert [order(session, who, {bolt: 1}).number for _ in range(2)] == ["ЗП-2026-00001", "ЗП-2026-00003"]
        assert order(session, who, {bolt: 1}, on=DAY.replace(year=2027)).number == "ЗП-2027-00001"
        last = select(NumberSeries.last).where(NumberSeries.kind == DocumentKind.ORDER, NumberSeries.year == 2026)
        assert session.scalar(last) == 3


def test_documents_written_by_forms_are_posted_when_the_session_commits(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = added(session, BuyerOrder(number="1", date=DAY, counterparty=who, amount=1000))
    it.lines.append(OrderLine(item=bolt, quantity=10, price=100, amount=1000))
    session.commit()
    assert (it.quantity, it.rest_quantity, it.status) == (10, 10, "new")
    document = Shipment(number="1", date=DAY, counterparty=who, order=it, amount=400)
    document.lines.append(ShipmentLine(item=bolt, quantity=4, price=100, amount=400))
    session.add(document)
    session.commit()
    assert (it.rest_quantity, it.shipped_amount) == (6, 400)
    document.lines[0].quantity, document.lines[0].amount, document.amount = 7, 700, 700
    session.commit()
    assert (it.rest_quantity, it.shipped_amount) == (3, 700)
    document.order = None
    session.commit()
    assert (it.rest_quantity, it.shipped_amount, it.status) == (10, 0, "new")
    document.order = it
    session.commit()
    session.delete(document)
    session.commit()
    assert (it.rest_quantity, it.shipped_amount, it.shipped_on) == (10, 0, None)


def test_bulk_writers_settle_once(session: Session) -> None:
    """Rows written past the ORM, as imports do, and one call for all of them."""
    bolt = item(session, 100)
    people = [buyer(session) for _ in range(3)]
    rows = [{"number": f"б{n}", "date": DAY, "counterparty_id": p.id, "amount": 1000} for n, p in enumerate(people)]
    ids = list(session.scalars(insert(BuyerOrder).returning(BuyerOrder.id), rows))
    line = {"position": 1, "item_id": bolt.id, "quantity": 10, "price": 100, "amount": 1000}
    session.execute(insert(OrderLine), [{"order_id": i, **line} for i in ids])
    money = [{"number": f"б{n}", "date": DAY, "counterparty_id": p.id, "amount": 600} for n, p in enumerate(people)]
    paid_ids = list(session.scalars(insert(Payment).returning(Payment.id), money))
    settle(session, orders=ids, payments=paid_ids)
    orders = session.scalars(select(BuyerOrder).order_by(BuyerOrder.id)).all()
    assert [(it.quantity, it.rest_amount, it.paid_amount, it.status) for it in orders] == [
        (10, 1000, 600, "partly")
    ] * 3


def test_everything_can_be_made_anew(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4})
    paid(session, who, 250)
    columns = [c.name for c in BuyerOrder.__table__.columns if c.name != "changed_at"]
    kept = [(name, getattr(it, name)) for name in columns]
    session.execute(
        BuyerOrder.__table__.update().values(rest_quantity=77, paid_amount=1, shipped_amount=5, shipped_on=None)
    )
    assert list(settle_all(session))[-1] >= 1
    session.refresh(it)
    assert [(name, getattr(it, name)) for name in columns] == kept


def test_posting_costs_a_fixed_number_of_statements(session: Session, sql: list[str]) -> None:
    who, bolt = buyer(session), item(session, 100)
    for _ in range(5):
        order(session, who, {bolt: 10})
    sql.clear()
    paid(session, who, Decimal(2500))
    assert len(sql) <= 20


@pytest.mark.parametrize(("place", "rows"), [(one_number("ids"), 1), (numbers("ids"), 10)])
def test_a_plan_that_is_kept_takes_a_number_for_one_row(committed: Flask, place: Any, rows: int) -> None:
    """A list that it does not see it takes for ten: the plan of a long statement looks dear then, and is not kept."""
    asked = str(select(BuyerOrder.id).where(one_of(BuyerOrder.id, place)).compile(dialect=PGDialect_psycopg()))
    with committed.test_request_context("/"), Session(db.engine) as session:
        who = buyer(session)
        session.execute(
            insert(BuyerOrder), [{"number": f"Д{n}", "date": DAY, "counterparty_id": who.id} for n in range(99)]
        )
        session.execute(text("ANALYZE buyer_order"))
        explained = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {asked.replace('%(ids)s', '$1')}"
        assert session.connection().exec_driver_sql(explained).scalar_one()[0]["Plan"]["Plan Rows"] == rows


def test_figures_of_one_order_are_asked_by_its_number(session: Session, sql: list[str]) -> None:
    one, other = (order(session, buyer(session), {item(session, 100): 10}).id for _ in range(2))
    for ids, place in (({one}, "any(ARRAY["), ({one, other}, "::INTEGER[])")):
        sql.clear()
        allocating.write(session, BuyerOrder, figures_of_orders, ids)
        assert place in sql[-1]


def test_every_document_and_its_lines_are_watched(app: Flask) -> None:
    documents = set(MODELS.values()) - {Paper}  # a paper moves nothing
    lines = {inspect(each).relationships["lines"].mapper.class_ for each in documents if hasattr(each, "lines")}
    assert len(lines) == 5
    assert documents | lines <= set(WATCHED)
