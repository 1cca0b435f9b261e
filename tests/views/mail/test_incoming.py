"""Letters that came in: conversations, what is still to be dealt with, senders whom nobody knows, invitations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ContactKind, ContactState, Direction, FolderRole, LetterState, PartyRole
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, Counterparty
from app.models.letters import IgnoredSender, Letter, LetterInvite, LetterParty, LetterThread
from app.models.mailboxes import Mailbox, MailboxFolder, MailboxRight
from app.services.mail.incoming.imap import Arrived
from app.services.mail.incoming.receiving import keep, opened, receive
from tests.clients import Clients
from tests.domain.test_letters import MOSCOW

Login = Callable[..., FlaskClient]
QUEUE = "/incoming/unknown"
QUOTING = "Согласны.\n\n02.03.2026 10:00, Анна пишет:\n> Предлагаем скидку пять процентов\n"
numbers = count(1)


def today() -> date:
    return clock.now().astimezone(MOSCOW).date()


class Office:
    """A shared mailbox that Anna reads, and what came into it."""

    def __init__(self, session: Session) -> None:
        self.session, self.clients = session, Clients(session)
        self.box = self.clients.add(Mailbox(address="info@firm.ru"))
        self.clients.add(MailboxRight(mailbox=self.box, user=self.clients.user("anna")))
        self.folder = self.clients.add(MailboxFolder(mailbox=self.box, name="INBOX", role=FolderRole.INBOX))

    def letter(self, subject: str, *, sender: str = "ivan@new.ru", name: str = "Иван Новый", **more: Any) -> Letter:
        now = clock.now()
        values = {"text": "Сколько стоит?", "at": now, "pending_from": today(), **more}
        letter = Letter(
            message_id=f"in-{next(numbers)}@x", mailbox=self.box, direction=Direction.IN, state=LetterState.RECEIVED,
            subject=subject, sender=sender, **values,
        )  # fmt: skip
        letter.parties = [LetterParty(role=PartyRole.FROM, address=sender, name=name, at=now)]
        return self.clients.add(letter)

    def comes(self, sender: str) -> Letter | None:
        return receive(self.session, self.folder, self.arrived(sender), now=clock.now(), zone=MOSCOW)

    def arrived(self, sender: str) -> Arrived:
        """A letter as a server gives it."""
        number = next(numbers)
        raw = f"From: {sender}\nTo: info@firm.ru\nSubject: Реклама {number}\nMessage-ID: <raw-{number}@x>\n\nТекст\n"
        return Arrived(uid=number, raw=raw.encode(), size=len(raw), flags=(), received=clock.now())


@pytest.fixture
def office(session: Session) -> Office:
    return Office(session)


def test_many_letters_cost_the_base_as_many_statements_as_few(session: Session, office: Office, sql: list[str]) -> None:
    asked = []
    for many in (3, 30):
        came = [opened(office.arrived(f"new{n}@new.ru"), now=clock.now(), zone=MOSCOW) for n in range(many)]
        session.flush()
        sql.clear()
        assert None not in keep(session, office.folder, came, now=clock.now(), zone=MOSCOW)
        asked.append(len(sql))
    assert asked[0] == asked[1] < 15


def test_a_letter_of_a_stranger_is_registered_with_everything_that_came_of_his_address(
    login: Login, session: Session, office: Office
) -> None:
    letters = [office.letter("Прайс"), office.letter("Еще раз прайс")]
    session.commit()
    anna, address = login("anna"), f"/incoming/{letters[1].id}/register"
    page = anna.get(QUEUE).text
    assert "Еще раз прайс" in page
    assert "еще 1 письмо" in page
    assert "Еще раз прайс" not in login("boris").get(QUEUE).text
    assert login("boris").post(address).status_code == 404
    answer = anna.post(address, follow_redirects=True)
    assert "Зарегистрирован" in answer.text
    client = session.scalars(select(Counterparty).where(Counterparty.name == "Иван Новый")).one()
    session.expire_all()
    assert {letter.parties[0].counterparty_id for letter in letters} == {client.id}
    assert {letter.contact.counterparty_id for letter in letters} == {client.id}
    assert session.scalars(select(ContactInfo.value).where(ContactInfo.counterparty_id == client.id)).all() == [
        "ivan@new.ru"
    ]
    assert "Еще раз прайс" not in anna.get(QUEUE).text
    assert "известен" in anna.post(address, follow_redirects=True).text


def test_whoever_resembles_a_client_is_asked_about_first(login: Login, session: Session, office: Office) -> None:
    office.clients.company("Иван Новый", "anna")
    letter = office.letter("Прайс")
    session.commit()
    page = login("anna").post(f"/incoming/{letter.id}/register", follow_redirects=True).text
    assert "Это он" in page
    assert session.scalars(select(Contact)).one().prospect_email == "ivan@new.ru"


def test_a_stranger_is_found_to_be_of_a_client(login: Login, session: Session, office: Office) -> None:
    client = office.clients.company("Ромашка", "anna")
    person = office.clients.person(client, "Иванов")
    letter = office.letter("Прайс")
    session.commit()
    anna, address = login("anna"), f"/incoming/{letter.id}/whose"
    assert f'href="/letters/show/{letter.id}">Иван Новый · {letter.subject}' in anna.get(address).text
    assert "Чей адрес ivan@new.ru?" in anna.get(address).text
    assert anna.post(address, data={"counterparty": ""}).status_code == 200  # nobody was chosen
    anna.post(address, data={"counterparty": client.id, "person": person.id})
    session.expire_all()
    assert (letter.parties[0].counterparty_id, letter.parties[0].person_id) == (client.id, person.id)
    assert letter.contact.person_id == person.id
    assert "Прайс" not in anna.get(QUEUE).text


@pytest.mark.parametrize("domain", ["xn--fa-hia.de", "xn--zzzzzz.ru", "xn--.ru"])
def test_a_letter_comes_from_a_domain_that_cannot_be_said_in_its_letters(
    login: Login, session: Session, office: Office, domain: str
) -> None:
    letter = office.comes(f"info@{domain}")
    session.commit()
    assert letter is not None
    assert [party.address for party in letter.parties if party.role is PartyRole.FROM] == [f"info@{domain}"]
    anna = login("anna")
    assert anna.post(f"/incoming/{letter.id}/ignore", follow_redirects=True).status_code == 200
    assert anna.post("/letters/keep", data={"to": f"info@{domain}"}).status_code == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Spam@x.ru", "spam@x.ru"),
        ("Spam@почта.рф", "spam@xn--80a1acny.xn--p1ai"),
        ("s@xn--80a1acny.xn--p1ai", "s@почта.рф"),
    ],
)
def test_an_ignored_address_does_not_come_back_until_it_is_shown_again(
    login: Login, session: Session, office: Office, before: str, after: str
) -> None:
    letter = office.letter("Реклама", sender=before)
    session.commit()
    anna = login("anna")
    anna.post(f"/incoming/{letter.id}/ignore")
    ignored = session.scalars(select(IgnoredSender)).one()
    later, other = office.comes(after), office.comes("other@x.ru")
    session.commit()
    assert later is not None
    assert later.pending_from is None
    assert other is not None
    assert other.pending_from == today()
    page = anna.get(QUEUE).text
    assert "Реклама</a>" not in page
    assert before in page  # among those that are not shown
    assert before not in login("vera").get(QUEUE).text
    assert login("vera").post(f"/incoming/ignored/{ignored.id}/stop").status_code == 404
    anna.post(f"/incoming/ignored/{ignored.id}/stop")
    session.expire_all()
    assert later.pending_from == today()


def test_a_letter_waits_until_it_is_dealt_with_put_off_or_answered(
    login: Login, session: Session, office: Office
) -> None:
    letter = office.letter("Вопрос")
    session.commit()
    anna, waiting = login("anna"), "/letters/list/?_flt_0_waits=1"
    day = today() + timedelta(days=3)
    assert "Вопрос" in anna.get(waiting).text
    assert "Выберите день" in anna.post(f"/incoming/{letter.id}/put-off", data={"day": ""}, follow_redirects=True).text
    past = {"day": (today() - timedelta(days=1)).isoformat()}
    assert "уже прошел" in anna.post(f"/incoming/{letter.id}/put-off", data=past, follow_redirects=True).text
    anna.post(f"/incoming/{letter.id}/put-off", data={"day": day.isoformat()})
    session.expire_all()
    assert letter.pending_from == day
    assert "Вопрос" not in anna.get(waiting).text
    anna.post(f"/incoming/{letter.id}/done")
    session.expire_all()
    assert letter.pending_from is None
    letter.pending_from, letter.thread = today(), LetterThread(subject="Вопрос")
    own = office.clients.add(Mailbox(address="anna@firm.ru", owner=office.clients.user("anna")))
    session.commit()
    typed = {"to": "ivan@new.ru", "subject": "Re: Вопрос", "text": "Да", "press": "send", "mailbox": own.id}
    anna.post(f"/letters/write?reply={letter.id}", data=typed)
    session.expire_all()
    assert letter.pending_from is None


def test_a_conversation_stands_on_the_card_of_each_of_its_letters_with_quotes_folded(
    login: Login, session: Session, office: Office
) -> None:
    thread = office.clients.add(LetterThread(subject="Скидка"))
    hour = timedelta(hours=1)
    first, second, other = (
        office.letter(subject, text=text, thread=thread, at=clock.now() - hour * (3 - n))
        for n, (subject, text) in enumerate((("Скидка", "Дадите?"), ("Re: Скидка", QUOTING), ("Другое", "О другом")))
    )
    session.commit()
    anna = login("anna")
    own, _, folded = anna.get(f"/letters/show/{second.id}").text.partition('class="quote"')
    assert "Согласны." in own
    assert "скидку пять" not in own
    assert "скидку пять" in folded
    assert "Дадите?" in folded
    anna.post(f"/incoming/{other.id}/part")
    session.expire_all()
    assert other.thread_id != first.thread_id == second.thread_id
    assert "О другом" not in anna.get(f"/letters/show/{first.id}").text


def test_an_invitation_becomes_a_planned_meeting_by_one_press(login: Login, session: Session, office: Office) -> None:
    letter, at = office.letter("Встреча"), clock.now() + timedelta(days=2)
    office.clients.add(LetterInvite(letter=letter, uid="u", sequence=0, title="Показ склада", starts_at=at, ends_at=at))
    session.commit()
    anna = login("anna")
    assert "Запланировать встречу" in anna.get(f"/letters/show/{letter.id}").text
    anna.post(f"/incoming/{letter.id}/plan")
    contact = session.scalars(select(Contact)).one()
    assert (contact.kind, contact.state, contact.subject) == (ContactKind.MEETING, ContactState.PLANNED, "Показ склада")
    assert "Запланировать встречу" not in anna.get(f"/letters/show/{letter.id}").text


@pytest.mark.parametrize("senders", [("ivan@new.ru", "Ivan@new.ru"), ("i@почта.рф", "i@xn--80a1acny.xn--p1ai")])
def test_two_conversations_with_the_same_people_become_one_and_two_again(
    login: Login, session: Session, office: Office, senders: tuple[str, str]
) -> None:
    first = office.letter("Прайс", sender=senders[0])
    second = office.letter("Вопрос о сроках", sender=senders[1])
    for letter in (first, second):
        letter.thread = LetterThread(subject=letter.subject)
    session.commit()
    anna, page = login("anna"), f"/incoming/{first.id}/join"
    assert "Вопрос о сроках" in anna.get(page).text
    assert login("boris").get(page).status_code == 404
    assert login("boris").post(f"{page}/{second.id}").status_code == 404
    answer = anna.post(f"{page}/{second.id}", follow_redirects=True).text
    session.expire_all()
    assert first.thread_id == second.thread_id
    assert "Вопрос о сроках" not in anna.get(page).text
    undo = re.search(r"/journal/undo/\d+", answer)
    assert undo
    anna.post(undo[0])
    session.expire_all()
    assert first.thread_id != second.thread_id
