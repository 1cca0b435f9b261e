"""What an import will change, field by field, before it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.models.captions import caption
from app.services.exchange.fields import ReferenceField, ValueField
from app.services.exchange.report import MOST_LISTED, Change, ImportReport
from app.services.exchange.staging import Staging


def tell_changes(staging: Staging, report: ImportReport, updates: Mapping[ValueField, ColumnElement[Any]]) -> None:
    """Report what each known row has now and what it will have."""
    heads = staging.heads
    model: Any = staging.table.model
    for field, value in updates.items():
        old, new = spelled(field, field.stored), spelled(field, value)
        differ = (heads.c.target_id == model.id, heads.c.changed, field.stored.is_distinct_from(value))
        report.changes_count += staging.run(select(func.count()).select_from(heads).where(*differ)).scalar_one()
        query = select(heads.c.line, old, new)
        rows: Any = staging.run(query.where(*differ).order_by(heads.c.line).limit(MOST_LISTED)).all()
        report.changes += [Change(line, field.name, in_words(was), in_words(will)) for line, was, will in rows]
    report.changes = sorted(report.changes, key=lambda change: change.line)[:MOST_LISTED]


def spelled(field: ValueField, value: Any) -> Any:
    """Of a reference what its row is called."""
    if not isinstance(field, ReferenceField):
        return value
    other: Any = field.key.class_
    name = field.spelled(other) if field.spelled else field.key
    return select(name).where(other.id == value).scalar_subquery()


def in_words(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "+" if value else "−"
        case datetime():
            return f"{value:%d.%m.%Y %H:%M}"
        case date():
            return f"{value:%d.%m.%Y}"
        case StrEnum():
            return str(caption(value))
        case Decimal():
            return f"{value:f}"
    return str(value)
