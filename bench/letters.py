"""Letters a second: the outbox with one worker and with four, beside bare smtplib to the same server."""

from __future__ import annotations

import asyncio
import multiprocessing as mp
import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from sqlalchemy import create_engine

from app.services.mail.outbox import Drain
from app.services.mail.sealing import Seal
from bench.work import LongWork

MANY = 400
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
CLEAN = (
    "DELETE FROM outgoing USING letter WHERE letter_id = letter.id AND letter.subject = 'bench'",
    "DELETE FROM letter WHERE subject = 'bench'",
    "DELETE FROM mailbox WHERE address = 'bench@vizavi.test'",
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
        finally:
            server.kill()
            server.join()


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
