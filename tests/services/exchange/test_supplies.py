"""What is of suppliers from files: payments, whose orders follow; orders with their lines; closings of orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.vat import VatRate
from app.domain.viewer import Sees, Viewer
from app.models.closing import SupplierOrderClosing
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.supply import SupplierOrder, SupplierPayment
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.typed import LineDraft, SupplyDraft
from tests import deals, factories
from tests.conftest import filled_once, user_named
from tests.services.exchange.conftest import TODAY, Imports, counts, wrong

PAYMENTS = "number,date,supplier,amount,order"
ORDERS = "number,date,supplier,item,quantity,price,manager,receive_on,pay_by,comment"
CLOSINGS = "order,reason,date,comment"


def fill(session: Session) -> None:
    """Two orders to “П1”, one to “П2”; “Б1” supplies nothing; items A and B."""
    plant, base = (factories.buyer(session, name, code=name, is_supplier=True) for name in ("П1", "П2"))
    factories.buyer(session, code="Б1")
    lines = [LineDraft(deals.item(session).id, Decimal(1), Decimal(100))]
    for number, supplier in (("ЗС-1", plant), ("ЗС-2", plant), ("ЗС-3", base)):
        order_supply(session, SupplyDraft(supplier.id, date(2026, 11, 1), lines, number=number))
    for code, name in (("A", "Чай"), ("B", "Кофе")):
        factories.added(session, Item(code=code, name=name, vat=VatRate.TEN))


filled, session = filled_once(fill)


def paid(session: Session) -> dict[str, Decimal]:
    session.expire_all()
    query = select(SupplierOrder.number, SupplierOrder.paid_amount).order_by(SupplierOrder.number)
    return {row.number: row.paid_amount for row in session.execute(query)}


def test_orders_follow_the_file_and_a_second_time_changes_nothing(session: Session, imports: Imports) -> None:
    lines = (
        PAYMENTS,
        '1,20.11.2026,П1,"60,10",зс-1',
        "2,2026-11-21,П1,-0.10,ЗС-1",
        "1,2026-11-20,П2,5,",
        ",2026-11-22,П1,7,",
    )
    assert counts(imports("supplier-payments", *lines[:4])) == (3, 0, 0)
    assert paid(session) == {"ЗС-1": 60, "ЗС-2": 0, "ЗС-3": 0}
    assert counts(imports("supplier-payments", *lines[:4])) == (0, 0, 3)
    assert counts(imports("supplier-payments", PAYMENTS, "1,2026-11-20,П1,60.10,ЗС-2")) == (0, 1, 0)
    assert paid(session) == {"ЗС-1": Decimal("-0.10"), "ЗС-2": Decimal("60.10"), "ЗС-3": 0}
    assert counts(imports("supplier-payments", PAYMENTS, lines[4])) == (1, 0, 0)
    assert "ОС-2026-00001" in session.scalars(select(SupplierPayment.number)).all()


def test_russian_headers_are_known(session: Session, imports: Imports) -> None:
    header = "Номер;Дата;Поставщик;Сумма;Заказ поставщику;Назначение платежа"
    report = imports("supplier-payments", header, "9;20.11.2026;П1;1 000,50;ЗС-1;за чай")
    assert (counts(report), report.ignored) == ((1, 0, 0), [])
    assert paid(session)["ЗС-1"] == Decimal("1000.50")


def test_another_sum_or_day_of_a_payment_is_a_question(session: Session, imports: Imports) -> None:
    imports("supplier-payments", PAYMENTS, "1,2026-11-20,П1,60,ЗС-1")
    for line, field in (("1,2026-11-20,П1,61,ЗС-1", "amount"), ("1,2026-11-21,П1,60,ЗС-1", "date")):
        assert wrong(imports("supplier-payments", PAYMENTS, line)) == [(2, field)]
    assert counts(imports("supplier-payments", PAYMENTS, "1,2026-11-20,П1,61,", confirmed=True)) == (0, 1, 0)
    assert paid(session)["ЗС-1"] == 61  # an empty cell keeps the order


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("1,2026-11-20,П1,0,", "amount"),
        ("1,2026-11-20,Б1,5,", "supplier"),
        ("1,2026-11-20,нет,5,", "supplier"),
        ("1,2026-11-20,П1,5,ЗС-3", "order"),
        ("1,2026-11-20,П1,5,нет", "order"),
        ("1,,П1,5,", "date"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_imported(
    session: Session, imports: Imports, line: str, field: str
) -> None:
    assert wrong(imports("supplier-payments", PAYMENTS, line)) == [(2, field)]
    assert session.scalars(select(SupplierPayment)).all() == []


def test_a_purchasing_specialist_imports_payments_of_suppliers_alone(session: Session, imports: Imports) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "pavel").id, [Sees.SUPPLIERS])
    assert counts(imports("supplier-payments", PAYMENTS, "1,2026-11-20,П1,60,ЗС-1")) == (1, 0, 0)
    assert wrong(imports("supplier-payments", PAYMENTS, "1,2026-11-20,Б1,60,")) == [(2, "supplier")]
    assert paid(session)["ЗС-1"] == 60


def the(session: Session, number: str) -> SupplierOrder:
    session.expire_all()
    return session.scalars(select(SupplierOrder).where(SupplierOrder.number == number)).one()


def came(session: Session, order: SupplierOrder, quantity: int) -> None:
    line = LineDraft(order.lines[0].item_id, Decimal(quantity), Decimal(10))
    receive(session, SupplyDraft(order.counterparty_id, date(2026, 11, 22), [line], order_id=order.id))


def test_an_order_gathers_its_lines_and_a_second_time_changes_nothing(session: Session, imports: Imports) -> None:
    lines = (
        ORDERS,
        "1,2026-11-20,П1,A,2,10.55,pavel,2026-11-30,2026-12-10,срочно",
        "2,21.11.2026,П2,B,1.5,3.33,,,,",
        "1,2026-11-20,П1,B,1,5,pavel,2026-11-30,2026-12-10,срочно",
        ",2026-11-22,П2,A,1,7,,,,",
    )
    assert counts(imports("supplier-orders", *lines)) == (3, 0, 0)
    order = the(session, "1")
    assert (order.amount, order.rest_quantity, order.unpaid_amount) == (Decimal("26.10"), 3, Decimal("26.10"))
    assert (order.manager and order.manager.username, order.comment) == ("pavel", "срочно")
    assert (order.receive_on, order.pay_by) == (date(2026, 11, 30), date(2026, 12, 10))
    assert [(line.item.code, line.amount, line.vat) for line in order.lines] == [
        ("A", Decimal("21.10"), VatRate.TEN),
        ("B", 5, VatRate.TEN),
    ]
    assert the(session, "ЗС-2026-00001").amount == 7
    assert counts(imports("supplier-orders", *lines)) == (0, 0, 3)


def test_figures_of_a_changed_order_follow(session: Session, imports: Imports) -> None:
    imports("supplier-orders", ORDERS, "1,2026-11-20,П1,A,3,10,,2026-11-30,,")
    came(session, the(session, "1"), 3)
    assert the(session, "1").received_on == date(2026, 11, 22)
    assert counts(imports("supplier-orders", ORDERS, "1,2026-11-20,П1,A,4,10,,,,")) == (0, 1, 0)
    order = the(session, "1")
    assert (order.rest_quantity, order.received_on, order.amount) == (1, None, 40)
    assert order.receive_on == date(2026, 11, 30)  # an empty cell keeps what is known


def test_a_file_changes_an_order_as_its_form_does(session: Session, imports: Imports, sql: list[str]) -> None:
    """An order that is closed stays, and begins no later than what was received by it; no day is before its own."""
    before, kept = "1,2026-11-20,П1,A,3,10,,2026-11-30,,", "2,2026-11-20,П1,A,3,10,,,,"
    imports("supplier-orders", ORDERS, before, kept)
    came(session, the(session, "1"), 2)
    for line, field in (
        ("1,2026-11-23,П1,A,3,10,,,,", "date"),
        ("1,2026-11-20,П1,A,3,10,,2026-11-19,,", "receive_on"),
        ("3,2026-11-20,П1,A,3,10,,,2026-11-19,", "pay_by"),
    ):
        assert wrong(imports("supplier-orders", ORDERS, kept, line)) == [(3, field)]
    assert counts(imports("supplier-orders", ORDERS, "1,2026-11-22,П1,A,3,10,,,,")) == (0, 1, 0)
    imports("supplier-orders", ORDERS, before)
    imports("supplier-order-closings", CLOSINGS, "1,Прочее,2026-11-22,")
    assert counts(imports("supplier-orders", ORDERS, kept, before)) == (0, 0, 2)
    for line in ("1,2026-11-20,П1,A,4,10,,,,", "1,2026-11-20,П1,A,3,10,,2026-12-01,,"):
        assert wrong(imports("supplier-orders", ORDERS, kept, line)) == [(3, "number")]
    del sql[:]
    assert counts(imports("supplier-orders", ORDERS, "2,2026-11-20,П1,A,4,10,,,,")) == (0, 1, 0)
    touched = [each for each in sql if each.startswith("UPDATE supplier_order ") or "supplier_order.id FOR" in each]
    assert "FOR NO KEY UPDATE" in touched[0]  # two files never wait for each other


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("1,2026-11-20,Б1,A,1,5,,,,", "supplier"),  # supplies nothing
        ("1,2026-11-20,нет,A,1,5,,,,", "supplier"),
        ("1,2026-11-20,П1,нет,1,5,,,,", "item"),
        ("1,2026-11-20,П1,A,0,5,,,,", "quantity"),
        ("1,2026-11-20,П1,A,1,-5,,,,", "price"),
        ("1,,П1,A,1,5,,,,", "date"),
        ("9,2026-11-20,П2,A,1,5,,,,", "supplier"),  # the order of another supplier, in the base
        ("2,2026-11-20,П2,A,1,5,,,,", "supplier"),  # and in this file
    ],
)
def test_a_wrong_line_of_an_order_is_named_and_nothing_is_imported(
    session: Session, imports: Imports, line: str, field: str
) -> None:
    imports("supplier-orders", ORDERS, "9,2026-11-20,П1,A,1,5,,,,")
    assert wrong(imports("supplier-orders", ORDERS, "2,2026-11-20,П1,A,1,5,,,,", line)) == [(3, field)]
    assert session.scalar(select(func.count()).where(SupplierOrder.number == "2")) == 0


def test_russian_headers_are_known_and_a_file_may_bring_its_suppliers_and_items(
    session: Session, imports: Imports
) -> None:
    header = "Номер;Дата;Поставщик;ИНН поставщика;Артикул;Товар;Кол-во;Цена;Дата поступления;Код поставщика"
    report = imports(
        "supplier-orders",
        header,
        "5;20.11.2026;Плантация;7707083893;C;Какао;2;1 000,50;1.12.2026;KA-77",
        "5;20.11.2026;«ПЛАНТАЦИЯ»;7707083893;A;Чай;1;10;1.12.2026;TE-1",
        make_unknown=True,
    )
    assert (counts(report), report.ignored) == ((1, 0, 0), ["Код поставщика (J)"])  # his own article, as among prices
    supplier = session.scalars(select(Counterparty).where(Counterparty.inn == "7707083893")).one()
    assert (supplier.is_supplier, supplier.is_buyer) == (True, False)
    assert (the(session, "5").amount, the(session, "5").counterparty) == (Decimal("2011.00"), supplier)


def test_a_purchasing_specialist_imports_orders_to_suppliers_alone(session: Session, imports: Imports) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "pavel").id, [Sees.SUPPLIERS])
    assert counts(imports("supplier-orders", ORDERS, "1,2026-11-20,П1,A,1,5,,,,")) == (1, 0, 0)
    assert wrong(imports("supplier-orders", ORDERS, "2,2026-11-20,Б1,A,1,5,,,,")) == [(2, "supplier")]


def test_orders_are_closed_with_their_reasons_and_the_first_reason_stays(session: Session, imports: Imports) -> None:
    imports("supplier-orders", ORDERS, *(f"{n},2026-11-20,П{n},A,10,5,,,," for n in (1, 2)))
    came(session, the(session, "1"), 4)
    lines = CLOSINGS, "1,Нет оплаты,2026-11-22,", "2,Прочее,,не ждем"
    assert counts(imports("supplier-order-closings", *lines)) == (2, 0, 0)
    rows = session.scalars(select(SupplierOrderClosing).order_by(SupplierOrderClosing.id)).all()
    assert [(row.order.number, row.reason.name, row.on, row.comment) for row in rows] == [
        ("1", "Нет оплаты", date(2026, 11, 22), ""),
        ("2", "Прочее", TODAY, "не ждем"),
    ]
    assert [row.closing_amount for row in rows] == [30, 50]
    assert (the(session, "1").rest_quantity, the(session, "2").closed_on) == (0, TODAY)
    again = imports("supplier-order-closings", CLOSINGS, "1,Прочее,2026-11-23,")
    assert counts(again) == (0, 0, 1)
    assert [(warning.line, warning.field) for warning in again.warnings] == [(2, "reason")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("1,,2026-11-22,", "reason"),
        ("9,Прочее,2026-11-22,", "order"),
        ("1,Прочее,2026-11-19,", "date"),  # before the order
    ],
)
def test_a_wrong_line_closes_nothing(session: Session, imports: Imports, line: str, field: str) -> None:
    imports("supplier-orders", ORDERS, *(f"{n},2026-11-20,П{n},A,10,5,,,," for n in (1, 2)))
    assert wrong(imports("supplier-order-closings", CLOSINGS, "2,Прочее,2026-11-22,", line)) == [(3, field)]
    assert session.scalar(select(func.count()).select_from(SupplierOrderClosing)) == 0
