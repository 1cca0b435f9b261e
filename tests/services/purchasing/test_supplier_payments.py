"""What is paid of an order to a supplier and what we owe him follow the documents, whoever writes them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.supply import SupplierOrder, SupplierPayment
from app.queries.purchasing.supplier_money import owed_to
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.purchasing.supplier_payments import complete
from app.services.typed import LineDraft, SupplyDraft
from tests.conftest import user_named
from tests.deals import DAY, D, item
from tests.factories import added, buyer


@pytest.fixture
def plant(session: Session) -> Counterparty:
    return buyer(session, "Завод", is_supplier=True, is_buyer=False)


def draft(session: Session, supplier: Counterparty, amount: str, **more: Any) -> SupplyDraft:
    return SupplyDraft(supplier.id, DAY, [LineDraft(item(session).id, D(1), D(amount))], **more)


def ordered(session: Session, supplier: Counterparty, amount: str = "100") -> SupplierOrder:
    return order_supply(session, draft(session, supplier, amount))


def paid(
    session: Session, supplier: Counterparty, amount: str, order: SupplierOrder | None = None, **more: Any
) -> SupplierPayment:
    values = {"number": "", "date": DAY, "amount": D(amount), **more}
    payment = SupplierPayment(counterparty=supplier, order=order, **values)
    with session.no_autoflush:
        complete(session, payment)
    made: SupplierPayment = added(session, payment)
    session.commit()
    return made


def left(order: SupplierOrder) -> tuple[Decimal, Decimal]:
    return order.paid_amount, order.unpaid_amount


def test_an_order_knows_what_is_paid_and_what_is_left(session: Session, plant: Counterparty) -> None:
    order, other = ordered(session, plant, "100.10"), ordered(session, plant)
    session.commit()
    assert left(order) == (0, D("100.10"))
    first = paid(session, plant, "33.37", order)
    paid(session, plant, "50", order)
    paid(session, plant, "7")  # by no order
    assert left(order) == (D("83.37"), D("16.73"))
    paid(session, plant, "-3.37", order)
    assert left(order) == (80, D("20.10"))
    first.amount = D("40")
    session.commit()
    assert left(order) == (D("86.63"), D("13.47"))
    first.order = other
    session.commit()
    assert (left(order), left(other)) == ((D("46.63"), D("53.47")), (40, 60))
    session.delete(first)
    session.commit()
    assert left(other) == (0, 100)


def test_what_is_left_follows_the_lines_of_the_order(session: Session, plant: Counterparty) -> None:
    order = ordered(session, plant)
    paid(session, plant, "30", order)
    order_supply(session, draft(session, plant, "80", row_id=order.id))
    session.commit()
    assert left(order) == (30, 50)


def test_we_owe_what_came_less_what_was_paid(session: Session, plant: Counterparty) -> None:
    def owed() -> tuple[Decimal, ...]:
        return tuple(session.execute(owed_to(plant.id)).one())

    assert owed() == (0, 0, 0)
    order = ordered(session, plant)
    paid(session, plant, "30", order)
    assert owed() == (0, 30, -30)
    receive(session, draft(session, plant, "100.05", order_id=order.id))
    paid(session, plant, "20")
    paid(session, plant, "-5")
    assert owed() == (D("100.05"), 45, D("55.05"))
    paid(session, buyer(session, "База", is_supplier=True), "1000")
    assert owed() == (D("100.05"), 45, D("55.05"))


def test_what_a_payment_is_refused_for(session: Session, plant: Counterparty) -> None:
    other = buyer(session, "База", is_supplier=True)
    theirs = ordered(session, other)
    paid(session, plant, "1", number="7")
    wrong: list[tuple[str, Counterparty, dict[str, Any]]] = [
        ("amount", plant, {"amount": D(0)}),
        ("counterparty", buyer(session), {}),
        ("order", plant, {"order": theirs}),
        ("number", plant, {"number": "7"}),
    ]
    for field, supplier, values in wrong:
        payment = SupplierPayment(counterparty=supplier, **{"number": "", "date": DAY, "amount": D(1), **values})
        with session.no_autoflush, pytest.raises(Refused) as refused:
            complete(session, payment)
        assert refused.value.field == field
    session.expunge_all()


def test_numbers_are_given_by_year_and_one_number_serves_other_days_and_suppliers(
    session: Session, plant: Counterparty
) -> None:
    other = buyer(session, "База", is_supplier=True)
    next_year = date(DAY.year + 1, 1, 9)
    given = [paid(session, plant, "1", date=on).number for on in (DAY, DAY, next_year)]
    assert given == ["ОС-2026-00001", "ОС-2026-00002", "ОС-2027-00001"]
    paid(session, plant, "1", number="15")
    paid(session, other, "1", number="15")
    paid(session, plant, "1", number="15", date=DAY + timedelta(days=1))
    assert len(session.scalars(select(SupplierPayment).where(SupplierPayment.number == "15")).all()) == 3


def test_an_order_that_was_paid_keeps_its_supplier(session: Session, plant: Counterparty) -> None:
    other = buyer(session, "База", is_supplier=True)
    order = ordered(session, plant)
    payment = paid(session, plant, "30", order)
    with pytest.raises(Refused) as refused:
        order_supply(session, draft(session, other, "80", row_id=order.id))
    assert refused.value.field == "counterparty"
    session.delete(payment)
    session.commit()
    assert order_supply(session, draft(session, other, "80", row_id=order.id)).counterparty_id == other.id


def test_payments_are_seen_with_their_supplier(session: Session, plant: Counterparty) -> None:
    paid(session, plant, "1")
    session.info["viewer"] = Viewer.of(user_named(session, "pavel").id, [Sees.SUPPLIERS])
    assert len(session.scalars(select(SupplierPayment)).all()) == 1
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, [Sees.OWN])
    assert session.scalars(select(SupplierPayment)).all() == []
