"""How complete contact information is: months as they were kept, the running one as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import InfoType
from app.models.completeness import CompletenessMonth
from app.models.counterparties import ContactInfo, ContactInfoKind
from reports.counterparties.completeness import Completeness
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import added, buyer

TODAY = date(2026, 3, 10)


def table(session: Session, **asked: str) -> ReportTable:
    (made,) = Completeness().tables(session, asked, today=TODAY, limit=100)
    return made


def test_kept_months_stand_beside_the_running_one_and_percents_are_of_sums(app: Flask, session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    kept = {"persons_filled": 0, "persons_possible": 0, "personal_filled": 0, "personal_possible": 0}
    for manager, filled in ((anna, 1), (boris, 6)):
        added(
            session,
            CompletenessMonth(
                on=date(2026, 2, 28), manager_id=manager.id, buyers_filled=filled, buyers_possible=8, **kept
            ),
        )
    client = buyer(session, manager=anna, registered_on=TODAY)
    kind = session.scalars(select(ContactInfoKind).where(ContactInfoKind.type == InfoType.PHONE)).first()
    added(session, ContactInfo(counterparty=client, kind=kind, value="8 917 123-45-67", phone="+79171234567"))
    kinds = session.scalar(select(func.count()).where(ContactInfoKind.for_counterparties)) or 0
    with app.test_request_context():
        found = table(session)
        rows = [(row["on"], row["manager"], row["buyers_share"]) for row in found.rows]
        assert [row[:2] for row in rows] == [
            (TODAY, "Анна Петрова"),
            (date(2026, 2, 28), "Анна Петрова"),
            (date(2026, 2, 28), "Борис Ёлкин"),
        ]
        assert [round(row[2], 2) for row in rows] == [round(Decimal(100) / kinds, 2), Decimal("12.5"), 75]
        february = table(session, period="2026-02")
        assert (february.count, february.total["buyers_share"]) == (2, 700 / 16)
        assert table(session, manager="boris").count == 1
        session.info["viewer"] = Viewer.of(boris.id, {Sees.OWN}, ["Sales manager"])
        assert [row["manager"] for row in table(session).rows] == ["Борис Ёлкин"]
