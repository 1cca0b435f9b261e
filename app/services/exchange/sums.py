"""Sums of documents that a file brings, by the rule of every document: lines are rounded, then added."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from app.models.products import Item
from app.queries.sales.vat import rate_on, vat_of
from app.services.exchange.staging import Staging


def add_up(staging: Staging) -> None:
    """The sums of a document are those of its rounded lines."""
    heads, lines = staging.heads, staging.lines
    sums = [func.sum(amount(staging)).label("amount"), func.bool_or(lines.c.quantity < 0).label("returned")]
    if "cost" in lines.c:
        sums.append(func.sum(cost_amount(staging)).label("cost_amount"))
        sums.append(func.sum(vat_of(amount(staging), vat(staging))).label("vat_amount"))
        sums.append(func.sum(lines.c.quantity).label("quantity"))
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
