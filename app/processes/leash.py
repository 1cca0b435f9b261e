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

import psutil

PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def follow_parent(stop_signal: int) -> None:
    """Receive the signal when the parent of this process dies."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, stop_signal)


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
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return found


def end(sessions: Mapping[int, int], patience: float, meanwhile: Callable[[], None] = lambda: time.sleep(0.05)) -> None:
    """Send the leader of each session its signal; after `patience` seconds nothing of the sessions is left."""
    deadline = time.monotonic() + patience
    for leader, stop_signal in sessions.items():
        _send(leader, stop_signal)
    while left := members(sessions):
        if time.monotonic() > deadline:
            for process in left:
                _send(process.pid, signal.SIGKILL)
        meanwhile()


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def guardian(patience: float) -> tuple[int, int]:
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
    told = b""
    while chunk := os.read(hears, 65536):  # ends when the supervisor ends, in whatever way
        told += chunk
    sessions: dict[int, int] = {}
    for line in told.decode().splitlines():
        leader, stop_signal = map(int, line.split())
        sessions[leader] = stop_signal
    end({leader: number for leader, number in sessions.items() if number}, patience)
    os._exit(0)
