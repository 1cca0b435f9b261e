"""The nightly search for duplicates."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from app.errors import Refused
from app.services.counterparties import duplicate_search
from jobs import runtime

log = logging.getLogger(__name__)


def search() -> int:
    """Find the pairs that may be one, unless somebody is having them searched for."""
    return runtime.repeat(search_once)


def search_once(session: Session) -> bool:
    try:
        found = duplicate_search.search(session, lambda _done, _total: None)
    except Refused:
        return False
    log.info("Duplicates: %s pairs wait for a decision", found)
    return False
