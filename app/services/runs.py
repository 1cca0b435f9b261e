"""What every classification has in common: which run counts, one at a time, one that repeats adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period
from app.errors import Refused
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.queries.history import alike, run_before

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


def check_begun(period: Period, today: date, field: str = "period") -> None:
    if period.first > today:
        raise Refused(_("The period %(period)s has not begun yet.", period=period.text()), field=field)


def only_run(session: Session, lock: int) -> None:
    """Nobody else classifies so until the end of the transaction."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise Refused(_("Another classification is under way. Try again when it ends."))


def before(session: Session, model: type[R], day: date) -> R | None:
    """The run that the runs of the day follow."""
    return session.scalars(run_before(model, day)).first()


def by(session: Session, model: type[R], day: date) -> R | None:
    """The run that counts on the day: the last one by it."""
    return before(session, model, day + DAY)


def last(session: Session, model: type[R]) -> R | None:
    return session.scalars(select(model).order_by(model.on.desc(), model.id.desc()).limit(1)).first()


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
