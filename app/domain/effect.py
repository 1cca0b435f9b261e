"""Whether what was done to some clients changed anything: a difference in differences, and how sure one may be of it.

Each client's difference is what he brought after less what he brought before; the effect is by how much those of
the chosen clients are greater, on average, than those of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import exp, lgamma, log, sqrt

FEWEST = 10  # clients in a group: with fewer there is no interval
SURE = 0.95


class Conclusion(StrEnum):
    """What can be concluded."""

    TOO_FEW = "too few"
    UNPROVEN = "unproven"
    GROWTH = "growth"
    FALL = "fall"


@dataclass(frozen=True)
class Sample:
    """Clients of a group: how many, the sums `before` and `after`, the mean and the variance of their differences.

    The variance is of a sample; None for less than two.
    """

    clients: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    mean: Decimal = Decimal(0)
    variance: Decimal | None = None

    @property
    def growth(self) -> Decimal | None:
        """Percent of what was before; None where there was nothing."""
        return 100 * (self.after - self.before) / self.before if self.before > 0 else None


@dataclass(frozen=True)
class Effect:
    chosen: Sample
    others: Sample

    @property
    def each(self) -> Decimal:
        """The effect a client."""
        return self.chosen.mean - self.others.mean

    @property
    def total(self) -> Decimal:
        return self.each * self.chosen.clients

    @property
    def parts(self) -> tuple[float, float]:
        """What each group adds to the square of the error."""
        groups = (self.chosen, self.others)
        chosen, others = (float(each.variance or 0) / each.clients if each.clients else 0.0 for each in groups)
        return chosen, others

    @property
    def error(self) -> float:
        """The standard error of the effect a client."""
        return sqrt(sum(self.parts))

    @property
    def freedom(self) -> float | None:
        """Welch's degrees of freedom; None where nothing varies."""
        chosen, others = self.parts
        below = sum(
            part**2 / (group.clients - 1)
            for part, group in ((chosen, self.chosen), (others, self.others))
            if group.clients > 1
        )
        return (chosen + others) ** 2 / below if below else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the effect a client lies with 95 %; None where nothing varies."""
        if self.freedom is None:
            return None
        reach = quantile(self.freedom) * self.error
        return float(self.each) - reach, float(self.each) + reach

    @property
    def verdict(self) -> Conclusion:
        if min(self.chosen.clients, self.others.clients) < FEWEST or self.interval is None:
            return Conclusion.TOO_FEW
        least, most = self.interval
        if least > 0:
            return Conclusion.GROWTH
        return Conclusion.FALL if most < 0 else Conclusion.UNPROVEN


def quantile(freedom: float) -> float:
    """How many standard errors away from the middle Student's t stays with the probability SURE."""
    low, high = 0.0, 1e4
    while high - low > 1e-9 * max(high, 1):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, freedom) < SURE else (low, middle)
    return high


def within(t: float, freedom: float) -> float:
    """The probability that Student's t is no further away from 0."""
    return 1 - incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (Numerical Recipes 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    tiny, c, d, fraction = 1e-300, 1.0, 0.0, 1.0
    for step in range(400):
        m = step // 2
        if step == 0:
            numerator = 1.0
        elif step % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / ((1 + numerator * d) or tiny)
        c = (1 + numerator / c) or tiny
        fraction *= c * d
        if abs(1 - c * d) < 1e-12:
            break
    return front * (fraction - 1)
