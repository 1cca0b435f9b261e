"""What is ahead of the matter of a card, at its side, for whoever may read it."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app import clock
from app.queries.ahead import contacts_ahead, tasks_ahead


def ahead(session: Session, contacts: ColumnElement[bool] | None, tasks: ColumnElement[bool]) -> dict[str, Any]:
    """What `verbs.ahead` of the templates shows: the next of those contacts, if any are of it, and tasks."""
    may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
    statements = {
        "ahead": None if contacts is None or not may("can_read", "Contacts") else contacts_ahead(contacts),
        "tasks": tasks_ahead(tasks) if may("can_read", "Tasks") else None,
    }
    found = {name: () if asked is None else session.execute(asked).all() for name, asked in statements.items()}
    return {**found, "now": clock.now(), "today": clock.today()}
