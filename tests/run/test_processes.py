"""The parts of the supervisor that need no server."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

import run
from app import embedded
from app.processes import postgres, runlock
from app.processes.journal import cleaned, structured
from app.processes.probe import Probe
from app.processes.sockets import LONGEST, Foreign, own_folder, short_folder
from app.processes.supervisor import CannotStart, pause
from config import ROOT, Settings
from jobs import runtime
from tests.run.product import has_word, lives


def test_pauses_grow_and_five_falls_a_minute_are_the_most() -> None:
    assert [pause([0.0] * n, now=0.0) for n in (1, 2, 3, 4)] == [0.5, 1, 2, 4]
    assert pause([0.0, 1.0, 2.0, 4.0, 8.0], now=8.0) == 52  # until the first of the five is a minute old
    assert pause([0.0, 1.0, 2.0, 4.0, 100.0], now=100.0) == 0.5  # a new minute


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("mail to i.petrov@example.com failed", "mail to <e-mail> failed"),
        ("call from +7 (912) 345-67-89 now", "call from <number> now"),
        ("inn 7707083893", "inn <number>"),
        ("DETAIL:  Key (name)=(ООО Ромашка) already exists.", "DETAIL:  Key (name)=(…)"),
        ("Failing row contains (1, Иванов, null).", "Failing row contains (…)"),
        ("GET /call?phone=123 200", "GET /call 200"),
        ("Login Failed for user: ivanov", "Login Failed for user: …"),
        (
            "2026-11-23 15:45:01 Booting worker with pid: 15500 (1)",
            "2026-11-23 15:45:01 Booting worker with pid: 15500 (1)",
        ),
        ("Listening at: http://127.0.0.1:8131 (15497)", "Listening at: http://127.0.0.1:8131 (15497)"),
    ],
)
def test_a_log_line_names_nobody(line: str, kept: str) -> None:
    assert cleaned(line) == kept


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("[r0123456789] ERROR It broke", {"request": "r0123456789", "level": "ERROR", "text": "It broke"}),
        ("[r0123456789] GET / 200", {"request": "r0123456789", "text": "GET / 200"}),
        ("[web r0123456789] LOG:  it took long", {"request": "r0123456789", "level": "LOG", "text": "it took long"}),
        ("INFO The clock runs", {"level": "INFO", "text": "The clock runs"}),
        ("[web] \N{CYRILLIC SMALL LETTER ZHE}", {"text": "[web] \N{CYRILLIC SMALL LETTER ZHE}"}),
        ("", {"text": ""}),
    ],
)
def test_a_log_for_programs_tells_the_parts_of_a_line(line: str, parts: dict[str, str]) -> None:
    told = json.loads(structured("web", line))
    assert datetime.fromisoformat(told.pop("at")).tzinfo
    assert told == {"part": "web", **parts}


@pytest.mark.parametrize(
    ("made", "where"),
    [(run.create_app, "app.factory.create_app"), (runtime.app.__wrapped__, "jobs.runtime.create_app")],
)
def test_garbage_is_never_looked_for_among_what_was_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: Callable[[], object], where: str
) -> None:
    for name, value in {"DATA_DIR": tmp_path, "DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x"}.items():
        monkeypatch.setenv(f"CRM_{name}", str(value))
    loaded = [[n] for n in range(1000)]
    monkeypatch.setattr(where, lambda _settings: loaded)
    frozen = gc.get_freeze_count()
    assert made() is loaded
    assert gc.get_freeze_count() >= frozen + len(loaded)
    assert gc.isenabled()


ONLY_READ = """
import errno, sys
from pathlib import Path
from app.processes.journal import Journal
from app.processes.supervisor import Service, Supervisor

tries = []

def prepare():
    tries.append(len(tries))
    if len(tries) == 2:
        raise OSError(errno.EROFS, "Read-only file system", "/data/postmaster.pid")

supervisor = Supervisor(Journal(Path(sys.argv[1])))
supervisor.start(Service("postgres", [sys.executable, "-c", ""], prepare=prepare))
supervisor.watch(lambda: len(tries) == 3)
supervisor.stop()
"""


def test_what_cannot_be_started_again_on_a_disk_that_is_only_read_is_tried_until_it_can(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ONLY_READ, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "postgres cannot start: /data/postmaster.pid: Read-only file system; starting it again in" in done.stdout


@pytest.mark.parametrize(
    ("number", "helps"),
    [(errno.ENOSPC, "free some room"), (errno.EROFS, "make the disk writable"), (errno.EACCES, "give its folder to")],
)
def test_data_that_cannot_be_written_are_one_line_that_says_what_helps(number: int, helps: str) -> None:
    told = run._unwritten(OSError(number, os.strerror(number), "/data/run.lock"))
    assert told.startswith(f"CRM_DATA_DIR: /data/run.lock: {os.strerror(number)}; {helps}")
    assert told.endswith("set CRM_DATA_DIR to another folder")


def test_a_new_base_is_not_begun_where_there_is_no_room_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "ROOM", 1 << 30)
    with pytest.raises(CannotStart, match=r"a new base needs .* MB are left; free some, or set CRM_DATA_DIR"):
        postgres.Cluster(tmp_path / "var" / "postgres").make()
    assert list((tmp_path / "var").iterdir()) == []


class Gone(io.StringIO):
    """The errors of a process whose starter has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_servers_that_cannot_start_end_quietly_where_nobody_is_left_to_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_services: object, within: float) -> None:
        raise CannotStart("no room")

    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(embedded.Supervisor, "start", start)
    monkeypatch.setattr(sys, "stderr", Gone())
    assert embedded.keep() == 1
    assert "no room" in (tmp_path / "log" / "vizavi.log").read_text()


