"""A prospect becomes a client: whole, once, with everything of his number and address, and back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState, Direction
from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty, InformationSource
from app.models.deals import ExpectedDeal
from app.models.histories import SourceRecord
from app.models.journal import Act
from app.services.counterparties.registering import alike, register
from app.services.journal import act_of
from app.services.undoing import undo
from tests.clients import Clients

TODAY = date(2026, 11, 23)
PHONE = "+7 846 215-20-67"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def asked(clients: Clients, days: int = 0, **more: object) -> Contact:
    """A call of somebody who is not in the base, taken by Anna."""
    told = {
        "prospect": "ООО «Уют»", "prospect_person": "Ким Ольга Юрьевна", "prospect_phone": PHONE,
        "prospect_email": "kim@uyut.example", "direction": Direction.IN, "state": ContactState.DONE,
        "manager": clients.user("anna"),
    }  # fmt: skip
    return clients.contact(None, "Спрашивает цены", days, **(told | more))


def as_anna(session: Session, clients: Clients) -> None:
    session.info["viewer"] = Viewer.of(clients.user("anna").id, {Sees.OWN}, {"Sales manager"})


def test_everything_that_was_told_becomes_the_client_s(session: Session, clients: Clients) -> None:
    contact = asked(clients)
    client = register(session, contact, today=TODAY)
    assert (client.name, client.manager, client.registered_on) == ("ООО «Уют»", clients.user("anna"), TODAY)
    person = session.scalars(select(ContactPerson).where(ContactPerson.counterparty_id == client.id)).one()
    assert (person.last_name, person.first_name, person.middle_name) == ("Ким", "Ольга", "Юрьевна")
    infos = session.scalars(select(ContactInfo).where(ContactInfo.counterparty_id == client.id)).all()
    assert {(info.value, info.phone, info.person_id) for info in infos} == {
        (PHONE, "+78462152067", person.id), ("kim@uyut.example", "", person.id)
    }  # fmt: skip
    assert (contact.counterparty, contact.person) == (client, person)


def test_contacts_of_his_number_and_of_his_address_move_with_him_and_no_others(
    session: Session, clients: Clients
) -> None:
    by_number = asked(
        clients, -2, prospect="Уют", prospect_person="", prospect_phone="8 (846) 2152067", prospect_email=""
    )
    by_address = asked(clients, -1, prospect_person="Пак", prospect_phone="", prospect_email="KIM@uyut.example")
    other = asked(clients, -1, prospect_phone="+7 846 215-20-68", prospect_email="")
    contact = asked(clients)
    deal = clients.add(ExpectedDeal(prospect="Уют", contact=by_number, expected_on=TODAY, amount=100))
    client = register(session, contact, today=TODAY)
    assert {by_number.counterparty, by_address.counterparty, deal.counterparty} == {client}
    assert (by_number.person, by_address.person) == (contact.person, None)
    assert other.counterparty is None


def test_the_source_of_the_contact_becomes_the_client_s_from_its_day_on(session: Session, clients: Clients) -> None:
    site, paper = (clients.add(InformationSource(name=name)) for name in ("Сайт для теста", "Газета для теста"))
    contact = asked(clients, source=site)
    client = register(session, contact, today=TODAY)
    assert client.source == site
    record = session.scalars(select(SourceRecord).where(SourceRecord.counterparty_id == client.id)).one()
    assert (record.on, record.contact_id) == (contact.starts_at.date(), contact.id)
    planned = asked(clients, 5, prospect_phone="4445566", prospect_email="", source=paper, state=ContactState.PLANNED)
    assert register(session, planned, today=TODAY).source == paper


def test_registered_twice_is_refused_with_the_client_s_name(session: Session, clients: Clients) -> None:
    contact = asked(clients)
    register(session, contact, today=TODAY)
    with pytest.raises(Refused, match="Уют"):
        register(session, contact, today=TODAY)
    assert session.scalar(select(func.count()).select_from(Counterparty).where(Counterparty.name.contains("Уют"))) == 1


def test_whom_he_resembles_is_told_and_the_chosen_one_gets_only_what_he_lacks(
    session: Session, clients: Clients
) -> None:
    known = clients.company("Уют")
    known_person = clients.person(known, "Ким", "Ольга", middle_name="Юрьевна")
    clients.phone(known, "8 846 215 20 67", known_person)
    as_anna(session, clients)
    contact = asked(clients)
    found = alike(session, contact)
    assert {one.answer for one in found} == {f"person:{known_person.id}", f"client:{known.id}"}
    assert register(session, contact, today=TODAY, to=known, person=known_person) == known
    values = session.scalars(select(ContactInfo.value).where(ContactInfo.counterparty_id == known.id)).all()
    assert sorted(values) == ["8 846 215 20 67", "kim@uyut.example"]
    assert contact.person == known_person


def test_of_a_client_of_another_manager_only_the_manager_is_told(session: Session, clients: Clients) -> None:
    clients.phone(clients.company("Тайна", "boris"), PHONE)
    as_anna(session, clients)
    (found,) = alike(session, asked(clients))
    assert found.answer == ""
    assert "Ёлкин" in found.why[0]
    assert "Тайна" not in found.why[0]


def test_nobody_takes_the_talks_of_another_manager_by_typing_a_number(session: Session, clients: Clients) -> None:
    of_boris = asked(clients, -1, manager=clients.user("boris"))
    contact = asked(clients)
    as_anna(session, clients)
    with pytest.raises(Refused, match="Ёлкин"):
        register(session, contact, today=TODAY)
    session.info["viewer"] = None
    client = register(session, contact, today=TODAY)
    assert of_boris.counterparty == client


def test_an_undo_takes_the_client_away_and_leaves_the_prospect(session: Session, clients: Clients) -> None:
    clients.session.commit()
    contact = asked(clients)
    session.commit()
    client = register(session, contact, today=TODAY)
    act, number = act_of(session), client.id
    session.commit()
    assert session.get_one(Act, act).verb == "registering"
    undo(session, act or 0)
    session.commit()
    assert session.get(Counterparty, number) is None
    session.refresh(contact)
    assert (contact.counterparty_id, contact.person_id, contact.prospect) == (None, None, "ООО «Уют»")
