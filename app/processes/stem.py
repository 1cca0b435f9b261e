"""Processes that share what is loaded: forked from one that loaded it once, and as much the supervisor's as any other.

That one, the stem, has no connection, no thread and no handler of signals. It forks twice and the one in between ends,
so that the kernel gives the new process to the supervisor (see `leash.adopt`): it hears of its end and knows its code,
and a stem that is killed takes nobody along.

An order is a datagram: a name, a module and its arguments, with three descriptors: the line to answer on, the
standard output and the standard error. The answer is the number of the new process, or minus what the kernel says
against it; the new process begins its work when it hears that the answer was heard.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence

from app.processes import leash

LONGEST = 4096  # bytes of an order
PATIENCE = 10.0  # seconds for a fork on a busy machine
LOOK = 0.05  # seconds
HEARD = b"heard"


class Forked:
    """As much of `subprocess.Popen` as the supervisor asks of a process, here of one that the stem forked for it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._waited(os.WNOHANG)

    def wait(self) -> int | None:
        return self._waited(0)

    def _waited(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class StemLine:
    """From the supervisor to one stem, for the life of that one, which has `its` end as its standard input."""

    def __init__(self) -> None:
        self._ours, self.its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setblocking(False)
        self._is_ready = False

    def is_ready(self) -> bool:
        """Whether the stem has loaded what others are to share."""
        if not self._is_ready:
            with contextlib.suppress(OSError):
                self._is_ready = self._ours.recv(1) != b""
        return self._is_ready

    def fork(
        self, command: Sequence[str], output: int, errors: int, meanwhile: Callable[[], None] = lambda: None
    ) -> Forked:
        """A process that does what the command says (see `command`); OSError when the stem does not give one.

        On a busy machine it takes seconds: `meanwhile` is called between looks at whether it is there.
        """
        answers, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with answers:
            with its:
                socket.send_fds(self._ours, [json.dumps(command).encode()], [its.fileno(), output, errors])
            number, deadline = -errno.ETIMEDOUT, time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                if select.select([answers], [], [], LOOK)[0]:
                    number = int(answers.recv(LONGEST) or -errno.ECONNRESET)
                    break
                meanwhile()
            if number < 0:
                raise OSError(-number, os.strerror(-number))
            answers.send(HEARD)
        return Forked(number)

    def close(self) -> None:
        self._ours.close()
        self.its.close()


def command() -> list[str]:
    """In the stem: fork for each order. In the process that was forked: the module to run, and its arguments."""
    line = socket.socket(fileno=os.dup(0))
    _put(os.open(os.devnull, os.O_RDONLY), 0)
    supervisor = os.getppid()
    line.send(b"ready")
    while True:
        order, descriptors, _flags, _sender = socket.recv_fds(line, LONGEST, 3)
        if not order:
            sys.exit()
        answers, output, errors = socket.socket(fileno=descriptors[0]), *descriptors[1:]
        with answers:
            is_new = _forked(answers, supervisor)
        if is_new:
            line.close()
            _put(output, 1)
            _put(errors, 2)
            name, *asked = json.loads(order)
            leash.be_called(name)
            return asked
        os.close(output)
        os.close(errors)


def _forked(answers: socket.socket, supervisor: int) -> bool:
    """True in the new process."""
    try:
        between = os.fork()
    except OSError as problem:
        _answer(answers, -(problem.errno or errno.EAGAIN))
        return False
    if between:
        os.waitpid(between, 0)
        return False
    try:
        between = os.getpid()
        if os.fork():
            os._exit(0)
    except OSError as problem:
        _answer(answers, -(problem.errno or errno.EAGAIN))
        os._exit(1)
    os.setsid()
    while os.getppid() == between:
        time.sleep(0.001)
    leash.follow_parent(signal.SIGTERM)
    if os.getppid() != supervisor or not _is_heard(answers):
        os._exit(1)
    return True


def _is_heard(answers: socket.socket) -> bool:
    """Also False where nobody waits for the number of this process any more, or goes without having read it."""
    _answer(answers, os.getpid())
    with contextlib.suppress(OSError):
        return answers.recv(LONGEST) == HEARD
    return False


def _answer(answers: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        answers.send(str(number).encode())


def _put(descriptor: int, place: int) -> None:
    os.dup2(descriptor, place)
    os.close(descriptor)
