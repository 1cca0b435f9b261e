from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import PriceSource, Reliability
from app.errors import Refused
from app.models.suppliers import SupplierItem
from app.models.supply import SupplierOrder
from app.queries.purchasing.suppliers import measured, offers, price_history, risen_since, terms_on
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.purchasing.suppliers import set_price, set_terms
from app.services.typed import LineDraft, PriceDraft, SupplyDraft, TermsDraft
from tests.conftest import user_named
from tests.deals import DAY, D, item
from tests.factories import added, buyer
from tests.rules.supplier_measure import kept_share, reliability


@pytest.fixture
def who(session: Session) -> Any:
    return buyer(session, "Завод", is_supplier=True, is_buyer=False)


def day(number: int) -> Any:
    return DAY + timedelta(days=number)


def ordered(session: Session, who: Any, goods: dict[Any, int], receive_on: int | None = 10) -> SupplierOrder:
    lines = [LineDraft(i.id, D(quantity), D(5)) for i, quantity in goods.items()]
    due = None if receive_on is None else day(receive_on)
    return order_supply(session, SupplyDraft(who.id, DAY, lines, receive_on=due))


def came(session: Session, by: SupplierOrder, goods: dict[Any, int], on: int, price: int = 5) -> None:
    lines = [LineDraft(i.id, D(quantity), D(price)) for i, quantity in goods.items()]
    receive(session, SupplyDraft(by.counterparty_id, day(on), lines, order_id=by.id))


def test_an_order_is_received_on_the_day_when_nothing_of_it_is_missing(session: Session, who: Any) -> None:
    bolt, nut = item(session), item(session)
    it = ordered(session, who, {bolt: 10, nut: 5})
    assert (it.number, it.rest_quantity, it.received_on) == ("ЗС-2026-00001", 15, None)
    came(session, it, {bolt: 10}, on=4)
    assert (it.rest_quantity, it.received_on) == (5, None)
    came(session, it, {nut: 5}, on=8)
    came(session, it, {bolt: 3}, on=30)  # more than ordered, later
    assert (it.rest_quantity, it.received_on) == (0, day(8))


def test_reliability_and_lead_time_are_measured(session: Session, who: Any) -> None:
    bolt = item(session)
    for receipts in ([10], [4, 10], [11], [9, 12], []):
        it = ordered(session, who, {bolt: 2 if len(receipts) > 1 else 1})
        for on in receipts:
            came(session, it, {bolt: 1}, on=on)
    ordered(session, who, {bolt: 1}, receive_on=None)  # promised for no day
    row = session.execute(measured(day(60), [who.id])).one()
    assert (row.promised, row.kept, row.receipts, row.days) == (5, 2, 6, 10 + 4 + 10 + 11 + 9 + 12)
    assert reliability(kept_share(row.kept, row.promised)) == Reliability.LOW
    on_the_day = session.execute(measured(day(10), [who.id])).one()
    assert (on_the_day.promised, on_the_day.kept) == (2, 2)  # the day of the others is not over
    later = session.execute(measured(day(400), [who.id])).one()
    assert (later.promised, later.receipts) == (0, 0)


def test_an_order_that_was_moved_later_is_told_whether_it_was_kept_or_not(session: Session, who: Any) -> None:
    bolt = item(session)
    for first, *others in ((10,), (10, 12), (10, 9), (10, 12, 10), (None, 10, 12), (10, 13)):
        it = ordered(session, who, {bolt: 1}, receive_on=first)
        for on in others:
            it.receive_on = day(on)
            session.flush()
        if others != [13]:
            came(session, it, {bolt: 1}, on=9)
        session.refresh(it)
        assert it.first_receive_on == day(10)
    row = session.execute(measured(day(60), [who.id])).one()
    assert (row.promised, row.kept, row.moved) == (6, 5, 3)


def test_terms_hold_from_their_day(session: Session, who: Any) -> None:
    for on, value, days in ((1, Reliability.HIGH, 5), (20, Reliability.LOW, 9)):
        set_terms(session, TermsDraft(who.id, date=day(on), by_id=None, reliability=value, lead_days=days))
    set_terms(session, TermsDraft(who.id, date=day(20), by_id=None, reliability=Reliability.MEDIUM, lead_days=7))

    def on(number: int) -> list[Any]:
        return [(row.reliability, row.lead_days) for row in session.scalars(terms_on(day(number)))]

    assert (on(0), on(19), on(20)) == ([], [("high", 5)], [("medium", 7)])


