"""A class or a stage set by hand, with a reason, and kept by runs up to a day (domain.md 2.6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.stages import Stage, Standing, XyzClass
from app.domain.words import AbcClass
from app.errors import Refused
from app.models.classes import AbcRecord, Hold, StageRecord
from app.models.counterparties import Counterparty
from app.models.users import User

LONGEST = 366 * 5  # days
COPIED = {AbcRecord: ("value",), StageRecord: ("value", "purchases", "variation")}


def hold_class(
    session: Session, buyer: Counterparty, abc: AbcClass, *, until: date, reason: str, by: User, today: date
) -> Hold:
    """From today to `until` the buyer has this class, whatever runs say."""
    return _keep(session, AbcRecord, Hold(abc=abc, **_from_today(buyer, until, reason, by, today)))


def hold_stage(
    session: Session, buyer: Counterparty, standing: Standing, *, until: date, reason: str, by: User, today: date
) -> Hold:
    """The same of a stage. A regular buyer without a class is Z, any other stage has none."""
    if standing.stage is None:
        raise Refused(_("Choose a stage."), field="stage")
    xyz = (standing.xyz or XyzClass.Z) if standing.stage is Stage.REGULAR else None
    hold = Hold(stage=standing.stage, xyz=xyz, **_from_today(buyer, until, reason, by, today))
    return _keep(session, StageRecord, hold)


def release(session: Session, hold: Hold, *, today: date) -> None:
    """From today on what runs say counts again."""
    if not hold.on <= today <= hold.until:
        raise Refused(_("Nothing is held here any more."))
    model = AbcRecord if hold.abc else StageRecord
    _end(session, model, hold.counterparty_id, today)
    before = _latest(session, model, hold.counterparty_id)
    record, said = _record(model, hold.counterparty_id, today, before), _said(before)
    if model is StageRecord and said["stage"] is None:
        said = {"stage": Stage.POTENTIAL}  # no run has seen him yet
    for name, value in said.items():
        setattr(record, name, value)
    session.add(record)
    session.flush()


def _from_today(buyer: Counterparty, until: date, reason: str, by: User, today: date) -> dict[str, Any]:
    if not reason.strip():
        raise Refused(_("Say why: it is kept in the history."), field="reason")
    if not today <= until <= today + LONGEST * DAY:
        raise Refused(_("The last day of holding is today or later, at most five years ahead."), field="until")
    return {"counterparty_id": buyer.id, "on": today, "until": until, "reason": reason.strip(), "by_id": by.id}


def _keep(session: Session, model: Any, hold: Hold) -> Hold:
    """Put the hold in place of the one before, and a record by hand that says so."""
    buyer_id, today = hold.counterparty_id, hold.on
    session.scalars(select(Counterparty.id).where(Counterparty.id == buyer_id).with_for_update(key_share=True)).one()
    before = _latest(session, model, buyer_id)
    _end(session, model, buyer_id, today)
    session.add(hold)
    session.flush()
    said = _said(before)
    record = _record(model, buyer_id, today, before)
    record.hold_id, record.held_until = hold.id, hold.until
    if model is AbcRecord:
        record.abc, record.computed = hold.abc, said.get("abc")
    else:
        record.stage, record.xyz = hold.stage, hold.xyz
        record.computed_stage, record.computed_xyz = said.get("stage"), said.get("xyz")
    session.add(record)
    session.flush()
    return hold


def _end(session: Session, model: Any, buyer_id: int, today: date) -> None:
    """What was held until now ends with yesterday."""
    kept = Hold.abc if model is AbcRecord else Hold.stage
    session.execute(
        update(Hold)
        .where(Hold.counterparty_id == buyer_id, kept.is_not(None), Hold.until >= today)
        .values(until=today - DAY)
    )


def _latest(session: Session, model: Any, buyer_id: int) -> Any:
    query = select(model).where(model.counterparty_id == buyer_id).order_by(model.on.desc(), model.id.desc())
    return session.scalars(query.limit(1)).first()


def _said(record: Any) -> dict[str, Any]:
    """What the runs say of the buyer, held or not."""
    if isinstance(record, AbcRecord):
        return {"abc": record.computed if record.held_until else record.abc}
    if isinstance(record, StageRecord):
        if record.held_until:
            return {"stage": record.computed_stage, "xyz": record.computed_xyz}
        return {"stage": record.stage, "xyz": record.xyz}
    return {}


def _record(model: Any, buyer_id: int, today: date, before: Any) -> Any:
    """A record by hand of today, with the figures of the one before and where the buyer came from."""
    copied = {name: getattr(before, name) if before else 0 for name in COPIED[model]}
    record = model(counterparty_id=buyer_id, on=today, **copied)
    if before is not None:
        expired = before.held_until is not None and before.held_until < today - DAY
        now = _said(before) if expired else {}
        if model is AbcRecord:
            record.old = now.get("abc", before.abc)
        else:
            record.old_stage, record.old_xyz = now.get("stage", before.stage), now.get("xyz", before.xyz)
    return record