def test_the_pipe_of_servers_that_have_started_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keepers: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def started(_argv: object, **how: Any) -> subprocess.Popen[bytes]:
        keepers.append(begin([sys.executable, "-c", ""], stderr=how["stderr"]))
        return keepers[0]

    monkeypatch.setattr(embedded, "services", lambda _settings: [SimpleNamespace(ready=lambda: keepers)])
    monkeypatch.setattr(embedded.subprocess, "Popen", started)
    monkeypatch.setattr(embedded.atexit, "register", lambda *_given: None)
    embedded.use(Settings.from_env({"CRM_DATA_DIR": str(tmp_path)}))
    os.close(embedded._used.pop(tmp_path))
    (keeper,) = keepers
    assert keeper.wait() == 0
    assert keeper.stderr is not None
    assert keeper.stderr.closed


CLOSED_MEMORY = """
import os, runpy

os.access = lambda path, _mode: path != "/dev/shm"
print(runpy.run_path("gunicorn.conf.py")["worker_tmp_dir"])
"""


def test_memory_that_is_closed_to_the_user_is_not_needed_by_the_web_server(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path), "CRM_DATA_DIR": str(tmp_path)}
    told = subprocess.check_output([sys.executable, "-c", CLOSED_MEMORY], cwd=ROOT, env=env, text=True)
    assert told.strip() == str(tmp_path)


def test_a_deep_folder_gets_a_short_path_for_sockets_always_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("д" * 60)
    assert short_folder(tmp_path) == tmp_path
    assert short_folder(deep) == short_folder(deep)
    assert len(os.fsencode(short_folder(deep) / ".s.PGSQL.5432")) <= LONGEST


@pytest.mark.parametrize("name", ["Рабочий стол", "a\tb", "a=b", 'the "new" one', "it's"])
def test_what_is_told_of_a_socket_can_be_read_whatever_the_folder_is_called(name: str) -> None:
    pair = f"laddr={short_folder(Path('/home/anna') / name)}"  # as Redis tells it, between blanks
    assert len(pair.split()) == 1
    assert pair.count("=") == 1
    assert short_folder(Path("/home/Анна/vizavi/var/redis")) == Path("/home/Анна/vizavi/var/redis")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_that_somebody_else_made_is_not_used_for_sockets(tmp_path: Path) -> None:
    folder = tmp_path / "sockets"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(Foreign):
        own_folder(folder, os.geteuid())


def test_the_run_lock_ends_with_the_process_that_took_it(tmp_path: Path) -> None:
    code = f"from app.processes import runlock; from pathlib import Path; runlock.take(Path({str(tmp_path)!r}), 'x'); "
    waiting = subprocess.Popen(
        [sys.executable, "-c", code + "print(flush=True); input()"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert waiting.stdout is not None
    waiting.stdout.readline()
    assert runlock.take(tmp_path, "y") is None
    assert runlock.holder(tmp_path) == runlock.Holder(waiting.pid, "x")
    waiting.kill()
    waiting.communicate()
    assert runlock.take(tmp_path, "y") is not None


def test_a_process_may_end_while_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = psutil.Process(started.pid)
    assert lives(process)
    assert has_word(process, "input()")
    started.communicate()
    monkeypatch.setattr(psutil.Process, "is_running", lambda _process: True)  # as it was a moment ago
    assert not lives(process)
    assert not has_word(process, "input()")


def test_a_web_server_that_starts_is_asked_once_and_again_only_after_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        probe = Probe("127.0.0.1", listening.getsockname()[1], "/readyz")
        for said in (b"", b"no web server\r\n\r\n", b"HTTP/1.1 503 Busy\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
            assert [probe() for _ in range(3)] == [False] * 3
            asked, _address = listening.accept()
            with asked:
                assert asked.recv(1000).startswith(b"GET /readyz HTTP/1.1\r\n")
                asked.sendall(said)
            assert select.select([listening], [], [], 0)[0] == []
            assert probe() is (b" 200 " in said)
    assert not probe()
