"""What is kept from day to day is kept after any way of writing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState, Direction
from app.models import authorship
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, InformationSource
from app.models.histories import ContactMove, ManagerRecord, OrderMove, SourceRecord
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.services.exchange import run_import
from tests.conftest import user_named
from tests.deals import DAY, item, order, paid, returned, shipped
from tests.factories import added, buyer
from tests.web.test_rest import Program

pytestmark = pytest.mark.slow


def inputs(page: str) -> dict[str, str]:
    """The named inputs of a page with their values."""
    return {m["name"]: unescape(m["value"]) for m in INPUT.finditer(page)}


INPUT = re.compile(r'<input[^>]*?name="(?P<name>[^"]+)"[^>]*?value="(?P<value>[^"]*)"')


def today(session: Session) -> date:
    return session.execute(select(func.current_date())).scalar_one()


def managers(session: Session, of: Counterparty) -> list[tuple[date, int | None, int | None]]:
    query = select(ManagerRecord.on, ManagerRecord.manager_id, ManagerRecord.by_id)
    rows = session.execute(query.where(ManagerRecord.counterparty_id == of.id).order_by(ManagerRecord.on))
    return [tuple(row) for row in rows]


def sources(session: Session, of: Counterparty) -> list[tuple[date, int | None, int | None]]:
    query = select(SourceRecord.on, SourceRecord.source_id, SourceRecord.contact_id)
    rows = session.execute(query.where(SourceRecord.counterparty_id == of.id).order_by(SourceRecord.on))
    return [tuple(row) for row in rows]


@pytest.fixture
def anna(session: Session) -> int:
    return user_named(session, "anna").id


@pytest.fixture
def boris(session: Session) -> int:
    return user_named(session, "boris").id


def test_a_new_client_has_his_manager_from_the_day_he_was_registered(session: Session, anna: int) -> None:
    assert managers(session, buyer(session, manager_id=anna, registered_on=DAY)) == [(DAY, anna, None)]
    assert managers(session, buyer(session, registered_on=DAY)) == []


def test_a_change_is_of_today_and_names_who_made_it(session: Session, anna: int, boris: int) -> None:
    session.info["viewer"] = Viewer.of(boris, {Sees.ALL})
    client = buyer(session, manager_id=anna, registered_on=DAY)
    client.manager_id = boris
    session.flush()
    client.manager_id = None  # the last word of a day counts
    session.flush()
    assert managers(session, client) == [(DAY, anna, boris), (today(session), None, boris)]


def test_a_change_of_anything_else_writes_nothing(session: Session, anna: int) -> None:
    client = buyer(session, manager_id=anna, registered_on=DAY)
    client.needs = "по утрам"
    session.flush()
    assert len(managers(session, client)) == 1


def test_a_statement_past_the_orm_is_kept_too(session: Session, anna: int, boris: int) -> None:
    client = buyer(session, manager_id=anna, registered_on=DAY)
    authorship.sign(session)
    session.execute(update(Counterparty).where(Counterparty.id == client.id).values(manager_id=boris))
    assert [row[1] for row in managers(session, client)] == [anna, boris]


def test_an_older_row_of_history_leaves_the_card_and_a_later_one_is_put_there(
    session: Session, anna: int, boris: int
) -> None:
    client = buyer(session, manager_id=anna, registered_on=DAY)
    added(session, ManagerRecord(counterparty_id=client.id, on=DAY - timedelta(days=9), manager_id=boris))
    session.expire(client)
    assert client.manager_id == anna
    added(session, ManagerRecord(counterparty_id=client.id, on=DAY + timedelta(days=9), manager_id=boris))
    session.expire(client)
    assert client.manager_id == boris
    assert len(managers(session, client)) == 3


def test_the_source_of_an_incoming_contact_is_the_clients_from_its_day(session: Session) -> None:
    shop, fair = (added(session, InformationSource(name=f"Источник {n}")) for n in range(2))
    client = buyer(session, source_id=shop.id, registered_on=DAY)
    at = datetime(2026, 4, 1, 9, tzinfo=UTC)
    values = {"counterparty_id": client.id, "starts_at": at, "ends_at": at, "source_id": fair.id}
    added(session, Contact(**values, direction=Direction.OUT, state=ContactState.DONE))
    planned = added(session, Contact(**values, direction=Direction.IN, state=ContactState.PLANNED))
    session.expire(client)
    assert client.source_id == shop.id
    planned.state = ContactState.DONE
    session.flush()
    session.expire(client)
    assert client.source_id == fair.id
    assert sources(session, client) == [(DAY, shop.id, None), (at.date(), fair.id, planned.id)]
    session.execute(delete(Contact).where(Contact.id == planned.id))
    assert sources(session, client)[-1] == (at.date(), fair.id, None)  # what was learned stays


def test_moves_of_planned_days_are_kept_with_the_first_day(session: Session, boris: int) -> None:
    session.info["viewer"] = Viewer.of(boris, {Sees.ALL})
    bolt = item(session)
    it = order(session, buyer(session), {bolt: 1}, ship_on=DAY)
    it.ship_on, it.pay_by = DAY + timedelta(days=5), DAY + timedelta(days=7)
    session.flush()
    it.pay_by = None
    session.flush()
    session.refresh(it)
    assert (it.first_ship_on, it.first_pay_by) == (DAY, DAY + timedelta(days=7))
    found = session.execute(
        select(OrderMove.what, OrderMove.was, OrderMove.now, OrderMove.by_id).order_by(OrderMove.id)
    ).all()
    assert [tuple(row) for row in found] == [
        ("shipment", DAY, DAY + timedelta(days=5), boris),
        ("payment", DAY + timedelta(days=7), None, boris),
    ]


def test_moves_of_planned_contacts_are_kept_with_their_reason(session: Session) -> None:
    at = datetime(2026, 4, 1, 9, tzinfo=UTC)
    contact = added(session, Contact(counterparty_id=buyer(session).id, starts_at=at, ends_at=at + timedelta(hours=1)))
    authorship.sign(session, reason="клиент в отпуске")
    move = update(Contact).where(Contact.id == contact.id)
    session.execute(move.values(starts_at=at + timedelta(days=1), ends_at=at + timedelta(days=2)))
    session.execute(move.values(state=ContactState.DONE, starts_at=at))  # how it was is not a move
    assert [(m.was, m.now, m.reason) for m in session.scalars(select(ContactMove))] == [
        (at, at + timedelta(days=1), "клиент в отпуске")
    ]


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def test_the_day_an_order_was_done_first_stays_when_goods_come_back(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4}, on=days(1))
    paid(session, who, 1000, on=days(2), order_id=it.id)
    assert it.completed_on is None
    last = shipped(session, it, {bolt: 6}, on=days(3))
    assert (it.completed_on, it.status) == (days(3), "done")
    returned(session, it, {bolt: 1}, on=days(5))
    assert (it.completed_on, it.status) == (days(3), "partly")
    shipped(session, it, {bolt: 1}, on=days(8))
    assert (it.completed_on, it.done_on, it.status) == (days(3), days(8), "done")
    session.delete(session.get(Shipment, last.id))
    session.commit()
    assert it.completed_on is None


def test_an_order_is_done_on_the_day_of_whatever_came_last(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 1})
    shipped(session, it, {bolt: 1}, on=days(1))
    payment = paid(session, who, 100, on=days(4))
    assert it.completed_on == days(4)
    session.delete(session.get(Payment, payment.id))
    session.commit()
    assert it.completed_on is None


def test_an_advance_completes_the_order_on_the_day_of_its_goods(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    paid(session, who, 500, on=days(-3))
    it = order(session, who, {bolt: 5})
    shipped(session, it, {bolt: 5}, on=days(2))
    assert it.completed_on == days(2)


def test_every_way_of_changing_a_manager_is_kept(
    app: Flask, session: Session, login: Callable[..., FlaskClient], anna: int, boris: int
) -> None:
    client = buyer(session, manager_id=anna, registered_on=DAY)
    now = datetime.now(UTC)
    vera = user_named(session, "vera").id
    address = f"/counterparties/edit/{client.id}"

    def by_form() -> None:
        page = login("vera").get(address)
        form = {name: value for name, value in inputs(page.text).items() if name in {"code", "name", "shown"}}
        login("vera").post(address, data={**form, "kind": "company", "manager": str(boris), "is_buyer": "y"})

    def by_rest() -> None:
        Program(app, session, "vera")("PUT", f"counterparty/{client.id}", json={"manager": boris})

    def by_command() -> None:
        file = f"code;name;manager\n{client.code};{client.name};boris\n".encode()
        run_import(session, "counterparties", file, now=now, today=now.date())

    def by_import() -> None:
        session.info["viewer"] = Viewer.of(boris, {Sees.ALL})
        by_command()
        del session.info["viewer"]

    ways: list[tuple[str, Callable[[], Any], int | None]] = [
        ("form", by_form, vera),
        (
            "rest",
            lambda: Program(app, session, "vera")("PUT", f"counterparty/{client.id}", json={"manager": boris}),
            vera,
        ),
        (
            "import",
            lambda: run_import(
                session,
                "counterparties",
                f"code;name;manager\n{client.code};{client.name};boris\n".encode(),
                now=now,
                today=now.date(),
            ),
            None,
        ),
    ]
    for name, way, author in ways:
        session.execute(update(Counterparty).where(Counterparty.id == client.id).values(manager_id=anna))
        session.execute(delete(ManagerRecord).where(ManagerRecord.on > DAY))
        way()
        kept = managers(session, client)
        assert (name, [row[1] for row in kept]) == (name, [anna, boris])
        assert (name, kept[-1][2]) == (name, author)


def test_a_client_is_given_away_by_those_alone_who_have_the_right(
    app: Flask, session: Session, login: Callable[..., FlaskClient], anna: int, boris: int
) -> None:
    client = buyer(session, manager_id=anna, registered_on=DAY)
    page = login("anna").get(f"/counterparties/edit/{client.id}")
    typed = {name: value for name, value in inputs(page.text).items() if name in {"code", "name", "shown"}}
    typed |= {"kind": "company", "is_buyer": "y"}
    refused = login("anna").post(f"/counterparties/edit/{client.id}", data={**typed, "manager": str(boris)})
    assert "Назначить ответственным другого" in refused.text
    planted = login("anna").post(
        "/counterparties/add", data={"name": "Чужой", **typed, "code": "", "manager": str(boris)}
    )
    assert "Назначить ответственным другого" in planted.text
    program = Program(app, session, "anna")
    assert program("PUT", f"counterparty/{client.id}", json={"manager": boris}).status_code == 422
    assert program("POST", "counterparty/", json={"name": "Чужой", "manager": boris}).status_code == 422
    assert program("POST", "counterparty/", json={"name": "Свой", "manager": anna}).status_code == 201
    assert login("anna").get(f"/hand-over/?clients={client.id}").status_code == 403
    assert login("anna").post("/hand-over/", data={"clients": client.id, "manager": boris}).status_code == 403
    assert "hand_over" not in login("anna").get("/counterparties/list/").text
    assert [row[1] for row in managers(session, client)] == [anna]


def test_clients_chosen_in_a_list_are_handed_over_at_once(
    session: Session, login: Callable[..., FlaskClient], anna: int, boris: int
) -> None:
    clients = [buyer(session, name=f"Фирма {n}", manager_id=anna, registered_on=DAY) for n in range(3)]
    vera = login("vera")
    assert "hand_over" in vera.get("/counterparties/list/").text
    rows = [str(client.id) for client in clients[:2]]
    asked = vera.post("/counterparties/action_post", data={"action": "hand_over", "rowid": rows})
    assert asked.status_code == 302
    form = vera.get(asked.location)
    assert "Фирма 0" in form.text
    done = vera.post("/hand-over/", data={"clients": ",".join(rows), "manager": str(boris)}, follow_redirects=True)
    assert "2 клиента" in done.text
    assert [[row[1] for row in managers(session, client)] for client in clients] == [
        [anna, boris],
        [anna, boris],
        [anna],
    ]
    assert managers(session, clients[0])[-1][2] == user_named(session, "vera").id


def test_cards_tell_who_was_responsible_and_which_days_were_moved(
    session: Session, login: Callable[..., FlaskClient], anna: int, boris: int
) -> None:
    session.info["viewer"] = Viewer.of(boris, {Sees.ALL})
    client = buyer(session, manager_id=anna, registered_on=DAY)
    client.manager_id = boris
    it = order(session, client, {item(session): 1}, ship_on=DAY)
    session.flush()
    assert "Дата отгрузки:" not in login("vera").get(f"/orders/show/{it.id}").text
    authorship.sign(session, reason="ждем машину")
    session.execute(update(BuyerOrder).where(BuyerOrder.id == it.id).values(ship_on=DAY + timedelta(days=2)))
    card, moved = (
        login("vera").get(f"/{screen}").text for screen in (f"counterparties/show/{client.id}", f"orders/show/{it.id}")
    )
    assert re.search(r"Ответственный менеджер: Борис Ёлкин.*Ответственный менеджер: Анна Петрова", card, re.DOTALL)
    assert re.search(r"10.03.2026 → 12.03.2026.*ждем машину.*Борис Ёлкин", moved, re.DOTALL)
