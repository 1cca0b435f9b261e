"""Whoever types a counterparty that may be there already is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import ContactPerson, Counterparty
from app.services import duplicates
from tests.clients import Clients

INN, KPP = "7736050003", "773601001"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def told(clients: Clients, **typed: Any) -> list[tuple[str, bool]]:
    return [(each.field, each.asks) for each in duplicates.remarks(clients.session, **typed)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"inn": INN, "kpp": KPP}, [("inn", True)]),
        ({"inn": "7736 050003", "kpp": KPP, "name": "Совсем другое"}, [("inn", True)]),
        ({"inn": INN, "kpp": "773602002"}, [("inn", False)]),
        ({"inn": INN}, [("inn", False)]),
        ({"name": "АО «Двойник»"}, [("name", False)]),
        ({"name": "двойник", "inn": "7707083893"}, []),
        ({"name": "Двойник-2"}, []),
        ({"phone": "8 (495) 700-00-02"}, [("phone", False)]),
        ({"phone": "700-00-02"}, []),
        ({"phone": "89160000000, +7 495 700 00 02 доб. 5"}, [("phone", False)]),
        ({"email": "Zakaz@Twin.example"}, [("email", False)]),
        ({"email": "zakaz@other.example"}, []),
        ({"name": "Двойник", "phone": "84957000002"}, [("name", False), ("phone", False)]),
        ({"phone": "нет"}, [("phone", False)]),
        ({"phone": "+7 916 700-00-2З"}, [("phone", False)]),
        ({"email": "не указан"}, [("email", False)]),
        ({}, []),
    ],
)
def test_a_client_is_recognised_by_each_of_its_signs(
    clients: Clients, typed: dict[str, str], expected: list[tuple[str, bool]]
) -> None:
    company = clients.company("ООО Двойник", inn=INN, kpp=KPP)
    clients.phone(company, "+7 495 700-00-02")
    clients.email(company, "zakaz@twin.example")
    clients.company("Шум", inn="5001007322")
    assert told(clients, **typed) == expected


@pytest.mark.parametrize("plan", ["hashjoin", "mergejoin", "nestloop"])
def test_remarks_stand_in_the_order_of_the_fields_and_of_the_clients_however_they_are_found(
    clients: Clients, plan: str
) -> None:
    for join in {"hashjoin", "mergejoin", "nestloop"} - {plan}:
        clients.session.execute(text(f"SET LOCAL enable_{join} = off"))
    known = [clients.company("ООО Двойник") for _ in range(3)]
    for company in reversed(known):
        clients.phone(company, "+7 495 700-00-02")
        clients.email(company, "zakaz@twin.example")
    typed = {"email": "zakaz@twin.example", "phone": "84957000002", "name": "Двойник"}
    found = duplicates.remarks(clients.session, **typed)
    assert [(each.field, each.row) for each in found] == [
        (field, (Counterparty, company.id)) for field in ("name", "phone", "email") for company in known
    ]


def test_a_client_is_not_its_own_twin(clients: Clients) -> None:
    company = clients.company("ООО Двойник", inn=INN, kpp=KPP)
    assert told(clients, own=company.id, inn=INN, kpp=KPP, name="Двойник") == []


def test_it_is_said_who_it_is_and_whose(clients: Clients) -> None:
    company = clients.company("Контур АО", "anna", inn=INN)
    person = clients.person(company, "Орлова", "Анна")
    clients.phone(company, "8 912 345-67-89", person)
    (remark,) = duplicates.remarks(clients.session, inn=INN, kpp="773601001")
    assert "Контур АО" in remark.text
    assert "Анна Петрова" in remark.text
    assert remark.row == (Counterparty, company.id)
    (remark,) = duplicates.remarks(clients.session, phone="+79123456789")
    assert "Орлова Анна (Контур АО)" in remark.text
    assert remark.row == (ContactPerson, person.id)


def test_of_a_client_of_another_manager_only_that_manager_is_told(clients: Clients) -> None:
    clients.phone(clients.company("Тайный", "boris", inn=INN, kpp=KPP), "8 912 345-67-89")
    clients.session.info["viewer"] = Viewer.of(clients.user("anna").id, [Sees.OWN])
    found = duplicates.remarks(clients.session, inn=INN, kpp=KPP, phone="89123456789")
    assert [(each.row, "Борис Ёлкин" in each.text, "Тайный" in each.text) for each in found] == [
        (None, True, False)
    ] * 2
    assert duplicates.remarks(clients.session, name="Тайный") == []


def test_a_person_of_the_same_name_at_the_same_counterparty_is_told(clients: Clients) -> None:
    company, other = clients.company("Гранит"), clients.company("Малахит")
    person = clients.person(company, "Семёнов", "Пётр")
    found = duplicates.namesakes(clients.session, company.id, "семенов  петр", None)
    assert [each.row for each in found] == [(ContactPerson, person.id)]
    assert duplicates.namesakes(clients.session, other.id, "Семёнов Пётр", None) == []
    assert duplicates.namesakes(clients.session, company.id, "Семёнов Пётр", person.id) == []


def test_looking_costs_one_statement(clients: Clients, sql: list[str]) -> None:
    clients.company("ООО Двойник", inn=INN, kpp=KPP)
    clients.session.expire_all()
    sql.clear()
    duplicates.remarks(clients.session, inn=INN, kpp=KPP, name="Двойник", phone="84957000002", email="a@b.example")
    assert len(sql) == 1
