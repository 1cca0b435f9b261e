"""The last classification is withdrawn: everybody is again where he was before it."""

from __future__ import annotations

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.classes import AbcRun, StageRun, Withdrawal
from app.models.classification_drafts import ClassificationDraft
from app.models.users import User
from app.queries.classification.tracks import STAGE_TRACK, AnyTrack
from app.services.classification import runs
from app.services.classification.runs import WHOLE_COMPANY


def withdraw(session: Session, track: AnyTrack, run_id: int, *, by: User | None = None) -> AbcRun | StageRun:
    """Delete the run with its records; refused where it is not the last one, or something else goes on from it."""
    runs.only_run(session, track)
    run: AbcRun | StageRun | None = session.get(track.run, run_id)
    if run is None:
        raise Refused(_("This classification is no longer there."))
    last: AbcRun | StageRun | None = runs.last_run(session, track)
    if last != run:
        raise Refused(_("Only the last classification can be withdrawn."))
    if problem := what_depends(session, track, run):
        raise Refused(problem)
    session.add(Withdrawal(kind=track.kind, on=run.on, end=run.end, by_id=by.id if by else None))
    session.delete(run)
    session.flush()
    session.expire_all()  # the base has deleted the records
    return run


def what_depends(session: Session, track: AnyTrack, run: AbcRun | StageRun) -> str:
    """What was decided or computed from the run since, in a sentence; "" when nothing was."""
    record = track.record
    first = select(func.min(record.id)).where(record.run_id == run.id).scalar_subquery()
    by_hand = select(func.count()).where(record.run_id.is_(None), record.on >= run.on, record.id > first)
    if count := session.scalar(by_hand, execution_options=WHOLE_COMPANY):
        told: str = ngettext(
            "Since this classification %(num)s client was set by hand: his history goes on from it.",
            "Since this classification %(num)s clients were set by hand: their history goes on from it.",
            count,
        )
        return told
    draft = ClassificationDraft
    drafts = select(draft.id).where(draft.kind == track.kind, draft.on > run.on, draft.created_at >= run.created_at)
    if session.scalar(drafts.limit(1)):
        return str(_("A draft was made from this classification: delete the draft first."))
    classes = select(AbcRun.on).where(AbcRun.end >= run.on, AbcRun.created_at >= run.created_at)
    if track is STAGE_TRACK and (day := session.scalar(classes.order_by(AbcRun.on.desc()).limit(1))):
        day_text = format_date(day, "dd.MM.yyyy")
        return str(_("The classes of %(day)s were given by these stages: withdraw them first.", day=day_text))
    return ""
