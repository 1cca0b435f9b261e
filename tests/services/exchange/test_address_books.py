"""Address books of telephones and mail programs come in and go out, and nothing of a person is lost on the way."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.services import exchange
from app.services.exchange import exporting
from app.services.exchange.staging import RowChoice, RowVerdict
from tests.factories import added, buyer
from tests.services.exchange.conftest import NOW, TODAY, Imports, counts, wrong

CARDS = Path(__file__).parents[2] / "domain" / "formats" / "files" / "vcards"
ANNA = """BEGIN:VCARD
VERSION:3.0
N:Ёлкина;Анна;Петровна;;
FN:Анна Ёлкина
ORG:ООО «Ромашка»
TITLE:Главный бухгалтер
TEL;TYPE=CELL:+7 916 123-45-67
TEL;TYPE=WORK:+7 495 700-00-12;ext=15
item1.EMAIL;TYPE=INTERNET:anna@romashka.ru
item1.X-ABLabel:рабочая
X-FAVOURITE:чай
END:VCARD"""


def ways(session: Session, name: str) -> list[tuple[str, str, str]]:
    query = select(ContactInfo).join(ContactInfo.person).where(ContactPerson.last_name == name)
    return sorted((each.kind.name, each.value, each.extension) for each in session.scalars(query))


def out(session: Session, app: Any, slug: str = "vcard") -> bytes:
    with app.test_request_context():
        table = exchange.table_for(session, slug, (), to_write=False)
        return b"".join(block for _rows, block in exchange.blocks(session, table, exporting.OFFICE))


def test_a_card_becomes_a_person_of_its_organisation(session: Session, imports: Imports) -> None:
    known = buyer(session, "Ромашка ООО", code="К-1")
    report = imports("vcard", ANNA)
    assert counts(report) == (1, 0, 0)
    assert report.brought == {}
    person = session.scalars(select(ContactPerson).where(ContactPerson.last_name == "Ёлкина")).one()
    assert (person.counterparty_id, person.name, person.position) == (
        known.id,
        "Ёлкина Анна Петровна",
        "Главный бухгалтер",
    )
    assert ways(session, "Ёлкина") == [
        ("Мобильный телефон", "+7 916 123-45-67", ""),
        ("Телефон", "+7 495 700-00-12 доб. 15", "15"),
        ("Эл. почта", "anna@romashka.ru", ""),
    ]
    assert counts(imports("vcard", ANNA)) == (0, 0, 1)


def test_what_the_product_has_no_place_for_goes_out_again(session: Session, imports: Imports, app: Any) -> None:
    imports("vcard", ANNA)
    person = session.scalars(select(ContactPerson).where(ContactPerson.last_name == "Ёлкина")).one()
    person.position = "Финансовый директор"
    session.flush()
    text = out(session, app).decode()
    assert "X-FAVOURITE:чай" in text
    assert "item1.X-ABLABEL:рабочая" in text
    assert "TEL;TYPE=CELL:+7 916 123-45-67" in text
    assert "TITLE:Финансовый директор" in text
    assert "Главный бухгалтер" not in text


@pytest.mark.parametrize("way", ["vcard", "outlook-csv"])
def test_files_of_real_programs_come_in_and_again_and_bring_nothing_new(
    session: Session, imports: Imports, app: Any, way: str
) -> None:
    cards = b"\r\n".join(path.read_bytes() for path in sorted(CARDS.glob("*.vcf")))
    first = exchange.run_import(session, "vcard", cards, now=NOW, today=TODAY)
    assert (first.wrong, first.created) == ([], 17)
    sent = out(session, app, way)
    table = exchange.run_import(session, way, sent, now=NOW, today=TODAY)
    assert (table.wrong, table.created, table.brought) == ([], 0, {})


def test_without_wrong_lines_a_card_comes_in_but_for_the_line_that_says_nothing(
    session: Session, imports: Imports
) -> None:
    lines = ANNA.splitlines()
    nobody = "BEGIN:VCARD\nVERSION:3.0\nN:Нет;Конца;;;"
    broken = "\n".join([*lines[:5], "это не строка", *lines[5:], nobody])
    report = imports("vcard", broken, skip_wrong=True)
    assert (report.created, report.left_out) == (1, 1)
    assert [warning.text for warning in report.warnings][:1] == ["Строку 6 файла нельзя понять."]
    assert len(ways(session, "Ёлкина")) == 3


def test_a_broken_line_among_ten_thousand_cards_is_named_and_nothing_changes(
    session: Session, imports: Imports
) -> None:
    cards = [f"BEGIN:VCARD\nVERSION:3.0\nN:Чижов{n};Пётр;;;\nORG:Птицы\nEND:VCARD" for n in range(10_000)]
    cards[7_000] = cards[7_000].replace("ORG:Птицы", "это не строка")
    report = imports("vcard", *cards)
    assert wrong(report) == [(35_001, "")]
    assert "35004" in report.wrong[0].text
    assert session.scalar(select(Counterparty.id).where(Counterparty.name == "Птицы")) is None


def test_somebody_without_an_organisation_is_the_client_whose_phone_he_has(session: Session, imports: Imports) -> None:
    imports("counterparties", "name;phone", "Ромашка;+7 916 123-45-67")
    imports("vcard", "BEGIN:VCARD\nVERSION:2.1\nN:Анна;;;;\nTEL;CELL:89161234567\nEND:VCARD")
    person = session.scalars(select(ContactPerson).where(ContactPerson.last_name == "Анна")).one()
    assert person.counterparty.name == "Ромашка"


@pytest.mark.parametrize("slug", ["vcard", "outlook-csv"])
def test_people_of_two_clients_that_differ_by_the_legal_form_alone_come_in_again(
    session: Session, imports: Imports, app: Any, slug: str
) -> None:
    """Whoever writes it otherwise than both has to say which of them is meant."""
    for name in ("ООО «Ромашка»", "АО «Ромашка»", "АО «РОМАШКА»"):
        company = buyer(session, name)
        added(session, ContactPerson(counterparty=company, last_name="Ёлкина", first_name="Анна"))
    cards = out(session, app, slug)
    once, again = (counts(exchange.run_import(session, slug, cards, now=NOW, today=TODAY)) for _time in range(2))
    assert (sum(once), once[0], again) == (3, 0, (0, 0, 3))  # who had no card has one from the first time on
    assert wrong(imports("vcard", ANNA.replace("ООО «Ромашка»", "Ромашка"))) == [(1, "counterparty")]
    named = [f"{n},2026-11-20,{name},5" for n, name in enumerate(("ооо «ромашка»", "АО «Ромашка»", "АО «РОМАШКА»"))]
    assert counts(imports("payments", "number,date,counterparty,amount", *named)) == (3, 0, 0)


def test_a_card_of_an_organisation_brings_a_client_and_no_person(session: Session, imports: Imports) -> None:
    card = "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Лютик\nORG:Лютик\nTEL:+74957000000\nX-INN:7707083893\nEND:VCARD"
    report = imports("vcard", card)
    assert (report.created, report.brought) == (0, {"counterparties": 1})
    client = session.scalars(select(Counterparty).where(Counterparty.name == "Лютик")).one()
    value = select(ContactInfo.value).where(ContactInfo.counterparty_id == client.id)
    assert session.scalars(value).all() == ["+74957000000"]
    assert client.inn == "7707083893"


def test_contacts_of_the_russian_outlook_come_in_and_go_out(session: Session, imports: Imports, app: Any) -> None:
    header = (
        '"Обращение","Имя","Отчество","Фамилия","Организация","Улица (раб. адрес)","Улица  2 (раб. адрес)",'
        '"Город (раб. адрес)","Рабочий телефон","Телефон переносной","День рождения","Категории",'
        '"Адрес эл. почты","Пол"'
    )
    line = (
        '"г-жа","Анна","Петровна","Ёлкина","Ромашка","Мира, 5","оф. 7","Тверь","+7 495 700-00-12",'
        '"+7 916 123-45-67","22.03.1980","Друзья","anna@romashka.ru","Не определен"'
    )
    empty = '"=1+1","","","Чижов","","","","","+7 495 700-00-13 ext. 5","+1+HYPERLINK(1)","0.0.00","","","Не определен"'
    source = "\r\n".join([header, line, empty]).encode("cp1251")
    report = exchange.run_import(session, "outlook-csv", source, now=NOW, today=TODAY)
    assert (report.wrong, report.created) == ([], 2)
    assert ("Адрес", "Тверь, Мира, 5, оф. 7", "") in ways(session, "Ёлкина")
    sent = out(session, app, "outlook-csv").decode("cp1251").splitlines()
    assert '"Ёлкина"' in sent[1]
    assert '"22.03.1980"' in sent[1]
    assert '"Друзья"' in sent[1]
    assert '"г-жа"' in sent[1]
    assert '"+7 495 700-00-12"' in sent[1]
    assert '"\'=1+1"' in sent[2]
    assert '"+7 495 700-00-13 доб. 5"' in sent[2]
    assert '"\'+1+HYPERLINK(1)"' in sent[2]
    again = exchange.run_import(session, "outlook-csv", "\r\n".join(sent).encode("cp1251"), now=NOW, today=TODAY)
    assert (again.created, again.updated) == (0, 0)


def people(report: exchange.ImportReport) -> list[tuple[int, str, str, str, str]]:
    return [(each.line, each.title, each.of, each.known, each.verdict) for each in report.people]


def test_a_check_tells_whom_it_has_found_and_who_is_new(session: Session, imports: Imports) -> None:
    imports("vcard", ANNA)
    new = "BEGIN:VCARD\nVERSION:3.0\nN:Чижов;Пётр;;;\nORG:Птицы\nEND:VCARD"
    report = imports("vcard", new, ANNA, dry_run=True)
    assert people(report) == [
        (6, "Ёлкина Анна Петровна", "ООО «Ромашка»", "Ёлкина Анна Петровна, ООО «Ромашка»", "update"),
        (1, "Чижов Пётр", "Птицы", "", "take"),
    ]


def test_rows_are_left_taken_or_brought_up_to_date_as_each_is_ticked(session: Session, imports: Imports) -> None:
    imports("vcard", ANNA)
    promoted = ANNA.replace("Главный бухгалтер", "Директор")
    new = [f"BEGIN:VCARD\nVERSION:3.0\nN:Чижов{n};Пётр;;;\nORG:Птицы {n}\nEND:VCARD" for n in range(2)]
    lines = {1: RowVerdict.LEAVE, 13: RowVerdict.LEAVE}
    report = imports("vcard", promoted, *new, choice=RowChoice(rows=lines))
    assert (report.created, report.updated, report.left, report.brought) == (1, 0, 2, {"counterparties": 1})
    assert ways_and_positions(session) == [("Ёлкина", "Главный бухгалтер"), ("Чижов1", "")]
    report = imports("vcard", promoted, *new, choice=RowChoice(new=RowVerdict.LEAVE))
    assert (report.created, report.updated, report.left) == (0, 1, 1)
    report = imports("vcard", ANNA, choice=RowChoice(found=RowVerdict.TAKE))
    assert ways_and_positions(session) == [("Ёлкина", "Главный бухгалтер"), ("Ёлкина", "Директор"), ("Чижов1", "")]


def test_a_person_is_called_as_whoever_imports_writes_it(session: Session, imports: Imports) -> None:
    imports("vcard", ANNA)
    new = "BEGIN:VCARD\nVERSION:3.0\nN:Чижов;П.;;;\nORG:Птицы\nEND:VCARD"
    called = RowChoice(names={1: "Чижов Пётр Ильич оглы", 6: "Ёлкина-Дуб Анна Петровна", 99: "Никто"})
    report = imports("vcard", new, ANNA, choice=called, dry_run=True)
    assert [(each.title, each.verdict) for each in report.people] == [
        ("Ёлкина-Дуб Анна Петровна", "update"),
        ("Чижов Пётр Ильич оглы", "take"),
    ]
    report = imports("vcard", new, ANNA, choice=called)
    assert (report.wrong, report.created, report.updated) == ([], 1, 1)
    names = (ContactPerson.last_name, ContactPerson.first_name, ContactPerson.middle_name)
    assert session.execute(select(*names).order_by(*names)).all() == [
        ("Ёлкина-Дуб", "Анна", "Петровна"),
        ("Чижов", "Пётр", "Ильич оглы"),
    ]
    report = imports("vcard", new, choice=RowChoice(names={1: "Ч" * 101}))
    assert [(error.line, error.text) for error in report.wrong] == [(1, "Текст длиннее 100 символов.")]


def test_names_of_a_file_whose_column_of_names_is_left_out_change_nothing(session: Session, imports: Imports) -> None:
    buyer(session, "Птицы")
    report = imports("outlook-csv", "Организация;E-mail", "Птицы;a@birds.ru", choice=RowChoice(names={2: "Чижов Пётр"}))
    assert (report.wrong, session.scalars(select(ContactPerson)).all()) == ([], [])


def ways_and_positions(session: Session) -> list[tuple[str, str]]:
    order = (ContactPerson.last_name, ContactPerson.position)
    return sorted(tuple(row) for row in session.execute(select(*order)))


def test_a_person_who_is_looked_for_by_his_address_is_found_with_another_client_and_stays_there(
    session: Session, imports: Imports
) -> None:
    imports("vcard", ANNA)
    card = "BEGIN:VCARD\nVERSION:3.0\nN:Иванова;Анна;;;\nORG:Лютик\nTITLE:Директор\nEMAIL:Anna@Romashka.RU\nEND:VCARD"
    other = "BEGIN:VCARD\nVERSION:3.0\nN:Иванова;Анна;;;\nORG:Лютик\nEND:VCARD"
    by_address = RowChoice(search=frozenset({"email"}))
    report = imports("vcard", card, other, choice=by_address)
    assert (report.created, report.updated, report.brought) == (1, 1, {"counterparties": 1})
    found = session.scalars(select(ContactPerson).where(ContactPerson.position == "Директор")).one()
    assert (found.name, found.counterparty.name) == ("Иванова Анна Петровна", "ООО «Ромашка»")
    with pytest.raises(Refused):
        imports("vcard", card, choice=RowChoice(search=frozenset({"role"})))


def test_a_client_is_looked_for_by_what_is_asked(session: Session, imports: Imports) -> None:
    imports("counterparties", "name;full_name;inn", "Ромашка;Общество Ромашка;7707083893")
    header = "Фамилия;Имя;Организация;ИНН"
    imports("outlook-csv", header, "Ёлкина;Анна;Общество Ромашка;", choice=searched("counterparty_full_name"))
    imports("outlook-csv", header, "Чижов;Пётр;Цветы;7707083893", choice=searched("counterparty_inn"))
    report = imports("outlook-csv", header, "Щеглов;Иван;Ромашка;", choice=searched("counterparty_inn"))
    assert (report.wrong, report.brought) == ([], {"counterparties": 1})
    names = select(ContactPerson.last_name).join(ContactPerson.counterparty).where(Counterparty.inn != "")
    assert set(session.scalars(names)) == {"Чижов", "Ёлкина"}


def searched(*names: str) -> RowChoice:
    return RowChoice(search=frozenset(names))


def test_a_column_of_outlook_that_means_no_field_may_be_made_one(session: Session, imports: Imports) -> None:
    header, line = '"Фамилия","Имя","Отдел","Организация"', '"Чижов","Пётр","Закупки","Птицы"'
    report = imports("outlook-csv", header, line, mapping={"role": "Отдел"})
    assert (report.wrong, report.ignored) == ([], ["role (K)"])
    person = session.scalars(select(ContactPerson).where(ContactPerson.last_name == "Чижов")).one()
    assert (person.role, "Закупки" in person.card) == ("Закупки", True)
