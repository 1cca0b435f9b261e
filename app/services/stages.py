"""Классификация покупателей по стадиям взаимоотношений: a run assigns stages and XYZ classes to all buyers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from app.domain.stages import Moves, Parameters, Periodicity, Stage, StageMeasure, Standing, Thresholds
from app.models.captions import caption
from app.models.classes import StageRecord, StageRun
from app.models.jobs import Job
from app.models.settings import Policy
from app.models.users import User
from app.queries.stages import stages_by
from app.services import runs
from app.services.jobs import Outcome, Run
from app.services.runs import WHOLE_COMPANY

STAGE_LOCK = 0x58595A  # of all advisory locks of the base this one says "stages are being assigned"


def classify_stages(
    session: Session, parameters: Parameters, *, today: date, on: date | None = None, by: User | None = None
) -> StageRun:
    """Assign a stage to every buyer from the day `on`; refused while another run is under way.

    `on` is by default the last day of the window, or today while it lasts. What
    was assigned before that day is where buyers come from, so a run repeated on a
    day replaces the first one - and where nothing differs, adds nothing and is that one.
    """
    runs.check_begun(parameters.buckets[-1], today, "end")
    runs.only_run(session, STAGE_LOCK)
    day = on or min(parameters.window.last, today)
    return runs.unless_repeated(
        session, lambda: write(session, run_of(parameters, day, by), proposed(session, parameters, day))
    )


def run_of(parameters: Parameters, day: date, by: User | None) -> StageRun:
    window = parameters.window
    return StageRun(on=day, start=window.first, end=window.last, by=by, **columns_of(parameters))


def proposed(session: Session, parameters: Parameters, day: date) -> Select[Any]:
    """What a run on the day would write; whoever only asks "what if" reads this."""
    return stages_by(parameters, day, runs.before(session, StageRun, day))


def columns_of(parameters: Parameters) -> dict[str, Any]:
    limits = parameters.thresholds
    return {
        "periodicity": parameters.periodicity,
        "count": parameters.count,
        "measure": parameters.measure,
        "one_time_from": limits.one_time_from,
        "one_time_to": limits.one_time_to,
        "x_to": limits.x_to,
        "y_to": limits.y_to,
        "z_to": limits.z_to,
    }


def parameters_of(run: StageRun) -> Parameters:
    limits = Thresholds(run.one_time_from, run.one_time_to, run.x_to, run.y_to, run.z_to)
    return Parameters(run.end, run.periodicity, run.count, run.measure, limits)


def next_parameters(session: Session, end: date) -> Parameters:
    """Those of the last run, for the sub-period of `end`; the measure is the policy's."""
    measure = session.scalars(select(Policy.stage_measure)).one()
    last = runs.last(session, StageRun)
    if last is None:
        return Parameters(end, measure=measure)
    known = parameters_of(last)
    return Parameters(end, known.periodicity, known.count, measure, known.thresholds)


def classification_job(session: Session, job: Job, run: Run) -> Outcome:
    """The run of `params`, as `to_params` made them; its author is whoever asked."""
    made = classify_stages(session, from_params(job.params), today=run.today, by=job.user)
    return Outcome({"told": told(made)})


def to_params(parameters: Parameters) -> dict[str, Any]:
    columns = columns_of(parameters) | {"end": parameters.end}
    return {name: value if isinstance(value, int) else str(value) for name, value in columns.items()}


def from_params(params: Mapping[str, Any]) -> Parameters:
    limits = Thresholds(
        params["one_time_from"], params["one_time_to"], *(Decimal(params[name]) for name in ("x_to", "y_to", "z_to"))
    )
    measure, periodicity = StageMeasure(params["measure"]), Periodicity(params["periodicity"])
    return Parameters(date.fromisoformat(params["end"]), periodicity, params["count"], measure, limits)


def told(run: StageRun) -> str:
    """What a run did, in one sentence."""
    moves = Moves.from_json(run.moves)
    counts = ", ".join(f"{caption(stage).lower()} – {moves.now_in(stage)}" for stage in Stage)
    classified = ngettext("%(num)s buyer is classified", "%(num)s buyers are classified", moves.total)
    moved = _("Up: %(up)s, down: %(down)s.", up=moves.up, down=moves.down)
    return f"{classified}: {counts}. {moved}"


def moves_among(session: Session, rows: Select[Any]) -> Moves:
    """How many of the proposed rows come from where and go where."""
    found = rows.subquery("proposed")
    by = [found.c[name] for name in ("old_stage", "old_xyz", "stage", "xyz")]
    counted = session.execute(select(*by, func.count()).group_by(*by), execution_options=WHOLE_COMPANY)
    return _moves(counted.tuples())


def write(session: Session, run: StageRun, rows: Select[Any]) -> StageRun:
    """The run with its records; one statement for them and for how many moved where."""
    session.add(run)
    session.flush()
    found = rows.subquery("proposed")
    table: Any = StageRecord.__table__
    names = ["run_id", *(column.name for column in found.c)]
    query = select(literal(run.id), *found.c).order_by(found.c.counterparty_id)
    made = insert(table).from_select(names, query, include_defaults=False)
    by = ("old_stage", "old_xyz", "stage", "xyz")
    written = made.returning(*(table.c[name] for name in by)).cte("written")
    counted = select(*written.c, func.count()).group_by(*written.c)
    run.moves = _moves(session.execute(counted, execution_options=WHOLE_COMPANY).tuples()).to_json()
    session.flush()
    return run


def _moves(rows: Any) -> Moves:
    return Moves({(Standing(a, b), Standing(c, d)): count for a, b, c, d, count in rows})
