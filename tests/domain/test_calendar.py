"""The matrix of the calendar: what an event looks like by its day, its importance and the halves of its order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.domain.calendar import (
    EventColour,
    EventKind,
    Ground,
    Half,
    HalfDone,
    Window,
    colour,
    day_in,
    midnight,
)
from app.domain.periods import DAY, Period, Undated, parse_span
from tests.rules.calendar import halves_of

S, P = EventKind.SHIPMENT, EventKind.PAYMENT
R, B = EventKind.RECEIPT, EventKind.SUPPLIER_PAYMENT
NONE, PARTLY, FULL = Half(Decimal(100), Decimal(100)), Half(Decimal(100), Decimal(60)), Half(Decimal(100), Decimal(0))
NOT, PART = HalfDone.NONE, HalfDone.PARTIAL
TODAY = date(2026, 11, 28)
MOSCOW, KALININGRAD = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Kaliningrad")


@pytest.mark.parametrize(
    ("shipment", "payment", "rows"),
    [
        (NONE, NONE, [(S, NOT, ""), (P, NOT, "")]),
        (NONE, PARTLY, [(S, NOT, ""), (P, PART, "")]),
        (NONE, FULL, [(S, NOT, "safe")]),
        (PARTLY, NONE, [(S, PART, ""), (P, NOT, "")]),
        (PARTLY, PARTLY, [(S, PART, ""), (P, PART, "")]),
        (PARTLY, FULL, [(S, PART, "safe")]),
        (FULL, NONE, [(P, NOT, "risky")]),
        (FULL, PARTLY, [(P, PART, "risky")]),
        (FULL, FULL, []),
    ],
)
def test_a_half_stands_until_it_is_done_and_is_coloured_by_the_other(
    shipment: Half, payment: Half, rows: list[tuple[EventKind, HalfDone, Ground]]
) -> None:
    halves = {S: shipment, P: payment}
    found = [(each.kind, each.half.done, each.ground) for each in halves_of(halves, closed=False)]
    assert found == rows
    assert halves_of(halves, closed=True) == []


@pytest.mark.parametrize(
    ("receipt", "payment", "rows"),
    [
        (NONE, NONE, [(R, ""), (B, "")]),
        (FULL, PARTLY, [(B, "safe")]),
        (PARTLY, FULL, [(R, "risky")]),
        (FULL, FULL, []),
    ],
)
def test_of_a_supplier_what_we_give_is_safe_when_he_has_given(
    receipt: Half, payment: Half, rows: list[tuple[EventKind, Ground]]
) -> None:
    found = halves_of({R: receipt, B: payment}, closed=False)
    assert [(each.kind, each.ground) for each in found] == rows


def test_an_order_of_no_money_is_paid_at_once() -> None:
    free = {S: NONE, P: Half(Decimal(0), Decimal(0))}
    assert [(each.kind, each.ground) for each in halves_of(free, closed=False)] == [(S, Ground.SAFE)]


def test_what_came_back_is_to_be_shipped_again() -> None:
    returned = {S: Half(Decimal(10), Decimal(10)), P: FULL}
    assert [(each.kind, each.half.done) for each in halves_of(returned, closed=False)] == [(S, NOT)]


def test_partly_is_told_in_figures() -> None:
    assert (Half(Decimal(100), Decimal(60)).done_amount, NONE.done_amount) == (Decimal(40), Decimal(0))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (TODAY - DAY, EventColour.OVERDUE),
        (TODAY, EventColour.TODAY),
        (TODAY + DAY, EventColour.LATER),
        (None, EventColour.NONE),
    ],
)
def test_the_colour_is_that_of_the_day(day: date | None, expected: EventColour) -> None:
    assert colour(day, TODAY) is expected


@pytest.mark.parametrize(
    ("now", "moscow", "kaliningrad"),
    [
        # 23:59 in Moscow, 22:59 in Kaliningrad
        (datetime(2026, 11, 28, 20, 59, tzinfo=UTC), EventColour.TODAY, EventColour.TODAY),
        # 00:01 and 23:01
        (datetime(2026, 11, 28, 21, 1, tzinfo=UTC), EventColour.OVERDUE, EventColour.TODAY),
        # 00:30 and 23:30
        (datetime(2026, 11, 28, 21, 30, tzinfo=UTC), EventColour.OVERDUE, EventColour.TODAY),
        # 01:01 and 00:01
        (datetime(2026, 11, 28, 22, 1, tzinfo=UTC), EventColour.OVERDUE, EventColour.OVERDUE),
    ],
)
def test_the_clock_is_that_of_the_user(now: datetime, moscow: EventColour, kaliningrad: EventColour) -> None:
    order = TODAY
    contact = datetime(2026, 11, 28, 20, 59, tzinfo=UTC)
    for zone, expected in ((MOSCOW, moscow), (KALININGRAD, kaliningrad)):
        today = day_in(zone, now)
        assert colour(order, today) is expected
        assert colour(day_in(zone, contact), today) is expected


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    assert midnight(MOSCOW, TODAY).astimezone(UTC) == datetime(2026, 11, 27, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("today", Window(TODAY, TODAY)),
        ("tomorrow", Window(TODAY + DAY, TODAY + DAY)),
        ("this-week", Window(date(2026, 11, 23), date(2026, 11, 29))),
        ("2026-11-23..2026-11-30", Window(date(2026, 11, 23), date(2026, 11, 30))),
        ("overdue", Window(None, TODAY - DAY)),
        ("undated", Window(dated=False, undated=True)),
    ],
)
def test_a_span_says_which_days(text: str, window: Window) -> None:
    span: Period | Undated = parse_span(text, TODAY)
    assert Window.of(span, TODAY) == window


def test_ahead_ends_with_what_has_no_day() -> None:
    assert Window.ahead(TODAY) == Window(TODAY, None, undated=True)
