"""Search by words, codes, INN and numbers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.products import Item
from app.queries import omnibox, search
from app.queries.counterparties.phones import phone_ends
from tests.clients import Clients


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def named(clients: Clients, text: str) -> list[str]:
    """The counterparties that the text names, in the order of their names."""
    found = select(Counterparty).where(search.counterparty_matches(text))
    return [each.name for each in clients.session.scalars(found.order_by(Counterparty.name_sort, Counterparty.id))]


def boxed(clients: Clients, text: str, *sections: str) -> list[Any]:
    """What the box finds in these sections."""
    statement = omnibox.found(text, sections, {}, 20, of_all=True)
    return [] if statement is None else list(clients.session.execute(statement))


@pytest.mark.parametrize(
    "text",
    ["гранит", "ГРАН", "торг", "торг гран", "  Гранит-Торг ", "берёзка", "БЕРЕЗКА", "№5", "5", "ооо «гранит"],
)
def test_the_beginning_of_any_word_in_any_case_and_order_finds_a_name(clients: Clients, text: str) -> None:
    clients.company("ООО «Гранит-Торг Берёзка» №5")
    clients.company("ЗАО Малахит")
    assert named(clients, text) == ["ООО «Гранит-Торг Берёзка» №5"]


def test_of_many_names_those_that_begin_with_the_word_come_first_by_name(clients: Clients) -> None:
    session, company = clients.session, clients.company("Ромашка")
    crowd = range(omnibox.MOST_LOOKED_AT + 1)
    session.add_all(Item(code=f"A{number}", name=f"Гайка под болт {number}") for number in crowd)
    session.add_all(ContactPerson(counterparty=company, last_name="Абрамов", middle_name="Болтович") for _ in crowd)
    session.flush()
    session.add_all(Item(code=name, name=name) for name in ("Болт Я", "Болт А"))
    session.add_all(ContactPerson(counterparty=company, last_name=name) for name in ("Болтова", "Болт"))
    session.flush()
    assert [row.facts["name"] for row in boxed(clients, "болт", "Items")][:2] == ["Болт А", "Болт Я"]
    assert [row.facts["name"] for row in boxed(clients, "болт", "Contact persons")][:2] == ["Болт", "Болтова"]


FULL = "Общество с ограниченной ответственностью «Ромашкин луг»"


@pytest.mark.parametrize(
    "text",
    [
        *("ООО Ромашкин луг", 'ООО "Ромашкин луг"', "ромашкин луг, ООО", "АО Ромашкин", FULL, FULL.lower()[:-6]),
        *("общество с ограниченной ответственностью ромашкин", "hjvfirby", "HJVFIRBY KEU", "Hjvfirby"),
        *("7707 083893", "7707083893", "1027700132195", "10277001", "770701001", "zakaz@romashkin-lug.example"),
        *("ZAKAZ@romashkin", "zakaz@"),
    ],
)
def test_what_stands_on_papers_finds_a_counterparty(clients: Clients, text: str) -> None:
    company = clients.company("Ромашкин луг", full_name=FULL, inn="7707083893", ogrn="1027700132195", kpp="770701001")
    clients.email(company, "Zakaz@romashkin-lug.example")
    clients.email(clients.company("ООО Шум", inn="5001007322", full_name="ООО «Шум»"), "noise@example.com")
    assert named(clients, text) == ["Ромашкин луг"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ТОРГСНАБ-2000", "торгснаб2000"),
        ("ТОРГСНАБ-2000", "2000"),
        ("ООО «ТОРГСНАБ-2000»", "njhucyf,2000"),
        ("Кафе «д'Артаньян»", "дартаньян"),
        ("Кафе «д'Артаньян»", "артаньян"),
        ("Caffè Étoile", "caffe etoile"),
        ("Caffe", "caffè"),
        ("Romashka Trading", "кщьфыр"),
        ("Хёндэ «Ёж»", "[tyl'"),
        ("Хёндэ «Ёж»", "{Tyl"),
        ("Хёндэ «Ёж»", "`;"),
    ],
)
def test_marks_accents_and_the_other_layout_hide_no_name(clients: Clients, name: str, text: str) -> None:
    clients.company(name)
    clients.company("Шум")
    found = named(clients, text)
    assert found == ([name] if len(text) > 2 else [])


@pytest.mark.parametrize("text", ["ооо", "ООО", "общество с ограниченной ответственностью"])
def test_a_legal_form_alone_is_looked_for(clients: Clients, text: str) -> None:
    clients.company("Ромашкин луг", full_name="ООО " + FULL)
    clients.company("Малахит")
    assert named(clients, text) == ["Ромашкин луг"]


@pytest.mark.parametrize(("text", "numbers"), [("00015", ["ЗП-2026-00015"]), ("015", ["ЗП-2026-00015"]), ("15", [])])
def test_the_end_of_its_number_finds_a_document(clients: Clients, text: str, numbers: list[str]) -> None:
    company = clients.company("Гранит")
    clients.order(company, "ЗП-2026-00015")
    clients.order(company, "ЗП-2026-00150")
    assert [row.facts["name"] for row in boxed(clients, text, "Orders")] == numbers


@pytest.mark.parametrize(
    "text", ["ранит", "гранит малахит", "", "   ", "!!!", "'", "' | малахит", "гранит & !рога", "\x00"]
)
def test_other_texts_find_nothing_and_break_nothing(clients: Clients, text: str) -> None:
    clients.company("ООО Гранит")
    assert named(clients, text) == []


def test_found_names_come_in_their_order(clients: Clients) -> None:
    for name in ("Ёлка Гранит", "Жук Гранит", "елка гранит А"):
        clients.company(name)
    assert named(clients, "гранит") == ["Ёлка Гранит", "елка гранит А", "Жук Гранит"]


@pytest.mark.parametrize("text", ["7707083893", "77070", " 7707 ", "КЛ-0042", "кл-00"])
def test_the_beginning_of_a_code_or_an_inn_finds_a_counterparty(clients: Clients, text: str) -> None:
    company = clients.company("Гранит", inn="7707083893")
    company.code = "КЛ-0042"
    clients.session.flush()
    clients.company("Шум", inn="5001007322")
    assert named(clients, text) == [company.name]


@pytest.mark.parametrize("text", ["КЛ_", "КЛ%", "%", "_"])
def test_signs_of_a_pattern_are_plain_characters(clients: Clients, text: str) -> None:
    company = clients.company("Гранит")
    company.code = "КЛ-1"
    clients.session.flush()
    statement = select(Counterparty).where(search.begins(Counterparty.code, text))
    assert clients.session.scalars(statement).all() == []


def test_items_are_found_by_word_and_code(clients: Clients) -> None:
    item = clients.add(Item(code="ДР-15", name="Дрель ударная"))
    clients.add(Item(code="Ш-1", name="Шуруп"))
    for text in ("удар", "др-1", "дрель"):
        assert list(clients.session.scalars(select(Item).where(search.item_matches(text)))) == [item]


def test_phones_are_found_by_four_last_digits_and_not_by_three(clients: Clients) -> None:
    info = clients.phone(clients.company("Гранит"), "8 912 345-67-89")
    clients.phone(clients.company("Шум"), "8 912 345-67-80")
    assert [row.id for row in boxed(clients, "67-89", "Contact information")] == [info.id]
    assert clients.session.scalars(select(ContactInfo).where(phone_ends("789"))).all() == []
    assert clients.session.scalars(select(ContactInfo).where(phone_ends(""))).all() == []


def test_prospects_are_found_by_name_person_and_phone_but_clients_are_not(clients: Clients) -> None:
    prospect = clients.contact(
        None, "Спросил", prospect="ООО Берёзка", prospect_person="Зуев Пётр", prospect_phone="8 912 345-67-89"
    )
    clients.contact(clients.company("Берёзка"), "Свой", prospect="Берёзка", prospect_phone="8 912 345-67-89")
    clients.contact(None, "Шум", prospect="Малахит")
    for text in ("березка", "петр зуев", "6789", "+79123456789"):
        assert [row.id for row in boxed(clients, text, "Contacts")] == [prospect.id]


def test_documents_are_found_by_the_beginning_of_the_number_within_the_sections_asked(clients: Clients) -> None:
    company = clients.company("Гранит")
    clients.order(company, "ЗК-15", day=2)
    clients.order(company, "ЗК-16", day=3)
    clients.order(company, "РН-15")
    found = boxed(clients, "зк-1", "Orders", "Shipments", "Payments")
    assert {(row.section, row.facts["name"], row.facts["whose"]) for row in found} == {
        ("Orders", "ЗК-16", "Гранит"),
        ("Orders", "ЗК-15", "Гранит"),
    }
    assert boxed(clients, "зк-1", "Shipments") == []
