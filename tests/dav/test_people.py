"""The address book of a telephone: what its user sees in the base, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domain.words import InfoType
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.devices import DeviceItem, DeviceRefusal
from app.models.journal import Act
from app.models.readings import Reading
from app.services.exchange.devices import books
from app.services.privacy import personal_data
from tests.conftest import user_named
from tests.dav.conftest import SPACES, Telephone
from tests.factories import added, buyer


def person_of(session: Session, client: Counterparty, last_name: str, phone: str = "+7 495 123-45-67") -> ContactPerson:
    person = added(session, ContactPerson(counterparty=client, last_name=last_name, first_name="Ольга"))
    kind = session.query(ContactInfoKind).filter_by(type=InfoType.PHONE).order_by(ContactInfoKind.id).first()
    added(session, ContactInfo(counterparty=client, person=person, kind=kind, value=phone))
    return person


def test_a_telephone_shows_what_its_user_sees(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    theirs = buyer(session, "Чужая", manager=user_named(session, "boris"))
    seen, unseen = person_of(session, mine, "Ёлкина"), person_of(session, theirs, "Чужова")
    session.commit()
    anna.sync()
    assert set(anna.holds["people"]) >= {f"person-{seen.id}.vcf", f"counterparty-{mine.id}.vcf"}
    assert f"person-{unseen.id}.vcf" not in anna.holds["people"]
    card = anna.read()[f"person-{seen.id}.vcf"]
    assert "FN:Ёлкина Ольга" in card
    assert "ORG:Ромашка" in card
    assert "+7 495 123-45-67" in card


def test_what_changes_is_told_once_and_what_is_mine_no_more_leaves(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person, other = person_of(session, mine, "Ёлкина"), person_of(session, mine, "Палкина")
    session.commit()
    anna.sync()
    assert anna.sync() == set()
    person.position = "Директор"
    session.commit()
    assert anna.sync() == {f"person-{person.id}.vcf"}
    mine.manager = user_named(session, "boris")
    session.commit()
    gone = {f"person-{person.id}.vcf", f"person-{other.id}.vcf", f"counterparty-{mine.id}.vcf"}
    assert anna.sync() == gone
    assert gone.isdisjoint(anna.holds["people"])
    mine.manager = user_named(session, "anna")
    session.commit()
    assert anna.sync() == gone
    assert gone <= set(anna.holds["people"])


def test_after_a_copy_was_restored_a_telephone_begins_anew(session: Session, anna: Telephone) -> None:
    anna.sync()
    books.begin_anew(session)
    session.commit()
    token = f"<sync-token>{anna.token['people']}</sync-token>"
    body = f"<sync-collection {SPACES}>{token}<prop><getetag/></prop></sync-collection>"
    answer = anna.ask("REPORT", anna.book("people"), body)
    assert answer.status_code == 403
    assert "valid-sync-token" in answer.text


def test_what_is_erased_of_a_person_is_in_no_book_any_more(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person = person_of(session, mine, "Ёлкина")
    session.commit()
    anna.sync()
    personal_data.erase(session, person)
    session.commit()
    assert session.scalars(select(DeviceItem).where(DeviceItem.text.contains("лкина"))).all() == []
    assert anna.sync() == {f"person-{person.id}.vcf"}


def test_another_user_s_books_are_not_there(
    session: Session, anna: Telephone, telephone: Callable[..., Telephone]
) -> None:
    boris = telephone("boris")
    assert anna.ask("PROPFIND", boris.book("people"), Depth="1").status_code in {403, 404}


def test_a_program_searches_by_name_and_phone(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    long = "Ы" * 70  # a line that is folded inside the word
    found, _other = person_of(session, mine, f"{long}лкин"), person_of(session, mine, "Палкина", "8 812 700-00-01")
    session.commit()

    def search(name: str, text: str, test: str = "anyof") -> set[str]:
        match = f"<R:prop-filter name='{name}'><R:text-match>{text}</R:text-match></R:prop-filter>"
        query = f"<prop><getetag/></prop><R:filter test='{test}'>{match}</R:filter>"
        body = f"<R:addressbook-query {SPACES}>{query}</R:addressbook-query>"
        answer = anna.ask("REPORT", anna.book("people"), body)
        return set(re.findall(r"(person-\d+\.vcf)", answer.text))

    assert search("FN", "ЛКИН ольга") == {f"person-{found.id}.vcf"}
    assert len(search("TEL", "700-00-01")) == 1
    assert search("FN", "700-00-01") == set()
    assert len(search("FN", "ольга", "allof")) == 2


def card(*lines: str, uid: str = "of-the-device") -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", *lines, "END:VCARD", ""])


NEW = ("FN:Ольга Ёлкина", "N:Ёлкина;Ольга;Петровна;;", "TEL;TYPE=CELL:+7 912 000-11-22", "X-FAVOURITE:цвет: синий")


def one(session: Session, model: type[Any], **values: str) -> Any:
    return session.scalars(select(model).filter_by(**values).execution_options(unscoped=True)).one()


def test_a_card_made_on_a_telephone_is_a_person_of_his_client(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "ООО «Ромашка»", manager=user_named(session, "anna"))
    session.commit()
    anna.sync()
    made = anna.ask("PUT", anna.book("people", "abc.vcf"), card(*NEW, "ORG:ромашка"), If_None_Match="*")
    assert made.status_code == 201
    assert "ETag" not in made.headers  # the organisation is spelled as here: the device has to read it
    person = one(session, ContactPerson, last_name="Ёлкина")
    assert (person.counterparty_id, person.first_name, person.middle_name) == (mine.id, "Ольга", "Петровна")
    assert session.scalars(select(ContactInfo.phone).where(ContactInfo.person_id == person.id)).all() == [
        "+79120001122"
    ]
    assert anna.sync() == {"abc.vcf"}
    text = anna.read()["abc.vcf"]
    assert "UID:of-the-device\n" in text
    assert "X-FAVOURITE:цвет: синий" in text
    act = session.scalars(select(Act).order_by(Act.id.desc()).limit(1)).one()
    assert (act.by_id, act.verb) == (anna.user_id, "device")
    twin = buyer(session, "АО «Ромашка»", manager=mine.manager)
    session.commit()
    codes = [
        anna.ask(
            "PUT", anna.book("people", f"{n}.vcf"), card("N:Вяз;Ян", "FN:Ян", f"ORG:{name}", uid=f"{n}")
        ).status_code
        for n, name in enumerate(("АО «Ромашка»", "ао «ромашка»", "Ромашка"))
    ]
    assert (codes[:2], codes[2] >= 400) == ([201, 201], True)
    assert session.scalar(select(func.count()).where(ContactPerson.counterparty_id == twin.id)) == 2


def test_a_card_without_an_organisation_is_a_client_himself(session: Session, anna: Telephone) -> None:
    assert anna.ask("PUT", anna.book("people", "abc.vcf"), card(*NEW)).status_code == 201
    client = one(session, ContactPerson, last_name="Ёлкина").counterparty
    assert (client.name, client.kind, client.manager_id) == ("Ёлкина Ольга Петровна", "person", anna.user_id)
    anna.sync()
    assert set(anna.holds["people"]) == {"abc.vcf"}  # one card, though he is a client and a person
    company = card("FN:ЗАО Лютик", "ORG:ЗАО Лютик", "X-ABShowAs:COMPANY", "TEL;TYPE=WORK:8 495 700-00-01", uid="firm")
    assert anna.ask("PUT", anna.book("people", "firm.vcf"), company).status_code == 201
    assert one(session, Counterparty, name="ЗАО Лютик").manager_id == anna.user_id


def test_what_is_changed_on_both_sides_is_not_overwritten(
    session: Session, anna: Telephone, login: Callable[..., FlaskClient]
) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person = person_of(session, mine, "Ёлкина")
    session.commit()
    anna.sync()
    name = f"person-{person.id}.vcf"
    path, old, text = anna.book("people", name), anna.holds["people"][name], anna.read()[name]
    person.position = "Директор"
    session.commit()
    changed = text.replace("N:Ёлкина", "N:Берёзкина")
    assert anna.ask("PUT", path, changed, If_Match=old).status_code == 412
    assert anna.ask("PUT", path, changed).status_code == 412
    assert anna.ask("PUT", path, changed, If_None_Match="*").status_code == 412
    assert anna.ask("DELETE", path, If_Match=old).status_code == 412
    assert (person.last_name, person.position) == ("Ёлкина", "Директор")
    refusal = session.scalars(select(DeviceRefusal)).one()
    assert (refusal.subject, refusal.row_id) == ("person", person.id)
    assert f'href="/persons/show/{person.id}"' in login("anna").get("/devices/").text
    anna.sync()
    now = anna.read()[name].replace("N:Ёлкина", "N:Берёзкина").replace("123-45-67", "123-45-68")
    assert anna.ask("PUT", path, now, If_Match=anna.holds["people"][name]).status_code == 204
    session.expire_all()
    assert (person.last_name, person.position) == ("Берёзкина", "Директор")
    assert session.scalars(select(ContactInfo.phone).where(ContactInfo.person_id == person.id)).all() == [
        "+74951234568"
    ]
    assert session.scalars(select(DeviceRefusal)).all() == []


def test_a_card_thrown_away_leaves_the_devices_and_stays_in_the_base(
    session: Session, anna: Telephone, login: Callable[..., FlaskClient]
) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person = person_of(session, mine, "Ёлкина")
    session.commit()
    anna.sync()
    name = f"person-{person.id}.vcf"
    assert anna.ask("DELETE", anna.book("people", name), If_Match=anna.holds["people"][name]).status_code == 200
    assert anna.sync() == {name}
    person.position = "Директор"
    session.commit()
    assert anna.sync() == set()
    hidden = session.scalars(select(DeviceItem).where(DeviceItem.hidden)).one()
    assert login("boris").post(f"/devices/hidden/{hidden.id}/show").status_code == 404
    assert login("anna").post(f"/devices/hidden/{hidden.id}/show").status_code == 302
    assert anna.sync() == {name}
    assert "Директор" in anna.read()[name]


def test_what_cannot_be_a_card_is_refused_and_nothing_of_it_stays(session: Session, anna: Telephone) -> None:
    buyer(session, "Ромашка", manager=user_named(session, "anna"))
    session.commit()
    for name, text in (
        ("x.vcf", "nonsense"),
        ("x.vcf", card("FN:Имя", "N:" + "Ы" * 300)),
        ("x.vcf", card("NOTE:Без имени")),
        ("x.vcf", card(*NEW, uid="у" * 300)),
        ("x.vcf", card(*NEW, *["X-LINE:x"] * 2000)),
        ("person-1.vcf", card(*NEW)),
        ("x" * 300, card(*NEW)),
        ("x.vcf", card(*NEW) + card(*NEW, uid="second")),
        ("x.vcf", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"),
    ):
        answer = anna.ask("PUT", anna.book("people", name), text)
        assert 400 <= answer.status_code < 500, (name, text[:80], answer.status_code)
    assert session.scalars(select(ContactPerson)).all() == []


def test_a_card_is_known_by_an_address_however_it_is_written(session: Session, anna: Telephone) -> None:
    client = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person = person_of(session, client, "Ёлкина")
    kind = session.query(ContactInfoKind).filter_by(type=InfoType.EMAIL).order_by(ContactInfoKind.id).first()
    added(session, ContactInfo(counterparty=client, person=person, kind=kind, value="Anna@xn--80a1acny.xn--p1ai"))
    session.commit()
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:new\r\nN:Палкина;;;;\r\nFN:Палкина\r\nEMAIL:ANNA@почта.рф\r\nEND:VCARD\r\n"
    )
    assert anna.ask("PUT", anna.book("people", "new.vcf"), card).status_code == 201
    made = session.scalars(select(ContactPerson).where(ContactPerson.last_name == "Палкина")).one()
    assert made.counterparty_id == client.id


def test_what_a_telephone_reads_stands_in_who_looked_at_what(session: Session, anna: Telephone) -> None:
    client = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person = person_of(session, client, "Ёлкина")
    session.commit()
    anna.sync()
    session.execute(delete(Reading))
    session.commit()
    anna.sync()
    looked = select(Reading.counterparty_id, Reading.person_id, Reading.kind).execution_options(unscoped=True)
    assert session.execute(looked).all() == []  # versions of cards are no cards
    anna.holds["people"] = {f"person-{person.id}.vcf": ""}
    anna.read()
    assert session.execute(looked).all() == [(client.id, person.id, "program")]
