"""Черновик классификации: filled once, corrected by hand, classified again by other thresholds, posted as a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import CursorResult, Result, Select, insert, literal, select, update
from sqlalchemy.orm import Session

from app.domain.abc import AbcParameters, Shares
from app.domain.periods import Period
from app.domain.stages import STANDINGS, Parameters, Thresholds
from app.domain.words import AbcClass, ClassificationKind
from app.errors import Refused
from app.models.classes import AbcRun, StageRun
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.jobs import Job
from app.models.users import User
from app.queries.classification import drafts as queries
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification import abc as classification
from app.services.classification import runs, stages
from app.services.classification.runs import WHOLE_COMPANY
from app.services.jobs import Outcome, Run

LEFT_OUT = "left_out"
# What may be chosen, in the order of the table: a regular buyer has a class, nobody else has one.
CHOICES: dict[ClassificationKind, tuple[str, ...]] = {
    ClassificationKind.ABC: tuple(AbcClass),
    ClassificationKind.STAGES: tuple(standing.text for standing in STANDINGS),
}


@dataclass(frozen=True)
class Method:
    """What the rule of a track makes of a draft."""

    track: AnyTrack
    rows: Callable[..., Select[Any]]  # it is filled with
    again: Callable[..., Select[Any]]  # what its figures make by other limits
    run_of: Callable[..., Any]  # it is posted as
    to_params: Callable[[Any], dict[str, Any]]
    from_params: Callable[[Mapping[str, Any]], Any]
    limits_from_texts: Callable[[Iterable[str]], Any]


def _reclassified(_session: Session, draft: ClassificationDraft, shares: Shares) -> Select[Any]:
    return queries.reclassified(draft.id, shares)


def _restaged(session: Session, draft: ClassificationDraft, thresholds: Thresholds) -> Select[Any]:
    return queries.restaged(draft, thresholds, runs.run_before(session, STAGE_TRACK, draft.on))


METHODS = {
    ClassificationKind.ABC: Method(
        ABC_TRACK,
        queries.rows_of_classes,
        _reclassified,
        classification.run_of,
        classification.to_params,
        classification.from_params,
        classification.shares_from_texts,
    ),
    ClassificationKind.STAGES: Method(
        STAGE_TRACK,
        queries.rows_of_stages,
        _restaged,
        stages.run_of,
        stages.to_params,
        stages.from_params,
        stages.thresholds_from_texts,
    ),
}


def draft_classes(session: Session, period: Period, shares: Shares, *, today: date, by: User) -> ClassificationDraft:
    """A draft without rows yet; `fill` makes them."""
    runs.check_begun(period, today)
    parameters = classification.parameters_for(session, period, shares)
    return _added(session, ClassificationKind.ABC, parameters, today, by)


def draft_stages(session: Session, parameters: Parameters, *, today: date, by: User) -> ClassificationDraft:
    stages.check_begun(parameters, today)
    return _added(session, ClassificationKind.STAGES, parameters, today, by)


def _added(
    session: Session, kind: ClassificationKind, parameters: AbcParameters | Parameters, today: date, by: User
) -> ClassificationDraft:
    params, day = METHODS[kind].to_params(parameters), min(parameters.window.last, today)
    draft = ClassificationDraft(kind=kind, on=day, params=params, by_id=by.id)
    session.add(draft)
    session.flush()
    return draft


def parameters_of(draft: ClassificationDraft) -> Any:
    """AbcParameters, or Parameters of stages."""
    return METHODS[draft.kind].from_params(draft.params)


def fill(session: Session, draft: ClassificationDraft) -> int:
    """The rows, by the sales of now; returns how many."""
    method = METHODS[draft.kind]
    rows = method.rows(parameters_of(draft), draft.on, runs.run_before(session, method.track, draft.on))
    proposed = rows.subquery("proposed").c
    table: Any = DraftRow.__table__
    query = select(literal(draft.id), *proposed).order_by(proposed.counterparty_id)
    made = insert(table).from_select(["draft_id", *proposed.keys()], query, include_defaults=False)
    return _count(session.execute(made, execution_options=WHOLE_COMPANY | {"preserve_rowcount": True}))


def correct(session: Session, draft_id: int, counterparty_id: int, verdict: str) -> DraftRow:
    """Put a class, or a stage, in place of what the rule gives; LEFT_OUT: the run will not write him.

    What the rule gives takes the correction back. Only of a buyer whom the corrector sees.
    """
    draft = _locked(session, draft_id, read=True)
    mine = (DraftRow.draft_id == draft.id) & (DraftRow.counterparty_id == counterparty_id)
    row = session.scalars(select(DraftRow).where(mine)).first()
    if row is None:
        raise Refused(_("This buyer is not in the draft."))
    if verdict not in (LEFT_OUT, row.rule, *CHOICES[draft.kind]):
        raise Refused(_("Choose a class or a stage."))
    row.left_out = verdict == LEFT_OUT
    row.chosen = None if verdict in {LEFT_OUT, row.rule} else verdict
    session.flush()
    return row


def redistribute(session: Session, draft_id: int, limits: Shares | Thresholds) -> int:
    """Other limits over the same figures; what was corrected by hand is taken back.

    Gives how many rows there are.
    """
    draft = _locked(session, draft_id)
    method = METHODS[draft.kind]
    draft.params = method.to_params(replace(parameters_of(draft), limits=limits))
    fresh = method.again(session, draft, limits).subquery("fresh")
    changed = session.execute(
        update(DraftRow).where(DraftRow.id == fresh.c.key).values(rule=fresh.c.rule, chosen=None, left_out=False),
        execution_options={**WHOLE_COMPANY, "synchronize_session": False},
    )
    session.expire_all()
    return _count(changed)


def post(session: Session, draft_id: int, *, by: User | None, comment: str = "") -> AbcRun | StageRun:
    """Make it a run with its history, and drop it; refused for whoever comes second."""
    draft = _locked(session, draft_id)
    method = METHODS[draft.kind]
    track = method.track
    runs.only_run(session, track)
    run: AbcRun | StageRun = method.run_of(parameters_of(draft), draft.on, by)
    run.comment = comment
    runs.write(session, track, run, queries.posted(draft, track, runs.run_before(session, track, draft.on)))
    drop(session, draft)
    return run


def drop(session: Session, draft: ClassificationDraft) -> None:
    session.delete(draft)
    session.flush()


@dataclass(frozen=True)
class FillDraft:
    """What a worker is asked for, a kind of work each."""

    draft_id: int

    def to_params(self) -> dict[str, Any]:
        return {"draft": self.draft_id}


@dataclass(frozen=True)
class RedistributeDraft:
    draft_id: int
    kind: ClassificationKind
    limits: Shares | Thresholds

    def to_params(self) -> dict[str, Any]:
        limits = [str(limit) for limit in astuple(self.limits)]
        return {"draft": self.draft_id, "kind": self.kind.value, "limits": limits}

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> RedistributeDraft:
        kind = ClassificationKind(params["kind"])
        return cls(params["draft"], kind, METHODS[kind].limits_from_texts(params["limits"]))


@dataclass(frozen=True)
class PostDraft:
    draft_id: int
    comment: str

    def to_params(self) -> dict[str, Any]:
        return {"draft": self.draft_id, "comment": self.comment}


def fill_job(session: Session, job: Job, _run: Run) -> Outcome:
    return _ready(fill(session, _locked(session, job.params["draft"])))


def redistribute_job(session: Session, job: Job, _run: Run) -> Outcome:
    asked = RedistributeDraft.from_params(job.params)
    return _ready(redistribute(session, asked.draft_id, asked.limits))


def post_job(session: Session, job: Job, _run: Run) -> Outcome:
    """The author of the run is whoever asked."""
    run = post(session, job.params["draft"], by=job.user, comment=job.params["comment"])
    return Outcome({"told": runs.run_summary(run)})


def _ready(rows: int) -> Outcome:
    return Outcome({"told": _("The draft is ready: %(count)s buyers.", count=rows)})


def _count(changed: Result[Any]) -> int:
    return cast(CursorResult[Any], changed).rowcount


def _locked(session: Session, draft_id: int, *, read: bool = False) -> ClassificationDraft:
    """The draft, held until the end of the transaction: it is posted once, and not while it is being corrected."""
    query = select(ClassificationDraft).where(ClassificationDraft.id == draft_id).with_for_update(read=read)
    draft = session.scalars(query.execution_options(populate_existing=True)).first()
    if draft is None:
        raise Refused(_("This draft was posted or deleted meanwhile."))
    return draft
