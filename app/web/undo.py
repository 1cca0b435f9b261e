"""The toast that takes back what was just done."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, flash, url_for

from app.models.journal import is_journalled
from app.queries.journal import road_of

UNDO, REDO = "undo", "redo"


def flash_undoable(message: object, act: int | None, *, is_undo: bool = False) -> None:
    """Say what was done; the message carries a button that undoes the act, by Ctrl+Z too for ten seconds.

    `act` is what app.services.journal.act_of gave before the commit; to undo an undo is called to redo.
    """
    flash(str(message), f"success {REDO if is_undo else UNDO}:{act}" if undo_url(act) else "success")


def undo_url(act: int | None) -> str:
    """Where a script undoes the act; "" for what changed nothing, or for whoever may not undo."""
    may = current_app.appbuilder.sm.has_access("can_write", "Journal")  # type: ignore[attr-defined]
    return url_for("JournalView.undo", act_id=act) if act and may else ""


def undoable(category: str) -> tuple[str, int | None, bool]:
    """The category of a message, the act that it offers to undo, and whether that is to redo."""
    look, _space, offer = category.partition(" ")
    verb, _colon, act = offer.partition(":")
    return look, int(act) if act else None, verb == REDO


def history_url(view: str, pk: Any) -> str:
    """Where the changes of the card's row are told; "" for whoever may not read the journal."""
    app: Any = current_app
    model = next((each.datamodel.obj for each in app.appbuilder.baseviews if each.endpoint == view), None)
    table = model.__tablename__ if model else ""
    if not is_journalled(table) or not app.appbuilder.sm.has_access("can_read", "Journal"):
        return ""
    return url_for("HistoryView.page", table=table, row_id=pk)


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(undoable=undoable, undo_url=undo_url, history_url=history_url, road_of=road_of)
