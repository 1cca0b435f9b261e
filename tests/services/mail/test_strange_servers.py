"""Servers that drip, which passes every timeout of one read, and such as are set up anew while they are asked."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.letters.consent import App
from app.domain.letters.sending import Fate
from app.domain.words import FolderRole, WireSecurity
from app.models.mailboxes import Mailbox
from app.outbound import Deadline
from app.services.mail import consent, mailboxes, wire
from app.services.mail.incoming import fetching, imap
from app.services.mail.incoming.imap import ImapServer, ImapTrouble, Waiting
from app.services.mail.sealing import Seal
from app.services.mail.wire import Server, Wire
from tests.domain.test_letters import MOSCOW
from tests.factories import added
from tests.waiting import PATIENCE

SEAL = Seal("secret")
LIMIT = 0.3
LATE = "The server of incoming mail does not answer."
ANEW = "A folder was made anew on the server while it was read."
HELLO = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb"  # how a long record of TLS begins
DONE = "{tag} OK done"
IMAP = {
    "CAPABILITY": ["* CAPABILITY IMAP4rev1", DONE],
    "LOGIN": [DONE],
    "LIST": ['* LIST (\\HasNoChildren) "/" INBOX', DONE],
    "STATUS": ['* STATUS "INBOX" (UIDVALIDITY 1 UIDNEXT 2 MESSAGES 1)', DONE],
    "EXAMINE": ["* 1 EXISTS", DONE],
    "SEARCH": ["* SEARCH 1", DONE],
    "FETCH": ["* 1 FETCH (UID 1 RFC822.SIZE 9)", DONE],
    "LOGOUT": ["* BYE", DONE],
}
SMTP = {"EHLO": ["250 here"], "MAIL": ["250 OK"], "RCPT": ["250 OK"], "DATA": ["354 go on"], ".": ["250 taken"]}


@dataclass
class Dripping:
    """A server on this machine that drips instead of an answer to one verb; "": as soon as somebody comes."""

    greeting: str
    answers: dict[str, list[str]]
    at: str = ""
    head: bytes = b"* 1 "  # what the drops begin with
    slow: set[str] = field(default_factory=set)  # verbs that are answered in full, after a while
    is_met: bool = False
    is_reached: bool = False  # the verb was said: on a busy machine the time may be over before
    cut: Event = field(default_factory=Event)
    port: int = 0

    def is_cut_off(self) -> bool:
        """Or nobody came: on a busy machine the time may be over before."""
        return not self.is_met or self.cut.wait(PATIENCE)

    def talk(self, handler: StreamRequestHandler) -> None:
        self.is_met = True
        try:
            self.answer(handler)
        except OSError:
            self.cut.set()

    def answer(self, handler: StreamRequestHandler) -> None:
        if not self.at:
            self.drip(handler, self.head)
            return
        self.say(handler, self.greeting)
        while words := handler.rfile.readline().decode().split():
            tag, verbs = words[0], {word.upper() for word in words[:3]}
            if self.at in verbs:
                self.is_reached = True
                self.drip(handler, self.head.replace(b"{tag}", tag.encode()))
                return
            if not self.slow.isdisjoint(verbs):
                time.sleep(LIMIT / 2)
            for line in next((lines for verb, lines in self.answers.items() if verb in verbs), []):
                self.say(handler, line.format(tag=tag))
        self.cut.set()  # by a busy machine, before it came to that

    def say(self, handler: StreamRequestHandler, line: str) -> None:
        handler.wfile.write(line.encode() + b"\r\n")

    def drip(self, handler: StreamRequestHandler, head: bytes) -> None:
        """For a minute at most, so that a product that waits is seen to wait."""
        handler.wfile.write(head)
        for _drop in range(1200):
            handler.wfile.write(b"x")
            time.sleep(LIMIT / 6)


@contextmanager
def running(server: Dripping) -> Iterator[Dripping]:
    class Talk(StreamRequestHandler):
        def handle(self) -> None:
            server.talk(self)

    class Listening(ThreadingTCPServer):
        daemon_threads = True

    with Listening(("127.0.0.1", 0), Talk) as listening:
        server.port = listening.server_address[1]
        Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        listening.shutdown()


def reached(server: Dripping, security: WireSecurity = WireSecurity.NONE) -> ImapServer:
    return ImapServer("127.0.0.1", server.port, security, "anna", "right", own_certificate=True)


def count(server: ImapServer) -> object:
    return mailboxes.on_server(server, {}, [date(2026, 1, 1)])


def take(server: ImapServer, step: float = LIMIT) -> object:
    with imap.connected(server, step=step) as reader:
        return list(reader.letters("INBOX", [Waiting(1, 9)]))


@pytest.mark.parametrize(
    ("at", "what"),
    [
        *((at, count) for at in ("", "LOGIN", "LIST", "STATUS", "EXAMINE", "SEARCH")),
        *((at, take) for at in ("", "LOGIN", "EXAMINE", "FETCH", "LOGOUT")),
    ],
)
def test_a_server_of_incoming_mail_that_drips_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, at: str, what: Callable[[ImapServer], object]
) -> None:
    monkeypatch.setattr(mailboxes, "PATIENCE", LIMIT)
    monkeypatch.setattr(imap, "LEAVING", LIMIT)
    with running(Dripping("* OK ready", IMAP, at)) as server:
        if at == "LOGOUT":  # everything is here by then
            take(reached(server), step=60.0)
        else:
            with pytest.raises(ImapTrouble) as trouble:
                what(reached(server))
            assert (trouble.value.sentence, trouble.value.is_lasting) == (LATE, False)
        assert server.is_cut_off()


@pytest.mark.parametrize(
    ("security", "at", "head"),
    [(WireSecurity.TLS, "", HELLO), (WireSecurity.START, "STARTTLS", b"{tag} OK go on\r\n" + HELLO)],
)
def test_one_that_drips_while_the_line_is_encrypted_is_not_told_to_be_set_up_wrongly(
    security: WireSecurity, at: str, head: bytes
) -> None:
    answers = {**IMAP, "CAPABILITY": ["* CAPABILITY IMAP4rev1 STARTTLS", DONE]}
    with running(Dripping("* OK ready", answers, at, head)) as server:
        with pytest.raises(ImapTrouble) as trouble:
            take(reached(server, security))
        assert (trouble.value.sentence, trouble.value.is_lasting) == (LATE, False)
        assert server.is_cut_off()


def test_a_server_that_is_slow_at_each_step_is_not_waited_for_by_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "PATIENCE", LIMIT)
    with running(Dripping("* OK ready", IMAP, "never", slow={"LIST", "STATUS", "EXAMINE", "SEARCH"})) as server:
        with pytest.raises(ImapTrouble) as trouble:
            count(reached(server))
        assert trouble.value.sentence == LATE


def test_a_large_letter_is_waited_for_as_long_as_its_size_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "SLOWEST", 100)
    limits = list[float]()
    monkeypatch.setattr(Deadline, "_begin", lambda self, limit: limits.append(limit) or (float("inf"), False))
    with running(Dripping("* OK ready", IMAP, "never")) as server:
        with imap.connected(reached(server), step=7.0) as reader:
            limits.clear()
            list(reader.letters("INBOX", [Waiting(1, 1000), Waiting(2, 500)]))
        assert limits[:2] == [7.0, 22.0]


@pytest.mark.slow
def test_a_mailbox_that_takes_all_the_time_lets_others_go_first(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching.imap, "connected", partial(imap.connected, step=LIMIT))
    with running(Dripping("* OK ready", IMAP, "EXAMINE")) as server:
        reached = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": WireSecurity.NONE}
        more: dict[str, Any] = {**reached, "fetch_from": date(2026, 1, 1), "fetched_at": None}
        slow, other = (added(session, Mailbox(address=f"{name}@vizavi.test", **more)) for name in ("slow", "other"))
        SEAL.close(slow, "right")
        session.commit()
        now = clock.now()
        assert list(fetching.due(session, None, now=now)) == [slow.id, other.id]

        def at_once(work: Callable[[Session], Any]) -> Any:
            done = work(session)
            session.commit()
            return done

        fetching.fetch(fetching.Fetching(at_once, lambda: now, MOSCOW, lambda: True), slow.id, SEAL)
        session.expire_all()
        assert list(fetching.due(session, None, now=now)) == [other.id]
        assert (slow.fetching_stopped, slow.fetching_works) == ("", False)


@pytest.mark.slow
def test_a_mailbox_with_more_letters_goes_on_after_those_that_wait(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Dripping("* OK ready", IMAP, "never")) as server:
        reached = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": WireSecurity.NONE}
        more: dict[str, Any] = {**reached, "fetch_from": date(2026, 1, 1), "fetched_at": None}
        large, other = (added(session, Mailbox(address=f"{name}@vizavi.test", **more)) for name in ("large", "other"))
        SEAL.close(large, "right")
        session.commit()
        now = clock.now()

        def at_once(work: Callable[[Session], Any]) -> Any:
            done = work(session)
            session.commit()
            return done

        fetching.fetch(fetching.Fetching(at_once, lambda: now, MOSCOW, lambda: True), large.id, SEAL)
        assert list(fetching.due(session, None, now=now)) == [other.id, large.id]


@pytest.mark.parametrize(("uidvalidity", "waiting"), [(1, 0), (7, 1), (None, 1)])
def test_numbers_of_a_folder_that_was_made_anew_are_not_taken_for_the_old_ones(
    uidvalidity: int | None, waiting: int
) -> None:
    with running(Dripping("* OK ready", IMAP, "never")) as server:
        found = mailboxes.on_server(reached(server), {"INBOX": (uidvalidity, 1)}, [date(2026, 1, 1)])
        assert found.since == {date(2026, 1, 1): {FolderRole.INBOX: waiting}}


@pytest.mark.parametrize("look", [count, lambda server: _mark_and_read(server)])
def test_a_folder_that_is_made_anew_while_it_is_read_is_read_at_another_time(
    look: Callable[[ImapServer], object],
) -> None:
    answers = {**IMAP, "EXAMINE": ["* 1 EXISTS", "* OK [UIDVALIDITY 2] anew", DONE]}
    with running(Dripping("* OK ready", answers, "never")) as server:
        with pytest.raises(ImapTrouble) as trouble:
            look(reached(server))
        assert (trouble.value.sentence, trouble.value.is_lasting) == (ANEW, False)


@pytest.mark.parametrize(
    ("verb", "line"),
    [
        ("STATUS", "* OK nothing"),
        ("STATUS", '* STATUS "INBOX" (UIDVALIDITY)'),
        ("EXAMINE", "* OK [UIDVALIDITY some] words"),
        ("SEARCH", "* SEARCH one two"),
        ("SEARCH", "{tag} NO it is \0 busy"),
    ],
)
def test_an_answer_that_says_nothing_is_the_fault_of_the_server(verb: str, line: str) -> None:
    with running(Dripping("* OK ready", {**IMAP, verb: [line, DONE]}, "never")) as server:
        with pytest.raises(ImapTrouble) as trouble:
            count(reached(server))
        assert trouble.value.sentence.startswith("The server of incoming mail says: ")
        assert "\0" not in trouble.value.sentence


@pytest.mark.parametrize("line", ["* OK {{99999999999}}", "\r\n".join(["* 1 EXISTS"] * 100)])
@pytest.mark.parametrize("verb", ["LOGIN", "LIST", "EXAMINE", "SEARCH"])
def test_an_answer_without_end_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch, verb: str, line: str) -> None:
    monkeypatch.setattr(imap, "MOST", 1000)
    with running(Dripping("* OK ready", {**IMAP, verb: [line, DONE]}, "never")) as server:
        with pytest.raises(ImapTrouble) as trouble:
            count(reached(server))
        assert trouble.value.sentence == "The server of incoming mail says far more than it was asked."
        assert not trouble.value.is_lasting


def _mark_and_read(server: ImapServer) -> None:
    with imap.connected(server) as reader:
        reader.mark("INBOX")
        list(reader.letters("INBOX", [Waiting(1, 9)]))


def test_of_many_addresses_that_do_not_answer_no_more_are_tried_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        address = full.getsockname()
        for _place in range(2):  # whoever comes then is not answered at all
            guest = waiting.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(address)
        found = iter([(socket.AF_INET, socket.SOCK_STREAM, 0, "", address)] * 50)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with Deadline(LIMIT / 6) as deadline, pytest.raises(TimeoutError), deadline.within(LIMIT):
            deadline.connect("mail.example.com", 25)
        assert list(found)


@pytest.mark.parametrize("at", ["", "EHLO", "RCPT", "."])
def test_a_server_that_takes_letters_and_drips_is_cut_off(at: str) -> None:
    with running(Dripping("220 here", SMTP, at)) as server:
        to = Server("127.0.0.1", server.port, WireSecurity.NONE)
        sent = Wire(to, limit=LIMIT).send("anna@vizavi.test", ["ivan@client.example.com"], b"Hello\r\n")
        assert sent.trouble is None
        assert {answer.code for answer in sent.recipients.values()} == {0}
        assert server.is_cut_off()
        assert not sent.may_have_arrived or at == "."
        assert sent.may_have_arrived or at != "." or not server.is_reached


@pytest.mark.parametrize(
    ("greeting", "answers", "security"),
    [
        ("554 blocked", {}, WireSecurity.NONE),
        ("220 here", {"EHLO": ["550 blocked"], "HELO": ["550 blocked"]}, WireSecurity.NONE),
        ("220 here", {"EHLO": ["250-here", "250 STARTTLS"], "STARTTLS": ["554 blocked"]}, WireSecurity.START),
        ("220 here", {"EHLO": ["250-here", "250 AUTH PLAIN"], "AUTH": ["454 blocked"]}, WireSecurity.NONE),
    ],
)
def test_a_server_that_refuses_us_before_a_letter_is_named_refuses_no_letter(
    greeting: str, answers: dict[str, list[str]], security: WireSecurity
) -> None:
    with running(Dripping(greeting, answers, "never")) as server:
        to = Server("127.0.0.1", server.port, security, "anna", "right")
        sent = Wire(to).send("anna@vizavi.test", ["ivan@client.example.com"], b"Hello\r\n")
    (answer,) = sent.recipients.values()
    assert (answer.fate, sent.trouble) == (Fate.LATER, None)
    assert not sent.is_away  # it serves others, perhaps another connection of ours
    assert str(answer).endswith("blocked")


def test_one_that_takes_letters_and_drips_at_the_end_keeps_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LEAVING", LIMIT)
    with running(Dripping("220 here", SMTP, "QUIT")) as server:
        way = Wire(Server("127.0.0.1", server.port, WireSecurity.NONE))
        sent = way.send("anna@vizavi.test", ["ivan@client.example.com"], b"Hello\r\n")
        way.close()
        assert {answer.code for answer in sent.recipients.values()} == {250}
        assert server.is_cut_off()


@pytest.mark.parametrize(
    ("security", "at", "head"),
    [(WireSecurity.TLS, "", HELLO), (WireSecurity.START, "STARTTLS", b"220 go on\r\n" + HELLO)],
)
def test_one_that_drips_while_the_line_is_encrypted_stops_no_mailbox(
    security: WireSecurity, at: str, head: bytes
) -> None:
    answers = {**SMTP, "EHLO": ["250-here", "250 STARTTLS"]}
    with running(Dripping("220 here", answers, at, head)) as server:
        way = Wire(Server("127.0.0.1", server.port, security, own_certificate=True), limit=LIMIT)
        assert way.send("anna@vizavi.test", ["ivan@client.example.com"], b"Hello\r\n").trouble is None
        assert server.is_cut_off()


@pytest.mark.parametrize("head", [b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"])
def test_a_provider_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr(consent, "LIMIT", LIMIT)
    with running(Dripping("", {}, head=head)) as server:
        here = replace(consent.AUTHORITIES["google"], gives=f"http://127.0.0.1:{server.port}/token")
        monkeypatch.setitem(consent.AUTHORITIES, "google", here)
        with pytest.raises(consent.NoToken) as why:
            consent.ask("google", App("ours", "secret"), grant_type="refresh_token", refresh_token="x")
        assert not why.value.is_lasting
        assert server.is_cut_off()


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    "said", ['{"access_token": "a", "expires_in": 1e400}', "[" * 100_000, '{"error": "a\\u0000\\ud800"}', "[]"]
)
def test_a_provider_that_answers_nonsense_gives_no_token(
    monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    answer = SimpleNamespace(status=status, read=lambda most: said.encode()[:most])
    monkeypatch.setattr(consent, "posted", lambda *_, **__: nullcontext(answer))
    with pytest.raises(consent.NoToken) as why:
        consent.ask("google", App("ours", "secret"), grant_type="refresh_token", refresh_token="x")
    assert why.value.is_lasting == (status == 400)
    assert not set("\0\ud800") & set(why.value.sentence)


def test_a_part_that_took_too_long_does_not_end_what_it_is_a_part_of() -> None:
    with running(Dripping("220 here", SMTP, "QUIT")) as server, Deadline(5.0) as deadline, deadline.within(60.0):
        with pytest.raises(TimeoutError), deadline.within(LIMIT):  # noqa: PT012
            dripping = deadline.connect("127.0.0.1", server.port)
            dripping.sendall(b"QUIT\r\n")
            while dripping.recv(100):
                pass
        with deadline.connect("127.0.0.1", server.port) as again:
            assert again.recv(100).startswith(b"220")
