"""A file of several tables that was read once: their rows wait on the disk, each table as often as it is asked for."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, BinaryIO, Self

from app.domain.formats.table import Row, Table


@dataclass
class _Waiting:
    """The rows of one table, in batches, a line each."""

    file: BinaryIO
    header: list[str]
    rows: int = 0


@dataclass
class Sheets:
    """Made of parts: (table, rows of it), the very first row of a table its header; at last what was passed over."""

    found: dict[str, _Waiting] = field(default_factory=dict)
    passed: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Iterable[Any]) -> Sheets:
        sheets = cls()
        for part in parts:
            if isinstance(part, dict):
                sheets.passed = part["passed"]
            else:
                sheets._keep(*part)
        return sheets

    def _keep(self, name: str, rows: list[Row]) -> None:
        if name not in self.found:
            (_line, header), *rows = rows
            self.found[name] = _Waiting(tempfile.TemporaryFile(), header)  # noqa: SIM115 - closed with all of them
        waiting = self.found[name]
        waiting.rows += len(rows)
        waiting.file.write(json.dumps(rows, ensure_ascii=False).encode() + b"\n")

    def table(self, name: str) -> Table:
        """From its first row; of one table no two are read at once."""
        waiting = self.found[name]
        passed = [(line, why, what) for line, why, what in self.passed.get(name, [])]
        return Table(waiting.header, _rows(waiting.file), waiting.rows, name, list(self.found), 0, passed=passed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for waiting in self.found.values():
            waiting.file.close()


def _rows(file: BinaryIO) -> Iterator[Row]:
    file.seek(0)
    for batch in file:
        yield from ((line, cells) for line, cells in json.loads(batch))
