"""Which rows of the base the rows of a file are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Select, func, literal, select, update

from app.services.exchange.fields import ReferenceField, TextField, ValueField
from app.services.exchange.staging import Staging


def folded(value: Any) -> ColumnElement[str]:
    return func.lower(func.replace(func.replace(value, "ё", "е"), "Ё", "Е"))


def find_targets(staging: Staging) -> None:
    """Tell known rows from new ones; a new one gets its number at once, so that its parts can follow."""
    heads, table = staging.heads, staging.table
    model: Any = table.model
    if len(table.key) == 1:
        field = staging.field(table.key[0])
        known = select(model.id).where(named(staging, field) == field.attribute).scalar_subquery()
        staging.run(update(heads).values(target_id=known))
    else:
        match_in_order(staging)
    sequence = func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id")).cast(Integer)
    staging.run(update(heads).where(heads.c.target_id.is_(None)).values(target_id=sequence, is_new=True))
    staging.analyze()


def named(staging: Staging, field: ValueField) -> ColumnElement[Any]:
    """What a line says in the field: of a reference the number of the row."""
    column = field.id_column if isinstance(field, ReferenceField) else field.name
    return cast(ColumnElement[Any], staging.heads.c[column])


def match_in_order(staging: Staging) -> None:
    """The n-th line of a key is the n-th known row of it."""
    heads = staging.heads
    model: Any = staging.table.model
    staged, known = list(key_of(staging, staged=True)), list(key_of(staging, staged=False))
    owner_field = staging.field(staging.table.key[0])
    owner = named(staging, owner_field)
    lines = numbered(heads.c.line, staged).where(owner.is_not(None)).subquery()
    rows = numbered(model.id, known).where(owner_field.attribute.in_(select(owner))).subquery()
    same = [lines.c[i] == rows.c[i] for i in range(1, len(staged) + 2)]
    staging.run(update(heads).where(heads.c.line == lines.c[0], *same).values(target_id=rows.c[0]))


def numbered(number: Any, key: list[ColumnElement[Any]]) -> Select[Any]:
    position = func.row_number().over(partition_by=key, order_by=number)
    return select(number.label("c0"), *(part.label(f"c{i}") for i, part in enumerate(key, 1)), position.label("n"))


def key_of(staging: Staging, *, staged: bool) -> Iterator[ColumnElement[Any]]:
    """The parts of the key that the file has columns for, in the staging or in the base; texts in any case, ё = е."""
    for name in staging.table.key:
        field = staging.field(name)
        if name not in staging.present:
            continue
        value: Any = named(staging, field) if staged else field.attribute
        if staged and field.default is not None:
            value = func.coalesce(value, literal(field.default))
        yield folded(value) if type(field) is TextField else value
