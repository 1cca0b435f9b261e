"""Meetings: who takes part, whose calendar they stand in, what their participants are told and what they answer."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ContactKind, FolderRole, LetterKind, MeetingAnswer
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import ContactPerson
from app.models.journal import RowChange
from app.models.letters import Letter, Outgoing
from app.models.mailboxes import Mailbox, MailboxFolder
from app.queries.workload import planned_minutes
from app.services.mail import invitations
from app.services.mail.incoming.imap import Arrived
from app.services.mail.incoming.receiving import receive
from tests.clients import Clients
from tests.conftest import user_named
from tests.domain.test_letters import MOSCOW
from tests.factories import numbers
from tests.services.mail.test_fetching import DISOWNED
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def person(session: Session, clients: Clients) -> ContactPerson:
    company = clients.company("Ромашка")
    person = clients.person(company, "Иванов", "Иван")
    clients.email(company, "ivan@romashka.example", person)
    session.add(Mailbox(address="anna@vizavi.test", owner_id=user_named(session, "anna").id))
    session.commit()
    return person


@pytest.fixture
def meeting(session: Session, person: ContactPerson) -> Contact:
    starts = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    made = Contact(
        counterparty=person.counterparty,
        manager=user_named(session, "anna"),
        kind=ContactKind.MEETING,
        subject="Приёмка",
        place="Склад, ворота 3",
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
    )
    made.persons, made.colleagues = [person], [user_named(session, "boris")]
    session.add(made)
    session.commit()
    return made


@pytest.fixture
def in_russian(app: Flask, session: Session) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        yield


def ahead() -> str:
    """The days of the meeting, as the calendar asks for them."""
    return f"{clock.now():%Y-%m-%d}..{clock.now() + timedelta(days=5):%Y-%m-%d}"


def sent(session: Session) -> list[tuple[Message, Any]]:
    """Each letter with the calendar in it."""
    found = []
    for letter in session.scalars(select(Letter).order_by(Letter.id)):
        message = email.message_from_bytes(letter.source.raw)
        part = next(one for one in message.walk() if one.get_content_type() == "text/calendar")
        found.append((message, Calendar.from_ical(part.get_payload(decode=True))))
    return found


def test_the_form_keeps_who_takes_part_and_the_place(login: Login, session: Session, person: ContactPerson) -> None:
    anna, boris = login("anna"), user_named(session, "boris")
    day = f"{clock.now() + timedelta(days=5):%Y-%m-%d}"
    typed: dict[str, Any] = {
        **{"counterparty": person.counterparty_id, "kind": "meeting", "state": "planned", "subject": "Приёмка"},
        **{"starts_at": f"{day}T10:00", "ends_at": f"{day}T11:00", "place": "Склад", "confirmed": "1"},
    }
    anna.post("/contacts/add", data={**typed, "colleagues": ["", boris.id], "persons": ["", person.id]})
    made = session.scalars(select(Contact)).one()
    assert [str(one) for one in made.participants] == ["Борис Ёлкин", "Иванов Иван"]
    card = anna.get(f"/contacts/show/{made.id}").text
    assert "Иванов Иван" in card
    assert "Склад" in card
    form = anna.get(f"/contacts/edit/{made.id}").text
    assert f'<option value="{person.id}" selected>' in form
    anna.post(f"/contacts/edit/{made.id}", data={**typed, "place": "Офис"})  # what a form does not say stays
    session.refresh(made)
    assert (made.place, len(made.participants)) == ("Офис", 2)
    anna.post(f"/contacts/edit/{made.id}", data={**typed, "colleagues": "", "persons": ["", person.id]})
    session.refresh(made)
    assert [one.person_id for one in made.participants] == [person.id]


def test_a_colleague_sees_the_meeting_in_his_calendar_and_nothing_else_of_the_client(
    login: Login, session: Session, meeting: Contact
) -> None:
    boris = login("boris")
    assert boris.get(f"/counterparties/show/{meeting.counterparty_id}").status_code == 404
    assert boris.get(f"/contacts/show/{meeting.id}").status_code == 200
    rows = boris.get(f"/calendar/json?span={ahead()}").json
    assert [row["id"] for row in rows if row["event"] == "contact"] == [meeting.id]
    session.delete(next(one for one in meeting.participants if one.user_id))
    session.commit()
    assert boris.get(f"/contacts/show/{meeting.id}").status_code == 404
    assert boris.get(f"/calendar/json?span={ahead()}").json == []


def test_a_meeting_of_two_whose_calendars_are_asked_for_stands_there_once(login: Login, meeting: Contact) -> None:
    rows = login("vera").get(f"/calendar/json?responsible=anna,boris&span={ahead()}").json
    assert [row["id"] for row in rows if row["event"] == "contact"] == [meeting.id]


def test_participants_are_invited_told_of_a_new_time_and_of_its_end(
    login: Login, session: Session, meeting: Contact
) -> None:
    anna, url = login("anna"), f"/contacts/show/{meeting.id}"
    assert "Пригласить письмом" in anna.get(url).text
    anna.post(f"/invitations/{meeting.id}")
    ((message, calendar),) = sent(session)
    event = calendar.walk("VEVENT")[0]
    assert (calendar["METHOD"], event["SEQUENCE"], event["LOCATION"]) == ("REQUEST", 0, "Склад, ворота 3")
    assert event["ORGANIZER"] == "mailto:anna@vizavi.test"
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/calendar", "application/ics"]
    assert (
        'method="REQUEST"' in next(p for p in message.walk() if p.get_content_type() == "text/calendar")["Content-Type"]
    )
    assert "ivan@romashka.example" in message["To"]
    session.refresh(meeting)
    meeting.starts_at, meeting.ends_at = meeting.starts_at + timedelta(days=1), meeting.ends_at + timedelta(days=1)
    session.commit()
    assert "Сообщить об изменении" in anna.get(url).text
    anna.post(f"/invitations/{meeting.id}")
    anna.post(f"/contacts/cancel/{meeting.id}", data={"version": meeting.version})
    anna.post(f"/invitations/{meeting.id}")
    events = [(calendar["METHOD"], calendar.walk("VEVENT")[0]["SEQUENCE"]) for _message, calendar in sent(session)]
    assert events == [("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)]
    assert len({str(calendar.walk("VEVENT")[0]["UID"]) for _message, calendar in sent(session)}) == 1
    assert "Пригласить" not in anna.get(url).text


def test_the_hours_of_a_meeting_are_taken_of_each_one_s_day(session: Session, meeting: Contact) -> None:
    day = meeting.starts_at.astimezone(MOSCOW).date()
    for name in ("anna", "boris"):
        assert planned_minutes(session, user_named(session, name).id, day, MOSCOW) == 60
    assert planned_minutes(session, user_named(session, "vera").id, day, MOSCOW) == 0


def test_whoever_was_invited_is_told_that_a_meeting_is_deleted_and_anew_when_it_is_back(
    login: Login, session: Session, meeting: Contact
) -> None:
    anna, vera, number = login("anna"), login("vera"), meeting.id
    anna.post(f"/invitations/{number}")
    answer = vera.post(f"/contacts/delete/{number}", follow_redirects=True).text
    assert "3 участника узнают из письма" in answer
    undo = re.search(r"/journal/undo/\d+", answer)
    assert undo
    vera.post(undo[0])
    session.expire_all()
    assert "участники этого не знают" in anna.get(f"/contacts/show/{number}").text
    anna.post(f"/invitations/{number}")
    events = [(calendar["METHOD"], calendar.walk("VEVENT")[0]["SEQUENCE"]) for _message, calendar in sent(session)]
    assert events == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]
    assert len({str(calendar.walk("VEVENT")[0]["UID"]) for _message, calendar in sent(session)}) == 1


def test_a_letter_that_went_out_stays_and_a_deleted_series_is_called_off(
    login: Login, session: Session, meeting: Contact
) -> None:
    anna, vera, number = login("anna"), login("vera"), meeting.id
    anna.post(f"/series/{number}", data={"version": meeting.version, "times": "2"})
    anna.post(f"/invitations/{number}")
    session.refresh(meeting)
    session.execute(update(Outgoing).values(attempts=1))
    session.commit()
    invited = session.scalars(select(RowChange.act_id).where(RowChange.table_name == "letter")).one()
    assert "Письмо уже ушло" in anna.post(f"/journal/undo/{invited}", follow_redirects=True).text
    vera.post(f"/series/{number}/delete", data={"version": meeting.version})
    session.expire_all()
    assert session.scalars(select(Contact)).all() == []
    assert [calendar["METHOD"] for _message, calendar in sent(session)] == ["REQUEST", "CANCEL"]


@pytest.mark.usefixtures("in_russian")
def test_whoever_takes_part_no_more_is_told_so(session: Session, meeting: Contact) -> None:
    anna, now = user_named(session, "anna"), clock.now()
    invitations.invite(session, meeting, anna, now=now, zone=clock.zone())
    meeting.persons = []
    invitations.invite(session, meeting, anna, now=now, zone=clock.zone())
    message, calendar = sent(session)[-1]
    assert (calendar["METHOD"], message["To"]) == ("CANCEL", "ivan@romashka.example")


REPLY = """From: Ivan <{sender}>
To: anna@vizavi.test
{more}Subject: Accepted
Date: Mon, 30 Nov 2026 10:15:00 +0300
Message-ID: <reply-{number}@romashka.example>
Content-Type: text/calendar; charset=utf-8; method=REPLY

BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:{sequence}
ATTENDEE;PARTSTAT={says}:mailto:{who}
END:VEVENT
END:VCALENDAR
"""


class Answering:
    """Letters with answers, as they lie in a mailbox; Anna's unless another one is said."""

    def __init__(self, session: Session, meeting: Contact, clients: Clients) -> None:
        self.session, self.meeting, self.clients = session, meeting, clients
        self.folders: dict[tuple[str, FolderRole], MailboxFolder] = {}

    def __call__(
        self,
        says: str,
        *,
        sequence: int = 0,
        who: str = "ivan@romashka.example",
        sender: str = "",
        box: str = "anna@vizavi.test",
        role: FolderRole = FolderRole.INBOX,
        more: str = "",
    ) -> MeetingAnswer | None:
        """What stands at the one who is asked for, after the letter came."""
        uid = self.meeting.invitation.uid  # type: ignore[union-attr]
        number = next(numbers)
        said = {"uid": uid, "sequence": sequence, "says": says, "number": number, "more": more}
        raw = REPLY.format(**said, who=who, sender=sender or who).encode()
        came = Arrived(uid=number, raw=raw, size=len(raw), flags=(), received=clock.now())
        letter = receive(self.session, self._folder(box, role), came, now=clock.now(), zone=clock.zone())
        assert letter
        assert letter.kind is LetterKind.AUTO  # no contact with the client
        is_his = (
            ContactParticipant.person_id.is_not(None) if "romashka" in who else ContactParticipant.user_id.is_not(None)
        )
        return self.session.scalars(select(ContactParticipant).where(is_his)).one().answer

    def _folder(self, box: str, role: FolderRole) -> MailboxFolder:
        if (box, role) not in self.folders:
            mailbox = self.session.scalar(select(Mailbox).where(Mailbox.address == box))
            mailbox = mailbox or self.clients.add(Mailbox(address=box, owner=self.clients.user(box.partition("@")[0])))
            folder = MailboxFolder(mailbox=mailbox, name=role.value, role=role)
            self.folders[box, role] = self.clients.add(folder)
        return self.folders[box, role]


