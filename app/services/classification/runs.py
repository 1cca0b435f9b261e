"""What every classification has in common: which run counts, one at a time, one that repeats adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period
from app.domain.stages import Stage
from app.domain.words import AbcClass
from app.errors import Refused
from app.formatting import show_period
from app.models.captions import group_caption
from app.models.classes import AbcRun, StageRun
from app.queries.classification import history
from app.queries.classification.tracks import AnyTrack, M, R, Track, track_of

# A run is about the whole company, whatever its author sees of it.
WHOLE_COMPANY = {"unscoped": True}


def check_begun(period: Period, today: date, field: str = "period") -> None:
    if period.first > today:
        raise Refused(_("The period %(period)s has not begun yet.", period=show_period(period)), field=field)


def only_run(session: Session, track: AnyTrack) -> None:
    """Nobody else classifies so until the end of the transaction."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(track.lock))):
        raise Refused(_("Another classification is under way. Try again when it ends."))


def run_before(session: Session, track: Track[R, Any], day: date) -> R | None:
    """The run that the runs of the day follow."""
    return session.scalars(history.run_before(track, day)).first()


def run_on(session: Session, track: Track[R, Any], day: date) -> R | None:
    """The run that counts on the day: the last one on it or before it."""
    return run_before(session, track, day + DAY)


def last_run(session: Session, track: Track[R, Any]) -> R | None:
    run = track.run
    return session.scalars(select(run).order_by(run.on.desc(), run.id.desc()).limit(1)).first()


def unless_repeated(session: Session, track: Track[R, Any], make: Callable[[], R]) -> R:
    """The run that `make` writes, or the latest one of its day where both say the same about everybody."""
    with session.begin_nested() as savepoint:
        run = make()
        same = _same(session, track, run)
        if same is not None:
            savepoint.rollback()
    return run if same is None else same


def _same(session: Session, track: Track[R, Any], run: R) -> R | None:
    model = track.run
    of_the_day = select(model).where(model.on == run.on, model.id < run.id).order_by(model.id.desc()).limit(1)
    earlier = session.scalars(of_the_day).first()
    if earlier is None or any(getattr(earlier, name) != getattr(run, name) for name in track.parameters):
        return None
    repeats = session.scalar(history.alike(track, earlier.id, run.id), execution_options=WHOLE_COMPANY)
    return earlier if repeats else None


def write(session: Session, track: Track[R, Any], run: R, rows: Select[Any]) -> R:
    """The run with its records; one statement for them and for how many moved where.

    In the order of buyers: a report then reads neighbours from neighbouring pages.
    """
    session.add(run)
    session.flush()
    source: Any = rows.subquery("proposed").c
    table = track.record.__table__
    query = select(literal(run.id), *source).order_by(source.counterparty_id)
    made = insert(table).from_select(["run_id", *source.keys()], query, include_defaults=False)
    written = made.returning(*(table.c[name] for name in track.move)).cte("written")
    counts = select(*written.c, func.count()).group_by(*written.c)
    run.moves = track.moves.from_rows(session.execute(counts, execution_options=WHOLE_COMPANY)).to_json()
    session.flush()
    return run


def moves_among(session: Session, track: Track[Any, M], rows: Select[Any]) -> M:
    """How many of the proposed rows come from where and go where."""
    source = rows.subquery("proposed").c
    columns = [source[name] for name in track.move]
    counts = select(*columns, func.count()).group_by(*columns)
    return track.moves.from_rows(session.execute(counts, execution_options=WHOLE_COMPANY))


def run_summary(run: AbcRun | StageRun) -> str:
    """What a run did, in one sentence; the counts of its groups are all the buyers together."""
    track = track_of(run)
    moves = track.moves.from_json(run.moves)
    groups = [(group, moves.now_in(group)) for group in track.groups]
    counts = ", ".join(f"{_group_name(group)} – {count}" for group, count in groups if group or count)
    classified = ngettext("%(num)s buyer is classified", "%(num)s buyers are classified", moves.total)
    moved = _("Up: %(up)s, down: %(down)s.", up=moves.up, down=moves.down)
    return f"{classified}: {counts}. {moved}"


def _group_name(group: AbcClass | Stage | None) -> str:
    return group.value if isinstance(group, AbcClass) else group_caption(group).lower()
