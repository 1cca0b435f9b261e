"""A class or a stage set by hand, with a reason, and kept by runs up to a day."""

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
from app.models.classes import Hold
from app.models.counterparties import Counterparty
from app.models.users import User
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack, TrackColumn

LONGEST = 366 * 5  # days


def hold_class(
    session: Session, buyer: Counterparty, abc: AbcClass, *, until: date, reason: str, by: User, today: date
) -> Hold:
    """From today to `until` the buyer has this class, whatever runs say."""
    return _keep(session, ABC_TRACK, Hold(abc=abc, **_from_today(buyer, until, reason, by, today)))


def hold_stage(
    session: Session, buyer: Counterparty, standing: Standing, *, until: date, reason: str, by: User, today: date
) -> Hold:
    """The same of a stage. A regular buyer without a class is Z, any other stage has none."""
    if standing.stage is None:
        raise Refused(_("Choose a stage."), field="stage")
    xyz = (standing.xyz or XyzClass.Z) if standing.stage is Stage.REGULAR else None
    hold = Hold(stage=standing.stage, xyz=xyz, **_from_today(buyer, until, reason, by, today))
    return _keep(session, STAGE_TRACK, hold)


def release(session: Session, hold: Hold, *, today: date) -> None:
    """From today on what runs say counts again."""
    if not hold.on <= today <= hold.until:
        raise Refused(_("Nothing is held here any more."))
    track = ABC_TRACK if hold.abc else STAGE_TRACK
    _end(session, track, hold.counterparty_id, today)
    before = _latest(session, track, hold.counterparty_id)
    record = _record(track, hold.counterparty_id, today, before)
    for column, value in _computed(track, before).items():
        setattr(record, column.name, value)
    if track is STAGE_TRACK and record.stage is None:
        record.stage = Stage.POTENTIAL  # no run has seen him yet
    session.add(record)
    session.flush()


def _from_today(buyer: Counterparty, until: date, reason: str, by: User, today: date) -> dict[str, Any]:
    if not reason.strip():
        raise Refused(_("Say why: it is kept in the history."), field="reason")
    if not today <= until <= today + LONGEST * DAY:
        raise Refused(_("The last day of holding is today or later, at most five years ahead."), field="until")
    return {"counterparty_id": buyer.id, "on": today, "until": until, "reason": reason.strip(), "by_id": by.id}


def _keep(session: Session, track: AnyTrack, hold: Hold) -> Hold:
    """Put the hold in place of the one before, and a record by hand that says so."""
    buyer_id, today = hold.counterparty_id, hold.on
    session.scalars(select(Counterparty.id).where(Counterparty.id == buyer_id).with_for_update(key_share=True)).one()
    before = _latest(session, track, buyer_id)
    _end(session, track, buyer_id, today)
    session.add(hold)
    session.flush()
    record = _record(track, buyer_id, today, before)
    record.hold_id, record.held_until = hold.id, hold.until
    for column, value in _computed(track, before).items():
        setattr(record, column.name, getattr(hold, column.name))
        setattr(record, column.computed, value)
    session.add(record)
    session.flush()
    return hold


def _end(session: Session, track: AnyTrack, buyer_id: int, today: date) -> None:
    """What was held until now ends with yesterday."""
    session.execute(
        update(Hold)
        .where(Hold.counterparty_id == buyer_id, track.hold.is_not(None), Hold.until >= today)
        .values(until=today - DAY)
    )


def _latest(session: Session, track: AnyTrack, buyer_id: int) -> Any:
    record = track.record
    query = select(record).where(record.counterparty_id == buyer_id).order_by(record.on.desc(), record.id.desc())
    return session.scalars(query.limit(1)).first()


def _computed(track: AnyTrack, record: Any) -> dict[TrackColumn, Any]:
    """What the runs say of the buyer, held or not; nothing of whom none has seen."""
    is_held = record is not None and record.held_until is not None
    return {column: getattr(record, column.computed if is_held else column.name, None) for column in track.columns}


def _record(track: AnyTrack, buyer_id: int, today: date, before: Any) -> Any:
    """A record by hand of today, with the figures of the one before and where the buyer came from."""
    figures = {name: getattr(before, name) if before else 0 for name in track.figures}
    record = track.record(counterparty_id=buyer_id, on=today, **figures)
    if before is not None:
        is_over = before.held_until is not None and before.held_until < today - DAY
        for column in track.columns:
            setattr(record, column.old, getattr(before, column.computed if is_over else column.name))
    return record
