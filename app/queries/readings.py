"""Which cards somebody has opened a moment ago: to open one of them again is no new reading."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal_column, select

from app.models.readings import Reading

LATELY = "interval '5 minutes'"


def lately(by_id: Any, kind: Any) -> Select[int | None, int | None]:
    """(client, person) of each reading of the user; both are values, or where they stand in a statement made once."""
    found = select(Reading.counterparty_id, Reading.person_id)
    return found.where(
        Reading.by_id == by_id, Reading.kind == kind, Reading.at > func.now() - literal_column(LATELY)
    ).execution_options(unscoped=True)
