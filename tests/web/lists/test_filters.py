"""A list of clients is narrowed by whatever it shows, by whoever may see it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.domain.own_fields import Owner, OwnKind
from app.domain.words import ContactState
from app.models.classes import AbcRecord, StageRecord
from app.models.own_fields import OwnField
from app.services.own_fields import save_field
from tests.clients import Clients

Login = Callable[..., FlaskClient]


@pytest.fixture
def three(session: Session) -> Clients:
    """One who owes and was talked to long ago, one talked to today, and a stranger."""
    clients, today = Clients(session), clock.now().date()
    owes, fresh = clients.company("Должник"), clients.company("Свежий")
    clients.company("Пустой")
    clients.debt(owes, shipped=700, paid=200)
    clients.debt(fresh, shipped=110, paid=10)
    for company, days in ((owes, 40), (fresh, 0)):
        contact = clients.contact(company, "Был", state=ContactState.DONE)
        contact.starts_at = contact.ends_at = clock.now() - timedelta(days=days)
    for company, abc, stage in ((owes, "A", "lost"), (fresh, "B", "regular")):
        session.add(AbcRecord(counterparty=company, on=today, abc=abc, value=1))
        session.add(StageRecord(counterparty=company, on=today, stage=stage))
    session.flush()
    return clients


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("_flt_0_abc=A", ["Должник"]),
        ("_flt_0_abc=D", []),
        ("_flt_0_stage=regular", ["Свежий"]),
        ("_flt_0_debt=100,5", ["Должник"]),
        ("_flt_0_debt=100", ["Должник", "Свежий"]),
        ("_flt_0_debt=много", []),
        ("_flt_0_last_contact=30", ["Должник", "Пустой"]),
        ("_flt_0_last_contact=99999999", []),
        ("_flt_0_debt=100&_flt_0_abc=B", ["Свежий"]),
        ("_oc_CounterpartyView=debt&_od_CounterpartyView=desc", ["Должник", "Свежий", "Пустой"]),
        ("_oc_CounterpartyView=last_contact&_od_CounterpartyView=asc", ["Пустой", "Должник", "Свежий"]),
    ],
)
def test_clients_are_found_by_what_the_list_shows(login: Login, three: Clients, asked: str, seen: list[str]) -> None:
    page = login("admin").get(f"/counterparties/list/?{asked}").text.partition("<tbody>")[2]
    found = [name for name in ("Должник", "Свежий", "Пустой") if name in page]
    assert sorted(found, key=page.index) == seen


IMPOSSIBLE = {
    "counterparties/list/?_flt_0_debt=много": "много. Ожидается число.",
    "counterparties/list/?_flt_0_last_contact=abc": "abc. «abc» — не целое число.",
    "counterparties/list/?_flt_0_last_contact=99999999": "99999999. Число слишком большое.",
    "counterparties/list/?_flt_0_abc=D": "D. Выберите из списка.",
    "counterparties/list/?_flt_0_manager=x": "x. Выберите из списка.",
    "counterparties/list/?_flt_0_own_den=31.02.2025": "31.02.2025. Ожидается дата.",
    "counterparties/list/?_flt_1_own_metry=abc": "abc. Ожидается число.",
    "counterparties/list/?_flt_0_own_kanal=Нет": "Нет. Выберите из списка.",
    "contacts/list/?_flt_0_starts_at=31.02.2025": "31.02.2025. Ожидается дата.",
    "contacts/list/?_flt_1_starts_at=9999-12-31": "31.12.9999. Такого года быть не может.",
    "calendar/?contact_own_srok_ge=31.02.2025": "31.02.2025. Ожидается дата.",
    "calendar/?counterparty=99999999": "99999999. Выберите из списка.",
    "calendar/?person=x&but=person": "x. Выберите из списка.",
    "calendar/?importance=x": "x. Выберите из списка.",
    "calendar/?event=x,y": "x,y. Выберите из списка.",
    "calendar/?responsible=nobody": "nobody. Выберите из списка.",
    "calendar/?span=2026-02-31": "2026-02-31. Напишите день или два дня: 2026-11-23..2026-11-30.",
    "calendar/?contact_own_net=1": "1. Такого свойства нет.",
}
OF_NO_INPUT = {"calendar/?contact_own_net=1"}


def test_what_cannot_be_asked_for_is_told_beside_the_filter(login: Login, session: Session) -> None:
    for name, kind in (("День", OwnKind.DATE), ("Метры", OwnKind.NUMBER), ("Канал", OwnKind.CHOICE)):
        save_field(session, OwnField(owner=Owner.COUNTERPARTY, name=name, kind=kind, words=["Опт"]))
    save_field(session, OwnField(owner=Owner.CONTACT, name="Срок", kind=OwnKind.DATE))
    client = login("admin")
    for path, told in IMPOSSIBLE.items():
        page = client.get(f"/{path}").text
        found = re.findall(r'class="chip bad"[^>]*>\s*<span role="alert">([^<]*)</span>', page)
        assert [html.unescape(each).partition(": ")[2] for each in found] == [told], path
        asked = re.split("[?=]", path)[1]
        in_panel = re.findall(r'class="impossible err" id="impossible-([^"]*)">([^<]+)</span>', page)
        assert [name for name, _sentence in in_panel] == ([] if path in OF_NO_INPUT else [asked]), path
        assert all(html.unescape(sentence).endswith(told.partition(". ")[2]) for _name, sentence in in_panel), path
        invalid = [tag for tag in re.findall(r"<(?:input|select)[^>]*>", page) if 'aria-invalid="true"' in tag]
        assert [re.search(r'name="([^"]*)"', tag)[1] for tag in invalid] == [name for name, _told in in_panel], path  # type: ignore[index]
    for possible in (
        "_flt_0_own_den=31.01.2025",
        "_flt_0_abc=%20",
        "_flt_0_abc=A&_flt_0_own_kanal=Опт&_flt_0_own_metry=1,5",
    ):
        assert 'class="chip bad"' not in client.get(f"/counterparties/list/?{possible}").text
    assert 'class="chip bad"' not in client.get("/calendar/?event=contact,x&span=2026-02-01..2026-02-28").text


@pytest.mark.parametrize("asked", ["_flt_0_is_buyer=true", "_flt_0_own_vip=true"])
def test_yes_may_be_written_otherwise_in_an_address(login: Login, session: Session, asked: str) -> None:
    field = OwnField(owner=Owner.COUNTERPARTY, name="Вип", kind=OwnKind.FLAG)
    save_field(session, field)
    Clients(session).company("Первый", is_buyer=True, own={field.key: True})
    session.flush()
    page = login("admin").get(f"/counterparties/list/?{asked}").text
    assert "Первый" in page.partition("<tbody>")[2]
    assert 'class="chip bad"' not in page
    assert re.search(r"<span>[^<]*: да</span>", page)


@pytest.mark.parametrize(
    "asked", ["_flt_0_debt=100", "_flt_0_abc=A", "_oc_CounterpartyView=debt&_od_CounterpartyView=desc"]
)
def test_who_may_not_see_a_column_cannot_ask_by_it(login: Login, three: Clients, session: Session, asked: str) -> None:
    for name in ("Я должен", "А не должен"):
        supplier = three.company(name, None, is_supplier=True)
        if name == "Я должен":
            three.debt(supplier, shipped=510, paid=10)
    pavel = login("pavel")
    usual = pavel.get("/counterparties/list/").text.partition("<tbody>")[2].partition("</tbody>")[0]
    asked_page = pavel.get(f"/counterparties/list/?{asked}").text
    assert asked_page.partition("<tbody>")[2].partition("</tbody>")[0] == usual
    assert "_flt_0_debt" not in asked_page.partition('class="filters"')[2].partition('type="hidden"')[0]


def test_a_filter_shows_a_manager_his_own_rows_alone(login: Login, three: Clients) -> None:
    foreign = three.company("Чужой", "boris")
    three.debt(foreign, shipped=910, paid=10)
    for asked in ("_flt_0_debt=1", "_flt_0_last_contact=1", "_flt_0_stage=lost", "_flt_0_abc=A", "_flt_0_is_buyer=1"):
        page = login("anna").get(f"/counterparties/list/?{asked}").text
        assert "Должник" in page
        assert "Чужой" not in page


def test_a_choice_alone_in_the_head_says_what_it_asks(login: Login, session: Session) -> None:
    page = login("admin").get("/expected-deals/list/").text
    assert 'value="">Чем завершилась</option>' in page


def test_a_filter_shows_what_is_asked_now_and_not_what_was_asked_before(login: Login, three: Clients) -> None:
    client = login("admin")
    for asked in ("A", "B", "A", ""):
        page = client.get(f"/counterparties/list/?view=all&_flt_0_abc={asked}").text
        field = page.partition('name="_flt_0_abc"')[2].partition("</select>")[0]
        chips = page.partition('id="chips"')[2].partition("</form>")[0].partition("data-key")[0]
        assert [letter for letter in "ABCD" if f'selected value="{letter}"' in field] == ([asked] if asked else [])
        assert (f" {asked}</span>" in chips) is bool(asked)
