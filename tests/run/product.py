"""The product as a person starts it: a process of its own, on its own data folder and port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from config import ROOT
from tests.waiting import PATIENCE, until

FORKED = {"worker", "mail", "clock"}  # whose command is that of the stem


def lives(process: psutil.Process) -> bool:
    """A number that another process has got meanwhile is not this one; it may end while it is looked at."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def has_word(process: psutil.Process, word: str) -> bool:
    """Whether this is its name or stands in its own command; one that has ended meanwhile has none."""
    with suppress(psutil.NoSuchProcess):
        name = process.name()
        return word == name or (name not in FORKED and word in process.cmdline())
    return False


class Product:
    def __init__(self, data_dir: Path, port: int, **settings: str) -> None:
        self.data_dir, self.port = data_dir, port
        self.env = {**os.environ, "CRM_DATA_DIR": str(data_dir), "CRM_PORT": str(port), "CRM_DEMO": "0", **settings}
        self.process: subprocess.Popen[str] | None = None
        self.said = ""

    def launch(self, console: int | IO[str], parent: Sequence[str] = (), **settings: str) -> None:
        """Begin to start; what it says goes to the console."""
        self.process = subprocess.Popen(
            [*parent, sys.executable, *(() if parent else ("run.py",))],
            cwd=ROOT,
            env={**self.env, **settings},
            stdout=console,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, parent: Sequence[str] = (), **settings: str) -> None:
        """Start, as a child of the `parent` command if one is given, and wait until it says that it is ready."""
        output = self.data_dir.parent / f"{self.data_dir.name}.out"
        with output.open("w") as file:
            self.launch(file, parent, **settings)

        def ready() -> bool:
            self.said = output.read_text()
            assert self.process is not None
            assert self.process.poll() is None, self.said
            return "Ctrl-C stops it" in self.said

        until(ready, "ready")

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        return (self.data_dir / "log" / "vizavi.log").read_text()

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def processes(self) -> list[psutil.Process]:
        """What runs on this data folder, whoever started it."""
        mark, found = str(self.data_dir), []
        for process in psutil.process_iter(["cmdline"]):  # which a failed test shows
            try:
                if process.environ().get("CRM_DATA_DIR") == mark and lives(process):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def child(self, name: str) -> psutil.Process:
        """Of that name; one that has just fallen is on its way again."""
        assert self.process is not None
        run = psutil.Process(self.process.pid)
        found: psutil.Process = until(
            lambda: next((each for each in run.children() if has_word(each, name) and lives(each)), None), name
        )
        return found

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def readiness(self) -> dict[str, str]:
        checks: dict[str, str] = json.loads(self.get("/readyz")[1])
        return checks

    def command(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "run", *arguments],
            cwd=ROOT,
            env={**self.env, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def once_more(self, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "run.py"],
            cwd=ROOT,
            env={**self.env, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
