"""Stages and XYZ classes: the golden examples, the fixes, the transitions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.domain.periods import Period
from app.domain.stages import (
    NEW,
    STANDINGS,
    BadThresholds,
    Periodicity,
    Stage,
    Standing,
    Thresholds,
    XyzClass,
    change,
    window,
)
from tests.rules.stages import assess, variation, variation_of_intervals, xyz_of

POTENTIAL, ONE_TIME, LOST = Standing(Stage.POTENTIAL), Standing(Stage.ONE_TIME), Standing(Stage.LOST)
X, Y, Z = (Standing(Stage.REGULAR, xyz) for xyz in XyzClass)
REGULAR = Standing(Stage.REGULAR)


def run(old: Standing, sales: list[int], purchases: int) -> Standing | None:
    values = [Decimal(x) for x in sales]
    return assess(old, purchases=purchases, value=sum(values, Decimal(0)), variation=variation(values))


@pytest.mark.parametrize(
    ("sales", "expected"),
    [
        ([100, 110, 90], "8.165"),
        ([120, 100, 80, 100, 90, 110], "12.910"),
        ([100, 200, 300], "40.825"),
        ([100, 0, 50], "81.650"),
        ([0, 0, 300], "141.421"),
        ([100, 100, 100], "0.000"),
        ([0, 0, 0], "0.000"),
        ([0, 0, 0, 0, 0, 7], "223.607"),
    ],
)
def test_variation_is_the_population_deviation_by_the_mean(sales: list[int], expected: str) -> None:
    assert round(variation([Decimal(x) for x in sales]), 3) == Decimal(expected)


@pytest.mark.parametrize(
    ("old", "sales", "purchases", "new"),
    [
        (POTENTIAL, [100, 110, 90], 3, X),
        (REGULAR, [120, 100, 80, 100, 90, 110], 6, X),
        (ONE_TIME, [100, 200, 300], 3, Y),
        (POTENTIAL, [100, 0, 50], 2, ONE_TIME),
        (REGULAR, [100, 0, 50], 2, Z),
        (LOST, [0, 0, 300], 1, Z),
        (ONE_TIME, [0, 0, 0], 0, ONE_TIME),
        (REGULAR, [0, 0, 0], 0, LOST),
        (NEW, [0, 0, 0], 0, POTENTIAL),
        (X, [0, 50, 0], 1, Z),  # a regular buyer never drops to one-time
        (ONE_TIME, [50, 0, 0], 1, ONE_TIME),
        (NEW, [50, 0, 0], 1, ONE_TIME),
    ],
)
def test_a_buyer_moves_as_the_scheme_of_transitions_says(
    old: Standing, sales: list[int], purchases: int, new: Standing
) -> None:
    assert run(old, sales, purchases) == new


def test_even_sales_make_a_buyer_stable_where_the_original_loses_him() -> None:
    assert run(REGULAR, [100, 100, 100], 3) == X


def test_returns_that_eat_up_the_sales_lose_a_regular_buyer() -> None:
    assert run(Y, [100, -100, 0], 1) == LOST


def test_a_lost_buyer_who_bought_nothing_is_not_written_about() -> None:
    assert run(LOST, [0, 0, 0], 0) is None


def test_beyond_the_last_class_the_stage_stays_and_the_class_is_emptied() -> None:
    narrow = Thresholds(z_to=Decimal(60))
    after = assess(X, purchases=5, value=Decimal(1), variation=Decimal(61), thresholds=narrow)
    assert after == REGULAR


@pytest.mark.parametrize(
    ("percent", "xyz"), [("20", "X"), ("20.01", "Y"), ("50", "Y"), ("50.01", "Z"), ("10001", None)]
)
def test_a_boundary_value_takes_the_better_class(percent: str, xyz: str | None) -> None:
    assert xyz_of(Decimal(percent), Thresholds()) == xyz


def test_gaps_before_the_first_and_after_the_last_document_count() -> None:
    documents = [datetime(2024, 3, day, 12, tzinfo=UTC) for day in (8, 15, 22)]
    found = variation_of_intervals(datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC), documents)
    assert round(found, 2) == Decimal("13.30")


@pytest.mark.parametrize(
    ("old", "new", "arrow"),
    [
        (X, X, 0), (Y, X, 1), (X, Y, -1), (Z, Y, 1), (LOST, Y, 1), (X, Z, -1), (Y, Z, -1), (ONE_TIME, Z, 1),
        (POTENTIAL, ONE_TIME, 1), (Z, LOST, -1), (REGULAR, REGULAR, 0), (NEW, POTENTIAL, 1), (ONE_TIME, POTENTIAL, -1),
    ],
)  # fmt: skip
def test_arrows_follow_the_ranking(old: Standing, new: Standing, arrow: int) -> None:
    assert change(old, new) == arrow


def test_one_ranking_holds_wherever_buyers_are_compared() -> None:
    ranked = [LOST, POTENTIAL, ONE_TIME, Z, Y, X]
    assert sorted(STANDINGS, key=lambda standing: standing.rank) == ranked
    for place, old in enumerate(ranked):
        assert [change(old, new) for new in ranked] == [-1] * place + [0] + [1] * (5 - place)


@pytest.mark.parametrize(
    "bad", [{"one_time_from": 0}, {"one_time_from": 3}, {"x_to": Decimal(0)}, {"y_to": Decimal(20)}]
)
def test_thresholds_that_freeze_everybody_are_refused(bad: dict[str, Decimal]) -> None:
    with pytest.raises(BadThresholds):
        Thresholds(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("end", "periodicity", "count", "first", "last"),
    [
        (date(2024, 6, 30), Periodicity.MONTH, 3, date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 6, 10), Periodicity.MONTH, 3, date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 2, 25), Periodicity.DECADE, 2, date(2024, 2, 11), date(2024, 2, 29)),
        (date(2024, 3, 11), Periodicity.DECADE, 2, date(2024, 3, 1), date(2024, 3, 20)),
        (date(2024, 3, 31), Periodicity.DECADE, 1, date(2024, 3, 21), date(2024, 3, 31)),
        (date(2024, 2, 5), Periodicity.QUARTER, 2, date(2023, 10, 1), date(2024, 3, 31)),
        (date(2024, 8, 5), Periodicity.HALF_YEAR, 1, date(2024, 7, 1), date(2024, 12, 31)),
        (date(2024, 8, 7), Periodicity.WEEK, 2, date(2024, 7, 29), date(2024, 8, 11)),
        (date(2024, 8, 7), Periodicity.YEAR, 2, date(2023, 1, 1), date(2024, 12, 31)),
        (date(2024, 8, 7), Periodicity.DAY, 3, date(2024, 8, 5), date(2024, 8, 7)),
    ],
)
def test_the_window_has_exactly_the_sub_periods_asked_for(
    end: date, periodicity: Periodicity, count: int, first: date, last: date
) -> None:
    buckets = window(end, periodicity, count)
    assert len(buckets) == count
    assert Period(buckets[0].first, buckets[-1].last) == Period(first, last)
