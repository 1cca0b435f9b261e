"""Documents: their lines, and the sums that are kept with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, func, insert, literal, not_, or_, select, update

from app.domain.words import MovementKind
from app.models.movements import Shipment
from app.services.exchange.fields import Field, Type
from app.services.exchange.stage import Stage, id_of


def line_value(stage: Stage, field: Field) -> ColumnElement[Any]:
    value = stage.lines.c[id_of(field) if field.type is Type.REFERENCE else field.name]
    return value if field.default is None else func.coalesce(value, literal(field.default))


def mark_changed_lines(stage: Stage) -> None:
    """A document whose lines are not the same ones in the same order is changed."""
    heads, lines = stage.heads, stage.lines
    model: Any = stage.kind.line
    parent: Any = stage.kind.parent
    fields = [field for field in stage.kind.line_fields if field.name in stage.present]
    staged = select(lines.c.number, digest([line_value(stage, f) for f in fields], lines.c.line).label("digest"))
    known = select(parent.label("parent"), digest([f.attribute for f in fields], model.position).label("digest"))
    olds = select(heads.c.target_id).where(not_(heads.c.is_new))
    new = staged.group_by(lines.c.number).subquery()
    old = known.where(parent.in_(olds)).group_by(parent).subquery()
    pairs = (
        select(heads.c.line)
        .join(new, new.c.number == heads.c.number)
        .outerjoin(old, old.c.parent == heads.c.target_id)
        .where(not_(heads.c.is_new), new.c.digest.is_distinct_from(old.c.digest))
    )
    stage.run(update(heads).where(heads.c.line.in_(pairs)).values(changed=True))


def digest(values: list[Any], order: Any) -> ColumnElement[str]:
    """All lines of a document in one text."""
    parts = [func.coalesce(cast(value, Text), "") for value in values]
    return func.md5(func.string_agg(func.concat_ws(":", *parts), "|").aggregate_order_by(order))


def add_up(stage: Stage) -> None:
    """The sums of a document are those of its rounded lines."""
    heads, lines = stage.heads, stage.lines
    sums = [func.sum(amount(stage)).label("amount"), func.bool_or(lines.c.quantity < 0).label("returned")]
    if "cost" in lines.c:
        sums.append(func.sum(cost_amount(stage)).label("cost_amount"))
        sums.append(func.sum(lines.c.quantity).label("quantity"))
    by_number = select(lines.c.number, *sums).group_by(lines.c.number).subquery()
    values = {sum_.name: by_number.c[sum_.name] for sum_ in sums}
    stage.run(update(heads).where(heads.c.number == by_number.c.number).values(values))


def amount(stage: Stage) -> ColumnElement[Any]:
    lines = stage.lines
    full = lines.c.quantity * lines.c.price
    if "discount" in lines.c:
        full = full * (100 - func.coalesce(lines.c.discount, 0)) / 100
    return func.round(full, 2)


def cost_amount(stage: Stage) -> ColumnElement[Any]:
    return func.round(stage.lines.c.quantity * func.coalesce(stage.lines.c.cost, 0), 2)


def head_sums(stage: Stage) -> dict[str, ColumnElement[Any]]:
    """The columns of a document that follow from its lines."""
    if stage.kind.line is None:
        return {}
    sums: dict[str, ColumnElement[Any]] = {"amount": stage.heads.c.amount}
    if stage.kind.model is Shipment:
        sums["cost_amount"] = stage.heads.c.cost_amount
        sums["quantity"] = stage.heads.c.quantity
        sums["kind"] = case((stage.heads.c.returned, MovementKind.RETURN.value), else_=MovementKind.SHIPMENT.value)
    return sums


def write_lines(stage: Stage) -> None:
    """The lines of a changed document are replaced, all of them."""
    heads, lines = stage.heads, stage.lines
    model: Any = stage.kind.line
    parent: Any = stage.kind.parent
    table = model.__table__
    changed = select(heads.c.target_id).where(heads.c.changed)
    stage.run(delete(table).where(table.c[parent.key].in_(changed)))
    values: dict[str, ColumnElement[Any]] = {
        parent.key: heads.c.target_id,
        "position": func.row_number().over(partition_by=lines.c.number, order_by=lines.c.line),
        "amount": amount(stage),
    }
    if "cost" in lines.c:
        values["cost_amount"] = cost_amount(stage)
    values |= {field.column: line_value(stage, field) for field in stage.kind.line_fields}
    rows = (
        select(*values.values())
        .select_from(lines)
        .join(heads, heads.c.number == lines.c.number)
        .where(or_(heads.c.is_new, heads.c.changed))
        .order_by(lines.c.line)
    )
    stage.run(insert(table).from_select(list(values), rows, include_defaults=False))
