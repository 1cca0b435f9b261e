"""Real mailboxes on real servers: pymap, on this machine, in memory; and dovecot, where Debian's is installed."""

from __future__ import annotations

import imaplib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from tests.ports import free_port
from tests.waiting import PATIENCE, until

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


DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=plain {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 0
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


def why_no_dovecot() -> str:
    """A reason to skip; "" where it can be run."""
    if os.geteuid():
        return "dovecot is run by root"
    return "" if shutil.which("dovecot") else "dovecot is not installed (apt-get install dovecot-imapd)"


class MailServer:
    """The server, and what other programs do with its mailboxes."""

    def __init__(self) -> None:
        self.port = free_port()
        self.users = (f"user{n}" for n in count())
        self.process = subprocess.Popen(self.argv(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def argv(self) -> list[str]:
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "--pid-file", f"pymap-{os.getpid()}"]
        return [sys.executable, "-c", SERVER, *place, "dict"]

    def wait(self) -> None:
        """Until it answers."""

        def ready() -> bool:
            assert self.process.poll() is None, "the server of mailboxes has ended"
            return self.answers()

        until(ready, "the server of mailboxes answers")

    def answers(self) -> bool:
        try:
            imaplib.IMAP4("127.0.0.1", self.port, timeout=5).shutdown()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    @contextmanager
    def opened(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """The mailbox as its owner's own program sees it."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=PATIENCE)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the end of a letter waits for no answer
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


class Dovecot(MailServer):
    """Debian's; what it keeps outlives it."""

    def __init__(self) -> None:
        # Letters are read by a user who owns nothing else: he must get there.
        self.folder = Path(tempfile.mkdtemp(prefix="vizavi-dovecot-"))
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        shutil.chown(self.folder / "mail", "nobody", "nogroup")
        (self.folder / "users").write_text("".join(f"user{n}:{PASSWORD}\n" for n in range(100)))
        super().__init__()

    def argv(self) -> list[str]:
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)  # of one that was killed
        settings = self.folder / "dovecot.conf"
        settings.write_text(DOVECOT.format(folder=self.folder, port=self.port))
        return ["dovecot", "-F", "-c", str(settings)]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)
