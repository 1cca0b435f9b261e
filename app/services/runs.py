"""What every classification has in common: a run that repeats the one before it adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.queries.history import alike

# A run is about the whole company, whatever its author sees of it.
WHOLE_COMPANY = {"unscoped": True}
R = TypeVar("R", AbcRun, StageRun)
PARAMETERS: dict[type[AbcRun | StageRun], Sequence[str]] = {
    AbcRun: ("start", "end", "measure", "share_a", "share_b", "share_c"),
    StageRun: (
        *("start", "end", "periodicity", "count", "measure"),
        *("one_time_from", "one_time_to", "x_to", "y_to", "z_to"),
    ),
}
RECORDS: dict[type[AbcRun | StageRun], type[AbcRecord | StageRecord]] = {AbcRun: AbcRecord, StageRun: StageRecord}


def unless_repeated(session: Session, make: Callable[[], R]) -> R:
    """The run that `make` writes, or the latest one of its day where both say the same about everybody."""
    with session.begin_nested() as savepoint:
        run = make()
        same = _same(session, run)
        if same is not None:
            savepoint.rollback()
    return run if same is None else same


def _same(session: Session, run: R) -> R | None:
    model = type(run)
    earlier = select(model).where(model.on == run.on, model.id < run.id).order_by(model.id.desc()).limit(1)
    found = session.scalars(earlier).first()
    if found is None or any(getattr(found, name) != getattr(run, name) for name in PARAMETERS[model]):
        return None
    repeats = session.scalar(alike(RECORDS[model], found.id, run.id), execution_options=WHOLE_COMPANY)
    return found if repeats else None
