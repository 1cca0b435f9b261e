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
from app.models.jobs import Job
from app.models.proposals import Proposal, ProposalRow
from app.models.settings import Policy
from app.models.users import User
from app.queries import proposals as queries
from app.services import classification, runs, stages
from app.services.jobs import Outcome, Run
from app.services.runs import WHOLE_COMPANY

KIND = "proposal"  # of the job
LEFT_OUT = "left_out"
# What may be chosen, in the order of the table: a regular buyer has a class, nobody else has one (domain.md 2.6).
CHOICES: dict[ClassificationKind, tuple[str, ...]] = {
    ClassificationKind.ABC: tuple(AbcClass),
    ClassificationKind.STAGES: tuple(standing.text for standing in STANDINGS),
}


def propose_classes(session: Session, period: Period, shares: Shares, *, today: date, by: User) -> Proposal:
    """A proposal without rows yet; `fill` makes them."""
    runs.check_begun(period, today)
    measure = session.scalars(select(Policy.abc_measure)).one()
    params = {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "measure": measure.value,
        "shares": texts_of(shares),
    }
    return _added(session, ClassificationKind.ABC, min(period.last, today), params, by)


def propose_stages(session: Session, parameters: Parameters, *, today: date, by: User) -> Proposal:
    runs.check_begun(parameters.buckets[-1], today, "end")
    day = min(parameters.window.last, today)
    return _added(session, ClassificationKind.STAGES, day, stages.to_params(parameters), by)


def _added(session: Session, kind: ClassificationKind, on: date, params: dict[str, Any], by: User) -> Proposal:
    proposal = Proposal(kind=kind, on=on, params=params, by_id=by.id)
    session.add(proposal)
    session.flush()
    return proposal


def period_of(proposal: Proposal) -> Period:
    if proposal.kind is ClassificationKind.STAGES:
        return parameters_of(proposal).window
    return Period(date.fromisoformat(proposal.params["first"]), date.fromisoformat(proposal.params["last"]))


def shares_of(proposal: Proposal) -> Shares:
    return Shares(*(Decimal(share) for share in proposal.params["shares"]))


def parameters_of(proposal: Proposal) -> Parameters:
    return stages.from_params(proposal.params)


def fill(session: Session, proposal: Proposal) -> None:
    """The rows, by the sales of now."""
    if proposal.kind is ClassificationKind.ABC:
        rows = queries.rows_of_classes(
            period_of(proposal),
            Measure(proposal.params["measure"]),
            shares_of(proposal),
            proposal.on,
            runs.before(session, AbcRun, proposal.on),
        )
    else:
        rows = queries.rows_of_stages(parameters_of(proposal), proposal.on, runs.before(session, StageRun, proposal.on))
    found = rows.subquery("found")
    table: Any = ProposalRow.__table__
    made = select(literal(proposal.id), *found.c).order_by(found.c.counterparty_id)
    names = ["proposal_id", *found.c.keys()]
    session.execute(insert(table).from_select(names, made, include_defaults=False), execution_options=WHOLE_COMPANY)


def correct(session: Session, proposal_id: int, counterparty_id: int, said: str) -> ProposalRow:
    """Put a class, or a stage, in place of what the rule gives; LEFT_OUT: the run will not write him.

    What the rule gives takes the correction back. Only of a buyer whom the corrector sees.
    """
    proposal = _locked(session, proposal_id, read=True)
    mine = (ProposalRow.proposal_id == proposal.id) & (ProposalRow.counterparty_id == counterparty_id)
    row = session.scalars(select(ProposalRow).where(mine)).first()
    if row is None:
        raise Refused(_("This buyer is not in the draft."))
    if said not in (LEFT_OUT, row.rule, *CHOICES[proposal.kind]):
        raise Refused(_("Choose a class or a stage."))
    row.left_out = said == LEFT_OUT
    row.chosen = None if said in {LEFT_OUT, row.rule} else said
    session.flush()
    return row


def redistribute(session: Session, proposal_id: int, by: Shares | Thresholds) -> Proposal:
    """Other thresholds over the same figures; what was corrected by hand is taken back (domain.md 1.1, 2.6)."""
    proposal = _locked(session, proposal_id)
    if isinstance(by, Shares):
        proposal.params = proposal.params | {"shares": texts_of(by)}
        found = queries.reclassified(proposal.id, by)
    else:
        known = parameters_of(proposal)
        changed = Parameters(known.end, known.periodicity, known.count, known.measure, by)
        proposal.params = stages.to_params(changed)
        found = queries.restaged(proposal, by, runs.before(session, StageRun, proposal.on))
    fresh = found.subquery("fresh")
    session.execute(
        update(ProposalRow).where(ProposalRow.id == fresh.c.key).values(rule=fresh.c.rule, chosen=None, left_out=False),
        execution_options={**WHOLE_COMPANY, "synchronize_session": False},
    )
    session.expire_all()
    return proposal


def post(session: Session, proposal_id: int, *, by: User | None, comment: str = "") -> AbcRun | StageRun:
    """Make it a run with its history, and drop it; refused for whoever comes second."""
    proposal = _locked(session, proposal_id)
    if proposal.kind is ClassificationKind.ABC:
        runs.only_run(session, classification.ABC_LOCK)
        measure, period = Measure(proposal.params["measure"]), period_of(proposal)
        run = classification.run_of(period, measure, shares_of(proposal), proposal.on, by)
        run.comment = comment
        rows = queries.classes_of(proposal, runs.before(session, AbcRun, proposal.on))
        classification.write(session, run, rows)
        drop(session, proposal)
        return run
    runs.only_run(session, stages.STAGE_LOCK)
    stage_run = stages.run_of(parameters_of(proposal), proposal.on, by)
    stage_run.comment = comment
    stages.write(session, stage_run, queries.standings_of(proposal, runs.before(session, StageRun, proposal.on)))
    drop(session, proposal)
    return stage_run


def drop(session: Session, proposal: Proposal) -> None:
    session.delete(proposal)
    session.flush()


def told(run: AbcRun | StageRun) -> str:
    return classification.told(run) if isinstance(run, AbcRun) else stages.told(run)


def proposal_job(session: Session, job: Job, _run: Run) -> Outcome:
    """Filling, redistribution or posting of a proposal of many buyers: `verb`, `proposal` and what the verb takes."""
    number, verb = job.params["proposal"], job.params["verb"]
    if verb == "post":
        return Outcome({"told": told(post(session, number, by=job.user, comment=job.params["comment"]))})
    if verb == "fill":
        proposal = _locked(session, number)
        fill(session, proposal)
    else:
        redistribute(session, number, thresholds_from(job.params["by"]))
    rows = session.scalar(
        select(func.count()).select_from(ProposalRow).where(ProposalRow.proposal_id == number),
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


def _locked(session: Session, proposal_id: int, *, read: bool = False) -> Proposal:
    """The proposal, held until the end of the transaction: it is posted once, and not while it is being corrected."""
    query = select(Proposal).where(Proposal.id == proposal_id).with_for_update(read=read)
    proposal = session.scalars(query.execution_options(populate_existing=True)).first()
    if proposal is None:
        raise Refused(_("This draft was posted or deleted meanwhile."))
    return proposal
