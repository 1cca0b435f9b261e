"""Letters go out: what a server says decides, and nothing is lost or goes twice without need."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.letters.addresses import Recipient
from app.domain.letters.sending import GIVEN_UP, MOST_INTERRUPTED, pause
from app.domain.letters.writing import Draft
from app.domain.words import LetterState, RecipientState, WireSecurity
from app.extensions import db
from app.models.letters import Letter, Outgoing
from app.models.mailboxes import Mailbox
from app.services.mail import outbox, sending, troubles, wire
from app.services.mail.consent import NoToken, Tokens
from app.services.mail.sealing import Seal
from app.services.mail.wire import Server, Wire
from tests.bases import Bases
from tests.conftest import moved
from tests.ports import free_port
from tests.services.mail.servers import Handler, no_password, running

SEAL = Seal("a secret of the tests")


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    handler = Handler()
    controller = running(handler)
    yield handler
    controller.stop()


@pytest.fixture(scope="module")
def base(app: Flask, bases: Bases, furnished: str) -> Iterator[Flask]:
    """A base of this file's own: letters are committed, and each test begins without any."""
    address = bases.new("outbox", of=furnished)
    with moved(app, address), app.app_context():
        yield app
    bases.let_go(address)


@pytest.fixture
def session(base: Flask, handler: Handler) -> Iterator[Session]:
    handler.taken.clear()
    handler.connections = 0
    with Session(db.engine) as session:
        yield session
        session.rollback()
        session.execute(text("TRUNCATE letter, outgoing, letter_party, letter_source, blob CASCADE"))
        session.execute(text("DELETE FROM mailbox WHERE NOT is_company"))
        session.commit()


def mailbox(session: Session, handler: Handler, **more: Any) -> Mailbox:
    named = {"address": "anna@vizavi.test", "smtp_host": "127.0.0.1", "smtp_port": handler.port}
    box = Mailbox(**{**named, "smtp_security": WireSecurity.NONE, **more})
    session.add(box)
    session.flush()
    return box


def write(session: Session, box: Mailbox, *to: str, subject: str = "Счет", after: float = 0.0) -> Letter:
    draft = Draft(Recipient(box.address), [Recipient(f"{name}@client.test") for name in to], subject, "Добрый день!")
    return sending.send(session, box, draft, now=clock.now(), author_id=None, after=timedelta(seconds=after))


def carry(session: Session, **more: Any) -> int:
    session.commit()
    return outbox.Drain(db.engine, SEAL, None, **more).run()


def states(letter: Letter) -> dict[str, tuple[str | None, str]]:
    return {
        each.address.partition("@")[0]: (each.state, each.answer) for each in letter.parties if each.state is not None
    }


def make_due(session: Session, *letters: Letter) -> None:
    due = update(Outgoing).where(Outgoing.letter_id.in_([letter.id for letter in letters]))
    session.execute(due.values(next_try_at=text("clock_timestamp()")))


def test_a_letter_goes_out_once_with_the_bytes_that_were_frozen(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "ivan", "petr")
    assert carry(session) == 1
    assert carry(session) == 0
    session.refresh(letter)
    assert letter.state is LetterState.SENT
    assert letter.source is not None
    assert handler.taken == [(letter.message_id, ["ivan@client.test", "petr@client.test"], letter.source.raw)]


