"""The gate without the time that Python takes to start: each file is still read by a confined process of its own,
forked from one that has loaded the readers.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from app.processes import gate

LONGEST = 1 << 18  # bytes of an order
ONE_AT_A_TIME = threading.Lock()


class Forked:
    """What the gate asks of the process it begins."""

    def __init__(self, line: socket.socket, file: BinaryIO, order: str) -> None:
        self.line = line
        reads, writes = os.pipe()
        self.stdout = open(reads, "rb")  # noqa: SIM115 - the gate closes it
        with ONE_AT_A_TIME:
            socket.send_fds(line, [json.dumps(["read", order]).encode()], [file.fileno(), writes])
            os.close(writes)
            self.number = int(line.recv(LONGEST))
        self.code: int | None = None

    def kill(self) -> None:
        if self.code is None:
            os.kill(self.number, signal.SIGKILL)

    def wait(self) -> int:
        if self.code is None:
            with ONE_AT_A_TIME:
                self.line.send(json.dumps(["wait", self.number]).encode())
                self.code = int(self.line.recv(LONGEST))
        return self.code


@contextmanager
def readers() -> Iterator[Callable[[BinaryIO, str], Forked]]:
    """What begins a fork for a file, in the place of `gate._begun`."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with subprocess.Popen([sys.executable, "-m", "tests.warm"], stdin=its, stderr=subprocess.DEVNULL, cwd=gate.ROOT):
        its.close()
        with ours:
            yield lambda file, order: Forked(ours, file, order)


def main() -> None:
    for reader in gate.READERS.values():
        importlib.import_module(reader.partition(":")[0])
    line = socket.socket(fileno=0)
    while True:
        asked, files, _flags, _sender = socket.recv_fds(line, LONGEST, 2)
        if not asked:
            return
        what, value = json.loads(asked)
        if what == "wait":
            line.send(str(os.waitstatus_to_exitcode(os.waitpid(value, 0)[1])).encode())
            continue
        if not (number := os.fork()):
            _read(files, value)
        for file in files:
            os.close(file)
        line.send(str(number).encode())


def _read(files: list[int], order: str) -> None:
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.environ["GATE"] = order
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115 - as long as the process lives
    code = 1
    try:
        gate.main()
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
