"""Suppliers on the screen: their terms, items and prices, orders to them and receipts; who may do what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import PriceSource, Reliability
from app.models.closing import ClosingReason
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice, SupplierTerms
from app.models.supply import Receipt, SupplierOrder
from app.models.tasks import Task
from app.services.purchasing.closing import SUPPLIER_ORDERS
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.purchasing.suppliers import set_price, set_terms
from app.services.typed import LineDraft, PriceDraft, SupplyDraft, TermsDraft
from tests import deals, factories
from tests.conftest import user_named
from tests.factories import typed
from tests.views.counterparties.test_card import shown_of

Login = Callable[..., FlaskClient]
D = Decimal


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Moscow")).date()


@pytest.fixture
def plant(session: Session) -> Counterparty:
    supplier = factories.buyer(session, "Завод", is_supplier=True, is_buyer=False)
    session.commit()
    return supplier


@pytest.fixture
def bolt(session: Session) -> Item:
    item = deals.item(session, 100, name="Болт", cost=D(60))
    session.commit()
    return item


@pytest.fixture
def pavel(login: Login) -> FlaskClient:
    client = login("pavel")
    client.get("/lang/en")
    return client


def the(session: Session, model: Any) -> Any:
    session.expire_all()
    return session.scalars(select(model)).one()


def ordered(client: FlaskClient, session: Session, plant: Counterparty, bolt: Item, **more: Any) -> SupplierOrder:
    answer = client.post("/supplier-orders/add", data=typed(plant, [(bolt, "10", "55,50")], **more))
    assert answer.status_code == 302, answer.text
    order: SupplierOrder = the(session, SupplierOrder)
    return order


def test_an_order_is_made_and_changed_on_one_screen(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt, receive_on="2026-03-20")
    assert (order.number, order.amount, order.rest_quantity) == ("ЗС-2026-00001", D("555.00"), 10)
    form = pavel.get(f"/supplier-orders/edit/{order.id}").text
    assert 'value="10"' in form
    assert 'value="55.50"' in form
    changed = typed(plant, [(bolt, "12", "55.50")], version=order.version, receive_on="2026-03-21")
    assert pavel.post(f"/supplier-orders/edit/{order.id}", data=changed).status_code == 302
    assert (the(session, SupplierOrder).rest_quantity, the(session, SupplierOrder).receive_on.day) == (12, 21)


REFUSALS = [
    ({"lines-0-quantity": "пять"}, "Not a number: пять."),
    ({"lines-0-quantity": "0"}, "more than zero"),
    ({"lines-0-item": "999999"}, "Choose an item."),
    ({"receive_on": "2026-03-01"}, "earlier"),
    ({"counterparty": ""}, "required"),
]


@pytest.mark.parametrize(
    ("section", "cells", "message"),
    [
        (section, cells, message)
        for section in ("supplier-orders", "receipts")
        for cells, message in REFUSALS
        if section == "supplier-orders" or "receive_on" not in cells  # a receipt has no planned day
    ],
)
def test_a_refusal_keeps_what_was_typed(
    pavel: FlaskClient, plant: Counterparty, bolt: Item, section: str, cells: dict[str, str], message: str
) -> None:
    data = typed(plant, [(bolt, "7.5", "99.90")], number="свой-1") | cells
    answer = pavel.post(f"/{section}/add", data=data)
    assert answer.status_code == 200
    for shown in (message, "свой-1", "99.90", cells.get("lines-0-quantity") or "7.5"):
        assert shown in answer.text


def test_a_buyer_is_not_ordered_from(login: Login, session: Session, bolt: Item) -> None:
    buyer = factories.buyer(session, "Ромашка")
    session.commit()
    admin = login("admin")
    admin.get("/lang/en")
    assert "not a supplier" in admin.post("/supplier-orders/add", data=typed(buyer, [(bolt, "1", "1")])).text
    offered = [row["text"] for row in admin.get("/lookup/Supplier").json["results"]]  # type: ignore[index]
    assert "Ромашка" not in offered


def test_of_two_editors_the_later_sees_what_changed(
    login: Login, session: Session, plant: Counterparty, bolt: Item, pavel: FlaskClient
) -> None:
    order = ordered(pavel, session, plant, bolt)
    opened = order.version
    theirs = typed(plant, [(bolt, "12", "55.50")], version=opened)
    assert login("admin").post(f"/supplier-orders/edit/{order.id}", data=theirs).status_code == 302
    mine = typed(plant, [(bolt, "11", "55.50")], version=opened, comment="моё")
    answer = pavel.post(f"/supplier-orders/edit/{order.id}", data=mine)
    assert answer.status_code == 200
    for shown in ("Somebody saved", "моё", "Line 1: Quantity"):
        assert shown in answer.text
    again = mine | {"version": the(session, SupplierOrder).version}
    assert pavel.post(f"/supplier-orders/edit/{order.id}", data=again).status_code == 302
    assert the(session, SupplierOrder).comment == "моё"


def test_a_receipt_is_filled_in_with_what_is_left_and_teaches_prices_when_asked(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt)
    url = f"/receipts/add?order={order.id}"
    assert 'value="10"' in pavel.get(url).text
    assert 'value="10"' in pavel.get(url.replace("order=", "_flt_0_order=")).text
    assert pavel.post(url, data=typed(plant, [(bolt, "4", "57")])).status_code == 302
    assert session.scalars(select(SupplierPrice)).all() == []
    assert the(session, SupplierOrder).rest_quantity == 6
    assert 'value="6"' in pavel.get(url).text
    rest = typed(plant, [(bolt, "6", "58")], keep_prices="y", date="2026-03-12")
    assert pavel.post(url, data=rest).status_code == 302
    price = the(session, SupplierPrice)
    assert (price.price, price.source, price.note) == (58, PriceSource.RECEIPT, "ПТ-2026-00002")
    assert the(session, SupplierOrder).received_on.day == 12
    assert "Receive goods" not in pavel.get(f"/supplier-orders/show/{order.id}").text


def test_a_corrected_receipt_corrects_what_is_left(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt)
    pavel.post(f"/receipts/add?order={order.id}", data=typed(plant, [(bolt, "10", "57")]))
    receipt = the(session, Receipt)
    assert the(session, SupplierOrder).rest_quantity == 0
    data = typed(plant, [(bolt, "9", "57")], version=receipt.version, number=receipt.number)
    assert pavel.post(f"/receipts/edit/{receipt.id}", data=data).status_code == 302
    assert (the(session, SupplierOrder).rest_quantity, the(session, Receipt).order_id) == (1, order.id)
    assert pavel.post(f"/receipts/delete/{receipt.id}").status_code == 302
    assert the(session, SupplierOrder).rest_quantity == 10
    assert session.scalars(select(Receipt)).all() == []


def test_an_item_is_picked_with_the_supplier_s_price_else_with_its_cost(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    def price() -> str:
        answer = pavel.get(f"/supplier-orders/items?q=болт&counterparty={plant.id}").json
        return str(answer["results"][0]["price"])  # type: ignore[index]

    assert price() == "60.00"
    set_price(session, PriceDraft(plant.id, bolt.id, D("51.20"), date=today()))
    session.commit()
    assert price() == "51.20"
    rows = {"counterparty": str(plant.id), "rows": [[bolt.code, "3"], ["нет такого", "1"]]}
    pasted = pavel.post("/supplier-orders/items/paste", json=rows).json
    assert pasted is not None
    assert [(row["quantity"], row["price"]) for row in pasted["rows"]] == [("3", "51.20")]
    assert pasted["unknown"] == ["нет такого"]


def test_terms_are_changed_from_a_day_and_their_history_is_on_the_card(
    pavel: FlaskClient, session: Session, plant: Counterparty
) -> None:
    card = f"/counterparties/show/{plant.id}"
    assert "too little data" in pavel.get(card).text
    set_terms(session, TermsDraft(plant.id, date=today() - timedelta(days=30), by_id=None, reliability=Reliability.LOW))
    session.commit()
    url = f"/suppliers/terms/{plant.id}"
    assert 'value="low" selected' in pavel.get(url).text.replace('selected value="low"', 'value="low" selected')
    data = {"date": today().isoformat(), "reliability": "high", "lead_days": "9", "delivery": "Самовывоз"}
    assert pavel.post(url, data=data | {"lead_days": "-1", "comment": "важно"}).status_code == 200
    assert pavel.post(url, data=data).status_code == 302
    latest = session.scalars(select(SupplierTerms).order_by(SupplierTerms.on.desc())).first()
    assert latest is not None
    assert (latest.reliability, latest.lead_days, latest.by_id) == (
        Reliability.HIGH,
        9,
        user_named(session, "pavel").id,
    )
    page = pavel.get(card).text
    for shown in ("Самовывоз", "High reliability", "Low reliability", "History of terms"):
        assert shown in page


def test_what_was_measured_stands_beside_what_was_set(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    for came in (5, 5, 5, 5, 12):
        on = today() - timedelta(days=60)
        lines = [LineDraft(bolt.id, D(1), D(5))]
        order = order_supply(session, SupplyDraft(plant.id, on, lines, receive_on=on + timedelta(days=7)))
        if came == 12:
            order.receive_on += timedelta(days=1)  # and not kept either
            session.flush()
        receive(session, SupplyDraft(plant.id, on + timedelta(days=came), lines, order_id=order.id))
    session.commit()
    page = pavel.get(f"/counterparties/show/{plant.id}").text
    assert "4 of 5 orders in full and in time, 80" in page
    assert "moved later: 1" in page
    assert "Medium reliability" in page
    assert "6.4 days" in page
    told = pavel.get(f"/supplier-orders/supplier/{plant.id}").json
    assert told is not None
    assert any("80 %" in line["text"] for line in told["lines"])


def test_items_of_a_supplier_have_prices_by_day_with_their_source(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    data = {"counterparty": plant.id, "item": bolt.id, "code": "З-77", "name": "Болт заводской", "unit": "упак"}
    assert pavel.post("/supplier-items/add", data=data).status_code == 302
    offer = the(session, SupplierItem)
    again = pavel.post("/supplier-items/add", data=data)
    assert again.status_code == 200
    assert "Болт заводской" in again.text
    url = f"/supplier-items/price/{offer.id}"
    for on, price in (("2026-01-10", "50"), ("2026-02-10", "55")):
        assert pavel.post(url, data={"date": on, "price": price, "min_quantity": "2,5"}).status_code == 302
    assert "cannot be negative" in pavel.post(url, data={"date": "2026-03-01", "price": "-1", "note": "опт"}).text
    card = pavel.get(f"/supplier-items/show/{offer.id}").text
    for shown in ("10.01.2026", "10.02.2026", "Set by hand", "2.5", "+10"):
        assert shown in card
    listed = pavel.get("/supplier-items/list/?_flt_0_words=З-7").text
    assert "55.00" in listed
    assert "З-77" in pavel.get(f"/counterparties/show/{plant.id}").text


def test_suppliers_of_an_item_are_compared_and_the_best_is_marked(
    pavel: FlaskClient, login: Login, session: Session, plant: Counterparty, bolt: Item
) -> None:
    other = factories.buyer(session, "База", is_supplier=True)
    set_price(session, PriceDraft(plant.id, bolt.id, D(50), date=today(), lead_days=9))
    set_price(session, PriceDraft(other.id, bolt.id, D(52), date=today(), lead_days=3))
    session.commit()
    for url in (f"/suppliers/compare?item={bolt.id}", f"/items/show/{bolt.id}"):
        page = pavel.get(url).text
        assert page.count('class="best"') == 2, url
        assert page.index("Завод") < page.index("База")
    told = pavel.get(f"/reports/supplier-comparison/json?item={bolt.id}").json
    assert told is not None
    assert [(row["supplier"], row["price"], row["rank"]) for row in told[0]["rows"]] == [
        ("Завод", "50.00", 1),
        ("База", "52.00", 2),
    ]
    assert 'id="offers"' not in login("anna").get(f"/items/show/{bolt.id}").text


def test_the_card_of_who_buys_and_supplies_has_two_sides(login: Login, session: Session, bolt: Item) -> None:
    both = factories.buyer(session, "Обмен", is_supplier=True)
    deals.order(session, both, {bolt: 1}, number="ЗП-тут")
    session.commit()
    vera = login("vera")
    vera.get("/lang/en")
    url = f"/counterparties/show/{both.id}"
    assert "ЗП-тут" in vera.get(url).text
    page = vera.get(f"{url}?side=supplier").text
    assert "ЗП-тут" not in page
    assert "Terms of delivery" in page


@pytest.mark.parametrize("section", ["supplier-orders", "receipts", "supplier-items"])
def test_purchasing_works_directors_read_managers_see_nothing(login: Login, section: str) -> None:
    codes = {
        name: (login(name).get(f"/{section}/list/").status_code, login(name).get(f"/{section}/add").status_code)
        for name in ("pavel", "vera", "anna")
    }
    assert codes == {"pavel": (200, 200), "vera": (200, 403), "anna": (403, 403)}


def test_directors_and_managers_change_nothing(
    login: Login, session: Session, pavel: FlaskClient, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt)
    for name in ("vera", "anna"):
        client = login(name)
        for url in (
            f"/supplier-orders/edit/{order.id}",
            f"/receipts/add?order={order.id}",
            f"/suppliers/terms/{plant.id}",
        ):
            assert client.post(url, data=typed(plant, [(bolt, "1", "1")])).status_code == 403, (name, url)
    assert login("anna").get(f"/suppliers/compare?item={bolt.id}").status_code == 403


def test_what_belongs_to_no_supplier_is_not_found_by_purchasing(
    login: Login, session: Session, pavel: FlaskClient, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt)
    plant.is_supplier = False
    session.commit()
    for url in (f"/supplier-orders/show/{order.id}", f"/receipts/add?order={order.id}", f"/suppliers/terms/{plant.id}"):
        assert pavel.get(url).status_code == 404, url
    assert order.number not in pavel.get("/supplier-orders/list/").text


@pytest.mark.parametrize("username", ["pavel", "admin"])
@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/supplier-orders/list/", 8),
        ("/supplier-orders/show/{order}", 9),
        ("/supplier-orders/add", 4),
        ("/supplier-orders/edit/{order}", 8),
        ("/receipts/list/", 8),
        ("/receipts/add?order={order}", 8),
        ("/receipts/show/{receipt}", 9),
        ("/receipts/edit/{receipt}", 8),
        ("/supplier-items/list/", 8),
        ("/supplier-items/show/{offer}", 9),
        ("/supplier-items/price/{offer}", 8),
        ("/suppliers/terms/{plant}", 8),
        ("/suppliers/compare?item={bolt}", 8),
        ("/items/show/{bolt}", 9),
        ("/counterparties/show/{plant}", 9),
        ("/lookup/Supplier?q=за", 4),
    ],
)
def test_the_screens_of_suppliers_cost_a_handful_of_statements(
    login: Login, session: Session, plant: Counterparty, sql: list[str], username: str, url: str, most: int
) -> None:
    items = [deals.item(session) for _ in range(12)]
    lines = [LineDraft(item.id, D(2), D(5)) for item in items]
    day = today()
    buyer = user_named(session, "pavel").id
    for n in range(3):
        order = order_supply(session, SupplyDraft(plant.id, day, lines, receive_on=day, manager_id=buyer))
        half = [LineDraft(item.id, D(1), D(5)) for item in items]
        receipt = receive(session, SupplyDraft(plant.id, day, half, order_id=order.id, manager_id=buyer))
        set_terms(session, TermsDraft(plant.id, date=day - timedelta(days=n), by_id=buyer, lead_days=n))
    offers = [factories.added(session, SupplierItem(counterparty=plant, item=item)) for item in items]
    session.commit()
    numbers = {"order": order.id, "receipt": receipt.id, "offer": offers[0].id, "plant": plant.id, "bolt": items[0].id}
    client = login(username)
    sql.clear()
    assert client.get(url.format(**numbers)).status_code == 200
    assert len(sql) <= most, "\n".join(sql)


def test_the_card_of_an_order_tells_of_its_tasks_and_documents(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt)
    who = user_named(session, "pavel")
    next_day = today() + timedelta(days=1)  # a feed tells of what has been, not of it
    for text, about, due, done in (
        ("Узнать, где машина", order, order.date, None),
        ("Заказать пропуск", order, next_day, None),
        ("Сдано", order, next_day, order.date),
        ("О другом", None, next_day, None),
    ):
        given = {"author": who, "executor": who, "counterparty": plant, "supplier_order": about, "done_on": done}
        session.add(Task(text=text, due_on=due, **given))
    line = [LineDraft(bolt.id, D(4), D(50))]
    came = receive(session, SupplyDraft(plant.id, order.date, line, order_id=order.id))
    session.commit()
    card = pavel.get(f"/supplier-orders/show/{order.id}").text
    ahead, feed = card.partition('<ul class="ahead">')[2].partition("</ul>")[0], card.split('class="feed"')[-1]
    assert [words in feed for words in ("Узнать, где машина", "О другом", came.number)] == [True, False, True]
    words = ("Узнать, где машина", "Заказать пропуск", "Сдано", "О другом")
    assert [text in ahead for text in words] == [True, True, False, False]


def test_a_day_and_the_responsible_are_changed_where_they_stand(
    pavel: FlaskClient, session: Session, plant: Counterparty, bolt: Item
) -> None:
    order = ordered(pavel, session, plant, bolt, receive_on="2026-03-20")
    address = f"/supplier-orders/fact/{order.id}/receive_on"

    def sent(day: str) -> int:
        shown = shown_of(pavel.get(address).text)
        return pavel.post(address, data={"receive_on": day, **shown}).status_code

    assert f"/supplier-orders/fact/{order.id}/manager" in pavel.get(f"/supplier-orders/show/{order.id}").text
    assert sent("2026-03-25") == 204
    assert the(session, SupplierOrder).receive_on == date(2026, 3, 25)
    assert sent("2026-03-09") == 422  # before the day of the order
    assert pavel.get(f"/supplier-orders/fact/{order.id}/date").status_code == 404
    reasons = {order.id: session.scalars(select(ClosingReason.id)).first()}
    SUPPLIER_ORDERS.close(session, reasons, on=order.date, by_id=None)
    session.commit()
    assert sent("2026-03-27") == 422
    assert the(session, SupplierOrder).receive_on == date(2026, 3, 25)
