"""The card of a client tells its story: what happened, whom to speak to, what is owed, for whoever may read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty, Note
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.tasks import Task
from tests.clients import Clients
from tests.conftest import filled_once, user_named

Login = Callable[..., FlaskClient]
LONG_AGO = datetime(2026, 1, 10, 9, tzinfo=UTC)


def fill(session: Session) -> int:
    """A client of Anna's with a person, an order, its shipment and payment, and a contact of each month."""
    clients = Clients(session)
    company = clients.company("Ромашка", "anna", inn="7707083893", is_supplier=True)
    person = clients.person(company, "Иванов", "Пётр", position="снабженец")
    clients.phone(company, "8 (912) 345-67-89", person, extension="12")
    clients.email(company, "ivanov@romashka.example", person)
    order = clients.order(company, "ЗП-7", manager=company.manager)
    values = {"date": date(2026, 11, 2), "counterparty": company, "order": order}
    clients.add(Shipment(number="РТ-7", amount=Decimal(300), **values))
    clients.add(Payment(number="ОП-7", amount=Decimal(100), **values))
    for n in range(25):
        at = LONG_AGO + timedelta(days=n)
        clients.add(
            Contact(
                counterparty=company,
                person=person,
                manager=company.manager,
                subject=f"Звонок №{n:02}.",
                state=ContactState.DONE,
                starts_at=at,
                ends_at=at + timedelta(minutes=12),
            )
        )
    return company.id


filled, session = filled_once(fill)


@pytest.fixture
def company(session: Session, filled: tuple[Session, int]) -> Counterparty:
    return session.get_one(Counterparty, filled[1])


def card(client: FlaskClient, company: Counterparty, asked: str = "") -> str:
    return unescape(client.get(f"/counterparties/show/{company.id}{asked}").text)


def told(page: str) -> list[str]:
    """What the events of the page are called, in their order."""
    found = re.findall(r'class="what"[^>]*>(.*?)</', page, re.DOTALL)
    return [" ".join(title.split()) for title in found]


def test_its_head_says_whom_to_call_and_what_is_owed(login: Login, company: Counterparty) -> None:
    page = card(login("anna"), company)
    assert 'href="tel:+79123456789;ext=12"' in page
    assert 'href="mailto:ivanov@romashka.example"' in page
    assert re.search(r'class="chip bad"[^>]*>\s*Нам должен <b>200,00</b>', page)
    assert "03.02.2026" in page  # the last contact


def test_the_feed_is_of_all_kinds_the_newest_first(login: Login, company: Counterparty) -> None:
    events = told(card(login("anna"), company))
    assert [event.split(" · ")[0] for event in events if "Звонок" not in event and "Ответственный" not in event] == [
        "Оплата ОП-7",
        "Реализация РТ-7",
        "Заказ ЗП-7",
    ]
    assert [event for event in events if "Звонок" in event][:2] == ["Звонок №24.", "Звонок №23."]


def test_pages_of_the_feed_go_on_where_the_one_before_ended(login: Login, company: Counterparty) -> None:
    client, address, seen = login("anna"), f"/counterparties/feed/{company.id}", []
    while address:
        page = unescape(client.get(address).text)
        seen += told(page)
        more = re.search(r'href="(/counterparties/feed/\d+\?[^"]*after=[^"]+)"', page)
        address = more[1] if more else ""
    assert len(seen) == len(set(seen)) == 25 + 4
    assert [event for event in seen if "Звонок" in event] == [f"Звонок №{n:02}." for n in reversed(range(25))]


def test_chips_narrow_the_feed(login: Login, company: Counterparty) -> None:
    client = login("anna")
    found = {
        chip: {event.split()[0] for event in told(client.get(f"/counterparties/feed/{company.id}?kind={chip}").text)}
        for chip in ("contacts", "deals", "changes")
    }
    assert found == {
        "contacts": {"Звонок"},
        "deals": {"Оплата", "Реализация", "Заказ"},
        "changes": {"Ответственный"},
    }


@pytest.mark.parametrize(
    "wrong", ["after=1-2", "after=-9-9-9", "after=99999999999999999-1-1", "kind=nothing", "after=x-y-z"]
)
def test_a_wrong_place_or_kind_is_no_error(login: Login, company: Counterparty, wrong: str) -> None:
    assert login("anna").get(f"/counterparties/feed/{company.id}?{wrong}").status_code == 200


def test_whoever_may_not_read_a_section_is_not_told_of_it(login: Login, company: Counterparty) -> None:
    page = card(login("pavel"), company)
    assert "Ромашка" in page
    for hidden in ("ЗП-7", "РТ-7", "ОП-7", "Нам должен"):
        assert hidden not in page, hidden
    assert login("boris").get(f"/counterparties/show/{company.id}").status_code == 404
    assert login("boris").get(f"/counterparties/feed/{company.id}").status_code == 404


