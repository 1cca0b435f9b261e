"""Letters and reminders a second, with one worker and with four, beside bare libraries that do the same in this run."""

from __future__ import annotations

import asyncio
import imaplib
import multiprocessing as mp
import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import clock
from app.extensions import db
from app.models.mailboxes import Mailbox
from app.services.mail.incoming import fetching
from app.services.mail.outbox import Drain
from app.services.mail.sealing import Seal
from bench.work import LongWork
from jobs import runtime, telling
from tests.services.mail.mailboxes import PASSWORD, MailServer

MANY = 400
RUNG = 1_200  # reminders, each of another user: each is a letter; a few are over before the processes are warm
ANSWER = 0.004  # seconds that the server takes over a letter, as one in the same office does
TEXT = b"Subject: x\r\n\r\n" + b"x" * 2000 + b"\r\n"
FORK = mp.get_context("fork")
FILL = """
    WITH box AS (
        INSERT INTO mailbox (address, smtp_host, smtp_port, smtp_security)
        VALUES ('bench@vizavi.test', '127.0.0.1', %(port)s, 'none') RETURNING id
    ), letters AS (
        INSERT INTO letter (message_id, mailbox_id, direction, state, at, sender, subject)
        SELECT n || '@bench.test', box.id, 'out', 'waiting', now(), 'bench@vizavi.test', 'bench'
        FROM box, generate_series(1, %(many)s) n RETURNING id, mailbox_id
    ), parties AS (
        INSERT INTO letter_party (letter_id, role, address, at, state)
        SELECT id, 'to', 'client@vizavi.test', now(), 'waiting' FROM letters
    ), sources AS (
        INSERT INTO letter_source (letter_id, raw) SELECT id, %(raw)s FROM letters
    )
    INSERT INTO outgoing (letter_id, mailbox_id, sender, next_try_at)
    SELECT id, mailbox_id, 'bench@vizavi.test', now() FROM letters"""
COMING = (
    b"""From: Client <client@bench.test>\r
To: bench@vizavi.test\r
Subject: bench\r
Date: Mon, 23 Nov 2026 10:00:00 +0300\r
Message-ID: <in%d@bench.test>\r
Content-Type: text/plain; charset=utf-8\r
\r
"""
    + b"x" * 2000
)
READ = """
    INSERT INTO mailbox (address, login, imap_host, imap_port, imap_security, fetch_from)
    VALUES ('bench@vizavi.test', %(login)s, '127.0.0.1', %(port)s, 'none', '2026-01-01') RETURNING id"""
# The rows that a letter is kept in.
KEPT = """
    WITH thread AS (
        INSERT INTO letter_thread (subject) VALUES (%(subject)s) RETURNING id
    ), kept AS (
        INSERT INTO letter (message_id, mailbox_id, direction, state, at, sender, subject, text, size, thread_id)
        SELECT %(id)s, %(box)s, 'in', 'received', %(at)s, %(sender)s, %(subject)s, %(text)s, %(size)s, id FROM thread
        RETURNING id, at
    ), parties AS (
        INSERT INTO letter_party (letter_id, role, address, at)
        SELECT kept.id, x.role, x.address, kept.at
        FROM kept, (VALUES ('from', %(sender)s), ('to', 'bench@vizavi.test')) x (role, address)
    )
    INSERT INTO letter_source (letter_id, raw) SELECT id, %(raw)s FROM kept"""
RING = """
    WITH who AS (
        INSERT INTO ab_user (first_name, last_name, username, email, active)
        SELECT 'Bench', n::text, 'bench-' || n, n || '@bench.test', true FROM generate_series(1, %(many)s) n
        RETURNING id
    ), sellers AS (
        INSERT INTO ab_user_role (user_id, role_id)
        SELECT who.id, role.id FROM who, ab_role role WHERE role.name = 'Sales manager'
    ), profiles AS (
        INSERT INTO user_profile (user_id, by_letter) SELECT id, '["reminders"]' FROM who
    ), calls AS (
        INSERT INTO contact (kind, direction, state, importance, subject, prospect, starts_at, ends_at, manager_id)
        SELECT 'call', 'out', 'planned', 'normal', 'bench', 'bench', day, day, id
        FROM who, (VALUES (now() + interval '1 day')) x (day) RETURNING id, manager_id
    )
    INSERT INTO reminder (user_id, contact_id, due_at, zone, text)
    SELECT manager_id, id, now(), 'Europe/Moscow', 'bench' FROM calls"""
TOLD = "SELECT count(*) FROM letter_party WHERE address LIKE '%@bench.test' AND role = 'to'"
CLEAN = (
    "DELETE FROM outgoing USING letter WHERE letter_id = letter.id AND letter.subject = 'bench'",
    "DELETE FROM letter WHERE subject = 'bench'",
    "DELETE FROM letter WHERE sender = 'client@bench.test'",
    "DELETE FROM mailbox WHERE address = 'bench@vizavi.test'",
)
STILL = (
    "DELETE FROM letter USING letter_party WHERE letter_id = letter.id AND address LIKE '%@bench.test'",
    "DELETE FROM contact WHERE subject = 'bench'",
    "DELETE FROM ab_user WHERE username LIKE 'bench-%'",
)


