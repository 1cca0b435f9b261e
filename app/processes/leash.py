"""Nothing is left behind: processes end with the one that started them, however it ends.

The kernel tells each of them that its parent died (on Linux); a guardian,
forked before them, then ends what is left of their sessions: a job's own
children, and whoever does not listen.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def follow_parent(stop_signal: int) -> None:
    """Receive the signal when the parent of this process dies."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, stop_signal)


def adopt() -> None:
    """Be the parent of those whose own parent, a process under this one, ends before them."""
    if _prctl is not None:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def be_called(name: str) -> None:
    """What `ps` and `top` show of this process: 15 bytes."""
    if _prctl is not None:
        _prctl(PR_SET_NAME, name.encode())


def tied(stop_signal: int) -> Callable[[], None]:
    """For the child, before exec: receive the signal when the parent dies."""
    parent = os.getpid()

    def tie() -> None:
        follow_parent(stop_signal)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def members(sessions: Container[int]) -> list[psutil.Process]:
    """The living processes of these sessions: their leaders, the children and theirs."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            if os.getsid(pid) in sessions and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@dataclass(frozen=True)
class Farewell:
    """How a process is asked to end, and how many seconds it may take."""

    number: int = int(signal.SIGTERM)
    patience: float = 10.0


def end(sessions: Mapping[int, Farewell], meanwhile: Callable[[], None] = lambda: time.sleep(0.05)) -> None:
    """Ask the leader of each session to end; when its time is over nothing of the session is left."""
    began = time.monotonic()
    for leader, farewell in sessions.items():
        _send(leader, farewell.number)
    while left := members(sessions):
        for process in left:
            with contextlib.suppress(ProcessLookupError, KeyError):
                if time.monotonic() - began > sessions[os.getsid(process.pid)].patience:
                    _send(process.pid, signal.SIGKILL)
        meanwhile()


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def guardian() -> tuple[int, int]:
    """A process that outlives this one only to end what this one started; and the wire that tells it what to end."""
    hears, says = os.pipe()
    pid = os.fork()
    if pid:
        os.close(hears)
        return pid, says
    os.setsid()
    os.close(says)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    heard = b""
    while chunk := os.read(hears, 65536):  # ends when the supervisor ends, in whatever way
        heard += chunk
    sessions: dict[int, Farewell | None] = {}
    for line in heard.decode().splitlines():
        leader, asked, patience = line.split()
        sessions[int(leader)] = Farewell(int(asked), float(patience)) if int(asked) else None
    end({leader: farewell for leader, farewell in sessions.items() if farewell})
    os._exit(0)


def wire_line(leader: int, farewell: Farewell | None) -> bytes:
    """What the guardian is to hear when a session begins, and (None) when it is over and its number is free."""
    return f"{leader} {int(farewell.number) if farewell else 0} {farewell.patience if farewell else 0}\n".encode()
