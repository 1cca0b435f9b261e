"""Difference in differences: the golden example, and what may be concluded."""

from __future__ import annotations

from decimal import Decimal
from statistics import mean, variance

import pytest

from app.domain.effect import Conclusion, Effect, Sample, quantile

CALLED = [(30, 40), (20, 28), (10, 10), (50, 64)]
OTHERS = [(40, 42), (60, 58), (20, 26), (90, 88)]


def sample(pairs: list[tuple[int, int]]) -> Sample:
    changes = [Decimal(after - before) for before, after in pairs]
    before, after = (Decimal(sum(pair[end] for pair in pairs)) for end in (0, 1))
    return Sample(len(pairs), before, after, mean(changes), variance(changes))


def test_the_golden_example() -> None:
    effect = Effect(sample(CALLED), sample(OTHERS))
    assert [round(each.growth or 0, 2) for each in (effect.chosen, effect.others)] == [
        Decimal("29.09"),
        Decimal("1.90"),
    ]
    assert (effect.chosen.mean, effect.others.mean, effect.each, effect.total) == (8, 1, 7, 28)
    assert [round(each.variance or 0, 4) for each in (effect.chosen, effect.others)] == [
        Decimal("34.6667"),
        Decimal("14.6667"),
    ]
    assert (round(effect.error, 4), round(effect.freedom or 0, 3), round(quantile(5.153), 2)) == (3.5119, 5.153, 2.55)
    least, most = effect.interval or (0, 0)
    assert (round(least), round(most)) == (-2, 16)
    assert effect.verdict is Conclusion.TOO_FEW


@pytest.mark.parametrize(
    ("called", "others", "verdict"),
    [
        (CALLED * 3, OTHERS * 3, Conclusion.GROWTH),
        (OTHERS * 3, CALLED * 3, Conclusion.FALL),
        ([(1, 20), (20, 1)] * 5, OTHERS * 3, Conclusion.UNPROVEN),
        (CALLED * 3, OTHERS * 2, Conclusion.TOO_FEW),
        ([(1, 2)] * 10, [(1, 1)] * 10, Conclusion.TOO_FEW),  # nothing varies: there is no interval
    ],
)
def test_what_may_be_concluded(
    called: list[tuple[int, int]], others: list[tuple[int, int]], verdict: Conclusion
) -> None:
    assert Effect(sample(called), sample(others)).verdict is verdict


@pytest.mark.parametrize(("freedom", "t"), [(1, 12.7062), (2, 4.3027), (10, 2.2281), (30, 2.0423), (1000, 1.9623)])
def test_student_s_table(freedom: float, t: float) -> None:
    assert quantile(freedom) == pytest.approx(t, abs=5e-5)
