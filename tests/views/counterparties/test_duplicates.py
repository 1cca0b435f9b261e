"""The queue of possible duplicates and the page that merges, by whoever may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.models.counterparties import ContactPerson, Counterparty
from app.models.duplicates import DuplicatePair, FormerCode
from app.models.jobs import Job
from app.models.own_fields import OwnField
from app.services.own_fields import save_field
from tests.clients import Clients
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]
INN, KPP = "7736050003", "773601001"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def pair(clients: Clients) -> DuplicatePair:
    first = clients.company("Контур", "anna", comment="первый")
    second = clients.company("Контур АО", "boris", inn=INN, kpp=KPP, comment="второй")
    clients.phone(first, "+7 495 700-00-02")
    found = clients.add(DuplicatePair(first=first, second=second, confidence=97, signs=["phone", "name"]))
    clients.session.commit()
    return found


def page_of(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status
    return unescape(answer.text)


def test_heads_see_the_queue_with_both_sides_and_reasons(login: Login, pair: DuplicatePair) -> None:
    page = page_of(login("vera"), "/duplicates/")
    for words in ("97 %", "телефон, наименование", "Контур АО", INN, "+7 495 700-00-02", "Борис Ёлкин"):
        assert words in page
    assert f"/merge/clients?ids={pair.first_id},{pair.second_id}" in page.replace("%2C", ",")


def test_a_manager_sees_pairs_of_his_own_clients_alone_and_merges_nothing(
    login: Login, pair: DuplicatePair, clients: Clients
) -> None:
    assert "Контур" not in page_of(login("anna"), "/duplicates/")
    pair.second.manager = clients.user("anna")
    clients.session.commit()
    page = page_of(login("anna"), "/duplicates/")
    assert "Контур АО" in page
    assert "/merge/" not in page
    assert login("anna").get(f"/merge/clients?ids={pair.first_id},{pair.second_id}").status_code in (302, 403)
    assert login("boris").post(f"/duplicates/{pair.id}/apart").status_code == 404


def test_what_is_told_apart_leaves_the_queue(login: Login, session: Session, pair: DuplicatePair) -> None:
    browser = login("vera")
    assert browser.post(f"/duplicates/{pair.id}/apart").status_code == 302
    session.refresh(pair)
    assert pair.is_distinct
    page_of(browser, "/duplicates/")  # tells what was done
    assert "Контур" not in page_of(browser, "/duplicates/")


def test_the_search_is_asked_of_a_worker(login: Login, session: Session) -> None:
    answer = login("vera").post("/duplicates/search")
    assert answer.status_code == 302
    assert session.scalars(select(Job.kind)).one() == "find-duplicates"


def test_from_ticked_rows_two_clients_are_merged_field_by_field(
    login: Login, session: Session, pair: DuplicatePair, clients: Clients
) -> None:
    for name, kind in (("Регион", OwnKind.TEXT), ("Опт", OwnKind.FLAG), ("Ведет", OwnKind.USER)):
        save_field(session, OwnField(owner=Owner.COUNTERPARTY, name=name, kind=kind))
    save_field(session, OwnField(owner=Owner.COUNTERPARTY, name="Тайна", kind=OwnKind.TEXT, seen_by=["Admin"]))
    boris = clients.user("boris").id
    pair.first.own = {"region": "Урал", "tayna": "секрет"}
    pair.second.own = {"region": "Сибирь", "tayna": "секрет второго", "opt": False, "vedet": boris}
    session.commit()
    browser = login("vera")
    ids = [pair.first_id, pair.second_id]
    answer = browser.post("/counterparties/action_post", data={"action": "merge", "rowid": ids})
    page = page_of(browser, answer.location)
    assert page.count('name="field-name"') == 2
    assert 'name="field-comment" value="0" checked' in page
    assert all(words in page for words in ("Регион", "Урал", "Опт", "Борис Ёлкин", "yes", "—"))
    assert "Тайна" not in page
    assert "секрет" not in page
    asked = {"ids": ids, "kept": pair.first_id, "field-name": pair.second_id, "field-comment": pair.first_id}
    asked |= {"field-own:region": pair.second_id, "field-own:tayna": pair.second_id}
    answer = browser.post("/merge/clients", data=asked)
    assert answer.location == f"/counterparties/show/{ids[0]}"
    session.expire_all()
    (kept,) = session.scalars(select(Counterparty)).all()
    assert (kept.id, kept.name, kept.inn, kept.comment) == (ids[0], "Контур АО", INN, "первый")
    assert kept.own == {"region": "Сибирь", "opt": False, "vedet": boris, "tayna": "секрет"}
    assert session.scalars(select(FormerCode.counterparty_id)).all() == [ids[0]]
    assert session.scalars(select(DuplicatePair)).all() == []


def test_from_a_card_the_other_one_is_chosen(login: Login, pair: DuplicatePair) -> None:
    browser = login("vera")
    answer = browser.post(f"/counterparties/action/merge/{pair.first_id}")
    page = page_of(browser, answer.location)
    assert "Контур АО" in page
    assert f'href="/merge/clients?ids={pair.first_id},{pair.second_id}"' in page.replace("%2C", ",")
    assert page_of(browser, f"/merge/clients?ids={pair.first_id}&ids={pair.second_id}").count('name="kept"') == 2


def test_persons_of_one_client_are_merged(login: Login, session: Session, clients: Clients) -> None:
    company = clients.company("Гранит")
    one, other = clients.person(company, "Зуев"), clients.person(company, "Зуев", "Пётр", position="Директор")
    one.birthday, other.birthday = date(1904, 5, 12), date(1980, 5, 12)
    session.commit()
    browser, ids = login("vera"), [one.id, other.id]
    answer = browser.post("/persons/action_post", data={"action": "merge", "rowid": ids})
    page = page_of(browser, answer.location)
    assert page.count('name="kept"') == 2
    assert all(told in page for told in ("12 мая", "12.05.1980"))
    assert "1904" not in page
    answer = browser.post("/merge/persons", data={"ids": ids, "kept": one.id})
    assert answer.location == f"/persons/show/{ids[0]}"
    session.expire_all()
    (kept,) = session.scalars(select(ContactPerson)).all()
    assert (kept.name, kept.position) == ("Зуев Пётр", "Директор")


@pytest.mark.parametrize("ids", ["", "0", "999999,999998", "x,y", "1" * 40, "999999"])
def test_odd_numbers_merge_nothing(login: Login, session: Session, ids: str, pair: DuplicatePair) -> None:
    browser = login("vera")
    assert browser.get("/merge/clients", query_string={"ids": ids}).status_code in (302, 404)
    assert browser.post("/merge/clients", data={"ids": ids, "kept": "z"}).status_code in (302, 404)
    assert browser.get("/merge/nobody").status_code == 404
    assert len(session.scalars(select(Counterparty)).all()) == 2


def test_programs_merge_with_a_right_of_its_own(app: Flask, session: Session, pair: DuplicatePair) -> None:
    ids = [pair.first_id, pair.second_id]
    address = f"counterparty/{ids[0]}/merge"
    assert Program(app, session, "anna")("POST", address, json={"ids": ids[1:]}).status_code == 403
    ask: Any = Program(app, session, "admin")
    for body in ({}, {"ids": []}, {"ids": ["x"]}, {"ids": [ids[0]]}, {"ids": [10**12]}, {"ids": [999999]}):
        assert ask("POST", address, json=body).status_code == 422, body
    assert ask("POST", "counterparty/999999/merge", json={"ids": ids}).status_code == 404
    answer = ask("POST", address, json={"ids": ids[1:], "choose": {"name": ids[1]}})
    assert (answer.status_code, answer.get_json()) == (200, {"id": ids[0]})
    session.expire_all()
    assert session.scalars(select(Counterparty.name)).all() == ["Контур АО"]
