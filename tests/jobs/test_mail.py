"""Letters go out whatever dies on the way: none is lost, and copies are no more than what was broken off."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import redis
from aiosmtpd.smtp import SMTP, Envelope
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.words import LetterState
from app.extensions import db
from config import ROOT
from jobs import runtime
from tests.jobs import begun
from tests.jobs.conftest import LOADED, Start, end
from tests.jobs.letters import copies, left, letters, write
from tests.ports import free_port
from tests.services.mail.servers import Handler, running
from tests.waiting import until

pytestmark = pytest.mark.slow

MANY, FEW = 200, 90
CARRIES = "carries letters"
# Pauses of a day in a moment, and a server that does not answer is soon given up; everything else is production's.
QUICK = f"""
import os, time
from datetime import timedelta
from functools import partial
from sqlalchemy import create_engine
from app.domain.letters import sending
from app.services.mail import outbox, wire
from app.services.mail.sealing import Seal
sending.PAUSES = (timedelta(seconds=0.2),) * 7
engine = create_engine(
    os.environ["CRM_DATABASE_URL"], pool_pre_ping=True, connect_args={{"application_name": {CARRIES!r}}}
)
drain = outbox.Drain(engine, Seal("of nobody"), None, wire=partial(wire.Wire, limit=1.0, timeout=0.6))
while True:
    drain.run()
    time.sleep(0.05)
"""


class Post:
    """A server that takes letters in a process of its own, and workers that carry them: all may be killed."""

    def __init__(self, app: Flask, folder: Path, share: float) -> None:
        self.app, self.share = app, share
        self.port, self.taken = free_port(), folder / "taken"
        self.taken.touch()
        settings = app.config["CRM"]
        self.env = {**os.environ, "CRM_DATABASE_URL": settings.database_url}
        self.server = self.serve()
        self.workers = [self.work() for _ in range(2)]

    def serve(self) -> subprocess.Popen[bytes]:
        asked = ["tests.services.mail.servers", str(self.port), str(self.taken), str(self.share)]
        quiet = subprocess.DEVNULL
        return subprocess.Popen([sys.executable, "-m", *asked], env=self.env, cwd=ROOT, stdout=quiet, stderr=quiet)

    def work(self) -> BaseProcess:
        process = LOADED.Process(target=begun.script, args=(QUICK, self.env))
        process.start()
        return process

    def kill(self, what: str) -> None:
        if what == "server":
            self.end_server()
            self.server = self.serve()
        else:
            self.end_worker()
            self.workers.append(self.work())

    def end_server(self) -> None:
        self.server.kill()
        self.server.wait()

    def end_worker(self) -> None:
        worker = self.workers.pop(0)
        worker.kill()
        worker.join()

    def renew_workers(self, session: Session) -> int:
        """As hours later: the leases of those who died, and all die now, are over. Gives how many died."""
        died = len(self.workers)
        while self.workers:
            self.end_worker()
        until(lambda: not carrying(session), "what they told the base is over")
        session.execute(text("UPDATE outgoing SET next_try_at = clock_timestamp() WHERE lease_by IS NOT NULL"))
        session.commit()
        self.workers = [self.work() for _ in range(died)]
        return died

    def stop(self) -> None:
        self.end_server()
        while self.workers:
            self.end_worker()

    def lines(self) -> list[list[str]]:
        return [line.split("\t")[1:] for line in self.taken.read_text().splitlines()]


def carrying(session: Session) -> int:
    """How many connections of workers the base has."""
    session.rollback()
    mine = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND datname = current_database()")
    return session.scalar(mine, {"name": CARRIES}) or 0


@pytest.fixture
def post(committed: Flask, tmp_path: Path) -> Iterator[Callable[[float], Post]]:
    opened: list[Post] = []

    def open_post(share: float) -> Post:
        opened.append(Post(committed, tmp_path, share))
        return opened[0]

    yield open_post
    for each in opened:
        each.stop()


def test_nothing_is_lost_when_workers_and_servers_are_killed(committed: Flask, post: Callable[[float], Post]) -> None:
    mail = post(0.0)
    with committed.app_context(), Session(db.engine) as session:
        write(session, mail.port, MANY)
        chance, killed = random.Random(7), list[str]()
        until(lambda: left(session) < MANY)
        while left(session) and len(killed) < 5:
            killed.append(chance.choice(["server", "worker"]))
            mail.kill(killed[-1])
            time.sleep(0.3)
        assert killed
        workers = killed.count("worker") + mail.renew_workers(session)
        until(lambda: left(session) == 0)
        known = letters(session)
    got, printed = copies(mail.lines())
    assert {row.state for row in known.values()} == {LetterState.SENT}
    assert set(printed) == set(known)  # none is lost
    assert len(got) == MANY + 2 * len(range(0, MANY, 3))  # nobody was left out
    assert len([each for each, times in printed.items() if len(times) > 1]) == 0  # every copy is the same
    assert len(doubled(got) - unanswered(known)) <= 2 * workers


def doubled(got: Counter[str]) -> set[str]:
    """Letters that somebody got more than once."""
    return {each.split()[0] for each, times in got.items() if times > 1}


def unanswered(known: dict[str, Any]) -> set[str]:
    """Letters that a server was given and did not answer for: it may have them."""
    return {each for each, row in known.items() if row.may_have_arrived}


def test_a_server_that_behaves_badly_loses_nothing(committed: Flask, post: Callable[[float], Post]) -> None:
    mail = post(0.3)
    with committed.app_context(), Session(db.engine) as session:
        write(session, mail.port, FEW)
        until(lambda: left(session) == 0)
        known = letters(session)
        refused = set(session.scalars(text("SELECT address FROM letter_party WHERE state = 'refused'")))
    got, printed = copies(mail.lines())
    dead = {each for each, row in known.items() if row.state is LetterState.DEAD}
    assert all(row.error.startswith(("550", "552")) for each, row in known.items() if each in dead)
    assert set(known) - set(printed) <= dead  # whoever got nothing was refused for good
    reached = {each.split()[1] for each in got}
    everybody = {f"{name}{number}@client.test" for number in range(FEW) for name in ("abc" if number % 3 == 0 else "a")}
    assert everybody - reached <= refused
    assert {len(prints) for prints in printed.values()} == {1}
    assert doubled(got) <= unanswered(known)


class Thinking(Handler):
    """Takes a letter, and says so when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        while not self.let_go.is_set():
            await asyncio.sleep(0.01)
        return said