@pytest.fixture
def answer(session: Session, meeting: Contact, clients: Clients, in_russian: None) -> Answering:
    invitations.invite(session, meeting, user_named(session, "anna"), now=clock.now(), zone=clock.zone())
    return Answering(session, meeting, clients)


def test_an_answer_is_kept_unless_it_is_about_an_older_time(
    session: Session, meeting: Contact, answer: Answering
) -> None:
    assert answer("ACCEPTED") is MeetingAnswer.ACCEPTED
    meeting.starts_at, meeting.ends_at = meeting.starts_at + timedelta(days=1), meeting.ends_at + timedelta(days=1)
    invitations.invite(session, meeting, user_named(session, "anna"), now=clock.now(), zone=clock.zone())
    assert answer("ACCEPTED") is None
    assert answer("DECLINED", sequence=1) is MeetingAnswer.DECLINED


@pytest.mark.parametrize(
    "roguish",
    [
        {"sender": "petr@evil.example"},
        {"sender": "boris@example.com"},  # one participant for another
        {"who": "boris@example.com", "sender": "ivan@romashka.example"},
        {"box": "vera@vizavi.test"},  # whose owner fills it as he likes
        {"more": DISOWNED},
    ],
)
def test_nobody_answers_for_another(answer: Answering, roguish: dict[str, str]) -> None:
    assert answer("DECLINED", **roguish) is None


