"""Who is due and when: an example worked out by hand, and what holds whatever the clients are."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.periods import DAY, Period
from app.domain.work_plan import (
    LENGTH,
    MOST_A_DAY,
    BadTerms,
    DueClient,
    PlannedContact,
    Terms,
    Verdict,
    arranged,
    free_minutes,
)
from app.domain.working_days import working_days
from tests.rules.work_plan import judge

ANNA, BORIS = 1, 2
FRIDAY, MONDAY, TUESDAY = date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)
THREE = [FRIDAY, MONDAY, TUESDAY]


def client(number: int, value: int = 0, due: date = FRIDAY, manager: int = ANNA) -> DueClient:
    return DueClient(number, f"Клиент {number}", manager, due, None, Decimal(value))


def told(places: list[PlannedContact]) -> list[tuple[int, date, str]]:
    return [(place.client.id, place.day, f"{place.at:%H:%M}") for place in places]


@pytest.mark.parametrize(
    ("last_on", "verdict", "due"),
    [
        (None, Verdict.DUE, FRIDAY),  # never contacted: from the first day
        (date(2026, 1, 1), Verdict.DUE, FRIDAY),  # long overdue
        (date(2026, 11, 14), Verdict.DUE, date(2026, 11, 28)),
        (date(2026, 12, 10), Verdict.DUE, date(2026, 12, 24)),  # on the last day
        (date(2026, 12, 11), Verdict.RECENT, date(2026, 12, 25)),
    ],
)
def test_a_client_is_due_so_many_days_after_his_last_contact(last_on: date | None, verdict: Verdict, due: date) -> None:
    period = Terms(FRIDAY).period
    assert period == Period(FRIDAY, date(2026, 12, 24))
    assert judge(is_open=False, last_on=last_on, every_days=14, period=period) == (verdict, due)
    assert judge(is_open=True, last_on=last_on, every_days=14, period=period) == (Verdict.OPEN, due)


def test_the_most_valuable_of_equally_due_come_first_and_the_rest_move_on() -> None:
    saturday = FRIDAY + DAY
    clients = [
        client(1, 10),
        client(2, 30),
        client(3, 20),
        client(4, 99, due=saturday),
        client(5, 5, manager=BORIS),
        client(6, 1, due=TUESDAY + DAY),
    ]
    assert told(arranged(clients, THREE, 2, {})) == [
        (2, FRIDAY, "09:00"),
        (3, FRIDAY, "13:00"),
        (1, MONDAY, "09:00"),
        (5, FRIDAY, "09:00"),
        (4, MONDAY, "13:00"),
    ]


def test_what_a_manager_has_planned_takes_its_part_of_his_day() -> None:
    busy = {(ANNA, FRIDAY): [9 * 60 + 10], (ANNA, MONDAY): [600, 600, 700]}
    assert told(arranged([client(1), client(2)], THREE, 2, busy)) == [(1, FRIDAY, "13:00"), (2, TUESDAY, "09:00")]


def test_contacts_begin_at_nine_and_go_evenly_through_eight_hours() -> None:
    assert [str(time(*divmod(minute, 60)))[:5] for minute in free_minutes(8, [])] == [
        *("09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00")
    ]
    assert free_minutes(MOST_A_DAY, [])[-1] == 16 * 60 + 30
    assert free_minutes(3, [540, 545, 550, 555]) == []


@pytest.mark.parametrize("wrong", [{"weeks": 0}, {"weeks": 13}, {"most": 0}, {"most": 17}])
def test_terms_that_nobody_can_keep_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadTerms, match=next(iter(wrong))):
        Terms(FRIDAY, **wrong)


CLIENTS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3), st.integers(-5, 5)), max_size=60)
BUSY = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(0, 20).map(lambda n: FRIDAY + n * DAY)),
    st.lists(st.integers(480, 1200), max_size=5),
    max_size=12,
)


@given(CLIENTS, st.integers(1, MOST_A_DAY), BUSY)
def test_whatever_the_clients_are_nobody_is_overloaded_early_or_left_out_without_need(
    rows: list[tuple[int, int, int]], most: int, busy: dict[tuple[int, date], list[int]]
) -> None:
    days = working_days(Period(FRIDAY, FRIDAY + timedelta(days=13)))
    clients = [client(n, value, FRIDAY + ahead * DAY, manager) for n, (ahead, manager, value) in enumerate(rows)]
    places = arranged(clients, days, most, busy)
    placed = {place.client.id: place for place in places}
    assert len(placed) == len(places)
    load = Counter((place.client.manager_id, place.day) for place in places)
    room = {key: most - len(busy.get(key, ())) for key in load}
    assert all(count <= room[key] for key, count in load.items())
    times = defaultdict(list)
    for place in places:
        assert place.day in days
        assert place.day >= place.client.due
        assert 9 * 60 <= place.minute <= 17 * 60 - LENGTH
        times[place.client.manager_id, place.day].append(place.minute)
    for taken in times.values():
        assert all(b - a >= LENGTH for a, b in zip(sorted(taken), sorted(taken)[1:], strict=False))
    for one in clients:
        until = placed[one.id].day if one.id in placed else date.max
        free = [d for d in days if one.due <= d < until]
        assert all(load[one.manager_id, d] >= most - len(busy.get((one.manager_id, d), ())) for d in free)
    # As many are read as could fit: the rest change nothing.
    for manager in (1, 2, 3):
        first = sorted((c for c in clients if c.manager_id == manager), key=lambda c: (c.due, -c.value, c.id))
        few = arranged(first[: most * len(days)], days, most, busy)
        assert few == [place for place in places if place.client.manager_id == manager]
