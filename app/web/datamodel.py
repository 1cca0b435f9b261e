"""SQLAInterface that stays cheap on big tables: eager loading, capped counting, checked order, safe keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ARRAY, ColumnElement, Integer, Select, bindparam, case, cast, func, select, true
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import joinedload

from app.domain.viewer import Viewer
from app.errors import Refused
from app.models.visibility import as_seen, is_narrowed, narrowed_for, sees, viewer_of
from app.queries.firsts import Firsts, Ordering, first_found, first_seen
from app.queries.sql import execute_kept, few_numbers, literal_number, materialized, one_of
from app.services import hanging
from app.services.journal import act_of
from app.web.constraints import explained
from app.web.display import AtLeast
from app.web.filters import Converter, CrmFilters, Filter, narrowed
from app.web.forms.fields import row_number

MAX_PAGE = 100
MOST_KEPT = 500  # statements, each of a viewer
COUNT_CAP = 1_000  # "more than a thousand" is all a person needs to know
PROGRAM_CAP = 100_000  # a program is told the number of rows up to this one
MAX_OFFSET = 100_000

Order = tuple[str, str]  # a column of the view and "asc" or "desc"


def loading_option(model: type, path: str) -> Any:
    """The option that loads the relation with the rows of the model; `order.manager`: that of its orders too."""
    first, _dot, rest = path.partition(".")
    relation = getattr(model, first)
    option = joinedload(relation)
    return option.options(loading_option(relation.property.mapper.class_, rest)) if rest else option


class DataModel(SQLAInterface):
    """The rows of one model as views see them.

    `searches` gives a search column (real or not) filters of its own,
    `order_by` names the indexed column behind each one that may be sorted by
    (a column of figures kept beside the rows, by their number, is given itself),
    `computed` are columns that a function makes of a row, `loads` the relations
    that these functions read, by their names, dotted where they are of a relation.
    """

    filter_converter_class = Converter

    def __init__(
        self,
        obj: type,
        *,
        searches: Mapping[str, type[Filter] | tuple[type[Filter], ...]] | None = None,
        order_by: Mapping[str, Any] | None = None,
        computed: Mapping[str, Callable[[Any], object]] | None = None,
        loads: Iterable[str] = (),
    ) -> None:
        self.searches = dict(searches or {})
        self.order_by = order_by or {}
        self.computed = computed or {}
        self.loads = tuple(loads)
        self.list_options: list[Any] = []
        self.row_options: list[Any] = []
        self._of_viewer: dict[tuple[Any, Viewer | None], Select[Any]] = {}
        super().__init__(obj)

    def get_filters(self, search_columns: Any = None, search_filters: Any = None) -> CrmFilters:
        return CrmFilters(self.filter_converter_class, self, search_columns or [], search_filters)

    def get_info(self, col_name: str) -> dict[str, Any]:
        """`info` of a mapped_column stays on the Column, not on its property."""
        column = self.list_columns.get(col_name)
        return column.info if column is not None else super().get_info(col_name)

    def _get_attr_value(self, item: Any, col: str) -> Any:
        if col in self.computed:
            return self.computed[col](item)
        value = super()._get_attr_value(item, col)
        if col == "counterparty" and value is None:  # one that the reader does not see is named, no more
            value = getattr(item, "counterparty_name", None)
        return getattr(item, col) if isinstance(getattr(item, col, None), Enum) else value

    def value_of(self, item: Any, col: str) -> Any:
        """What a list or a card shows of the row in this column."""
        return self._get_attr_value(item, col)

    def get_values(self, lst: Iterable[Any], list_columns: Iterable[str]) -> Iterator[dict[str, Any]]:
        for item in lst:
            yield {col: self._get_attr_value(item, col) for col in list_columns}

    def eager(self, columns: Iterable[str]) -> list[Any]:
        """Options that load the relations of the columns with the rows themselves."""
        shown = (column.partition(".")[0] for column in columns)
        paths = [*dict.fromkeys([*(root for root in shown if self.is_relation(root)), *self.loads])]
        if "counterparty" in paths and hasattr(self.obj, "counterparty_name"):
            paths.append("counterparty_name")
        return [loading_option(self.obj, path) for path in paths]

    def ordered(self, statement: Select[Any], order: Order | None) -> Select[Any]:
        """By a column that has an index, and by the number of the row within equal ones."""
        return self._ordering(order).put(statement)

    def _ordering(self, order: Order | None) -> Ordering:
        if order is None or order[0] not in self.order_by:
            return Ordering(self.obj, self.obj.id)
        behind, falling = self.order_by[order[0]], order[1] == "desc"
        if isinstance(behind, str):
            return Ordering(self.obj, getattr(self.obj, behind), falling)
        return Ordering(self.obj, behind, falling, behind.class_)

    def filtered(self, filters: Any) -> Select[Any]:
        statement = select(self.obj)
        return narrowed(filters, statement) if filters else statement

    def page(
        self,
        filters: Any,
        order: Order | None,
        page: int,
        size: int,
        *,
        counted: bool = True,
        cap: int = 0,
        columns: Collection[str] | None = None,
    ) -> tuple[int, list[Any]]:
        """One page of rows, with the relations of these columns (None: of all that are listed), and how many there are.

        Not `counted`, or above the cap, the number is AtLeast: one more than what is known.
        """
        size = min(max(size, 1), MAX_PAGE)
        offset = min(max(page, 0) * size, MAX_OFFSET)
        found = self.filtered(filters)
        if filters and any(each.column_name == "words" for each in filters.filters):
            is_plain = len(filters.filters) == 1
            count, numbers = self._by_word(found, order, offset, size, max(cap, COUNT_CAP), is_plain=is_plain)
            return count, self._numbered(numbers, columns)
        if not counted:
            items = self.rows(found, order, offset, size + 1, columns)
            return AtLeast(offset + len(items)) if len(items) > size else offset + len(items), items[:size]
        place, cap = (order, offset, size), max(cap or COUNT_CAP, offset + size)
        if is_narrowed(viewer_of(self.session), self.obj):
            # To count what he sees is dear, and dear to plan: it is asked apart, where the page does not tell it.
            condition = true() if found.whereclause is None else found.whereclause
            known = max(COUNT_CAP, offset + size)
            firsts = first_seen(self.session, condition, self._ordering(order), offset + size, cap=known)
            if firsts is not None:
                return self._count_of(firsts, found, cap, known), self._numbered(firsts.numbers[offset:], columns)
            items = self.rows(found, *place, columns)
            is_last = (1 if offset else 0) <= len(items) < size
            return offset + len(items) if is_last else self.count(found, cap), items
        if (filters and filters.filters) or offset:
            chosen = as_seen(viewer_of(self.session), self._chosen(found, *place, cap))
            told: Sequence[Any] = execute_kept(self.session, chosen, {}).one()
            numbers, many = told
            items = self._numbered(numbers, columns)
        else:
            related = self._related(columns)
            first = self._kept((order, size, cap, related), lambda: self._first(found, order, size, cap, related))
            rows = self.session.execute(first).unique().all()
            items, many = [row[0] for row in rows], rows[0][1] if rows else None
        if many is None:
            return offset + len(items), items
        return AtLeast(many) if many > cap else many, items

    def rows(
        self,
        found: Select[Any],
        order: Order | None,
        offset: int,
        limit: int,
        columns: Collection[str] | None = None,
    ) -> list[Any]:
        """Chosen and passed over in the index alone; only those that are returned are read and joined."""
        keys = self._numbers(found, order, offset, limit).subquery()
        statement = self.ordered(select(self.obj).join(keys, keys.c.id == self.obj.id), order)
        return list(self.session.scalars(statement.options(*self._listed(columns))).unique())

    def _listed(self, columns: Collection[str] | None) -> list[Any]:
        """Options of the rows of a list that shows these columns."""
        return self.list_options if columns is None else self.eager(columns)

    def _numbers(self, found: Select[Any], order: Order | None, offset: int, limit: Any) -> Select[Any]:
        return self.ordered(found.with_only_columns(self.obj.id), order).offset(offset or None).limit(limit)

    def _chosen(
        self,
        found: Select[Any],
        order: Order | None,
        offset: int,
        size: int,
        cap: int,
        number: Callable[[int], Any] = int,
    ) -> Select[Any]:
        """The numbers of a page, and how many rows there are: counted by the base where the page does not tell it.

        A short statement, for it is planned each time; what is long in a list, its columns and joins, is asked by the
        numbers then.
        """
        rows = self._numbers(found, order, offset, number(size))
        numbers = func.array(rows.scalar_subquery(), type_=ARRAY(Integer))
        page = materialized(select(numbers.label("numbers")), "page").c
        some = found.with_only_columns(self.obj.id).order_by(None).limit(number(cap + 1)).subquery()
        is_last = func.cardinality(page.numbers).between(1 if offset else 0, size - 1)
        return select(
            page.numbers, case((is_last, None), else_=select(func.count()).select_from(some).scalar_subquery())
        )

    def _first(
        self, found: Select[Any], order: Order | None, size: int, cap: int, related: Collection[str] | None
    ) -> Select[Any]:
        """The first page of a list without filters, which is asked for most: each row, and how many there are.

        Its plan is kept, for how many rows are wanted stands in it.
        """
        page = self._chosen(found, order, 0, size, cap, literal_number).subquery("chosen")
        numbers = cast(select(page.c[0]).scalar_subquery(), ARRAY(Integer))
        rows = self._whole(one_of(self.obj.id, numbers), self._listed(related))
        return self.ordered(rows.add_columns(select(page.c[1]).scalar_subquery()), order)

    def _related(self, columns: Collection[str] | None) -> Collection[str] | None:
        """None, or of these columns the relations: those alone differ in the statement."""
        if columns is None:
            return None
        return frozenset(column for column in columns if self.is_relation(column.partition(".")[0]))

    def _numbered(self, numbers: Sequence[int], columns: Collection[str] | None) -> list[Any]:
        """These rows with all that a list of these columns shows of them, in this order."""
        if not numbers:
            return []
        related = self._related(columns)
        asked = ("rows", related)
        rows = self._kept(asked, lambda: self._whole(one_of(self.obj.id, few_numbers("keys")), self._listed(related)))
        items = {item.id: item for item in self.session.scalars(rows, {"keys": [*numbers]}).unique()}
        return [items[number] for number in numbers if number in items]

    def _by_word(
        self, found: Select[Any], order: Order | None, offset: int, size: int, cap: int, *, is_plain: bool
    ) -> tuple[int, Sequence[int]]:
        """How many rows there are, and the numbers of those of the page."""
        assert found.whereclause is not None
        last, ordering = offset + size, self._ordering(order)
        firsts = first_found(self.session, found.whereclause, ordering, last, cap=COUNT_CAP, is_plain=is_plain)
        return self._count_of(firsts, found, max(cap, last), COUNT_CAP), firsts.numbers[offset:]

    def _count_of(self, firsts: Firsts, found: Select[Any], cap: int, known: int) -> int:
        """How many rows there are, where that is known of the first ones, up to so many, or else counted."""
        if firsts.found <= known:
            return firsts.found
        return AtLeast(firsts.found) if cap == known else self.count(found, cap)

    def count(self, found: Select[Any], cap: int) -> int:
        keys = found.with_only_columns(self.obj.id).order_by(None).limit(cap + 1).subquery()
        count = self.session.scalar(select(func.count()).select_from(keys)) or 0
        return AtLeast(count) if count > cap else count

    def query(
        self,
        filters: Any = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        select_columns: list[str] | None = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:
        """FAB's own door, used by REST and by stock fields."""
        order = (order_column, order_direction) if order_column else None
        return self.page(filters, order, page or 0, page_size or MAX_PAGE, cap=PROGRAM_CAP)

    def get(
        self,
        id: Any,
        filters: Any = None,
        select_columns: list[str] | None = None,
        outer_default_load: bool = False,
    ) -> Any:
        """The row if it exists and the viewer sees it; any other key is no row."""
        row = row_number(id)
        if row is None:
            return None
        if filters is not None and filters.filters:
            statement = self.filtered(filters).where(self.obj.id == row).options(*self.row_options)
            return self.session.scalars(statement).unique().one_or_none()
        asked = self._kept("row", lambda: self._whole(self.obj.id == bindparam("key", type_=Integer), self.row_options))
        return self.session.scalars(asked, {"key": row}).unique().one_or_none()

    def _whole(self, condition: ColumnElement[bool], options: Sequence[Any]) -> Select[Any]:
        """The rows with their relations, found by their numbers."""
        return select(self.obj).where(condition).options(*options).execution_options(keeps_plan=True)

    def _kept(self, what: Any, make: Callable[[], Select[Any]]) -> Select[Any]:
        """A statement as the viewer may read it: made once, for putting it together costs more than asking it."""
        viewer = viewer_of(self.session)
        kept = self._of_viewer.get((what, viewer))
        if kept is None:
            if len(self._of_viewer) > MOST_KEPT:
                self._of_viewer.clear()
            kept = self._of_viewer[what, viewer] = narrowed_for(viewer, make())
        return kept

    def sees(self, number: int) -> bool:
        """The viewer sees the row with this number."""
        return sees(self.session, self.obj, number)

    def add(self, item: Any, commit: bool = True) -> None:
        """Nobody is offered to undo it, so its act is not asked for."""
        with self.said():
            self.session.add(item)
            self.session.commit()

    def number(self, item: Any) -> None:
        """Give a new row its number before it is whole."""
        with self.said():
            self.session.add(item)
            self.session.flush()

    def edit(self, item: Any, commit: bool = True) -> int | None:
        """The act by which it was changed is what undoes it; None where nothing was."""
        with self.said():
            act = act_of(self.session)
            self.session.commit()
        return act

    def delete(self, item: Any, commit: bool = True) -> int | None:
        """The act by which it went is what undoes it."""
        item_id = item.id
        with self.said():
            self.session.delete(item)
            try:
                self.session.flush()
            except IntegrityError as error:
                self.session.rollback()
                raise hanging.refusal_to_delete(self.session, self.obj, item_id) or error from error
            act = act_of(self.session)
            self.session.commit()
        return act

    @contextmanager
    def said(self) -> Iterator[None]:
        """A rule of the base that is broken here is said in words, and nothing is written."""
        try:
            yield
        except (IntegrityError, DataError) as error:
            self.session.rollback()
            raise explained(error) from error
        except Refused:
            self.session.rollback()
            raise
