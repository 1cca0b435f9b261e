"""The day, the week and the month: lanes, what is dragged and stretched, what is filled beyond its hours, and paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, Period
from app.domain.words import Importance
from app.domain.working_days import next_working, working_days
from app.models.contacts import Contact, ContactParticipant
from app.models.histories import OrderMove
from app.models.orders import BuyerOrder
from app.models.tasks import Task
from app.models.working_time import Absence
from app.services.bell import reminders
from app.web.access.people import profile_of
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.views.test_calendar import noon, order_of, planned

Login = Callable[..., FlaskClient]


@pytest.fixture
def anna(session: Session) -> Any:
    return user_named(session, "anna")


@pytest.fixture
def boris(session: Session) -> Any:
    return user_named(session, "boris")


@pytest.fixture
def monday(today: date) -> date:
    """Of a week that is ahead, and has no holiday."""
    mondays = (today + (14 - today.weekday() + week * 7) * DAY for week in range(9))
    return next(first for first in mondays if len(working_days(Period(first, first + 6 * DAY))) == 5)


def grid(client: FlaskClient, first: date, days: int, **asked: str) -> list[dict[str, Any]]:
    answer = client.get("/calendar/grid", query_string={"start": first, "end": first + days * DAY, **asked})
    assert answer.status_code == 200
    return [each for each in answer.json if each.get("display") != "background"]


def test_a_grid_has_the_days_in_the_clock_of_the_reader(login: Login, session: Session, anna: Any, today: date) -> None:
    made = planned(session, anna, noon(today + DAY), "Встреча")
    order_of(session, anna, today + DAY, None)
    for number in range(6):
        planned(session, anna, noon(today + 2 * DAY), f"Дело {number}")
    session.commit()
    client = login("anna")
    order, contact = grid(client, today + DAY, 1, view="week")
    assert (order["allDay"], order["durationEditable"], order["start"]) == (True, False, f"{today + DAY}")
    assert (contact["start"], contact["end"]) == (f"{today + DAY} 12:00", f"{today + DAY} 12:30")
    assert contact["extendedProps"]["move"] == f"/calendar/move/{made.id}"
    made.ends_at = made.starts_at + timedelta(minutes=5)
    session.commit()
    [short] = grid(client, today + DAY, 1, view="week", event="contact")  # is as high as its line of text
    assert (short["end"][-5:], short["extendedProps"]["until"][-5:]) == ("12:15", "12:05")
    profile_of(anna).timezone = "Asia/Vladivostok"
    session.commit()
    assert grid(client, today + DAY, 1, event="contact")[0]["start"] == f"{today + DAY} 19:00"
    month = grid(client, today + 2 * DAY, 1, view="month")
    assert [each["title"] for each in month if "more" in each["classNames"]] == ["еще 2"]
    assert month[-1]["extendedProps"]["url"].startswith("/calendar/?")
    there = clock.now().astimezone(ZoneInfo("Asia/Vladivostok")).date()
    for view in ("day", "week", "month"):
        page = client.get("/calendar/", query_string={"view": view, "on": "nonsense"})
        assert page.status_code == 200
        assert f'data-on="{there}"' in page.text
    for wrong in ({"start": "x", "end": "y"}, {"start": "2026-01-01", "end": "2027-01-01"}, {}):
        assert client.get("/calendar/grid", query_string=wrong).status_code == 400


def drag(client: FlaskClient, contact: Contact, at: str, **more: Any) -> Any:
    data = {"version": contact.version, "at": at, **more}
    return client.post(f"/calendar/move/{contact.id}", data=data, headers={"Accept": "application/json"})


def test_a_contact_is_dragged_in_the_clock_of_its_reader_and_put_back(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    made = planned(session, anna, noon(today + DAY))
    profile_of(anna).timezone = "Asia/Vladivostok"
    session.commit()
    client, was = login("anna"), made.starts_at
    answer = drag(client, made, f"{today + 2 * DAY}T11:30")
    assert answer.status_code == 200
    session.refresh(made)
    assert made.starts_at == datetime(today.year, today.month, today.day, 1, 30, tzinfo=UTC) + 2 * DAY
    assert made.ends_at - made.starts_at == timedelta(minutes=30)
    assert client.post(answer.json["undo"]).status_code == 302
    session.refresh(made)
    assert made.starts_at == was


def test_a_drag_beyond_the_working_day_is_told_and_one_into_the_past_refused(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    made = planned(session, anna, noon(today + DAY))
    session.commit()
    client = login("anna")
    assert "вне рабочего времени" in drag(client, made, f"{today + 2 * DAY}T23:00").json["told"]
    session.refresh(made)
    past = drag(client, made, f"{today - DAY}T11:00")
    assert (past.status_code, past.json["field"]) == (422, "at")
    stale = drag(client, made, f"{today + 3 * DAY}T11:00", version=made.version - 1)
    assert stale.status_code == 422
    for wrong in ("", "x", "2026-02-30T11:00"):
        assert drag(client, made, wrong).status_code == 422


def test_a_day_that_is_filled_beyond_its_hours_is_told(login: Login, session: Session, anna: Any, today: date) -> None:
    full = next_working(today + 2 * DAY)
    planned(session, anna, noon(full)).ends_at += timedelta(hours=9)
    made = planned(session, anna, noon(today + DAY))
    session.commit()
    assert "сверх рабочего времени" in drag(login("anna"), made, f"{full}T11:00").json["told"]


def test_nobody_drags_the_contact_of_another_but_his_head(
    login: Login, session: Session, anna: Any, boris: Any, today: date
) -> None:
    hidden = planned(session, boris, noon(today + DAY))
    # Anna sees the client, and with it the contact; it is in the calendar of Boris all the same.
    seen = planned(session, boris, noon(today + DAY), counterparty=buyer(session, "Мой", manager=anna))
    session.commit()
    at = f"{today + 2 * DAY}T11:00"
    assert drag(login("anna"), hidden, at).status_code == 404
    assert drag(login("anna"), seen, at).status_code == 403
    assert drag(login("pavel"), hidden, at).status_code == 404
    assert drag(login("vera"), hidden, at).status_code == 200


def test_employees_have_lanes_of_a_day_and_of_a_week(
    login: Login, session: Session, anna: Any, boris: Any, monday: date, sql: list[str]
) -> None:
    made = planned(session, anna, noon(monday), "Анна")
    planned(session, boris, noon(monday), "Борис")
    order_of(session, boris, monday, None)
    for number in range(12):
        planned(session, boris, noon(monday + DAY), f"Дело {number}")
    added(session, Absence(user_id=anna.id, first_day=monday + 2 * DAY, last_day=monday + 2 * DAY))
    session.commit()
    client = login("vera")
    asked = {"responsible": "anna,boris", "on": f"{monday}"}
    for view, library in (("day", "resourceTimeGridDay"), ("week", "resourceTimelineWeek")):
        page = client.get("/calendar/", query_string={"view": view, **asked}).text
        assert f'data-grid="{library}"' in page
        assert [int(number) for number in re.findall(r"&#34;id&#34;: (\d+)", page)] == [boris.id, anna.id]
    sql.clear()
    week = client.get(
        "/calendar/grid", query_string={"view": "week", "start": monday, "end": monday + 7 * DAY, **asked}
    )
    assert len(sql) <= 10, "\n".join(sql)
    lanes = {each["id"]: each["resourceIds"] for each in week.json}
    assert lanes[f"contact-{made.id}"] == [anna.id]
    assert lanes[f"more-{boris.id}-{monday + DAY}"] == [boris.id]
    drawn = next(each for each in week.json if each["id"] == f"contact-{made.id}")
    assert (drawn["allDay"], drawn["extendedProps"]["hour"]) == (True, "12:00")  # a cell is a day
    resting = {(each["start"], *each["resourceIds"]) for each in week.json if each.get("display") == "background"}
    assert (f"{monday + 2 * DAY}", anna.id) in resting
    assert (f"{monday + 2 * DAY}", boris.id) not in resting
    assert (f"{monday + 5 * DAY}", boris.id) in resting
    # Who may not see others has no lanes, whatever he asks.
    assert "data-lanes" not in login("anna").get("/calendar/?view=week&responsible=all").text


def test_a_head_gives_a_contact_to_another_of_his_people_by_a_drag(
    login: Login, session: Session, anna: Any, boris: Any, monday: date
) -> None:
    made = planned(session, anna, noon(monday))
    session.commit()
    at, head = f"{monday + DAY}T12:00", login("vera")
    assert drag(head, made, at, lane=str(boris.id)).status_code == 200
    session.refresh(made)
    assert (made.manager_id, made.starts_at) == (boris.id, noon(monday + DAY))
    assert drag(head, made, at, lane="999999").status_code == 403
    mine = planned(session, anna, noon(monday))
    session.commit()
    assert drag(login("anna"), mine, at, lane=str(boris.id)).status_code == 403


def test_a_task_is_dragged_to_another_day_and_by_a_head_to_another(
    login: Login, session: Session, anna: Any, boris: Any, monday: date
) -> None:
    made = added(session, Task(text="Смета", executor=anna, author=anna, due_on=monday))
    session.commit()

    def carried(client: FlaskClient, day: date, **more: str) -> int:
        asked = {"at": f"{day}", "version": made.version, **more}
        status = client.post(f"/calendar/carry/{made.id}", data=asked).status_code
        session.refresh(made)
        return status

    assert carried(login("anna"), monday + DAY) == 200
    assert made.due_on == monday + DAY
    assert carried(login("anna"), monday + DAY, lane=str(boris.id)) == 403
    assert carried(login("boris"), monday) == 404
    assert carried(login("vera"), monday + 2 * DAY, lane=str(boris.id)) == 200
    assert (made.due_on, made.executor_id) == (monday + 2 * DAY, boris.id)
    assert carried(login("vera"), monday, version="0") == 422


def test_the_weightiest_of_a_day_stand_in_its_cell(
    login: Login, session: Session, anna: Any, monday: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.calendar_grid.TOP_OF_MONTH", 2)
    for hour, importance in enumerate((Importance.LOW, Importance.NORMAL, Importance.HIGH, Importance.NORMAL)):
        at = noon(monday) + timedelta(hours=hour)
        planned(session, anna, at, f"{importance} {hour}", importance=importance)
    session.commit()
    drawn = [each for each in grid(login("anna"), monday, 1, view="month") if "weight" in each["extendedProps"]]
    shown = sorted(drawn, key=lambda each: (each["extendedProps"]["weight"], each["start"]))
    titles = [each["title"].split(" · ")[-1] for each in shown]
    assert titles == ["high 2", "normal 1", "еще 2"]


def test_a_meeting_stands_in_the_lane_of_each_who_takes_part(
    login: Login, session: Session, anna: Any, boris: Any, monday: date
) -> None:
    made = planned(session, anna, noon(monday))
    added(session, ContactParticipant(contact_id=made.id, user_id=boris.id))
    session.commit()
    drawn = grid(login("vera"), monday, 7, view="week", responsible="anna,boris")
    assert [each["resourceIds"] for each in drawn if each["id"] == f"contact-{made.id}"] == [[anna.id, boris.id]]


def test_a_drag_moves_the_reminder_too_and_undo_brings_both_back(
    login: Login, session: Session, anna: Any, monday: date
) -> None:
    made = planned(session, anna, noon(monday))
    reminder = reminders.remind(session, made, anna.id, minutes=15, zone=ZoneInfo("Europe/Moscow"))
    session.commit()
    client = login("anna")
    answer = drag(client, made, f"{monday + DAY}T15:00")
    session.expire_all()
    assert made.starts_at == noon(monday + DAY) + timedelta(hours=3)
    assert reminder.due_at == made.starts_at - timedelta(minutes=15)
    client.post(answer.json["undo"])
    session.expire_all()
    assert made.starts_at == noon(monday)
    assert reminder.due_at == noon(monday) - timedelta(minutes=15)


def test_a_contact_is_stretched_and_never_beyond_reason(
    login: Login, session: Session, anna: Any, boris: Any, monday: date
) -> None:
    made, foreign = planned(session, anna, noon(monday)), planned(session, boris, noon(monday))
    session.commit()
    client = login("anna")

    def stretched(contact: Contact, until: str) -> Any:
        data = {"version": contact.version, "at": until}
        return client.post(f"/calendar/stretch/{contact.id}", data=data, headers={"Accept": "application/json"})

    answer = stretched(made, f"{monday}T14:15")
    assert answer.status_code == 200
    session.refresh(made)
    assert made.ends_at - made.starts_at == timedelta(hours=2, minutes=15)
    for wrong in (f"{monday}T12:00", f"{monday + 2 * DAY}T12:00", "x"):
        assert stretched(made, wrong).status_code == 422
    assert stretched(foreign, f"{monday}T14:15").status_code == 404
    client.post(answer.json["undo"])
    session.refresh(made)
    assert made.ends_at - made.starts_at == timedelta(minutes=30)


def test_a_half_of_an_order_is_dragged_to_another_day(
    login: Login, session: Session, anna: Any, boris: Any, monday: date
) -> None:
    mine, theirs = order_of(session, anna, monday, monday), order_of(session, boris, monday, monday)
    session.commit()
    client = login("anna")

    def shifted(order: BuyerOrder, half: str, at: str, **more: Any) -> Any:
        data = {"version": order.version, "at": at, **more}
        address = f"/calendar/shift/{order.id}?half={half}"
        return client.post(address, data=data, headers={"Accept": "application/json"})

    session.refresh(mine)
    assert shifted(mine, "shipment", f"{monday + DAY}T00:00").status_code == 200
    session.refresh(mine)
    assert (mine.ship_on, mine.pay_by) == (monday + DAY, monday)
    explains = shifted(mine, "payment", f"{monday + 2 * DAY}").json["why"]
    session.refresh(mine)
    assert mine.pay_by == monday + 2 * DAY

    def explained(said: str) -> int:
        status: int = client.post(explains, data={"reason": said}, headers={"Accept": "application/json"}).status_code
        return status

    session.execute(update(OrderMove).values(at=OrderMove.at - timedelta(hours=2)))
    assert explained("Поздно") == 422
    session.refresh(mine)
    assert shifted(mine, "payment", f"{mine.pay_by}").json["why"] == ""  # it is where it was: nothing to explain
    session.execute(update(OrderMove).values(at=OrderMove.at + timedelta(hours=2)))
    session.commit()
    again = shifted(mine, "payment", f"{monday + 3 * DAY}").json
    assert 'name="reason"' in client.get(explains).text
    assert [explained(said) for said in ("", "я" * 201)] == [422, 422]
    assert login("boris").get(explains).status_code == 404
    assert 'value="Чужая" aria-invalid' in login("vera").post(explains, data={"reason": "Чужая"}).text
    assert [explained(said) for said in ("Клиент просил", "Иначе")] == [200, 422]
    reasons = session.execute(select(OrderMove.what, OrderMove.reason).order_by(OrderMove.id)).all()
    dragged = [("shipment", ""), ("payment", "Клиент просил"), ("payment", "")]
    assert [(str(what), reason) for what, reason in reasons] == dragged
    client.post(again["why"], data={"reason": "Опять"})
    client.post(again["undo"])
    session.refresh(mine)
    assert mine.pay_by == monday + 2 * DAY
    assert shifted(mine, "payment", f"{mine.date - DAY}").status_code == 422
    assert shifted(mine, "payment", "x").status_code == 422
    session.rollback()
    assert shifted(mine, "payment", f"{monday}", version=0).status_code == 422
    assert shifted(mine, "receipt", f"{monday}").status_code == 400
    assert shifted(theirs, "shipment", f"{monday}").status_code == 404


def test_a_day_beyond_its_hours_is_marked(login: Login, session: Session, anna: Any, boris: Any, monday: date) -> None:
    planned(session, anna, noon(monday)).ends_at += timedelta(hours=8)
    planned(session, anna, noon(monday + DAY))
    session.commit()
    found = {each["id"]: each for each in grid(login("anna"), monday, 7, view="week")}
    marked = {name for name in found if name.startswith("full-")}
    assert marked == {f"full-{anna.id}-{monday}"}
    assert found[f"full-{anna.id}-{monday}"]["title"] == "8:30 из 8:00"
    lanes = grid(login("vera"), monday, 7, view="week", responsible="anna,boris")
    assert {each["id"] for each in lanes if "full" in each["classNames"]} == marked


def test_a_week_and_a_month_go_on_paper(login: Login, session: Session, anna: Any, boris: Any, monday: date) -> None:
    planned(session, anna, noon(monday), "Встреча")
    planned(session, boris, noon(monday), "Чужое")
    order = order_of(session, anna, monday + 6 * DAY, None)
    session.commit()
    client = login("anna")
    for view, weeks in (("week", {1}), ("month", {4, 5, 6})):
        page = client.get("/calendar/sheet", query_string={"view": view, "on": f"{monday}"}).text
        assert page.count("<tr>") - 1 in weeks
        assert "<b>12:00</b>" in page
        assert "Чужое" not in page
        if view == "week":
            assert order.number in page
    team = login("vera").get("/calendar/sheet", query_string={"on": f"{monday}", "responsible": "team"}).text
    assert "(Петрова)" in team


def test_ticked_rows_are_moved_finished_and_given_together_with_one_undo(
    login: Login, session: Session, anna: Any, boris: Any, today: date, monday: date
) -> None:
    contact, already = planned(session, anna, noon(monday)), planned(session, anna, noon(monday + 3 * DAY))
    task = added(session, Task(text="Смета", executor=anna, author=anna, due_on=monday))
    order = order_of(session, anna, monday, monday)
    foreign = planned(session, boris, noon(monday), "Чужое")
    session.commit()
    keys = [f"contact-{each.id}" for each in (contact, already, foreign)]
    keys += [f"task-{task.id}", f"shipment-{order.id}", "receipt-1", "contact-x", "page"]
    client = login("anna")
    page = client.get("/calendar/").text
    assert f'name="rowid" value="shipment-{order.id}"' in page
    assert f"day={today + DAY}" in page

    def asked(who: FlaskClient, field: str, value: str, **more: str) -> str:
        data = {"rowid": keys, "field": field, "counted": field, field: value, **more}
        told: str = who.post("/calendar/bulk", data=data, follow_redirects=True).text
        session.expire_all()
        return told

    to = f"{monday + 3 * DAY}"
    assert "Изменятся 3 из 5." in asked(client, "day", to)
    assert task.due_on == monday
    told = asked(client, "day", to, sure="1", reason="нет машины")
    assert "Изменены 3 записи. Уже так: 1. Не ваши: 1." in told
    assert contact.starts_at == noon(monday + 3 * DAY)
    assert (task.due_on, order.ship_on, order.pay_by) == (monday + 3 * DAY, monday + 3 * DAY, monday)
    assert session.scalars(select(OrderMove.reason).where(OrderMove.order_id == order.id)).all() == ["нет машины"]
    undo = re.search(r'action="(/journal/undo/\d+)"', told)
    assert undo
    client.post(undo[1])
    session.expire_all()
    assert (contact.starts_at, task.due_on, order.ship_on) == (noon(monday), monday, monday)
    assert 'class="err"' in asked(client, "day", "завтра", sure="1")
    assert "Сначала отметьте строки." in client.post("/calendar/bulk", follow_redirects=True).text
    asked(client, "responsible", "boris", sure="1")  # of whom she may ask for nothing
    assert contact.manager_id == anna.id
    told = asked(login("vera"), "responsible", "boris", sure="1")
    assert {row.manager_id for row in (contact, already, order, foreign)} == {boris.id}
    assert task.executor_id == boris.id
    told = asked(login("boris"), "result", "Готово", sure="1")
    assert "Заказы отгружаются и оплачиваются своими документами." in told
    assert {contact.state, already.state, foreign.state, task.state.value} == {"done"}
    assert contact.text == "Готово"
