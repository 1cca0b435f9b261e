"""Real mailboxes on a real server: pymap, on this machine, in memory."""

from __future__ import annotations

import imaplib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

from tests.conftest import free_port

PASSWORD = "right"
# pymap knows one user; ours knows a hundred, so that each test has mailboxes of its own.
SERVER = f"""
from pymap.backend import dict as memory
from pymap.main import main
from pymap.config import IMAPConfig
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import Cleartext
IMAPConfig._get_hash_context = classmethod(lambda cls, _file: Cleartext())  # a hash costs more than a test
async def add_users(cls, config, login):
    password = await Passwords(config).hash_password({PASSWORD!r})
    for name in (f"user{{n}}" for n in range(100)):
        user = UserMetadata(config, name, password=password)
        await memory.Identity(name, login, None, frozenset()).set(user)
memory.DictBackend._add_demo_user = classmethod(add_users)
main()
"""


class MailServer:
    """The server, and what other programs do with its mailboxes."""

    def __init__(self) -> None:
        self.port = free_port()
        self.users = (f"user{n}" for n in count())
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "--pid-file", f"pymap-{os.getpid()}"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *place, "dict"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _attempt in range(200):
            try:
                imaplib.IMAP4("127.0.0.1", self.port, timeout=5).shutdown()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("pymap does not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    @contextmanager
    def opened(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """The mailbox as its owner's own program sees it."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        try:
            client.login(user, PASSWORD)
            client.create(folder)
            client.select(folder)
            yield client
        finally:
            client.shutdown()

    def put(
        self, user: str, letter: bytes | str, folder: str = "INBOX", flags: str = "", at: datetime | None = None
    ) -> None:
        raw = letter if isinstance(letter, bytes) else letter.encode()
        with self.opened(user, folder) as client:
            when = imaplib.Time2Internaldate(at or datetime.now(UTC))
            told = client.append(folder, flags, when, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            assert told[0] == "OK", told

    def letters(self, user: str, folder: str = "INBOX") -> list[tuple[bytes, bytes]]:
        """Flags and bytes of everything in the folder."""
        with self.opened(user, folder) as client:
            parts = client.fetch("1:*", "(FLAGS BODY.PEEK[])")[1]
            return [(part[0], part[1]) for part in parts if isinstance(part, tuple)]

    def make_anew(self, user: str, folder: str) -> None:
        """Numbers of letters begin again."""
        with self.opened(user) as client:
            client.delete(folder)
            client.create(folder)
