"""Relationship stages and XYZ classes of buyers.

What a window's figures make of a buyer is said in `app.queries.classification.stages`. Where the
original is wrong, the fix is said beside the rule: even sales make a buyer stable,
not lost, and a window has exactly as many sub-periods as asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from app.domain.moves import Moves
from app.domain.periods import Period, end_of_month, months_from, shift_months, week_of

DAY = timedelta(days=1)
MOST_PERIODS = 120


class Stage(StrEnum):
    POTENTIAL = "potential"
    ONE_TIME = "one_time"
    REGULAR = "regular"
    LOST = "lost"


class XyzClass(StrEnum):
    """Only a regular buyer has one: stable, irregular, episodic purchases."""

    X = "X"
    Y = "Y"
    Z = "Z"


class Periodicity(StrEnum):
    DAY = "day"
    WEEK = "week"
    DECADE = "decade"  # 1-10, 11-20, 21 to the end of the month
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class StageMeasure(StrEnum):
    """The parameter of XYZ classification, one for the whole company."""

    REVENUE = "revenue"
    PROFIT = "profit"
    SALES = "sales"  # shipments, counted
    QUANTITY = "quantity"
    INTERVALS = "intervals"  # between shipments


MONTHS = {Periodicity.MONTH: 1, Periodicity.QUARTER: 3, Periodicity.HALF_YEAR: 6, Periodicity.YEAR: 12}


class BadThresholds(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """Thresholds that would freeze everybody where he is, or leave holes between the classes.

    `name` is the wrong one.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Thresholds:
    """One-time is a number of purchases; X, Y, Z are upper bounds of the variation in percent, each included."""

    one_time_from: int = 1
    one_time_to: int = 2
    x_to: Decimal = Decimal(20)
    y_to: Decimal = Decimal(50)
    z_to: Decimal = Decimal(10000)

    def __post_init__(self) -> None:
        are_right = {
            "one_time_from": self.one_time_from >= 1,
            "one_time_to": self.one_time_to >= self.one_time_from,
            "x_to": self.x_to > 0,
            "y_to": self.y_to > self.x_to,
            "z_to": self.z_to > self.y_to,
        }
        for name, is_right in are_right.items():
            if not is_right:
                raise BadThresholds(name)


DEFAULT = Thresholds()


@dataclass(frozen=True)
class Parameters:
    """What a classification by stages is computed from; `end` is any day of the last sub-period.

    A one-time buyer is lost `lost_after` so many sub-periods without a purchase; 0: never, as in the original.
    """

    end: date
    periodicity: Periodicity = Periodicity.MONTH
    count: int = 6
    measure: StageMeasure = StageMeasure.REVENUE
    limits: Thresholds = DEFAULT
    lost_after: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_PERIODS:
            raise BadThresholds("count")
        # Not fewer than are analysed: else a lost one would have purchases, and be regular in the next run.
        if self.lost_after and not self.count <= self.lost_after <= MOST_PERIODS:
            raise BadThresholds("lost_after")

    @property
    def buckets(self) -> list[Period]:
        return window(self.end, self.periodicity, self.count)

    @property
    def window(self) -> Period:
        buckets = self.buckets
        return Period(buckets[0].first, buckets[-1].last)

    @property
    def silence(self) -> Period | None:
        """Whoever buys nothing all through it is lost, if he was a one-time buyer."""
        if not self.lost_after:
            return None
        buckets = window(self.end, self.periodicity, self.lost_after)
        return Period(buckets[0].first, buckets[-1].last)


@dataclass(frozen=True)
class Standing:
    """Where a buyer stands: his stage, and the class of a regular one."""

    stage: Stage | None = None
    xyz: XyzClass | None = None

    @property
    def text(self) -> str:
        """`regular X`; "" without a stage."""
        return " ".join(part for part in (self.stage, self.xyz) if part)

    @classmethod
    def from_text(cls, text: str) -> Standing:
        stage, _, xyz = text.partition(" ")
        return cls(Stage(stage) if stage else None, XyzClass(xyz) if xyz else None)

    @property
    def rank(self) -> int:
        """Lost < potential < one-time < Z < Y < X; a regular buyer without a class stands with Z."""
        if self.stage is Stage.REGULAR:
            return {XyzClass.X: 5, XyzClass.Y: 4}.get(self.xyz or XyzClass.Z, 3)
        return {None: -1, Stage.LOST: 0, Stage.POTENTIAL: 1, Stage.ONE_TIME: 2}[self.stage]


NEW = Standing()
STANDINGS = (  # where a buyer may stand: a regular one has a class, nobody else has one
    Standing(Stage.POTENTIAL),
    Standing(Stage.ONE_TIME),
    *(Standing(Stage.REGULAR, xyz) for xyz in XyzClass),
    Standing(Stage.LOST),
)


def change(old: Standing, new: Standing) -> int:
    """The arrow: 1 up, -1 down, 0 where he was. The first standing ever is up."""
    if old == NEW:
        return 1
    return (new.rank > old.rank) - (new.rank < old.rank)


class StageMoves(Moves[Standing]):
    """Nowhere is NEW."""

    change = staticmethod(change)

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> StageMoves:
        def pair(key: str) -> tuple[Standing, Standing]:
            old, new = key.split(">")
            return Standing.from_text(old), Standing.from_text(new)

        return cls({pair(key): count for key, count in stored.items()})

    def to_json(self) -> dict[str, int]:
        return {f"{old.text}>{new.text}": count for (old, new), count in self.counts.items()}

    @staticmethod
    def place(*columns: Any) -> Standing:
        return Standing(*columns)

    @staticmethod
    def from_text(text: str) -> Standing:
        return Standing.from_text(text)

    def now_in(self, stage: Stage) -> int:
        return sum(n for (_, new), n in self.counts.items() if new.stage is stage)

    def changed(self) -> list[tuple[Standing, Standing, int]]:
        moved = [(old, new, n) for (old, new), n in self.counts.items() if old != new]
        return sorted(moved, key=lambda move: (-move[1].rank, -move[0].rank))


def window(end: date, periodicity: Periodicity, count: int) -> list[Period]:
    """The last `count` whole sub-periods, oldest first; the last one is the one that `end` falls into."""
    buckets = [_bucket(end, periodicity)]
    while len(buckets) < count:
        buckets.append(_bucket(buckets[-1].first - DAY, periodicity))
    return buckets[::-1]


def _bucket(day: date, periodicity: Periodicity) -> Period:
    """The sub-period that the day falls into."""
    match periodicity:
        case Periodicity.DAY:
            return Period(day, day)
        case Periodicity.WEEK:
            return week_of(day)
        case Periodicity.DECADE:
            first = day.replace(day=min((day.day - 1) // 10 * 10 + 1, 21))
            return Period(first, end_of_month(day) if first.day == 21 else first + timedelta(days=9))
        case _:
            length = MONTHS[periodicity]
            return months_from(shift_months(day.replace(day=1), -((day.month - 1) % length)), length)
