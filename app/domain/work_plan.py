"""A plan of contacts with the clients of one cell of the ABC/XYZ matrix: who is due, and on which day.

`app.queries.contacts.work_plan` judges a whole cell in SQL; a test holds the two together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum

from app.domain.periods import DAY, Period
from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass

LENGTH = 30  # minutes of a contact
OPENS, WORKED = 9 * 60, 8 * 60  # the working day, in minutes
MOST_A_DAY = WORKED // LENGTH
MOST_WEEKS = 12

Busy = Mapping[tuple[int, date], Sequence[int]]  # manager and day: the minutes at which something begins


class BadTerms(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """More than a manager can do in a day, or further than anybody plans; says the name of the term."""


class Verdict(StrEnum):
    """Why a client is or is not planned."""

    OPEN = "open"  # something is planned with him already, overdue or not
    RECENT = "recent"  # he is due after the last day
    DUE = "due"


@dataclass(frozen=True)
class Cell:
    """A cell of the matrix; without an ABC class: the clients who have none."""

    abc: AbcClass | None
    stage: Stage
    xyz: XyzClass | None = None


@dataclass(frozen=True)
class Terms:
    """From which day, for how long, and at most how many contacts a manager has in one day."""

    first: date
    weeks: int = 4
    most: int = 8

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise BadTerms("weeks")
        if not 1 <= self.most <= MOST_A_DAY:
            raise BadTerms("most")

    @property
    def period(self) -> Period:
        return Period(self.first, self.first + timedelta(weeks=self.weeks) - DAY)


@dataclass(frozen=True)
class DueClient:
    """Somebody who is due; `manager_id` is who will talk to him."""

    id: int
    name: str
    manager_id: int
    due: date
    last_on: date | None
    value: Decimal


@dataclass(frozen=True)
class PlannedContact:
    client: DueClient
    day: date
    minute: int

    @property
    def at(self) -> time:
        return time(*divmod(self.minute, 60))


def arranged(clients: Iterable[DueClient], days: Sequence[date], most: int, busy: Busy) -> list[PlannedContact]:
    """Each client on the first working day from the one he is due on that his manager has room for.

    The earliest due come first, of equals the most valuable. What a manager has in
    `busy` takes its part of his day. Whoever is not in the answer does not fit.
    """
    rooms: dict[tuple[int, date], list[int]] = {}
    places = []
    for client in sorted(clients, key=lambda one: (one.due, -one.value, one.id)):
        for day in days[bisect_left(days, client.due) :]:
            key = client.manager_id, day
            if key not in rooms:
                rooms[key] = free_minutes(most, busy.get(key, ()))
            if rooms[key]:
                places.append(PlannedContact(client, day, rooms[key].pop(0)))
                break
    return places


def free_minutes(most: int, taken: Sequence[int]) -> list[int]:
    """When the contacts begin that there is room for: evenly through the day, past what is taken where possible."""
    step = WORKED // most // 5 * 5
    minutes = [OPENS + n * step for n in range(most)]
    clashing = {minute for minute in minutes for other in taken if abs(minute - other) < LENGTH}
    return sorted(minutes, key=lambda minute: minute in clashing)[: max(most - len(taken), 0)]
