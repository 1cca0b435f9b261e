"""What a process of the product says to its log: short lines, no value of a customer, and never waiting for a reader.

Every line begins with the id of the request that it was said for.

A log line is a pipe to the supervisor. When that is full, lines are dropped
and counted instead of holding whoever serves people.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import psycopg

from app import tracing

LONGEST = 2000  # characters of a line
MOST = 200  # lines of one record: of a longer traceback the beginning and the end
ATOM = 4096  # bytes that a pipe takes whole or not at all

# PostgreSQL's errors by the class of their code: those whose text is about the server or about our own SQL.
# Classes 22 and 23 repeat the value that broke a rule; 42601 is also what a search text can be.
WORDLESS_ERRORS = {"08", "25", "40", "42", "53", "55", "57", "58", "XX"}
SYNTAX_ERROR = "42601"
# Their texts are the interpreter's own and name code only.
ABOUT_CODE = (AttributeError, ImportError, NameError)


def cut(line: str, longest: int = LONGEST) -> str:
    """The line, or its beginning and how much was left out."""
    return line if len(line) <= longest else f"{line[:longest]} … and {len(line) - longest} more characters"


class Formatter(logging.Formatter):
    """Tells of an exception its kind and its place in the code, not its text: that often repeats what was typed."""

    def format(self, record: logging.LogRecord) -> str:
        """Also of one that is the message, as of what fails in a call of Flask-AppBuilder's API."""
        if isinstance(record.msg, BaseException):
            record = logging.makeLogRecord(record.__dict__ | {"msg": described(record.msg)})
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        _kind, error, trace = ei
        return "\n".join(_traced(error, trace))


def _traced(error: BaseException, trace: TracebackType | None) -> Iterator[str]:
    chain: list[tuple[BaseException, TracebackType | None]] = []
    found: BaseException | None = error
    while found is not None and len(chain) < 10:
        chain.append((found, trace if found is error else found.__traceback__))
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    for number, (each, its_trace) in enumerate(reversed(chain)):
        if number:
            yield "then:"
        for frame in traceback.extract_tb(its_trace):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
        yield described(each)


def described(error: BaseException) -> str:
    """The kind of an error, and what can be said about it without a value."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, ABOUT_CODE):
        return f"{kind}: {error}"
    if isinstance(error, psycopg.Error):
        return f"{kind}: {_of_base(error)}".removesuffix(": ")
    return kind


def _of_base(error: psycopg.Error) -> str:
    code = error.sqlstate
    if code is None:  # said by the driver: the way to the server, or a mistake of ours
        return str(error) if isinstance(error, psycopg.OperationalError) else ""
    diag = error.diag
    safe = code[:2] in WORDLESS_ERRORS and code != SYNTAX_ERROR
    return diag.message_primary or "" if safe else diag.constraint_name or diag.column_name or diag.table_name or ""


class Handler(logging.Handler):
    """Writes to a file descriptor that never blocks; what does not fit is counted and told with the next line."""

    def __init__(self, fd: int | None = None) -> None:
        super().__init__()
        self.fd = sys.stdout.fileno() if fd is None else fd
        if stat.S_ISFIFO(os.fstat(self.fd).st_mode):  # of a terminal the shell would have it so afterwards
            os.set_blocking(self.fd, False)
        self.setFormatter(Formatter("%(levelname)s %(message)s"))
        self.dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            lines = self.format(record).splitlines() or [""]
        except Exception:  # a message whose arguments do not fit it is no reason to fail a request
            lines = [f"{record.levelname} {record.name}: a line that could not be made"]
        if len(lines) > MOST:
            lines = [*lines[: MOST // 2], "…", *lines[-MOST // 2 :]]
        mark = f"[{found}] " if (found := tracing.current_id()) else ""
        for line in lines:
            self._write(mark + cut(line))

    def _write(self, line: str) -> None:
        if self.dropped and self._fits(f"{self.dropped} lines were dropped: nobody read them in time"):
            self.dropped = 0
        if self.dropped or not self._fits(line):
            self.dropped += 1

    def _fits(self, line: str) -> bool:
        try:
            os.write(self.fd, line.encode("utf-8", "replace")[: ATOM - 1] + b"\n")
        except OSError:
            return False
        return True


def set_up(level: int = logging.INFO) -> None:
    """All that this process logs goes this way, also what nobody caught."""
    root = logging.getLogger()
    root.handlers = [Handler()]
    root.setLevel(level)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        root.critical("The process ends", exc_info=(kind, error, trace))

    sys.excepthook = uncaught
