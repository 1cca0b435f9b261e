"""Documents are put right on the screen and by programs: rights, refusals at their fields, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.closing import OrderClosing
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.queries.journal import field_changes
from app.services.sales.closing import close_orders
from app.services.sales.payments import reverse_payment
from app.services.sales.shipments import reverse_shipment
from tests.conftest import filled_once, user_named
from tests.deals import DAY, item, order, paid, returned, shipped
from tests.factories import buyer
from tests.services.sales.test_closing import REASON
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]
Deal = tuple[Counterparty, BuyerOrder, Shipment, Payment]


def fill(session: Session) -> dict[Any, int]:
    """An order of ten bolts for 1,000: four are shipped, 300 are paid; a second order is closed."""
    who = buyer(session, manager_id=user_named(session, "anna").id)
    bolt = item(session, 100)
    it = order(session, who, {bolt: 10}, manager_id=who.manager_id)
    sent, payment = shipped(session, it, {bolt: 4}), paid(session, who, 300, order_id=it.id)
    closed = order(session, who, {bolt: 1}, manager_id=who.manager_id)
    close_orders(session, {closed.id: REASON(session)}, on=DAY, by_id=None)
    return {type(each): each.id for each in (who, it, sent, payment)}


filled, session = filled_once(fill)


@pytest.fixture
def deal(session: Session, filled: tuple[Session, dict[Any, int]]) -> Deal:
    who, it, sent, payment = (session.get_one(model, number) for model, number in filled[1].items())
    return who, it, sent, payment


def typed(payment: Payment, **more: Any) -> dict[str, str]:
    values = {
        "counterparty": payment.counterparty_id,
        "order": payment.order_id or "",
        "date": payment.date,
        "amount": abs(payment.amount),
        "purpose": "по счёту 7",
        "number": payment.number,
        "version": payment.version,
        **more,
    }
    return {name: str(value) for name, value in values.items()}


def lines(shipment: Shipment, quantity: Any, **more: Any) -> dict[str, str]:
    (line,) = shipment.lines
    values = {"date": shipment.date, "number": shipment.number, "version": shipment.version, **more}
    row = {"item": line.item_id, "quantity": quantity, "price": "100"}
    return {**{n: str(v) for n, v in values.items()}, **{f"lines-0-{n}": str(v) for n, v in row.items()}}


def test_a_payment_is_corrected_and_the_message_offers_to_undo_it(login: Login, session: Session, deal: Deal) -> None:
    _who, it, _sent, payment = deal
    client, address = login("anna"), f"/payments/edit/{payment.id}"
    card = client.get(f"/payments/show/{payment.id}").text
    assert card.count("btn-primary") == 1
    assert address in card
    assert 'value="300,00"' in client.get(address).text
    answer = client.post(address, data=typed(payment, amount="250,50"))
    assert answer.location == f"/payments/show/{payment.id}"
    session.expire_all()
    assert (str(payment.amount), str(it.paid_amount), payment.purpose) == ("250.50", "250.50", "по счёту 7")
    assert "/journal/undo/" in client.get(answer.location).text


def test_a_payment_of_another_client_goes_to_the_right_one(login: Login, session: Session, deal: Deal) -> None:
    who, it, _sent, payment = deal
    right = buyer(session, "Лютик", manager_id=who.manager_id)
    its = order(session, right, {item(session, 50): 2})
    session.commit()
    client, address = login("anna"), f"/payments/edit/{payment.id}"
    page = client.post(address, data=typed(payment, counterparty=right.id)).text
    assert 'id="order-error"' in page
    assert client.post(address, data=typed(payment, counterparty=right.id, order="")).status_code == 302
    session.expire_all()
    assert (payment.counterparty_id, it.paid_amount, its.paid_amount) == (right.id, 0, 100)
    (_made, change) = field_changes(session, "payment", payment.id)[:2]
    assert {each.what for each in (_made, change)} == {"insert", "update"}
    client.post(f"/payments/refund/{payment.id}", data={"date": str(DAY), "amount": "1"})
    session.expire_all()
    page = client.post(address, data=typed(payment, counterparty=who.id, order="")).text
    assert 'id="counterparty-error"' in page


def test_more_than_is_left_is_asked_about_by_a_tick_that_appears(login: Login, session: Session, deal: Deal) -> None:
    who, it, _sent, payment = deal
    client = login("anna")
    new = {
        "counterparty": str(who.id),
        "order": str(it.id),
        "date": str(DAY),
        "amount": "1 000 000",
        "purpose": "аванс",
    }
    for address, data in (
        ("/payments/add", new),
        (f"/orders/pay/{it.id}", new),
        (f"/payments/edit/{payment.id}", typed(payment, amount="1000300")),
    ):
        assert "confirmed" not in client.get(address).text
        page = client.post(address, data=data).text
        assert 'id="amount-error"' in page
        assert 'name="confirmed"' in page
        assert "999" in page
    assert len(session.scalars(select(Payment)).all()) == 1
    assert client.post("/payments/add", data=new | {"confirmed": "y"}).status_code == 302
    session.expire_all()
    assert it.paid_amount == 1000


@pytest.mark.parametrize("amount", ["-5", "0"])
def test_a_minus_is_refused_at_the_amount(login: Login, session: Session, deal: Deal, amount: str) -> None:
    who, it, _sent, payment = deal
    client = login("anna")
    data = {"counterparty": str(who.id), "date": str(DAY), "amount": amount, "purpose": "по счёту 7"}
    for address in (
        "/payments/add",
        f"/orders/pay/{it.id}",
        f"/payments/edit/{payment.id}",
        f"/payments/refund/{payment.id}",
    ):
        page = client.post(address, data=typed(payment) | data).text
        assert 'id="amount-error"' in page, address
        assert "по счёту 7" in page
    assert len(session.scalars(select(Payment)).all()) == 1


def test_of_two_who_correct_the_later_is_shown_what_the_first_saved(login: Login, session: Session, deal: Deal) -> None:
    _who, _it, sent, payment = deal
    client = login("anna")
    late, late_lines = typed(payment, amount="10"), lines(sent, 2)
    client.post(f"/payments/edit/{payment.id}", data=typed(payment, amount="20"))
    client.post(f"/shipments/edit/{sent.id}", data=lines(sent, 3))
    page = client.post(f"/payments/edit/{payment.id}", data=late).text
    assert "alert-warning" in page
    assert 'value="10"' in page
    page = client.post(f"/shipments/edit/{sent.id}", data=late_lines).text
    assert "alert-warning" in page
    assert 'value="2"' in page
    session.expire_all()
    assert (payment.amount, sent.quantity) == (20, 3)


def test_a_document_is_reversed_with_a_reason_that_its_card_and_the_feed_tell(
    login: Login, session: Session, deal: Deal
) -> None:
    who, it, sent, payment = deal
    client = login("anna")
    for row, address in ((payment, "payments"), (sent, "shipments")):
        url = f"/{address}/reverse/{row.id}"
        assert url in client.get(f"/{address}/show/{row.id}").text
        for reason in ("", "   "):
            assert 'id="reason-error"' in client.post(url, data={"reason": reason, "version": row.version}).text
        assert client.post(url, data={"reason": "не тот клиент", "version": row.version}).status_code == 302
        card = client.get(f"/{address}/show/{row.id}").text
        assert "не тот клиент" in card
        assert url not in card
        assert "Сторно" in client.get(f"/{address}/list/").text
        again = client.post(url, data={"reason": "ещё раз"}).text
        assert "alert-danger" in again
        assert "ещё раз" in again
    session.expire_all()
    assert (it.paid_amount, it.shipped_amount, str(it.status)) == (0, 0, "new")
    feed = client.get(f"/counterparties/feed/{who.id}").text
    assert feed.count("не тот клиент") == 2


def test_a_shipment_and_a_return_are_corrected_by_the_lines_editor(login: Login, session: Session, deal: Deal) -> None:
    _who, it, sent, _payment = deal
    back = returned(session, it, {sent.lines[0].item: 2})
    session.commit()
    client = login("anna")
    for row, quantity, wrong in ((back, 1, "5"), (sent, 3, "0")):
        address = f"/shipments/edit/{row.id}"
        assert f'value="{abs(row.quantity):.0f}"' in client.get(address).text
        page = client.post(address, data=lines(row, wrong)).text
        assert 'class="err"' in page
        assert f'value="{wrong}"' in page
        assert client.post(address, data=lines(row, quantity)).status_code == 302
        session.expire_all()
    assert (sent.quantity, back.quantity, it.rest_quantity) == (3, -1, 8)
    page = client.post(f"/shipments/edit/{sent.id}", data=lines(sent, 20)).text
    assert 'name="confirmed"' in page
    assert client.post(f"/shipments/edit/{sent.id}", data=lines(sent, 20, confirmed="y")).status_code == 302


def test_money_is_given_back_of_a_payment_and_of_an_order(login: Login, session: Session, deal: Deal) -> None:
    who, it, _sent, _payment = deal
    client = login("anna")
    extra = paid(session, who, 1000, order_id=it.id)  # 300 of it are an advance
    session.commit()
    assert 'value="300,00"' in client.get(f"/payments/refund/{extra.id}").text
    page = client.post(f"/payments/refund/{extra.id}", data={"date": str(DAY), "amount": "1000,01"}).text
    assert 'id="amount-error"' in page
    made = client.post(f"/payments/refund/{extra.id}", data={"date": str(DAY), "amount": "300"})
    refund = session.scalars(select(Payment).where(Payment.refund_of_id == extra.id)).one()
    assert (made.location, refund.amount) == (f"/payments/show/{refund.id}", -300)
    assert str(extra) in client.get(made.location).text
    assert str(refund) in client.get(f"/payments/show/{extra.id}").text
    assert f"/orders/refund/{it.id}" in client.get(f"/orders/show/{it.id}").text
    assert 'value="600,00"' in client.get(f"/orders/refund/{it.id}").text  # 1000 paid, goods for 400
    assert client.post(f"/orders/refund/{it.id}", data={"date": str(DAY), "amount": "600"}).status_code == 302
    session.expire_all()
    assert it.paid_amount == 400


def test_a_closed_order_is_returned_to_work(login: Login, session: Session, deal: Deal) -> None:
    closing = session.scalars(select(OrderClosing)).one()
    client, card = login("anna"), f"/orders/show/{closing.order_id}"
    assert f"/closings/action/reopen/{closing.id}" in client.get("/closings/list/").text
    assert f"/orders/reopen/{closing.order_id}" in client.get(card).text
    answer = client.post(f"/closings/action/reopen/{closing.id}")
    assert answer.status_code == 302
    assert session.scalars(select(OrderClosing)).all() == []
    assert "/journal/undo/" in client.get(answer.location).text
    answer = client.post(f"/orders/reopen/{closing.order_id}")
    assert "alert-danger" in client.get(answer.location).text


def test_who_does_not_see_or_may_not_write_puts_nothing_right(login: Login, session: Session, deal: Deal) -> None:
    _who, it, sent, payment = deal
    closing = session.scalars(select(OrderClosing)).one()
    urls = [
        *(f"/payments/{verb}/{payment.id}" for verb in ("edit", "reverse", "refund")),
        *(f"/shipments/{verb}/{sent.id}" for verb in ("edit", "reverse")),
        f"/orders/refund/{it.id}",
        f"/orders/reopen/{closing.order_id}",
        f"/closings/action/reopen/{closing.id}",
    ]
    data = {"reason": "чужое", "date": str(DAY), "amount": "1"}
    for url in urls:
        assert login("boris").post(url, data=data).status_code == 404, url
        assert login("maria").post(url, data=data).status_code in (302, 403), url
    session.expire_all()
    assert (payment.reversed_on, sent.reversed_on, payment.amount) == (None, None, 300)
    assert session.scalars(select(OrderClosing)).one().id == closing.id
    assert len(session.scalars(select(Payment)).all()) == 1
    assert "/closings/action/reopen/" not in login("maria").get("/closings/list/").text


def test_a_reversed_document_is_neither_corrected_nor_laid_on_orders(
    login: Login, session: Session, deal: Deal
) -> None:
    _who, it, sent, payment = deal
    reverse_payment(session, payment.id, "ошибка", on=DAY)
    reverse_shipment(session, sent.id, "ошибка", on=DAY)
    session.commit()
    client = login("anna")
    for url, data in (
        (f"/payments/edit/{payment.id}", typed(payment)),
        (f"/payments/refund/{payment.id}", {"date": str(DAY), "amount": "1"}),
        (f"/payments/allocate/{payment.id}", {f"order-{it.id}": "1"}),
        (f"/shipments/edit/{sent.id}", lines(sent, 1)),
    ):
        page = client.post(url, data=data)
        assert (page.status_code, "alert-danger" in page.text) == (200, True), url
    assert client.post(f"/payments/by-rule/{payment.id}").status_code == 302


def test_programs_put_documents_right(app: Flask, session: Session, deal: Deal) -> None:
    _who, it, sent, payment = deal
    closing = session.scalars(select(OrderClosing)).one()
    ask, stranger = Program(app, session, "anna"), Program(app, session, "boris")
    answer = ask("POST", "payment/", json={"order": it.id, "amount": "5000", "date": str(DAY)})
    assert (answer.status_code, list(answer.json["message"])) == (422, ["amount"])
    assert ask("POST", "payment/", json={"order": it.id, "amount": "-5"}).status_code == 422
    assert stranger("PUT", f"payment/{payment.id}", json={"amount": "1"}).status_code == 404
    version = payment.version
    answer = ask("PUT", f"payment/{payment.id}", json={"amount": "700", "version": version})
    assert (answer.status_code, float(answer.json["result"]["allocated_amount"])) == (200, 700), answer.text
    assert ask("PUT", f"payment/{payment.id}", json={"amount": "1", "version": version}).status_code == 422
    refund = ask("POST", f"payment/{payment.id}/refund", json={"amount": "100", "date": str(DAY)})
    assert float(refund.json["result"]["amount"]) == -100
    assert ask("POST", f"payment/{payment.id}/refund", json={"amount": "600.01", "date": str(DAY)}).status_code == 422
    assert ask("POST", f"payment/{payment.id}/reverse", json={"reason": "ошибка"}).status_code == 422
    for number in (refund.json["id"], payment.id):
        answer = ask("POST", f"payment/{number}/reverse", json={"reason": "ошибка"})
        assert answer.json["result"]["reversed_because"] == "ошибка"
    line = {"item": sent.lines[0].item.code, "quantity": 2, "price": 100}
    assert float(ask("PUT", f"shipment/{sent.id}", json={"lines": [line]}).json["result"]["amount"]) == 200
    assert ask("POST", f"shipment/{sent.id}/reverse", json={"reason": ""}).json["message"]["reason"]
    assert ask("POST", f"shipment/{sent.id}/reverse", json={"reason": "ошибка"}).status_code == 200
    assert ask("POST", f"order/{closing.order_id}/reopen").json["result"]["status"] == "new"
    assert ask("POST", f"order/{closing.order_id}/reopen").status_code == 422
    session.refresh(it)
    assert (it.paid_amount, it.shipped_amount) == (0, 0)
