"""The history of classes and stages: records by day, of runs and by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, inspect, literal, or_, select, true
from sqlalchemy.orm import aliased

from app.domain.periods import DAY
from app.models.classes import AbcRun, Hold, StageRun
from app.models.counterparties import Counterparty

OF_THE_RECORD = {"id", "run_id", "counterparty_id"}


def run_before(model: type[AbcRun | StageRun], day: date) -> Select[Any]:
    """The run whose records the runs of the day follow."""
    return select(model).where(model.on < day).order_by(model.on.desc(), model.id.desc()).limit(1)


class Before:
    """The latest record of every counterparty before a day, joined to counterparties.

    It is one of the run before, if nobody wrote a later one by hand; only for those
    whom that run left out the whole history is looked through.
    """

    def __init__(self, model: Any, run: AbcRun | StageRun | None, day: date) -> None:
        self.day = day
        made_by_hand = select(model).where(model.run_id.is_(None), model.on < day)
        if run is not None:
            made_by_hand = made_by_hand.where(model.on >= run.on)
        latest = made_by_hand.distinct(model.counterparty_id).order_by(
            model.counterparty_id, model.on.desc(), model.id.desc()
        )
        hand: Any = aliased(model, latest.subquery("by_hand"))
        of_hand = hand.counterparty_id == Counterparty.id
        self.sources: list[tuple[Any, ColumnElement[bool]]] = []
        if run is not None:
            last: Any = aliased(model, name="last")
            self.sources.append((last, (last.counterparty_id == Counterparty.id) & (last.run_id == run.id)))
            older = (
                select(model)
                .where(model.counterparty_id == Counterparty.id, model.on < day, last.id.is_(None))
                .order_by(model.on.desc(), model.id.desc())
                .limit(1)
                .lateral("older")
            )
            self.sources.append((aliased(model, older), true()))
            # Of one day, whichever was written later counts.
            of_hand &= or_(hand.on > last.on, hand.id > last.id)
        self.sources.append((hand, of_hand))

    def join(self, query: Select[Any]) -> Select[Any]:
        for source, condition in self.sources:
            query = query.outerjoin(source, condition)
        return query

    def _latest(self, pick: Any) -> ColumnElement[Any]:
        return case(*((source.id.is_not(None), pick(source)) for source, _ in reversed(self.sources)))

    def counted(self, name: str, computed: str) -> ColumnElement[Any]:
        """What counted on the day before: the held one while it was held."""
        return self._latest(lambda record: counted(record, name, computed, self.day - DAY))

    def said(self, name: str, computed: str) -> ColumnElement[Any]:
        """What the run said, held or not: the next one goes on from it."""
        held = lambda record: record.held_until.is_not(None)  # noqa: E731
        return self._latest(lambda record: case((held(record), getattr(record, computed)), else_=getattr(record, name)))


def counted(record: Any, name: str, computed: str, day: Any) -> ColumnElement[Any]:
    """What of a record counts on a day: after the end of the hold what the run said."""
    return case((record.held_until < day, getattr(record, computed)), else_=getattr(record, name))


def holds_on(day: date, kept: Any) -> Select[Any]:
    """The decisions by hand in force on a day, one of each counterparty; `kept` is Hold.abc or Hold.stage."""
    return (
        select(Hold)
        .where(kept.is_not(None), literal(day).between(Hold.on, Hold.until))
        .distinct(Hold.counterparty_id)
        .order_by(Hold.counterparty_id, Hold.id.desc())
    )


def alike(model: Any, one: int, other: int) -> Select[bool]:
    """Whether two runs of one day wrote the same about everybody."""
    first, second = aliased(model), aliased(model)
    facts = [column.key for column in inspect(model).column_attrs if column.key not in OF_THE_RECORD]
    equal = [getattr(first, name).is_not_distinct_from(getattr(second, name)) for name in facts]
    pair = and_(first.counterparty_id == second.counterparty_id, second.run_id == other, *equal)
    both = select(func.count()).select_from(first).join(second, pair).where(first.run_id == one).scalar_subquery()
    of_one, of_other = (
        select(func.count()).select_from(model).where(model.run_id == number).scalar_subquery()
        for number in (one, other)
    )
    return select(and_(both == of_one, both == of_other))
