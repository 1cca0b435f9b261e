"""Reads the rows of a report out of the base: some for a page, or all as a stream, always with totals of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, null, or_, select, tuple_, type_coerce, union_all
from sqlalchemy.orm import Session

from reports.kit.chart import Bars, Chart
from reports.kit.columns import Column, Money, Row
from reports.kit.grouping import Grouping
from reports.kit.setup import Setup, Shape
from reports.kit.table import COUNT, Prefix, ReportTable, common_values, totals_of, with_made

Options = Mapping[str, Any]
Finished = Callable[[Row], Row]
PLACE, MANY = "_place", "_many"
CHUNK = 2000  # rows that a stream holds at once


@dataclass(frozen=True)
class Question:
    """What the base is asked for: the query of a report, narrowed and with what its rows are gathered by."""

    session: Session
    shape: Shape
    setup: Setup
    found: Subquery
    options: Options

    @classmethod
    def of(cls, session: Session, query: Select, shape: Shape, setup: Setup) -> Question:
        """What the query is executed with holds for all of it: an unscoped one narrows its rows itself."""
        found, options = query.subquery("found"), query.get_execution_options()
        units = [group.part_in(found).label(group.name) for group in setup.groups if group.unit]
        asked = [narrowing.of_rows(found) for narrowing in setup.narrowings]
        if units or asked:
            found = select(found, *units).where(*asked).subquery("asked")
        return cls(session, shape, setup, found, options)

    @property
    def rows(self) -> Select:
        return select(self.found).order_by(*self.order).execution_options(**self.options)

    @property
    def order(self) -> list[ColumnElement[Any]]:
        """Groups by the total of what is sorted by, where it has one, and by their values; then the rows."""
        found, setup = self.found, self.setup
        keys: list[ColumnElement[Any]] = []
        order: list[tuple[ColumnElement[Any], bool]] = []
        down = setup.sort.startswith("-")
        for group in setup.groups:
            own = [*group.keys(found)]
            keys += own
            if self.weight:
                total = func.coalesce(func.sum(found.c[self.weight]).over(partition_by=list(keys)), 0)
                order.append((total, down))
            order += [(key, False) for key in own]
        order += [(found.c[name.removeprefix("-")], name.startswith("-")) for name in setup.order]
        return [(column.desc() if down else column.asc()).nulls_last() for column, down in order]

    @property
    def weight(self) -> str:
        """What is added up for the column that groups are sorted by; "" where they are sorted by their values."""
        column = next((c for c in self.shape.columns if c.name == self.setup.sorted_by), None)
        return "" if column is None else column.name if column.is_summed else column.weight

    @property
    def groups(self) -> Sequence[Grouping]:
        return self.setup.groups[: self.setup.detail]

    @property
    def summed(self) -> list[str]:
        return [column.name for column in self.shape.added if column.is_summed]

    @property
    def sums(self) -> list[ColumnElement[Any]]:
        added = [func.coalesce(func.sum(self.found.c[name]), 0).label(name) for name in self.summed]
        return [func.count().label(COUNT), *added]

    def totals(self) -> dict[Prefix, Row]:
        """Sums of the whole and of every group, added up by the base: first of the finest groups, then of all."""
        return self.totals_of(self.answers(self.sums_of_groups()))

    def rows_and_totals(self, first: int, limit: int) -> tuple[Sequence[Row], dict[Prefix, Row]]:
        """The rows of a page and the totals of all by one statement: its CTEs are worked out once for both."""
        page = self.rows.offset(first).limit(limit).subquery("page")
        sums = self.sums_of_groups().subquery("sums")
        sides = [[column.label(f"{side.name}_{column.name}") for column in side.c] for side in (page, sums)]
        place = func.row_number().over().label(PLACE)  # as they come
        shown, added = ([type_coerce(null(), column.type).label(column.name) for column in side] for side in sides)
        both = union_all(
            select(place, *sides[0], *added).select_from(page),
            select(type_coerce(null(), place.type), *shown, *sides[1]).select_from(sums),
        ).subquery("both")
        answers = self.answers(select(both).order_by(both.c[PLACE]))
        found: dict[bool, list[Row]] = {True: [], False: []}
        for row in answers:
            is_shown = row[PLACE] is not None
            side = page if is_shown else sums
            found[is_shown].append({column.name: row[f"{side.name}_{column.name}"] for column in side.c})
        return found[True], self.totals_of(found[False])

    def sums_of_groups(self) -> Select[Any]:
        if not self.groups:
            return select(literal(0).label("_above"), *self.sums).select_from(self.found)
        rolled, keys = self.rolled()
        return rolled.order_by(*(key.asc().nulls_last() for own in keys for key in own))

    def answers(self, statement: Select[Any]) -> Sequence[Row]:
        return self.session.execute(statement, execution_options=self.options).mappings().all()

    def rolled(self) -> tuple[Select[Any], list[list[ColumnElement[Any]]]]:
        """The sums of every group and of the whole, `_above` of how many groups; the keys of each group."""
        flat = [key for group in self.groups for key in group.keys(self.found)]
        labelled = [key.label(f"_key{place}") for place, key in enumerate(flat)]
        finest = select(*labelled, *self.sums).group_by(*flat).subquery("finest")
        grouped: list[list[ColumnElement[Any]]] = [[finest.c[f"_key{place}"] for place in own] for own in self.places]
        # Of a group without a value and of the total over all groups both keys are NULL: `grouping` tells them apart.
        rolled = select(
            func.grouping(*(own[0] for own in grouped)).label("_above"),
            *(key for own in grouped for key in own),
            *(func.coalesce(func.sum(finest.c[name]), 0).label(name) for name in (COUNT, *self.summed)),
        ).group_by(func.rollup(*(tuple_(*own) if len(own) > 1 else own[0] for own in grouped)))
        return rolled, grouped

    @property
    def places(self) -> list[list[int]]:
        """The numbers of the keys of each group."""
        numbers = count()
        return [[next(numbers) for _key in group.keys(self.found)] for group in self.groups]

    def some_groups(self, first: int, limit: int | None, top: int) -> dict[Prefix, Row]:
        """As `totals`, in the order of the setup; of the innermost groups those of the page and the first `top` alone.

        Each knows its PLACE among those of its depth, the whole how MANY innermost ones there are.
        """
        sums, by = self.rolled()[0].subquery("sums").c, self.weight
        keys = [[f"_key{place}" for place in own] for own in self.places]
        weights: list[ColumnElement[Any]] = []
        if by:
            same = [sums._above]
            for own in keys:
                same += [sums[name] for name in own]
                weights.append(func.sum(sums[by]).over(partition_by=list(same)).label(f"_weight{len(weights)}"))
        row = select(*sums, *weights).subquery("weighed").c
        order: list[ColumnElement[Any]] = []
        for depth, own in enumerate(keys):
            if weights:
                weight = row[f"_weight{depth}"]
                order.append(weight.desc() if self.setup.sort.startswith("-") else weight.asc())
            order += [row[name].asc().nulls_last() for name in own]
        place = func.row_number().over(partition_by=row._above, order_by=order).label(PLACE)
        many = func.count().filter(row._above == 0).over().label(MANY)
        placed = select(*row, place, many).subquery("placed")
        row = placed.c
        statement = select(placed).order_by(row._above.desc(), row[PLACE])
        if limit is not None:
            on_page = row[PLACE].between(first + 1, first + limit)
            statement = statement.where(or_(row._above > 0, row[PLACE] <= top, on_page))
        return self.totals_of(self.answers(statement), PLACE, MANY)

    def totals_of(self, answers: Iterable[Row], *beside: str) -> dict[Prefix, Row]:
        columns, groups = self.shape.added, self.groups
        totals: dict[Prefix, Row] = {(): {**totals_of([], columns)[()], **dict.fromkeys(beside, 0)}}
        for row in answers:
            depth = len(groups) - int(row["_above"]).bit_count()
            prefix = tuple(
                tuple(row[f"_key{place}"] for place in own) if len(own) > 1 else row[f"_key{own[0]}"]
                for own in self.places[:depth]
            )
            figures = {name: row[name] for name in (COUNT, *self.summed, *beside)}
            totals[prefix] = with_made(figures | common_values(groups, prefix), columns)
        return totals

    def drawn(self, chart: Chart) -> Sequence[Row]:
        order = [(self.found.c[name.removeprefix("-")], name.startswith("-")) for name in chart.order]
        ordered = [(column.desc() if down else column.asc()).nulls_last() for column, down in order]
        return self.answers(select(self.found).order_by(*(ordered or self.order)).limit(chart.top))


def table_of(
    session: Session,
    query: Select,
    shape: Shape,
    setup: Setup,
    limit: int | None,
    *,
    title: str,
    note: Sequence[tuple[str, str]],
    finish: Finished = lambda row: row,
) -> ReportTable:
    """At most `limit` rows, or all of them as a stream; the base adds up what is not all in memory.

    The session shows one moment of the base (app.web.reports.snapshot), so that rows, totals and chart agree.
    `finish` makes of a row that was read one that is shown.
    """
    question = Question.of(session, query, shape, setup)
    if setup.detail is not None:
        return groups_of(question, limit, title, note)
    first = (setup.page - 1) * limit if limit else 0
    rows: Iterable[Row]
    totals: Mapping[Prefix, Row] | None = None
    drawn: Sequence[Row] | None = None
    if limit is None:
        rows = _stream(session, question.rows)
    elif shape.at_once:
        rows, totals = question.rows_and_totals(first, limit)
    else:
        some = session.execute(question.rows.offset(first).limit(limit + 1)).mappings().all()
        if len(some) <= limit and not first:
            totals = totals_of(some, shape.added, setup.groups)
            drawn = some
        rows = some[:limit]
    if totals is None:
        # Apart from the rows: sums beside every row make the base read all of them before it shows the first.
        totals = question.totals()
    return ReportTable(
        title=title,
        note=note,
        columns=setup.columns,
        rows=map(finish, rows) if limit is None else [finish(row) for row in rows],
        totals=totals,
        shape=shape,
        setup=setup,
        chart=shape.chart and shape.chart.of(question.drawn(shape.chart) if drawn is None else drawn),
        hidden=max(int(totals[()][COUNT]) - limit, 0) if limit else 0,
    )


def groups_of(question: Question, limit: int | None, title: str, note: Sequence[tuple[str, str]]) -> ReportTable:
    """The innermost groups in place of rows, which are not read at all."""
    setup, shape, groups = question.setup, question.shape, question.groups
    first = (setup.page - 1) * limit if limit else 0
    totals = question.some_groups(first, limit, Bars.top if len(groups) == 1 else 0)
    innermost = [row for prefix, row in totals.items() if len(prefix) == len(groups)]
    outermost = [row for prefix, row in totals.items() if len(prefix) == 1]
    many = totals[()][MANY]
    columns = [*(group.column for group in groups), *(c for c in setup.columns if c.has_total)]
    return ReportTable(
        title=title,
        note=note,
        columns=columns,
        rows=[row for row in innermost if first < row[PLACE] <= first + limit] if limit else innermost,
        totals=totals,
        shape=shape,
        setup=setup,
        chart=chart_of(columns, outermost),
        groups=many,
        hidden=max(many - limit, 0) if limit else 0,
    )


def chart_of(columns: Sequence[Column], rows: Sequence[Row]) -> Chart | None:
    """Bars of the outermost groups by the first sum of money, else by the first figure that is added up."""
    summed = [column for column in columns if column.is_summed]
    drawn = next((column for column in summed if isinstance(column, Money)), summed[0] if summed else None)
    if drawn is None or len(rows) < 2:
        return None
    return Bars(drawn.label, columns[0].name, bars=drawn.name, columns=[columns[0], drawn]).of(rows)


def _stream(session: Session, statement: Select) -> Iterator[Row]:
    """Asks the base when the first row is wanted; whoever only needs the totals pays for nothing more."""
    yield from session.execute(statement, execution_options={"yield_per": CHUNK}).mappings()
