"""Choices of a list under names: kept, shared, opened first; columns remembered; all of it in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.lists import ListHabit, SavedView
from app.models.users import User
from tests.clients import Clients
from tests.web.lists.test_columns import heads, lists_of

Login = Callable[..., FlaskClient]
MINE = "_flt_0_words=Ром&_oc_CounterpartyView=name&_od_CounterpartyView=desc&_col_CounterpartyView=name,inn"


def keep(client: FlaskClient, name: str, choice: str = MINE, **more: Any) -> Any:
    return client.post("/counterparties/views", data={"name": name, "choice": choice, **more})


def asked(answer: Any) -> dict[str, str]:
    return {name: texts[0] for name, texts in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def role_of(session: Session, username: str) -> int:
    return session.scalars(select(User).where(User.username == username)).one().roles[0].id


def test_a_choice_is_kept_under_a_name_and_stands_as_a_tab(login: Login, session: Session) -> None:
    clients = Clients(session)
    clients.company("Ромашка")
    clients.company("Ландыш")
    anna = login("anna")
    there = asked(keep(anna, " Мои  ромашки "))
    assert there["_flt_0_words"] == "Ром"
    assert there["_col_CounterpartyView"] == "name,inn"
    page = anna.get("/counterparties/list/").text
    link = next(part.split('"')[0] for part in page.split('href="') if ">Мои ромашки<" in part)
    page = anna.get(link.replace("&amp;", "&")).text
    assert "Ромашка" in page
    assert "Ландыш" not in page
    assert heads(page) == ["Наименование", "ИНН"]


def test_a_view_is_its_authors_until_it_is_shared_with_a_role(login: Login, session: Session) -> None:
    anna, boris, vera = login("anna"), login("boris"), login("vera")
    keep(anna, "Ромашки")
    assert "Ромашки" not in boris.get("/counterparties/list/").text
    keep(anna, "Ромашки", role=role_of(session, "anna"))
    assert ">Ромашки <small>общий</small>" in boris.get("/counterparties/list/").text
    assert "Ромашки" not in vera.get("/counterparties/list/").text
    assert "Ромашки" not in boris.get("/persons/list/").text
    users = {user.username: user for user in session.scalars(select(User))}
    users["boris"].roles = [*users["vera"].roles]
    session.commit()
    assert "Ромашки" not in boris.get("/counterparties/list/").text


def test_nobody_shares_with_a_role_that_he_has_not(login: Login, session: Session) -> None:
    anna = login("anna")
    keep(anna, "Ромашки", role=role_of(session, "vera"))
    assert session.scalars(select(SavedView)).all() == []
    assert "Набором делятся с ролью" in anna.get("/counterparties/list/").text


def test_a_shared_view_shows_each_reader_his_own_rows(login: Login, session: Session) -> None:
    clients = Clients(session)
    clients.company("Ромашка Анны", "anna")
    clients.company("Ромашка Бориса", "boris")
    keep(login("anna"), "Ромашки", role=role_of(session, "anna"))
    page = login("boris").get(f"/counterparties/list/?{MINE}").text
    assert "Ромашка Бориса" in page
    assert "Ромашка Анны" not in page


def test_a_view_is_dropped_by_its_author_or_an_administrator(login: Login, session: Session) -> None:
    anna, boris = login("anna"), login("boris")
    role = role_of(session, "anna")
    for dropper, code in ((boris, 404), (anna, 302), (login("admin"), 302)):
        keep(anna, "Ромашки", role=role)
        number = session.scalars(select(SavedView.id)).one()
        assert dropper.post(f"/counterparties/views/{number}/drop").status_code == code
        assert dropper.post(f"/persons/views/{number}/drop").status_code == 404


def test_the_list_opens_with_the_chosen_view(login: Login, session: Session) -> None:
    clients = Clients(session)
    clients.company("Ромашка")
    clients.company("Ландыш")
    anna = login("anna")
    keep(anna, "Ромашки", first="1")
    page = anna.get("/counterparties/list/").text
    assert "Ландыш" not in page
    assert heads(page) == ["Наименование", "ИНН"]
    anna.post("/counterparties/first", data={"choice": "view=all"})
    assert "Ландыш" in anna.get("/counterparties/list/").text


def test_columns_are_remembered_for_one_user_and_one_list(login: Login, session: Session) -> None:
    Clients(session).company("Ромашка", inn="7707083893")
    anna = login("anna")
    data = {"column": ["inn:120", "name", "nonsense"], "choice": "_flt_0_words=Ром&page_CounterpartyView=3&next=//evil"}
    there = asked(anna.post("/counterparties/columns", data=data))
    assert there == {
        "_flt_0_words": "Ром",
        "page_CounterpartyView": "3",
        "_col_CounterpartyView": "inn:120,name",
    }
    assert heads(anna.get("/counterparties/list/").text) == ["ИНН", "Наименование"]
    assert len(heads(login("admin").get("/counterparties/list/").text)) == 8
    anna.post("/counterparties/columns", data={"choice": ""})
    assert len(heads(anna.get("/counterparties/list/").text)) == 8
    assert session.scalars(select(ListHabit.columns)).one() == ""


@pytest.mark.parametrize("name", ["", "   ", "я" * 61])
def test_a_wrong_name_is_refused_in_words(login: Login, session: Session, name: str) -> None:
    anna = login("anna")
    assert asked(keep(anna, name))["_flt_0_words"] == "Ром"
    assert session.scalars(select(SavedView)).all() == []


def test_only_readers_of_the_section_keep_anything(app: Flask, login: Login) -> None:
    pavel = login("pavel")
    closed = [view for view in lists_of(app) if pavel.get(f"{view.route_base}/list/").status_code == 403]
    assert closed
    for view in closed:
        for place in ("columns", "views", "first", "views/1/drop"):
            assert pavel.post(f"{view.route_base}/{place}").status_code == 403, (view.route_base, place)
