"""`python -m tests.jobs.chaos`: letters go out and come in, and reminders ring, while all that they need is killed.

PostgreSQL, Redis, the workers with what they are doing, the clock, the servers of mail: one of them dies each half
second, and the server that takes letters behaves badly besides. It says what was lost and what went twice, and ends
with 1 where more went twice than was broken off. Where dovecot is not installed, the server of mailboxes lives.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, embedded, nudge
from app.domain.words import ByLetter, LetterKind, LetterState, WireSecurity
from app.extensions import db
from app.factory import create_app
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from app.models.users import Role, User, UserProfile
from app.processes.supervisor import Service
from app.services.mail import outbox
from app.services.mail.incoming import fetching
from app.web.mail import seal
from config import ROOT, Settings
from tests.jobs.letters import copies, letters, write
from tests.ports import free_port
from tests.services.mail.mailboxes import PASSWORD, Dovecot, MailServer, why_no_dovecot

# Leases and pauses of a day in seconds: everything else is production's.
QUICK = """
import sys
from datetime import timedelta
from app.domain.letters import sending
from app.services.mail import outbox, wire
from app.services.mail.incoming import fetching
sending.PAUSES = (timedelta(seconds=1),) * 7
outbox.LEASE, outbox.LEASE_OF_BYTES = timedelta(seconds=10), 10**9
wire.Wire.__init__.__kwdefaults__ = {"limit": 5.0, "timeout": 3.0}
fetching.AT_ONCE = timedelta(0)
from jobs import clock, worker
{"clock": clock, "worker": worker}[sys.argv.pop(1)].main()
"""
READERS = 20  # users whose reminders ring
SAID_EVERY = 15.0  # seconds
LETTER = """From: Client <client@romashka.example>\r
To: firm@vizavi.test\r
Subject: Letter {number}\r
Date: Mon, 23 Nov 2026 10:00:00 +0300\r
Message-ID: <in{number}@romashka.example>\r
\r
Hello, this is letter {number}.\r
"""


class Part:
    """Something that may be killed; it is started again at once."""

    def __init__(self, name: str, argv: Callable[[], Sequence[str]], env: Mapping[str, str], user: Any = None) -> None:
        self.name, self.argv, self.env, self.user = name, argv, env, user
        self.kills = 0
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            self.argv(),
            env=self.env,
            cwd=ROOT,
            stdout=quiet,
            stderr=quiet,
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
            start_new_session=True,
        )

    def revive(self) -> None:
        if self.process.poll() is not None:
            self.process = self.start()

    def under(self) -> list[psutil.Process]:
        """What it has started."""
        return psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []

    def kill(self, chance: random.Random) -> None:
        """Of a pool of workers one, or what one is doing; of the others the whole."""
        whole = [] if self.process.poll() is not None else [psutil.Process(self.process.pid)]
        if self.name == "workers":
            victims = [chance.choice(found)] if (found := self.under()) else []
        else:
            victims = [*whole, *(self.under() if self.name == "mailboxes" else ())]
        for each in victims:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
        self.kills += bool(victims)

    def end(self) -> None:
        for each in self.under():
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.kill()
        self.process.wait()


class Chaos:
    def __init__(self, folder: Path, share: float) -> None:
        os.environ |= {"CRM_DATA_DIR": str(folder), "CRM_DEMO": "0"}
        self.settings = embedded.filled(Settings.from_env())
        self.env = dict(os.environ)
        self.taken, self.port = folder / "taken", free_port()
        self.taken.touch()
        self.parts: dict[str, Part] = {}
        self.servers: dict[str, Part] = {}
        self.servers |= {service.name: self._served(service) for service in embedded.services(Settings.from_env())}
        self._settle()
        subprocess.run([sys.executable, "-m", "flask", "--app", "run", "prepare"], cwd=ROOT, check=True)
        post = ["-m", "tests.services.mail.servers", str(self.port), str(self.taken), str(share)]
        self.servers["post"] = self._python("post", post)

    def begin(self) -> None:
        self.parts = self.servers | {
            "workers": self._python("workers", ["-c", QUICK, "worker", "5", nudge.MAIL]),
            "clock": self._python("clock", ["-c", QUICK, "clock"]),
        }
        self._until(lambda: bool(self.parts["workers"].under()))

    def risk(self, mailboxes: Dovecot) -> None:
        """What it keeps outlives it, so it may be killed."""
        mailboxes.process.kill()
        mailboxes.process.wait()
        self.servers["mailboxes"] = Part("mailboxes", mailboxes.argv, self.env)
        self._until(mailboxes.answers)

    def _python(self, name: str, what: list[str]) -> Part:
        return Part(name, lambda: [sys.executable, *what], self.env)

    def _served(self, service: Service) -> Part:
        def argv() -> Sequence[str]:
            service.prepare()
            return service.argv

        return Part(service.name, argv, {**self.env, **service.env}, service.user)

    def _settle(self) -> None:
        """Start again what is dead; return when the servers answer."""
        self._until(lambda: all(service.ready() for service in embedded.services(Settings.from_env())))

    def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            for part in {**self.servers, **self.parts}.values():
                part.revive()
            time.sleep(0.05)

    def end(self) -> None:
        for part in {**self.servers, **self.parts}.values():
            part.end()

    def waiting(self, coming: int) -> tuple[int, int, int] | None:
        """How many letters are still to go, and to come, and reminders to ring; None while the base is away."""
        address = self.settings.database_url.replace("postgresql+psycopg", "postgresql")
        try:
            with psycopg.connect(address, connect_timeout=2) as connection:
                row = connection.execute(
                    "SELECT (SELECT count(*) FROM outgoing WHERE sent_at IS NULL AND dead_at IS NULL), "
                    "(SELECT count(*) FROM letter WHERE direction = 'in'), "
                    "(SELECT count(*) FROM told_by_letter)"
                ).fetchone()
        except psycopg.OperationalError:
            return None
        assert row is not None
        return int(row[0]), coming - int(row[1]), coming - int(row[2])

    def rage(self, every: float, coming: int, limit: float) -> float:
        """Kill until all has gone and come and rung, or it takes too long; returns the seconds."""
        chance, began, told = random.Random(), time.monotonic(), 0.0
        while time.monotonic() - began < limit:
            left = self.waiting(coming)
            if left == (0, 0, 0):
                break
            if left and time.monotonic() - told > SAID_EVERY:
                told = time.monotonic()
                sys.stderr.write(f"{told - began:.0f} s: to go, to come, to ring: {left}\n")
            with suppress(psutil.NoSuchProcess):
                chance.choice(list(self.parts.values())).kill(chance)
            self._settle()
            self.nudge()
            time.sleep(every)
        return time.monotonic() - began

    def nudge(self) -> None:
        """As edges do after each commit; and as the clock does each minute, which it seldom lives for here."""
        try:
            with redis.Redis.from_url(self.settings.redis_url, socket_timeout=0.5) as broker:
                if not broker.ping():
                    return
        except redis.RedisError:
            return
        nudge.soon(outbox.TASK, nudge.MAIL)
        nudge.soon(fetching.TASK_NOW, nudge.MAIL)
        nudge.soon("jobs.telling.tell", nudge.MAIL)


def fill(app: Flask, chaos: Chaos, post: MailServer, many: int) -> None:
    """Letters and reminders that are due, and as many letters in a shared mailbox."""
    with app.app_context(), Session(db.engine) as session:
        write(session, chaos.port, many)
        # Who may read nothing is told of nothing.
        seller = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
        for number in range(READERS):
            name = f"reader{number}"
            user = User(username=name, first_name=name, last_name="", email=f"{name}@vizavi.test", active=True)
            user.roles = [seller]
            session.add(UserProfile(user=user, by_letter=[ByLetter.REMINDERS.value]))
            contact = Contact(manager=user, subject="Call", starts_at=clock.now() + timedelta(days=1))
            contact.ends_at, contact.prospect = contact.starts_at, "Somebody"
            about = {"user": user, "contact": contact, "zone": "Europe/Moscow", "due_at": clock.now()}
            session.add_all(Reminder(**about, text=f"Ring {each}.") for each in range(number, many, READERS))
        box = Mailbox(
            address="shared@vizavi.test",
            login="user0",
            imap_host="127.0.0.1",
            imap_port=post.port,
            imap_security=WireSecurity.NONE,
            fetch_from=clock.now().date() - timedelta(days=30),
        )
        session.add(box)
        session.flush()
        seal().close(box, PASSWORD)
        session.commit()
    with post.opened("user0") as client:
        for number in range(many):
            client.append("INBOX", "", None, LETTER.format(number=number).encode())


def told(app: Flask, chaos: Chaos, many: int, seconds: float) -> bool:
    """Say what came of it; whether all is as promised."""
    lines = chaos.taken.read_text().splitlines()
    got, printed = copies([line.split("\t")[1:] for line in lines])
    dropped = sum(line.split("\t")[1] == "dropped" for line in lines)
    with app.app_context(), Session(db.engine) as session:
        known = letters(session)
        rows, places = session.execute(
            text(
                "SELECT (SELECT count(*) FROM letter WHERE direction = 'in'), "
                "(SELECT count(DISTINCT uid) FROM letter_place)"
            )
        ).one()
        rung = Counter(
            line
            for words in session.scalars(select(Letter.text).where(Letter.kind == LetterKind.AUTO))
            for line in words.splitlines()
            if line.startswith("Ring ")
        )
        tries = session.scalar(text("SELECT max(attempts) FROM outgoing"))
        unsure = session.scalar(text("SELECT count(*) FROM outgoing WHERE may_have_arrived"))
    states = Counter(str(row.state) for row in known.values())
    lost = [each for each, row in known.items() if row.state is LetterState.SENT and each not in printed]
    unsaid = [each for each, row in known.items() if row.state is LetterState.DEAD and each in printed]
    letters_doubled = len({each.split()[0] for each, times in got.items() if times > 1})
    kills = {part.name: part.kills for part in chaos.parts.values()}
    others = sum(len(prints) > 1 for prints in printed.values())
    said = (
        f"{many} letters out, {many} in, {seconds:.0f} s; killed {sum(kills.values())}: {kills}",
        f"out: {dict(states)}, lost {len(lost)}, went twice {letters_doubled}, of them with other bytes {others};",
        f"     replies that the server dropped {dropped}, most tries of a letter {tries}, may have arrived {unsure},",
        f"     given up though it was taken {len(unsaid)}",
        f"in:  rows {rows}, numbers {places}",
        f"reminders: rung {len(rung)}, lost {many - len(rung)}, twice {sum(rung.values()) - len(rung)}",
    )
    sys.stdout.write("\n".join(said) + "\n")
    rings_once = len(rung) == sum(rung.values()) == many
    is_kept = rings_once and not lost and letters_doubled <= sum(kills.values()) + dropped and rows == places == many
    return is_kept and not others and "waiting" not in states


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.jobs.chaos", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.15, help="share of letters that the server is bad to")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two kills")
    parser.add_argument("--limit", type=float, default=3600.0, help="seconds after which it is given up")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing stays behind
    with tempfile.TemporaryDirectory(prefix="vizavi-chaos-") as folder:
        Path(folder).chmod(0o755)
        chaos = Chaos(Path(folder), asked.faults)
        post = MailServer() if why_no_dovecot() else Dovecot()
        try:
            app = create_app(chaos.settings)
            fill(app, chaos, post, asked.letters)
            if isinstance(post, Dovecot):
                chaos.risk(post)
            with app.app_context():
                chaos.begin()
                seconds = chaos.rage(asked.every, asked.letters, asked.limit)
                db.engine.dispose()  # its connections are dead
            return 0 if told(app, chaos, asked.letters, seconds) else 1
        finally:
            chaos.end()
            post.stop()


if __name__ == "__main__":
    sys.exit(main())
