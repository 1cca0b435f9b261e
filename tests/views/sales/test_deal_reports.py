"""The reports of deals in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.closing import OrderClosing
from app.models.letters import Blob
from app.models.movements import Payment
from app.models.papers import Paper
from app.models.supply import Receipt, SupplierPayment
from app.services.sales.closing import close_orders
from tests.clients import Clients
from tests.deals import DAY, item, order, paid, returned, shipped
from tests.factories import buyer
from tests.services.sales.test_closing import REASON

Login = Callable[..., FlaskClient]


def traded(session: Session) -> Any:
    who, bolt = buyer(session, allowed_debt=500), item(session, 100)
    it, other = order(session, who, {bolt: 10}), order(session, who, {bolt: 1})
    shipped(session, it, {bolt: 4})
    returned(session, it, {bolt: 1})
    paid(session, who, 150, order_id=it.id)
    close_orders(session, {other.id: REASON(session)}, on=DAY, by_id=None)
    session.commit()
    return it


def test_every_report_of_deals_has_a_page_a_workbook_and_json(session: Session, login: Login, sql: list[str]) -> None:
    it = traded(session)
    who = it.counterparty.code
    client = login("vera")
    for address, shown in (
        (f"order-analysis/?order={it.number}", "Заказ"),
        (f"order-documents/?order={it.id}", it.number),
        (f"settlements/?counterparty={who}", it.number),
        ("deals/", it.number),
        ("order-closing/?period=2026-03", "Нет оплаты"),
        ("supplier-reliability/", "<h1"),
    ):
        client.get("/reports/" + address)
        sql.clear()
        page = client.get("/reports/" + address)
        assert page.status_code == 200, address
        assert shown in page.get_data(as_text=True), address
        assert len(sql) <= 10, (address, sql)  # one looks for what a worker has counted
        assert client.get("/reports/" + address.replace("/", "/json", 1)).json
        assert client.get("/reports/" + address.replace("/", "/xlsx", 1)).data[:2] == b"PK"


def test_documents_of_deals_lead_to_their_cards(session: Session, login: Login) -> None:
    who, supplier, bolt = buyer(session), Clients(session).company("Жесть", None, is_supplier=True), item(session, 100)
    it = order(session, who, {bolt: 10})
    sold, back, money = shipped(session, it, {bolt: 4}), returned(session, it, {bolt: 1}), paid(session, who, 150)
    came, gave = (kind(number="1", date=DAY, counterparty=supplier, amount=9) for kind in (Receipt, SupplierPayment))
    bill = Paper(
        kind="bill", number="7", date=DAY, title="", order=it, amount=9, blob=Blob(sha256="b", size=1, content=b"")
    )
    session.add_all((came, gave, bill))
    close_orders(session, {it.id: REASON(session)}, on=DAY, by_id=None)
    session.commit()
    closing = session.scalars(select(OrderClosing.id)).one()
    client = login("vera")
    sales = [f"/shipments/show/{sold.id}", f"/shipments/show/{back.id}", f"/payments/show/{money.id}"]
    others = [f"/orders/show/{it.id}", f"/papers/show/{bill.id}", f"/closings/show/{closing}"]
    for slug, asked, cards in (
        ("settlements", f"counterparty={who.code}", sales),
        ("order-documents", f"order={it.id}", [*sales, *others]),
        (
            "supplier-settlements",
            f"counterparty={supplier.code}",
            [f"/receipts/show/{came.id}", f"/supplier-payments/show/{gave.id}"],
        ),
    ):
        page = client.get(f"/reports/{slug}/?{asked}").text
        assert [card for card in cards if f'href="{card}"' not in page] == [], slug


@pytest.mark.parametrize("slug", ["settlements", "supplier-settlements"])
def test_settlements_ask_whose_first_and_tell_the_totals_of_all(login: Login, session: Session, slug: str) -> None:
    who = buyer(session)
    session.add(Payment(number="1", date=DAY, counterparty=who, amount=9))
    session.add(SupplierPayment(number="1", date=DAY, counterparty=who, amount=9))
    session.commit()
    client = login("vera")
    page = client.get(f"/reports/{slug}/").text
    assert "Выберите" in page
    assert who.name not in page
    (totals,) = re.findall(rf'href="(/reports/{slug}/\?group=\w+&amp;detail=1)"', page)
    told = client.get(unescape(totals)).text
    assert who.name in told
    assert "payments/show/" not in told  # totals alone
    unsaid = client.get(f"/reports/{slug}/?counterparty=")
    assert unsaid.status_code == 400
    assert 'id="counterparty-error"' in unsaid.text
    assert who.name in client.get(f"/reports/{slug}/json").text


def test_a_reason_is_picked_by_typing(session: Session, login: Login) -> None:
    found = login("vera").get("/lookup/ClosingReason?q=оплат").json["results"]
    assert [row["text"] for row in found] == ["Нет оплаты"]


@pytest.mark.parametrize("slug", ["order-analysis", "order-documents"])
def test_a_report_of_one_order_asks_for_it_first(login: Login, session: Session, slug: str) -> None:
    page = login("vera").get(f"/reports/{slug}/")
    assert page.status_code == 200
    assert "Выберите заказ" in page.text
    assert "Выберите другой период" not in page.text
    assert "/xlsx" not in page.text
    it = order(session, buyer(session), {item(session): 1})
    assert "Выберите заказ" not in login("vera").get(f"/reports/{slug}/?order={it.number}").text
