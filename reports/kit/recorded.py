"""What the base answered to the statements of a report, kept as a file, so that it is shown without asking again.

A report that is made of a recording goes through the same code as one that is read, so that words, links and rights
are those of whoever looks; only the rows are not read. It is of the one moment that the recording is of.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import ORMExecuteState, Session

TYPES: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "decimal": (Decimal, str, Decimal),
    "moment": (datetime, datetime.isoformat, datetime.fromisoformat),  # before date: it is one
    "date": (date, date.isoformat, date.fromisoformat),
}
NOTHING = object()
WORD = "word"
MOMENT_OF_BASE = ("as_of", "copy_is_gone")  # of a session: which base is read, and of when


class NotRecorded(Exception):  # noqa: N818 - as Refused
    """The report asks for something that the recording does not have."""


class Recording:
    """Rows by statement, and the base that they are of."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[list[str], list[Any]]] = {}
        self.of: dict[str, Any] = {}

    @classmethod
    def read(cls, content: bytes) -> Recording:
        made = cls()
        kept = json.loads(gzip.decompress(content), object_hook=_opened)
        made.answers, made.of = kept["answers"], kept["of"]
        return made

    def written(self) -> bytes:
        answers = {
            key: (names, [list(map(_named, row)) for row in rows]) for key, (names, rows) in self.answers.items()
        }
        kept = {"answers": answers, "of": self.of}
        return gzip.compress(json.dumps(kept, default=_closed, ensure_ascii=False).encode(), compresslevel=1)

    def begin(self, session: Session) -> None:
        """From here on what the session reads is kept, but for streams and what has an identity, as a user has."""
        self.of = {name: session.info.get(name) for name in MOMENT_OF_BASE}

        def keep(state: ORMExecuteState) -> Result[Any] | None:
            if not is_kept(state):
                return None
            found = state.invoke_statement()
            names, rows = list(found.keys()), [list(row) for row in found]
            self.answers[key_of(state)] = names, rows
            return answer(names, rows)

        event.listen(session, "do_orm_execute", keep)

    def play(self, session: Session) -> None:
        """From here on the session answers as it did when it was recorded; NotRecorded where it did not."""
        session.info |= self.of

        def give(state: ORMExecuteState) -> Result[Any] | None:
            if is_stream(state):
                raise NotRecorded
            if not is_kept(state):
                return None
            try:
                return answer(*self.answers[key_of(state)])
            except KeyError:
                raise NotRecorded from None

        event.listen(session, "do_orm_execute", give)


def is_stream(state: ORMExecuteState) -> bool:
    return "yield_per" in state.execution_options


def is_kept(state: ORMExecuteState) -> bool:
    described: Sequence[Any] = getattr(state.statement, "column_descriptions", ())
    has_entities = any(each["expr"] is each.get("entity", NOTHING) for each in described)
    return state.is_select and not has_entities and not is_stream(state)


def key_of(state: ORMExecuteState) -> str:
    """The statement with its values."""
    statement: Any = state.statement
    compiled = statement.compile(dialect=state.session.get_bind().dialect)
    values = sorted((name, _in_order(value)) for name, value in compiled.params.items())
    return hashlib.sha256(f"{compiled}{values}".encode()).hexdigest()


def _in_order(value: Any) -> str:
    """One of many is asked for in any order: that of a set is another one in each process."""
    return str(sorted(map(repr, value))) if isinstance(value, list | tuple | set | frozenset) else repr(value)


def answer(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Result[Any]:
    return IteratorResult(SimpleResultMetaData(names), iter([tuple(row) for row in rows]))


def _named(value: Any) -> Any:
    """One of our words is a text to JSON: what kind of word it is would be lost."""
    return {WORD: [type(value).__module__, type(value).__name__, value.value]} if isinstance(value, Enum) else value


def _closed(value: Any) -> dict[str, str]:
    for name, (type_, close, _open) in TYPES.items():
        if isinstance(value, type_):
            return {name: close(value)}
    raise TypeError(f"{type(value).__name__} is not kept")


def _opened(kept: dict[str, Any]) -> Any:
    if len(kept) == 1:
        ((name, text),) = kept.items()
        if name in TYPES:
            return TYPES[name][2](text)
        if name == WORD:
            module, kind, value = text
            return getattr(import_module(module), kind)(value)
    return kept
