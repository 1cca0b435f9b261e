"""Choices that were kept: what they name may be gone by the time they are asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from reports.kit.params import UnknownName
from reports.kit.report import TableSet
from reports.kit.table import ReportTable


@dataclass(frozen=True)
class KeptTables:
    """`texts` are the choices that still mean something, `gone` the names of what is no longer there.

    `given` are those choices with what the report opened with besides.
    """

    tables: Sequence[ReportTable]
    texts: Mapping[str, str]
    given: Mapping[str, str]
    gone: Sequence[str] = ()


def tables_as_asked(
    report: TableSet, session: Session, texts: Mapping[str, str], *, today: date, limit: int | None = None
) -> KeptTables:
    """The report by these choices; Refused as the report refuses."""
    given = {**texts, **report.texts(session, texts, today=today)}
    return KeptTables(report.tables(session, given, today=today, limit=limit), texts, given)


def tables_of_kept(
    report: TableSet, session: Session, texts: Mapping[str, str], *, today: date, limit: int | None = None
) -> KeptTables:
    """The report without what is gone; Refused as the report refuses, where a value means nothing."""
    left, gone = dict(texts), list[str]()
    while True:
        try:
            return replace(tables_as_asked(report, session, left, today=today, limit=limit), gone=gone)
        except UnknownName as problem:
            shorter = without(left, str(problem.field), problem.name)
            if shorter == left:
                raise
            left = shorter
            gone.append(problem.name)


def without(texts: Mapping[str, str], field: str, name: str) -> dict[str, str]:
    """The choices without this name in the text of the field."""
    between = ";" if field == "where" else ","
    parts = [part for part in texts.get(field, "").split(between) if not names(part.strip(), name)]
    left = {**texts, field: between.join(parts)} if field != name else {k: v for k, v in texts.items() if k != name}
    return {key: text for key, text in left.items() if text}


def names(part: str, name: str) -> bool:
    """`-date`, `date.month` and `date:ge:today` are about `date`."""
    return name in (part, part.removeprefix("-"), part.partition(":")[0])
