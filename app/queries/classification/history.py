"""The history of classes and stages: records by day, of runs and by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    inspect,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain.periods import DAY
from app.models.classes import AbcRun, Hold, StageRun
from app.models.counterparties import Counterparty
from app.queries.classification.tracks import AnyTrack, R, Track, TrackColumn
from app.queries.sql import latest

OF_THE_RECORD = {"id", "run_id", "counterparty_id"}


def run_before(track: Track[R, Any], day: date) -> Select[R]:
    """The run whose records the runs of the day follow."""
    run = track.run
    return select(run).where(run.on < day).order_by(run.on.desc(), run.id.desc()).limit(1)


class Before:
    """The latest record of every counterparty before a day, joined to counterparties.

    It is that of `by_hand`, else `older`, else `by_run`. A run of 31 March, say, follows that of 28 February:

        by_run   what the run of 28 February wrote of him;
        older    only of whom that run left out: his last record, the whole history is looked through;
        by_hand  what the head wrote on 28 February after the run, or later.
    """

    by_run: Any = None
    older: Any = None

    def __init__(self, track: AnyTrack, run: AbcRun | StageRun | None, day: date) -> None:
        """`run` is that of `run_before`; where there is none, only the hand has written."""
        self.day = day
        record = track.record
        made_by_hand = select(record).where(record.run_id.is_(None), record.on < day)
        if run is not None:
            made_by_hand = made_by_hand.where(record.on >= run.on)
        last_by_hand = made_by_hand.ext(distinct_on(record.counterparty_id)).order_by(
            record.counterparty_id, record.on.desc(), record.id.desc()
        )
        self.by_hand: Any = aliased(record, last_by_hand.subquery("by_hand"))
        of_hand = self.by_hand.counterparty_id == Counterparty.id
        self.joins: list[tuple[Any, ColumnElement[bool]]] = []
        if run is not None:
            self.by_run = by_run = aliased(record, name="last")
            self.joins.append((by_run, (by_run.counterparty_id == Counterparty.id) & (by_run.run_id == run.id)))
            left_out = (
                select(record)
                .where(record.counterparty_id == Counterparty.id, record.on < day, by_run.id.is_(None))
                .order_by(record.on.desc(), record.id.desc())
                .limit(1)
                .lateral("older")
            )
            self.older = aliased(record, left_out)
            self.joins.append((self.older, true()))
            # Of one day, whichever was written later counts.
            of_hand &= or_(self.by_hand.on > by_run.on, self.by_hand.id > by_run.id)
        self.joins.append((self.by_hand, of_hand))

    def join(self, query: Select[Any]) -> Select[Any]:
        for source, condition in self.joins:
            query = query.outerjoin(source, condition)
        return query

    def latest(self, pick: Callable[[Any], Any]) -> ColumnElement[Any]:
        """What `pick` takes of the record that counts."""
        sources = [source for source in (self.by_hand, self.older, self.by_run) if source is not None]
        return case(*((source.id.is_not(None), pick(source)) for source in sources))

    def in_force(self, column: TrackColumn) -> ColumnElement[Any]:
        """What counted on the day before: the held one while it was held."""
        return self.latest(lambda record: in_force(record, column, self.day - DAY))

    def computed(self, column: TrackColumn) -> ColumnElement[Any]:
        """What the run says, held or not: the next one goes on from it."""
        return self.latest(lambda record: computed(record, column))


def computed(record: Any, column: TrackColumn) -> ColumnElement[Any]:
    """What the run says, held or not."""
    return case((record.held_until.is_not(None), getattr(record, column.computed)), else_=getattr(record, column.name))


def in_force(record: Any, column: TrackColumn, day: Any) -> ColumnElement[Any]:
    """What of a record counts on a day: after the end of the hold what the run said."""
    return case((record.held_until < day, getattr(record, column.computed)), else_=getattr(record, column.name))


def in_force_on(track: AnyTrack, column: TrackColumn, day: Any, buyer: SQLColumnExpression[int]) -> ScalarSelect[Any]:
    """What counts of the buyer on the day: of his latest record on it or before it.

    A scalar subquery, because the base then looks only for those rows that are shown.
    """
    record = aliased(track.record)
    return latest(record, in_force(record, column, day), buyer, record.on <= day)


def computed_before(
    track: AnyTrack, column: TrackColumn, day: Any, buyer: SQLColumnExpression[int]
) -> ScalarSelect[Any]:
    """What the runs said of the buyer before the day: what a run of that day goes on from."""
    record = aliased(track.record)
    return latest(record, computed(record, column), buyer, record.on < day)


def holds_on(track: AnyTrack, day: date) -> Select[Any]:
    """The decisions by hand in force on a day, one of each counterparty."""
    return (
        select(Hold)
        .where(track.hold.is_not(None), literal(day).between(Hold.on, Hold.until))
        .ext(distinct_on(Hold.counterparty_id))
        .order_by(Hold.counterparty_id, Hold.id.desc())
    )


def hold_on(track: AnyTrack, day: date) -> Any:
    """The same, to be joined."""
    return aliased(Hold, holds_on(track, day).subquery("holds"))


def held(track: AnyTrack, hold: Any, computed: Sequence[Any]) -> list[ColumnElement[Any]]:
    """What a record says of the track's columns, and of the hold where one is joined; `computed` is by the run."""
    is_held = hold.id.is_not(None)
    columns = list(zip(track.columns, computed, strict=True))
    return [
        *(case((is_held, getattr(hold, column.name)), else_=value).label(column.name) for column, value in columns),
        *(case((is_held, value)).label(column.computed) for column, value in columns),
        hold.until.label("held_until"),
        hold.id.label("hold_id"),
    ]


def standings(track: AnyTrack, day: date, run: AbcRun | StageRun | None) -> Select[Any]:
    """Every counterparty with what counts of him on the day; `run` is the last one on the day or before it.

    The same as `in_force_on` says of one buyer, of all of them at once.
    """
    before = Before(track, run, day + DAY)
    columns = (before.in_force(column).label(column.name) for column in track.columns)
    who = select(Counterparty.id, Counterparty.is_buyer, Counterparty.manager_id, *columns).select_from(Counterparty)
    return before.join(who)


def alike(track: AnyTrack, one: int, other: int) -> Select[bool]:
    """Whether two runs of one day wrote the same about everybody."""
    record = track.record
    first, second = aliased(record), aliased(record)
    facts = [column.key for column in inspect(record).column_attrs if column.key not in OF_THE_RECORD]
    equal = [getattr(first, name).is_not_distinct_from(getattr(second, name)) for name in facts]
    pair = and_(first.counterparty_id == second.counterparty_id, second.run_id == other, *equal)
    both = select(func.count()).select_from(first).join(second, pair).where(first.run_id == one).scalar_subquery()
    of_one, of_other = (
        select(func.count()).select_from(record).where(record.run_id == number).scalar_subquery()
        for number in (one, other)
    )
    return select(and_(both == of_one, both == of_other))
