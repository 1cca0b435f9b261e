"""What was said of the columns of a file, for the next one with the same header."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.domain.text import fold_caption
from app.models.lists import ImportHabit
from app.services.exchange.columns import ColumnChoices, captions
from app.services.exchange.opening import Place, opened
from app.services.exchange.staging import ImportTable


def header_of(table: ImportTable, source: Path | bytes, place: Place) -> list[str]:
    with opened(source, captions(table), place, reader=table.reader) as file:
        return file.header


def habit_of(session: Session, user_id: int | None, table: ImportTable, header: Sequence[str]) -> ImportHabit | None:
    """What was said last; of fields that are there no longer nothing is."""
    found = session.scalars(
        select(ImportHabit).where(
            ImportHabit.user_id.is_not_distinct_from(user_id),
            ImportHabit.kind == table.slug,
            ImportHabit.header == _digest(header),
        )
    ).one_or_none()
    if found is None or not set(found.columns or ()) <= {field.name for field in table.fields}:
        return None
    return found if set(found.search) <= set(table.searchable) else None


def keep(
    session: Session,
    user_id: int | None,
    table: ImportTable,
    header: Sequence[str],
    columns: ColumnChoices | None,
    search: Collection[str],
) -> None:
    said = {"columns": columns, "search": sorted(search)}
    row = {"user_id": user_id, "kind": table.slug, "header": _digest(header)}
    statement = upsert(ImportHabit).values(row | said)
    session.execute(statement.on_conflict_do_update(constraint="uq_import_habit_user_id_kind_header", set_=said))


def _digest(header: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(map(fold_caption, header)).encode()).hexdigest()
