"""Processes that are forked from one which has loaded what they share."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from app.processes.stem import StemLine
from config import ROOT
from tests.waiting import until

# A stem without the product; each of its processes writes down whose child it is, then does what it is told.
STEM = """
import json, os, sys, time
from pathlib import Path
from app.processes import stem

folder, does, *more = stem.command()
whole = Path(folder, f"{does}.{os.getpid()}")
begun = whole.with_name(f".{os.getpid()}")
begun.write_text(str(os.getppid()))
begun.rename(whole)
if does == "says":
    print("an answer", flush=True)
    print("a warning", file=sys.stderr, flush=True)
    print(os.read(0, 1), os.getsid(0) == os.getpid(), *sorted(os.listdir("/proc/self/fd"))[:-1], flush=True)
elif does == "ends":
    sys.exit(int(more[0]))
elif does == "leaves":
    os.fork()
time.sleep(0 if does == "says" else 600)
"""

# The supervisor's process must be one that adopts, which that of the tests is not.
SUPERVISOR = """
import os, signal, sys, time
from pathlib import Path
from app.processes.journal import Journal
from app.processes.supervisor import Service, Stem, Supervisor

folder, code = Path(sys.argv[1]), sys.argv[2]
supervisor = Supervisor(Journal(folder / "log"))
stem = Stem([sys.executable, "-c", code], {})
supervisor.start(stem)

def service(name, does, *more):
    return Service(name, ["python", "-m", str(folder), does, *more], stem=stem)

def until(true):
    deadline = time.monotonic() + 60
    supervisor.watch(lambda: true() or time.monotonic() > deadline)
    assert true()

def files(does):
    return list(folder.glob(f"{does}.*"))
"""


def supervised(folder: Path, code: str) -> str:
    """What a supervisor that does so writes; every process of it has ended then."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{SUPERVISOR}\ntry:\n{indent(code, '    ')}\nfinally:\n    supervisor.stop()",
            folder,
            STEM,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_forked_is_the_supervisors_and_says_its_lines_under_its_own_name(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
one = service("one", "waits")
supervisor.launch(one)
until(lambda: files("waits"))
assert files("waits")[0].read_text() == str(os.getpid())
assert Path(f"/proc/{one.process.pid}/comm").read_text() == "one\\n"
code, notes = supervisor.do(service("two", "says"))
assert (code, notes) == (0, ["an answer", "b'' True 0 1 2"]), (code, notes)
""",
    )
    assert "two      | a warning" in said


def test_a_forked_process_that_fell_is_told_with_its_code_and_begun_again(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
supervisor.launch(service("one", "ends", "3"))
until(lambda: len(files("ends")) == 2)
""",
    )
    assert "one stopped with code 3; starting it again in 0.5 s" in said


def test_a_killed_stem_takes_nobody_along_and_who_falls_then_comes_from_the_next_one(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
one, two = service("one", "waits"), service("two", "waits")
supervisor.launch(one, two)
was, first = one.process, stem.process.pid
stem.process.kill()
os.kill(two.process.pid, signal.SIGKILL)
until(lambda: stem.process and stem.process.pid != first and two.process and two.process.poll() is None)
assert one.process is was and was.poll() is None
""",
    )
    assert "stem stopped with code -9" in said
    assert "two stopped with code -9" in said


def test_who_falls_while_another_is_forked_is_begun_again_at_once(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
from app.processes import stem as forking

forking.PATIENCE = 60.0
wakes = (
    "import os, signal, sys, time; os.kill(int(sys.argv[1]), signal.SIGCONT);"
    "open(f'{sys.argv[2]}/wakes.{os.getpid()}', 'w').close(); time.sleep(600)"
)
other = Service("other", [sys.executable, "-c", wakes, str(stem.process.pid), str(folder)])
supervisor.launch(other)
until(lambda: files("wakes"))
stem.process.send_signal(signal.SIGSTOP)
os.kill(other.process.pid, signal.SIGKILL)
one = service("one", "waits")
supervisor.launch(one)
assert one.process
""",
    )
    assert "other stopped with code -9" in said


def test_nothing_of_what_a_fallen_process_left_stays_not_even_its_number(tmp_path: Path) -> None:
    supervised(
        tmp_path,
        """
import psutil
one = service("one", "leaves")
supervisor.launch(one)
until(lambda: psutil.Process(one.process.pid).children())
left = psutil.Process(one.process.pid).children()[0]
fell = one.process.pid
os.kill(fell, signal.SIGKILL)
until(lambda: one.process and one.process.pid != fell and not psutil.pid_exists(left.pid))
""",
    )


def test_a_killed_guardian_ends_nobody_and_whoever_falls_is_begun_again(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
import psutil
one = service("one", "waits")
supervisor.launch(one)
until(lambda: one.process)
os.kill(supervisor._guardian, signal.SIGKILL)
until(lambda: not psutil.pid_exists(supervisor._guardian))
fell = one.process.pid
os.kill(fell, signal.SIGKILL)
until(lambda: one.process and one.process.pid != fell)
""",
    )
    assert "one stopped with code -9" in said


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    """A line to a stem without a supervisor, and its process."""
    line = StemLine()
    with subprocess.Popen([sys.executable, "-c", STEM], stdin=line.its, cwd=ROOT) as process:
        line.its.close()
        until(line.is_ready, "it has loaded")
        yield line, process
        line.close()
        process.kill()


def test_an_order_that_nobody_waits_for_any_more_is_not_carried_out(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
import json, psutil, select, socket
from app.processes import stem as forking

def ends_without_having_begun():
    until(lambda: len(psutil.Process().children(recursive=True)) == 2)  # the guardian and the stem
    assert files("waits") == []

forking.PATIENCE = 0.1  # he is gone before there is an answer
stem.process.send_signal(signal.SIGSTOP)
try:
    stem.line.fork(["late", str(folder), "waits"], 1, 2)
except TimeoutError:
    print("too late")
stem.process.send_signal(signal.SIGCONT)
forking.PATIENCE = 60.0
supervisor.do(service("next", "says"))
ends_without_having_begun()

ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # … and before he has read it
order = json.dumps(["unread", str(folder), "waits"]).encode()
socket.send_fds(stem.line._ours, [order], [its.fileno(), 1, 2])
its.close()
select.select([ours], [], [], 60)
ours.close()
ends_without_having_begun()
""",
    )
    assert "too late" in said
    assert "Traceback" not in said


def test_a_stem_that_is_gone_is_an_error_and_no_process(alone: Any, tmp_path: Path) -> None:
    line, process = alone
    process.kill()
    process.wait()
    with pytest.raises(OSError, match=os.strerror(errno.EPIPE)):
        line.fork(["none", str(tmp_path), "waits"], 1, 2)