def test_one_answers_from_any_address_of_his(
    session: Session, meeting: Contact, answer: Answering, person: ContactPerson, clients: Clients
) -> None:
    clients.email(person.counterparty, "i.ivanov@romashka.example", person)
    assert answer("ACCEPTED", sender="i.ivanov@romashka.example") is MeetingAnswer.ACCEPTED
    sent_by_himself = {"box": "boris@vizavi.test", "role": FolderRole.SENT, "sender": "boris@vizavi.test"}
    assert answer("DECLINED", who="boris@example.com", **sent_by_himself) is MeetingAnswer.DECLINED
    user_named(session, "boris").email = "boris@почта.рф"
    session.flush()
    for address, says in (("boris@почта.рф", "TENTATIVE"), ("boris@xn--80a1acny.xn--p1ai", "ACCEPTED")):
        assert answer(says, who=address) is MeetingAnswer[says]


def test_programs_say_who_takes_part_among_those_they_see(
    app: Flask, session: Session, meeting: Contact, person: ContactPerson, clients: Clients
) -> None:
    ask, address = Program(app, session, "anna"), f"contact/{meeting.id}"
    stranger = clients.person(clients.company("Чужая", "boris"), "Чужой")
    session.commit()
    assert [one["person_id"] for one in ask("GET", address).json["result"]["participants"]] == [person.id, None]
    assert ask("PUT", address, json={"persons": [stranger.id]}).status_code == 422
    anna = user_named(session, "anna").id
    assert ask("PUT", address, json={"persons": [], "colleagues": [anna]}).status_code == 200
    session.expire_all()
    assert [(one.person_id, one.user_id) for one in meeting.participants] == [(None, anna)]
    body = {"counterparty": meeting.counterparty_id, "kind": "meeting", "persons": [person.id]}
    moments = {"starts_at": "2026-12-24T10:00:00+03:00", "ends_at": "2026-12-24T11:00:00+03:00"}
    made = ask("POST", "contact/", json={**body, **moments})
    assert made.status_code == 201, made.text
    assert session.get_one(Contact, made.json["id"]).persons == [person]


def test_nobody_invites_to_what_he_does_not_see(login: Login, session: Session, meeting: Contact) -> None:
    meeting.colleagues = []
    session.commit()
    assert login("boris").post(f"/invitations/{meeting.id}").status_code == 404
    assert session.scalars(select(Letter)).all() == []


def test_without_a_mailbox_the_sentence_says_what_is_missing(login: Login, meeting: Contact) -> None:
    answer = login("vera").post(f"/invitations/{meeting.id}", follow_redirects=True)
    assert "ящик" in answer.text
