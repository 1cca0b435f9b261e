"""The first rows, in an order, of those that a text finds: a word that many have costs little more than a rare one.

PostgreSQL only guesses how many rows have a word, and where in the order they stand it does not know at all. So some
rows are found first, in no order; by them it is seen whether they are many, and behind which of them the first ones
cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Select, cast, false, func, inspect, not_, select, true, union_all
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

from app.domain.viewer import Viewer
from app.models.counterparties import OF_COUNTERPARTY, Counterparty
from app.models.visibility import is_narrowed, seen_by, sees_all, viewer_of, ways_to_see
from app.queries.sql import literal_number, materialized

Ways = Sequence[ColumnElement[bool]]

FEW = 1_000  # rows that are found whole and put in order
SORTED = 5_000  # rows that an index has found and that are put in order at once
PROBED = 250  # rows, as they lie: where half of what these must have for it is missing, no more are looked at
LOOKED_AT = 5_000  # rows, as they lie: if these have enough, no index is asked for all that have the word
TRIED = 1_000  # rows in their order: whoever sees many sees a page of these
FURTHEST = 30_000  # rows that are found by each way, a deep page's too: whoever has more meets them in their order
WALKED = 5_000  # rows in their order: where many have the word the first ones are met soon, or it is all of no use


@dataclass(frozen=True)
class Ordering:
    """By a column of the model, or of the table `beside` it that has a row for each of its; equal ones by number."""

    model: Any
    column: Any
    falling: bool = False
    beside: Any = None

    @property
    def number(self) -> Any:
        return self.model.id if self.beside is None else inspect(self.beside).primary_key[0]

    def within(self, statement: Select[Any]) -> Select[Any]:
        """The statement of the model with the column within its reach."""
        return statement if self.beside is None else statement.join(self.beside, self.number == self.model.id)

    def put(self, statement: Select[Any]) -> Select[Any]:
        return self.within(statement).order_by(*self.by(self.column, self.number))

    def by(self, column: Any, number: Any) -> list[Any]:
        columns = [number] if self.column is self.number else [column, number]
        return [each.desc() for each in columns] if self.falling else columns

    def not_behind(self, value: Any) -> ColumnElement[bool]:
        """The row stands at this value of the column or before it."""
        compared: ColumnElement[bool] = self.column >= value if self.falling else self.column <= value
        return compared


class Firsts(NamedTuple):
    """The numbers of the first rows in their order, and of how many; those above the cap are not counted."""

    numbers: Sequence[int]
    found: int


def first_found(
    session: Session, condition: ColumnElement[bool], order: Ordering, last: int, *, cap: int, is_plain: bool = True
) -> Firsts:
    """The rows that meet the condition, up to the `last` of them.

    `is_plain`: the condition says something of the row alone, and so is tried on many rows at no great cost.
    """
    some = session.execute(_some(condition, order, last, cap, is_plain=is_plain and sees_all(session))).all()
    if not some:
        return Firsts([], 0)
    numbers, found, is_common = [row.id for row in some], some[0].found, some[0].is_common
    if not is_common and found <= SORTED:
        return Firsts(numbers, min(found, cap + 1))
    if is_common:
        walked = session.scalars(_walked(condition, order, last)).all()
        if len(walked) == last:
            return Firsts(walked, cap + 1)
    bound = None if len(some) < last or _may_be_empty(order.column) else some[-1].key
    return Firsts(session.scalars(_sorted(condition, order, last, bound)).all(), cap + 1)


def first_seen(
    session: Session, condition: ColumnElement[bool], order: Ordering, last: int, *, cap: int
) -> Firsts | None:
    """The rows that meet the condition and that the viewer sees, up to the `last` of them.

    Where a row is seen in one way or another, PostgreSQL takes every second for seen, and walks down the whole table
    for whoever sees few. So each way is asked apart, and only where it finds many the first rows are tried in their
    order. None: that gains nothing, or the condition asks for other rows, which are to be narrowed too.
    """
    viewer = viewer_of(session)
    ways = ways_to_see(viewer, order.model)
    is_plain = not any(isinstance(part, SelectBase) for part in visitors.iterate(condition))
    if sees_all(session) or last > FURTHEST or not is_plain:
        return None
    if len(ways) == 1 and OF_COUNTERPARTY not in ways[0]._annotations:
        return None
    most = len(ways) * (cap + 1)
    some = session.execute(
        _by_each(ways, viewer, condition, order, last, most), execution_options={"unscoped": True}
    ).all()
    if not some:
        return Firsts([], 0)
    if some[0].met < most:
        return Firsts([row.id for row in some], min(some[0].found, cap + 1))
    numbers = session.scalars(_tried(condition, order, last)).all() if last <= TRIED else []
    if len(numbers) < last:
        numbers = session.scalars(order.put(select(order.model.id)).where(condition).limit(last)).all()
    return Firsts(numbers, cap + 1)


def last_day_seen(session: Session, column: Any, before: date) -> date | None:
    """The last day of the column, a date or a moment, before that one, of the rows that the viewer sees; None: of none.

    Who works has a row among the newest; for whoever has none there PostgreSQL would walk down the whole table.
    """
    model, viewer = column.class_, viewer_of(session)
    if not is_narrowed(viewer, model):
        return session.scalar(select(cast(func.max(column), Date)).where(column < before))
    (key,), number = column.property.columns, inspect(model).primary_key[0]
    newest = select(number, key.label("key")).where(key < before).order_by(key.desc()).limit(TRIED).subquery("newest")
    tried = select(cast(newest.c.key, Date)).join(model, model.id == newest.c.id).order_by(newest.c.key.desc()).limit(1)
    day = session.scalar(tried)
    if day is not None:
        return day
    every = select(column.label("key")).where(column < before)
    seen = materialized(union_all(*_in_each_way(every, ways_to_see(viewer, model), viewer, model)), "seen").c
    return session.scalar(select(cast(func.max(seen.key), Date)), execution_options={"unscoped": True})


def seems_common(condition: ColumnElement[bool], wanted: int, among: int) -> ColumnElement[bool]:
    """So many rows `among` the first may meet the condition: at least half of that share of the first few do."""
    probe = select(condition.label("ok")).limit(literal_number(PROBED)).subquery("probe")
    enough = literal_number(wanted * PROBED // among // 2)
    return select(func.count() > enough).where(probe.c.ok).scalar_subquery()


def _some(condition: ColumnElement[bool], order: Ordering, last: int, cap: int, *, is_plain: bool) -> Select[Any]:
    """`id, key, is_common, found`, the first of how many found: more than the cap of a common word, else all or more
    than are sorted.
    """
    number, key, most = order.model.id.label("id"), order.column.label("key"), cap + 1
    every = order.within(select(number, key, false().label("is_common"))).where(condition).limit(SORTED + 1)
    if is_plain:
        looked = order.within(select(number, key, condition.label("ok"))).limit(LOOKED_AT).subquery("looked")
        ok = select(looked.c.id, looked.c.key).where(looked.c.ok, seems_common(condition, cap, LOOKED_AT)).limit(most)
        met = ok.cte("met").prefix_with("MATERIALIZED")
        is_common = select(func.count() > cap).select_from(met).scalar_subquery()
        common = select(met.c.id, met.c.key, true().label("is_common")).where(is_common)
        found = union_all(common, every.where(not_(is_common))).subquery("found")
    else:
        found = every.subquery("found")
    first = select(found, func.count().over().label("found"))
    return first.order_by(*order.by(found.c.key, found.c.id)).limit(last)


def _walked(condition: ColumnElement[bool], order: Ordering, last: int) -> Select[Any]:
    """The condition is a column, which keeps the planner from asking an index for it."""
    number, key = order.model.id.label("id"), order.column.label("key")
    walk = order.put(select(number, key, condition.label("ok"))).limit(WALKED).subquery("walk")
    return select(walk.c.id).where(walk.c.ok).order_by(*order.by(walk.c.key, walk.c.id)).limit(last)


def _by_each(
    ways: Ways, viewer: Viewer | None, condition: ColumnElement[bool], order: Ordering, last: int, most: int
) -> Select[Any]:
    """`id, found, met`: the first of how many rows, which the ways have met so many times, no more than `most`."""
    every = order.within(select(order.model.id.label("id"), order.column.label("key"))).where(condition)
    each = _in_each_way(every.limit(literal_number(most)), ways, viewer, order.model)
    seen = union_all(*each).subquery("seen").c
    some = select(seen.id, seen.key).limit(literal_number(most)).subquery("some").c
    counts = func.count().over().label("found"), func.sum(func.count()).over().label("met")
    return select(some.id, *counts).group_by(some.id, some.key).order_by(*order.by(some.key, some.id)).limit(last)


def _in_each_way(every: Select[Any], ways: Ways, viewer: Viewer | None, model: Any) -> Iterator[Select[Any]]:
    """Those of the rows that are seen in each way; unscoped.

    Those of clients are found from the clients: PostgreSQL would look for them among all rows, where none may lie.
    """
    for way in ways:
        if OF_COUNTERPARTY in way._annotations:
            whose = materialized(select(Counterparty.id).where(seen_by(viewer, Counterparty)), "clients")
            yield every.join(whose, whose.c.id == model.counterparty_id)
        else:
            yield every.where(way)


def _tried(condition: ColumnElement[bool], order: Ordering, last: int) -> Select[Any]:
    """Each is joined by its number, or the planner would ask for all counterparties of the viewer."""
    number, key = inspect(order.beside or order.model).primary_key[0], order.column.property.columns[0]
    walk = select(number.label("id"), key.label("key")).order_by(*order.by(key, number)).limit(TRIED)
    first = walk.subquery("first")
    tried = select(order.model.id).join(first, first.c.id == order.model.id).where(condition)
    return tried.order_by(*order.by(first.c.key, first.c.id)).limit(last)


def _sorted(condition: ColumnElement[bool], order: Ordering, last: int, bound: Any) -> Select[Any]:
    """The fence of OFFSET 0 keeps the planner from a walk over the table, up to where in it the first ones stand."""
    every = order.within(select(order.model.id.label("id"), order.column.label("key"))).where(condition)
    if bound is not None:
        every = every.where(order.not_behind(bound))
    found = every.offset(literal_number(0)).subquery("found")
    return select(found.c.id).order_by(*order.by(found.c.key, found.c.id)).limit(last)


def _may_be_empty(column: Any) -> bool:
    return bool(column.property.columns[0].nullable)
