"""A client, his persons and their phones are typed in one form."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import InfoType
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from tests.clients import Clients

Login = Callable[..., FlaskClient]


def kind(session: Session, type_: InfoType) -> ContactInfoKind:
    query = select(ContactInfoKind).where(ContactInfoKind.type == type_)
    return session.scalars(query.order_by(ContactInfoKind.position, ContactInfoKind.id)).first()  # type: ignore[return-value]


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def ways(session: Session) -> list[tuple[str, str, str, str]]:
    """(last name of the person or "", phone or value, extension, comment) of everything that is kept."""
    session.expire_all()
    rows = session.scalars(select(ContactInfo).order_by(ContactInfo.id))
    return [(r.person.last_name if r.person else "", r.phone or r.value, r.extension, r.comment) for r in rows]


def inputs(page: str) -> dict[str, str]:
    """What the form would send as it stands, of its rows."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page.split("<template>")[0] + "".join(page.split("</template>")[1:])):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (name[1].startswith(("people-", "ways-")) or name[1] in ("shown", "name")):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]*name="(ways-\d+-kind)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="(\d+)" selected', options) or re.search(r'value="(\d+)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_a_client_with_a_person_and_two_phones_is_one_form(login: Login, session: Session, clients: Clients) -> None:
    answer = login("anna").post(
        "/counterparties/add",
        data={
            "name": "Ромашка",
            "people-0-last_name": "Иванов",
            "people-0-first_name": "Пётр",
            "people-0-position": "снабженец",
            "people-0-phones": "8 912 345-67-89 доб. 12",
            "people-0-emails": "ivanov@romashka.example",
            "people-1-last_name": "",
            "ways-0-kind": kind(session, InfoType.PHONE).id,
            "ways-0-value": "(846) 015-20-67",
            "ways-0-comment": "склад",
            "ways-1-kind": kind(session, InfoType.PHONE).id,
        },
    )
    (company,) = session.scalars(select(Counterparty))
    assert answer.location == f"/counterparties/show/{company.id}"
    (person,) = session.scalars(select(ContactPerson))
    assert (person.counterparty_id, person.name, person.position) == (company.id, "Иванов Пётр", "снабженец")
    assert sorted(ways(session)) == [
        ("", "+78460152067", "", "склад"),
        ("Иванов", "+79123456789", "12", ""),
        ("Иванов", "ivanov@romashka.example", "", ""),
    ]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"people-0-first_name": "Пётр"}, "Заполните"),
        ({"people-0-last_name": "Иванов", "people-0-emails": "не почта"}, "Это не адрес эл. почты: не почта"),
        ({"people-0-last_name": "Иванов", "people-0-phones": "позвонить"}, "Это не номер телефона: позвонить"),
        ({"people-0-last_name": "И" * 101}, "Не больше 100 знаков"),
        ({"people-0-last_name": "Иванов", "people-0-phones": "звонить" * 80}, "Не больше 500 знаков"),
        ({"ways-0-value": "8 912 345-67-89", "ways-0-kind": "0"}, "Выберите из списка"),
        ({"name": "", "people-0-last_name": "Иванов"}, "Иванов"),
        ({f"people-{number}-last_name": "Иванов" for number in range(101)}, "Не больше 100 строк"),
    ],
)
def test_what_is_wrong_is_said_at_its_row_and_nothing_typed_is_lost(
    login: Login, session: Session, clients: Clients, typed: dict[str, str], told: str
) -> None:
    page = login("anna").post("/counterparties/add", data={"name": "Ромашка", **typed})
    assert page.status_code == 200
    assert told in page.text
    for value in typed.values():
        assert not value or value == "0" or value in page.text
    assert session.scalars(select(Counterparty)).all() == []


@pytest.fixture
def company(session: Session, clients: Clients) -> Counterparty:
    company = clients.company("Ромашка", "anna")
    person = clients.person(company, "Иванов", "Пётр")
    clients.person(company, "Петрова", "Анна")
    clients.phone(company, "8 912 345-67-89", person, extension="12").comment = "мобильный"
    clients.phone(company, "8 912 345-67-80", person)
    clients.email(company, "zakaz@romashka.example")
    session.commit()
    return company


def test_a_form_sent_as_it_is_changes_nothing(login: Login, session: Session, company: Counterparty) -> None:
    client, address = login("anna"), f"/counterparties/edit/{company.id}"
    before = ways(session)
    asked = inputs(client.get(address).text)
    assert asked["people-0-phones"] == "8 912 345-67-89 доб. 12; 8 912 345-67-80"
    assert client.post(address, data=asked).status_code == 302
    assert ways(session) == before
    assert len(session.scalars(select(ContactPerson)).all()) == 2


def test_rows_are_changed_added_and_removed(login: Login, session: Session, company: Counterparty) -> None:
    client, address = login("admin"), f"/counterparties/edit/{company.id}"
    asked = inputs(client.get(address).text)
    asked["people-0-phones"] = "8 912 345-67-89 доб. 12; 8 912 345-67-81; 8 912 345-67-82"
    asked["people-9-last_name"] = "Новиков"
    asked = {name: value for name, value in asked.items() if not name.startswith(("people-1-", "ways-0-"))}
    assert client.post(address, data=asked).status_code == 302
    assert {p.last_name for p in session.scalars(select(ContactPerson))} == {"Иванов", "Новиков"}
    assert ways(session) == [
        ("Иванов", "+79123456789", "12", "мобильный"),
        ("Иванов", "+79123456781", "", ""),
        ("Иванов", "+79123456782", "", ""),
    ]


def test_what_somebody_changed_meanwhile_is_not_overwritten(
    login: Login, session: Session, company: Counterparty
) -> None:
    client, address = login("anna"), f"/counterparties/edit/{company.id}"
    asked = inputs(client.get(address).text)
    person = session.scalars(select(ContactPerson).where(ContactPerson.last_name == "Иванов")).one()
    person.position = "директор"
    session.commit()
    asked["people-1-position"] = "бухгалтер"
    page = client.post(address, data=asked)
    assert page.status_code == 200
    assert "директор" in page.text
    assert "бухгалтер" in page.text


def test_rows_of_another_client_are_not_touched(
    login: Login, session: Session, clients: Clients, company: Counterparty
) -> None:
    other = clients.person(clients.company("Чужая", "boris"), "Чужой")
    session.commit()
    client, address = login("anna"), f"/counterparties/edit/{company.id}"
    asked = inputs(client.get(address).text)
    asked |= {"people-0-id": str(other.id), "people-0-last_name": "Захвачен", "people-shown": f"{other.id}"}
    client.post(address, data=asked)
    session.refresh(other)
    assert other.last_name == "Чужой"
    assert other.counterparty_id != company.id
