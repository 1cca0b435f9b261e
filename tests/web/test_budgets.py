"""What a page costs in statements, and that none of them reads a big table whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, raiseload

from app import clock
from app.domain.words import Direction, LetterState, PartyRole, Road
from app.models import authorship
from app.models.contacts import Campaign
from app.models.counterparties import CounterpartyGroup, InformationSource
from app.models.letters import Letter, LetterParty
from app.models.mailboxes import Mailbox
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.web.datamodel import DataModel
from app.web.lists.state import COLUMNS
from app.web.lookup import LOOKUPS
from app.web.views import CrmView
from tests.clients import Clients
from tests.conftest import filled_once
from tests.factories import typed

Login = Callable[..., FlaskClient]
LIST, FORM, CARD = 5, 4, 9
STORIES = {"counterparties": 6, "persons": 6, "orders": 6, "contacts": 9}
SETTINGS = {
    "users",
    "roles",
    "policy",
    "own-fields",
    "mailbox-rights",
    "organisation",
    "bank-accounts",
    "webhooks",
    "webhook-deliveries",
    "readings",
}
CLOSED_LISTS: dict[str, set[str]] = {  # whoever reads, and the lists that his role keeps from him
    "anna": {"supplier-orders", "receipts", "supplier-payments", "supplier-items", "supplier-closings", *SETTINGS},
    "admin": set(),
    "pavel": {
        *("orders", "shipments", "payments", "expected-deals", "closings", "work-plan-rules", "workday-exceptions"),
        *("satisfaction", "papers", "paper-templates", "consents"),
        *SETTINGS,
    },
}
BIG = {
    "counterparty",
    "contact_person",
    "contact_info",
    "contact",
    "buyer_order",
    "shipment",
    "payment",
    "item",
    "buyer_order_line",
    "shipment_line",
}


@pytest.fixture
def company(filled: tuple[Session, dict[str, int]]) -> dict[str, int]:
    """The number of one row of each section."""
    return filled[1]


def fill(session: Session) -> dict[str, int]:
    """Thirty of everything, all of one counterparty but letters; gives the number of one row of each section."""
    clients = Clients(session)
    one = clients.company(
        "Ромашка",
        "anna",
        group=CounterpartyGroup(name="Опт"),
        source=InformationSource(name="Реклама"),
        is_supplier=True,
    )
    items = [clients.add(Item(code=f"{n}", name=f"Гвоздь {n}")) for n in range(5)]
    campaign, box = Campaign(name="Выставка"), Mailbox(address="anna@firm.ru", owner=one.manager)
    for n in range(30):
        person = clients.person(one, f"Иванов{n:02}")
        info = clients.phone(one, f"+7 912 000-00-{n:02}", person)
        contact = clients.contact(one, f"Дело {n}", person=person, manager=one.manager, campaign=campaign)
        contact.source = one.source
        order = clients.order(one, f"З{n}", manager=one.manager, person=person)
        order.lines = [OrderLine(item=item, quantity=1, price=1, amount=1) for item in items]
        values = {"date": date(2026, 1, 1), "counterparty": one, "order": order, "amount": Decimal(5)}
        shipment = clients.add(Shipment(number=f"Р{n}", manager=one.manager, **values))
        shipment.lines = [ShipmentLine(item=item, quantity=1, price=1, amount=1) for item in items]
        payment = clients.add(Payment(number=f"П{n}", **values))
        firm = clients.company(f"Фирма {n:02}", "anna", group=one.group)
        party = LetterParty(role=PartyRole.FROM, address=f"{n}@firm.ru", at=clock.now(), counterparty=firm)
        about = {"direction": Direction.IN, "state": LetterState.RECEIVED, "at": clock.now(), "mailbox": box}
        clients.add(
            Letter(message_id=f"{n}@firm.ru", subject=f"Письмо {n}", sender=party.address, parties=[party], **about)
        )
    session.flush()
    rows = {"counterparties": one, "persons": person, "contacts": contact, "contact-info": info, "items": items[0]}
    rows |= {"orders": order, "shipments": shipment, "payments": payment, "groups": one.group, "sources": one.source}
    return {section: row.id for section, row in rows.items()} | {
        "campaigns": campaign.id,
        "policy": 1,
        "organisation": 1,
    }


filled, session = filled_once(fill)


def whole_tables(statements: list[str]) -> list[str]:
    """Statements that might read a big table from end to end."""
    bare = [re.sub(r"\s+", " ", statement) for statement in statements if statement.startswith("SELECT")]
    found = []
    for statement in bare:
        table = re.search(r"FROM (\w+)", statement)
        by_key = table and re.search(rf"WHERE {table[1]}\.(id|order_id|shipment_id|refund_of_id) = ", statement)
        if table and table[1] in BIG and "LIMIT" not in statement and not by_key:
            found.append(statement)
    return found


def check(client: FlaskClient, sql: list[str], address: str, budget: int) -> None:
    sql.clear()
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    read = [statement for statement in sql if not re.search(r"^SELECT reading\.|INTO reading\b", statement)]
    assert len(sql) - len(read) <= 2, address  # who looked at what: whether it is new, and that it is
    assert len(read) <= budget, f"{address}: {len(sql)}\n" + "\n".join(sql)
    assert whole_tables(sql) == [], address


def offering(app: Flask, screen: str) -> list[CrmView]:
    return [view for view in app.appbuilder.baseviews if isinstance(view, CrmView) and view.offers(screen)]


def addresses(app: Flask, screen: str) -> list[str]:
    return [f"{view.route_base}/{screen}" for view in offering(app, screen.strip("/"))]


@pytest.mark.parametrize(("username", "closed"), CLOSED_LISTS.items())
def test_a_list_costs_five_statements(
    app: Flask, login: Login, company: dict[str, int], sql: list[str], username: str, closed: set[str]
) -> None:
    client = login(username)
    for address in addresses(app, "list/"):
        if address.split("/")[1] in closed:
            assert client.get(address).status_code == 403, address
        elif address not in {"/policy/list/", "/organisation/list/"}:  # of one row: leads to its form
            check(client, sql, address, LIST)


def test_a_list_that_is_read_is_not_signed(app: Flask, login: Login, session: Session) -> None:
    """Who writes is told to the base by a statement more."""
    client, verbs = login("admin"), set()

    def ask(connection: Connection, *_: Any) -> None:
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('vizavi.verb', true), '')")
            verbs.update(cursor.fetchone() or ())

    authorship.by(session, Road.JOB, "of another")
    authorship.sign(session)
    event.listen(Engine, "after_cursor_execute", ask)
    try:
        for address in addresses(app, "list/"):
            client.get(address)
    finally:
        event.remove(Engine, "after_cursor_execute", ask)
    assert "job:of another" in verbs
    assert verbs <= {"job:of another", ""}  # of the base of reports nothing is told at all


@pytest.mark.parametrize("shown", ["own columns", "all columns"])
def test_a_list_loads_what_its_columns_show_and_reads_nothing_row_by_row(
    app: Flask, login: Login, company: dict[str, int], monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    """Without columns of related rows nothing of a list may need these."""
    whole = DataModel._whole
    alone = raiseload("*", sql_only=True)
    monkeypatch.setattr(DataModel, "_whole", lambda model, found, options: whole(model, found, [*options, alone]))
    client = login("admin")
    for view in offering(app, "list"):
        view.datamodel._of_viewer.clear()
        names = dict.fromkeys([*view.list_columns, *view.more_columns])
        chosen = [name for name in names if shown == "all columns" or not view.datamodel.is_relation(name)]
        address = f"{view.route_base}/list/?{COLUMNS}_{type(view).__name__}={','.join(chosen)}"
        assert client.get(address, follow_redirects=True).status_code == 200, address
        view.datamodel._of_viewer.clear()


def test_a_search_with_chosen_rows_costs_five_statements(login: Login, company: dict[str, int], sql: list[str]) -> None:
    client = login("anna")
    manager = client.get("/lookup/User?q=Петрова").json["results"][0]["id"]
    chosen = f"_flt_0_counterparty={company['counterparties']}&_flt_0_manager={manager}&_flt_0_state=planned"
    check(client, sql, f"/contacts/list/?{chosen}", LIST)
    check(client, sql, f"/counterparties/list/?_flt_0_words=фирма&_flt_0_phone=0000&_flt_0_manager={manager}", LIST)
    check(client, sql, "/counterparties/list/?page_CounterpartyView=1&_oc_CounterpartyView=name", LIST)


def test_a_form_costs_four_statements(app: Flask, login: Login, company: dict[str, int], sql: list[str]) -> None:
    client = login("admin")
    for address in addresses(app, "add"):
        check(client, sql, address, FORM)
    for address in addresses(app, "edit"):
        section = address.split("/")[1]
        if section in company:
            check(client, sql, f"{address}/{company[section]}", FORM)
    for section in ("users", "roles"):
        check(client, sql, f"/{section}/edit/1", FORM)
    check(client, sql, f"/contacts/add?_flt_0_counterparty={company['counterparties']}", FORM)


@pytest.mark.parametrize("username", ["anna", "admin"])
def test_a_card_costs_nine_statements(
    app: Flask, login: Login, company: dict[str, int], sql: list[str], username: str
) -> None:
    client = login(username)
    for section in ("counterparties", "persons", "contacts", "items", "orders", "shipments", "payments"):
        check(client, sql, f"/{section}/show/{company[section]}", STORIES.get(section, CARD))


def test_saving_an_order_costs_eleven_statements(
    session: Session, login: Login, company: dict[str, int], sql: list[str]
) -> None:
    """One line is changed, thirty payments of the client lie on his orders."""
    order = session.get_one(BuyerOrder, company["orders"])
    lines = [(line.item, "2" if place == 0 else "1", "1") for place, line in enumerate(order.lines)]
    data = typed(order.counterparty, lines, number=order.number, date=str(order.date), version=order.version)
    client = login("anna")
    assert client.post(f"/orders/edit/{order.id}", data=data).status_code == 302
    data |= {"lines-0-quantity": "3", "version": data["version"] + 1}
    sql.clear()
    assert client.post(f"/orders/edit/{order.id}", data=data).status_code == 302
    assert len(sql) <= 11, "\n".join(sql)


def test_saving_a_contact_costs_six_statements(login: Login, company: dict[str, int], sql: list[str]) -> None:
    client = login("anna")
    data = {
        "counterparty": company["counterparties"],
        "person": company["persons"],
        "subject": "Цены",
        "starts_at": "2026-11-24T10:00",
        "ends_at": "2026-11-24T10:30",
    }
    for _ in range(2):  # what is kept of the reader's day and of own fields is read once
        sql.clear()
        assert client.post("/contacts/add", data=data).status_code == 302
    assert len(sql) <= 6, "\n".join(sql)


@pytest.mark.parametrize(("username", "closed"), [("anna", {"SupplierOrder"}), ("admin", set())])
def test_a_picker_costs_four_statements(
    login: Login, company: dict[str, int], sql: list[str], username: str, closed: set[str]
) -> None:
    client = login(username)
    for name, lookup in LOOKUPS.items():
        if name in closed:
            assert client.get(f"/lookup/{name}").status_code == 403
            continue
        within = f"&counterparty={company['counterparties']}" if "counterparty" in lookup.within else ""
        check(client, sql, f"/lookup/{name}?q=а{within}", FORM)
        check(client, sql, f"/lookup/{name}?page=2{within}", FORM)
