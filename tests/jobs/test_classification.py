"""Classes and stages that nobody asked for by hand."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from jobs.classification import classify_month
from tests.factories import buyer


def test_the_month_before_is_classified_once(app: Flask, session: Session) -> None:
    buyer(session, "Один")
    with app.app_context():
        assert not any(classify_month(session) for _ in range(2))
        first_of_month = clock.today().replace(day=1)
    stages, classes = session.scalars(select(StageRun)).one(), session.scalars(select(AbcRun)).one()
    assert stages.on == classes.on == stages.end == classes.end
    assert classes.end < first_of_month
    for model in (AbcRecord, StageRecord):
        assert session.scalar(select(func.count()).select_from(model)) == 1
