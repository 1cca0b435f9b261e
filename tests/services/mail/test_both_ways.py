"""A letter goes out, answers come in from other programs: all on the card of the client, in one conversation."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.letters.addresses import Recipient
from app.domain.letters.answers import parted
from app.domain.letters.writing import Draft
from app.domain.words import Direction, FeedKind, LetterState, WireSecurity
from app.extensions import db
from app.models.contacts import Contact
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from app.queries.feed import feed, feed_values
from app.services.mail import outbox
from app.services.mail.incoming import fetching
from app.services.mail.sealing import Seal
from app.services.mail.sending import send
from tests.domain.test_letters import MOSCOW
from tests.factories import buyer
from tests.services.mail.mailboxes import PASSWORD, Dovecot, MailServer, why_no_dovecot
from tests.services.mail.servers import Handler, no_password, running
from tests.services.mail.test_fetching import email

pytestmark = pytest.mark.slow

SEAL = Seal("secret")
T = TypeVar("T")

OUTLOOK = """From: =?koi8-r?B?{name}?= <ivan@client.example.com>
To: =?utf-8?B?0JDQvdC90LA=?= <sales@vizavi.test>
Subject: =?koi8-r?B?{subject}?=
Thread-Topic: =?koi8-r?B?{subject}?=
Thread-Index: AdkZpXtXZ3mYF8l6Qb2n0q3q1yqGkg==
Date: Mon, 02 Mar 2026 10:15:00 +0300
Message-ID: <DB9PR0401MB8926@client.example.com>
References: <{ours}>
In-Reply-To: <{ours}>
Accept-Language: ru-RU
Content-Language: ru-RU
X-MS-Has-Attach:
Content-Type: multipart/alternative; boundary="_000_DB9PR"
MIME-Version: 1.0

--_000_DB9PR
Content-Type: text/plain; charset="koi8-r"
Content-Transfer-Encoding: base64

{text}
--_000_DB9PR
Content-Type: text/html; charset="koi8-r"
Content-Transfer-Encoding: quoted-printable

<html xmlns:o=3D"urn:schemas-microsoft-com:office:office"><body>
<p class=3D"MsoNormal">=F0=D2=C9=DB=CC=C9=D4=C5<o:p></o:p></p></body></html>
--_000_DB9PR--
"""
THUNDERBIRD = """Message-ID: <5b0f1c9e-6d5c-4f5a-9a56@client.example.com>
Date: Mon, 2 Mar 2026 11:00:00 +0300
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Subject: =?UTF-8?Q?Re=3A_=D0=9F=D1=80=D0=B0=D0=B9=D1=81?=
Content-Language: ru
To: sales@vizavi.test
References: <{ours}> <DB9PR0401MB8926@client.example.com>
From: =?UTF-8?B?{name}?= <ivan@client.example.com>
In-Reply-To: <{ours}>
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: quoted-printable

{text}
"""
QUOTE = f"{'_' * 32}\nОт: Анна <sales@vizavi.test>\nОтправлено: 2 марта 2026 г. 10:00\nТема: Прайс\n\nВот он.\n"


def b64(text: str, charset: str) -> str:
    return base64.b64encode(text.encode(charset)).decode()


@pytest.fixture(params=["pymap", "dovecot"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[MailServer, Handler]]:
    if request.param == "dovecot" and (why := why_no_dovecot()):
        pytest.skip(why)
    mailboxes = Dovecot() if request.param == "dovecot" else MailServer()
    handler = Handler()
    controller = running(handler, authenticator=no_password, auth_require_tls=False)
    yield mailboxes, handler
    controller.stop()
    mailboxes.stop()


def fetch(box: int) -> None:
    def in_transaction(work: Callable[[Session], T]) -> T:
        with Session(db.engine) as session:
            done = work(session)
            session.commit()
            return done

    turn = fetching.Fetching(in_transaction, lambda: datetime.now(UTC) + timedelta(minutes=1), MOSCOW)
    fetching.fetch(turn, box, SEAL)


def test_a_letter_and_its_answers_are_one_conversation_on_the_card(
    committed: Flask, servers: tuple[MailServer, Handler]
) -> None:
    mailboxes, handler = servers
    user = next(mailboxes.users)
    with committed.app_context(), Session(db.engine) as session:
        client = buyer(session)
        email(session, client, "ivan@client.example.com")
        box = Mailbox(address="sales@vizavi.test", login=user, fetch_from=date(2026, 1, 1))
        box.smtp_host, box.smtp_port, box.smtp_security = "127.0.0.1", handler.port, WireSecurity.NONE
        box.imap_host, box.imap_port, box.imap_security = "127.0.0.1", mailboxes.port, WireSecurity.NONE
        session.add(box)
        session.flush()
        SEAL.close(box, PASSWORD)
        draft = Draft(Recipient(box.address), [Recipient("ivan@client.example.com")], subject="Прайс", text="Вот он.")
        ours = send(session, box, draft, now=datetime(2026, 3, 2, 7, tzinfo=UTC), author_id=None)
        session.commit()
        assert outbox.Drain(db.engine, SEAL, None).run() == 1
        sent = handler.taken[0][0]
        named = {"ours": sent, "subject": b64("RE: Прайс", "koi8-r")}
        answer = b64("Пришлите договор.\n\n" + QUOTE, "koi8-r")
        mailboxes.put(user, OUTLOOK.format(**named, name=b64("Иван", "koi8-r"), text=answer))
        text = "Да.\n\n02.03.2026 10:00, Анна пишет:\n> Вот он.\n"
        second = quopri.encodestring(text.encode()).decode()
        mailboxes.put(user, THUNDERBIRD.format(ours=sent, name=b64("Иван", "utf-8"), text=second))
        mailboxes.put(user, "From: sales@vizavi.test\nSubject: any\n\nany", folder="Sent")
        fetch(box.id)
        session.expire_all()

        letters = session.scalars(select(Letter).where(Letter.thread_id == ours.thread_id).order_by(Letter.at)).all()
        assert [(each.direction, parted(each.text).own.strip()) for each in letters] == [
            (Direction.OUT, "Вот он."),
            (Direction.IN, "Пришлите договор."),
            (Direction.IN, "Да."),
        ]
        assert letters[0].state is LetterState.SENT
        assert letters[1].subject == "RE: Прайс"
        assert sent.encode() in mailboxes.letters(user, "Sent")[1][1]
        kinds = (FeedKind.CONTACT, FeedKind.LETTER)
        rows = session.execute(
            feed("counterparty", kinds, None), feed_values(client.id, kinds, MOSCOW, datetime.now(UTC), None)
        )
        told = [(row.kind, row.way, row.title) for row in rows]
        assert told == [("letter", "in", "Re: Прайс"), ("letter", "in", "RE: Прайс"), ("letter", "out", "Прайс")]
        contacts = session.scalars(select(Contact).where(Contact.counterparty_id == client.id)).all()
        assert {each.direction for each in contacts} >= {Direction.IN}
        assert not session.scalars(select(Mailbox.fetching_stopped).where(Mailbox.id == box.id)).one()
