"""Reads the rows of a report out of the base: some for a page, or all as a stream, always with totals of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.orm import Session

from reports.kit.chart import Chart
from reports.kit.columns import Column, Row
from reports.kit.setup import Setup, Shape
from reports.kit.table import COUNT, Prefix, totals_of, with_made

Options = Mapping[str, Any]
CHUNK = 2000  # rows that a stream holds at once


@dataclass(frozen=True)
class Data:
    rows: Iterable[Row]
    totals: Mapping[Prefix, Row]
    chart: Chart | None


def read(session: Session, query: Select, shape: Shape, setup: Setup, limit: int | None) -> Data:
    """At most `limit` rows, or all of them as a stream; the base adds up what is not all in memory.

    What the query is executed with holds for all of it: an unscoped one narrows its rows itself.
    The session shows one moment of the base (app.web.snapshot), so that rows, totals and chart agree.
    """
    found, options = query.subquery("found"), query.get_execution_options()
    statement = select(found).order_by(*_order(found, setup.order)).execution_options(**options)
    rows: Iterable[Row]
    if limit is None:
        rows = _stream(session, statement)
    else:
        some = session.execute(statement.limit(limit + 1)).mappings().all()
        if len(some) <= limit:
            totals = totals_of(some, shape.columns, setup.group_by)
            return Data(some, totals, shape.chart.of(some) if shape.chart else None)
        rows = some[:limit]
    # Apart from the rows: sums beside every row make the base read all of them before it shows the first.
    totals = _totals(session, found, options, shape.columns, setup.group_by)
    chart = shape.chart.of(_drawn(session, found, options, shape.chart, setup.order)) if shape.chart else None
    return Data(rows, totals, chart)


def _stream(session: Session, statement: Select) -> Iterator[Row]:
    """Asks the base when the first row is wanted; whoever only needs the totals pays for nothing more."""
    yield from session.execute(statement, execution_options={"yield_per": CHUNK}).mappings()


def _order(found: Subquery, names: Sequence[str]) -> list[Any]:
    order = [(found.c[name.removeprefix("-")], name.startswith("-")) for name in names]
    return [(column.desc() if down else column.asc()).nulls_last() for column, down in order]


def _totals(
    session: Session,
    found: Subquery,
    options: Options,
    columns: Sequence[Column],
    group_by: Sequence[Column],
) -> dict[Prefix, Row]:
    """Sums of the whole and of every group, added up by the base."""
    keys = [found.c[column.name] for column in group_by]
    summed = [column.name for column in columns if column.total and not column.total_of]
    added = [func.count().label(COUNT), *(func.coalesce(func.sum(found.c[name]), 0).label(name) for name in summed)]
    statement = select(*added).select_from(found).execution_options(**options)
    if not keys:
        return {(): with_made(session.execute(statement).mappings().one(), columns)}
    # Of a group without a value and of the total over all groups both keys are NULL: `grouping` tells them apart.
    statement = statement.add_columns(
        func.grouping(*keys).label("_above"), *(key.label(f"_key{i}") for i, key in enumerate(keys))
    )
    totals: dict[Prefix, Row] = {(): totals_of([], columns)[()]}
    for row in session.execute(statement.group_by(func.rollup(*keys))).mappings():
        depth = len(keys) - int(row["_above"]).bit_count()
        totals[tuple(row[f"_key{i}"] for i in range(depth))] = with_made(row, columns)
    return totals


def _drawn(session: Session, found: Subquery, options: Options, chart: Chart, order: Sequence[str]) -> Sequence[Row]:
    statement = select(found).order_by(*_order(found, chart.order or order)).limit(chart.top)
    return session.execute(statement, execution_options=options).mappings().all()
