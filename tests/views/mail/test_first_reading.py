"""Before letters are taken from a mailbox its owner sees how many there are, and says from which day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import MagicMock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import FolderRole, WireSecurity
from app.models.letters import LetterPlace
from app.models.mailboxes import Mailbox, MailboxFolder
from app.services.mail import mailboxes
from app.services.mail.incoming import fetching, imap
from app.services.mail.incoming.imap import ImapServer
from app.services.mail.sealing import Seal
from jobs import fetching as job
from jobs import runtime
from tests.conftest import user_named
from tests.factories import added
from tests.services.mail.mailboxes import PASSWORD, MailServer

pytestmark = pytest.mark.slow

Login = Callable[..., FlaskClient]
Ago = Callable[[int], str]
LETTER = "From: ivan@client.example.com\nSubject: {0}\nMessage-ID: <{0}@client.example.com>\n\nДобрый день\n"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def box(session: Session, app: Flask, server: MailServer) -> Mailbox:
    """Anna's, as she has just set it up: letters of 2, 40 and 400 days ago lie there, and one that she sent."""
    user = next(server.users)
    reached = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": WireSecurity.NONE, "login": user}
    box = added(session, Mailbox(address="anna@firm.ru", owner_id=user_named(session, "anna").id, **reached))
    Seal(str(app.secret_key)).close(box, PASSWORD)
    session.commit()
    for days in (2, 40, 400):
        server.put(user, LETTER.format(days), at=clock.now() - timedelta(days=days))
    server.put(user, LETTER.format("sent"), folder="Sent", at=clock.now() - timedelta(days=10))
    return box


def counted(page: str) -> dict[str, list[int]]:
    """Of each day that may be chosen, and of all, how many letters the page tells of."""
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    told = {}
    for row in rows:
        day = re.search(r'value="([\d-]+)"', row)
        figures = re.findall(r'<td class="num"[^>]*>(\d+)</td>', row)
        if figures:
            told[day[1] if day else "all"] = [int(figure) for figure in figures]
    return told


@pytest.fixture
def day(today: date) -> Ago:
    """The day so many days ago."""
    return lambda ago: (today - timedelta(days=ago)).isoformat()


def test_nothing_is_fetched_before_its_owner_has_chosen_a_day(
    login: Login, session: Session, box: Mailbox, day: Ago
) -> None:
    anna = login("anna")
    assert box.id not in fetching.due(session, None, now=clock.now())
    card = anna.get(f"/mailboxes/show/{box.id}").text
    assert f"/mailboxes/reading/{box.id}" in card
    page = anna.get(f"/mailboxes/reading/{box.id}").text
    assert counted(page) == {day(7): [1, 0], day(30): [1, 1], day(90): [2, 1], day(365): [2, 1], "all": [3, 1]}
    assert re.search(rf'value="{day(30)}" checked', page)
    page = anna.get(f"/mailboxes/reading/{box.id}?since={day(500)}").text
    assert counted(page)[day(500)] == [3, 1]
    assert re.search(rf'value="{day(500)}" checked', page)
    assert box.id not in fetching.due(session, None, now=clock.now())
    anna.post(f"/mailboxes/start-reading/{box.id}", data={"since": day(90)})
    session.expire_all()
    assert box.fetch_from == date.fromisoformat(day(90))
    assert box.id in fetching.due(session, None, now=clock.now())
    anna.post(f"/mailboxes/start-reading/{box.id}", data={"since": day(7)})  # pressed in another tab
    session.expire_all()
    assert box.fetch_from == date.fromisoformat(day(90))
    assert anna.get(f"/mailboxes/reading/{box.id}").status_code == 302


