"""Series of contacts: the days of a rule, made together, moved, cancelled and deleted from one of them on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.repeating import MOST, OnDayOff, Repeat, RepeatUnit
from app.domain.words import ContactKind, ContactState
from app.domain.working_days import is_working
from app.models.contacts import Contact, ContactSeries
from tests.clients import Clients
from tests.conftest import user_named
from tests.domain.test_letters import MOSCOW

Login = Callable[..., FlaskClient]
TUESDAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        (Repeat(every=2, times=4, on_day_off=OnDayOff.KEEP), "01.12 15.12 29.12 12.01"),
        (Repeat(weekdays=frozenset({1, 3}), times=4), "01.12 03.12 08.12 10.12"),
        (Repeat(weekdays=frozenset({0}), times=3), "01.12 07.12 14.12"),  # the first stands as it is
        (Repeat(every=5, unit=RepeatUnit.WEEK, times=3), "01.12 11.01 09.02"),  # 5 January is a day off
        (Repeat(every=1, unit=RepeatUnit.DAY, times=6), "01.12 02.12 03.12 04.12 07.12 08.12"),
        (Repeat(every=4, unit=RepeatUnit.DAY, times=3, on_day_off=OnDayOff.SKIP), "01.12 09.12 17.12"),
        (Repeat(unit=RepeatUnit.MONTH, times=3, on_day_off=OnDayOff.KEEP), "01.12 01.01 01.02"),
        (Repeat(times=None, until=date(2026, 12, 16)), "01.12 08.12 15.12"),
    ],
)
def test_the_days_of_a_rule(repeat: Repeat, days: str) -> None:
    assert [f"{day:%d.%m}" for day in repeat.dates(TUESDAY, is_working)] == days.split()


def test_a_month_without_such_a_day_has_its_last_one() -> None:
    rule = Repeat(unit=RepeatUnit.MONTH, times=4, on_day_off=OnDayOff.KEEP)
    found = rule.dates(date(2027, 1, 31), is_working)
    assert [f"{day:%d.%m}" for day in found] == ["31.01", "28.02", "31.03", "30.04"]


def test_no_series_is_endless() -> None:
    assert len(Repeat(unit=RepeatUnit.DAY, times=None, until=date.max).dates(TUESDAY, is_working)) == MOST
    assert Repeat().dates(TUESDAY, lambda day: day == TUESDAY or day.year > 2027)[0] == TUESDAY


@pytest.fixture
def first(session: Session) -> Contact:
    clients = Clients(session)
    company = clients.company("Ромашка")
    day = clock.now().astimezone(MOSCOW).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=7)
    made = Contact(
        counterparty=company,
        manager=user_named(session, "anna"),
        kind=ContactKind.MEETING,
        subject="Планёрка",
        place="У клиента",
        starts_at=day,
        ends_at=day + timedelta(hours=1),
    )
    made.persons = [clients.person(company, "Иванов")]
    session.add(made)
    session.commit()
    return made


def of_series(session: Session) -> list[Contact]:
    session.expire_all()
    return list(session.scalars(select(Contact).order_by(Contact.starts_at)))


RULE = {"every": "2", "unit": "week", "times": "4", "on_day_off": "keep"}


def test_a_contact_is_repeated_after_its_days_were_seen_and_all_of_it_is_undone(
    login: Login, session: Session, first: Contact
) -> None:
    anna, url = login("anna"), f"/series/{first.id}"
    page = anna.get(url, query_string=RULE).text
    assert f"{first.starts_at.astimezone(MOSCOW) + timedelta(weeks=6):%d.%m.%Y}" in page
    assert session.scalars(select(ContactSeries)).all() == []
    answer = anna.post(url, data=RULE | {"version": first.version}, follow_redirects=True)
    anna_saw = answer.text
    assert "4 контакта" in anna_saw
    rows = of_series(session)
    assert [row.starts_at.astimezone(MOSCOW).hour for row in rows] == [10] * 4
    assert {(row.subject, row.place, len(row.participants)) for row in rows} == {("Планёрка", "У клиента", 1)}
    assert anna.post(url, data=RULE | {"version": rows[0].version}).status_code == 400  # it is in a series already
    (undo,) = re.findall(r'action="(/journal/undo/\d+)">\s*<input[^>]*>\s*<button[^>]* data-undo', anna_saw)
    anna.post(undo)
    assert [(row.id, row.series_id) for row in of_series(session)] == [(first.id, None)]


def test_this_one_and_the_following_are_moved_cancelled_and_deleted(
    login: Login, session: Session, first: Contact
) -> None:
    anna = login("anna")
    anna.post(f"/series/{first.id}", data=RULE | {"version": first.version})
    rows = of_series(session)
    second, was = rows[1], [row.starts_at.astimezone(MOSCOW) for row in rows]
    to = was[1] + timedelta(days=1, hours=2)
    anna.post(f"/series/{second.id}/move", data={"at": f"{to:%Y-%m-%dT%H:%M}", "version": second.version})
    now = [row.starts_at.astimezone(MOSCOW) for row in of_series(session)]
    assert now == [was[0], *(at + timedelta(days=1, hours=2) for at in was[1:])]
    third = of_series(session)[2]
    anna.post(f"/series/{third.id}/cancel", data={"version": third.version})
    cancelled = [row.state is ContactState.CANCELLED for row in of_series(session)]
    assert cancelled == [False, False, True, True]
    page = anna.post(f"/series/{third.id}/cancel", data={"version": of_series(session)[2].version})
    assert page.status_code == 400
    boss, second = login("vera"), of_series(session)[1]
    assert anna.post(f"/series/{second.id}/delete", data={"version": second.version}).status_code == 403
    boss.post(f"/series/{second.id}/delete", data={"version": second.version})
    assert [row.id for row in of_series(session)] == [first.id, *(row.id for row in rows[2:])]


def test_one_that_was_moved_often_keeps_the_others_from_moving_without_a_word(
    login: Login, session: Session, first: Contact
) -> None:
    anna = login("anna")
    anna.post(f"/series/{first.id}", data=RULE | {"version": first.version})

    def moved(place: int, **said: str) -> int:
        row = of_series(session)[place]
        to = row.starts_at.astimezone(MOSCOW) + timedelta(hours=1)
        data = {"at": f"{to:%Y-%m-%dT%H:%M}", "version": row.version, **said}
        return anna.post(f"/series/{row.id}/move", data=data).status_code

    assert [moved(2), moved(2), moved(1), moved(1, reason="Отпуск")] == [302, 302, 400, 302]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"every": "0"}, "every"),
        ({"times": "1"}, "times"),
        ({"times": "101"}, "times"),
        ({"until": "вчера"}, "until"),
        ({"unit": "no"}, ""),
    ],
)
def test_what_is_refused_is_told_once_at_its_field_or_above(
    login: Login, session: Session, first: Contact, typed: dict[str, str], field: str
) -> None:
    answer = login("anna").post(f"/series/{first.id}", data=RULE | typed | {"version": first.version})
    assert answer.status_code == 400
    assert answer.text.count('role="alert"') == 1
    assert (f'aria-invalid="true" aria-describedby="{field}-error"' in answer.text) is bool(field)
    assert ('class="alert alert-danger"' in answer.text) is (not field)
    assert len(of_series(session)) == 1


def test_nobody_repeats_what_he_does_not_see(login: Login, first: Contact) -> None:
    assert login("boris").get(f"/series/{first.id}").status_code == 404