def test_a_worker_that_is_told_to_end_waits_for_the_answer_to_its_letter_and_begins_no_other(
    committed: Flask, start: Start, broker: redis.Redis
) -> None:
    server = Thinking()
    controller = running(server)
    try:
        with committed.app_context(), Session(db.engine) as session:
            write(session, server.port, 3)
            worker = start("jobs.worker", "1", "mail")
            until(lambda: server.taken)
            assert worker.pid
            os.kill(worker.pid, signal.SIGTERM)
            until(lambda: any(broker.hget(each, "shutdown_requested_date") for each in broker.smembers("rq:workers")))
            server.let_go.set()
            end(worker, 0)
            assert worker.exitcode == 0
            assert len(server.taken) == 1
            sent = {message_id for message_id, row in letters(session).items() if row.state is LetterState.SENT}
            assert sent == {server.taken[0][0]}
            due = text("SELECT count(*) FROM outgoing WHERE next_try_at <= clock_timestamp() AND sent_at IS NULL")
            assert session.scalar(due) == 2  # the next worker need not wait until a lease is over
    finally:
        server.let_go.set()
        controller.stop()


def test_who_waits_for_the_end_of_a_process_hears_of_it_when_the_shift_is_over() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        with runtime.Shift(60) as shift:
            assert not shift.is_over()
            signal.raise_signal(signal.SIGTERM)
            assert shift.is_over()
            assert not heard
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
