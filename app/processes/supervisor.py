"""Runs several processes as one: starts in order, one log, restarts what falls, and nothing is left (see leash)."""

from __future__ import annotations

import contextlib
import os
import pwd
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

from app.processes import leash
from app.processes.journal import Journal
from app.processes.leash import Farewell
from app.processes.stem import Forked, StemLine

Process = subprocess.Popen[bytes] | Forked
MOST_FALLS = 5  # a minute
LONGEST_PAUSE = 16.0
LONGEST_LINE = 16384  # bytes kept of a line while its end is awaited; the journal cuts it shorter still


class CannotStart(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The product cannot start; the text says why in one line."""


def trouble_of(problem: OSError) -> str:
    """Which file, if it is one's, and why."""
    return f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem.strerror)


class Stopped(Exception):  # noqa: N818
    """Somebody asked to stop."""


@dataclass(eq=False)
class Service:
    """One process: how to start it, how to know that it works, how to stop it."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    prepare: Callable[[], None] = lambda: None  # before every start
    env: Mapping[str, str] = field(default_factory=dict)
    user: pwd.struct_passwd | None = None
    farewell: Farewell = field(default_factory=Farewell)
    pass_fds: Sequence[int] = ()
    ends_first: bool = False  # those behind it stay until it has handed out what they say
    stem: Stem | None = None  # forked from it, with its environment, where there is one
    stdin: socket.socket | None = None
    process: Process | None = None
    falls: list[float] = field(default_factory=list)
    due: float = 0.0


class Stem(Service):
    """One from which others are forked (see app.processes.stem)."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        super().__init__("stem", argv, ready=lambda: self.line.is_ready(), prepare=self._new_line, env=env)
        self.line = StemLine()

    def _new_line(self) -> None:
        self.line.close()
        self.line = StemLine()
        self.stdin = self.line.its


def pause(falls: Sequence[float], now: float) -> float:
    """Seconds to wait before the next start: longer after each fall, and at most five starts a minute."""
    recent = [at for at in falls if at > now - 60]
    growing = min(2.0 ** (len(recent) - 2), LONGEST_PAUSE)
    return max(growing, recent[-MOST_FALLS] + 60 - now) if len(recent) >= MOST_FALLS else growing


