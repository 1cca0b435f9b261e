"""Sales by buyer and month are the sums of documents, whatever writes them and whoever else does."""

from __future__ import annotations

import random
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.words import Measure, MovementKind
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.movements import Shipment, ShipmentLine
from app.models.products import Item
from app.models.sales import BuyerMonth
from app.queries.sales.sales import value_by_buyer
from app.services import exchange
from app.services.sales.shipments import ship, take_return
from app.services.typed import ShipmentDraft, ShippedDraft
from tests.deals import item
from tests.factories import buyer

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEPT = "SELECT counterparty_id, month, revenue, cost, quantity, shipments, documents, last_on FROM buyer_month"
SUMS = """
    SELECT counterparty_id, date_trunc('month', date::timestamp)::date, sum(amount) * 100, sum(cost_amount) * 100,
           sum(quantity) * 1000, count(*) FILTER (WHERE kind = 'shipment'), count(*),
           max(date) FILTER (WHERE kind = 'shipment')
    FROM shipment GROUP BY 1, 2"""
LINES = """
    SELECT count(*) FROM shipment s, LATERAL (
        SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(cost_amount), 0) AS cost,
               coalesce(sum(quantity), 0) AS quantity FROM shipment_line WHERE shipment_id = s.id) lines
    WHERE s.amount <> lines.amount OR s.cost_amount <> lines.cost OR s.quantity <> lines.quantity"""


def check(session: Session) -> int:
    """The kept sums are those of the documents; gives how many there are."""
    session.flush()
    kept, sums = (set(session.execute(text(sql))) for sql in (KEPT, SUMS))
    assert kept == sums
    return len(kept)


def sold(session: Session, to: int, goods: Item | int, on: date, quantity: int = 3, *, back: bool = False) -> Shipment:
    item_id = goods if isinstance(goods, int) else goods.id
    draft = ShipmentDraft(to, on, [ShippedDraft(item_id, Decimal(quantity), Decimal("19.99"), cost=Decimal(7))])
    return (take_return if back else ship)(session, draft)


def test_a_month_holds_what_its_documents_say(session: Session) -> None:
    who, bolt = buyer(session), item(session)
    sold(session, who.id, bolt, date(2026, 3, 5))
    sold(session, who.id, bolt, date(2026, 3, 20), 2)
    sold(session, who.id, bolt, date(2026, 3, 31), 1, back=True)
    month = session.get_one(BuyerMonth, (who.id, date(2026, 3, 1)))
    assert (month.revenue, month.cost, month.quantity) == (4 * 1999, 4 * 700, 4000)
    assert (month.shipments, month.documents, month.last_on) == (2, 3, date(2026, 3, 20))
    assert session.scalar(text(LINES)) == 0


def test_the_last_day_goes_back_when_the_last_shipment_goes(session: Session) -> None:
    who, bolt = buyer(session), item(session)
    sold(session, who.id, bolt, date(2026, 3, 5))
    last = sold(session, who.id, bolt, date(2026, 3, 20))
    last.date = date(2026, 3, 1)
    check(session)
    session.delete(last)
    check(session)
    month = session.get_one(BuyerMonth, (who.id, date(2026, 3, 1)), populate_existing=True)
    assert month.last_on == date(2026, 3, 5)


def test_a_month_without_documents_is_gone(session: Session) -> None:
    who, bolt = buyer(session), item(session)
    one = sold(session, who.id, bolt, date(2026, 3, 5))
    one.date = date(2026, 4, 5)
    session.flush()
    assert session.scalars(select(BuyerMonth.month)).all() == [date(2026, 4, 1)]
    session.delete(one)
    assert check(session) == 0


def test_a_document_that_changes_hands_takes_its_sums_along(session: Session) -> None:
    one, other, bolt = buyer(session), buyer(session), item(session)
    sale = sold(session, one.id, bolt, date(2026, 3, 5))
    sale.counterparty = other
    assert check(session) == 1
    assert session.scalars(select(BuyerMonth.counterparty_id)).all() == [other.id]


