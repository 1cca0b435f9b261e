"""Who was responsible for a counterparty and how he learned about us, by day, for his card."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ScalarSelect, Select, String, cast, func, literal, select, union_all
from sqlalchemy.orm import aliased

from app.models.counterparties import InformationSource
from app.models.histories import ManagerRecord, SourceRecord
from app.models.users import User

SHOWN = 12


def full_name(user: Any) -> Any:
    return user.first_name + " " + user.last_name


def card_changes(counterparty_id: int) -> Select[Any]:
    """(what, on, name, author) of the latest changes, newest first; what: manager or source, name: None for nobody."""
    manager, author = aliased(User), aliased(User)
    parts = []
    for what, record, named, name in (
        ("manager", ManagerRecord, manager, full_name(manager)),
        ("source", SourceRecord, InformationSource, InformationSource.name),
    ):
        row: Any = record
        parts.append(
            select(
                literal(what).label("what"),
                row.on.label("on"),
                cast(name, String).label("name"),
                full_name(author).label("author"),
            )
            .outerjoin(named, named.id == (row.manager_id if what == "manager" else row.source_id))
            .outerjoin(author, author.id == row.by_id)
            .where(row.counterparty_id == counterparty_id)
            .order_by(row.on.desc())
            .limit(SHOWN)
            .subquery()
        )
    both = union_all(*(select(part) for part in parts)).subquery("both")
    return select(both).order_by(both.c.on.desc(), both.c.what).limit(SHOWN)


def card_changes_json(counterparty_id: int) -> ScalarSelect[Any]:
    """The same in one value, None when there are none: for a statement that has more to read."""
    rows = card_changes(counterparty_id).subquery("changes")
    return select(func.json_agg(rows.table_valued())).scalar_subquery()
