"""The bell, its panel and its verbs; reminders are their owner's alone, by any address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.words import NoticeKind
from app.models.access import LoginSession
from app.models.bell import Notice, Reminder
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.services.access import sessions
from app.services.bell import reminders
from tests.clients import Clients
from tests.conftest import user_named
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]
MOSCOW = ZoneInfo("Europe/Moscow")
VERBS = ("snooze", "finish", "drop")
HOUR = timedelta(hours=1)


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def rung(session: Session, clients: Clients) -> Reminder:
    """Anna's, of her contact that is in ten minutes; it rings."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)
    contact = clients.contact(clients.company("Ромашка"), "Цены", manager=clients.user("anna"))
    contact.starts_at, contact.ends_at = start, start + HOUR
    made = reminders.remind(session, contact, clients.user("anna").id, zone=MOSCOW, minutes=15)
    session.commit()
    return made


def test_a_poll_that_has_nothing_new_has_no_body(login: Login, rung: Reminder, sql: list[str]) -> None:
    client = login("anna")
    first = client.get("/bell/")
    assert first.json["count"] == 1
    assert first.json["rings"][0]["title"] == "Цены"
    assert "Ромашка" in first.json["rings"][0]["text"]
    sql.clear()
    again = client.get("/bell/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert len([each for each in sql if "reminder" in each]) == 1
    client.post(f"/bell/finish/{rung.id}")
    third = client.get("/bell/", headers={"If-None-Match": first.headers["ETag"]})
    assert (third.status_code, third.json["count"], third.json["rings"]) == (200, 0, [])


def test_a_page_that_asks_by_itself_keeps_no_login_alive(login: Login, session: Session) -> None:
    client, anna = login("anna"), user_named(session, "anna")
    number = sessions.begin(session, anna.id, agent="", is_program=False, now=datetime.now(UTC))
    with client.session_transaction() as cookie:
        cookie["login"] = number
    known = session.get_one(LoginSession, number)
    known.seen_at = long_ago = datetime.now(UTC) - HOUR
    session.commit()
    client.get("/bell/")
    session.refresh(known)
    assert known.seen_at == long_ago
    client.get("/bell/all")
    session.refresh(known)
    assert known.seen_at > long_ago


@pytest.mark.parametrize("when", ["quarter", "hour", "tomorrow", "working"])
def test_it_is_put_off_from_the_panel(login: Login, session: Session, rung: Reminder, when: str) -> None:
    client = login("anna")
    assert f"/bell/snooze/{rung.id}?when={when}" in client.get("/bell/panel").text
    answer = client.post(f"/bell/snooze/{rung.id}?when={when}", headers={"Accept": "application/json"})
    assert "told" in answer.json
    session.refresh(rung)
    assert rung.snoozed
    assert rung.due_at >= datetime.now(UTC) + timedelta(minutes=14)
    assert client.get("/bell/").json["count"] == 0
    assert client.get(f"/bell/go/{rung.id}").location.endswith(f"/contacts/show/{rung.contact_id}")


@pytest.mark.parametrize("who", ["boris", "admin"])
def test_nobody_else_meets_a_reminder_by_any_address(
    app: Any, login: Login, session: Session, rung: Reminder, who: str
) -> None:
    number = rung.id
    client, ask = login(who), Program(app, session, who)
    assert client.get("/bell/").json["count"] == 0
    for address in ("/bell/panel", "/bell/all", f"/bell/about/contact/{rung.contact_id}"):
        assert not [verb for verb in VERBS if f"/bell/{verb}/{number}" in client.get(address).text]
    assert client.get(f"/bell/go/{number}").status_code == 404
    for verb in VERBS:
        assert client.post(f"/bell/{verb}/{number}?when=hour").status_code == 404
    assert ask("GET", "reminder/").json["result"] == []
    assert ask("GET", f"reminder/{number}").status_code == 404
    assert ask("PUT", f"reminder/{number}", json={"text": "мое"}).status_code == 404
    assert ask("DELETE", f"reminder/{number}").status_code == 404
    session.expire_all()
    assert session.get(Reminder, number).done_at is None  # type: ignore[union-attr]


def test_a_reminder_that_was_deleted_is_put_back_by_whose_it_is(login: Login, session: Session, rung: Reminder) -> None:
    client, number = login("anna"), rung.id
    undo = client.post(f"/bell/drop/{number}", headers={"Accept": "application/json"}).json["undo"]
    assert client.get("/bell/").json["count"] == 0
    assert login("boris").post(undo).status_code == 404
    for _again in range(2):
        client.post(undo)
        session.expire_all()
        assert session.get_one(Reminder, number).minutes_before == 15
        assert client.get("/bell/").json["count"] == 1
    page = client.post(f"/bell/drop/{number}", follow_redirects=True).text
    second = re.search(r"/journal/undo/\d+", page)
    assert second
    assert "Поверх сделано более новое" in client.post(undo, follow_redirects=True).text
    session.execute(delete(Contact))
    session.commit()
    assert "Вернуть нельзя" in client.post(second[0], follow_redirects=True).text


def test_of_a_client_that_was_handed_over_nothing_rings(login: Login, session: Session, rung: Reminder) -> None:
    """His contact of a colleague's client stays his; one that is not his any more is silent."""
    client, contact = login("anna"), session.get_one(Contact, rung.contact_id)
    session.get_one(Counterparty, contact.counterparty_id).manager_id = user_named(session, "boris").id
    session.commit()
    assert client.get("/bell/").json["count"] == 1
    contact.manager_id = None
    session.commit()
    assert client.get("/bell/").json["count"] == 0
    assert "Ромашка" not in client.get("/bell/all").text


def test_nobody_sets_a_reminder_of_what_he_does_not_see(login: Login, session: Session, clients: Clients) -> None:
    contact = clients.contact(clients.company("Чужая", "boris"), "Дело", days=3000)
    session.commit()
    address = f"/bell/about/contact/{contact.id}"
    assert login("anna").get(address).status_code == 404
    assert login("anna").post(address, data={"minutes_before": "15"}).status_code == 404
    assert login("pavel").get(f"/bell/about/order/{clients.order(contact.counterparty, '1').id}").status_code == 403  # type: ignore[arg-type]
    assert login("anna").get("/bell/about/person/1").status_code == 404
    assert session.scalars(select(Reminder)).all() == []


def test_a_card_sets_a_reminder_and_says_when_it_has_passed(login: Login, session: Session, clients: Clients) -> None:
    order = clients.order(clients.company("Ромашка"), "1", pay_by=date(2030, 1, 1))
    session.commit()
    client, address = login("anna"), f"/bell/about/order/{order.id}"
    assert f'href="{address}"' in client.get(f"/orders/show/{order.id}").text
    asks = {"Accept": "application/json"}
    typed = {"minutes_before": "15"}
    refused = client.post(address, data=typed, headers=asks)
    assert (refused.status_code, refused.json["field"]) == (422, "minutes_before")
    box = client.post(address, data=typed).text
    assert 'name="minutes_before" aria-invalid="true" aria-describedby="box-error"' in box
    typed |= {"at": "2026-01-01T10:00", "text": "Позвонить на склад"}
    assert "прошло" in client.post(address, data=typed, headers=asks).json["told"]
    assert client.get("/bell/").json["rings"][0]["title"] == "Позвонить на склад"
    assert client.post(address, data={"at": "вчера"}, headers=asks).json["field"] == "at"


def typed(company: Counterparty, start: datetime, **more: str) -> dict[str, Any]:
    local = start.astimezone(MOSCOW)
    times = {"starts_at": f"{local:%Y-%m-%dT%H:%M}", "ends_at": f"{local + HOUR:%Y-%m-%dT%H:%M}"}
    fixed = {"kind": "call", "direction": "out", "state": "planned", "importance": "normal", "subject": "Цены"}
    return {"counterparty": company.id, **times, **fixed, **more}


def test_the_form_of_a_contact_reminds_and_keeps_the_habit(login: Login, session: Session, clients: Clients) -> None:
    company, client = clients.company("Ромашка"), login("anna")
    anna = clients.user("anna")
    session.commit()
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
    client.post("/contacts/add", data=typed(company, start, manager=str(anna.id), remind="60"))
    made = session.scalars(select(Reminder)).one()
    assert (made.user_id, made.minutes_before, made.due_at) == (anna.id, 60, start - HOUR)
    assert '<option value="60" selected' in client.get("/contacts/add").text
    edit = f"/contacts/edit/{made.contact_id}"
    client.post(edit, data=typed(company, start + HOUR, manager=str(anna.id), remind="15"))
    session.expire_all()
    assert session.scalars(select(Reminder)).one().due_at == start + timedelta(minutes=45)
    client.post(edit, data=typed(company, start, manager=str(anna.id), remind=""))
    assert session.scalars(select(Reminder)).all() == []


def test_the_form_says_that_the_time_of_a_reminder_has_passed(login: Login, session: Session, clients: Clients) -> None:
    company, client = clients.company("Ромашка"), login("anna")
    session.commit()
    soon = datetime.now(UTC) + timedelta(minutes=30)
    page = client.post("/contacts/add", data=typed(company, soon, remind="60"), follow_redirects=True)
    assert "Время напоминания уже прошло" in page.text
    assert client.get("/bell/").json["count"] == 1


def test_a_program_sets_moves_and_ends_a_reminder(app: Any, session: Session, clients: Clients) -> None:
    contact = clients.contact(clients.company("Ромашка"), "Цены", days=3000, manager=clients.user("anna"))
    foreign = clients.contact(clients.company("Чужая", "boris"), "Дело", days=3000)
    session.commit()
    ask = Program(app, session, "anna")
    made = ask("POST", "reminder/", json={"contact": contact.id, "minutes_before": 15})
    assert made.status_code == 201, made.text
    number = made.json["id"]
    shown = ask("GET", f"reminder/{number}").json["result"]
    assert datetime.fromisoformat(shown["due_at"]) == contact.starts_at - timedelta(minutes=15)
    assert ask("PUT", f"reminder/{number}", json={"due_at": "2030-01-01T10:00:00Z"}).status_code == 200
    session.expire_all()
    assert session.get_one(Reminder, number).snoozed
    assert ask("POST", "reminder/", json={"contact": foreign.id, "minutes_before": 15}).status_code in (400, 422)
    assert ask("POST", "reminder/", json={"contact": contact.id, "minutes_before": 7}).status_code == 422
    assert ask("POST", "reminder/", json={"minutes_before": 15}).status_code == 422
    assert ask("POST", "reminder/", json={"contact": contact.id}).status_code == 422
    assert ask("DELETE", f"reminder/{number}").status_code == 200


@pytest.mark.parametrize(("years", "title"), [(21, "Основан: 10.05, 21 год"), (0, "Основан: 10.05")])
def test_an_anniversary_says_what_day_of_whom_it_is(
    login: Login, session: Session, clients: Clients, years: int, title: str
) -> None:
    facts = {"what": "Основан", "day": "2026-05-10", "years": years}
    about = {"counterparty": clients.company("Ромашка"), "facts": facts}
    clients.add(Notice(user=clients.user("anna"), kind=NoticeKind.ANNIVERSARY, key="anniversary:1", **about))
    session.commit()
    page = login("anna").get("/bell/all").text
    assert title in page
    assert "Ромашка" in page
