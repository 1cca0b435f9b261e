"""A mailbox is connected at its provider: asked there, let in by tokens both ways, and told when that is over."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.letters import consent
from app.domain.words import NoticeKind, WireSecurity
from app.models.bell import Notice
from app.models.mailboxes import Mailbox
from app.services.mail import troubles
from app.services.mail.incoming import fetching
from app.services.mail.mailboxes import server_of_row
from app.services.mail.wire import MailboxTrouble, Wire
from app.web.mail import seal, tokens
from tests.conftest import user_named
from tests.services.mail.servers import Handler, running

Login = Callable[..., FlaskClient]
NOW = datetime.now(UTC)


@dataclass
class Provider:
    """Whom the owner of a mailbox trusts: it gives tokens, and its servers of mail know them."""

    codes: dict[str, str] = field(default_factory=dict)  # a code, and what its verifier is known by
    good: set[str] = field(default_factory=set)
    renewing: str = "renewing-1"
    is_over: bool = False
    is_ill: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        is_known = (form.get("client_id"), form.get("client_secret")) == ("ours", "secret")
        if form["grant_type"] == "authorization_code":
            digest = sha256(form["code_verifier"].encode()).digest()
            is_known &= self.codes.pop(form["code"], "") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        else:
            is_known &= form["refresh_token"] == self.renewing
        if self.is_over or not is_known:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        self.good = {f"token-{len(self.asked)}"}
        return 200, {"access_token": next(iter(self.good)), "refresh_token": self.renewing, "expires_in": 3600}

    def lets_in(self, said: str) -> bool:
        user, _, token = base64.b64decode(said).decode().partition("\1auth=Bearer ")
        return user == "user=anna@firm.ru" and token.rstrip("\1") in self.good


class PostOffice(Handler):
    """Takes letters of whoever has a token."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - the library's name
        return AuthResult(success=self.provider.lets_in(args[1]), handled=False)


