"""What SQL of any subject is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVarTuple

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    CursorResult,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.sql.selectable import CTE, SelectBase, TypedReturnsRows

from app.models.visibility import NARROWED

Columns = TypeVarTuple("Columns")
Numbers = Collection[int] | ColumnElement[Any]  # of rows; or where they stand in a statement that is made once


def numbers(name: str) -> BindParameter[Any]:
    """A place for numbers in a statement that is made once."""
    return bindparam(name, type_=ARRAY(Integer))


def few_numbers(name: str) -> ColumnElement[Any]:
    """A place for those of a page, in a statement whose plan is kept.

    PostgreSQL is not shown how many they are: of one or two it would make a better plan each time, which takes longer
    than finding the rows.
    """
    return cast(select(numbers(name)).scalar_subquery(), ARRAY(Integer))


def one_number(name: str) -> ColumnElement[Any]:
    """A place for one: PostgreSQL takes a list that it does not see for ten, and makes a better plan each time."""
    return array([bindparam(name, type_=Integer)])


def one_of(column: Any, ids: Iterable[int] | ColumnElement[Any]) -> ColumnElement[bool]:
    """The column is one of these numbers, however many they are: one array, not a list of parameters."""
    these = ids if isinstance(ids, ColumnElement) else cast(list(ids), ARRAY(Integer))
    condition: ColumnElement[bool] = column == func.any(these)
    return condition


def execute_kept(
    session: Session, statement: TypedReturnsRows[*Columns], values: Mapping[str, Any], **options: Any
) -> CursorResult[*Columns]:
    """Execute a statement of columns that is made once, unscoped or narrowed, as the session does, past its ORM.

    That has nothing to add to it, and costs about as much as all else of such a statement. AssertionError for one that
    is neither: nobody would narrow it here to what the viewer sees.
    """
    options_of_it = statement.get_execution_options()
    assert options_of_it.get("unscoped") or options_of_it.get(NARROWED), statement
    own = session() if isinstance(session, scoped_session) else session
    own._autoflush()  # unless it is flushing, or is told not to
    return own.connection().execute(statement, values, execution_options=options)


def latest(record: Any, what: Any, counterparty_id: Any, condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    """`what` of the counterparty's last record, by its day, of those that meet the condition."""
    return (
        select(what)
        .where(record.counterparty_id == counterparty_id, condition)
        .order_by(record.on.desc(), record.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def longest_due(session: Session, due: Any, *waits: Any, of: Any, owners: Select[int]) -> timedelta | None:
    """How long the first of the rows that wait has been due, whoever sees it; None where none is due.

    `of` is the column of whose a row is, one of the `owners`: an index by it and by `due` tells the first row of each,
    however many wait.
    """
    owner, now = owners.subquery("owners").c, func.clock_timestamp()
    first = select(due.label("due")).where(of == owner.id, *waits).order_by(due).limit(1).lateral("first").c
    query = select(now - func.min(first.due)).select_from(owner.id.table.join(first.due.table, true()))
    return session.scalar(query.where(first.due <= now).execution_options(unscoped=True))


def user_name(user: Any) -> ColumnElement[str]:
    """`full_name` of a user (or an alias) in SQL; NULL where a join found nobody."""
    return func.btrim(user.first_name + " " + user.last_name)


def materialized(query: SelectBase, name: str) -> CTE:
    """The query is run once, and the planner does not fold it into what reads it."""
    return query.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def literal_text(value: str) -> Any:
    """A value that the planner sees: what it chooses depends on how common the value is."""
    return bindparam(None, value, String(), unique=True, literal_execute=True)


def literal_number(value: int) -> ColumnElement[int]:
    """A number that the planner sees where its plan is kept too, as how many rows are wanted."""
    return literal_column(str(value), Integer)
