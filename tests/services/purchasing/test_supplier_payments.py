"""What is paid of an order to a supplier and what we owe him follow the documents, whoever writes them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.suppliers import SupplierPrice
from app.models.supply import SupplierOrder, SupplierOrderLine, SupplierPayment
from app.queries.purchasing.settlements import documents
from app.queries.purchasing.supplier_money import owed_to
from app.queries.purchasing.suppliers import goods_of_supplier_orders, measured, rest_amount
from app.services.exchange import table_named
from app.services.exchange.exporting import export_query
from app.services.purchasing.supplier_documents import order_supply, receive, reverse_receipt
from app.services.purchasing.supplier_payments import complete, reverse_supplier_payment, take_back
from app.services.typed import Changed, LineDraft, RefundDraft, SupplyDraft
from tests.conftest import user_named
from tests.deals import DAY, D, item
from tests.factories import added, buyer
from tests.services.test_undoing import put_back


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


def told(session: Session, plant: Counterparty, order: SupplierOrder) -> list[Any]:
    """What queries tell of the supplier and the order."""
    queries = [
        owed_to(plant.id),
        select(documents(DAY + timedelta(days=400)).c["id", "kind", "received", "paid"]),
        measured(DAY + timedelta(days=30)),
        select(goods_of_supplier_orders([order.id])),
        select(rest_amount()).select_from(SupplierOrder),
        select(SupplierOrder.rest_quantity, SupplierOrder.received_on, SupplierOrder.paid_amount),
        select(SupplierPrice.item_id, SupplierPrice.price, SupplierPrice.on),
        export_query(table_named("supplier-payments")),
    ]
    session.flush()
    return [sorted(map(tuple, session.execute(query)), key=repr) for query in queries]


def test_what_is_reversed_is_told_of_by_no_query(session: Session, plant: Counterparty) -> None:
    order = order_supply(session, draft(session, plant, "100", receive_on=DAY))
    lines = session.scalars(select(SupplierOrderLine.item_id)).all()
    goods = [LineDraft(lines[0], D(1), D(90))]
    session.commit()
    before = told(session, plant, order)
    receipt = receive(session, SupplyDraft(plant.id, DAY, goods, order_id=order.id))
    payment = paid(session, plant, "30", order)
    made = told(session, plant, order)
    assert all(then != now for then, now in zip(before, made, strict=True))
    reverse_receipt(session, receipt.id, "не тот поставщик", on=DAY)
    reverse_supplier_payment(session, payment.id, "дважды", on=DAY)
    session.commit()
    assert told(session, plant, order) == before
    assert (receipt.reversed_because, payment.reversed_on) == ("не тот поставщик", DAY)
    for verb, number in ((reverse_receipt, receipt.id), (reverse_supplier_payment, payment.id)):
        with pytest.raises(Refused, match="reversed"):
            verb(session, number, "ещё раз", on=DAY)
    with pytest.raises(Refused, match="reversed"):
        receive(session, SupplyDraft(plant.id, DAY, goods, order_id=order.id, row_id=receipt.id))


def test_reversals_and_refunds_are_undone(committed: Flask) -> None:
    with committed.app_context(), Session(db.engine) as own:
        undone(own)


def undone(own: Session) -> None:
    plant = buyer(own, "Завод", is_supplier=True)
    order = ordered(own, plant)
    receipt = receive(own, draft(own, plant, "90", order_id=order.id))
    payment, other = paid(own, plant, "30", order), paid(own, plant, "7")
    of_other = RefundDraft(plant.id, DAY, D(2), payment_id=other.id)
    for verb in (
        lambda: reverse_receipt(own, receipt.id, "не тот поставщик", on=DAY),
        lambda: reverse_supplier_payment(own, payment.id, "дважды", on=DAY),
        lambda: take_back(own, of_other),
    ):
        put_back(own, verb)


def test_a_reversal_says_why_and_stands_on_what_was_seen(session: Session, plant: Counterparty) -> None:
    payment = paid(session, plant, "30")
    for reason in ("", "  "):
        with pytest.raises(Refused) as refused:
            reverse_supplier_payment(session, payment.id, reason, on=DAY)
        assert refused.value.field == "reason"
    with pytest.raises(Changed):
        reverse_supplier_payment(session, payment.id, "дважды", on=DAY, version=payment.version + 1)


def test_a_supplier_gives_back_no_more_than_he_was_paid(session: Session, plant: Counterparty) -> None:
    order = ordered(session, plant)
    payment = paid(session, plant, "80", order)

    def back(amount: str, on: date = DAY) -> SupplierPayment:
        made = take_back(session, RefundDraft(plant.id, on, D(amount), payment_id=payment.id))
        session.commit()
        return made

    for wrong, field in ((("80.01",), "amount"), (("0",), "amount"), (("1", DAY - timedelta(days=1)), "date")):
        with pytest.raises(Refused) as refused:
            back(*wrong)
        assert refused.value.field == field
    refund = back("50")
    assert (refund.amount, refund.order_id, left(order)) == (-50, order.id, (30, 70))
    with pytest.raises(Refused):
        back("30.01")
    # Neither the payment nor the refund becomes what the other does not allow.
    for row, amount in ((payment, "49.99"), (refund, "-80.01"), (refund, "5")):
        row.amount = D(amount)
        with session.no_autoflush, pytest.raises(Refused) as refused:
            complete(session, row)
        assert refused.value.field == "amount"
        session.refresh(row)
    with pytest.raises(Refused, match="given back"):
        reverse_supplier_payment(session, payment.id, "дважды", on=DAY)
    reverse_supplier_payment(session, refund.id, "не пришли", on=DAY)
    session.commit()
    assert left(order) == (80, 20)
    reverse_supplier_payment(session, payment.id, "дважды", on=DAY)
    session.commit()
    assert left(order) == (0, 100)
