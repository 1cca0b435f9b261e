"""Webhooks: written with their event, posted with a signature, tried again, never to a private network."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import clock, outbound
from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass, Direction, LetterState, WebhookEvent
from app.extensions import db
from app.models.classes import AbcRecord, StageRecord
from app.models.letters import Letter
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.webhooks import Webhook, WebhookDelivery
from app.outbound import Deadline, web_address
from app.services.mail.sealing import Seal
from app.services.webhooks import webhooks, wire
from app.services.webhooks.wire import Unreachable, post
from tests.factories import added, buyer
from tests.ports import free_port
from tests.waiting import PATIENCE

Login = Callable[..., FlaskClient]
SEAL = Seal("secret")
DAY = date(2026, 3, 1)


class Hook(BaseHTTPRequestHandler):
    """Keeps what it is told; answers what it is asked to."""

    heard: list[tuple[dict[str, str], bytes]] = []
    answers: list[int] = []

    def do_POST(self) -> None:
        self.heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.heard.clear()
    Hook.answers.clear()
    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook?from=crm"
    server.shutdown()
    server.server_close()


def listener(session: Session, url: str, *events: str) -> Webhook:
    webhook = added(session, Webhook(name="Учет", url=url, events=list(events)))
    webhooks.new_secret(webhook, SEAL)
    session.commit()
    return webhook


@pytest.mark.slow
def test_an_event_is_told_with_a_signature_and_again_under_one_id(committed: Flask, hook: str) -> None:
    with committed.app_context():
        session = db.session()
        webhook = listener(session, hook, "client.made", "payment.came")
        secret = webhooks.secret_of(webhook.id, webhook.sealed_secret, SEAL)
        company = buyer(session, "Ромашка")
        session.rollback()  # what did not happen is not told
        assert session.scalars(select(WebhookDelivery)).all() == []
        company = buyer(session, "Ромашка")
        added(session, Payment(number="1", date=date(2026, 3, 1), counterparty=company, amount=100))
        added(session, Payment(number="2", date=date(2026, 3, 1), counterparty=company, amount=-100))
        session.commit()
        Hook.answers[:] = [302, 200]
        drain = webhooks.WebhookDrain(db.engine, SEAL, private=True)
        assert drain.run() == 2
        assert [json.loads(body)["event"] for _, body in Hook.heard] == ["client.made", "payment.came"]
        session.execute(text("UPDATE webhook_delivery SET next_try_at = now() WHERE sent_at IS NULL"))
        session.commit()
        assert drain.run() == 1
        assert drain.run() == 0
        (headers, body), (_, _), (later, again) = Hook.heard
        assert (headers["X-Vizavi-Delivery"], body) == (later["X-Vizavi-Delivery"], again)
        at, _comma, signed = headers["X-Vizavi-Signature"].partition(",v1=")
        expected = hmac.new(secret.encode(), f"{at.removeprefix('t=')}.".encode() + body, hashlib.sha256)
        assert signed == expected.hexdigest()
        assert json.loads(body)["data"]["name"] == "Ромашка"
        session.expire_all()
        rows = session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
        assert [(row.attempts, row.answer, row.sent_at is not None) for row in rows] == [
            (2, "200", True),
            (1, "200", True),
        ]
        webhooks.again(session, rows[0], now=clock.now())
        session.commit()
        assert drain.run() == 1
        away = added(session, Webhook(name="Сайт", url=f"http://127.0.0.1:{free_port()}/", events=["client.made"]))
        for name in ("Лютик", "Василек", "Мак"):
            buyer(session, name)
        session.commit()
        assert drain.run() == 1 + 3  # one that is away does not hold the other for each of its own
        waits = select(WebhookDelivery.attempts).where(WebhookDelivery.webhook_id == away.id)
        assert session.scalars(waits.order_by(WebhookDelivery.attempts)).all() == [0, 0, 1]
        hour = timedelta(hours=1)
        lies = update(WebhookDelivery).where(WebhookDelivery.webhook_id == away.id)
        session.execute(lies.values(made_at=WebhookDelivery.made_at - hour))
        session.commit()
        assert (webhooks.oldest_due(session) or timedelta()) >= hour  # though each is put off a minute at a time
        long_ago = WebhookDelivery.made_at - webhooks.GIVEN_UP
        session.execute(lies.values(made_at=long_ago, next_try_at=text("now()")))
        session.commit()
        assert drain.run() == 1
        dead = select(WebhookDelivery.dead_at.is_not(None)).where(WebhookDelivery.webhook_id == away.id)
        assert sorted(session.scalars(dead)) == [False, True, True]  # one was tried itself
        webhook.is_on = False
        webhooks.again(session, rows[0], now=clock.now())
        session.commit()
        assert drain.run() == 0


def test_every_event_is_written_whichever_way_it_comes(session: Session) -> None:
    listener(session, "https://hooks.example.com/", *WebhookEvent)
    company = buyer(session, "Ромашка")
    added(session, Payment(number="1", date=DAY, counterparty=company, amount=Decimal("100.50")))
    order = added(session, BuyerOrder(number="З-1", date=DAY, counterparty=company, amount=Decimal(5)))
    session.execute(update(BuyerOrder).values(completed_on=DAY))
    session.execute(update(BuyerOrder).values(completed_on=DAY + timedelta(days=1)))  # it was done already
    for old in (AbcClass.B, AbcClass.A):
        added(session, AbcRecord(counterparty_id=company.id, on=DAY, abc=AbcClass.A, old=old, value=0))
    regular = {"stage": Stage.REGULAR, "xyz": XyzClass.X, "purchases": 3, "value": 0, "variation": 0}
    added(session, StageRecord(counterparty_id=company.id, on=DAY, old_stage=Stage.ONE_TIME, **regular))
    sent = {"direction": Direction.OUT, "state": LetterState.SENT, "at": clock.now()}
    asked = added(session, Letter(message_id="1@firm.ru", **sent))
    came = {"direction": Direction.IN, "state": LetterState.RECEIVED, "at": clock.now()}
    added(session, Letter(message_id="2@client.ru", in_reply_to="1@firm.ru", sender="a@client.ru", **came))
    added(session, Letter(message_id="3@client.ru", in_reply_to="9@other.ru", sender="a@client.ru", **came))
    written = session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    told = [(row.event.value, row.payload) for row in written]
    assert [event for event, _ in told] == [
        *("client.made", "payment.came", "order.done", "class.moved", "class.moved", "letter.answered")
    ]
    assert (told[1][1]["amount"], told[2][1]["id"], told[5][1]["answers"]) == ("100.50", order.id, asked.id)
    assert (told[3][1]["was"], told[3][1]["now"]) == ("B", "A")
    assert (told[4][1]["was"], told[4][1]["now"]) == ("one_time", "regular X")


def test_only_what_is_over_long_ago_is_forgotten(session: Session) -> None:
    webhook = listener(session, "https://hooks.example.com/", "client.made")
    for name in ("told", "given up", "told lately", "waits"):
        buyer(session, name)
    session.commit()
    told, given_up, lately, waits = session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id))
    now = clock.now()
    for each in (told, given_up, waits):
        each.made_at = each.next_try_at = now - webhooks.RETENTION - timedelta(hours=1)
    told.sent_at = lately.sent_at = given_up.dead_at = now
    waits.attempts = 1
    session.commit()
    webhooks.tidy(session, now=now)
    session.commit()
    assert session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all() == [lately, waits]
    assert (webhooks.oldest_due(session) or timedelta()) > webhooks.RETENTION
    webhook.is_on = False
    session.commit()
    assert webhooks.oldest_due(session) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
    ],
)
def test_a_private_network_is_not_reached(url: str) -> None:
    with pytest.raises(Unreachable, match="private"):
        post(url, b"", {}, private=False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("::127.0.0.1", False),
        ("2002:a00:1::", False),
        ("fe80::1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert wire.is_public(ipaddress.ip_address(address)) is public


def test_an_address_may_have_letters_of_any_language(hook: str) -> None:
    assert post(hook.replace("hook", "учет/%D0%BA%2F1"), b"{}", {}, private=True) == 200
    assert web_address("https://hooks.example.com/учет/%2F1?a=б&c=[d]~e").path == (
        "/%D1%83%D1%87%D0%B5%D1%82/%2F1?a=%D0%B1&c=[d]~e"
    )


def test_the_port_of_its_scheme_is_not_said_with_the_host(
    hook: str, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = web_address(hook)
    assert post(hook, b"{}", {}, private=True) == 200
    monkeypatch.setitem(outbound.PORTS, "http", to.port)
    assert post(hook, b"{}", {}, private=True) == 200
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        server.socket = certified.wrap_socket(server.socket, server_side=True)
        Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setitem(outbound.PORTS, "https", server.server_port)
        assert post(f"https://127.0.0.1:{server.server_port}/", b"{}", {}, private=True) == 200
    assert [headers["Host"] for headers, _ in Hook.heard] == [f"127.0.0.1:{to.port}", "127.0.0.1", "127.0.0.1"]


def test_a_name_server_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: asked.wait(PATIENCE) and [])
    with pytest.raises(Unreachable, match="too long"):
        post("https://hooks.example.com/", b"", {}, private=True, limit=0.1)
    with Deadline(60) as deadline, pytest.raises(TimeoutError), deadline.within(0.1):
        deadline.connect("mail.example.com", 25)
    asked.set()


def test_what_the_base_cannot_keep_of_an_answer_is_left_out() -> None:
    def answer(listening: socket.socket) -> None:
        connection, _address = listening.accept()
        with connection:
            connection.sendall(b"no \0 web\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Thread(target=answer, args=(listening,))
        server.start()
        with pytest.raises(Unreachable) as why:
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"", {}, private=True)
        server.join()
    assert str(why.value) == "no web"


def test_a_server_that_does_not_answer_is_left(hook: str) -> None:
    silent = HTTPServer(("127.0.0.1", 0), Hook)  # takes the connection, and nobody serves it
    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{silent.server_port}/", b"", {}, private=True, limit=0.3)
    silent.server_close()


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of a server on loopback that we trust for the length of a test."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "us")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(made + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    trusting = ssl.create_default_context(cadata=made.decode())
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return serving


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_whoever_drips_is_cut_off_by_the_limit_of_the_whole(scheme: str, certified: ssl.SSLContext) -> None:
    cut = Event()

    def drip(listening: socket.socket) -> None:
        connection, _address = listening.accept()
        if scheme == "https":
            connection = certified.wrap_socket(connection, server_side=True)
        with connection:
            try:
                for each in ["HTTP/1.1 ", *"x" * 60]:
                    connection.sendall(each.encode())
                    sleep(0.05)
            except OSError:
                cut.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Thread(target=drip, args=(listening,))
        server.start()
        with pytest.raises(Unreachable):
            post(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/", b"", {}, private=True, limit=0.4)
        server.join()
    assert cut.is_set()


@pytest.mark.slow
def test_an_administrator_sets_a_webhook_up_and_nobody_else(login: Login, session: Session) -> None:
    admin = login("admin")
    typed = {"name": "Учет", "url": "ftp://x", "events": ["client.made"], "is_on": "y"}
    assert "https://…" in admin.post("/webhooks/add", data=typed).text
    typed["url"] = "https://hooks.example.com/crm"
    page = admin.post("/webhooks/add", data={**typed, "events": []}).text
    assert "Выберите, о чем" in page
    assert 'События <b class="req"' in page
    assert re.search(r'name="events"[^>]* aria-invalid="true"', page)  # where the cursor goes
    made = admin.post("/webhooks/add", data=typed)
    assert made.status_code == 302
    card = admin.get(made.location).text
    assert "Секрет" in card
    buyer(session, "Ромашка")
    session.commit()
    delivery = session.scalars(select(WebhookDelivery)).one()
    assert "client.made" in admin.get(f"/webhook-deliveries/show/{delivery.id}").text
    assert admin.post(f"/webhook-deliveries/action/again/{delivery.id}").status_code == 302
    assert login("vera").get("/webhooks/list/").status_code == 403
    assert login("vera").get(f"/webhook-deliveries/show/{delivery.id}").status_code == 403
