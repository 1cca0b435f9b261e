"""A company whose buyers have classes and stages."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, months_from
from app.domain.stages import Parameters
from app.models.counterparties import Counterparty
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import shipped


@pytest.fixture
def today(app: Flask) -> date:
    with app.app_context():
        return clock.today()


@pytest.fixture
def company(session: Session, today: date) -> list[Counterparty]:
    """Three buyers of the month before: A, B, C; Anna has the first one."""
    month = months_from(today.replace(day=1) - DAY, 1)
    found = [
        buyer(session, "Первый", manager=user_named(session, "anna")),
        buyer(session, "Второй"),
        buyer(session, "Третий"),
    ]
    for one, amount in zip(found, (70, 20, 10), strict=True):
        shipped(session, one, amount, month.first)
    classify_stages(session, Parameters(month.last), today=today)
    classify_abc(session, month, today=today)
    session.commit()
    return found
