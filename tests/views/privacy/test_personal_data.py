"""Personal data: consents, what is known of a person, and its erasure, of which no table keeps a trace."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import String, cast, func, literal_column, select
from sqlalchemy.orm import Session

from app.domain.words import Direction, Happening, JobKind, JobState, LetterState, PartyRole
from app.models.base import metadata
from app.models.bell import Reminder
from app.models.consents import Consent
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.jobs import Job, StoredFile
from app.models.journal import RowChange
from app.models.letters import Blob, Letter, LetterFile, LetterParty, LetterSource, LetterThread
from app.models.mailings import Mailing, MailingRecipient
from app.models.orders import BuyerOrder
from app.services.journal import act_of
from app.services.privacy import erasures
from app.services.undoing import undo
from tests.clients import NOON, Clients

Login = Callable[..., FlaskClient]
NAME, SECRET = "Кривошеинский", "просил не звонить жене"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def person(clients: Clients) -> ContactPerson:
    """Of whom letters, talks and an order speak."""
    return spoken_of(clients, clients.company("Ромашка"), NAME, SECRET, "kriv", "+7 916 000-11-22")


def spoken_of(clients: Clients, company: Counterparty, name: str, secret: str, login: str, phone: str) -> ContactPerson:
    session = clients.session
    person = clients.person(company, name, "Иван", position="директор", comment=secret, birthday=date(1980, 5, 12))
    clients.phone(company, phone, person)
    clients.email(company, f"{login}@client.ru", person)
    old = clients.email(company, f"{login}@old.ru", person)
    call = clients.contact(company, f"Звонок: {name}", person=person, text=secret)
    dropped = clients.contact(company, f"Отменено: {name}", person=person, text=secret)
    anna = clients.user("anna")
    rings = [
        clients.add(Reminder(user=anna, contact=about, happening=Happening.START, due_at=NOON, text=secret, zone="UTC"))
        for about in (call, call, dropped)
    ]
    clients.order(company, f"З-{login}", person=person)
    letter = clients.add(
        Letter(
            message_id=f"1.{login}.client.ru", direction=Direction.IN, state=LetterState.RECEIVED, at=NOON,
            subject=secret, text=secret, html=secret, sender=f"{login}@client.ru", thread=LetterThread(subject=secret),
        )
    )  # fmt: skip
    clients.add(
        LetterParty(
            letter=letter, role=PartyRole.FROM, address=f"{login}@client.ru", name=name, at=NOON, person=person,
            counterparty=company,
        )
    )  # fmt: skip
    for news in ("Новости", "Удаленная"):
        mailing = clients.add(Mailing(name=news, author_id=anna.id))
        clients.add(
            MailingRecipient(mailing=mailing, counterparty=company, person=person, address=f"{login}@client.ru")
        )
        clients.add(
            MailingRecipient(mailing=mailing, counterparty=company, address=f"{login.title()}@old.ru")
        )  # he came back since
    blob = clients.add(Blob(sha256=login, size=1, content=secret.encode()))
    clients.add(LetterFile(letter=letter, blob=blob, name="Анкета.pdf"))
    clients.add(LetterSource(letter=letter, raw=f"From: {name}".encode()))
    made = clients.add(StoredFile(name="persons.csv", size=1, content=name.encode()))
    clients.add(Job(kind=JobKind.EXPORT, state=JobState.DONE, output=made, finished_at=NOON))
    person.position = "генеральный директор"  # the journal has what it was
    for gone in (mailing, rings[1], dropped, old):  # and whom it was to, and what else is deleted
        session.delete(gone)
    session.commit()
    return person


def found_anywhere(session: Session, words: str) -> dict[str, int]:
    """The tables that have the words, and in how many of their rows."""
    found = {}
    for table in metadata.sorted_tables:
        row = literal_column(f'"{table.name}"')
        pattern = f"%{words}%"
        if many := session.scalar(select(func.count()).select_from(table).where(cast(row, String).ilike(pattern))):
            found[table.name] = many
    return found


def test_a_consent_is_noted_and_is_known_of_the_person(login: Login, session: Session, person: ContactPerson) -> None:
    anna = login("anna")
    typed = {"person": person.id, "given_on": "2026-03-01", "source": "Форма на сайте"}
    assert "раньше" in anna.post("/consents/add", data={**typed, "withdrawn_on": "2026-02-01"}).text
    assert anna.post("/consents/add", data=typed).status_code == 302
    assert session.scalars(select(Consent)).one().by is not None
    assert "Форма на сайте" not in login("boris").get("/consents/list/").text
    page = login("vera").get(f"/personal-data/{person.id}").text
    for words in ("Форма на сайте", "kriv@client.ru", SECRET, "З-kriv", "12.05.1980"):
        assert words in page, words
    told = login("vera").get(f"/personal-data/{person.id}/file").json
    assert told["Контактная информация"][1]["Значение"] == "kriv@client.ru"
    assert anna.get(f"/personal-data/{person.id}").status_code == 403


def test_what_was_known_is_erased_and_documents_stay(login: Login, session: Session, person: ContactPerson) -> None:
    assert "journal_change" in found_anywhere(session, SECRET)
    vera = login("vera")
    vera.post(f"/personal-data/{person.id}/erase")
    assert session.get_one(ContactPerson, person.id).last_name == NAME  # nobody said that he was sure
    assert vera.post(f"/personal-data/{person.id}/erase", data={"sure": "y"}).status_code == 302
    session.expire_all()
    for words in (NAME, SECRET, "kriv@", "000-11-22", "9160001122", "1980-05-12"):
        assert found_anywhere(session, words) == {}, words
    assert session.scalars(select(Blob)).all() == []
    assert session.scalars(select(StoredFile.name)).all() == []
    assert session.scalars(select(BuyerOrder)).one().person_id == person.id
    assert session.scalars(select(Contact)).one().starts_at == NOON
    assert vera.get(f"/persons/show/{person.id}").status_code == 200
    assert login("anna").post(f"/personal-data/{person.id}/erase", data={"sure": "y"}).status_code == 403


def test_what_is_known_of_others_stays(login: Login, session: Session, clients: Clients, person: ContactPerson) -> None:
    spoken_of(clients, person.counterparty, "Соседова", "ждет звонка утром", "sosed", "+7 916 000-33-44")
    marks = ("Соседова", "ждет звонка утром", "sosed", "000-33-44")
    before = [found_anywhere(session, mark) for mark in marks]
    assert "journal_change" in before[1]
    login("vera").post(f"/personal-data/{person.id}/erase", data={"sure": "y"})
    assert [found_anywhere(session, mark) for mark in marks] == before
    assert session.scalars(select(Blob.sha256)).all() == ["sosed"]


def test_what_came_back_and_is_of_another_since_is_not_erased_but_in_its_past(
    login: Login, session: Session, person: ContactPerson
) -> None:
    other = ContactPerson(counterparty=person.counterparty, last_name="Другая")
    call = session.scalars(select(Contact)).one()
    way = session.scalars(select(ContactInfo).where(ContactInfo.phone != "")).one()
    for gone in (call, way):
        session.delete(gone)
    act = act_of(session)
    session.commit()
    assert act is not None
    undo(session, act)
    rows = session.get_one(Contact, call.id), session.get_one(ContactInfo, way.id)
    rows[0].subject = rows[0].text = "Договорились с ней"
    for row in rows:
        row.person = other
    session.commit()
    login("vera").post(f"/personal-data/{person.id}/erase", data={"sure": "y"})
    session.expire_all()
    assert session.get_one(Contact, call.id).text == "Договорились с ней"
    assert session.get_one(ContactInfo, way.id).person_id == other.id
    for model, number in ((Contact, call.id), (ContactInfo, way.id)):
        was_his = RowChange.table_name == model.__tablename__, RowChange.row_id == number, RowChange.old.is_not(None)
        kept = " ".join(session.scalars(select(cast(RowChange.old, String)).where(*was_his)))
        assert kept  # that they were changed
        assert not re.search(f"{NAME}|{SECRET}|000-11-22", kept)


def test_who_was_erased_is_erased_in_an_older_copy_too(
    app: Flask, login: Login, session: Session, person: ContactPerson
) -> None:
    lily = Counterparty(code="Л-1", name="Лютик")
    other = ContactPerson(counterparty=lily, last_name="Другой")
    session.add(other)
    session.commit()
    number = person.id
    folder = app.config["CRM"].backup_dir
    with session.begin_nested() as copy:
        login("vera").post(f"/personal-data/{number}/erase", data={"sure": "y"})
        (known,) = (one for one in erasures.read(folder) if one.person_id == number)
        copy.rollback()  # as the base was when the copy was made
    assert stat.S_IMODE((folder / erasures.FILE).stat().st_mode) == 0o600
    assert session.get_one(ContactPerson, number).last_name == NAME
    elsewhere, unknown = replace(known, person_id=other.id), replace(known, person_id=other.id + 1)
    before = datetime.fromisoformat(known.at) - timedelta(days=1)
    assert erasures.again(session, [known], before + timedelta(days=2)).erased == 0  # the copy knows it
    assert erasures.again(session, [known, elsewhere, unknown], before) == erasures.Again(1, [other.id])
    assert session.get_one(ContactPerson, number).last_name != NAME
