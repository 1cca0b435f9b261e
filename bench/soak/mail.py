"""Letters during the load: written in the base as the product writes them, taken by a server that notes each copy."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psycopg
from aiosmtpd.controller import Controller

from bench.soak.meanwhile import Meanwhile
from config import ROOT

BATCH = 20  # letters written at once
EVERY = 5.0  # seconds
GOES_OUT = 120.0  # seconds after the load for what still waits: as long as a lease
BOX = """INSERT INTO mailbox (address, smtp_host, smtp_port, smtp_security)
         VALUES ('soak@vizavi.test', '127.0.0.1', %s, 'none') RETURNING id"""
WRITE = """
    WITH letters AS (
        INSERT INTO letter (message_id, mailbox_id, direction, state, at, sender, subject)
        SELECT id, %(box)s, 'out', 'waiting', now(), 'soak@vizavi.test', 'soak' FROM unnest(%(ids)s::text[]) id
        RETURNING id, message_id
    ), parties AS (
        INSERT INTO letter_party (letter_id, role, address, at, state)
        SELECT id, 'to', 'client@vizavi.test', now(), 'waiting' FROM letters
    ), sources AS (
        INSERT INTO letter_source (letter_id, raw)
        SELECT id, convert_to(E'Message-ID: <' || message_id || E'>\\r\\nSubject: soak\\r\\n\\r\\nsoak', 'UTF8')
        FROM letters
    )
    INSERT INTO outgoing (letter_id, mailbox_id, sender, next_try_at)
    SELECT id, %(box)s, 'soak@vizavi.test', now() FROM letters"""
WAITING = "SELECT count(*) FROM outgoing WHERE mailbox_id = %s AND sent_at IS NULL AND dead_at IS NULL"
CLEAN = (
    "DELETE FROM outgoing USING mailbox m WHERE mailbox_id = m.id AND m.address = 'soak@vizavi.test'",
    "DELETE FROM letter USING mailbox m WHERE mailbox_id = m.id AND m.address = 'soak@vizavi.test'",
    "DELETE FROM mailbox WHERE address = 'soak@vizavi.test'",
)


@dataclass
class LetterFlow(Meanwhile):
    """Writes letters until it is told to stop; `kill` ends the server without a word and begins another."""

    database: str
    port: int
    taken: Path
    written: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.server = self._serve()
        with psycopg.connect(self.database, autocommit=True) as connection:
            clean(connection)
            row = connection.execute(BOX, (self.port,)).fetchone()
        self.box = row[0] if row else 0
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.server.kill()
        self.server.wait()

    def _serve(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "bench.soak.mail", str(self.port), str(self.taken)], cwd=ROOT)

    def kill(self) -> None:
        self.server.kill()
        self.server.wait()
        self.server = self._serve()

    def go_on(self) -> None:
        while not self.stopped.wait(EVERY):
            ids = [f"{uuid4().hex}@soak.test" for _ in range(BATCH)]
            try:
                with psycopg.connect(self.database, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(WRITE, {"box": self.box, "ids": ids})
            except psycopg.OperationalError:
                continue  # the base was killed: nobody was told that these are written
            self.written += ids

    def told(self) -> Iterator[str]:
        """When the workers have had time for the rest: what was written came, and how often twice."""
        self.stop()
        end = time.monotonic() + GOES_OUT
        with psycopg.connect(self.database, autocommit=True) as connection:
            while (left := self._waiting(connection)) and time.monotonic() < end:
                time.sleep(1)
        came = Counter(self.taken.read_text().split()) if self.taken.exists() else Counter()
        lost = sum(not came[each] for each in self.written)
        yield f"letters written: {len(self.written)}, still waiting: {left}, not come: {lost}, " + (
            f"more copies than one: {sum(came.values()) - len(came)}"
        )

    def _waiting(self, connection: psycopg.Connection) -> int:
        row = connection.execute(WAITING, (self.box,)).fetchone()
        return int(row[0]) if row else 0


def clean(connection: psycopg.Connection) -> None:
    for statement in CLEAN:
        connection.execute(statement)


class Taker:
    """Takes every letter and notes its Message-ID before it says so."""

    def __init__(self, taken: Path) -> None:
        self.taken = taken

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        first = envelope.original_content.split(b"\r\n", 1)[0].decode()
        with self.taken.open("a") as file:
            file.write(first.partition("<")[2].rstrip(">") + "\n")
        return "250 OK"


if __name__ == "__main__":
    controller = Controller(Taker(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    threading.Event().wait()