def test_a_mailbox_works_when_its_server_took_a_letter(session: Session, handler: Handler) -> None:
    box = mailbox(session, handler)
    kept = mailbox(session, handler, address="kept@vizavi.test", smtp_host="")
    away = mailbox(session, handler, address="away@vizavi.test", smtp_port=free_port())
    for each, to in ((box, "nobody"), (kept, "ivan"), (away, "ivan")):
        write(session, each, to)
    carry(session)
    session.expire_all()
    assert [box.sending_works, kept.sending_works, away.sending_works] == [False] * 3  # nobody took anything
    write(session, box, "nobody", "ivan")
    carry(session)
    session.expire_all()
    assert box.sending_works


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_of_a_mailbox_that_is_set_up_anew_while_a_letter_goes_nothing_is_known(session: Session, password: str) -> None:
    handler = Handler()
    server = running(handler, authenticator=no_password, auth_require_tls=False)
    box = mailbox(session, handler, login="anna")
    SEAL.close(box, password)
    write(session, box, "ivan")
    anew = update(Mailbox).where(Mailbox.id == box.id).values(version=Mailbox.version + 1)

    def meanwhile(to: Server) -> Wire:
        with db.engine.begin() as other:
            other.execute(anew)
        return Wire(to)

    try:
        session.commit()
        drain = outbox.Drain(db.engine, SEAL, None, wire=meanwhile)
        (claimed,) = drain._claimed()
        drain._write(outbox._marks(claimed, drain._carried(claimed)), deque(), claims=False)
        drain.close()
    finally:
        server.stop()
    session.expire_all()
    assert (box.sending_works, box.stopped) == (False, "")


