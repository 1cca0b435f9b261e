"""What the product tells by itself, looked for every morning."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from app import clock
from app.services.bell import notices
from jobs import runtime

log = logging.getLogger(__name__)


def look() -> int:
    """Tell what is new; what was told is not told again."""
    return runtime.repeat(look_once)


def look_once(session: Session) -> bool:
    log.info("Notices: %s", notices.make(session, clock.today(), zone=clock.zone()))
    return False