def rates(connection: psycopg.Connection, database: str) -> Iterator[LongWork]:
    """Seconds for all letters: the server takes as long over each as one in the same office."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = FORK.Process(target=_serve, args=(listening,), daemon=True)
        server.start()
        try:
            for workers in (1, 4):
                connection.execute(FILL, {"port": port, "many": MANY, "raw": TEXT})
                ours = _together(workers, _drain, database)
                for statement in CLEAN:
                    connection.execute(statement)
                floor = _together(workers, _bare, port, MANY // workers)
                about = f"{MANY / ours:,.0f} letters a second, smtplib {MANY / floor:,.0f}"
                yield LongWork(f"letters: {MANY} with {workers} of workers", ours, floor, "bare smtplib", about)
            for workers in (1, 4):
                connection.execute(RING, {"many": RUNG})
                ours = _together(workers, _tell)
                assert connection.execute(TOLD).fetchone() == (RUNG,)
                for still in STILL:
                    connection.execute(still)
                floor = _together(workers, _bare, port, RUNG // workers)
                about = f"{RUNG / ours:,.0f} reminders a second, smtplib {RUNG / floor:,.0f} letters"
                yield LongWork(f"reminders: {RUNG} with {workers} of workers", ours, floor, "bare smtplib", about)
        finally:
            server.kill()
            server.join()


def read(connection: psycopg.Connection, database: str) -> Iterator[LongWork]:
    """Seconds for all letters of a mailbox: one process reads it."""
    server = MailServer()
    try:
        with server.opened("user0") as client:
            for number in range(MANY):
                client.append("INBOX", "", None, COMING % number)
        for statement in CLEAN:
            connection.execute(statement)
        box = connection.execute(READ, {"login": "user0", "port": server.port}).fetchone()
        assert box is not None
        floor = _together(1, _bare_reading, server.port, database, box[0])
        connection.execute("DELETE FROM letter WHERE sender = 'client@bench.test'")
        ours = _together(1, _fetch, box[0])
    finally:
        server.stop()
        for statement in CLEAN:
            connection.execute(statement)
    about = f"{MANY / ours:,.0f} letters a second, by hand {MANY / floor:,.0f}"
    yield LongWork(f"letters read: {MANY}", ours, floor, "imaplib, email, the same rows by psycopg", about)


def _fetch(ready: Any, mailbox_id: int) -> None:
    with runtime.app().app_context():
        key = Seal(str(runtime.app().secret_key))
        with Session(db.engine) as session:
            key.close(session.get_one(Mailbox, mailbox_id), PASSWORD)
            session.commit()
        ready.wait()
        fetching.fetch(fetching.Fetching(runtime.once, clock.now, clock.zone()), mailbox_id, key)


def _bare_reading(ready: Any, port: int, database: str, box: int) -> None:
    """A letter after another, each in a transaction of its own."""
    with psycopg.connect(database, autocommit=True) as connection, imaplib.IMAP4("127.0.0.1", port) as client:
        ready.wait()
        client.login("user0", PASSWORD)
        client.select("INBOX", readonly=True)
        for start in range(1, MANY + 1, 50):
            for answer in client.uid("FETCH", f"{start}:{start + 49}", "(UID INTERNALDATE FLAGS BODY.PEEK[])")[1]:
                if isinstance(answer, tuple):
                    letter = message_from_bytes(answer[1], policy=default)
                    said = {name: str(letter[name]) for name in ("subject", "from", "to", "message-id")}
                    kept = {
                        "id": said["message-id"].strip("<>"), "box": box, "at": letter["date"].datetime,
                        "sender": letter["from"].addresses[0].addr_spec, "subject": said["subject"],
                        "text": letter.get_content(), "size": len(answer[1]), "raw": answer[1],
                    }  # fmt: skip
                    connection.execute(KEPT, kept)


def _tell(ready: Any) -> None:
    telling.rehearse()  # as a worker does before it forks
    ready.wait()
    telling.tell()


def _together(many: int, work: Callable[..., None], *given: Any) -> float:
    """Seconds from the moment that all are ready until the last one ends."""
    ready = FORK.Barrier(many + 1)
    processes = [FORK.Process(target=work, args=(ready, *given)) for _ in range(many)]
    for process in processes:
        process.start()
    ready.wait()
    began = time.monotonic()
    for process in processes:
        process.join()
    return time.monotonic() - began


def _drain(ready: Any, database: str) -> None:
    drain = Drain(create_engine(database.replace("postgresql:", "postgresql+psycopg:", 1)), Seal("of nobody"), None)
    ready.wait()
    drain.run()


def _bare(ready: Any, port: int, many: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        ready.wait()
        for _ in range(many):
            client.sendmail("bench@vizavi.test", ["client@vizavi.test"], TEXT)


def _serve(listening: socket.socket) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 bench\r\n")
        while line := await reader.readline():
            said = b"250 OK\r\n"
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(ANSWER)
            elif line.upper().startswith(b"QUIT"):
                break
            writer.write(said)
            await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, sock=listening)
        await server.serve_forever()

    asyncio.run(main())
