"""A form loses nothing typed, shows no SQL, takes no row its user does not see, overwrites nobody unknowingly."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_babel import force_locale
from flask_wtf import FlaskForm, csrf
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, inspect, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField, validators

from app.domain.words import ContactKind
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyGroup
from app.models.journal import Act
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.web.forms import once, words
from app.web.forms.fields import EnumField, LookupField
from app.web.forms.forms import Unique
from tests.clients import Clients
from tests.conftest import user_named

Login = Callable[..., FlaskClient]
ENGLISH = True


def shown_in(page: str) -> str:
    found = re.search(r'name="shown"[^>]*value="([^"]*)"', page)
    assert found, page
    return found[1]


def test_after_saving_one_sees_the_card(login: Login, session: Session) -> None:
    client = login("anna")
    client.get("/contacts/add")  # FAB goes back through a stack of pages that all tabs share
    answer = client.post("/counterparties/add", data={"name": "ООО Ромашка"})
    number = session.scalars(select(Counterparty.id)).one()
    assert answer.location == f"/counterparties/show/{number}"


def test_a_form_has_nothing_of_the_one_before(app: Flask) -> None:
    class Asking(FlaskForm):
        name = StringField("Name", [validators.InputRequired()])

    with app.test_request_context():
        empty, typed = Asking(MultiDict()), Asking(MultiDict({"name": "Гвоздь"}))
        assert not empty.validate()
        assert (empty.name.data, typed.name.data) == (None, "Гвоздь")
        assert empty.name.errors
        assert not typed.name.errors
        assert Asking(MultiDict(), prefix="second").name.name == "second-name"


def test_a_wrong_value_keeps_everything_typed(login: Login, session: Session) -> None:
    page = login("admin").post("/items/add", data={"name": "Гвоздь", "price": "дорого", "unit": "кг"})
    assert page.status_code == 200
    assert 'value="Гвоздь"' in page.text
    assert 'value="кг"' in page.text
    assert 'value="дорого"' in page.text
    assert session.scalars(select(Item)).all() == []


def test_a_taken_code_is_said_at_its_field(login: Login, session: Session) -> None:
    session.add(Item(code="Г1", name="Гвоздь"))
    session.flush()
    page = login("admin").post("/items/add", data={"code": "Г1", "name": "Другой"})
    assert page.status_code == 200
    assert "Another row already has this value" in page.text
    assert 'value="Другой"' in page.text


def test_a_code_taken_a_moment_ago_is_said_in_words_and_keeps_the_input(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.add(Item(code="Г1", name="Гвоздь"))
    session.commit()
    monkeypatch.setattr(Unique, "__call__", lambda *_: None)  # as if the other was faster
    page = login("admin").post("/items/add", data={"code": "Г1", "name": "Другой"})
    assert page.status_code == 200
    assert "Another row already has this value" in page.text
    assert 'value="Другой"' in page.text
    assert "INSERT" not in page.text


def test_a_row_in_use_is_not_deleted_and_that_is_said(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка")
    clients.order(company, "1")
    session.commit()
    page = login("admin").post(f"/counterparties/delete/{company.id}", follow_redirects=True)
    assert "It cannot be deleted, this hangs on it: 1 order." in page.text
    assert "DELETE FROM" not in page.text
    assert session.scalars(select(Counterparty.id)).all() == [company.id]


def test_nothing_is_deleted_by_opening_an_address(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    assert login("admin").get(f"/counterparties/delete/{company.id}").status_code == 405
    assert session.scalars(select(Counterparty.id)).all() == [company.id]


def test_no_action_is_done_by_opening_an_address(app: Flask) -> None:
    doing = [
        rule for rule in app.url_map.iter_rules() if rule.endpoint.endswith((".action", ".action_post", ".delete"))
    ]
    assert doing
    assert [rule.rule for rule in doing if "GET" in rule.methods] == []


@pytest.mark.parametrize("value", ["100000000000000", "1e400", "NaN", "-100000000000000", "Infinity", "0.123456"])
def test_a_number_that_the_column_cannot_hold_is_said_at_the_field(login: Login, value: str) -> None:
    page = login("admin").post("/items/add", data={"name": "Гвоздь", "price": value})
    assert page.status_code == 200
    assert 'class="err"' in page.text


@pytest.mark.parametrize("value", ["9" * 400, "-" + "9" * 400, "9" * 5000, str(2**31), "1.5"])
def test_a_whole_number_that_no_column_can_hold_is_said_at_the_field(login: Login, value: str) -> None:
    page = login("admin").post("/paper-templates/add", data={"name": "Счет", "valid_days": value})
    assert page.status_code == 200
    assert re.search(r'name="valid_days"(?:(?!name=").)*class="err"', page.text, re.DOTALL)


def test_a_name_of_spaces_is_no_name(login: Login, session: Session) -> None:
    page = login("admin").post("/items/add", data={"name": "   "})
    assert page.status_code == 200
    assert session.scalars(select(Item)).all() == []


def test_an_empty_number_is_the_default_of_its_column(login: Login, session: Session) -> None:
    item = Item(code="1", name="Гвоздь", price=5)
    session.add(item)
    session.commit()
    client = login("admin")
    answer = client.post(f"/items/edit/{item.id}", data={"name": "Гвоздь", "code": "1", "price": ""})
    assert answer.status_code == 302
    session.refresh(item)
    assert item.price == 0


# -- rows of others --------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?_flt_0_counterparty={}"])
def test_a_person_cannot_be_added_to_a_counterparty_of_another_manager(
    login: Login, session: Session, query: str
) -> None:
    foreign = Clients(session).company("Чужая", "boris")
    data: dict[str, Any] = {"last_name": "Иванов"} | ({} if query else {"counterparty": foreign.id})
    page = login("anna").post("/persons/add" + query.format(foreign.id), data=data)
    assert page.status_code == 200
    assert "Чужая" not in page.text
    assert session.scalars(select(ContactPerson)).all() == []


def test_a_form_opened_for_a_row_of_another_manager_names_nothing(login: Login, session: Session) -> None:
    foreign = Clients(session).company("Чужая", "boris")
    page = login("anna").get(f"/persons/add?_flt_0_counterparty={foreign.id}")
    assert page.status_code == 200
    assert "Чужая" not in page.text


def test_the_card_leads_to_a_form_with_the_counterparty_chosen(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    client = login("anna")
    card = client.get(f"/counterparties/show/{company.id}").text
    assert f"/persons/add?_flt_0_counterparty={company.id}" in card
    form = client.get(f"/persons/add?_flt_0_counterparty={company.id}").text
    assert f'<option value="{company.id}" selected>Ромашка</option>' in form


# -- two people, one row ---------------------------------------------------------------------------


def test_the_later_of_two_editors_learns_what_changed_and_keeps_his_values(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка", "anna")
    session.commit()
    anna, vera = login("anna"), login("vera")
    address = f"/counterparties/edit/{company.id}"
    seen_by_anna, seen_by_vera = (shown_in(client.get(address).text) for client in (anna, vera))
    same = {"code": company.code, "is_buyer": "y", "manager": user_named(session, "anna").id}
    assert vera.post(address, data={**same, "name": "Ромашка-2", "shown": seen_by_vera}).status_code == 302
    page = anna.post(address, data={**same, "name": "Ромашка плюс", "comment": "Мое", "shown": seen_by_anna})
    assert page.status_code == 200
    assert "Now in the base: Ромашка-2" in page.text
    assert 'value="Ромашка плюс"' in page.text
    assert page.text.count("Now in the base") == 1  # what Anna changed herself is no news to her
    session.refresh(company)
    assert company.name == "Ромашка-2"
    # She has seen it; her next saving is meant.
    again = {**same, "name": "Ромашка плюс", "comment": "Мое", "shown": shown_in(page.text)}
    assert anna.post(address, data=again).status_code == 302
    session.refresh(company)
    assert (company.name, company.comment) == ("Ромашка плюс", "Мое")


def test_a_row_without_a_version_is_guarded_too(login: Login, session: Session) -> None:
    group = CounterpartyGroup(name="Опт")
    session.add(group)
    session.commit()
    client = login("admin")
    shown = shown_in(client.get(f"/groups/edit/{group.id}").text)
    session.execute(update(CounterpartyGroup).values(name="Крупный опт"))
    page = client.post(f"/groups/edit/{group.id}", data={"name": "Оптовики", "shown": shown})
    assert page.status_code == 200
    assert "Now in the base: Крупный опт" in page.text


def test_an_editor_who_comes_between_reading_and_writing_is_noticed(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Clients(session).company("Ромашка", "anna")
    session.commit()
    client = login("anna")
    address = f"/counterparties/edit/{company.id}"
    shown = shown_in(client.get(address).text)

    def other_was_faster(*_: Any) -> None:
        table = Counterparty.__table__
        session.execute(update(table).values(version=table.c.version + 1, comment="Чужое"))

    monkeypatch.setattr("app.views.counterparties.counterparties.CounterpartyView.pre_update", other_was_faster)
    page = client.post(address, data={"name": "Ромашка плюс", "code": company.code, "shown": shown})
    assert page.status_code == 200
    assert "Somebody saved this row a moment ago" in page.text
    assert 'value="Ромашка плюс"' in page.text


class OfOneField(Form):
    kind = EnumField(enum=ContactKind)


class OfOneOrNone(Form):
    kind = EnumField(enum=ContactKind, blank=True)


@pytest.mark.parametrize(
    ("form", "typed", "errors", "data"),
    [
        (OfOneField, "call", [], ContactKind.CALL),
        (OfOneField, "", ["Not a valid choice."], None),
        (OfOneField, "song", ["Invalid Choice: could not coerce."], None),
        (OfOneOrNone, "call", [], ContactKind.CALL),
        (OfOneOrNone, "", [], None),
        (OfOneOrNone, "song", ["Invalid Choice: could not coerce."], None),
    ],
)
def test_a_value_of_a_closed_list_is_of_the_list(
    app: Flask, form: type[Form], typed: str, errors: list[str], data: ContactKind | None
) -> None:
    made = form(MultiDict({"kind": typed}))
    made.validate()
    assert list(made.kind.errors) == errors
    assert made.kind.data is data


def test_a_value_that_the_form_does_not_offer_is_refused(app: Flask) -> None:
    made = OfOneField(MultiDict({"kind": "call"}))
    made.kind.choices = [choice for choice in made.kind.choices if choice.value != "call"]
    assert not made.validate()


class OfPerson(Form):
    person = LookupField(model=ContactPerson)


def test_saving_walks_through_no_relation_that_says_nothing() -> None:
    fresh, old = Contact(), Contact(person=ContactPerson())
    for contact in (fresh, old):
        OfPerson().person.populate_obj(contact, "person")
    assert not inspect(fresh).attrs.person.history.has_changes()
    assert old.person is None


def test_the_words_of_forms_are_read_from_disk_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    load, read = words.Translations.load, []
    monkeypatch.setattr(words.Translations, "load", lambda *where, **which: read.append(where) or load(*where, **which))
    words._words_of.cache_clear()
    said = []
    for language in ("ru", "en", "ru", "en"):
        with app.test_request_context("/"), force_locale(language):
            for form in (FlaskForm(meta={"csrf": False}), words.PlainForm()):
                said.append(form.meta.get_translations(form).gettext("Not a valid choice."))
    assert said == [*["Неверный вариант."] * 2, *["Not a valid choice."] * 2] * 2
    assert len(read) == 2


def test_a_form_has_the_token_of_its_pages_and_signs_none_when_it_is_sent(
    app: Flask, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    client, address, signed = login("anna"), "/contacts/add", []
    client.get(address)  # the session gets its own

    class Counted(URLSafeTimedSerializer):
        def dumps(self, *given: Any, **how: Any) -> Any:
            signed.append(given)
            return super().dumps(*given, **how)

    monkeypatch.setattr(csrf, "URLSafeTimedSerializer", Counted)
    (token,) = {*re.findall(r'name="csrf_token"[^>]*? value="([^"]+)"', client.get(address).text)}
    assert client.post(address, data={"csrf_token": token}).status_code == 200  # the form again: nothing is filled in
    assert len(signed) == 1


def once_in(page: str) -> str:
    found = re.search(r'name="once" value="([^"]*)"', page)
    assert found, page
    return found[1]


def test_a_form_that_is_sent_twice_is_done_once(login: Login, clients: Clients, session: Session) -> None:
    company, item = clients.company("Ромашка", "anna"), clients.add(Item(code="Т-1", name="Гвозди", price=5))
    session.commit()
    client, day = login("anna"), "2026-11-23"
    line = {"lines-0-item": item.id, "lines-0-quantity": "2", "lines-0-price": "5"}
    contact = {"counterparty": company.id, "kind": "call", "direction": "out", "importance": "normal"}
    times = {"starts_at": f"{day}T10:00", "ends_at": f"{day}T10:15", "state": "planned", "subject": "Цены"}
    forms: list[tuple[str, type[Any], dict[str, Any]]] = [
        ("/counterparties/add", Counterparty, {"name": "ООО Уют", "inn": "7707083893"}),
        ("/contacts/add", Contact, contact | times),
        ("/contacts/quick", Contact, {"counterparty": company.id, "direction": "in", "minutes": "5", "text": "Звонил"}),
        ("/orders/add", BuyerOrder, {"counterparty": company.id, "date": day} | line),
        ("/shipments/add", Shipment, {"counterparty": company.id, "date": day, "kind": "shipment"} | line),
        ("/payments/add", Payment, {"counterparty": company.id, "date": day, "amount": "10"}),
    ]
    for address, model, typed in forms:
        many = select(func.count()).select_from(model)
        typed["once"], before = once_in(client.get(address).text), session.scalar(many) or 0
        first, again = client.post(address, data=typed), client.post(address, data=typed)
        assert (first.status_code, again.status_code) == (302, 302), address
        assert again.location == first.location, address
        assert session.scalar(many) == before + 1, address
        assert "This was saved already" in client.get(again.location).text
    by_script = client.post(address, data=typed, headers={"Accept": "application/json"})
    assert by_script.json["url"] == first.location
    typed["amount"] = "11"  # another thing to do
    assert client.post(address, data=typed).status_code == 302
    assert session.scalar(select(func.count()).select_from(Payment)) == 2


def test_a_form_whose_act_was_taken_back_is_saved_when_it_is_sent_again(login: Login, session: Session) -> None:
    client = login("vera")
    client.get("/lang/en")
    typed = {"name": "ООО Уют", "once": once_in(client.get("/counterparties/add").text)}

    def sent() -> bool:
        """It is told that it was saved already; in any case it is there, once."""
        answer = client.post("/counterparties/add", data=typed)
        if answer.status_code == 307:  # a browser sends the same there
            answer = client.post(answer.location, data=typed)
        page = client.get(answer.location).text
        assert session.scalars(select(Counterparty.name)).all() == ["ООО Уют"], page
        return "This was saved already" in page

    def last() -> int:
        return session.scalar(select(func.max(Act.id))) or 0

    assert not sent()
    client.post(f"/journal/undo/{last()}")
    assert not sent()
    client.post(f"/journal/undo/{last()}")
    client.post(f"/journal/undo/{last()}")  # redone
    assert sent()
    client.post(f"/counterparties/delete/{session.scalars(select(Counterparty.id)).one()}")
    assert not sent()


def test_of_a_client_who_was_handed_over_it_is_told_that_he_was_saved(
    login: Login, clients: Clients, session: Session
) -> None:
    company, client = clients.company("Ромашка", "anna"), login("anna")
    session.commit()
    client.get("/lang/en")
    address = f"/counterparties/edit/{company.id}"
    typed = {"code": company.code, "name": "Ромашка-2", "is_buyer": "y", "once": once_in(client.get(address).text)}
    assert client.post(address, data=typed).status_code == 302
    session.refresh(company)
    company.manager = user_named(session, "boris")
    session.commit()
    again = client.post(address, data=typed)
    assert (again.status_code, again.location) == (302, "/counterparties/list/")
    assert "This was saved already" in client.get(again.location).text


@pytest.mark.parametrize("size", [1, 600_000], ids=["in memory", "on disk"])
def test_the_content_of_files_tells_one_sending_from_another(app: Flask, size: int) -> None:
    def sent(content: bytes) -> str | None:
        data = {"once": "key", "logo": (BytesIO(content * size), "logo.png")}
        with app.test_request_context("/organisation/edit/1", method="POST", data=data):
            told = once.what_is_sent()
            assert request.files["logo"].read() == content * size
            assert once.what_is_sent() == told
            return told

    assert sent(b"a") == sent(b"a") != sent(b"b")
