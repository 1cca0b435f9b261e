"""Letters go out whatever dies on the way: none is lost, and copies are no more than what was broken off."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.words import LetterState
from app.extensions import db
from config import ROOT
from tests.conftest import free_port
from tests.jobs import begun
from tests.jobs.conftest import LOADED, until
from tests.jobs.letters import copies, left, letters, write

pytestmark = pytest.mark.slow

MANY, FEW = 200, 90
# Pauses and leases of a day in a few seconds: everything else is production's.
QUICK = """
import os, time
from datetime import timedelta
from functools import partial
from sqlalchemy import create_engine
from app.domain.letters import sending
from app.services.mail import outbox, wire
from app.services.mail.sealing import Seal
sending.PAUSES = (timedelta(seconds=0.2),) * 7
outbox.LEASE, outbox.LEASE_OF_BYTES = timedelta(seconds=2), 10**9
engine = create_engine(os.environ["CRM_DATABASE_URL"], pool_pre_ping=True)
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

    def stop(self) -> None:
        self.end_server()
        while self.workers:
            self.end_worker()

    def lines(self) -> list[list[str]]:
        return [line.split("\t")[1:] for line in self.taken.read_text().splitlines()]


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
        chance, kills, began = random.Random(7), 0, time.monotonic()
        until(lambda: left(session) < MANY)
        while left(session) and kills < 5 and time.monotonic() - began < 60:
            mail.kill(chance.choice(["server", "worker"]))
            kills += 1
            time.sleep(0.3)
        until(lambda: left(session) == 0)
        known = letters(session)
    got, printed = copies(mail.lines())
    assert kills
    assert {row.state for row in known.values()} == {LetterState.SENT}
    assert set(printed) == set(known)  # none is lost
    assert len(got) == MANY + 2 * len(range(0, MANY, 3))  # nobody was left out
    assert len([each for each, times in printed.items() if len(times) > 1]) == 0  # every copy is the same
    doubled = {each.split()[0] for each, times in got.items() if times > 1}
    assert len(doubled) <= 2 * kills  # one kill of a server breaks off what both workers are giving over


def test_a_server_that_behaves_badly_loses_nothing(committed: Flask, post: Callable[[float], Post]) -> None:
    mail = post(0.3)
    with committed.app_context(), Session(db.engine) as session:
        write(session, mail.port, FEW)
        until(lambda: left(session) == 0)
        known = letters(session)
        refused = set(session.scalars(text("SELECT address FROM letter_party WHERE state = 'refused'")))
    lines = mail.lines()
    got, printed = copies(lines)
    dropped = sum(what == "dropped" for what, *_ in lines)
    dead = {each for each, row in known.items() if row.state is LetterState.DEAD}
    assert all(row.error.startswith(("550", "552")) for each, row in known.items() if each in dead)
    assert set(known) - set(printed) <= dead  # whoever got nothing was refused for good
    reached = {each.split()[1] for each in got}
    everybody = {f"{name}{number}@client.test" for number in range(FEW) for name in ("abc" if number % 3 == 0 else "a")}
    assert everybody - reached <= refused
    assert {len(prints) for prints in printed.values()} == {1}
    doubled = {each.split()[0] for each, times in got.items() if times > 1}
    assert len(doubled) <= dropped
