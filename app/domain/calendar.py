"""What stands in a user's calendar by its day: contacts, tasks, open halves of orders, debts and coming deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.periods import DAY, Period, Undated
from app.domain.words import Direction, Importance


class EventKind(StrEnum):
    """In the order in which events of one moment stand."""

    CONTACT = "contact"
    TASK = "task"
    SHIPMENT = "shipment"
    PAYMENT = "payment"
    DEBT = "debt"
    RECEIPT = "receipt"
    SUPPLIER_PAYMENT = "supplier-payment"
    EXPECTED = "expected"


class EventColour(StrEnum):
    """Where the day of an event stands from today: red, black, grey, and what has no day."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"
    NONE = "none"


class HalfDone(StrEnum):
    NONE = "none"
    PARTIAL = "partial"


class OtherHalf(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"


class Ground(StrEnum):
    """What is behind a row: green when it may be done safely, pink when we gave and got nothing for it."""

    PLAIN = ""
    SAFE = "safe"
    RISKY = "risky"


RANKS = {kind: place for place, kind in enumerate(EventKind, 1)}
WEIGHTS = {importance: place for place, importance in enumerate((Importance.HIGH, Importance.NORMAL, Importance.LOW))}
DIRECTIONS = {
    EventKind.TASK: Direction.OUT,
    EventKind.SHIPMENT: Direction.OUT,
    EventKind.PAYMENT: Direction.IN,
    EventKind.DEBT: Direction.IN,
    EventKind.RECEIPT: Direction.IN,
    EventKind.SUPPLIER_PAYMENT: Direction.OUT,
    EventKind.EXPECTED: Direction.IN,
}
SUPPLIER_KINDS = (EventKind.RECEIPT, EventKind.SUPPLIER_PAYMENT)
GIVES = {EventKind.SHIPMENT, EventKind.SUPPLIER_PAYMENT}  # our own move; the other side has done its own


@dataclass(frozen=True)
class Half:
    """One side of an order: what was planned of it, and what is still to be done."""

    planned: Decimal
    rest: Decimal

    @property
    def is_open(self) -> bool:
        return self.rest > 0

    @property
    def done_amount(self) -> Decimal:
        return max(self.planned - self.rest, Decimal(0))

    @property
    def done(self) -> HalfDone:
        return HalfDone.NONE if self.rest >= self.planned else HalfDone.PARTIAL


def ground(kind: EventKind, other: OtherHalf | None) -> Ground:
    if other is not OtherHalf.COMPLETE:
        return Ground.PLAIN
    return Ground.SAFE if kind in GIVES else Ground.RISKY


def other_of(kind: EventKind, halves: dict[EventKind, Half]) -> OtherHalf:
    left = any(half.is_open for other, half in halves.items() if other is not kind)
    return OtherHalf.OPEN if left else OtherHalf.COMPLETE


def colour(day: date | None, today: date) -> EventColour:
    """By the calendar day alone: what is due at nine stays black until midnight."""
    if day is None:
        return EventColour.NONE
    if day < today:
        return EventColour.OVERDUE
    return EventColour.TODAY if day == today else EventColour.LATER


def day_in(zone: ZoneInfo, moment: datetime) -> date:
    return moment.astimezone(zone).date()


def midnight(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(), zone)


@dataclass(frozen=True)
class Window:
    """Which events by their day: from `since` to `until` (None: no end on that side), and those without one."""

    since: date | None = None
    until: date | None = None
    dated: bool = True
    undated: bool = False

    @classmethod
    def of(cls, span: Period | Undated, today: date) -> Window:
        match span:
            case Undated.OVERDUE:
                return cls.before(today)
            case Undated.UNDATED:
                return cls(dated=False, undated=True)
            case Period():
                return cls(span.first, span.last)

    @classmethod
    def before(cls, today: date) -> Window:
        return cls(until=today - DAY)

    @classmethod
    def ahead(cls, today: date) -> Window:
        """Today, later, and at the end what has no day."""
        return cls(since=today, undated=True)