def test_letters_of_one_mailbox_share_a_connection(
    session: Session, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_LETTERS", 5)
    box = mailbox(session, handler)
    for number in range(7):
        write(session, box, f"a{number}")
    assert carry(session) == 7
    assert handler.connections == 2  # five, and the rest


class Provider(Tokens):
    """Tokens that are always good; it counts how often it is asked for one."""

    asked = 0

    def of(self, mailbox_id: int) -> str:
        type(self).asked += 1
        return f"token-{self.asked}"


class AwayProvider(Tokens):
    def of(self, mailbox_id: int) -> str:
        raise NoToken("It does not answer.", is_lasting=False)


def test_letters_of_a_mailbox_that_a_provider_lets_in_ask_for_one_token(session: Session, handler: Handler) -> None:
    box = mailbox(session, handler, sealed_refresh=b"sealed")
    for name in ("ivan", "petr", "olga"):
        write(session, box, name)
    assert carry(session, tokens=Provider(db.engine, SEAL, {}, clock.now)) == 3
    assert (Provider.asked, handler.connections) == (1, 1)


def test_a_provider_that_is_away_is_asked_once_and_not_for_each_letter(session: Session, handler: Handler) -> None:
    box = mailbox(session, handler, sealed_refresh=b"sealed")
    for name in ("ivan", "petr", "olga"):
        write(session, box, name)
    assert carry(session, tokens=AwayProvider(db.engine, SEAL, {}, clock.now)) == 1


def test_what_is_not_due_waits(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "ivan", after=60)
    assert carry(session) == 0
    assert 0 < (outbox.next_due_in(db.engine) or 0) <= 60
    make_due(session, letter)
    assert carry(session) == 1


def test_each_recipient_has_a_fate_of_his_own(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "ivan", "nobody", "busy")
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.WAITING
    assert states(letter) == {
        "ivan": (RecipientState.SENT, "250 OK"),
        "nobody": (RecipientState.REFUSED, "550 5.1.1 No such user here"),
        "busy": (RecipientState.WAITING, "450 4.2.0 Mailbox busy"),
    }
    make_due(session, letter)
    carry(session)
    assert [recipients for _, recipients, _ in handler.taken] == [["ivan@client.test"]]  # only the busy one was tried


def test_refused_for_good_is_dead_and_may_be_sent_again(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "nobody")
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.DEAD
    assert letter.outgoing is not None
    assert letter.outgoing.error == "550 5.1.1 No such user here"
    session.execute(text("UPDATE letter_party SET address = 'ivan@client.test' WHERE state = 'refused'"))
    session.expire_all()
    outbox.send_again(session, letter)
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.SENT
    assert [known for known, _, _ in handler.taken] == [letter.message_id]


def test_what_was_due_in_a_base_that_was_brought_back_waits_for_people(session: Session, handler: Handler) -> None:
    box = mailbox(session, handler)
    stopped = mailbox(session, handler, address="stopped@vizavi.test", stopped="535 wrong password")
    due, of_stopped, later = (
        write(session, box, "ivan"),
        write(session, stopped, "ivan"),
        write(session, box, "ivan", after=60),
    )
    assert outbox.hold_due(session) == 2
    outbox.go_on(session, stopped)
    assert carry(session) == 0
    session.expire_all()
    assert [each.state for each in (due, of_stopped, later)] == [*[LetterState.DEAD] * 2, LetterState.WAITING]
    outbox.send_again(session, due)
    carry(session)
    assert [known for known, _, _ in handler.taken] == [due.message_id]


def test_a_letter_that_was_given_over_without_an_answer_may_have_arrived(session: Session, handler: Handler) -> None:
    letter, began = write(session, mailbox(session, handler), "silent"), clock.now()
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.WAITING
    assert letter.outgoing is not None
    assert letter.outgoing.may_have_arrived
    assert letter.outgoing.next_try_at > began + timedelta(seconds=40)


def test_a_server_that_drips_is_cut_off(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "drip")
    carry(session, wire=partial(Wire, limit=0.4, timeout=5.0))
    session.refresh(letter)
    assert letter.state is LetterState.WAITING


def test_two_days_are_the_most(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "busy")
    assert letter.outgoing is not None
    letter.outgoing.first_try_at = clock.now() - GIVEN_UP
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.DEAD
    assert states(letter) == {"busy": (RecipientState.REFUSED, "450 4.2.0 Mailbox busy")}


def test_a_letter_that_kills_its_workers_is_given_up(session: Session, handler: Handler) -> None:
    letter = write(session, mailbox(session, handler), "ivan")
    session.commit()
    for _ in range(MOST_INTERRUPTED + 1):
        outbox.Drain(db.engine, SEAL, None)._claimed()
        make_due(session, letter)
        session.commit()
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.DEAD
    assert letter.outgoing is not None
    assert letter.outgoing.may_have_arrived
    assert handler.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"login": "anna", "password": "wrong"}, "не пускает"),
        ({"smtp_host": "nowhere.invalid"}, "Такого сервера нет"),
        ({"smtp_security": WireSecurity.START}, "не шифрует"),
        ({"login": "anna", "password": "right", "spoilt": True}, "введите его еще раз"),
    ],
)
def test_what_is_wrong_with_a_mailbox_stops_it_and_kills_no_letter(
    session: Session, wrong: dict[str, Any], told: str
) -> None:
    handler = Handler()
    strict = running(handler, authenticator=no_password, auth_require_tls=False, auth_required="password" in wrong)
    password, spoilt = wrong.pop("password", ""), wrong.pop("spoilt", False)
    try:
        box = mailbox(session, handler, **wrong)
        SEAL.close(box, password)
        if spoilt:
            Seal("another secret").close(box, password)
        letters = [write(session, box, "ivan"), write(session, box, "petr")]
        carry(session)
        session.refresh(box)
        assert told in box.stopped
        assert [letter.state for letter in letters] == [LetterState.WAITING] * 2
        assert outbox.oldest_due(session) is None  # nothing of it is due
        right = mailbox(session, handler, address="boris@vizavi.test", login="boris")
        SEAL.close(right, "right")
        write(session, right, "olga")
        carry(session)  # others go on
        box.smtp_host, box.smtp_security, box.login = "127.0.0.1", WireSecurity.NONE, "anna"
        SEAL.close(box, "right")
        outbox.go_on(session, box)
        carry(session)
        assert {recipients[0] for _, recipients, _ in handler.taken} > {"ivan@client.test", "petr@client.test"}
    finally:
        strict.stop()


@pytest.mark.parametrize("away", [{"smtp_port": 1}, {"smtp_host": "later.invalid"}])
def test_a_server_that_is_away_is_waited_for(session: Session, handler: Handler, away: dict[str, Any]) -> None:
    letter = write(session, mailbox(session, handler, **away), "ivan")
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.WAITING
    assert letter.mailbox is not None
    assert letter.mailbox.stopped == ""


