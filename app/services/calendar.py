"""Calendars of users: the rows of a page with all that stands in them, and the secret address of each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.calendar import (
    DIRECTIONS,
    RANKS,
    SUPPLIER_KINDS,
    EventColour,
    EventKind,
    Ground,
    Half,
    HalfDone,
    OtherHalf,
    Window,
    colour,
    day_in,
    ground,
    other_of,
)
from app.domain.passwords import digest
from app.domain.periods import Period
from app.domain.words import Direction, Importance
from app.models.supply import SupplierOrder
from app.models.users import User, UserProfile, full_name
from app.models.visibility import narrowed_for, viewer_of
from app.queries import calendar
from app.queries.calendar import EventChoice, EventKey
from app.queries.sql import execute_kept
from app.services.own_fields import STAMP

KINDS = {rank: kind for kind, rank in RANKS.items()}
TABLES = {branch.kind: branch.model.__tablename__ for branch in calendar.BRANCHES if branch.model in calendar.TOLD}


class Responsible(NamedTuple):
    """Whose event it is."""

    id: int
    username: str
    first_name: str
    last_name: str

    def __str__(self) -> str:
        return full_name(self)


@dataclass(frozen=True)
class DueEvent:
    """A row of a calendar. `row` is what queries.calendar tells of its contact, task or order; `name` that of the
    client or prospect.

    `client` is his number, where the reader may open his card.
    """

    key: EventKey
    kind: EventKind
    row: Any
    day: date | None
    colour: EventColour
    client: int | None
    name: str
    half: Half | None = None
    left: Decimal | None = None
    other: OtherHalf | None = None
    moved_from: date | datetime | None = None

    @property
    def id(self) -> int:
        return self.key.id

    @property
    def is_contact(self) -> bool:
        return self.kind is EventKind.CONTACT

    @property
    def is_task(self) -> bool:
        return self.kind is EventKind.TASK

    @property
    def responsible(self) -> Responsible | None:
        row = self.row
        if isinstance(row, SupplierOrder):
            who = row.manager
            return Responsible(who.id, who.username, who.first_name, who.last_name) if who else None
        return Responsible(row.owner_id, row.username, row.first_name, row.last_name) if row.owner_id else None

    @property
    def number(self) -> str:
        return str(self.row.number or "")

    @property
    def importance(self) -> Importance:
        found: Importance | None = None if isinstance(self.row, SupplierOrder) else self.row.importance
        return found or Importance.NORMAL

    @property
    def direction(self) -> Direction:
        return self.row.direction if self.is_contact else DIRECTIONS[self.kind]

    @property
    def about(self) -> str:
        """What is written of it."""
        return str((self.row.text if self.is_contact else self.row.result if self.is_task else self.row.comment) or "")

    @property
    def done(self) -> HalfDone | None:
        return self.half.done if self.half else None

    @property
    def ground(self) -> Ground:
        return ground(self.kind, self.other)

    @property
    def person(self) -> str:
        """The name of whom it is about at the client's."""
        return "" if isinstance(self.row, SupplierOrder) else self.row.person or ""


@dataclass(frozen=True)
class EventPage:
    events: Sequence[DueEvent] = field(default_factory=list)
    after: EventKey | None = None  # where the next page begins; None: this is the last


def page(
    session: Session,
    choice: EventChoice,
    window: Window,
    zone: ZoneInfo,
    today: date,
    *,
    size: int,
    after: EventKey | None = None,
    latest: bool = False,
) -> EventPage:
    """The first events of the window after a key, or (`latest`) its last ones, in the order of time."""
    keys, more = _keys(session, choice, window, zone, size=size, after=after, latest=latest)
    return EventPage(events_of(session, keys, zone, today), keys[-1] if more and not latest else None)