@pytest.fixture
def provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Google, on this machine; it has registered the product."""
    provider = Provider()

    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if provider.is_ill:
                self.wfile.write(b"rubbish\r\n")
                return
            status, told = provider.answer({name: values[0] for name, values in parse_qs(sent).items()})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    Thread(target=server.serve_forever, daemon=True).start()
    here = replace(consent.AUTHORITIES["google"], gives=f"http://127.0.0.1:{server.server_port}/token")
    monkeypatch.setitem(consent.AUTHORITIES, "google", here)
    monkeypatch.setitem(consent.BY_SERVER, "127.0.0.1", "google")
    monkeypatch.setitem(app.config, "CRM", replace(app.config["CRM"], oauth_apps={"google": ("ours", "secret")}))
    yield provider
    server.shutdown()
    server.server_close()


@pytest.fixture
def imap_port(provider: Provider) -> Iterator[int]:
    """Of a server with an empty mailbox."""

    class Talk(StreamRequestHandler):
        def handle(self) -> None:
            self.say("* OK ready")
            while line := self.rfile.readline().decode().split():
                tag, verb = line[0], line[1].upper()
                if verb == "AUTHENTICATE":
                    self.say("+ ")
                    is_in = provider.lets_in(self.rfile.readline().decode())
                    self.say(f"{tag} OK in" if is_in else f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials")
                    continue
                if verb == "CAPABILITY":
                    self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
                if verb == "LIST":
                    self.say('* LIST (\\HasNoChildren) "/" INBOX')
                if verb == "STATUS":
                    self.say('* STATUS "INBOX" (UIDVALIDITY 1 UIDNEXT 1 MESSAGES 0)')
                self.say(f"{tag} OK done")

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

    server = ThreadingTCPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def box(session: Session, provider: Provider, imap_port: int) -> Mailbox:
    row = Mailbox(address="anna@firm.ru", login="anna@firm.ru", owner=user_named(session, "anna"))
    row.smtp_host = row.imap_host = "127.0.0.1"
    row.smtp_security = row.imap_security = WireSecurity.NONE
    row.imap_port, row.fetch_from = imap_port, date(2026, 1, 1)
    session.add(row)
    session.commit()
    return row


def connected(anna: FlaskClient, box: Mailbox, provider: Provider, **more: str) -> str:
    """She presses the button, agrees at the provider, and comes back; what the product says then."""
    asked = anna.post(f"/mailboxes/connect/{box.id}").headers["Location"]
    told = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
    assert asked.startswith("https://accounts.google.com/")
    assert (told["client_id"], told["login_hint"], told["code_challenge_method"]) == ("ours", "anna@firm.ru", "S256")
    provider.codes["code"] = told["code_challenge"]
    back = {"state": told["state"], "code": "code", **more}
    return anna.get("/mailboxes/connected", query_string=back, follow_redirects=True).text


def read(box: Mailbox, session: Session) -> None:
    asking = fetching.Fetching(lambda work: work(session), lambda: NOW, UTC, tokens=tokens())  # type: ignore[arg-type]
    fetching.fetch(asking, box.id, seal())
    session.expire_all()


def test_the_owner_connects_his_mailbox_and_it_is_let_in_both_ways(
    login: Login, session: Session, app: Flask, provider: Provider, box: Mailbox
) -> None:
    anna = login("anna")
    assert "Подключить через Google" in anna.get(f"/mailboxes/show/{box.id}").text
    assert "Почтовый ящик подключен через Google" in connected(anna, box, provider)
    session.expire_all()
    assert box.sealed_refresh is not None
    assert b"renewing" not in box.sealed_refresh
    with app.app_context():
        assert seal().opened_at(b"mailbox:%d:refresh" % (box.id + 1), box.sealed_refresh) is None  # in no other row
    office = PostOffice(provider)
    controller = running(office, auth_require_tls=False)
    box.smtp_port, box.fetching_stopped = office.port, "Сервер не пускает"
    session.commit()
    try:
        with app.app_context():
            assert "Работает" in anna.post(f"/mailboxes/try-out/{box.id}", follow_redirects=True).text
            plain = server_of_row(box, seal())
            assert plain is not None
            server = replace(plain, token=tokens().of(box.id))
            with closing(Wire(server)) as wire:
                sent = wire.send(box.address, ["ivan@client.ru"], b"Subject: x\r\n\r\nx\r\n")
            assert sent.recipients["ivan@client.ru"].code == 250
            with pytest.raises(MailboxTrouble, match="535"):
                Wire(replace(server, token="another")).try_out()
            read(box, session)
    finally:
        controller.stop()
    assert (box.fetching_stopped, len(provider.asked)) == ("", 1)  # one token for all of it


def test_a_token_is_renewed_before_it_is_over_and_its_end_is_told_to_the_owner(
    login: Login, session: Session, app: Flask, provider: Provider, box: Mailbox
) -> None:
    anna = login("anna")
    connected(anna, box, provider)
    session.expire_all()
    with app.app_context():
        assert tokens().of(box.id) == "token-1"
        box.token_until = NOW + timedelta(minutes=2)
        session.commit()
        assert [tokens().of(box.id), tokens().of(box.id)] == ["token-2", "token-2"]
        provider.is_over = True
        box.token_until = NOW
        session.commit()
        read(box, session)
    assert "подключите его снова" in box.fetching_stopped
    assert "Token has been expired or revoked." in box.fetching_stopped
    assert "подключите его снова" in anna.get(f"/mailboxes/show/{box.id}").text
    troubles.look(session, now=NOW)
    told = session.scalars(select(Notice).where(Notice.kind == NoticeKind.MAILBOX_STOPPED)).one()
    assert told.user.username == "anna"
    provider.is_over = False
    connected(anna, box, provider)
    session.expire_all()
    assert box.fetching_stopped == ""


def test_an_answer_that_nobody_asked_for_connects_nothing(
    login: Login, session: Session, provider: Provider, box: Mailbox
) -> None:
    anna = login("anna")
    for forged in ("forged", "поддельный"):
        assert "не запрашивали отсюда" in connected(anna, box, provider, state=forged)
    assert "не запрашивали отсюда" in anna.get("/mailboxes/connected?code=code", follow_redirects=True).text
    told = connected(anna, box, provider, code="", error="access_denied")
    assert "access_denied" in told
    provider.is_ill = True
    assert "Google не отвечает" in connected(anna, box, provider)
    provider.is_ill = False
    provider.codes.clear()
    assert "revoked" in connected(anna, box, provider, code="stolen")
    session.expire_all()
    assert box.sealed_refresh is None
    assert login("boris").post(f"/mailboxes/connect/{box.id}").status_code == 404
