"""Why a buyer has his class and his stage: one sentence each, with the numbers that it follows from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import literal, select
from sqlalchemy.orm import Session, joinedload

from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.stages import Stage, StageMeasure, Standing
from app.domain.words import AbcClass, ClassificationKind, Measure
from app.formatting import money, number, quantity
from app.models.captions import caption, place_caption, standing_caption
from app.models.classes import AbcRecord, StageRecord
from app.models.users import full_name
from app.queries.classification.history import computed_before
from app.queries.classification.standing import abc_sums, history_json
from app.queries.classification.tracks import STAGE, STAGE_TRACK, TRACKS, AnyTrack
from app.queries.sales.sales import shipments_of, sums_of

NOTHING = "—"
COUNTED = (StageMeasure.SALES, StageMeasure.INTERVALS)  # whose value is the number of shipments


@dataclass(frozen=True)
class Event:
    """One line of the history: from a day on, what counts and where from."""

    kind: str
    on: date
    now: str
    before: str
    change: int  # the arrow
    computed: str  # what the run says, where something else is held
    held_until: date | None
    reason: str
    author: str
    by_hand: bool
    corrected: bool  # by hand too, before the run was posted
    hold_id: int | None

    @property
    def is_move(self) -> bool:
        return self.by_hand or self.corrected or self.now != self.before


@dataclass(frozen=True)
class History:
    """Class and stage on a day, and how they came about, the newest first."""

    day: date
    events: Sequence[Event]

    def latest(self, kind: str) -> Event | None:
        return next((event for event in self.events if event.kind == kind), None)

    def place(self, kind: str) -> str:
        """The class or the stage in words."""
        event = self.latest(kind)
        if event is None:
            return NOTHING
        return event.now if self.hold(kind) or not event.held_until else event.computed

    def hold(self, kind: str) -> Event | None:
        """The latest event, when it holds something on the day."""
        event = self.latest(kind)
        return event if event and event.held_until and event.held_until >= self.day else None

    @property
    def moves(self) -> list[Event]:
        return [event for event in self.events if event.is_move]


def history_of(session: Session, counterparty_id: int, day: date) -> History:
    """In one statement."""
    return history_from(session.scalar(select(history_json(counterparty_id, day))), day)


def history_from(rows: Sequence[Mapping[str, Any]] | None, day: date) -> History:
    """Of the value of queries.classification.standing.history_json."""
    return History(day, [_event(row) for row in rows or ()])


def _event(row: Mapping[str, Any]) -> Event:
    track = TRACKS[ClassificationKind(row["kind"])]
    now, before, computed = (place_of(track, row, side) for side in ("", "old_", "computed_"))
    held_until = row["held_until"]
    return Event(
        kind=row["kind"],
        on=date.fromisoformat(row["on"]),
        now=place_caption(now),
        before=place_caption(before),
        change=track.moves.change(before, now),
        computed=place_caption(computed) if held_until else "",
        held_until=date.fromisoformat(held_until) if held_until else None,
        reason=row["reason"] or "",
        author=row["author"] or "",
        by_hand=row["run_id"] is None,
        corrected=row["corrected"],
        hold_id=row["hold_id"],
    )


def place_of(track: AnyTrack, row: Mapping[str, Any], side: str) -> Any:
    """A class, or a stage with its class, of the texts of a row."""
    texts = (row[f"{side}{label}"] for label in ("name", "mark"))
    return track.moves.from_text(" ".join(text for text in texts if text))


def latest(session: Session, track: AnyTrack, counterparty_id: int, day: date) -> Any:
    """The buyer's record of the last run by the day: that is what can be explained."""
    model = track.record
    query = (
        select(model)
        .options(joinedload(model.run))
        .where(model.counterparty_id == counterparty_id, model.on <= day, model.run_id.is_not(None))
        .order_by(model.on.desc(), model.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def reason_of(session: Session, record: AbcRecord | StageRecord) -> str:
    return of_class(session, record) if isinstance(record, AbcRecord) else of_stage(session, record)


def of_class(session: Session, record: AbcRecord) -> str:
    """`A: 412 300.00 = 9.7 % of revenue, before him 53.4 %, with him 63.1 %, boundary 70 %`."""
    run = record.run
    assert run is not None
    result = record.computed if record.held_until else record.abc
    if record.rule is not None:
        result = AbcClass(record.rule) if record.rule else None
    sums = session.execute(abc_sums(record), execution_options={"unscoped": True}).one()
    shares = Shares(run.share_a, run.share_b, run.share_c)
    told: dict[str, Any] = {
        "abc": result or NOTHING,
        "value": money(record.value),
        "measure": caption(run.measure).lower(),
    }
    if result is None:
        return str(_("No class: the client is lost. His %(measure)s of %(value)s counts in the total.", **told))
    if record.value <= 0:
        return str(_("%(abc)s: %(measure)s of the period is %(value)s, nothing above zero.", **told))
    bounds = {AbcClass.A: shares.a, AbcClass.B: shares.a + shares.b, AbcClass.C: shares.a + shares.b}
    told |= {
        "share": percent(record.value, sums.total),
        "before": percent(sums.above, sums.total),
        "running": percent(sums.running, sums.total),
        "bound": number(bounds[AbcClass(result)]),
    }
    about = _("%(abc)s: %(value)s = %(share)s %% of %(measure)s", **told)
    place = _("before him %(before)s %%, with him %(running)s %%", **told)
    if result is AbcClass.C:
        border = _("beyond the boundary of %(bound)s %%", **told)
    else:
        border = _("boundary %(bound)s %%", **told)
    return f"{about}; {place}; {border}."


def of_stage(session: Session, record: StageRecord) -> str:
    """`Regular client (Y): variation 40.8 %, Month × 6, 5 purchases; was Regular client (X)`."""
    run = record.run
    assert run is not None
    result = (
        Standing(record.computed_stage, record.computed_xyz)
        if record.held_until
        else Standing(record.stage, record.xyz)
    )
    if record.rule is not None:
        result = Standing.from_text(record.rule)
    was_silent = result.stage is Stage.LOST and run.lost_after and _was_one_time(session, record)
    told: dict[str, Any] = {
        "stage": standing_caption(result),
        "purchases": ngettext("%(num)s purchase", "%(num)s purchases", record.purchases),
        "window": f"{caption(run.periodicity).lower()} × {run.lost_after if was_silent else run.count}",
        "old": standing_caption(Standing(record.old_stage, record.old_xyz)),
        "variation": number(round(record.variation, 2)),
    }
    if run.measure not in COUNTED:
        told["purchases"] += f", {worth(run.measure, record.value)}"
    if result.stage is Stage.REGULAR:
        return str(_("%(stage)s: variation %(variation)s %%, %(window)s, %(purchases)s; was: %(old)s.", **told))
    return str(_("%(stage)s: %(purchases)s, %(window)s; was: %(old)s.", **told))


def _was_one_time(session: Session, record: StageRecord) -> bool:
    """By what the rule went by, which is not what counted where that was held."""
    before = computed_before(STAGE_TRACK, STAGE, record.on, literal(record.counterparty_id))
    return session.scalar(select(before)) == Stage.ONE_TIME


def corrected(record: AbcRecord | StageRecord) -> str:
    """Who put another class in place of the one that the rule gives, before the run was posted; "" for nobody."""
    if record.rule is None:
        return ""
    run = record.run
    assert run is not None
    author = full_name(run.by) if run.by else NOTHING
    day = format_date(run.on, "dd.MM.yyyy")
    told = _("Corrected by hand in the classification of %(day)s, %(author)s.", day=day, author=author)
    return f"{told} {run.comment}".strip()


@dataclass(frozen=True)
class Source:
    """The documents that a record was computed from, as they are now: how many and what they are worth."""

    period: Period
    text: str
    changed: bool  # since the run: they do not make the record's figures any more


def source_of(session: Session, record: AbcRecord | StageRecord) -> Source:
    run = record.run
    assert run is not None
    period = Period(run.start, run.end)
    now = session.execute(sums_of(shipments_of(record.counterparty_id, period))).one()
    counts = [ngettext("%(num)s shipment", "%(num)s shipments", now.shipments)]
    if now.returns:
        counts.append(ngettext("%(num)s return", "%(num)s returns", now.returns))
    changed = isinstance(record, StageRecord) and record.purchases != now.shipments
    if run.measure not in COUNTED:
        value = getattr(now, run.measure.value)
        counts.append(worth(run.measure, value))
        changed = changed or record.value != value
    return Source(period, ", ".join(counts), changed)


def worth(measure: Measure | StageMeasure, value: Decimal) -> str:
    """`revenue 412 300.00`, `quantity 12.5`."""
    shown = quantity(value) if measure is StageMeasure.QUANTITY else money(value)
    return f"{caption(measure).lower()} {shown}"


def percent(part: Decimal, total: Decimal) -> str:
    return number(round(part * 100 / total, 2)) if total else number(Decimal(0))
