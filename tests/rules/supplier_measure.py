"""For tests; production runs queries.purchasing.suppliers: how reliable a supplier was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.supplier_measure import HIGH, MEDIUM
from app.domain.words import Reliability


@dataclass(frozen=True)
class Promise:
    """A supplier order: when all of it was promised, and when all of it had come (None: not yet)."""

    receive_on: date
    received_on: date | None

    @property
    def kept(self) -> bool:
        return self.received_on is not None and self.received_on <= self.receive_on


@dataclass(frozen=True)
class Arrival:
    """A receipt and the day of the order it came by."""

    ordered_on: date
    came_on: date


def share_of(promises: Iterable[Promise]) -> Decimal | None:
    told = list(promises)
    return kept_share(sum(promise.kept for promise in told), len(told))


def lead_days(arrivals: Iterable[Arrival]) -> Decimal | None:
    """Mean days from order to receipt; None when nothing came."""
    days = [(arrival.came_on - arrival.ordered_on).days for arrival in arrivals]
    return (Decimal(sum(days)) / len(days)).quantize(Decimal("0.1")) if days else None


def kept_share(kept: int, promised: int) -> Decimal | None:
    """Percent of orders received whole and in time; None when nothing was promised."""
    return (Decimal(100 * kept) / promised).quantize(Decimal("0.01")) if promised else None


def reliability(share: Decimal | None) -> Reliability | None:
    if share is None:
        return None
    if share >= HIGH:
        return Reliability.HIGH
    return Reliability.MEDIUM if share >= MEDIUM else Reliability.LOW
