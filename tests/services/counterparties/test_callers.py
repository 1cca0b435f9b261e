"""Who calls: any spelling, an extension, somebody else's client, a prospect."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState, InfoType
from app.models.counterparties import ContactInfo, ContactInfoKind
from app.services.counterparties import callers
from app.services.counterparties.contact_info import set_phone
from tests.clients import Clients


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def look_as(clients: Clients, username: str, sees: Collection[Sees] = (Sees.OWN,)) -> None:
    clients.session.info["viewer"] = Viewer.of(clients.user(username).id, sees)


def found(clients: Clients, text: str) -> list[tuple[str, str]]:
    numbers = callers.find(clients.session, text).numbers
    return [(info.counterparty.name, str(info.person or "")) for info in numbers]


@pytest.mark.parametrize(
    "text",
    [
        "8 (912) 345-67-89",
        "+79123456789",
        "9123456789",
        "345-67-89",
        "6789",
        "6789 доб. 204",
        "204",
        "доб. 204",
        "x204",
    ],
)
def test_any_spelling_and_the_extension_find_the_same_person(clients: Clients, text: str) -> None:
    company = clients.company("Гранит")
    clients.phone(company, "8-912-3456789 доб. 204", clients.person(company, "Орлова", "Анна"))
    noise = clients.company("Шум")
    clients.phone(noise, "+7 912 345-67-80 доб. 205")
    clients.phone(noise, "8 495 100-20-40")
    assert found(clients, text) == [("Гранит", "Орлова Анна")]


def test_the_extension_chooses_among_the_people_of_one_line(clients: Clients) -> None:
    company = clients.company("Гранит")
    clients.phone(company, "8 495 111-22-33 доб. 1", clients.person(company, "Орлова"))
    clients.phone(company, "8 495 111-22-33 доб. 2", clients.person(company, "Зуев"))
    assert found(clients, "+7 495 111-22-33 доб. 2") == [("Гранит", "Зуев")]
    assert found(clients, "+7 495 111-22-33") == [("Гранит", "Орлова"), ("Гранит", "Зуев")]


def test_the_line_may_be_the_company_s_and_the_extension_the_person_s(clients: Clients) -> None:
    company, other = clients.company("Гранит"), clients.company("Другой")
    clients.phone(company, "8 495 111-22-33")
    clients.phone(company, "доб. 204", clients.person(company, "Зуев"))
    clients.phone(other, "доб. 204", clients.person(other, "Чужой"))
    assert found(clients, "8 495 111-22-33 доб. 204") == [("Гранит", "Зуев")]
    assert found(clients, "8 495 111-22-33 доб. 999") == [("Гранит", "")]


def test_an_internal_number_comes_before_the_numbers_that_end_with_it(clients: Clients) -> None:
    clients.phone(clients.company("Далекий"), "8 912 345-12-04")
    clients.phone(clients.company("Внутренний"), "1204")
    clients.phone(clients.company("Добавочный"), "8 495 111-22-33", extension="1204")
    assert [name for name, _ in found(clients, "1204")] == ["Добавочный", "Внутренний", "Далекий"]


def test_three_digits_are_only_an_internal_number(clients: Clients) -> None:
    clients.phone(clients.company("Гранит"), "8 912 345-67-89")
    assert found(clients, "789") == []


@pytest.mark.parametrize(
    ("stored", "typed"),
    [("345-67-89", "+7 495 345-67-89"), ("(206) 555-9857", "+1 206 555 9857"), ("8 495 345-67-89", "8 812 345-67-89")],
)
def test_a_number_with_the_same_last_digits_is_named_as_similar_only(clients: Clients, stored: str, typed: str) -> None:
    clients.phone(clients.company("Гранит"), stored)
    answer = callers.find(clients.session, typed)
    assert [info.counterparty.name for info in answer.numbers] == ["Гранит"]
    assert answer.similar


def test_the_number_itself_hides_the_similar_ones(clients: Clients) -> None:
    clients.phone(clients.company("Похожий"), "8 495 345-67-89")
    clients.phone(clients.company("Точный"), "8 812 345-67-89")
    assert found(clients, "8 812 345-67-89") == [("Точный", "")]
    assert not callers.find(clients.session, "8 812 345-67-89").similar


def test_of_a_client_of_another_manager_only_that_manager_is_told(clients: Clients) -> None:
    clients.phone(clients.company("Тайный", manager="boris"), "8 912 345-67-89")
    look_as(clients, "anna")
    answer = callers.find(clients.session, "+79123456789")
    assert (answer.numbers, answer.others) == ([], ["Борис Ёлкин"])
    look_as(clients, "boris")
    answer = callers.find(clients.session, "+79123456789")
    assert [info.counterparty.name for info in answer.numbers] == ["Тайный"]
    assert answer.others == []


@pytest.mark.parametrize("text", ["6789", "345-67-89", "204", "8 812 345-67-89"])
def test_nobody_learns_the_clients_of_others_by_guessing_digits(clients: Clients, text: str) -> None:
    clients.phone(clients.company("Тайный", manager="boris"), "8 912 345-67-89 доб. 204")
    look_as(clients, "anna")
    answer = callers.find(clients.session, text)
    assert (list(answer.numbers), answer.others, answer.similar) == ([], [], False)


def test_a_prospect_who_left_the_number_is_recognised(clients: Clients) -> None:
    clients.contact(None, "Спрашивал цены", -2, prospect="Новичок", prospect_phone="8 912 345-67-89")
    clients.contact(None, "Снова спрашивал", -1, prospect="Новичок", prospect_phone="+7 912 3456789")
    clients.contact(None, "Другой", prospect="Чужой", prospect_phone="8 912 345-67-80")
    answer = callers.find(clients.session, "9123456789")
    assert [c.subject for c in answer.prospects] == ["Снова спрашивал", "Спрашивал цены"]


def test_of_a_prospect_of_another_manager_only_that_manager_is_told(clients: Clients) -> None:
    boris = clients.user("boris")
    clients.contact(None, "Тайное", prospect="Новичок", prospect_phone="8 912 345-67-89", manager=boris)
    look_as(clients, "anna")
    answer = callers.find(clients.session, "9123456789")
    assert (list(answer.prospects), answer.others) == ([], ["Борис Ёлкин"])
    assert callers.find(clients.session, "6789").others == []


@pytest.mark.parametrize("text", ["", "нет номера", "+", "\x00"])
def test_what_is_no_number_finds_nobody(clients: Clients, text: str) -> None:
    clients.phone(clients.company("Гранит"), "8 912 345-67-89")
    assert callers.find(clients.session, text) == callers.Callers()


def test_the_next_contacts_come_first_then_the_last_ones(clients: Clients) -> None:
    company, other = clients.company("Гранит"), clients.company("Шум")
    for day in range(1, 8):
        clients.contact(company, f"прошел {day}", -day, state=ContactState.DONE)
        clients.contact(company, f"план {day}", day)
        clients.contact(other, "чужой", day)
    clients.contact(company, "отменен", 0, state=ContactState.CANCELLED)
    assert [c.subject for c in callers.contacts_of(clients.session, company.id)] == [
        *(f"план {day}" for day in range(1, 6)),
        "отменен",
        *(f"прошел {day}" for day in range(1, 5)),
    ]


def test_orders_with_nothing_left_to_do_are_not_shown(clients: Clients) -> None:
    company = clients.company("Гранит")
    clients.order(company, "старый", day=1)
    clients.order(company, "новый", day=9)
    clients.order(company, "выполнен", rest_quantity=0, paid_amount=500)
    clients.order(clients.company("Шум"), "чужой")
    assert [o.number for o in callers.unfinished_orders(clients.session, company.id)] == ["новый", "старый"]


def test_debt_is_what_was_shipped_and_not_paid(clients: Clients) -> None:
    company, other = clients.company("Гранит"), clients.company("Шум")
    clients.debt(company, shipped=900, paid=250)
    clients.debt(other, shipped=10, paid=40)
    today = date(2026, 3, 10)
    for client, owed in ((company, 650), (other, -30), (clients.company("Пусто"), 0)):
        assert callers.card(clients.session, client.id, None, today=today, has_debt=True).debt == owed
    assert callers.card(clients.session, company.id, None, today=today).debt is None


def test_what_is_no_phone_keeps_no_digits_of_one(clients: Clients) -> None:
    info = clients.phone(clients.company("Гранит"), "8 912 345-67-89 доб. 204")
    assert (info.phone, info.phone_tail, info.extension) == ("+79123456789", "98765432197", "204")
    assert info.value == "8 912 345-67-89 доб. 204"
    info.kind = clients.add(ContactInfoKind(name="Почта для теста", type=InfoType.EMAIL))
    set_phone(info)
    assert (info.phone, info.phone_tail, info.extension) == ("", "", "")


def test_an_extension_in_its_own_field_stays(clients: Clients) -> None:
    info: ContactInfo = clients.phone(clients.company("Гранит"), "8 912 345-67-89", extension="17")
    assert (info.phone, info.extension) == ("+79123456789", "17")
