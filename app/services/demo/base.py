"""What the parts of the demo company share: its sizes, its clients and how they buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.services.demo.firms import Name
from app.services.demo.words import Town

SEED = 20_180
MANY = 1000  # of so many buyers two of one name are no wonder


@dataclass(frozen=True)
class Size:
    """How big a company; `lines` is the average of an order, `classified` whole months have an ABC run."""

    buyers: int
    others: int
    persons: int
    goods: int
    orders: int
    lines: int
    contacts: int
    managers: int
    classified: int = 2
    suppliers: int = 24  # of them we order from so many


SIZES = {
    "small": Size(
        buyers=240,
        others=60,
        persons=500,
        goods=80,
        orders=4_000,
        lines=4,
        contacts=3_000,
        managers=3,
        classified=12,
    ),
    "medium": Size(
        buyers=14_000, others=6_000, persons=40_000, goods=1_500, orders=70_000, lines=5, contacts=140_000, managers=16
    ),
    "100k": Size(  # as many rows as other CRMs are measured with (bench/peers)
        buyers=66_000,
        others=34_000,
        persons=200_000,
        goods=5_000,
        orders=100_000,
        lines=10,
        contacts=500_000,
        managers=30,
        suppliers=100,
    ),
    "large": Size(
        buyers=200_000,
        others=100_000,
        persons=603_000,
        goods=10_000,
        orders=1_020_000,
        lines=11,
        contacts=2_020_000,
        managers=55,
        suppliers=300,
    ),
}


class Habit(Enum):
    """How a buyer buys: (share of all buyers, orders in three years when all buyers make five on average)."""

    STEADY = (0.06, 36.0)
    REGULAR = (0.14, 10.0)
    IRREGULAR = (0.30, 3.0)
    LOST = (0.15, 3.0)
    ONE_TIME = (0.20, 1.0)
    POTENTIAL = (0.15, 0.0)

    @property
    def share(self) -> float:
        return self.value[0]

    @property
    def orders(self) -> float:
        return self.value[1]


@dataclass(slots=True)
class Client:
    """A counterparty in the base; `persons` are the numbers and surnames of its contact persons."""

    id: int
    habit: Habit | None
    since: date
    manager_id: int | None
    source_id: int | None
    place: Town
    domain: str
    head: Name | None
    private: bool
    persons: tuple[tuple[int, str], ...] = ()
