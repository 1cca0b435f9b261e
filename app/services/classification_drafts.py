"""Черновик классификации: filled once, corrected by hand, classified anew by other thresholds, posted as a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import Session

from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.stages import STANDINGS, Parameters, Thresholds
from app.domain.words import AbcClass, ClassificationKind, Measure
from app.errors import Refused
from app.models.classes import AbcRun, StageRun
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.jobs import Job
from app.models.settings import Policy
from app.models.users import User
from app.queries import classification_drafts as queries
from app.services import classification, runs, stages
from app.services.jobs import Outcome, Run
from app.services.runs import WHOLE_COMPANY

LEFT_OUT = "left_out"
# What may be chosen, in the order of the table: a regular buyer has a class, nobody else has one (domain.md 2.6).
CHOICES: dict[ClassificationKind, tuple[str, ...]] = {
    ClassificationKind.ABC: tuple(AbcClass),
    ClassificationKind.STAGES: tuple(standing.text for standing in STANDINGS),
}


def draft_classes(session: Session, period: Period, shares: Shares, *, today: date, by: User) -> ClassificationDraft:
    """A draft without rows yet; `fill` makes them."""
    runs.check_begun(period, today)
    measure = session.scalars(select(Policy.abc_measure)).one()
    params = {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "measure": measure.value,
        "shares": texts_of(shares),
    }
    return _added(session, ClassificationKind.ABC, min(period.last, today), params, by)


def draft_stages(session: Session, parameters: Parameters, *, today: date, by: User) -> ClassificationDraft:
    runs.check_begun(parameters.buckets[-1], today, "end")
    day = min(parameters.window.last, today)
    return _added(session, ClassificationKind.STAGES, day, stages.to_params(parameters), by)


def _added(
    session: Session, kind: ClassificationKind, on: date, params: dict[str, Any], by: User
) -> ClassificationDraft:
    draft = ClassificationDraft(kind=kind, on=on, params=params, by_id=by.id)
    session.add(draft)
    session.flush()
    return draft


def period_of(draft: ClassificationDraft) -> Period:
    if draft.kind is ClassificationKind.STAGES:
        return parameters_of(draft).window
    return Period(date.fromisoformat(draft.params["first"]), date.fromisoformat(draft.params["last"]))


def shares_of(draft: ClassificationDraft) -> Shares:
    return Shares(*(Decimal(share) for share in draft.params["shares"]))


def parameters_of(draft: ClassificationDraft) -> Parameters:
    return stages.from_params(draft.params)


def fill(session: Session, draft: ClassificationDraft) -> None:
    """The rows, by the sales of now."""
    if draft.kind is ClassificationKind.ABC:
        rows = queries.rows_of_classes(
            period_of(draft),
            Measure(draft.params["measure"]),
            shares_of(draft),
            draft.on,
            runs.before(session, AbcRun, draft.on),
        )
    else:
        rows = queries.rows_of_stages(parameters_of(draft), draft.on, runs.before(session, StageRun, draft.on))
    found = rows.subquery("found")
    table: Any = DraftRow.__table__
    made = select(literal(draft.id), *found.c).order_by(found.c.counterparty_id)
    names = ["draft_id", *found.c.keys()]
    session.execute(insert(table).from_select(names, made, include_defaults=False), execution_options=WHOLE_COMPANY)


def correct(session: Session, draft_id: int, counterparty_id: int, said: str) -> DraftRow:
    """Put a class, or a stage, in place of what the rule gives; LEFT_OUT: the run will not write him.

    What the rule gives takes the correction back. Only of a buyer whom the corrector sees.
    """
    draft = _locked(session, draft_id, read=True)
    mine = (DraftRow.draft_id == draft.id) & (DraftRow.counterparty_id == counterparty_id)
    row = session.scalars(select(DraftRow).where(mine)).first()
    if row is None:
        raise Refused(_("This buyer is not in the draft."))
    if said not in (LEFT_OUT, row.rule, *CHOICES[draft.kind]):
        raise Refused(_("Choose a class or a stage."))
    row.left_out = said == LEFT_OUT
    row.chosen = None if said in {LEFT_OUT, row.rule} else said
    session.flush()
    return row


def redistribute(session: Session, draft_id: int, by: Shares | Thresholds) -> ClassificationDraft:
    """Other thresholds over the same figures; what was corrected by hand is taken back (domain.md 1.1, 2.6)."""
    draft = _locked(session, draft_id)
    if isinstance(by, Shares):
        draft.params = draft.params | {"shares": texts_of(by)}
        found = queries.reclassified(draft.id, by)
    else:
        known = parameters_of(draft)
        changed = Parameters(known.end, known.periodicity, known.count, known.measure, by)
        draft.params = stages.to_params(changed)
        found = queries.restaged(draft, by, runs.before(session, StageRun, draft.on))
    fresh = found.subquery("fresh")
    session.execute(
        update(DraftRow).where(DraftRow.id == fresh.c.key).values(rule=fresh.c.rule, chosen=None, left_out=False),
        execution_options={**WHOLE_COMPANY, "synchronize_session": False},
    )
    session.expire_all()
    return draft


def post(session: Session, draft_id: int, *, by: User | None, comment: str = "") -> AbcRun | StageRun:
    """Make it a run with its history, and drop it; refused for whoever comes second."""
    draft = _locked(session, draft_id)
    if draft.kind is ClassificationKind.ABC:
        runs.only_run(session, classification.ABC_LOCK)
        measure, period = Measure(draft.params["measure"]), period_of(draft)
        run = classification.run_of(period, measure, shares_of(draft), draft.on, by)
        run.comment = comment
        rows = queries.classes_of(draft, runs.before(session, AbcRun, draft.on))
        classification.write(session, run, rows)
        drop(session, draft)
        return run
    runs.only_run(session, stages.STAGE_LOCK)
    stage_run = stages.run_of(parameters_of(draft), draft.on, by)
    stage_run.comment = comment
    stages.write(session, stage_run, queries.standings_of(draft, runs.before(session, StageRun, draft.on)))
    drop(session, draft)
    return stage_run


def drop(session: Session, draft: ClassificationDraft) -> None:
    session.delete(draft)
    session.flush()


def told(run: AbcRun | StageRun) -> str:
    return classification.told(run) if isinstance(run, AbcRun) else stages.told(run)


def draft_job(session: Session, job: Job, _run: Run) -> Outcome:
    """Filling, redistribution or posting of a draft of many buyers: `verb`, `draft` and what the verb takes."""
    number, verb = job.params["draft"], job.params["verb"]
    if verb == "post":
        return Outcome({"told": told(post(session, number, by=job.user, comment=job.params["comment"]))})
    if verb == "fill":
        draft = _locked(session, number)
        fill(session, draft)
    else:
        redistribute(session, number, thresholds_from(job.params["by"]))
    rows = session.scalar(
        select(func.count()).select_from(DraftRow).where(DraftRow.draft_id == number),
        execution_options=WHOLE_COMPANY,
    )
    return Outcome({"told": _("The draft is ready: %(count)s buyers.", count=rows)})


def thresholds_from(texts: Sequence[str]) -> Shares | Thresholds:
    """Of a job: three shares, or what Thresholds takes."""
    if len(texts) == 3:
        return Shares(*map(Decimal, texts))
    first, last, *bounds = texts
    return Thresholds(int(first), int(last), *map(Decimal, bounds))


def texts_of(by: Shares | Thresholds) -> list[str]:
    """What thresholds_from reads."""
    return [str(value) for value in astuple(by)]


def _locked(session: Session, draft_id: int, *, read: bool = False) -> ClassificationDraft:
    """The draft, held until the end of the transaction: it is posted once, and not while it is being corrected."""
    query = select(ClassificationDraft).where(ClassificationDraft.id == draft_id).with_for_update(read=read)
    draft = session.scalars(query.execution_options(populate_existing=True)).first()
    if draft is None:
        raise Refused(_("This draft was posted or deleted meanwhile."))
    return draft
