"""For tests; production runs queries.calendar and services.calendar: which halves of an order stand in a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.calendar import EventKind, Ground, Half, OtherHalf, ground, other_of


@dataclass(frozen=True)
class HalfEvent:
    """A row of an order."""

    kind: EventKind
    half: Half
    other: OtherHalf

    @property
    def ground(self) -> Ground:
        return ground(self.kind, self.other)


def halves_of(halves: dict[EventKind, Half], *, closed: bool) -> Sequence[HalfEvent]:
    """The rows of an order: a half that is done has none, a closed order has none at all."""
    return [
        HalfEvent(kind, half, other_of(kind, halves)) for kind, half in halves.items() if half.is_open and not closed
    ]
