"""Payments to suppliers from files: known by number, day and supplier; the orders follow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.supply import SupplierOrder, SupplierPayment
from app.services.purchasing.supplier_documents import order_supply
from app.services.typed import LineDraft, SupplyDraft
from tests import deals, factories
from tests.conftest import filled_once, user_named
from tests.services.exchange.conftest import Imports, counts, wrong

HEADER = "number,date,supplier,amount,order"


def fill(session: Session) -> None:
    """Two orders to “П1”, one to “П2”; “Б1” supplies nothing."""
    plant, base = (factories.buyer(session, name, code=name, is_supplier=True) for name in ("П1", "П2"))
    factories.buyer(session, code="Б1")
    lines = [LineDraft(deals.item(session).id, Decimal(1), Decimal(100))]
    for number, supplier in (("ЗС-1", plant), ("ЗС-2", plant), ("ЗС-3", base)):
        order_supply(session, SupplyDraft(supplier.id, date(2026, 11, 1), lines, number=number))


filled, session = filled_once(fill)


def paid(session: Session) -> dict[str, Decimal]:
    session.expire_all()
    query = select(SupplierOrder.number, SupplierOrder.paid_amount).order_by(SupplierOrder.number)
    return {row.number: row.paid_amount for row in session.execute(query)}


def test_orders_follow_the_file_and_a_second_time_changes_nothing(session: Session, imports: Imports) -> None:
    lines = (
        HEADER,
        '1,20.11.2026,П1,"60,10",зс-1',
        "2,2026-11-21,П1,-0.10,ЗС-1",
        "1,2026-11-20,П2,5,",
        ",2026-11-22,П1,7,",
    )
    assert counts(imports("supplier-payments", *lines[:4])) == (3, 0, 0)
    assert paid(session) == {"ЗС-1": 60, "ЗС-2": 0, "ЗС-3": 0}
    assert counts(imports("supplier-payments", *lines[:4])) == (0, 0, 3)
    assert counts(imports("supplier-payments", HEADER, "1,2026-11-20,П1,60.10,ЗС-2")) == (0, 1, 0)
    assert paid(session) == {"ЗС-1": Decimal("-0.10"), "ЗС-2": Decimal("60.10"), "ЗС-3": 0}
    assert counts(imports("supplier-payments", HEADER, lines[4])) == (1, 0, 0)
    assert "ОС-2026-00001" in session.scalars(select(SupplierPayment.number)).all()


def test_russian_headers_are_known(session: Session, imports: Imports) -> None:
    header = "Номер;Дата;Поставщик;Сумма;Заказ поставщику;Назначение платежа"
    report = imports("supplier-payments", header, "9;20.11.2026;П1;1 000,50;ЗС-1;за чай")
    assert (counts(report), report.ignored) == ((1, 0, 0), [])
    assert paid(session)["ЗС-1"] == Decimal("1000.50")


def test_another_sum_or_day_of_a_payment_is_a_question(session: Session, imports: Imports) -> None:
    imports("supplier-payments", HEADER, "1,2026-11-20,П1,60,ЗС-1")
    for line, field in (("1,2026-11-20,П1,61,ЗС-1", "amount"), ("1,2026-11-21,П1,60,ЗС-1", "date")):
        assert wrong(imports("supplier-payments", HEADER, line)) == [(2, field)]
    assert counts(imports("supplier-payments", HEADER, "1,2026-11-20,П1,61,", confirmed=True)) == (0, 1, 0)
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
    assert wrong(imports("supplier-payments", HEADER, line)) == [(2, field)]
    assert session.scalars(select(SupplierPayment)).all() == []


def test_a_purchasing_specialist_imports_payments_of_suppliers_alone(session: Session, imports: Imports) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "pavel").id, [Sees.SUPPLIERS])
    assert counts(imports("supplier-payments", HEADER, "1,2026-11-20,П1,60,ЗС-1")) == (1, 0, 0)
    assert wrong(imports("supplier-payments", HEADER, "1,2026-11-20,Б1,60,")) == [(2, "supplier")]
    assert paid(session)["ЗС-1"] == 60
