"""Additional managers see a client as its responsible does, by every road, and only as long as they are that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import Direction, LetterState, NoticeKind, PartyRole
from app.models.bell import Notice, Reminder
from app.models.contacts import Contact
from app.models.counterparties import AdditionalManager, ContactPerson, Counterparty
from app.models.journal import Act
from app.models.letters import Letter, LetterParty, LetterThread
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.services.exchange import TABLES, exporting
from app.web.access.rowsec import look_unlogged
from tests.clients import Clients
from tests.conftest import filled_once, user_named
from tests.dav.conftest import Telephone, telephone
from tests.factories import added
from tests.web.test_rest import Program

__all__ = ["telephone"]  # a fixture

Login = Callable[..., FlaskClient]
Telephones = Callable[[str], Telephone]
MARK = "Тайна"  # in whatever is told of the client
RESOURCES = ("counterparty", "person", "contact", "order", "shipment", "payment", "letter")
KINDS = ("counterparties", "persons", "contacts", "payments", "additional-managers")


def fill(session: Session) -> int:
    """Boris has it, with a row of every kind; Anna has nothing to do with it yet."""
    clients = Clients(session)
    company = clients.company(f"{MARK} ООО", "boris", needs=f"{MARK}!")
    company.code = f"{MARK}-0"
    person, boris = clients.person(company, f"{MARK}лицо"), clients.user("boris")
    clients.phone(company, "+7 912 555-66-77", person)
    contact = clients.contact(company, f"{MARK} дело", person=person, manager=boris)
    order = clients.order(company, f"{MARK}-1", manager=boris)
    values = {"date": date(2026, 1, 1), "counterparty": company, "order": order, "amount": Decimal(5)}
    clients.add(Shipment(number=f"{MARK}-2", **values))
    clients.add(Payment(number=f"{MARK}-3", **values))
    sender = LetterParty(role=PartyRole.FROM, address="who@client.ru", counterparty=company, at=clock.now())
    clients.add(
        Letter(
            message_id="1@client.ru", thread=LetterThread(subject=MARK), direction=Direction.IN, at=clock.now(),
            state=LetterState.RECEIVED, subject=f"{MARK} письмом", sender="who@client.ru", parties=[sender],
        )
    )  # fmt: skip
    about = {"counterparty_id": company.id, "person_id": person.id, "facts": {"birthday": "2026-05-08"}}
    for name in ("anna", "boris"):  # as if both had worked with it when they were told
        clients.add(Notice(user=clients.user(name), kind=NoticeKind.BIRTHDAY, key=f"birthday:{name}", **about))
    rings = datetime(2026, 1, 1, tzinfo=UTC)
    clients.add(Reminder(user=clients.user("anna"), contact=contact, due_at=rings, happens_at=rings, zone="UTC"))
    return company.id


filled, session = filled_once(fill)


@pytest.fixture
def client(session: Session, filled: tuple[Session, int]) -> Counterparty:
    return session.get_one(Counterparty, filled[1])


def share(session: Session, client: Counterparty, *names: str) -> None:
    client.additional_managers = [user_named(session, name) for name in names]
    session.commit()


def additional(session: Session, client: Counterparty) -> list[str]:
    query = select(AdditionalManager).where(AdditionalManager.counterparty_id == client.id)
    session.expire_all()
    return sorted(row.user.username for row in session.scalars(query))


def pages(session: Session, client: Counterparty) -> Iterator[str]:
    """Everything that tells of the client on a screen."""
    sections = ("counterparties", "persons", "contacts", "contact-info", "orders", "shipments", "payments", "letters")
    yield from (f"/{section}/list/?view=all" for section in sections)
    yield from (f"/counterparties/{screen}/{client.id}" for screen in ("show", "edit", "feed"))
    for section, model in (("persons", ContactPerson), ("contacts", Contact), ("orders", BuyerOrder)):
        number = session.scalars(select(model.id).where(model.counterparty_id == client.id)).one()
        yield f"/{section}/show/{number}"
    letter = session.scalars(select(LetterParty.letter_id).where(LetterParty.counterparty_id == client.id)).one()
    yield f"/letters/show/{letter}"
    yield from ("/search?q=тайна", "/search/typed?q=тайна", "/call?phone=89125556677", "/bell/all", "/bell/panel")
    yield from ("/lookup/Counterparty?q=тайна", "/lookup/ContactPerson", "/lookup/BuyerOrder")
    yield from (f"/reports/{name}/json" for name in ("contact-info", "deals"))
    yield "/reports/contacts/json?period=2026-01-01..2026-12-31"


def told(app: Flask, session: Session, login: Login, phone: Telephone, client: Counterparty) -> dict[str, bool]:
    """By which roads Anna is told of the client."""
    anna, program, found = login("anna"), Program(app, session, "anna"), {}
    for address in pages(session, client):
        answer = anna.get(address, follow_redirects=True)
        found[address] = answer.status_code == 200 and MARK in (str(answer.json) if answer.is_json else answer.text)
    for resource in RESOURCES:
        found[f"REST {resource}"] = MARK in str(program("GET", f"{resource}/").json)
    look_unlogged(session, user_named(session, "anna"))
    for kind in KINDS:
        rows = exporting.export_rows(session, TABLES[kind], exporting.PLAIN)
        found[f"export {kind}"] = any(MARK in str(row) for row in rows)
    del session.info["viewer"]
    phone.sync()
    return found | {"telephone": MARK in str(phone.read()), "bell": anna.get("/bell/").json["notices"] > 0}


def test_they_see_all_of_a_client_as_long_as_they_work_with_it(
    app: Flask, session: Session, login: Login, telephone: Telephones, client: Counterparty
) -> None:
    phone = telephone("anna")

    def roads() -> dict[str, bool]:
        return told(app, session, login, phone, client)

    assert [road for road, seen in roads().items() if seen] == []
    share(session, client, "anna")
    assert [road for road, seen in roads().items() if not seen] == []
    share(session, client)
    assert [road for road, seen in roads().items() if seen] == []


def test_what_their_role_does_not_see_they_do_not_see_either(
    session: Session, login: Login, client: Counterparty
) -> None:
    share(session, client, "pavel")
    assert MARK not in login("pavel").get("/counterparties/list/").text  # suppliers alone


def test_figures_of_managers_stay_with_the_responsible(session: Session, login: Login, client: Counterparty) -> None:
    share(session, client, "anna")
    address = "/reports/managers/json?period=2026-01-01..2026-12-31"
    rows = login("anna").get(address).json
    assert "Борис" not in str(rows)
    session.delete(client.additional[0])
    session.commit()
    assert login("anna").get(address).json == rows


@pytest.fixture
def typed(session: Session, client: Counterparty) -> dict[str, Any]:
    return {"name": client.name, "code": client.code, "is_buyer": "y", "manager": client.manager_id}


def numbers(session: Session, *names: str) -> list[Any]:
    return ["", *(user_named(session, name).id for name in names)]


def test_they_are_named_in_the_form_and_stand_on_the_card(
    session: Session, login: Login, client: Counterparty, typed: dict[str, Any]
) -> None:
    vera, address = login("vera"), f"/counterparties/edit/{client.id}"
    vera.post(address, data={**typed, "additional_managers": numbers(session, "anna", "maria")})
    assert additional(session, client) == ["anna", "maria"]
    assert "Анна Петрова, Мария Зайцева" in vera.get(f"/counterparties/show/{client.id}").text
    assert ">Мария Зайцева</option>" in vera.get(address).text
    since = {row.user.username: row.id for row in client.additional}
    vera.post(address, data={**typed, "additional_managers": numbers(session, "anna", "pavel")})
    assert additional(session, client) == ["anna", "pavel"]
    assert {row.id for row in client.additional} & set(since.values()) == {since["anna"]}
    vera.post(address, data={**typed, "additional_managers": ""})
    assert additional(session, client) == []
    wrong = vera.post(address, data={**typed, "additional_managers": ["", "999999"]})
    assert 'class="err"' in wrong.text
    assert f"{MARK}!" in vera.get(f"/counterparties/show/{client.id}").text


def test_the_responsible_is_no_additional_one(
    session: Session, login: Login, client: Counterparty, typed: dict[str, Any]
) -> None:
    share(session, client, "anna", "maria")
    chosen = numbers(session, "anna", "boris", "maria")
    anna = user_named(session, "anna").id
    login("vera").post(
        f"/counterparties/edit/{client.id}", data={**typed, "manager": anna, "additional_managers": chosen}
    )
    assert additional(session, client) == ["boris", "maria"]
    session.refresh(client)
    assert client.manager_id == anna


def test_only_whoever_gives_clients_to_managers_says_who_works_with_them(
    app: Flask, session: Session, login: Login, client: Counterparty, typed: dict[str, Any]
) -> None:
    anna, boris = login("anna"), login("boris")
    address, more = f"/counterparties/edit/{client.id}", {"additional_managers": numbers(session, "anna")}
    assert "Менять тех, кто работает с клиентом" in boris.post(address, data={**typed, **more}).text
    program = Program(app, session, "boris")
    number = user_named(session, "anna").id
    answer = program("PUT", f"counterparty/{client.id}", json={"additional_managers": [number]})
    assert list(answer.json["message"]) == ["additional_managers"]
    new = {"name": "Свой", "additional_managers": [number]}
    assert program("POST", "counterparty/", json=new).status_code == 422
    assert additional(session, client) == []
    share(session, client, "anna")
    assert anna.post(address, data={**typed, "additional_managers": "", "needs": "мимо"}).status_code == 200
    assert anna.post(address, data={**typed, "manager": number}).status_code == 200
    assert anna.post(address, data={**typed, **more, "needs": "гвозди"}).status_code == 302  # the rest is his work too
    assert (additional(session, client), client.needs, client.manager.username) == (["anna"], "гвозди", "boris")


def test_by_rest_they_are_set_and_read(app: Flask, session: Session, client: Counterparty) -> None:
    program, address = Program(app, session, "vera"), f"counterparty/{client.id}"
    anna, boris, maria = (user_named(session, name).id for name in ("anna", "boris", "maria"))
    assert program("PUT", address, json={"additional_managers": [anna, boris, maria]}).status_code == 200
    shown = program("GET", address).json["result"]["additional"]
    assert [one["user_id"] for one in shown] == [anna, maria]
    assert shown[0]["since"] == session.scalars(select(AdditionalManager.since)).first().isoformat()
    assert program("PUT", address, json={"manager": anna}).status_code == 200
    assert additional(session, client) == ["maria"]
    assert program("PUT", address, json={"additional_managers": [999999]}).status_code == 422
    asked = "q=(filters:!((col:anybody,opr:rel_o_m,value:{})))"
    for user, found in ((maria, 1), (anna, 1), (boris, 0)):
        assert program("GET", f"counterparty/?{asked.format(user)}").json["count"] == found


def test_a_list_is_searched_by_whoever_works_with_a_client(
    session: Session, login: Login, client: Counterparty
) -> None:
    share(session, client, "anna")
    vera = login("vera")
    for name, field, seen in (
        *(("anna", "anybody", True), ("boris", "anybody", True), ("maria", "anybody", False)),
        *(("anna", "manager", False), ("boris", "manager", True)),
    ):
        asked = {f"_flt_0_{field}": user_named(session, name).id}
        assert (MARK in vera.get("/counterparties/list/", query_string=asked).text) is seen, (name, field)
    assert MARK not in vera.get("/counterparties/list/?_flt_0_anybody=x").text


def test_a_list_tells_who_works_with_a_client_where_it_is_asked_to(
    session: Session, login: Login, client: Counterparty, sql: list[str]
) -> None:
    share(session, client, "anna", "maria")
    vera, address = login("vera"), "/counterparties/list/?_col_CounterpartyView=name,manager"
    assert "Анна Петрова, Мария Зайцева" in vera.get(f"{address},additional").text
    sql.clear()
    assert "Мария Зайцева" not in vera.get(address).text
    assert [statement for statement in sql if "JOIN additional_manager" in statement] == []


def last_act(session: Session) -> int:
    return session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one()


def test_a_client_handed_over_to_one_of_them_and_taken_back(
    session: Session, login: Login, client: Counterparty
) -> None:
    share(session, client, "anna", "maria")
    vera = login("vera")
    vera.post("/hand-over/", data={"clients": client.id, "manager": user_named(session, "anna").id})
    assert additional(session, client) == ["maria"]
    assert login("boris").get(f"/counterparties/show/{client.id}").status_code == 404  # he does not become one by it
    vera.post(f"/journal/undo/{last_act(session)}")
    assert additional(session, client) == ["anna", "maria"]
    assert client.manager.username == "boris"


def test_a_deleted_client_comes_back_with_them(session: Session, login: Login, client: Counterparty) -> None:
    lonely = added(session, Counterparty(code="Т-0", name="Одинокий"))
    share(session, lonely, "anna")
    admin = login("admin")
    admin.post(f"/counterparties/delete/{lonely.id}")
    assert session.scalars(select(AdditionalManager)).all() == []
    admin.post(f"/journal/undo/{last_act(session)}")
    assert additional(session, session.scalars(select(Counterparty).filter_by(name="Одинокий")).one()) == ["anna"]


def test_the_journal_tells_who_was_added_and_taken_away(session: Session, login: Login, client: Counterparty) -> None:
    vera, address = login("vera"), f"/counterparties/edit/{client.id}"
    data = {"name": client.name, "code": client.code, "is_buyer": "y", "manager": client.manager_id}
    vera.post(address, data={**data, "additional_managers": numbers(session, "maria")})
    vera.post(address, data={**data, "additional_managers": ""})
    page = vera.get(f"/history/counterparty/{client.id}").text
    assert page.count("Мария Зайцева") >= 2


def test_whoever_may_give_clients_away_shares_one_that_he_sees(
    session: Session, login: Login, client: Counterparty, typed: dict[str, Any]
) -> None:
    right = select(PermissionView).where(
        PermissionView.permission.has(name="can_write"), PermissionView.view_menu.has(name="Responsible managers")
    )
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    role.permissions = [*role.permissions, session.scalars(right).one()]
    session.commit()
    address = f"/counterparties/edit/{client.id}"
    sent = {**typed, "additional_managers": numbers(session, "anna")}
    assert login("anna").post(address, data=sent).status_code == 404
    assert login("boris").post(address, data=sent).status_code == 302
    assert additional(session, client) == ["anna"]
    answer = login("anna").post(address, data={**typed, "additional_managers": ""})
    assert answer.location == "/counterparties/list/"  # he sees it no more
