"""One change of many rows: all that may be changed are, in one transaction, by the same verb as the form of a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.domain.words import Road
from app.errors import Refused
from app.models import authorship
from app.queries.sql import one_of

BATCH = 200


@dataclass
class BulkOutcome:
    """What came of it, or would: rows that were changed, were so already, are not the viewer's, and why others stay."""

    chosen: int
    changed: int = 0
    same: int = 0
    foreign: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: BulkOutcome) -> BulkOutcome:
        self.chosen += other.chosen
        self.changed += other.changed
        self.same += other.same
        self.foreign += other.foreign
        self.refused += other.refused
        return self

    @property
    def left(self) -> int:
        return sum(self.refused.values())


def change(
    session: Session,
    model: Any,
    ids: Sequence[int],
    put: Callable[[Any], None],
    *,
    what: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BulkOutcome:
    """`put` changes one row as its form would; a row that it refuses stays as it was."""
    told = BulkOutcome(len(ids))
    authorship.by(session, Road.BULK, what)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        rows = session.scalars(select(model).where(one_of(model.id, some)).order_by(model.id)).unique().all()
        told.foreign += len(some) - len(rows)
        for row in rows:
            _change_one(session, row, put, told)
        session.flush()
        for row in rows:  # thousands of them are not kept in memory
            session.expunge(row)
        progress(min(start + BATCH, len(ids)), len(ids))
    return told


def _change_one(session: Session, row: Any, put: Callable[[Any], None], told: BulkOutcome) -> None:
    version = getattr(row, "version", None)  # a verb that `put` calls may have flushed what it changed
    try:
        with session.begin_nested():
            with session.no_autoflush:
                put(row)
            is_other = inspect(row).session.is_modified(row) or getattr(row, "version", None) != version
            session.flush()
    except Refused as refused:
        told.refused[str(refused)] += 1
        session.expire(row)
    except (IntegrityError, DataError):
        told.refused[""] += 1
        session.expire(row)
    else:
        if is_other:
            told.changed += 1
        else:
            told.same += 1
