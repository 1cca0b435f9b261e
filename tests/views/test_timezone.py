"""Times are shown and typed in the user's own zone; without one in the company's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.models.contacts import Contact
from app.models.tasks import Task
from app.web.access.people import profile_of
from tests.clients import Clients
from tests.conftest import user_named

Login = Callable[..., FlaskClient]


def test_times_follow_the_zone_of_the_reader(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    session.commit()
    client = login("anna")
    assert client.post("/profile/timezone", data={"timezone": "Asia/Vladivostok"}).status_code == 302
    assert "<option selected>Asia/Vladivostok</option>" in client.get("/profile/").text
    data = {"counterparty": company.id, "starts_at": "2026-11-24T10:00", "ends_at": "2026-11-24T10:30"}
    card = client.post("/contacts/add", data=data).location
    contact = session.scalars(select(Contact)).one()
    assert contact.starts_at == datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert "24.11.2026 10:00" in client.get(card).text
    assert "24.11.2026 03:00" in login("vera").get(card).text
    client.post("/profile/timezone", data={"timezone": ""})
    assert "24.11.2026 03:00" in client.get(card).text


READERS = {  # where he is and what the time is: his day
    ("Asia/Vladivostok", datetime(2026, 11, 28, 13, 59, tzinfo=UTC)): date(2026, 11, 28),
    ("Asia/Vladivostok", datetime(2026, 11, 28, 14, 1, tzinfo=UTC)): date(2026, 11, 29),
    ("Europe/Moscow", datetime(2026, 12, 31, 21, 30, tzinfo=UTC)): date(2027, 1, 1),
    ("Europe/Berlin", datetime(2026, 10, 25, 10, tzinfo=UTC)): date(2026, 10, 25),  # of 25 hours
    ("Europe/Berlin", datetime(2027, 3, 28, 10, tzinfo=UTC)): date(2027, 3, 28),  # of 23 hours
}


@pytest.mark.parametrize(("place", "now"), READERS)
def test_days_of_contacts_are_those_of_the_reader_on_every_screen(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch, place: str, now: datetime
) -> None:
    monkeypatch.setattr("app.clock.now", lambda: now)
    anna, day, zone = user_named(session, "anna"), READERS[place, now], ZoneInfo(place)
    profile_of(anna).timezone = place
    clients, hours = Clients(session), []
    for on, at in ((day - DAY, time(23, 59)), (day, time()), (day, time(23, 59)), (day + DAY, time())):
        starts = datetime.combine(on, at, zone)
        hours.append(f"{starts:%d.%m, %H:%M}")
        contact = clients.contact(clients.company(hours[-1]), hours[-1], manager=anna)
        contact.starts_at = contact.ends_at = starts
    session.commit()
    client, (late, first, last, later) = login("anna"), hours
    for when, expected in (("overdue", [late]), ("today", [first, last]), ("ahead", [later]), ("past", [late])):
        page = client.get("/contacts/list/", query_string={"_flt_0_when": when}).text
        assert [hour for hour in hours if hour in page] == expected
    for span, expected in (("overdue", [late]), ("today", [first, last])):
        assert [row["info"] for row in client.get("/calendar/json", query_string={"span": span}).json] == expected
    home = client.get("/").text
    assert [part.split("<")[0] for part in home.split("<b>")[1:3]] == ["1", "2"]
    agenda = home.split('class="agenda with-verbs"')[1].split("</ul>")[0]
    shown = [hours[0], *(f"сегодня, {hour[-5:]}" for hour in (first, last)), later]
    assert re.findall(r"<li>\s*<span[^>]*>([^<]+)</span>", agenda) == shown


def test_a_zone_that_there_is_not_is_refused(login: Login) -> None:
    assert login("anna").post("/profile/timezone", data={"timezone": "Moon/Crater"}).status_code == 400


@pytest.mark.parametrize(("place", "now"), READERS)
def test_a_task_is_late_when_the_day_of_its_reader_is_over(
    login: Login, session: Session, monkeypatch: pytest.MonkeyPatch, place: str, now: datetime
) -> None:
    monkeypatch.setattr("app.clock.now", lambda: now)
    anna, day = user_named(session, "anna"), READERS[place, now]
    profile_of(anna).timezone = place
    days = (day - DAY, day, day + DAY)
    company = Clients(session).company("Ромашка")
    late, due, ahead = (Task(text=str(on), executor=anna, author=anna, due_on=on, counterparty=company) for on in days)
    session.add_all([late, due, ahead])
    session.commit()
    client = login("anna")
    for standing, shown in (("overdue", [late]), ("due", [late, due])):
        page = client.get("/tasks/list/", query_string={"_flt_0_standing": standing}).text
        assert [each for each in (late, due, ahead) if f"/tasks/show/{each.id}" in page] == shown
    assert f'value="{day.isoformat()}"' in client.get("/tasks/add").text
    feed = client.get(f"/counterparties/show/{company.id}").text.split('<li class="overdue">')[1:]
    assert [str(late) in row.split("</li>")[0] for row in feed] == [True]
