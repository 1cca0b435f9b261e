"""Cards of people and clients for telephones and mail programs: who may take them away, and where."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

from app.web.lists.chosen import numbers_of


def may_export() -> bool:
    return bool(current_app.appbuilder.sm.has_access("can_read", "Export"))  # type: ignore[attr-defined]


def cards_url(items: Any | list[Any], whose: str) -> str:
    """The file with the cards of these rows."""
    return url_for("ExportView.cards", whose=whose, ids=numbers_of(items))
