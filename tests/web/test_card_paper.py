"""Cards on paper: what their reader sees, in his language; whoever does not see the row gets nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models.counterparties import ContactPerson, Counterparty
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]


@pytest.fixture
def client(session: Session) -> Counterparty:
    found = buyer(session, "Ромашка & Ко #1", manager=user_named(session, "anna"))
    added(session, ContactPerson(counterparty=found, last_name="Орлова", first_name="Ирина", position="закупщик"))
    return found


def text_of(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def test_a_card_says_on_paper_what_its_page_says(session: Session, client: Counterparty, login: Login) -> None:
    anna = login("anna")
    page = anna.get(f"/counterparties/show/{client.id}").get_data(as_text=True)
    assert f'href="/counterparties/show/{client.id}/pdf"' in page
    answer = anna.get(f"/counterparties/show/{client.id}/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    told = text_of(answer.data)
    for words in ("Ромашка & Ко #1", "Контактные лица", "Орлова Ирина", "закупщик", "напечатано"):
        assert words in told
    anna.get("/lang/en")
    assert "Contact persons" in text_of(anna.get(f"/counterparties/show/{client.id}/pdf").data)


def test_an_order_has_its_lines_on_paper(session: Session, client: Counterparty, login: Login) -> None:
    item = added(session, Item(code="Т-1", name="Грабли *садовые*"))
    order = added(session, BuyerOrder(number="Я-1", date=date(2026, 3, 1), counterparty=client, amount=Decimal(240)))
    line = {"quantity": Decimal(2), "price": Decimal(120), "amount": Decimal(240)}
    added(session, OrderLine(order=order, position=1, item=item, **line))
    told = text_of(login("anna").get(f"/orders/show/{order.id}/pdf").data)
    for words in ("Я-1", "Грабли *садовые*", "240,00"):
        assert words in told


def test_whoever_does_not_see_the_row_gets_no_paper(session: Session, client: Counterparty, login: Login) -> None:
    assert login("boris").get(f"/counterparties/show/{client.id}/pdf").status_code == 404
    assert login("pavel").get(f"/counterparties/show/{client.id}/pdf").status_code in {403, 404}
