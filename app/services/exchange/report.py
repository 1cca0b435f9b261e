"""What an import did, or why it did nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

MOST_LISTED = 1000  # of each list; the rest is only counted


@dataclass(frozen=True)
class LineError:
    """A sentence about one line of the file and, where it is known, one field of it."""

    line: int
    field: str
    text: str


@dataclass(frozen=True)
class Change:
    """What becomes of one field of a known row."""

    line: int
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class RowTold:
    """The row of the base that a line is about, and what became of it; `id` None: it would be made."""

    id: int | None
    outcome: str  # created, updated, skipped


@dataclass(frozen=True)
class RowFound:
    """Whom a line is about, the known row that it is found to be, and what is to become of it.

    `several`: others fit as well, and nobody is changed.
    """

    line: int
    title: str
    of: str
    known_id: int | None
    known: str
    several: bool
    verdict: str


@dataclass
class ImportReport:
    """Rows (of documents: whole documents) created, updated and left as they were; what is wrong and what is odd."""

    kind: str
    dry_run: bool = False
    lines: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    brought: dict[str, int] = field(default_factory=dict)  # new rows of other tables that came along, by table
    wrong: list[LineError] = field(default_factory=list)
    wrong_count: int = 0
    warnings: list[LineError] = field(default_factory=list)
    warnings_count: int = 0
    wrong_lines: set[int] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)  # of known rows, when it is a check
    changes_count: int = 0
    left_out: int = 0  # lines that were passed over because they, or others of their document, are wrong
    skipped_wrong: bool = False  # the right lines are imported all the same
    header: list[str] = field(default_factory=list)
    wrong_rows: dict[int, tuple[list[str], str]] = field(default_factory=dict)  # what was left out, and why
    month_first: dict[str, tuple[int, str]] = field(
        default_factory=dict
    )  # fields with a day like 11/23/2026: the first
    no_days: set[str] = field(default_factory=set)  # fields with a cell that is no day
    ignored: list[str] = field(default_factory=list)  # headers of columns that mean nothing here
    people: list[RowFound] = field(default_factory=list)  # of a check: found ones first
    people_count: int = 0
    left: int = 0  # rows that were left as it was chosen
    rows: dict[int, RowTold] = field(default_factory=dict)  # by line, where it was asked for
    parts: list[ImportReport] = field(default_factory=list)  # of the tables that the file holds

    def error(self, line: int, name: str, text: str) -> None:
        self.wrong_count += 1
        self.wrong_lines.add(line)
        if len(self.wrong) < MOST_LISTED:
            self.wrong.append(LineError(line, name, text))

    def warn(self, line: int, name: str, text: str) -> None:
        self.warnings_count += 1
        if len(self.warnings) < MOST_LISTED:
            self.warnings.append(LineError(line, name, text))

    def take(self, part: ImportReport) -> None:
        """Add what became of one table of the file."""
        self.parts.append(part)
        for name in ("lines", "created", "updated", "skipped", "wrong_count", "warnings_count", "changes_count"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.left_out += part.left_out
        self.skipped_wrong = self.skipped_wrong or part.skipped_wrong
        for table, made in part.brought.items():
            self.brought[table] = self.brought.get(table, 0) + made
        self.wrong = sorted([*self.wrong, *part.wrong], key=lambda error: error.line)[:MOST_LISTED]
        self.warnings = sorted([*self.warnings, *part.warnings], key=lambda error: error.line)[:MOST_LISTED]
        self.changes = [*self.changes, *part.changes][:MOST_LISTED]
        self.wrong_rows |= {line: ([str(line)], why) for line, (_cells, why) in part.wrong_rows.items()}

    def to_dict(self) -> dict[str, Any]:
        told = asdict(self)
        for name in ("wrong_lines", "wrong_rows", "header", "rows", "month_first", "no_days", "parts"):
            del told[name]
        told["parts"] = [
            {name: getattr(part, name) for name in ("kind", "lines", "created", "updated", "skipped", "wrong_count")}
            for part in self.parts
        ]
        return told
