"""Of every buyer of the demo company: what is previewed is what the run writes, what is said is what documents make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.urltools import get_filter_args
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.abc import AbcParameters, Shares
from app.domain.periods import Period
from app.domain.stages import Parameters, Periodicity, Stage, StageMeasure, Standing, Thresholds, XyzClass
from app.domain.words import AbcClass, Measure
from app.extensions import db
from app.models.captions import caption
from app.models.classes import AbcRecord, StageRecord
from app.models.counterparties import Counterparty
from app.models.settings import Policy
from app.models.users import User
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK
from app.queries.sales.sales import sums_of
from app.services import demo
from app.services.classification import abc as classification
from app.services.classification import holds, stages, why
from app.views.classification.standing import explained
from app.views.sales.shipments import ShipmentView
from tests.bases import Bases
from tests.conftest import moved
from tests.services.conftest import TODAY

pytestmark = pytest.mark.slow

OCTOBER, NOVEMBER = (Period(date(2026, month, 1), date(2026, month, last)) for month, last in ((10, 31), (11, 30)))
HELD = 9  # buyers


@pytest.fixture(scope="module")
def company(app: Flask, bases: Bases, filled: Callable[[str, demo.Size], str]) -> Iterator[Flask]:
    address = bases.new("whole", of=filled("small", demo.SIZES["small"]))
    with moved(app, address):
        yield app
    bases.let_go(address)


@contextmanager
def opened(company: Flask) -> Iterator[Session]:
    """The company as it was made, whatever is done to it here."""
    with company.test_request_context(), Session(db.engine) as session:
        yield session
        session.rollback()


def hold_some(session: Session) -> set[int]:
    by = session.scalars(select(User)).first()
    assert by
    some = session.scalars(select(Counterparty).where(Counterparty.is_buyer).order_by(Counterparty.id).limit(HELD))
    found = some.all()
    kept: dict[str, Any] = {"until": date(2026, 12, 31), "reason": "Так решили", "by": by, "today": TODAY}
    for n, one in enumerate(found):
        holds.hold_class(session, one, [*AbcClass][n % 3], **kept)
        holds.hold_stage(session, one, [Standing(Stage.LOST), Standing(Stage.REGULAR, XyzClass.X)][n % 2], **kept)
    return {one.id for one in found}


def rows_of(session: Session, query: Any) -> dict[int, dict[str, Any]]:
    return {row["counterparty_id"]: dict(row) for row in session.execute(query).mappings()}


def written(session: Session, record: Any, run: Any, columns: Any) -> dict[int, dict[str, Any]]:
    names = {"on_date": "on"}
    kept = [getattr(record, names.get(name, name)).label(name) for name in columns]
    return rows_of(session, select(*kept).where(record.run_id == run.id))


SHARES = [Shares(*map(Decimal, shares)) for shares in ((70, 20, 10), (50, 30, 20), ("99.5", "0.5", 0))]


@pytest.mark.parametrize("period", [OCTOBER, NOVEMBER, Period(date(2026, 11, 2), TODAY)], ids=lambda p: p.text())
@pytest.mark.parametrize("measure", Measure)
def test_a_preview_of_classes_is_the_run_row_by_row(company: Flask, period: Period, measure: Measure) -> None:
    with opened(company) as session:
        held = hold_some(session)
        session.get_one(Policy, 1).abc_measure = measure
        for shares in SHARES:
            day = min(period.last, TODAY)
            preview = rows_of(session, classification.proposed(session, AbcParameters(period, measure, shares), day))
            run = classification.classify_abc(session, period, today=TODAY, shares=shares)
            assert len(preview) > 200
            assert preview == written(session, AbcRecord, run, [*preview[min(preview)]])
            assert {pk for pk, row in preview.items() if row["hold_id"]} == (held if day == TODAY else set())


THRESHOLDS = [
    Thresholds(),
    Thresholds(1, 4, Decimal(60), Decimal(120), Decimal(200)),
    Thresholds(2, 2, Decimal("0.01"), Decimal(50), Decimal(10000)),
]


@pytest.mark.parametrize("end", [OCTOBER.last, TODAY], ids=str)
@pytest.mark.parametrize(
    ("periodicity", "count"), [(Periodicity.MONTH, 6), (Periodicity.QUARTER, 4), (Periodicity.WEEK, 9)]
)
@pytest.mark.parametrize("measure", [StageMeasure.REVENUE, StageMeasure.PROFIT, StageMeasure.INTERVALS])
def test_a_preview_of_stages_is_the_run_row_by_row(
    company: Flask, end: date, periodicity: Periodicity, count: int, measure: StageMeasure
) -> None:
    with opened(company) as session:
        held = hold_some(session)
        for limits in THRESHOLDS:
            asked = Parameters(end, periodicity, count, measure, limits, lost_after=count + 1)
            day = min(asked.window.last, TODAY)
            preview = rows_of(session, stages.proposed(session, asked, day))
            run = stages.classify_stages(session, asked, today=TODAY)
            assert len(preview) > 150
            assert preview == written(session, StageRecord, run, [*preview[min(preview)]])
            assert {pk for pk, row in preview.items() if row["hold_id"]} <= (held if day == TODAY else set())


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    """By address, what the list there adds up to: no case changes a document."""
    return {}


@pytest.mark.parametrize(("place", "measure"), enumerate(StageMeasure))
def test_a_sentence_is_recomputed_from_the_documents_that_it_leads_to(
    company: Flask, listed: dict[str, Any], place: int, measure: StageMeasure
) -> None:
    """Every measure for a third of the buyers, and every buyer for some measure."""
    of_class = Measure.PROFIT if measure is StageMeasure.PROFIT else Measure.REVENUE
    with opened(company) as session:
        session.get_one(Policy, 1).abc_measure = of_class
        classification.classify_abc(session, OCTOBER, today=TODAY)
        stages.classify_stages(session, Parameters(OCTOBER.last, measure=measure), today=TODAY)
        bought = 0
        buyers = session.scalars(select(Counterparty).where(Counterparty.is_buyer).order_by(Counterparty.id)).all()
        for one in buyers[place % 3 :: 3]:
            abc, stage = (why.latest(session, track, one.id, TODAY) for track in (ABC_TRACK, STAGE_TRACK))
            for (sentence, source, address), record in zip(explained(session, one, TODAY), (abc, stage), strict=True):
                if address not in listed:
                    listed[address] = listed_at(company, session, address)
                found, counted = listed[address], record.run.measure
                assert not source.changed, sentence
                assert source.text.startswith(f"{found.shipments} реализац")
                if record is stage:
                    assert re.search(rf"\D{found.shipments} покуп", sentence)
                if counted not in why.COUNTED:
                    worth = why.worth(counted, getattr(found, counted.value))
                    assert source.text.endswith(worth)
                    assert worth.removeprefix(f"{caption(counted).lower()} ") in sentence
                bought += counted in (of_class, measure) and found.revenue > 0
        assert bought > 25


def listed_at(company: Flask, session: Session, address: str) -> Any:
    """What the list at the address finds, added up."""
    with company.test_request_context(address):
        view = next(view for view in company.appbuilder.baseviews if isinstance(view, ShipmentView))
        get_filter_args(view._filters)
        assert len(view._filters.filters) == 3
        return session.execute(sums_of(view.datamodel.filtered(view._filters))).one()