def test_suppliers_of_an_item_are_compared(session: Session, who: Any) -> None:
    bolt = item(session)
    cheap, unpriced = (buyer(session, name, is_supplier=True) for name in ("Ангар", "База"))
    set_price(
        session,
        PriceDraft(who.id, bolt.id, D(90), date=day(0), lead_days=3, min_quantity=D(10), source=PriceSource.IMPORT),
    )
    set_price(session, PriceDraft(cheap.id, bolt.id, D(99), date=day(0)))
    set_price(session, PriceDraft(cheap.id, bolt.id, D(80), date=day(5)))
    set_price(session, PriceDraft(cheap.id, bolt.id, D(10), date=day(50)))  # not yet
    set_terms(session, TermsDraft(cheap.id, date=day(0), by_id=None, lead_days=6, reliability=Reliability.HIGH))
    added(session, SupplierItem(counterparty=unpriced, item=bolt, code="Б-1"))
    rows = session.execute(offers(bolt.id, day(10))).all()
    assert [(r.supplier, r.supplier_code, r.price, r.price_on, r.source, r.lead_days, r.reliability) for r in rows] == [
        ("Ангар", None, 80, day(5), "hand", 6, "high"),
        ("Завод", None, 90, day(0), "import", 3, None),
        ("База", "Б-1", None, None, None, None, None),
    ]


def test_a_receipt_teaches_the_price(session: Session, who: Any) -> None:
    bolt = item(session)
    for supplier, goods, price in (
        (who, item(session), 1),
        (buyer(session, is_supplier=True), bolt, 1),
        (who, bolt, 4),
    ):
        set_price(session, PriceDraft(supplier.id, goods.id, D(price), date=day(1)))
    came(session, ordered(session, who, {bolt: 1}), {bolt: 1}, on=3, price=7)
    rows = session.execute(price_history(who.id, bolt.id)).all()
    assert [(r.SupplierPrice.price, r.SupplierPrice.source, r.SupplierPrice.note) for r in rows] == [
        (7, "receipt", "ПТ-2026-00001"),
        (4, "hand", ""),
    ]


@pytest.mark.parametrize(
    ("prices", "is_risen"),
    [
        ({0: 4, 20: 5}, True),
        ({0: 4, 10: 5}, True),  # on the first of the days
        ({0: 4, 30: 5}, True),  # today
        ({0: 4, 9: 5}, False),
        ({0: 4, 31: 5}, False),
        ({0: 4, 20: 5, 31: 3}, True),  # the last of all is ahead
        ({0: 4, 20: 4}, False),
        ({0: 4, 12: 6, 20: 5}, False),  # the last one counts
        ({20: 5}, False),
    ],
)
def test_a_price_has_risen_when_the_last_one_is_above_the_one_before_it(
    session: Session, who: Any, prices: dict[int, int], is_risen: bool
) -> None:
    bolt, nut, other = item(session), item(session), buyer(session, "Другой завод", is_supplier=True)
    for supplier, goods, told in ((who, bolt, prices), (other, bolt, {15: 1, 25: 1}), (who, nut, {15: 1, 25: 1})):
        added(session, SupplierItem(counterparty_id=supplier.id, item_id=goods.id))
        for on, price in told.items():
            set_price(session, PriceDraft(supplier.id, goods.id, D(price), date=day(on)))
    risen = select(SupplierItem.item_id).where(risen_since(day(10), day(30)))
    assert session.scalars(risen).all() == [bolt.id] * is_risen


def test_what_supply_is_refused_for(session: Session, who: Any) -> None:
    bolt, shop = item(session), buyer(session)
    line = [LineDraft(bolt.id, D(1), D(1))]
    it = ordered(session, who, {bolt: 1})
    attempts = {
        "counterparty": lambda: order_supply(session, SupplyDraft(shop.id, DAY, line)),
        "lines": lambda: order_supply(session, SupplyDraft(who.id, DAY, [])),
        "receive_on": lambda: order_supply(session, SupplyDraft(who.id, DAY, line, receive_on=day(-1))),
        "date": lambda: receive(session, SupplyDraft(who.id, day(-1), line, order_id=it.id)),
        "price": lambda: set_price(session, PriceDraft(who.id, bolt.id, D(-1), date=DAY)),
        "lead_days": lambda: set_terms(session, TermsDraft(who.id, date=DAY, by_id=None, lead_days=-1)),
    }
    for field, attempt in attempts.items():
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.field == field
    other = buyer(session, is_supplier=True)
    with pytest.raises(Refused, match="belongs to another counterparty"):
        receive(session, SupplyDraft(other.id, DAY, line, order_id=it.id))


def test_a_purchasing_specialist_compares_and_a_manager_does_not(session: Session, who: Any) -> None:
    bolt = item(session)
    set_price(session, PriceDraft(who.id, bolt.id, D(4), date=DAY))
    session.info["viewer"] = Viewer.of(user_named(session, "pavel").id, [Sees.SUPPLIERS])
    assert len(session.execute(offers(bolt.id, DAY)).all()) == 1
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, [Sees.OWN])
    assert session.execute(offers(bolt.id, DAY)).all() == []
