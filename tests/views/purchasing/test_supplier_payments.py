"""Payments to suppliers on the screen: from the order, from the card of the supplier, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.supply import Receipt, SupplierOrder, SupplierPayment
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.typed import LineDraft, SupplyDraft
from tests import deals, factories
from tests.conftest import filled_once
from tests.deals import DAY

Login = Callable[..., FlaskClient]
D = Decimal


def fill(session: Session) -> int:
    """An order of 300 to a plant, which has come."""
    plant = factories.buyer(session, "Завод", is_supplier=True, is_buyer=False)
    lines = [LineDraft(deals.item(session).id, D(3), D(100))]
    order = order_supply(session, SupplyDraft(plant.id, DAY, lines))
    receive(session, SupplyDraft(plant.id, DAY, lines, order_id=order.id), keep_prices=False)
    return order.id


filled, session = filled_once(fill)


@pytest.fixture
def order(session: Session, filled: tuple[Session, int]) -> SupplierOrder:
    return session.get_one(SupplierOrder, filled[1])


@pytest.fixture
def plant(order: SupplierOrder) -> Counterparty:
    return order.counterparty


@pytest.fixture
def pavel(login: Login) -> FlaskClient:
    client = login("pavel")
    client.get("/lang/en")
    return client


def typed(plant: Counterparty, **more: Any) -> dict[str, str]:
    values = {"counterparty": plant.id, "date": DAY, "amount": "150,50", "purpose": "по счёту 7", **more}
    return {name: str(value) for name, value in values.items()}


def the(session: Session) -> SupplierPayment:
    session.expire_all()
    return session.scalars(select(SupplierPayment)).one()


def test_an_order_is_paid_from_its_card_with_what_is_left_filled_in(
    pavel: FlaskClient, session: Session, plant: Counterparty, order: SupplierOrder
) -> None:
    card, form = f"/supplier-orders/show/{order.id}", f"/supplier-payments/add?_flt_0_order={order.id}"
    assert form in pavel.get(card).text
    page = pavel.get(form).text
    for filled in (f'<option value="{plant.id}" selected>', f'<option value="{order.id}" selected>', 'value="300.00"'):
        assert filled in page
    answer = pavel.post(form, data=typed(plant, order=order.id))
    made = the(session)
    assert answer.location == f"/supplier-payments/show/{made.id}"
    assert (str(made.amount), made.order_id, made.number) == ("150.50", order.id, "ОС-2026-00001")
    assert order.number in pavel.get(answer.location).text
    page = pavel.get(card).text
    assert made.number in page
    assert "149.50" in page
    assert 'value="149.50"' in pavel.get(form).text
    pavel.post(form, data=typed(plant, order=order.id, amount="149.5"))
    assert "fa-money-bill-transfer" not in pavel.get(card).text.split('class="related"')[0].split("<main")[-1]
    assert 'value=""' in pavel.get(form).text


def test_the_card_of_a_supplier_says_what_we_owe_him(
    pavel: FlaskClient, login: Login, plant: Counterparty, order: SupplierOrder
) -> None:
    card = f"/counterparties/show/{plant.id}"
    assert "We owe <b>300.00</b>" in " ".join(pavel.get(card).text.split()).replace("</span> <span>", "")
    pavel.post("/supplier-payments/add", data=typed(plant, amount="420"))
    page = pavel.get(card).text
    assert "Paid in advance <b>120.00</b>" in page
    assert f"/supplier-payments/list/?_flt_0_counterparty={plant.id}" in page
    form = f"/supplier-payments/add?_flt_0_counterparty={plant.id}"
    assert form in page
    assert f'<option value="{plant.id}" selected>' in pavel.get(form).text
    pavel.post("/supplier-payments/add", data=typed(plant, amount="-120"))
    assert "Nobody owes anything" in pavel.get(card).text
    assert "420.00" not in login("maria").get(card).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "много"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"date": ""}, "date"),
        ({"counterparty": ""}, "counterparty"),
        ({"number": "занят"}, "number"),
        ({"order": "their"}, "order"),
    ],
)
def test_a_wrong_payment_is_refused_at_its_field_and_nothing_typed_is_lost(
    pavel: FlaskClient, session: Session, plant: Counterparty, order: SupplierOrder, wrong: dict[str, str], field: str
) -> None:
    other = factories.buyer(session, "База", is_supplier=True)
    factories.added(session, SupplierPayment(number="занят", date=DAY, counterparty=plant, amount=D(1)))
    session.commit()
    data = typed(other if wrong == {"order": "their"} else plant, **wrong)
    if field == "order":
        data["order"] = str(order.id)
    page = pavel.post("/supplier-payments/add", data=data).text
    assert f'id="{field}-error"' in page
    assert "по счёту 7" in page
    assert the(session).number == "занят"


def test_a_payment_is_corrected_and_deleted(
    pavel: FlaskClient, session: Session, plant: Counterparty, order: SupplierOrder
) -> None:
    pavel.post("/supplier-payments/add", data=typed(plant, order=order.id))
    payment = the(session)
    edit = f"/supplier-payments/edit/{payment.id}"
    assert 'value="150.50"' in pavel.get(edit).text
    same = typed(plant, order=order.id, number=payment.number)
    assert pavel.post(edit, data=same | {"amount": "0"}).status_code == 200
    assert pavel.post(edit, data=same | {"amount": "100"}).status_code == 302
    assert (the(session).amount, session.get_one(SupplierOrder, order.id).unpaid_amount) == (100, 200)
    assert pavel.post(f"/supplier-orders/delete/{order.id}").location == f"/supplier-orders/show/{order.id}"
    assert pavel.post(f"/supplier-payments/delete/{payment.id}").status_code == 302
    session.expire_all()
    assert session.scalars(select(SupplierPayment)).all() == []
    assert session.get_one(SupplierOrder, order.id).unpaid_amount == 300


def test_a_receipt_and_a_payment_are_reversed_with_a_reason_that_card_list_and_feed_tell(
    pavel: FlaskClient, session: Session, plant: Counterparty, order: SupplierOrder
) -> None:
    pavel.post("/supplier-payments/add", data=typed(plant, order=order.id))
    receipt = session.scalars(select(Receipt)).one()
    for row, address in ((the(session), "supplier-payments"), (receipt, "receipts")):
        url, card = f"/{address}/reverse/{row.id}", f"/{address}/show/{row.id}"
        assert url in pavel.get(card).text
        assert 'id="reason-error"' in pavel.post(url, data={"reason": " ", "version": row.version}).text
        answer = pavel.post(url, data={"reason": "не тот поставщик", "version": row.version})
        assert answer.location == card
        page = pavel.get(card).text
        assert "не тот поставщик" in page
        assert "/journal/undo/" in page
        assert url not in page
        assert "Reversed" in pavel.get(f"/{address}/list/").text
        again = pavel.post(url, data={"reason": "ещё раз"}).text
        assert "alert-danger" in again
        assert "ещё раз" in again
        refused = pavel.post(f"/{address}/edit/{row.id}", data=typed(plant, number=row.number))
        assert refused.status_code == 200
    session.expire_all()
    assert (order.paid_amount, order.rest_quantity) == (0, 3)
    assert "не тот поставщик" in pavel.get(f"/counterparties/feed/{plant.id}").text


def test_what_a_supplier_gave_back_of_a_payment_is_told_on_both_cards(
    pavel: FlaskClient, session: Session, plant: Counterparty, order: SupplierOrder
) -> None:
    pavel.post("/supplier-payments/add", data=typed(plant, order=order.id))
    payment = the(session)
    url = f"/supplier-payments/refund/{payment.id}"
    assert url in pavel.get(f"/supplier-payments/show/{payment.id}").text
    assert 'value="150.50"' in pavel.get(url).text
    page = pavel.post(url, data={"date": str(DAY), "amount": "150.51", "purpose": "брак"}).text
    assert 'id="amount-error"' in page
    assert "брак" in page
    made = pavel.post(url, data={"date": str(DAY), "amount": "50.50", "purpose": "брак"})
    refund = session.scalars(select(SupplierPayment).where(SupplierPayment.refund_of_id == payment.id)).one()
    assert (made.location, refund.amount) == (f"/supplier-payments/show/{refund.id}", D("-50.50"))
    page = pavel.get(made.location).text
    assert payment.number in page
    assert f"/supplier-payments/refund/{refund.id}" not in page
    assert refund.number in pavel.get(f"/supplier-payments/show/{payment.id}").text
    session.expire_all()
    assert session.get_one(SupplierOrder, order.id).paid_amount == 100
    back = pavel.post(f"/supplier-payments/delete/{payment.id}")
    assert back.location == f"/supplier-payments/show/{payment.id}"


def test_the_list_finds_by_number_and_supplier(pavel: FlaskClient, session: Session, plant: Counterparty) -> None:
    other = factories.buyer(session, "База", is_supplier=True)
    for number, supplier in (("ПП-1", plant), ("ПП-2", other)):
        factories.added(session, SupplierPayment(number=number, date=DAY, counterparty=supplier, amount=D(1)))
    session.commit()
    for query, found in ((f"_flt_0_counterparty={plant.id}", "ПП-1"), ("_flt_0_number=пп-2", "ПП-2")):
        page = pavel.get(f"/supplier-payments/list/?{query}").text
        assert [number for number in ("ПП-1", "ПП-2") if f">{number}<" in page] == [found]


def test_purchasing_pays_directors_read_others_see_nothing(
    login: Login, session: Session, plant: Counterparty, order: SupplierOrder
) -> None:
    payment = factories.added(session, SupplierPayment(number="ПП-1", date=DAY, counterparty=plant, amount=D(1)))
    session.commit()
    addresses = ("list/", *(f"{verb}/{payment.id}" for verb in ("show", "edit", "reverse", "refund")), "add")
    for name, codes in {
        "pavel": [200] * 6,
        "vera": [200, 200, 403, 403, 403, 403],
        "anna": [403] * 6,
        "maria": [403] * 6,
    }.items():
        client = login(name)
        assert [client.get(f"/supplier-payments/{address}").status_code for address in addresses] == codes, name
        if name != "pavel":
            assert client.post(f"/supplier-payments/delete/{payment.id}").status_code == 403
            assert client.post("/supplier-payments/add", data=typed(plant)).status_code == 403
            assert client.post(f"/supplier-payments/reverse/{payment.id}", data={"reason": "чужая"}).status_code == 403
        with client.get("/export/supplier-payments.csv") as exported:
            assert exported.status_code == (200 if codes[0] == 200 else 403)
    card = login("vera").get(f"/supplier-orders/show/{order.id}").text
    assert f"/supplier-payments/add?_flt_0_order={order.id}" not in card


@pytest.mark.parametrize("username", ["pavel", "admin"])
@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/supplier-payments/list/", 6),
        ("/supplier-payments/show/{payment}", 9),
        ("/supplier-payments/add", 4),
        ("/supplier-payments/add?_flt_0_order={order}", 6),
        ("/supplier-payments/edit/{payment}", 4),
        ("/supplier-orders/show/{order}", 9),
        ("/counterparties/show/{plant}", 9),
        ("/lookup/SupplierOrder?q=ЗС&counterparty={plant}", 4),
    ],
)
def test_the_screens_of_payments_cost_a_handful_of_statements(
    login: Login,
    session: Session,
    plant: Counterparty,
    order: SupplierOrder,
    sql: list[str],
    username: str,
    address: str,
    most: int,
) -> None:
    for n in range(30):
        values = {"date": DAY, "counterparty": plant, "order": order if n % 2 else None, "amount": D(1)}
        payment = factories.added(session, SupplierPayment(number=f"ПП-{n}", **values))
    payment.order = order
    session.commit()
    address = address.format(payment=payment.id, order=order.id, plant=plant.id)
    client = login(username)
    client.get("/bell/")  # his rights are read by the first page that he opens
    sql.clear()
    assert client.get(address).status_code == 200
    assert len(sql) <= most, "\n".join(sql)
