"""`make disks`: the disk of the data gets full and has room again, then is only read and mended, while somebody saves.

The disk is a file of its own that root mounts. Only read it becomes as the kernel makes it after a fault: no process
can write, and the disk is checked, without the product, before it is mounted again.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from http.client import HTTPException
from pathlib import Path
from typing import Self
from uuid import uuid4

import psycopg

from bench.client import Browser, Form
from bench.place import flask
from bench.soak import MARK, truth, write_down
from bench.soak.meanwhile import Meanwhile
from bench.soak.product import PORT, environment_of, started, until
from config import ROOT

PLACE = ROOT / "var" / "bench" / "disks"
USER = "disks"
SIZE = 1000  # MB
WELL, HELD = 10.0, 40.0  # seconds of each state
BETWEEN = 0.2  # seconds between two forms
BACK = 300.0  # seconds that it may take to come back
LIST = "/counterparties/list/"
TITLE = re.compile(rb"<title>([^<|]*)")


def main() -> None:
    if os.geteuid():
        raise SystemExit("make disks mounts a disk of its own: start it as root")
    for line in tried():
        print(line, flush=True)


def tried() -> Iterator[str]:
    """The report, line by line."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("sent.txt", "saved.txt"):
        (PLACE / name).unlink(missing_ok=True)
    image, disk = PLACE / "disk.img", PLACE / "disk"
    with image.open("wb") as file:
        file.truncate(SIZE << 20)
    command("mkfs.ext4", "-q", "-m", "0", str(image))
    with mounted(image, disk):
        own = environment_of(disk / "var")
        password = secrets.token_urlsafe(12)
        flask("prepare")
        flask("users", "add", USER, "--role", "Commercial director", "--password", password)
        with started(disk / "var", own), Saving(password) as saving:
            yield from saving.during("all is well", WELL)
            filler = filled(disk)
            yield from saving.during("the disk is full", HELD)
            filler.unlink()
            yield f"saved again {saving.back():.1f} s after there was room"
            yield from saving.during("all is well", WELL)
            command("mount", "-o", "remount,abort", str(disk))
            yield from saving.during("the disk is only read", HELD)
            saving.stop()
            began = time.monotonic()
        yield f"stopped in {time.monotonic() - began:.1f} s"
    subprocess.run(["fsck.ext4", "-p", str(image)], check=False, stdout=subprocess.DEVNULL)
    with mounted(image, disk), started(disk / "var", own) as running, Saving(password) as saving:
        saving.back()
        yield from saving.during("the disk is mended", WELL)
        saving.stop()
        with psycopg.connect(running.database, autocommit=True) as connection:
            yield from truth.of_marks(connection, PLACE)
    image.unlink()


@dataclass
class Saving(Meanwhile):
    """One person who saves contacts, and looks at a list after each; `answers`: what came, how often."""

    password: str
    answers: Counter[str] = field(default_factory=Counter)
    last_saved: float = 0.0

    def __enter__(self) -> Self:
        self.browser = Browser(PORT)
        self.browser.log_in(USER, self.password)
        form = Form(self.browser.get("/counterparties/add").body.decode()).values
        self.browser.send("/counterparties/add", form | {"name": f"{MARK}{uuid4().hex}"})
        found = re.search(rb"/counterparties/show/(\d+)", self.browser.get(LIST).body)
        self.client = found[1].decode() if found else ""
        return super().__enter__()

    def go_on(self) -> None:
        while not self.stopped.wait(BETWEEN):
            self.answers[f"saving: {self.saved()}"] += 1
            self.answers[f"the list: {self.asked('GET', LIST)}"] += 1

    def saved(self) -> str:
        mark = MARK + uuid4().hex
        at = datetime.now().replace(microsecond=0).isoformat()[:16]  # noqa: DTZ005 - as people type
        form = {"counterparty": self.client, "subject": mark, "state": "done", "starts_at": at, "ends_at": at}
        page = self.asked("GET", "/contacts/add")
        if page != "200":
            return f"no form: {page}"
        write_down(PLACE / "sent.txt", mark)
        answer = self.asked("POST", "/contacts/add", Form(self.page).values | form)
        if answer == "302":
            write_down(PLACE / "saved.txt", mark)
            self.last_saved = time.monotonic()
        return answer

    def asked(self, method: str, path: str, form: dict[str, str] | None = None) -> str:
        """The status, and of a failure what the page is called."""
        try:
            answer = self.browser.request(method, path, form)
        except (OSError, HTTPException) as error:
            self.browser.connection = None
            return type(error).__name__
        self.page = answer.body.decode()
        title = TITLE.search(answer.body)
        return (
            f"{answer.status} {unescape(title[1].decode()).strip()}"
            if answer.status > 302 and title
            else str(answer.status)
        )

    def during(self, what: str, seconds: float) -> Iterator[str]:
        self.answers.clear()
        time.sleep(seconds)
        for answer, times in sorted(self.answers.items()):
            yield f"{what}: {answer}: {times}"

    def back(self) -> float:
        """Seconds until something is saved."""
        began = time.monotonic()
        until(lambda: self.last_saved > began, "saved again", BACK)
        return self.last_saved - began


@contextmanager
def mounted(image: Path, disk: Path) -> Iterator[None]:
    disk.mkdir(exist_ok=True)
    command("mount", "-o", "loop", str(image), str(disk))
    disk.chmod(0o755)
    try:
        yield
    finally:
        command("umount", str(disk))


def filled(disk: Path) -> Path:
    """A file that takes all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * (1 << 16)):
                pass
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise
    return filler


def command(*words: str) -> None:
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main()
