"""The rule of stages in SQL is the rule of the domain; figures of any window; stages by a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Integer, Numeric, String, column, select, values
from sqlalchemy.orm import Session

from app.domain.stages import NEW, Parameters, Periodicity, Stage, StageMeasure, Standing, Thresholds, XyzClass
from app.models.movements import Shipment
from app.queries.classification import stages as queries
from app.queries.classification import variations
from app.queries.classification.tracks import STAGE, rank_of_stage
from tests.factories import buyer
from tests.reports.trade import shipped
from tests.rules.stages import assess, variation, variation_of_intervals

X, Y, Z = (Standing(Stage.REGULAR, xyz) for xyz in XyzClass)
OLD = [NEW, *(Standing(stage) for stage in Stage), X, Y, Z]
LIMITS = [Thresholds(), Thresholds(2, 3), Thresholds(1, 1, Decimal("12.5"), Decimal(40), Decimal(60))]
Case = tuple[Standing, int, list[int]]


def in_sql(session: Session, cases: list[Case], limits: Thresholds) -> list[tuple[Standing, Decimal]]:
    names = ("key", "stage", "purchases", "value", "total", "scatter", "is_silent")
    kinds = (Integer, STAGE.type, Integer, Numeric, Numeric, Numeric, Boolean)
    table = values(*(column(name, kind) for name, kind in zip(names, kinds, strict=True)), name="given").data(
        [
            (key, old.stage, purchases, sum(x), sum(x), scatter_of(x), is_silent(purchases, x))
            for key, (old, purchases, x) in enumerate(cases)
        ]
    )
    stage, xyz = queries.assess(table.c, limits)
    shown = variations.variation(table.c.scatter, table.c.total)
    rows = session.execute(select(stage, xyz, shown).order_by(table.c.key))
    return [(Standing(stage, xyz), percent) for stage, xyz, percent in rows]


def scatter_of(x: list[int]) -> int:
    return len(x) * sum(one * one for one in x) - sum(x) ** 2


def is_silent(purchases: int, x: list[int]) -> bool:
    """Of those who bought nothing in the window every second is."""
    return not purchases and len(x) % 2 == 0


def in_domain(case: Case, limits: Thresholds) -> tuple[Standing | None, Decimal]:
    old, purchases, x = case
    sales = [Decimal(one) for one in x]
    found = variation(sales)
    total = sum(sales, Decimal(0))
    after = assess(
        old, purchases=purchases, value=total, variation=found, thresholds=limits, is_silent=is_silent(purchases, x)
    )
    return after, round(found, 4)


def agree(session: Session, cases: list[Case], limits: Thresholds) -> None:
    for case, (stage, percent) in zip(cases, in_sql(session, cases, limits), strict=True):
        expected, shown = in_domain(case, limits)
        if expected is not None:  # a lost buyer who bought nothing is left out elsewhere
            assert stage == expected, case
        assert abs(percent - shown) <= Decimal("0.0001"), case


def test_every_old_standing_with_the_golden_windows(session: Session) -> None:
    golden = [
        (3, [100, 110, 90]), (6, [120, 100, 80, 100, 90, 110]), (3, [100, 200, 300]), (2, [100, 0, 50]),
        (1, [0, 0, 300]), (3, [100, 100, 100]), (0, [0, 0, 0]), (0, [0, 0]), (1, [100, -100, 0]),
        (4, [10**12, 10**12, 5]),
    ]  # fmt: skip
    cases = [(old, purchases, x) for old, (purchases, x) in product(OLD, golden)]
    for limits in LIMITS:
        agree(session, cases, limits)


def test_a_boundary_value_takes_the_better_class(session: Session) -> None:
    exact = [(X, 9, [80, 120]), (X, 9, [50, 150]), (X, 9, [800_000_000_000, 1_200_000_000_000])]
    beyond = [(X, 9, [7_999_999_999_999_999, 12_000_000_000_000_001])]
    assert [one.xyz for one, _ in in_sql(session, exact + beyond, Thresholds())] == ["X", "Y", "X", "Y"]


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(OLD),
            st.integers(0, 5),
            st.lists(st.integers(-100, 100) | st.integers(0, 10**12), min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(LIMITS),
)
@pytest.mark.slow
def test_sql_and_domain_agree(session: Session, cases: list[Case], limits: Thresholds) -> None:
    agree(session, cases, limits)


@pytest.mark.parametrize("measure", [m for m in StageMeasure if m is not StageMeasure.INTERVALS])
@pytest.mark.parametrize("periodicity", Periodicity)
def test_figures_of_any_window_are_those_of_the_documents(
    session: Session, periodicity: Periodicity, measure: StageMeasure
) -> None:
    who, big = buyer(session, "Один"), buyer(session, "Крупный")
    parameters = Parameters(date(2026, 5, 20), periodicity, 3, measure)
    first = parameters.window.first
    for step in range(-40, 200, 7):
        shipped(session, who, -5 if step % 3 == 0 else 100 + step, first + timedelta(days=step), cost=step / 4)
    shipped(session, big, "50000000.01", parameters.window.last, cost=1)
    session.query(Shipment).update({"quantity": Shipment.amount / 8})
    found = {row.counterparty_id: row for row in session.execute(variations.figures(parameters))}
    for one in (who, big):
        x, purchases = by_hand(session, one.id, parameters)
        row = found[one.id]
        assert (row.purchases, row.total) == (purchases, sum(x))
        assert row.scatter == scatter_of(x)


def by_hand(session: Session, who: int, parameters: Parameters) -> tuple[list[int], int]:
    documents = session.scalars(select(Shipment).where(Shipment.counterparty_id == who)).all()
    worth: Any = {
        StageMeasure.REVENUE: lambda d: d.amount * 100,
        StageMeasure.PROFIT: lambda d: (d.amount - d.cost_amount) * 100,
        StageMeasure.QUANTITY: lambda d: d.quantity * 1000,
        StageMeasure.SALES: lambda d: d.kind == "shipment",
    }[parameters.measure]
    x = [sum(int(worth(d)) for d in documents if d.date in bucket) for bucket in parameters.buckets]
    return x, sum(d.kind == "shipment" and d.date in parameters.window for d in documents)


def test_intervals_are_measured_between_noons(session: Session) -> None:
    who, often = buyer(session, "Один"), buyer(session, "Часто")
    days = {who: [8, 15, 22], often: [1, 1, 2, 30, 31]}
    for one, numbers in days.items():
        for day in numbers:
            shipped(session, one, 10, date(2024, 3, day))
    shipped(session, who, -10, date(2024, 3, 10))
    shipped(session, who, 10, date(2024, 2, 29))
    parameters = Parameters(date(2024, 3, 31), Periodicity.MONTH, 1, StageMeasure.INTERVALS)
    figures = variations.figures(parameters).subquery()
    shown = variations.variation(figures.c.scatter, figures.c.total)
    found = {k: (n, v) for k, n, v in session.execute(select(figures.c.counterparty_id, figures.c.purchases, shown))}
    start, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
    for one, numbers in days.items():
        noons = [datetime.combine(date(2024, 3, day), time(12), UTC) for day in numbers]
        assert found[one.id][0] == len(numbers)
        assert abs(found[one.id][1] - variation_of_intervals(start, end, noons)) < Decimal("0.0001")
    assert round(found[who.id][1], 2) == Decimal("13.30")


def test_the_rank_is_that_of_the_domain(session: Session) -> None:
    table = values(column("key", Integer), column("stage", STAGE.type), column("xyz", String), name="given").data(
        [(key, one.stage, one.xyz) for key, one in enumerate(OLD)]
    )
    ranks = session.scalars(select(rank_of_stage(table.c.stage, table.c.xyz)).order_by(table.c.key)).all()
    assert ranks == [one.rank for one in OLD]