@pytest.mark.parametrize("typed", ["", "вчера", "2026-02-31", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_starts_nothing(login: Login, session: Session, box: Mailbox, typed: str) -> None:
    told = login("anna").post(f"/mailboxes/start-reading/{box.id}", data={"since": typed})
    assert told.status_code == 200
    assert 'role="alert"' in told.text
    assert counted(told.text)["all"] == [3, 1]
    session.expire_all()
    assert box.fetch_from is None
    assert login("anna").get(f"/mailboxes/reading/{box.id}?since={typed}").status_code == 200


def test_a_mailbox_that_nothing_can_be_fetched_from_is_not_begun(
    login: Login, session: Session, box: Mailbox, day: Ago
) -> None:
    box.imap_host = ""
    session.commit()
    started = login("anna").post(f"/mailboxes/start-reading/{box.id}", data={"since": day(7)}, follow_redirects=True)
    session.expire_all()
    assert (started.status_code, box.fetch_from) == (200, None)
    assert "одно за другим" not in started.text


def test_the_companys_own_mailbox_is_fetched_from_the_server_that_a_setting_names(
    login: Login, session: Session, app: Flask, box: Mailbox, day: Ago, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it nothing can be fetched from one whose row names no server; others keep theirs."""
    company = session.scalars(select(Mailbox).where(Mailbox.is_company)).one()
    assert (company.imap_host, box.is_company) == ("", False)
    admin = login("admin")
    assert admin.get(f"/mailboxes/reading/{company.id}").status_code == 302
    url = f"imap://{box.login}:{PASSWORD}@127.0.0.1:{box.imap_port}"
    monkeypatch.setitem(app.config, "CRM", replace(app.config["CRM"], imap_url=url))
    company.sealed_refresh = b"sealed"  # a token is for the server of its row: this one is told none
    session.commit()
    assert counted(admin.get(f"/mailboxes/reading/{company.id}").text)["all"] == [3, 1]
    assert "Работает: сервер пускает" in admin.post(f"/mailboxes/try-out/{company.id}", follow_redirects=True).text
    admin.post(f"/mailboxes/start-reading/{company.id}", data={"since": day(90)})
    monkeypatch.setattr(runtime, "app", lambda: app)
    monkeypatch.setattr(runtime, "once", lambda work: work(session))
    monkeypatch.setattr(job, "db", MagicMock())
    monkeypatch.setattr(fetching, "alone", lambda *_: nullcontext(enter_result=True))
    assert job.run() == 3
    places = select(func.count(LetterPlace.id)).where(LetterPlace.mailbox_id == company.id)
    assert session.scalar(places) == 3


def test_whoever_stopped_sees_what_has_come_since(
    login: Login, session: Session, box: Mailbox, day: Ago, server: MailServer
) -> None:
    anna = login("anna")
    anna.post(f"/mailboxes/start-reading/{box.id}", data={"since": day(7)})
    with imap.connected(ImapServer("127.0.0.1", server.port, WireSecurity.NONE, box.login, PASSWORD)) as reader:
        told = {"uidvalidity": reader.mark("INBOX").uidvalidity, "last_uid": 102}
    folder = added(session, MailboxFolder(mailbox=box, name="INBOX", role=FolderRole.INBOX, **told))
    session.commit()
    anna.post(f"/mailboxes/stop-reading/{box.id}")
    session.expire_all()
    assert box.fetch_from is None
    page = anna.get(f"/mailboxes/reading/{box.id}").text
    assert counted(page) == {day(7): [1, 0], day(30): [1, 1], day(90): [1, 1], day(365): [1, 1], "all": [3, 1]}
    folder.uidvalidity = 1  # it was made anew on the server: those numbers were of other letters
    session.commit()
    page = anna.get(f"/mailboxes/reading/{box.id}").text
    assert counted(page) == {day(7): [1, 0], day(30): [1, 1], day(90): [2, 1], day(365): [2, 1], "all": [3, 1]}


def test_a_server_that_does_not_let_in_says_why(login: Login, session: Session, app: Flask, box: Mailbox) -> None:
    Seal(str(app.secret_key)).close(box, "wrong")
    session.commit()
    page = login("anna").get(f"/mailboxes/reading/{box.id}").text
    assert "не принимает имя пользователя или пароль" in page
    assert not counted(page)


def test_a_mailbox_of_somebody_else_is_not_counted(login: Login, box: Mailbox, day: Ago) -> None:
    boris = login("boris")
    assert boris.get(f"/mailboxes/reading/{box.id}").status_code == 404
    assert boris.post(f"/mailboxes/start-reading/{box.id}", data={"since": day(7)}).status_code == 404
    assert boris.post(f"/mailboxes/stop-reading/{box.id}").status_code == 404


def test_of_a_mailbox_that_is_looked_into_it_is_known_that_it_lets_in(
    login: Login, session: Session, box: Mailbox
) -> None:
    login("anna").get(f"/mailboxes/reading/{box.id}")
    session.expire_all()
    assert box.fetching_works


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """What happens while the server is waited for."""
    counting = mailboxes.on_server

    def happens(what: Callable[[], object]) -> None:
        def slow(*args: Any) -> mailboxes.OnServer:
            found = counting(*args)
            what()
            return found

        monkeypatch.setattr(mailboxes, "on_server", slow)

    return happens


def test_a_mailbox_that_is_deleted_while_its_server_is_waited_for_is_there_no_more(
    login: Login, session: Session, box: Mailbox, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    anna, number = login("anna"), box.id
    gone = delete(Mailbox).where(Mailbox.id == number).execution_options(synchronize_session=False)
    meanwhile(lambda: session.execute(gone))
    assert anna.get(f"/mailboxes/reading/{number}").status_code == 404


def test_a_mailbox_that_is_set_up_anew_meanwhile_is_not_known_to_let_in(
    login: Login, session: Session, box: Mailbox, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    anew = update(Mailbox).values(login="other", version=Mailbox.version + 1)
    meanwhile(lambda: session.execute(anew.execution_options(synchronize_session=False)))
    assert login("anna").get(f"/mailboxes/reading/{box.id}").status_code == 200
    session.expire_all()
    assert (box.login, box.fetching_works) == ("other", False)