class Supervisor:
    """Processes in waves: those of one wave begin together."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.waves: list[tuple[Service, ...]] = []
        self.asked_to_stop = False
        self._selector = selectors.DefaultSelector()
        self._unfinished: dict[int, bytes] = {}
        self._guardian, self._wire = leash.guardian()
        leash.adopt()  # those that a stem forks
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def start(self, *services: Service, within: float = 60.0) -> None:
        """Start them together and return when all are ready."""
        self.launch(*services)
        self.wait(*services, within=within)

    def launch(self, *services: Service) -> None:
        """Begin a wave; what is forked from a stem may begin later, when that is there."""
        self.waves.append(services)
        for service in services:
            if service.stem:
                self._revive(service, time.monotonic())
            else:
                self._launch(service)

    def wait(self, *services: Service, within: float = 60.0) -> None:
        """Return when they are ready; refuses to go on without one that stops or takes too long."""
        deadline = time.monotonic() + within
        for service in services:
            while not service.ready():
                if service.process is not None and service.process.poll() is not None:
                    self._drain()
                    raise CannotStart(f"{service.name} stopped with code {service.process.returncode} while starting")
                if time.monotonic() > deadline:
                    raise CannotStart(f"{service.name} is not ready after {within:.0f} seconds")
                time.sleep(0.03)
                self._listen(0.02)

    def do(self, task: Service) -> tuple[int, list[str]]:
        """Run a command to its end: its code and what it printed; its errors go to the log."""
        said: list[str] = []
        wave = (task,)
        self.waves.append(wave)
        try:
            process = self._launch(task, said)
        except OSError as problem:
            raise CannotStart(f"{task.name} cannot start: {trouble_of(problem)}") from None
        while (code := process.poll()) is None:
            self._listen(0.1)
        self._drain()
        self._forget(process)
        self.waves.remove(wave)
        return code, said

    def watch(self, done: Callable[[], bool] = lambda: False) -> None:
        """Restart what falls until somebody asks to stop, or it is done."""
        with contextlib.suppress(Stopped):
            while not done():
                self._listen(0.2)
                for service in self._services():
                    self._revive(service, time.monotonic())
                self._bury()

    def stop(self) -> None:
        """End every process; those of the first wave, on which the others stand, after the others."""
        self.asked_to_stop = True
        later = [service for wave in self.waves[1:] for service in wave]
        first, then = ([s for s in later if s.ends_first is early] for early in (True, False))
        for wave in (first, then, *self.waves[:1]):
            running = {s.process: s.farewell for s in wave if s.process is not None}
            leash.end({process.pid: farewell for process, farewell in running.items()}, self._listen_on)
            for process in running:
                process.wait()
                self._forget(process)
        self._drain()
        os.close(self._wire)
        with contextlib.suppress(ChildProcessError):  # it was killed
            os.waitpid(self._guardian, 0)
        self.journal.close()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.asked_to_stop = True

    def _launch(self, service: Service, said: list[str] | None = None) -> Process:
        service.prepare()
        process, pipes = self._forked(service, service.stem, said) if service.stem else self._begun(service, said)
        service.process = process
        self._tell(leash.wire_line(process.pid, service.farewell))
        for pipe, lines in zip(pipes, (said, None), strict=False):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, (service.name, lines))
        return process

    def _forked(self, service: Service, stem: Stem, said: list[str] | None) -> tuple[Process, list[IO[bytes]]]:
        ends = [os.pipe() for _each in range(1 if said is None else 2)]
        pipes: list[IO[bytes]] = [open(reads, "rb") for reads, _writes in ends]  # noqa: SIM115 - closed at their ends
        writes = [writes for _reads, writes in ends]
        try:
            command = [service.name, *service.argv[2:]]
            return stem.line.fork(command, writes[0], writes[-1], self._look_after_others), pipes
        except (OSError, Stopped):
            for pipe in pipes:
                pipe.close()
            raise
        finally:
            for descriptor in writes:
                os.close(descriptor)

    def _services(self) -> Iterator[Service]:
        return chain.from_iterable(self.waves)

    def _look_after_others(self) -> None:
        """While one is forked: pass on what is said, and restart what fell and needs no stem."""
        self._listen(0)
        for service in self._services():
            if service.stem is None and (service.process or service.falls):
                self._revive(service, time.monotonic())

    def _begun(self, service: Service, said: list[str] | None) -> tuple[Process, list[IO[bytes]]]:
        process = subprocess.Popen(
            service.argv,
            stdin=service.stdin.fileno() if service.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if said is None else subprocess.PIPE,
            env={**os.environ, **service.env},
            user=service.user.pw_uid if service.user else None,
            group=service.user.pw_gid if service.user else None,
            extra_groups=[] if service.user else None,
            start_new_session=True,
            umask=0o077,  # what they write is for their owner alone
            pass_fds=service.pass_fds,
            preexec_fn=leash.tied(service.farewell.number),
        )
        if service.stdin:
            service.stdin.close()
        return process, [pipe for pipe in (process.stdout, process.stderr) if pipe]

    def _forget(self, process: Process) -> None:
        self._tell(leash.wire_line(process.pid, None))

    def _tell(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # the guardian was killed; the kernel still tells each of our end
            os.write(self._wire, line)

    def _bury(self) -> None:
        """Those that are known are polled; others, whose parents ended before them, ended unheard."""
        known = {each.process.pid for each in self._services() if each.process}
        with contextlib.suppress(ChildProcessError):  # there are none at all
            while dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if dead.si_pid in known:
                    return
                os.waitpid(dead.si_pid, 0)

    def _revive(self, service: Service, now: float) -> None:
        if service.process is not None and (code := service.process.poll()) is not None:
            leash.end({service.process.pid: Farewell(0, patience=0)})  # what it leaves of its session
            self._forget(service.process)
            service.process = None
            self._put_off(service, now, f"stopped with code {code}")
        if service.process is None and service.due <= now and (service.stem is None or service.stem.ready()):
            try:
                self._launch(service)
            except OSError as problem:  # its disk is full, or only read
                self._put_off(service, now, f"cannot start: {trouble_of(problem)}")

    def _put_off(self, service: Service, now: float, why: str) -> None:
        service.falls = [*service.falls, now][-MOST_FALLS:]
        wait = pause(service.falls, now)
        service.due = now + wait
        self.journal.write("run", f"{service.name} {why}; starting it again in {wait:.1f} s")

    def _listen(self, seconds: float) -> None:
        """Pass on what the processes say, for at most so long."""
        self._listen_on(seconds)
        if self.asked_to_stop:
            raise Stopped

    def _listen_on(self, seconds: float = 0.05) -> None:
        for key, _ in self._selector.select(seconds):
            self._read(key)

    def _drain(self) -> None:
        while ready := self._selector.select(0):
            for key, _ in ready:
                self._read(key)

    def _read(self, key: selectors.SelectorKey) -> None:
        name, said = key.data
        pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
        chunk = os.read(key.fd, 65536)
        *lines, rest = (self._unfinished.pop(key.fd, b"") + chunk).split(b"\n")
        if chunk:
            self._unfinished[key.fd] = rest[:LONGEST_LINE]
        else:
            self._selector.unregister(pipe)
            pipe.close()
            lines += [rest] if rest else []
        for line in lines:
            text = line[:LONGEST_LINE].decode("utf-8", "replace").rstrip()
            if said is None:
                self.journal.write(name, text)
            else:
                said.append(text)
