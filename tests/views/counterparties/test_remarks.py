"""Forms and programs are told of twins and of phones that are none; nothing typed is lost, nobody is stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from tests.clients import Clients
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]
INN, KPP = "7736050003", "773601001"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def twin(clients: Clients) -> Counterparty:
    company = clients.company("Контур АО", "anna", inn=INN, kpp=KPP)
    clients.phone(company, "8 495 700-00-02")
    clients.session.commit()
    return company


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_inn_and_kpp_are_asked_about_once(login: Login, session: Session, twin: Counterparty) -> None:
    typed = {"name": "Контур 2", "inn": INN, "kpp": KPP, "kind": "company", "comment": "напечатано"}
    browser = login("anna")
    page = unescape(browser.post("/counterparties/add", data=typed).text)
    assert "Такой ИНН уже есть: Контур АО, менеджер Анна Петрова" in page
    assert f'href="/counterparties/show/{twin.id}"' in page
    assert "напечатано" in page
    assert 'name="distinct_reason"' in page
    assert count(session, Counterparty) == 1
    assert browser.post("/counterparties/add", data=typed | {"distinct_reason": " "}).status_code == 200
    answer = browser.post("/counterparties/add", data=typed | {"distinct_reason": "Отдельный магазин"})
    assert answer.status_code == 302
    assert count(session, Counterparty) == 2
    made = session.scalars(select(Counterparty).order_by(Counterparty.id.desc())).first()
    assert made is not None
    assert made.distinct_reason == "Отдельный магазин"
    # Nothing is asked again when something else is changed.
    assert browser.post(f"/counterparties/edit/{made.id}", data=typed | {"comment": "иное"}).status_code == 302


def test_a_branch_is_saved_and_its_sister_is_named(login: Login, session: Session, twin: Counterparty) -> None:
    typed = {"name": "Филиал", "inn": INN, "kpp": "773602002", "kind": "company"}
    page = unescape(login("anna").post("/counterparties/add", data=typed, follow_redirects=True).text)
    assert count(session, Counterparty) == 2
    assert "Контур АО" in page


def test_of_a_client_of_another_manager_there_is_no_link(login: Login, session: Session, clients: Clients) -> None:
    foreign = clients.company("Тайный", "boris", inn=INN, kpp=KPP)
    session.commit()
    typed = {"name": "Новый", "inn": INN, "kpp": KPP, "kind": "company"}
    page = unescape(login("anna").post("/counterparties/add", data=typed).text)
    assert "Борис Ёлкин" in page
    assert "Тайный" not in page
    assert f"/counterparties/show/{foreign.id}" not in page


def test_what_is_typed_gets_remarks_before_it_is_saved(login: Login, twin: Counterparty) -> None:
    browser = login("anna")

    def told(address: str, **typed: Any) -> list[tuple[str, str]]:
        answer = browser.get(address, query_string=typed)
        assert answer.status_code == 200
        return [(each["field"], each["url"]) for each in answer.get_json()["remarks"]]

    card = f"/counterparties/show/{twin.id}"
    assert told("/counterparties/remarks", inn=INN, kpp=KPP) == [("inn", card)]
    assert told("/counterparties/remarks", inn=INN, kpp=KPP, own=twin.id) == []
    assert told("/counterparties/remarks") == []
    assert told("/contacts/remarks", prospect_phone="84957000002") == [("prospect_phone", card)]
    assert told("/contacts/remarks", prospect_phone="нет", prospect="Контур") == [
        ("prospect_phone", ""),
        ("prospect", card),
    ]


def test_whoever_may_not_write_asks_nothing(login: Login, twin: Counterparty) -> None:
    assert login("pavel").get("/orders/remarks").status_code in (302, 403, 404)


def test_several_phones_in_one_field_become_rows(
    login: Login, session: Session, twin: Counterparty, clients: Clients
) -> None:
    typed = {
        "counterparty": twin.id,
        "kind": clients.phone_kind.id,
        "value": "Иванов 8 (343) 700-00-04 доб. 12, Петров 8 (343) 700-00-05 доб. 13",
    }
    answer = login("anna").post("/contact-info/add", data=typed)
    assert answer.status_code == 302, answer.text
    rows = session.scalars(select(ContactInfo).order_by(ContactInfo.id)).all()[1:]
    found = {(row.phone, row.extension, row.comment) for row in rows}
    assert found == {("+73437000004", "12", "Иванов"), ("+73437000005", "13", "Петров")}


def test_a_phone_that_is_none_is_saved_with_a_word(
    login: Login, session: Session, twin: Counterparty, clients: Clients
) -> None:
    typed = {"counterparty": twin.id, "kind": clients.phone_kind.id, "value": "7,91612E+10"}
    page = unescape(login("anna").post("/contact-info/add", data=typed, follow_redirects=True).text)
    assert "«7,91612E+10» не похоже на телефон" in page
    assert count(session, ContactInfo) == 2


def test_programs_say_why_the_same_inn_and_kpp_are_another_counterparty(
    app: Any, session: Session, twin: Counterparty
) -> None:
    ask = Program(app, session, "admin")
    sent = {"name": "Контур 2", "inn": INN, "kpp": KPP}
    answer = ask("POST", "counterparty/", json=sent)
    assert answer.status_code == 422
    assert "Контур АО" in answer.get_json()["message"]["inn"][0]
    assert count(session, Counterparty) == 1
    answer = ask("POST", "counterparty/", json=sent | {"distinct_reason": "Отдельный магазин"})
    assert answer.status_code == 201, answer.text
    (warning,) = answer.get_json()["warnings"]
    assert (warning["field"], warning["id"]) == ("inn", twin.id)
    number = answer.get_json()["id"]
    answer = ask("PUT", f"counterparty/{number}", json={"name": "Контур 3"})
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["warnings"] == [warning]
    answer = ask("POST", "counterparty/", json={"name": "Новый"})
    assert answer.get_json()["warnings"] == []
    answer = ask("PUT", f"counterparty/{answer.get_json()['id']}", json={"inn": INN, "kpp": KPP})
    assert answer.status_code == 422


def test_programs_get_warnings_beside_the_row(app: Any, session: Session, twin: Counterparty) -> None:
    ask = Program(app, session, "admin")
    for _time in range(2):
        answer = ask("POST", "person/", json={"last_name": "Зуев", "counterparty": twin.id})
        assert answer.status_code == 201, answer.text
    assert [each["field"] for each in answer.get_json()["warnings"]] == ["last_name"]
    assert count(session, ContactPerson) == 2
    assert count(session, Contact) == 0


def test_phones_are_shown_in_one_format(login: Login, twin: Counterparty, clients: Clients) -> None:
    for value in ("8-912-3456789 доб. 204", "+79123456780", "Иванов 8 912 345 67 81", "12-34"):
        clients.phone(twin, value)
    clients.session.commit()
    page = unescape(login("anna").get(f"/counterparties/show/{twin.id}").text)
    for shown in ("+7 912 345-67-89", "+7 912 345-67-80", "Иванов 8 912 345 67 81", "12-34"):
        assert f">{shown}<" in re.sub(r">\s+|\s+<", lambda m: m[0].strip(), page)
