"""Clients in cells of the ABC/XYZ matrix, for the tests of contact plans."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass, ContactState
from app.domain.work_plan import Cell
from app.models.classes import AbcRecord, StageRecord
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests.factories import added, buyer

MOSCOW = ZoneInfo("Europe/Moscow")
CLASSIFIED = date(2026, 10, 31)
AX = Cell(AbcClass.A, Stage.REGULAR, XyzClass.X)


def client(session: Session, name: str, cell: Cell = AX, value: int = 0, **more: Any) -> Counterparty:
    """A buyer who is in the cell since the last day of October 2026."""
    one = buyer(session, name, **more)
    key: dict[str, Any] = {"counterparty_id": one.id, "on": CLASSIFIED, "value": value}
    session.add(AbcRecord(abc=cell.abc, **key))
    session.add(StageRecord(stage=cell.stage, xyz=cell.xyz, **key))
    session.flush()
    return one


def talked(session: Session, to: Counterparty, on: date, state: ContactState = ContactState.DONE) -> Contact:
    """A contact half an hour after midnight: by the clock of Greenwich it still is the day before."""
    start = datetime(on.year, on.month, on.day, 0, 30, tzinfo=MOSCOW)
    contact = Contact(counterparty=to, state=state, starts_at=start, ends_at=start + timedelta(minutes=10))
    return added(session, contact)
