"""One log of all processes: every line with the name of its process, on the console and in a file that rotates.

Whatever a process prints passes through `cleaned`, so that no address, phone
number or row of a customer stays in a log. Nothing here waits: a console that
nobody reads loses lines, which are counted.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import sys
import threading
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from app.processes.lines import cut

WIDTH = 8
MEGABYTE = 1024 * 1024
# Every repetition is bounded: a line costs no more than its length, whoever wrote it.
NUMBER = re.compile(r"(?<![\w.-])(?!\d{4}-\d\d-\d\d)[+(]?\d[\d() -]{8,40}\d(?![\w.])")
DIGITS_OF_NUMBER = range(10, 21)  # from a phone or an INN to a bank account
# As app.processes.lines writes it, and PostgreSQL, who names a part before the id.
PARTS_OF_LINE = re.compile(
    r"(?:\[(?:[a-z]+ )?(?P<request>[0-9A-Za-z-]{8,48})\] )?"
    r"(?:(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL|LOG|FATAL|PANIC):? +)?(?P<text>.*)",
    re.DOTALL,
)
HIDDEN = (
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "<e-mail>"),
    (re.compile(r"(\bKey \([^)]{0,200}\)=).*"), r"\1(…)"),  # PostgreSQL: which row is a duplicate
    (re.compile(r"(\brow contains )\(.*"), r"\1(…)"),
    (re.compile(r"(\b[Ll]ogin [Ff]ailed for user:? ).*"), r"\1…"),
    (re.compile(r"(/(?:calendar/feed|mark|api/v1/unsubscribe)/)[^\s/?]{1,2000}"), r"\1…"),  # whoever has it comes in
    (re.compile(r"(\b(?:GET|POST|PUT|DELETE|PATCH|HEAD) [^\s?]*)\?\S*"), r"\1"),
)


def cleaned(line: str) -> str:
    """The beginning of the line without what could name a person or a company's customer."""
    line = cut(line)
    for pattern, instead in HIDDEN:
        line = pattern.sub(instead, line)
    return NUMBER.sub(_hide_number, line)


def _hide_number(found: re.Match[str]) -> str:
    digits = sum(sign.isdigit() for sign in found[0])
    return "<number>" if digits in DIGITS_OF_NUMBER else found[0]


def structured(name: str, line: str) -> str:
    """The same line in parts: when, which process, for which request, how bad, what."""
    found = PARTS_OF_LINE.fullmatch(line)
    assert found is not None  # all of them are optional
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    parts = {"at": at, "part": name} | {key: value for key, value in found.groupdict().items() if value is not None}
    return json.dumps(parts, ensure_ascii=False)


class Journal:
    """The log of one run; `console=False` writes the file only, `as_json` an object a line, for programs."""

    def __init__(self, folder: Path, *, console: bool = True, as_json: bool = False) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.console = Console() if console else None
        handler = PrivateFile(folder / "vizavi.log", maxBytes=5 * MEGABYTE, backupCount=5, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(message)s" if as_json else "%(asctime)s %(message)s"))
        self.as_json = as_json
        self.file = logging.Logger("journal")
        self.file.addHandler(handler)

    def write(self, name: str, text: str) -> None:
        text = cleaned(text)
        line = structured(name, text) if self.as_json else f"{name:<{WIDTH}} | {text}"
        self.file.info("%s", line)
        self.say(line)

    def say(self, text: str) -> None:
        """Only the console: what must not stay in a file, such as a new password."""
        if self.console:
            self.console.say(text)

    def close(self) -> None:
        """Give the console a moment to show what was said last."""
        if self.console:
            self.console.close()


class PrivateFile(RotatingFileHandler):
    """Read by the owner of the product alone; a disk that is full stops nothing."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        pass


def private(path: str, flags: int) -> int:
    fd = os.open(path, flags, 0o600)
    os.fchmod(fd, 0o600)
    return fd


class Console:
    """The standard output, written by a thread: a reader that stopped (Ctrl-S, a pager) holds that thread alone."""

    WAITING = 1000  # lines
    LAST_WORDS = 1.0  # seconds

    def __init__(self) -> None:
        self.fd = sys.stdout.fileno()
        self.lines: queue.Queue[str | None] = queue.Queue(self.WAITING)
        self.dropped = 0
        self.thread = threading.Thread(target=self._show, name="console", daemon=True)

    def say(self, text: str) -> None:
        if not self.thread.is_alive() and self.thread.ident is None:
            self.thread.start()  # after the guardian was forked
        try:
            if self.dropped:
                self.lines.put_nowait(f"{self.dropped} lines were dropped: the console did not take them")
                self.dropped = 0
            self.lines.put_nowait(text)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        if self.thread.is_alive():
            try:
                self.lines.put(None, timeout=self.LAST_WORDS)
            except queue.Full:
                return
            self.thread.join(self.LAST_WORDS)

    def _show(self) -> None:
        while (text := self.lines.get()) is not None:
            left = (text + "\n").encode()
            while left:
                try:
                    left = left[os.write(self.fd, left) :]
                except BrokenPipeError:  # `make run | head`: nobody reads any more, the product goes on
                    self.fd = os.open(os.devnull, os.O_WRONLY)
                except OSError:  # a file on a disk that is full, or only read: the next line may find room
                    break
