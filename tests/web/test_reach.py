"""Every number dials, every address writes, every page opens; what a stranger typed cannot misuse a link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import ways
from app.domain.words import InfoType
from app.models.contacts import Contact
from app.models.counterparties import ContactInfoKind, Counterparty
from app.web.reach import reached
from tests.clients import Clients
from tests.conftest import user_named
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]


@pytest.mark.parametrize(
    ("kind", "text", "url"),
    [
        (InfoType.PHONE, "8 (846) 015-20-67", "tel:+78460152067"),
        (InfoType.PHONE, "8 846 015-20-67 доб. 12", "tel:+78460152067;ext=12"),
        (InfoType.PHONE, "12-34", ""),
        (InfoType.EMAIL, "a@example.com", "mailto:a@example.com"),
        (InfoType.EMAIL, "a@example.com?bcc=b@example.com", ""),
        (InfoType.WEB, "example.com/shop", "https://example.com/shop"),
        (InfoType.WEB, "http://example.com", "http://example.com"),
        (InfoType.WEB, "javascript:alert(1)", ""),
        (InfoType.WEB, "data:text/html,x", ""),
        (InfoType.ADDRESS, "https://example.com", ""),
    ],
)
def test_a_link_is_made_of_what_it_is_safe_to_make_one_of(kind: InfoType, text: str, url: str) -> None:
    assert ways.of_text(kind, text).url == url


def test_a_link_is_written_in_one_format_and_copied_whole(app: Flask) -> None:
    with app.test_request_context():
        link = reached(ways.of_text(InfoType.PHONE, "8(846)0152067"))
        assert ">+7 846 015-20-67</a>" in link
        assert 'data-copy="+78460152067"' in link
        page = reached(ways.of_text(InfoType.WEB, "example.com"))
        assert 'rel="noopener noreferrer"' in page
        assert reached(ways.of_text(InfoType.OTHER, "<b>")) == "&lt;b&gt;"


@pytest.fixture
def company(session: Session) -> Counterparty:
    clients = Clients(session)
    company = clients.company("Ромашка")
    person = clients.person(company, "Иванов")
    clients.phone(company, "8 846 015-20-67")
    clients.phone(company, "8 912 345-67-89", person)
    clients.email(company, "a@example.com")
    web = clients.add(ContactInfoKind(name="Сайт для теста", type=InfoType.WEB))
    info = clients.email(company, "example.com")
    info.kind = web
    clients.contact(company, "Цены", person=person, manager=user_named(session, "anna"))
    session.commit()
    return company


def test_numbers_are_links_on_cards_and_in_lists(login: Login, session: Session, company: Counterparty) -> None:
    anna = login("anna")
    contact = session.scalars(select(Contact)).one()
    pages = {
        f"/counterparties/show/{company.id}": ("tel:+78460152067", "mailto:a@example.com", "https://example.com"),
        "/counterparties/list/": ("tel:+78460152067",),
        "/persons/list/": ("tel:+79123456789",),
        f"/persons/show/{contact.person_id}": ("tel:+79123456789",),
        "/contact-info/list/": ("tel:+78460152067", "mailto:a@example.com", "https://example.com"),
        "/call?phone=8460152067": ("tel:+78460152067", "mailto:a@example.com"),
        f"/call/beside/{company.id}": ("tel:+78460152067",),
        f"/contacts/show/{contact.id}": ("tel:+79123456789",),
        f"/contacts/list/?_flt_0_counterparty={company.id}": ("tel:+79123456789",),
    }
    for page, links in pages.items():
        text = anna.get(page).text
        for link in links:
            assert f'href="{link}"' in text, (page, link)


def test_a_doubtful_number_is_told_to_forms_and_to_programs(app: Flask, login: Login, session: Session) -> None:
    anna = login("anna")
    told = anna.get("/contacts/remarks", query_string={"prospect_phone": "8 846 123 45 6"}).json["remarks"]
    assert [each["field"] for each in told] == ["prospect_phone"]
    body = {
        "prospect": "Новый",
        "prospect_phone": "8 846 123 45 6",
        "starts_at": "2026-11-20T10:00",
        "ends_at": "2026-11-20T10:00",
    }
    answer = Program(app, session, "anna")("POST", "contact/", json=body)
    assert answer.status_code == 201
    assert [each["field"] for each in answer.get_json()["warnings"]] == ["prospect_phone"]
