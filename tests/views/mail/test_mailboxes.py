"""Mailboxes: set up from the address, their password never comes back, the shared ones are looked after by few."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import FolderRole, WireSecurity
from app.models.mailboxes import Mailbox, MailboxFolder
from app.services.mail import mailboxes
from app.services.mail.incoming import fetching
from app.services.mail.sealing import Seal
from tests.conftest import user_named
from tests.factories import added
from tests.ports import free_port
from tests.services.mail.servers import Handler, no_password, running

Login = Callable[..., FlaskClient]


def own(session: Session) -> Mailbox:
    session.expire_all()
    return session.scalars(select(Mailbox).where(~Mailbox.is_company)).one()


def test_the_address_and_the_password_are_enough(login: Login, session: Session, app: Flask) -> None:
    anna = login("anna")
    anna.post("/mailboxes/add", data={"address": "Anna@Yandex.ru", "password": "секрет"})
    made = own(session)
    assert (made.address, made.login, made.owner_id) == (
        "Anna@yandex.ru", "Anna@yandex.ru", user_named(session, "anna").id)  # fmt: skip
    assert (made.smtp_host, made.smtp_port, made.smtp_security) == ("smtp.yandex.ru", 465, WireSecurity.TLS)
    assert made.imap_host == "imap.yandex.ru"
    assert Seal(str(app.secret_key)).opened(made.id, made.sealed_password) == "секрет"
    for screen in ("show", "edit"):
        assert "секрет" not in anna.get(f"/mailboxes/{screen}/{made.id}").text
    anna.post(f"/mailboxes/edit/{made.id}", data={"address": made.address, "password": "", "name": "Анна"})
    assert Seal(str(app.secret_key)).opened(made.id, own(session).sealed_password) == "секрет"  # it stays


def test_an_address_that_is_here_is_told_at_its_field(login: Login, session: Session) -> None:
    typed = {"address": "anna@gmail.com", "password": "секрет", "name": "Анна"}
    login("anna").post("/mailboxes/add", data=typed)
    again = login("boris").post("/mailboxes/add", data={**typed, "name": "Борис", "address": "Anna@GMAIL.com"})
    assert (again.status_code, own(session).name) == (200, "Анна")
    assert "уже есть у другой записи" in again.text
    assert 'value="Борис"' in again.text


def state_told(reader: FlaskClient) -> str:
    """What the list says of the only mailbox that is his own."""
    rows = re.findall(r"<tr.*?</tr>", reader.get("/mailboxes/list/").text, re.DOTALL)
    (row,) = [row for row in rows if "anna@firm.ru" in row]
    found = re.search(r'data-label="Состояние"[^>]*>(.*?)</td>', row, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def test_whatever_is_set_up_anew_is_not_tested(login: Login, session: Session) -> None:
    anna = login("anna")
    anna.post("/mailboxes/add", data={"address": "anna@firm.ru", "password": "секрет"})
    assert state_told(anna) == "Письма остаются в программе"
    typed = {
        "address": "anna@firm.ru", "login": "anna", "smtp_host": "smtp.firm.ru", "smtp_port": "465",
        "smtp_security": "tls", "imap_host": "imap.firm.ru", "imap_port": "993", "imap_security": "tls", "pace": "200",
    }  # fmt: skip
    made = own(session)
    anna.post(f"/mailboxes/edit/{made.id}", data=typed)
    for changed, told in (
        ({"name": "Анна"}, "Работает"), ({"smtp_port": "587"}, "Не проверен"), ({"password": "другой"}, "Не проверен"),
        ({"imap_security": "none"}, "Не проверен"), ({"login": "x"}, "Не проверен"),
    ):  # fmt: skip
        made = own(session)
        made.fetch_from, made.sending_works, made.fetching_works = date(2026, 3, 1), True, True
        session.commit()
        typed |= changed
        anna.post(f"/mailboxes/edit/{made.id}", data=typed)
        assert state_told(anna) == told, changed
    made = own(session)
    made.sending_works, made.fetching_works, made.fetching_stopped = True, True, "Сервер не пускает"
    session.commit()
    assert state_told(anna) == "Сервер не пускает"


def test_a_card_has_one_primary_action(login: Login, session: Session) -> None:
    anna = login("anna")
    anna.post("/mailboxes/add", data={"address": "anna@yandex.ru", "password": "секрет"})
    made = own(session)
    for since, primary in ((None, "/mailboxes/reading/"), (date(2026, 3, 1), "/mailboxes/try-out/")):
        made.fetch_from = since
        session.commit()
        (action,) = re.findall(r"<(?:a|button)[^>]*btn-primary[^>]*>", anna.get(f"/mailboxes/show/{made.id}").text)
        assert primary in action


def test_a_mailbox_is_its_owners_alone(login: Login, session: Session) -> None:
    login("anna").post("/mailboxes/add", data={"address": "anna@firm.ru"})
    made = own(session)
    for user in ("boris", "vera", "admin"):
        stranger = login(user)
        assert stranger.get(f"/mailboxes/show/{made.id}").status_code == 404
        assert stranger.post(f"/mailboxes/edit/{made.id}", data={"address": "x@firm.ru"}).status_code == 404
        assert stranger.post(f"/mailboxes/try-out/{made.id}").status_code == 404


def test_what_was_left_on_the_server_is_told_and_looked_through_again_by_its_owner(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = {"imap_host": "127.0.0.1", "fetch_from": date(2026, 1, 1), "fetched_at": clock.now()}
    box = added(session, Mailbox(address="anna@firm.ru", owner_id=user_named(session, "anna").id, **reached))
    marks = {"uidvalidity": 1, "last_uid": 1234, "letters": 1234}
    folder = added(session, MailboxFolder(mailbox_id=box.id, name="INBOX", role=FolderRole.INBOX, **marks))
    session.commit()
    anna, page, verb = login("anna"), f"/mailboxes/show/{box.id}", f"/mailboxes/look-again/{box.id}"
    assert (">Папка<" in anna.get(page).text, verb in anna.get(page).text) == (True, False)
    folder.left_out = 1200
    session.commit()
    told = anna.get(page).text
    assert ("1 234" in told.replace("\xa0", " "), "1 200" in told.replace("\xa0", " "), verb in told) == (True,) * 3
    assert login("boris").post(verb).status_code in {403, 404}
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(fetching, "look_again", lambda *_: False)
        assert "повторите через минуту" in anna.post(verb, follow_redirects=True).text
    box.fetching_stopped = "Сервер не пускает"
    session.commit()
    assert verb not in anna.get(page).text
    assert "сначала исправьте" in anna.post(verb, follow_redirects=True).text
    session.expire_all()
    assert folder.left_out == 1200
    box.fetching_stopped = ""
    session.commit()
    anna.post(verb)
    session.expire_all()
    assert (folder.last_uid, folder.left_out, box.fetched_at) == (0, 0, None)


def test_shared_ones_are_set_up_by_whoever_has_the_right(login: Login, session: Session) -> None:
    refused = login("anna").post("/mailboxes/add", data={"address": "info@firm.ru", "is_shared": "y"}).text
    assert "у кого есть на это право" in refused.partition('name="is_shared"')[2].partition("</div>")[0]
    assert 'value="info@firm.ru"' in refused
    login("vera").post("/mailboxes/add", data={"address": "info@firm.ru", "is_shared": "y"})
    made = own(session)
    assert made.owner_id is None
    assert login("anna").get(f"/mailboxes/show/{made.id}").status_code == 200
    assert login("anna").get(f"/mailboxes/edit/{made.id}").status_code == 403
    for user, offers in (("anna", False), ("vera", True)):
        listed = login(user).get("/mailboxes/list/").text
        assert (f"/mailboxes/edit/{made.id}" in listed, f"/mailboxes/delete/{made.id}" in listed) == (offers, offers)
    assert login("anna").post(f"/mailboxes/edit/{made.id}", data={"address": "x@firm.ru"}).status_code == 403
    assert login("anna").post(f"/mailboxes/delete/{made.id}").status_code == 403
    company = session.scalars(select(Mailbox).where(Mailbox.is_company)).one()
    kept = login("vera").post(f"/mailboxes/delete/{company.id}", follow_redirects=True).text
    assert "Ящик, из которого уходят уведомления, не удаляют." in kept
    added = login("vera").post(
        "/mailbox-rights/add", data={"mailbox": made.id, "user": user_named(session, "boris").id, "reads": "y"}
    )
    assert added.status_code == 302
    assert [(right.user.username, right.reads, right.sends) for right in own(session).rights] == [
        ("boris", True, False)
    ]


@pytest.mark.parametrize("typed", [{"address": "anna"}, {"address": "анна@firm.ru"}, {"address": "a@firm.ru\r\nX: y"}])
def test_an_address_that_is_none_is_told_at_its_field(login: Login, session: Session, typed: dict[str, Any]) -> None:
    assert "не адрес электронной почты" in login("anna").post("/mailboxes/add", data=typed).text


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_test_tells_the_servers_own_words_and_starts_the_mailbox_again(login: Login, session: Session) -> None:
    handler = Handler()
    strict = running(handler, authenticator=no_password, auth_require_tls=False)
    anna = login("anna")
    anna.post("/mailboxes/add", data={"address": "anna@firm.ru", "password": "wrong"})
    made = own(session)
    typed = {
        "address": made.address, "login": "anna", "smtp_host": "127.0.0.1", "smtp_port": handler.port,
        "smtp_security": "none", "imap_port": "993", "imap_security": "tls", "pace": "200",
    }  # fmt: skip
    try:
        anna.post(f"/mailboxes/edit/{made.id}", data=typed)
        assert state_told(anna) == "Не проверен"
        told = anna.post(f"/mailboxes/try-out/{made.id}", follow_redirects=True).text
        assert "535" in told
        assert state_told(anna) == "Не проверен"
        made = own(session)
        made.stopped = "Сервер не пускает"
        session.commit()
        assert "Сервер не пускает" in anna.get(f"/mailboxes/show/{made.id}").text
        anna.post(f"/mailboxes/edit/{made.id}", data={**typed, "password": "right"})
        anna.post(f"/mailboxes/try-out/{made.id}")
        assert (state_told(anna), own(session).stopped) == ("Работает", "")
        incoming = {"imap_host": "127.0.0.1", "imap_port": free_port()}
        anna.post(f"/mailboxes/edit/{made.id}", data={**typed, **incoming})
        assert state_told(anna) == "Работает"  # nothing is to be fetched yet
        told = anna.post(f"/mailboxes/try-out/{made.id}", follow_redirects=True).text
        assert "Сервер входящей почты не отвечает" in told
    finally:
        strict.stop()
    anna.post(f"/mailboxes/edit/{made.id}", data={**typed, "smtp_port": str(free_port())})
    assert "Сервер не отвечает" in anna.post(f"/mailboxes/try-out/{made.id}", follow_redirects=True).text


@pytest.mark.parametrize("wrong", ["", "Сервер не пускает"])
def test_a_mailbox_that_is_set_up_anew_while_it_is_tried_out_is_not_known_to_work(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    anna = login("anna")
    anna.post("/mailboxes/add", data={"address": "anna@yandex.ru", "password": "right"})
    made = own(session)
    anew = update(Mailbox).where(Mailbox.id == made.id).values(login="other", version=Mailbox.version + 1)

    def meanwhile(*_: Any) -> mailboxes.TrialOutcome:
        session.execute(anew.execution_options(synchronize_session=False))
        return mailboxes.TrialOutcome(sends=not wrong, fetches=not wrong, wrong=wrong)

    monkeypatch.setattr(mailboxes, "try_out", meanwhile)
    told = anna.post(f"/mailboxes/try-out/{made.id}", follow_redirects=True).text
    assert "Настройки ящика тем временем изменили" in told
    assert (own(session).sending_works, own(session).fetching_works) == (False, False)


def test_a_mailbox_that_is_deleted_while_it_is_tried_out_is_there_no_more(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = login("anna")
    anna.post("/mailboxes/add", data={"address": "anna@yandex.ru", "password": "right"})
    gone = delete(Mailbox).where(Mailbox.id == (number := own(session).id))

    def meanwhile(*_: Any) -> mailboxes.TrialOutcome:
        session.execute(gone.execution_options(synchronize_session=False))
        return mailboxes.TrialOutcome(sends=True)

    monkeypatch.setattr(mailboxes, "try_out", meanwhile)
    assert anna.post(f"/mailboxes/try-out/{number}", follow_redirects=True).status_code == 404
