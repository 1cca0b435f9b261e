"""Which request, or which piece of background work, this process is at: one id for the log, the base and the reader.

A request has the id that a server in front gave it, if it is one, else a new one. What the request leaves to a worker
keeps it, so that all that was done for it is found by one word.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

HEADER = "X-Request-ID"
LONGEST = 48  # characters
WELL_FORMED = re.compile(rf"[0-9A-Za-z-]{{8,{LONGEST}}}")


@dataclass
class Trace:
    """The work at hand and how many statements it has sent to the base."""

    id: str
    statements: int = 0


_at_work: ContextVar[Trace | None] = ContextVar("at_work", default=None)
_part = "command"


def new_id() -> str:
    """Short enough to be told by telephone; it begins with a letter, as no number of a customer does."""
    return f"r{secrets.token_hex(5)}"


def accepted(said: str | None) -> str:
    """The id that was sent, if it is one; else a new one."""
    return said if said and WELL_FORMED.fullmatch(said) else new_id()


def current() -> Trace | None:
    return _at_work.get()


def current_id() -> str:
    """Empty where nothing is at work."""
    trace = current()
    return trace.id if trace else ""


@contextmanager
def at_work(trace: Trace) -> Iterator[None]:
    before = begin(trace)
    try:
        yield
    finally:
        end(before)


def begin(trace: Trace) -> Trace | None:
    """Answers what was at work before, for `end`."""
    before = current()
    _at_work.set(trace)
    return before


def end(before: Trace | None) -> None:
    _at_work.set(before)


def works_as(part: str) -> None:
    """Say once what this process is: web, worker, mail, clock."""
    global _part
    _part = part


def part() -> str:
    """What this process is."""
    return _part


def base_name() -> str:
    """What PostgreSQL shows as `application_name`."""
    return name_in_base(_part, current_id())


def name_in_base(part: str, at: str) -> str:
    return f"{part} {at}".rstrip()
