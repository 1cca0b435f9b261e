"""Rows that are no longer there, as the journal knows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from app.domain.words import ChangeKind
from app.models.journal import RowChange


def deletions(model: Any, since: datetime, after: int, limit: int) -> Select[int, int, datetime]:
    """(id, row_id, at) of the deletions since the moment, past the change `after`; what is back was not deleted."""
    there = aliased(model)
    back = select(there.id).where(there.id == RowChange.row_id).exists()
    return (
        select(RowChange.id, RowChange.row_id, RowChange.at)
        .where(
            RowChange.table_name == model.__tablename__,
            RowChange.what == ChangeKind.DELETE,
            RowChange.at >= since,
            RowChange.id > after,
            ~back,
        )
        .order_by(RowChange.id)
        .limit(limit)
        .execution_options(unscoped=True)  # numbers alone are told
    )
