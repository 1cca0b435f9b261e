"""Whoever is responsible for a document sees it and works with it; of a colleague's client he reads the name alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.services.exchange import TABLES
from app.services.exchange.exporting import PLAIN, export_rows
from tests.conftest import user_named
from tests.deals import item, order, paid, shipped
from tests.factories import buyer

Login = Callable[..., FlaskClient]


@pytest.fixture
def mine(session: Session) -> BuyerOrder:
    """Anna's order of a client of Boris; Boris shipped and took money by it."""
    client = buyer(session, "Ромашка", code="Ч-1", manager=user_named(session, "boris"))
    bolt = item(session, 100)
    it = order(session, client, {bolt: 10}, manager_id=user_named(session, "anna").id)
    shipped(session, it, {bolt: 2}, manager_id=user_named(session, "boris").id)
    paid(session, client, 200, order_id=it.id)
    session.commit()
    return it


def cards(session: Session, mine: BuyerOrder) -> list[str]:
    shipment, payment = (session.scalars(select(model)).one() for model in (Shipment, Payment))
    return [f"/orders/show/{mine.id}", f"/shipments/show/{shipment.id}", f"/payments/show/{payment.id}"]


def test_his_name_is_read_and_his_card_is_not(login: Login, session: Session, mine: BuyerOrder) -> None:
    client, card = login("anna"), f"/counterparties/show/{mine.counterparty_id}"
    pages = ["/orders/list/", "/shipments/list/", "/payments/list/", "/board/", *cards(session, mine)]
    for page in [*pages, f"/reports/order-analysis/?order={mine.number}", "/reports/deals/"]:
        text = client.get(page).text
        assert "Ромашка" in text, page
        assert card not in text, page
    assert client.get(f"/search?q={mine.number}").location == f"/orders/show/{mine.id}"
    assert client.get(card).status_code in (403, 404)
    assert "Ромашка" not in client.get("/counterparties/list/").text


def test_a_colleague_without_a_part_in_it_sees_nothing(login: Login, session: Session, mine: BuyerOrder) -> None:
    mine.manager = user_named(session, "boris")
    session.commit()
    client = login("anna")
    assert [client.get(page).status_code for page in cards(session, mine)] == [404] * 3
    assert "Ромашка" not in client.get("/orders/list/").text


def test_the_order_is_shipped_paid_and_changed_by_who_is_responsible(
    login: Login, session: Session, mine: BuyerOrder
) -> None:
    client, (line,) = login("anna"), mine.lines
    row = {"lines-0-item": line.item_id, "lines-0-quantity": "3", "lines-0-price": "100"}
    assert client.post(f"/orders/ship/{mine.id}", data={"date": "2026-03-11", **row}).status_code == 302
    money = {"date": "2026-03-11", "amount": "50"}
    assert client.post(f"/orders/pay/{mine.id}", data=money).status_code == 302
    whole = {"date": "2026-03-10", "version": str(mine.version), **row, "lines-0-quantity": "12"}
    whole |= {"manager": str(user_named(session, "anna").id), "comment": "Срочно"}
    session.expire_all()
    whole["version"] = str(mine.version)
    assert client.post(f"/orders/edit/{mine.id}", data=whole).status_code == 302
    session.expire_all()
    assert (mine.comment, mine.quantity, mine.shipped_quantity, mine.paid_amount) == ("Срочно", 12, 5, 250)
    assert mine.counterparty_id


def test_exports_name_the_client_by_his_code(session: Session, mine: BuyerOrder) -> None:
    session.expunge_all()
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, [Sees.OWN])
    for table in ("orders", "shipments", "payments"):
        head, *rows = export_rows(session, TABLES[table], PLAIN)
        assert [row[head.index("counterparty")] for row in rows] == ["Ч-1"], table
    assert len(list(export_rows(session, TABLES["counterparties"], PLAIN))) == 1
