"""What an import did, or why it did nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 1000  # of each list; the rest is only counted


@dataclass(frozen=True)
class LineError:
    """A sentence about one line of the file and, where it is known, one field of it."""

    line: int
    field: str
    text: str


@dataclass
class ImportReport:
    """Rows (of documents: whole documents) created, updated and left as they were; what is wrong and what is odd."""

    kind: str
    dry_run: bool = False
    lines: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    wrong: list[LineError] = field(default_factory=list)
    wrong_count: int = 0
    warnings: list[LineError] = field(default_factory=list)
    warnings_count: int = 0
    ignored: list[str] = field(default_factory=list)  # headers of columns that mean nothing here

    def error(self, line: int, name: str, text: str) -> None:
        self.wrong_count += 1
        if len(self.wrong) < KEPT:
            self.wrong.append(LineError(line, name, text))

    def warn(self, line: int, name: str, text: str) -> None:
        self.warnings_count += 1
        if len(self.warnings) < KEPT:
            self.warnings.append(LineError(line, name, text))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