def opening(
    session: Session,
    choice: EventChoice,
    zone: ZoneInfo,
    today: date,
    asked: Mapping[str, tuple[EventChoice, Window]],
    *,
    late: int,
    size: int,
) -> tuple[EventPage, EventPage, Mapping[str, int]]:
    """The last `late` events of what is overdue, the first page of what is ahead, and how many there are of each
    choice: their places and the counts by one statement, their rows by another.
    """
    windows = Window.before(today), Window.ahead(today)
    statement = calendar.opening(choice, *windows, zone, tuple(asked.items()), late=late, size=size + 1)
    told_of = execute_kept(session, narrowed_for(viewer_of(session), statement), {}).all()
    found: dict[bool, list[EventKey]] = {True: [], False: []}
    for row in told_of:
        if row.rank is not None:
            found[row.late].append(EventKey(row.at, row.rank, row.id))
    overdue, ahead = sorted(found[True], key=_place), sorted(found[False], key=_place)
    keys, places = ahead[:size], {*overdue}
    events = events_of(session, [*overdue, *keys], zone, today)
    late_ones = [event for event in events if event.key in places]
    next_page = EventPage(events[len(late_ones) :], keys[-1] if len(ahead) > size else None)
    return EventPage(late_ones), next_page, {name: getattr(told_of[0], name) for name in asked}


def _place(key: EventKey) -> tuple[bool, datetime, int, int]:
    """What has no day stands last; there it is in the order of kinds."""
    return key.at is None, key.at or datetime.max.replace(tzinfo=UTC), key.rank, key.id


def _keys(
    session: Session,
    choice: EventChoice,
    window: Window,
    zone: ZoneInfo,
    *,
    size: int,
    after: EventKey | None = None,
    latest: bool = False,
) -> tuple[list[EventKey], bool]:
    """Their places in the order of time, and whether there are more."""
    found = session.execute(calendar.events(choice, window, zone, limit=size + 1, after=after, latest=latest)).all()
    keys = [EventKey(row.at, row.rank, row.id) for row in found[:size]]
    return keys[::-1] if latest else keys, len(found) > size


@dataclass(frozen=True)
class EventDays:
    """The first events of each day, and how many more a day has; with lanes by its owner, without by None."""

    events: Sequence[DueEvent]
    more: dict[tuple[int | None, date], int]


def days(
    session: Session,
    choice: EventChoice,
    period: Period,
    zone: ZoneInfo,
    today: date,
    *,
    top: int,
    lanes: bool = False,
) -> EventDays:
    asked = calendar.days_of(choice, period, zone, top=top, lanes=lanes)
    found = execute_kept(session, narrowed_for(viewer_of(session), asked), {}).all()
    keys = [EventKey(row.at, row.rank, row.id) for row in found]
    more = {(row.owner if lanes else None, row.day): row.many - top for row in found if row.many > top}
    return EventDays(events_of(session, keys, zone, today), more)


def events_of(session: Session, keys: Sequence[EventKey], zone: ZoneInfo, today: date) -> list[DueEvent]:
    """The events of these keys, each with its row: a statement or two, whatever their number and kinds."""
    rows, supplies = _rows(session, keys), _supplies(session, keys)
    events = []
    for key in keys:
        kind, day = KINDS[key.rank], key.at and day_in(zone, key.at)
        row, halves, more = None, None, dict[str, Any]()
        if kind in SUPPLIER_KINDS:
            if key.id not in supplies:
                continue
            row, client, name, quantity = supplies[key.id]
            halves = halves_of_supply(row, quantity or row.rest_quantity)
            if kind is EventKind.SUPPLIER_PAYMENT:
                more["left"] = row.unpaid_amount
            else:
                more["moved_from"] = _moved(day, row.first_receive_on)
        else:
            row = rows.get((TABLES[kind], key.id))
            if row is None:
                continue
            client, name = row.seen, row.client
            if kind is EventKind.CONTACT:
                name, more["moved_from"] = name or row.prospect, row.was_at
            elif kind is EventKind.EXPECTED:
                name, more["left"], more["half"] = name or row.prospect, row.amount, Half(row.amount, row.amount)
            elif kind is EventKind.TASK:
                more["moved_from"] = _moved(day, row.was_on)
            else:
                halves = debt_of_order(row) if kind is EventKind.DEBT else halves_of_order(row)
                is_shipment = kind is EventKind.SHIPMENT
                more["left"] = row.rest_amount if is_shipment else row.unpaid_amount
                more["moved_from"] = _moved(day, row.first_ship_on if is_shipment else row.first_pay_by)
        if halves:
            more |= {"half": halves[kind], "other": other_of(kind, halves)}
        events.append(DueEvent(key, kind, row, day, colour(day, today), client, name or "", **more))
    return events


