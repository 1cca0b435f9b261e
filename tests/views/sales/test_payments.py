"""Payments on the screen, which orders they pay, and sales without an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.allocations import PaymentAllocation
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from tests.conftest import user_named
from tests.deals import DAY, item, order, paid, shipped
from tests.factories import buyer

Login = Callable[..., FlaskClient]


@pytest.fixture
def who(session: Session) -> Counterparty:
    return buyer(session, manager_id=user_named(session, "anna").id)


def form(who: Counterparty, **values: Any) -> dict[str, str]:
    typed = {"counterparty": who.id, "date": DAY, "amount": "150,50", "purpose": "по счёту 7", **values}
    return {name: str(value) for name, value in typed.items()}


def shares(session: Session, payment: Payment) -> dict[int, Any]:
    query = select(PaymentAllocation.order_id, PaymentAllocation.amount)
    return dict(session.execute(query.where(PaymentAllocation.payment_id == payment.id)).all())


def test_a_payment_is_typed_and_goes_to_the_named_order(login: Login, session: Session, who: Counterparty) -> None:
    bolt = item(session, 100)
    old, named = order(session, who, {bolt: 10}), order(session, who, {bolt: 10})
    session.commit()
    client = login("anna")
    assert f'<option value="{named.id}" selected>' in client.get(f"/payments/add?_flt_0_order={named.id}").text
    answer = client.post("/payments/add", data=form(who, order=named.id))
    made = session.scalars(select(Payment)).one()
    assert answer.location == f"/payments/show/{made.id}"
    assert (str(made.amount), made.purpose, made.order_id) == ("150.50", "по счёту 7", named.id)
    page = client.get(answer.location).text
    assert named.number in page
    assert old.number not in page
    assert made.number in client.get(f"/orders/show/{named.id}").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "много"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"date": ""}, "date"),
        ({"counterparty": ""}, "counterparty"),
        ({"number": "занят"}, "number"),
    ],
)
def test_a_wrong_payment_is_refused_at_its_field_and_nothing_typed_is_lost(
    login: Login, session: Session, who: Counterparty, wrong: dict[str, str], field: str
) -> None:
    paid(session, who, 1, number="занят")
    session.commit()
    page = login("anna").post("/payments/add", data=form(who, **wrong)).text
    assert f'id="{field}-error"' in page
    assert "по счёту 7" in page
    assert len(session.scalars(select(Payment)).all()) == 1


def test_a_payment_for_an_order_of_another_buyer_is_refused(login: Login, session: Session, who: Counterparty) -> None:
    strange = order(session, buyer(session, manager_id=who.manager_id), {item(session, 100): 1})
    session.commit()
    assert 'id="order-error"' in login("anna").post("/payments/add", data=form(who, order=strange.id)).text
    assert session.scalars(select(Payment)).all() == []


@pytest.fixture
def spread(session: Session, who: Counterparty) -> tuple[Payment, BuyerOrder, BuyerOrder]:
    """A payment that the rules laid on the older of two orders."""
    bolt = item(session, 100)
    older, newer = order(session, who, {bolt: 10}), order(session, who, {bolt: 10})
    payment = paid(session, who, 600)
    assert shares(session, payment) == {older.id: 600}
    session.commit()
    return payment, older, newer


def test_a_person_decides_which_orders_are_paid(login: Login, session: Session, spread: Any) -> None:
    payment, older, newer = spread
    client = login("anna")
    page = client.get(f"/payments/allocate/{payment.id}").text
    assert 'value="600,00"' in page
    typed = {f"order-{older.id}": "100", f"order-{newer.id}": "450,50"}
    assert client.post(f"/payments/allocate/{payment.id}", data=typed).status_code == 302
    assert shares(session, payment) == {older.id: 100, newer.id: 450.5}
    card = client.get(f"/payments/show/{payment.id}").text
    assert "49,50" in card  # the advance
    session.refresh(newer)
    assert newer.paid_amount == 450.5
    assert f"/payments/by-rule/{payment.id}" in card
    assert client.post(f"/payments/by-rule/{payment.id}").status_code == 302
    assert shares(session, payment) == {older.id: 600}


def test_sums_that_do_not_fit_are_refused_and_kept_on_the_page(login: Login, session: Session, spread: Any) -> None:
    payment, older, newer = spread
    client, address = login("anna"), f"/payments/allocate/{payment.id}"
    for typed in ({older.id: "600", newer.id: "1"}, {older.id: "1000.01"}, {older.id: "-5"}, {older.id: "сто"}):
        answer = client.post(address, data={f"order-{number}": text for number, text in typed.items()})
        assert answer.status_code == 200
        assert all(f'value="{text}"' in answer.text for text in typed.values()), typed
        assert "alert-danger" in answer.text or 'class="err"' in answer.text
        assert shares(session, payment) == {older.id: 600}


def test_payments_of_others_are_neither_seen_nor_laid(login: Login, session: Session, spread: Any) -> None:
    payment, older, _newer = spread
    boris = login("boris")
    assert boris.get(f"/payments/allocate/{payment.id}").status_code == 404
    assert boris.post(f"/payments/allocate/{payment.id}", data={f"order-{older.id}": "1"}).status_code == 404
    assert boris.post(f"/payments/by-rule/{payment.id}").status_code == 404
    assert shares(session, payment) == {older.id: 600}
    assert login("maria").get("/payments/add").status_code == 403


def lines(bolt: Any, quantity: str = "2") -> dict[str, str]:
    return {"lines-0-item": str(bolt.id), "lines-0-quantity": quantity, "lines-0-price": "99,90"}


@pytest.mark.parametrize(("kind", "amount"), [("shipment", "199.80"), ("return", "-199.80")])
def test_goods_are_sold_and_taken_back_without_an_order(
    login: Login, session: Session, who: Counterparty, kind: str, amount: str
) -> None:
    bolt = item(session, 100)
    session.commit()
    client = login("anna")
    assert f'<option value="{who.id}" selected>' in client.get(f"/shipments/add?_flt_0_counterparty={who.id}").text
    data = {"counterparty": str(who.id), "kind": kind, "date": str(DAY), **lines(bolt)}
    answer = client.post("/shipments/add", data=data)
    made = session.scalars(select(Shipment)).one()
    assert answer.location == f"/shipments/show/{made.id}"
    assert (str(made.amount), made.kind.value, made.order_id) == (amount, kind, None)


def test_a_wrong_line_of_a_sale_is_told_in_its_cell(login: Login, session: Session, who: Counterparty) -> None:
    bolt = item(session, 100)
    session.commit()
    data = {"counterparty": str(who.id), "kind": "shipment", "date": str(DAY), "number": "Р-77"}
    for quantity in ("0", "-1", "два"):
        page = login("anna").post("/shipments/add", data={**data, **lines(bolt, quantity)}).text
        assert 'class="err"' in page, quantity
        assert f'value="{quantity}"' in page
        assert "Р-77" in page
    assert 'class="err"' in login("anna").post("/shipments/add", data=data).text  # no lines
    assert session.scalars(select(Shipment)).all() == []


def test_a_shipment_by_an_order_is_made_from_the_order(login: Login, session: Session, who: Counterparty) -> None:
    it = order(session, who, {item(session, 100): 1})
    session.commit()
    assert login("anna").get(f"/shipments/add?_flt_0_order={it.id}").location == f"/orders/ship/{it.id}"


def test_the_pages_of_payments_are_cheap(login: Login, session: Session, spread: Any, sql: list[str]) -> None:
    payment, older, _newer = spread
    client = login("anna")
    client.get("/payments/list/")
    for address, most in (
        ("/payments/add", 4),
        (f"/payments/add?_flt_0_order={older.id}", 6),
        ("/shipments/add", 4),
        (f"/payments/allocate/{payment.id}", 8),
        (f"/payments/show/{payment.id}", 8),
        (f"/orders/show/{older.id}", 8),
        ("/orders/list/", 8),
    ):
        sql.clear()
        assert client.get(address).status_code == 200
        assert len(sql) <= most, "\n".join([address, *sql])


def test_the_card_of_a_client_tells_what_he_owes(login: Login, session: Session, who: Counterparty) -> None:
    bolt = item(session, 100)
    it = order(session, who, {bolt: 10}, on=date(2026, 1, 1), pay_by=date(2026, 1, 31))
    shipped(session, it, {bolt: 4}, on=date(2026, 1, 1))
    paid(session, who, 150, on=date(2026, 2, 1))
    session.commit()
    client, address = login("anna"), f"/counterparties/show/{who.id}"
    page = client.get(address).text
    assert "<b>250,00</b>" in page
    assert "31.01.2026" in page  # overdue since then
    assert f"/reports/settlements/?counterparty={quote(who.code)}" in page
    paid(session, who, 1250, on=date(2026, 2, 2))
    session.commit()
    assert "<b>1\u00a0000,00</b>" in client.get(address).text
    assert 'class="card settle"' not in login("maria").get(address).text


def test_the_terms_of_debt_are_typed_and_never_negative(login: Login, session: Session, who: Counterparty) -> None:
    session.commit()
    client, address = login("anna"), f"/counterparties/edit/{who.id}"
    data = {"name": who.name, "code": who.code, "kind": "company", "is_buyer": "y"}
    for wrong in ({"allowed_debt": "-1"}, {"allowed_days": "-1"}):
        (name,) = wrong
        assert f'id="{name}-error"' in client.post(address, data={**data, **wrong}).text
    answer = client.post(address, data={**data, "allowed_debt": "5000", "allowed_days": "14"})
    assert answer.status_code == 302, answer.text
    session.refresh(who)
    assert (who.allowed_debt, who.allowed_days) == (5000, 14)
    assert "5\u00a0000,00" in client.get(answer.location).text


def test_money_greater_than_the_base_keeps_is_a_refusal(session: Session, login: Login) -> None:
    who = buyer(session)
    session.commit()
    vera = login("vera")
    greatest = form(who, amount="9999999999999", confirmed="y")
    assert vera.post("/payments/add", data=greatest).status_code == 302
    answer = vera.post("/payments/add", data=greatest)
    assert answer.status_code == 200
    assert "Число вне допустимых пределов" in answer.text