@pytest.mark.parametrize("seed", range(3))
def test_after_any_walk_the_sums_are_those_of_the_documents(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    people, bolt = [buyer(session) for _ in range(4)], item(session)
    for _ in range(25):
        step(session, chance, [who.id for who in people], bolt.id)
    assert check(session)


def step(session: Session, chance: random.Random, people: list[int], item_id: int) -> None:
    """One thing that happens to documents: by the ORM, or by one statement for many."""
    day = date(2026, 1, 1) + timedelta(days=chance.randrange(100))
    who = chance.choice(people)
    ids = session.scalars(select(Shipment.id).where(Shipment.counterparty_id == who).order_by(Shipment.id)).all()
    some = chance.sample(ids, min(len(ids), 3))
    match chance.randrange(7):
        case 0 | 1 | 2:
            sold(session, who, item_id, day, chance.randint(1, 9), back=chance.random() < 0.3)
        case 3 if some:
            session.execute(update(Shipment).where(Shipment.id.in_(some)).values(date=day))
        case 4 if some:
            other = chance.choice(people)
            session.execute(update(Shipment).where(Shipment.id.in_(some)).values(counterparty_id=other, amount=5))
        case 5 if some:
            session.execute(delete(ShipmentLine).where(ShipmentLine.shipment_id.in_(some)))
            session.execute(delete(Shipment).where(Shipment.id.in_(some)))
        case 6 if some:
            kind = chance.choice(list(MovementKind))
            session.execute(
                update(Shipment).where(Shipment.id == some[0]).values(kind=kind, cost_amount=chance.random())
            )


def test_an_import_is_counted_and_so_is_its_correction(session: Session) -> None:
    for code in ("Б1", "Б2"):
        session.add(Counterparty(code=code, name=code))
    session.add(Item(code="Т1", name="Болт"))
    session.flush()
    head = "number,date,counterparty,item,quantity,price,cost\n"
    rows = (
        "р1,2026-03-05,Б1,Т1,2,10,4\nр1,2026-03-05,Б1,Т1,1,5,\nв1,2026-03-09,Б1,Т1,-1,10,4\nр2,2026-04-01,Б2,Т1,7,3,1\n"
    )
    for lines, months in ((rows, 2), (rows.replace("р2,2026-04-01", "р2,2026-03-31"), 2), (rows, 2)):
        report = exchange.run_import(session, "shipments", (head + lines).encode(), now=NOW, today=TODAY)
        assert not report.wrong_count, report
        assert check(session) == months
        assert session.scalar(text(LINES)) == 0


@pytest.mark.parametrize("measure", Measure)
def test_whole_months_and_documents_say_the_same(session: Session, measure: Measure) -> None:
    bolt = item(session)
    for n in range(5):
        sold(session, buyer(session).id, bolt, date(2026, 3, 1 + n), n + 1)
    march = session.execute(value_by_buyer(Period(date(2026, 3, 1), date(2026, 3, 31)), measure)).all()
    days = session.execute(value_by_buyer(Period(date(2026, 3, 1), date(2026, 3, 30)), measure)).all()
    assert sorted(march) == sorted(days)
    assert len(march) == 5


def test_ten_who_post_at_once_lose_nothing(committed: Flask) -> None:
    """Past the lock on buyers too: bare statements, each of several buyers in an order of its own."""
    with committed.app_context():
        session = db.session()
        people, bolt = [buyer(session).id for _ in range(5)], item(session).id
        session.commit()
    failures: list[BaseException] = []
    start = threading.Barrier(10)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            with committed.app_context():
                session = db.session()
                start.wait(30)
                for turn in range(6):
                    if seed % 2:
                        step(session, chance, people, bolt)
                    else:
                        bare(session, chance, people, f"т{seed}-{turn}")
                    session.commit()
        except BaseException as failure:  # it is told in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with committed.app_context():
        assert check(db.session()) > 5


def bare(session: Session, chance: random.Random, people: list[int], number: str) -> None:
    rows = [
        {"number": f"{number}-{who}", "date": date(2026, chance.randint(1, 3), 5), "counterparty_id": who, "amount": 10}
        for who in chance.sample(people, len(people))
    ]
    session.execute(insert(Shipment.__table__), rows[:1])
    session.commit()
    session.execute(insert(Shipment.__table__).values(rows[1:]))
