"""What goes wrong with letters is told in the bell, once, to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.letters.machines import Bounce, Failure
from app.domain.words import Direction, LetterKind, LetterState, NoticeKind, PartyRole, RecipientState
from app.models.bell import Notice
from app.models.counterparties import ContactInfo
from app.models.letters import Letter, LetterParty, Outgoing
from app.models.mailboxes import Mailbox, MailboxRight
from app.models.users import UserProfile
from app.services.mail import troubles
from app.services.mail.incoming import returned
from tests.clients import Clients

NOW = datetime.now(UTC)


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def told(session: Session, kind: NoticeKind) -> list[tuple[str, str]]:
    found = session.scalars(select(Notice).where(Notice.kind == kind))
    return sorted((notice.user.username, notice.facts["words"]) for notice in found)


def letter(clients: Clients, box: Mailbox, author: str | None, state: LetterState = LetterState.DEAD) -> Letter:
    """To ivan@client.ru; given up, unless the state says something else."""
    row = Letter(
        message_id=f"{author}-{state}@x", mailbox=box, author=clients.user(author) if author else None, subject="Счет",
        direction=Direction.OUT, state=state, at=NOW,
        parties=[LetterParty(role=PartyRole.TO, address="ivan@client.ru", at=NOW, state=RecipientState.SENT)],
    )  # fmt: skip
    dead_at = NOW if state is LetterState.DEAD else None
    tried = {"attempts": 1, "error": "550 No such user"}
    row.outgoing = Outgoing(mailbox=box, sender=box.address, next_try_at=NOW, dead_at=dead_at, **tried)
    return clients.add(row)


def test_a_letter_that_was_given_up_is_told_to_its_author_else_to_whoever_reads_its_mailbox(
    session: Session, clients: Clients
) -> None:
    shared = clients.add(Mailbox(address="info@firm.ru"))
    clients.add(MailboxRight(mailbox=shared, user=clients.user("boris")))
    letters = [letter(clients, shared, "anna"), letter(clients, shared, None)]
    assert troubles.look(session, now=NOW) == 2
    assert told(session, NoticeKind.UNDELIVERED) == [("anna", "550 No such user"), ("boris", "550 No such user")]
    assert troubles.look(session, now=NOW) == 0
    session.execute(update(Notice).values(made_at=NOW - timedelta(hours=1)))  # it was sent again, and given up again
    letters[0].outgoing.dead_at = NOW + timedelta(hours=1)  # type: ignore[union-attr]
    letters[1].state = LetterState.SENT
    assert troubles.look(session, now=NOW) == 1


def test_a_mailbox_that_stopped_is_told_to_its_owner_or_to_those_who_set_it_up_once(
    session: Session, clients: Clients
) -> None:
    words = "535 bad password"
    own = clients.add(Mailbox(address="anna@firm.ru", owner=clients.user("anna"), stopped=words))
    clients.add(Mailbox(address="info@firm.ru", fetching_stopped=words))
    troubles.look(session, now=NOW)
    users = [user for user, _words in told(session, NoticeKind.MAILBOX_STOPPED)]
    assert "anna" in users
    assert "vera" in users
    assert "boris" not in users
    assert troubles.look(session, now=NOW) == 0
    own.login = "anna"  # settings are changed, and it stops again
    session.flush()
    assert troubles.look(session, now=NOW) == 1


def test_whoever_wants_none_of_it_gets_none(session: Session, clients: Clients) -> None:
    anna = clients.user("anna")
    session.add(UserProfile(user_id=anna.id, notices_off=[NoticeKind.UNDELIVERED.value]))
    letter(clients, clients.add(Mailbox(address="anna@firm.ru", owner=anna)), "anna")
    assert troubles.look(session, now=NOW) == 0


def test_a_letter_that_came_back_is_told_and_marks_the_address(session: Session, clients: Clients) -> None:
    info = clients.email(clients.company("Ромашка"), "Ivan@client.ru")
    box = clients.add(Mailbox(address="anna@firm.ru", owner=clients.user("anna")))
    sent = letter(clients, box, "anna", LetterState.SENT)
    report = clients.add(
        Letter(message_id="b@x", direction=Direction.IN, state=LetterState.RECEIVED, kind=LetterKind.BOUNCE, at=NOW)
    )
    failure = Failure("ivan@client.ru", "5.1.1", "No such user")
    for _again in range(2):
        returned.take(session, report, Bounce(sent.message_id, [failure]), today=NOW.date())
    assert told(session, NoticeKind.UNDELIVERED) == [("anna", "No such user")]
    session.expire_all()
    assert session.get_one(ContactInfo, info.id).returned_on == NOW.date()


def test_an_address_from_which_letters_come_back_is_marked_on_cards_and_in_the_composer_and_may_be_tried(
    login: Callable[..., FlaskClient], session: Session, clients: Clients
) -> None:
    client = clients.company("Ромашка", "anna")
    info = clients.email(client, "ivan@client.ru", clients.person(client, "Иванов"))
    info.returned_on, info.returned_words = NOW.date(), "550 No such user"
    box = clients.add(Mailbox(address="anna@firm.ru", owner=clients.user("anna")))
    session.commit()
    anna = login("anna")
    for card in (f"/counterparties/show/{client.id}", f"/persons/show/{info.person_id}"):
        assert "письма возвращаются" in anna.get(card).text
    assert "550 No such user" in anna.get(f"/letters/write?person={info.person_id}").text
    typed = {"to": "Ivan@client.ru", "subject": "Счет", "text": "Да", "mailbox": box.id}
    assert "550 No such user" in anna.post("/letters/keep", data=typed).json["wrong"]["message"]  # type: ignore[index]
    assert "/letters/show/" in anna.post("/letters/write", data={**typed, "press": "send"}).location
