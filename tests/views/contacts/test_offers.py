"""Offers: what the client said, why he refused, which order came of it; in the browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.words import OfferOutcome
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests.clients import Clients
from tests.conftest import user_named
from tests.deals import item, order
from tests.factories import buyer

Login = Callable[..., FlaskClient]
TIMES = {"starts_at": "2026-11-24T23:30", "ends_at": "2026-11-25T00:00"}
BEFORE = {"state": "done", "starts_at": "2025-11-24T10:00", "ends_at": "2025-11-24T10:30"}
BAD: list[tuple[str, dict[str, str]]] = [
    ("outcome", {"outcome": "thinking"}),
    ("reason", {"is_offer": "y", "outcome": "refused"}),
    ("reason", {"is_offer": "y", "outcome": "refused", "reason": "  "}),
    ("reason", {"is_offer": "y", "outcome": "accepted", "reason": "Дорого"}),
]


@pytest.fixture
def company(session: Session) -> Counterparty:
    company = buyer(session, manager=user_named(session, "anna"))
    session.commit()
    return company


@pytest.mark.parametrize(("field", "sent"), BAD)
def test_what_an_offer_cannot_be_is_said_at_its_field(
    login: Login, session: Session, company: Counterparty, field: str, sent: dict[str, str]
) -> None:
    page = login("anna").post("/contacts/add", data={"counterparty": company.id, **TIMES, **sent})
    assert f'id="{field}-error"' in page.text
    assert session.scalars(select(Contact)).all() == []


def test_an_accepted_offer_names_the_order_that_came_of_it(
    login: Login, session: Session, company: Counterparty
) -> None:
    came = order(session, company, {item(session): 1})
    alien = order(session, buyer(session, manager=user_named(session, "anna")), {item(session): 1})
    session.commit()
    client = login("anna")
    data: dict[str, Any] = {"counterparty": company.id, **TIMES, "is_offer": "y", "outcome": "accepted"}
    assert 'id="order-error"' in client.post("/contacts/add", data=data | {"order": alien.id}).text
    answer = client.post("/contacts/add", data=data | {"order": came.id})
    assert session.scalars(select(Contact)).one().order_id == came.id
    assert came.number in client.get(answer.location).text


def test_a_contact_that_begins_at_an_order_is_about_it(login: Login, session: Session, company: Counterparty) -> None:
    it = order(session, company, {item(session): 1})
    session.commit()
    client = login("anna")
    card = client.get(f"/orders/show/{it.id}").text
    (address,) = re.findall(r'href="(/contacts/add\?[^"]*_flt_0_order=[^"]*)"', card)
    assert it.number in client.get(html.unescape(address)).text
    data: dict[str, Any] = {"counterparty": company.id, **TIMES, "subject": "Когда везти?", "order": it.id}
    assert 'id="order-error"' in client.post("/contacts/add", data=data | {"is_offer": "y"}).text
    client.post("/contacts/add", data=data | BEFORE)
    about = session.scalars(select(Contact)).one()
    assert about.order_id == it.id
    assert "Когда везти?" in client.get(f"/orders/show/{it.id}").text
    client.post("/contacts/add", data=data | {"subject": "Довезли ли?"})
    card = client.get(f"/orders/show/{it.id}").text
    assert "Довезли ли?" in card.partition('<ul class="ahead">')[2].partition("</ul>")[0]


def test_refusals_are_found_by_the_filter_of_the_list(login: Login, session: Session, company: Counterparty) -> None:
    client = login("anna")
    data: dict[str, Any] = {"counterparty": company.id, **TIMES, "is_offer": "y"}
    client.post("/contacts/add", data=data | {"subject": "Скидка", "outcome": "refused", "reason": "Дорого"})
    client.post("/contacts/add", data=data | {"subject": "Новинки", "outcome": "thinking"})
    page = client.get("/contacts/list/?_flt_0_outcome=refused").text
    assert "Скидка" in page
    assert "Новинки" not in page


def test_the_base_itself_keeps_refusals_with_reasons(session: Session) -> None:
    clients = Clients(session)
    contact = clients.contact(clients.company("Ромашка"), "Скидка")
    contact.is_offer, contact.outcome = True, OfferOutcome.REFUSED
    with pytest.raises(IntegrityError, match="reason_of_refusal"):
        session.flush()
