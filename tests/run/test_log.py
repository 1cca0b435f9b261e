"""The log costs a line what it is long, holds up nobody, and repeats no value."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.processes import lines
from app.processes.journal import Journal, cleaned
from config import ROOT

MEGABYTE = 1_000_000
HEAVY = {
    "letters": "x" * MEGABYTE,
    "digits": "1" * MEGABYTE,
    "spaced digits": "1 " * (MEGABYTE // 2),
    "brackets": "(" * MEGABYTE,
    "keys": "Key (" * (MEGABYTE // 5),
    "key ends": "Key ()=(" * (MEGABYTE // 8),
    "addresses": "GET /" * (MEGABYTE // 5),
    "e-mails": "a@" * (MEGABYTE // 2),
    "domains": "a@" + "b." * (MEGABYTE // 2),
    "domain letters": "a@" + "b" * MEGABYTE,
}


@pytest.mark.parametrize("kind", HEAVY)
def test_a_megabyte_in_one_line_is_cleaned_in_ten_milliseconds(kind: str) -> None:
    best = min(_seconds(lambda: cleaned(HEAVY[kind])) for _ in range(5))
    assert best < 0.01
    assert len(cleaned(HEAVY[kind])) < 3000


def _seconds(work: Callable[[], object]) -> float:
    """Of this thread alone, however busy the machine is."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_a_full_pipe_drops_lines_and_tells_how_many(pipe: tuple[int, int]) -> None:
    reads, writes = pipe
    log = logging.Logger("test")
    log.addHandler(lines.Handler(writes))
    for _ in range(500):
        log.warning("ж" * 1900)  # nobody reads: a handler that waits would stay here for ever
    read = b""
    while len(read) < 60_000:
        read += os.read(reads, 65536)
    log.warning("once more")
    said = (read + os.read(reads, 65536)).decode().splitlines()
    whole = [line for line in said if line == "WARNING " + "ж" * 1900]
    told = [int(line.split()[0]) for line in said if line.endswith("lines were dropped: nobody read them in time")]
    assert len(whole) + sum(told) == 500
    assert len(said) == len(whole) + len(told) + 1
    assert said[-1] == "WARNING once more"


def test_a_console_that_nobody_reads_holds_up_nothing(tmp_path: Path) -> None:
    """As after Ctrl-S, or behind a pager: the file has everything, and the end comes at once."""
    script = (
        "import sys; from pathlib import Path; from app.processes.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for number in range(5000): journal.write('web', f'line {number} ' + 'x' * 100)\n"
        "journal.close()"
    )
    reads, writes = os.pipe()
    try:
        done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=writes, timeout=60)
    finally:
        os.close(reads)
        os.close(writes)
    assert done.returncode == 0
    assert "line 4999 " in (tmp_path / "vizavi.log").read_text()


def test_the_files_of_the_log_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir(mode=0o755)
    (folder / "vizavi.log").touch(0o644)
    Journal(folder, console=False).write("web", "said")
    assert (folder.stat().st_mode & 0o777, (folder / "vizavi.log").stat().st_mode & 0o777) == (0o700, 0o600)


VALUE = "Ромашка"


def from_the_base(sql: str) -> Callable[[Session], object]:
    return lambda session: session.execute(text(sql), {"value": VALUE})


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (from_the_base("SELECT CAST(:value AS integer)"), "psycopg.errors.InvalidTextRepresentation"),
        (from_the_base("SELECT to_tsquery('(' || CAST(:value AS text))"), "psycopg.errors.SyntaxError"),
        (lambda _session: int(VALUE), "ValueError"),
        (lambda _session: {}[VALUE], "KeyError"),
        (lambda _session: VALUE.encode("ascii"), "UnicodeEncodeError"),
        (from_the_base("SELECT * FROM nowhere"), 'psycopg.errors.UndefinedTable: relation "nowhere" does not exist'),
        (lambda _session: _session.nothing, "AttributeError: 'Session' object has no attribute 'nothing'"),
    ],
)
def test_a_traceback_tells_the_kind_and_the_place_and_no_value(
    session: Session, fail: Callable[[Session], Any], kind: str
) -> None:
    record = logging.LogRecord("app", logging.ERROR, __file__, 1, "Job %s failed", (7,), None)
    try:
        try:
            fail(session)
        except Exception as cause:
            raise RuntimeError(f"cannot do it for {VALUE}") from cause
    except RuntimeError:
        record.exc_info = sys.exc_info()
    said = lines.Formatter("%(levelname)s %(message)s").format(record)
    assert said.startswith("ERROR Job 7 failed\n")
    assert kind in said.splitlines()
    assert "test_log.py" in said
    assert VALUE not in said
    record.msg, record.args = record.exc_info[1], ()  # as Flask-AppBuilder logs what fails in its API
    said = lines.Formatter("%(levelname)s %(message)s").format(record)
    assert said.startswith("ERROR RuntimeError\n")
    assert VALUE not in said