def test_letters_of_a_server_that_is_away_do_not_hold_those_of_others(session: Session, handler: Handler) -> None:
    away = mailbox(session, handler, address="away@vizavi.test", smtp_port=free_port())
    waiting = [write(session, away, "ivan") for _number in range(outbox.TOGETHER + 2)]
    later, other = write(session, away, "ivan", after=3600), write(session, mailbox(session, handler), "ivan")
    assert carry(session) == 2  # one of the server that is away, and that of the other
    session.expire_all()
    assert [known for known, _, _ in handler.taken] == [other.message_id]
    ways = [each.outgoing for each in waiting if each.outgoing is not None]
    assert sorted(way.attempts for way in ways) == [0] * (len(waiting) - 1) + [1]
    assert all(way.error and way.first_try_at and way.lease_by is None for way in ways)
    assert later.outgoing is not None
    assert (later.outgoing.error, later.outgoing.first_try_at) == ("", None)
    hour = timedelta(hours=1)
    session.execute(update(Outgoing).values(first_try_at=Outgoing.first_try_at - hour))
    assert (outbox.oldest_due(session) or timedelta()) >= hour  # though each is put off a minute at a time
    partly = write(session, away, "olga", "petr")
    next(each for each in partly.parties if each.address == "olga@client.test").state = RecipientState.SENT
    first, *late = [*waiting, partly]
    given_up = update(Outgoing).where(Outgoing.letter_id.in_([letter.id for letter in late]))
    session.execute(given_up.values(first_try_at=clock.now() - GIVEN_UP))
    for letter in (first, *late):  # that one is tried
        make_due(session, letter)
    assert carry(session) == 1
    session.expire_all()
    gone = [LetterState.WAITING, *[LetterState.DEAD] * len(waiting[1:]), LetterState.SENT]
    assert [letter.state for letter in (*waiting, partly)] == gone
    assert [letter.id for letter in troubles._dead(session, clock.now())] == [letter.id for letter in waiting[1:]]
    assert {states(letter)["ivan"][0] for letter in waiting[1:]} == {RecipientState.REFUSED}
    assert [state for state, _answer in states(partly).values()] == [RecipientState.SENT, RecipientState.REFUSED]
    away.smtp_port = handler.port
    make_due(session, first)
    assert carry(session) == 1


def test_without_a_server_letters_stay_in_the_built_in_mailbox(session: Session, handler: Handler) -> None:
    box = session.scalars(select(Mailbox).where(Mailbox.is_company)).one()
    letter = write(session, box, "ivan")
    carry(session)
    session.refresh(letter)
    assert letter.state is LetterState.SENT
    assert handler.taken == []


def test_the_company_mailbox_goes_out_by_the_setting(session: Session, handler: Handler) -> None:
    """It is told no token: that is for the server of the row."""
    box = session.scalars(select(Mailbox).where(Mailbox.is_company)).one()
    box.sealed_refresh = b"sealed"
    write(session, box, "ivan")
    session.commit()
    server, tokens = Server("127.0.0.1", handler.port, WireSecurity.NONE), AwayProvider(db.engine, SEAL, {}, clock.now)
    outbox.Drain(db.engine, SEAL, server, tokens).run()
    assert len(handler.taken) == 1
    box.sealed_refresh = None
    session.commit()


def test_pauses_grow_to_an_hour_and_are_spread() -> None:
    minutes = [pause(attempts, 0.5) / timedelta(minutes=1) for attempts in range(1, 9)]
    assert minutes == [1, 2, 4, 8, 15, 30, 60, 60]
    assert pause(1, 0) == timedelta(seconds=48)
    assert pause(1, 1) == timedelta(seconds=72)


def test_a_sealed_password_opens_in_its_own_row_alone(session: Session, handler: Handler) -> None:
    one, other = mailbox(session, handler), mailbox(session, handler, address="boris@vizavi.test")
    SEAL.close(one, "секрет")
    assert one.sealed_password is not None
    assert SEAL.opened(one.id, one.sealed_password) == "секрет"
    assert SEAL.opened(other.id, one.sealed_password) is None
    assert Seal("new", ["a secret of the tests"]).opened(one.id, one.sealed_password) == "секрет"
    assert Seal("new").opened(one.id, one.sealed_password) is None
