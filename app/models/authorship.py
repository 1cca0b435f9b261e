"""Tells the base who writes, so that the triggers of app.models.histories can keep it.

The author is the session's viewer: an edge sets him before anything is written.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.visibility import viewer_of

KEPT = (BuyerOrder, Contact, Counterparty)  # whose histories triggers write
REASON = "vizavi.reason"


def sign(session: Session, reason: str = "") -> None:
    """Until the transaction ends, histories name the viewer; bulk writers call it themselves.

    `reason`: why planned days are moved.
    """
    viewer = viewer_of(session)
    user_id = viewer.user_id if viewer else None
    author = func.set_config("vizavi.user", "" if user_id is None else str(user_id), True)
    session.execute(select(author, func.set_config("vizavi.reason", reason, True)))


def flush_because(session: Session, reason: str) -> None:
    """Write what has changed, with the reason why planned days are moved."""
    session.info[REASON] = reason
    try:
        session.flush()
    finally:
        session.info.pop(REASON)


@event.listens_for(Session, "before_flush")
def sign_what_is_kept(session: Session, *_: Any) -> None:
    if any(isinstance(row, KEPT) and session.is_modified(row) for row in (*session.new, *session.dirty)):
        sign(session, session.info.get(REASON, ""))