def test_what_is_ahead_is_not_yet_in_the_feed(login: Login, session: Session, company: Counterparty) -> None:
    at = datetime.now(UTC) + timedelta(days=2)
    anna, order = user_named(session, "anna"), session.scalars(select(BuyerOrder)).one()
    of_client: dict[str, Any] = {"counterparty": company, "manager": anna, "order": order}
    first = Contact(
        subject="Звонок", state=ContactState.DONE, starts_at=at - 9 * DAY, ends_at=at - 9 * DAY, **of_client
    )
    planned = {"subject": "Перезвонить", "state": ContactState.PLANNED, "starts_at": at, "ends_at": at}
    session.add(Contact(basis=first, **planned, **of_client))
    about = {"author": anna, "executor": anna, "counterparty": company, "order": order, "due_on": at.date()}
    about |= {"contact": first}
    session.add_all([Task(text="Найти паспорт", **about), Task(text="Сдано", done_on=at.date(), **about)])
    session.commit()
    for address in (f"/counterparties/show/{company.id}", f"/orders/show/{order.id}", f"/contacts/show/{first.id}"):
        ahead = login("anna").get(address).text.partition('<ul class="ahead">')[2].partition("</ul>")[0]
        seen = [text for text in ("Перезвонить", "Найти паспорт", "Сдано") if text in ahead]
        assert seen == ["Перезвонить", "Найти паспорт"], address
    page = card(login("anna"), company)
    assert "Перезвонить" in page
    assert "Перезвонить" not in told(page)


def test_a_note_is_kept_and_told(login: Login, session: Session, company: Counterparty) -> None:
    client = login("anna")
    assert client.post(f"/counterparties/note/{company.id}", data={"text": " Любят зелёный "}).status_code == 302
    assert session.scalars(select(Note.text)).all() == ["Любят зелёный"]
    assert "Любят зелёный" in card(client, company)
    client.post(f"/counterparties/note/{company.id}", data={"text": "  "})
    assert len(session.scalars(select(Note)).all()) == 1
    assert login("boris").post(f"/counterparties/note/{company.id}", data={"text": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("username", "asked", "most"), [("anna", "", 4), ("vera", "", 4), ("vera", "?side=supplier", 6)]
)
def test_a_card_costs_few_statements(
    login: Login, company: Counterparty, sql: list[str], username: str, asked: str, most: int
) -> None:
    client = login(username)
    card(client, company, asked)
    sql.clear()
    card(client, company, asked)
    assert len(sql) <= most, "\n".join(sql)  # a look that is a part of the one before is known from them, too


def shown_of(page: str) -> dict[str, str]:
    hidden = re.search(r'<input[^>]*name="shown"[^>]*value="([^"]*)"', page)
    assert hidden
    return {"shown": hidden[1]}


def test_a_fact_is_changed_where_it_stands(login: Login, session: Session, company: Counterparty) -> None:
    client, address = login("anna"), f"/counterparties/fact/{company.id}/needs"
    assert f'data-fact="{address}"' in card(client, company)
    form = client.get(address).text
    assert client.post(address, data={"needs": "Только самовывоз", **shown_of(form)}).status_code == 204
    session.refresh(company)
    assert company.needs == "Только самовывоз"
    assert company.inn == "7707083893"


def test_a_fact_has_the_rules_of_the_form(login: Login, session: Session, company: Counterparty) -> None:
    client, address = login("anna"), f"/counterparties/fact/{company.id}/inn"
    answer = client.post(address, data={"inn": "7707083890", **shown_of(client.get(address).text)})
    assert answer.status_code == 422
    assert "Неверна контрольная сумма ИНН" in answer.text
    assert 'value="7707083890"' in answer.text
    session.refresh(company)
    assert company.inn == "7707083893"
    assert client.get(f"/counterparties/fact/{company.id}/registered_on").status_code == 404
    assert login("boris").get(address).status_code == 404


def test_a_fact_that_somebody_changed_meanwhile_is_not_overwritten(
    login: Login, session: Session, company: Counterparty
) -> None:
    client, address = login("anna"), f"/counterparties/fact/{company.id}/needs"
    shown = shown_of(client.get(address).text)
    company.needs = "Чужое"
    session.commit()
    answer = client.post(address, data={"needs": "Моё", **shown})
    assert answer.status_code == 422
    assert "Чужое" in answer.text
    assert "Моё" in answer.text
    again = client.post(address, data={"needs": "Моё", **shown_of(answer.text)})
    assert again.status_code == 204


def test_changes_of_fields_are_told_by_their_names_and_lead_to_the_history(
    login: Login, company: Counterparty, session: Session
) -> None:
    for values in ({"needs": "гвозди", "comment": "звонить утром"}, {"allowed_days": 7}):
        for name, value in values.items():
            setattr(company, name, value)
        session.commit()
    company.manager = user_named(session, "boris")  # told by its own event
    session.commit()
    assert "Изменено" not in card(login("vera"), company)
    page = card(login("vera"), company, "?kind=changes")
    assert [event for event in told(page) if event.startswith("Изменено")] == [
        "Изменено: Допустимое число дней задолженности",
        "Изменено: Потребности и предпочтения, Комментарий",
    ]
    assert f'href="/history/counterparty/{company.id}"' in page
    assert "гвозди" not in "".join(told(page))


def test_a_birthday_without_a_year_is_told_without_one(login: Login, session: Session) -> None:
    person = session.scalars(select(ContactPerson)).one()
    person.birthday = date(1904, 2, 29)
    session.commit()
    client = login("anna")
    assert "пишите 1904" in client.get(f"/persons/edit/{person.id}").text  # what to write there
    for page in (f"/persons/show/{person.id}", f"/history/contact_person/{person.id}"):
        assert "29 февраля" in (told := client.get(page).text)
        assert "29.02.1904" not in told
