"""Which rows of the base the rows of a file are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, func, literal, select, update

from app.services.exchange.fields import Type
from app.services.exchange.stage import Stage, id_of


def folded(value: Any) -> ColumnElement[str]:
    return func.lower(func.replace(func.replace(value, "ё", "е"), "Ё", "Е"))


def find_targets(stage: Stage) -> None:
    """Tell known rows from new ones; a new one gets its number at once, so that its parts can follow."""
    heads, kind = stage.heads, stage.kind
    model: Any = kind.model
    if len(kind.key) == 1:
        (name,) = kind.key
        field = kind.field(name)
        assert field is not None
        value = heads.c[id_of(field) if field.type is Type.REFERENCE else name]
        known = select(model.id).where(value == field.attribute).scalar_subquery()
        stage.run(update(heads).values(target_id=known))
    else:
        match_in_order(stage)
    sequence = func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id")).cast(Integer)
    stage.run(update(heads).where(heads.c.target_id.is_(None)).values(target_id=sequence, is_new=True))
    stage.analyze()


def match_in_order(stage: Stage) -> None:
    """The n-th line of a key is the n-th known row of it."""
    heads = stage.heads
    model: Any = stage.kind.model
    staged, known = list(key_of(stage, staged=True)), list(key_of(stage, staged=False))
    owner_field = stage.kind.field(stage.kind.key[0])
    assert owner_field is not None
    owner = heads.c[id_of(owner_field)]
    lines = numbered(heads.c.line, staged).where(owner.is_not(None)).subquery()
    owners = select(owner)
    rows = numbered(model.id, known).where(model.counterparty_id.in_(owners)).subquery()
    same = [lines.c[i] == rows.c[i] for i in range(1, len(staged) + 2)]
    stage.run(update(heads).where(heads.c.line == lines.c[0], *same).values(target_id=rows.c[0]))


def numbered(number: Any, key: list[ColumnElement[Any]]) -> Select[Any]:
    position = func.row_number().over(partition_by=key, order_by=number)
    return select(number.label("c0"), *(part.label(f"c{i}") for i, part in enumerate(key, 1)), position.label("n"))


def key_of(stage: Stage, *, staged: bool) -> Iterator[ColumnElement[Any]]:
    """The parts of the key that the file has columns for, in the stage or in the base; texts in any case, ё = е."""
    for name in stage.kind.key:
        field = stage.kind.field(name)
        assert field is not None
        if name not in stage.present:
            continue
        if field.type is Type.REFERENCE:
            yield stage.heads.c[id_of(field)] if staged else field.attribute  # type: ignore[misc]
            continue
        value = func.coalesce(stage.heads.c[name], literal(field.default)) if staged else field.attribute
        if field.default is None:
            value = stage.heads.c[name] if staged else field.attribute
        yield folded(value) if field.type is Type.TEXT else value  # type: ignore[misc]
