"""Классификация покупателей по стадиям взаимоотношений: a run assigns stages and XYZ classes to all buyers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import Parameters, Periodicity, StageMeasure, Thresholds
from app.models.classes import StageRun
from app.models.jobs import Job
from app.models.settings import Policy
from app.models.users import User
from app.queries.classification.stages import stages_by
from app.queries.classification.tracks import STAGE_TRACK
from app.services.classification import runs
from app.services.jobs import Outcome, Run


def classify_stages(
    session: Session, parameters: Parameters, *, today: date, on: date | None = None, by: User | None = None
) -> StageRun:
    """Assign a stage to every buyer from the day `on`; refused while another run is under way.

    `on` is by default the last day of the window, or today while it lasts. What
    was assigned before that day is where buyers come from, so a run repeated on a
    day replaces the first one - and where nothing differs, adds nothing and is that one.
    """
    check_begun(parameters, today)
    runs.only_run(session, STAGE_TRACK)
    day = on or min(parameters.window.last, today)

    def made() -> StageRun:
        run = run_of(parameters, day, by)
        return runs.write(session, STAGE_TRACK, run, proposed(session, parameters, day))

    return runs.unless_repeated(session, STAGE_TRACK, made)


def check_begun(parameters: Parameters, today: date) -> None:
    """Refused where nothing of the last sub-period has come yet."""
    runs.check_begun(parameters.buckets[-1], today, "end")


def run_of(parameters: Parameters, day: date, by: User | None) -> StageRun:
    window = parameters.window
    return StageRun(on=day, start=window.first, end=window.last, by=by, **columns_of(parameters))


def proposed(session: Session, parameters: Parameters, day: date) -> Select[Any]:
    """What a run on the day would write; whoever only asks "what if" reads this."""
    return stages_by(parameters, day, runs.run_before(session, STAGE_TRACK, day))


def columns_of(parameters: Parameters) -> dict[str, Any]:
    limits = parameters.limits
    return {
        "periodicity": parameters.periodicity,
        "count": parameters.count,
        "measure": parameters.measure,
        "one_time_from": limits.one_time_from,
        "one_time_to": limits.one_time_to,
        "x_to": limits.x_to,
        "y_to": limits.y_to,
        "z_to": limits.z_to,
        "lost_after": parameters.lost_after,
    }


def parameters_of(run: StageRun) -> Parameters:
    limits = Thresholds(run.one_time_from, run.one_time_to, run.x_to, run.y_to, run.z_to)
    return Parameters(run.end, run.periodicity, run.count, run.measure, limits, run.lost_after)


def next_parameters(session: Session, end: date) -> Parameters:
    """Those of the last run, for the sub-period of `end`; the measure is the policy's."""
    measure = session.scalars(select(Policy.stage_measure)).one()
    last = runs.last_run(session, STAGE_TRACK)
    if last is None:
        return Parameters(end, measure=measure)
    before = parameters_of(last)
    return replace(before, end=end, measure=measure)


def to_params(parameters: Parameters) -> dict[str, Any]:
    """What from_params reads."""
    columns = columns_of(parameters) | {"end": parameters.end}
    return {name: value if isinstance(value, int) else str(value) for name, value in columns.items()}


def from_params(params: Mapping[str, Any]) -> Parameters:
    limits = Thresholds(
        params["one_time_from"], params["one_time_to"], *(Decimal(params[name]) for name in ("x_to", "y_to", "z_to"))
    )
    measure, periodicity = StageMeasure(params["measure"]), Periodicity(params["periodicity"])
    end, lost_after = date.fromisoformat(params["end"]), params["lost_after"]
    return Parameters(end, periodicity, params["count"], measure, limits, lost_after)


def thresholds_from_texts(texts: Iterable[str]) -> Thresholds:
    first, last, *bounds = texts
    return Thresholds(int(first), int(last), *map(Decimal, bounds))


@dataclass(frozen=True)
class ClassifyStages:
    """What a worker is asked for."""

    parameters: Parameters

    @property
    def window(self) -> Period:
        return self.parameters.window

    def to_params(self) -> dict[str, Any]:
        return to_params(self.parameters)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> ClassifyStages:
        return cls(from_params(params))


def classification_job(session: Session, job: Job, run: Run) -> Outcome:
    """A run, as ClassifyStages says; its author is whoever asked."""
    asked = ClassifyStages.from_params(job.params)
    made = classify_stages(session, asked.parameters, today=run.today, by=job.user)
    return Outcome({"told": runs.run_summary(made)})