def _rows(session: Session, keys: Sequence[EventKey]) -> dict[tuple[str, int], Any]:
    """By their table and number."""
    asked: dict[str, list[int]] = {name: [] for name in TABLES.values()}
    for key in keys:
        if (kind := KINDS[key.rank]) in TABLES:
            asked[TABLES[kind]].append(key.id)
    if not any(asked.values()):
        return {}
    found = execute_kept(session, narrowed_for(viewer_of(session), calendar.rows()), asked)
    return {(row.of, row.id): row for row in found}


def _supplies(session: Session, keys: Sequence[EventKey]) -> dict[int, tuple[SupplierOrder, int | None, str, Decimal]]:
    asked = {key.id for key in keys if KINDS[key.rank] in SUPPLIER_KINDS}
    found = session.execute(calendar.supplies(asked)) if asked else ()
    return {row.id: (row, seen, name, quantity) for row, seen, name, quantity in found}


def halves_of_order(order: Any) -> dict[EventKind, Half]:
    return {
        EventKind.SHIPMENT: Half(order.quantity, order.rest_quantity),
        EventKind.PAYMENT: Half(order.due_amount, order.unpaid_amount),
    }


def debt_of_order(order: Any) -> dict[EventKind, Half]:
    """Of a closed one: of what was shipped nothing more is awaited but its money."""
    return {EventKind.DEBT: Half(order.due_amount, order.unpaid_amount)}


def halves_of_supply(order: SupplierOrder, quantity: Decimal) -> dict[EventKind, Half]:
    return {
        EventKind.RECEIPT: Half(quantity, order.rest_quantity),
        EventKind.SUPPLIER_PAYMENT: Half(order.due_amount, order.unpaid_amount),
    }


def _moved(day: date | None, first: date | None) -> date | None:
    return first if first and first != day else None


@dataclass(frozen=True)
class Colleague:
    """A user whose calendar may be asked for; whoever `leads` sees those of others himself."""

    id: int
    username: str
    name: str
    leads: bool


CACHED: dict[tuple[str, str], Sequence[Colleague]] = {}


def colleagues(session: Session, section: str) -> Sequence[Colleague]:
    """All users by name, with who may read the section; kept while nobody's rights or names change."""
    stamp = session.info.get(STAMP)
    kept = CACHED.get((stamp, section)) if stamp else None
    if kept is None:
        rows = session.execute(calendar.users_and_heads(section))
        kept = [Colleague(row.id, row.username, full_name(row), row.leads) for row in rows]
        if stamp:
            CACHED.clear()
            CACHED[stamp, section] = kept
    return kept


def give_address(session: Session, profile: UserProfile) -> str:
    """A new secret of the user's calendar, told this once; the one before is good no more."""
    secret = secrets.token_urlsafe(32)
    profile.calendar_key = digest(secret)
    session.flush()
    return secret


def take_address(session: Session, profile: UserProfile) -> None:
    profile.calendar_key = None
    session.flush()


def owner_of(session: Session, secret: str) -> User | None:
    """Whose calendar the secret opens; nobody's when he may no longer come in."""
    owner = select(User).join(UserProfile, UserProfile.user_id == User.id)
    return session.scalars(owner.where(UserProfile.calendar_key == digest(secret), User.active.is_(True))).first()
