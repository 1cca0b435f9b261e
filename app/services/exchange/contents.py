"""What stands in a document: its lines, or its sum. By that a document without a number is known again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, select, update

from app.models.products import Item
from app.queries.sales.vat import rate_on, vat_of
from app.services.exchange.fields import NumberField, ReferenceField, ValueField
from app.services.exchange.staging import Staging


def line_value(staging: Staging, field: ValueField) -> ColumnElement[Any]:
    value = staging.lines.c[field.id_column if isinstance(field, ReferenceField) else field.name]
    return value if field.default is None else func.coalesce(value, literal(field.default))


def match_unnumbered(staging: Staging) -> None:
    """A document without a number is the known one of the same counterparty and day with the same contents.

    Of several equal ones the n-th of the file is the n-th of the base.
    """
    heads, table = staging.heads, staging.table
    model: Any = table.model
    found = heads.c.target_id
    without = and_(heads.c.number.is_(None), found.is_(None))
    if not staging.run(select(select(heads).where(without).exists())).scalar():
        return
    owner = next(field for field in table.head_fields if isinstance(field, ReferenceField) and field.required)
    mine = (staging.named(owner.name), heads.c.date, heads.c.amount)
    theirs = (owner.attribute, model.date, model.amount)
    near = theirs[0].in_(select(mine[0]).where(without)) & theirs[1].in_(select(mine[1]).where(without))
    left = model.id.not_in(select(found).where(found.is_not(None)))
    known = select(model.id, *theirs).where(near, left, staging.seen(model))
    said = select(heads.c.line, *mine).where(without)
    if table.line is not None:
        parent: Any = table.parent
        position: Any = table.line.position
        fields = [field for field in table.line_fields if field.required]
        old = digest([compared(field, field.attribute) for field in fields], position)
        new = digest([compared(field, line_value(staging, field)) for field in fields], staging.lines.c.line)
        olds = select(parent.label("parent"), old.label("digest")).group_by(parent)
        lines = staging.lines
        news = select(lines.c.document, new.label("digest")).where(lines.c.number.is_(None)).group_by(lines.c.document)
        of_known = olds.where(parent.in_(known.with_only_columns(model.id))).subquery()
        of_said = news.subquery()
        known = known.join(of_known, of_known.c.parent == model.id).add_columns(of_known.c.digest)
        said = said.join(of_said, of_said.c.document == heads.c.document).add_columns(of_said.c.digest)
    a, b = ranked(said), ranked(known)
    same = [x == y for x, y in zip(list(a.c)[1:], list(b.c)[1:], strict=True)]
    staging.run(update(heads).where(heads.c.line == a.c[0], *same).values(target_id=b.c[0]))


def ranked(rows: Any) -> Any:
    """The rows with their place among those that are equal but for the first column."""
    inner = rows.subquery()
    first, *rest = inner.c
    return select(inner, func.row_number().over(partition_by=rest, order_by=first).label("place")).subquery()


def compared(field: ValueField, value: Any) -> Any:
    """The value as one text: 1 and 1.00 are one number."""
    return func.trim_scale(value) if isinstance(field, NumberField) else value


def digest(values: list[Any], order: Any) -> ColumnElement[str]:
    """All lines of a document in one text."""
    parts = [func.coalesce(cast(value, Text), "") for value in values]
    return func.md5(func.string_agg(func.concat_ws(":", *parts), "|").aggregate_order_by(order))


def add_up(staging: Staging) -> None:
    """The sums of a document are those of its rounded lines."""
    heads, lines = staging.heads, staging.lines
    sums = [
        func.sum(amount(staging)).label("amount"),
        func.sum(lines.c.quantity).label("quantity"),
        func.bool_or(lines.c.quantity < 0).label("returned"),
    ]
    if "cost" in lines.c:
        sums.append(func.sum(cost_amount(staging)).label("cost_amount"))
        sums.append(func.sum(vat_of(amount(staging), vat(staging))).label("vat_amount"))
    by_document = (
        select(lines.c.document, *sums)
        .select_from(lines)
        .outerjoin(Item, Item.id == lines.c.item__id)
        .group_by(lines.c.document)
        .subquery()
    )
    values = {sum_.name: by_document.c[sum_.name] for sum_ in sums}
    staging.run(update(heads).where(heads.c.document == by_document.c.document).values(values))


def amount(staging: Staging) -> ColumnElement[Any]:
    lines = staging.lines
    full = lines.c.quantity * lines.c.price
    if "discount" in lines.c:
        full = full * (100 - func.coalesce(lines.c.discount, 0)) / 100
    return func.round(full, 2)


def vat(staging: Staging) -> ColumnElement[Any]:
    """A line that names no rate of VAT has that of its item on the day of the document."""
    lines = staging.lines
    return func.coalesce(lines.c.vat, rate_on(Item.vat, lines.c.date))


def cost_amount(staging: Staging) -> ColumnElement[Any]:
    return func.round(staging.lines.c.quantity * func.coalesce(staging.lines.c.cost, 0), 2)
