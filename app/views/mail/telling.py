"""Reminders, notices and the plan of the day as letters, in the words of each reader and of what he may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from typing import TypeVar
from urllib.parse import urljoin

from flask import current_app, g, url_for
from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.orm import Session

from app import clock
from app.domain.calendar import Window, day_in
from app.domain.words import ByLetter
from app.domain.working_days import next_working
from app.models.bell import Notice, Reminder
from app.models.users import User
from app.queries.bell.notices import told as notices_of
from app.queries.bell.reminders import ringing
from app.queries.rights import rights_of
from app.services import calendar
from app.services.calendar import DueEvent
from app.services.diaries import diary_of, zone_of
from app.services.mail import telling
from app.views.bell.bell import notice_words, worded
from app.views.calendar_choice import CalendarState, Reader
from app.views.calendar_rows import PANELS, Shown
from app.web.access.rowsec import look_unlogged

AFTER = timedelta(days=1)  # what is older was seen, or nobody wanted to know it by letter then
MORNING, NOON = time(8), time(12)
MOST = 50  # rows of one letter

Row = TypeVar("Row", Reminder, Notice)


@contextmanager
def as_reader(session: Session, user: User) -> Iterator[None]:
    """The session sees what the user sees, and words are in his language and his time zone."""
    before = session.info.get("viewer")
    locale = (user.profile and user.profile.locale) or current_app.config["BABEL_DEFAULT_LOCALE"]
    with current_app.test_request_context(base_url=current_app.config["CRM"].public_url), force_locale(locale):
        g._login_user = user  # Flask-Login's place for whoever reads
        look_unlogged(session, user)
        try:
            yield
        finally:
            session.info["viewer"] = before


def tell_reminders(session: Session, user: User) -> bool:
    """One letter of what has begun to ring; False when there is nothing more to tell."""
    now = clock.now()
    minute = func.to_char(func.timezone("UTC", Reminder.due_at), "YYYYMMDDHH24MI")
    with as_reader(session, user):
        rings = ringing(user.id, now).where(Reminder.due_at > now - AFTER)
        new = _new(session, user, rings, func.concat("reminder:", Reminder.id, ":", minute))
        rows = [worded(each) for each in new]
        if not rows:
            return False
        lines = [_line(row["title"], f"{row['when']} {row['text']}", row["url"]) for row in rows]
        subject = (
            _("Reminder: %(what)s", what=rows[0]["title"]) if len(rows) == 1 else _("Reminders: %(num)s", num=len(rows))
        )
        return telling.tell(session, user, subject, "\n\n".join(lines), now=now) is not None


def tell_notices(session: Session, user: User) -> bool:
    """One letter of what he has not read; False when there is nothing more to tell."""
    now = clock.now()
    with as_reader(session, user):
        fresh = notices_of(user.id, unread=True).where(Notice.made_at > now - AFTER)
        rows = [notice_words(each) for each in _new(session, user, fresh, func.concat("notice:", Notice.id))]
        if not rows:
            return False
        lines = [_line(row["title"], row["text"], row["url"]) for row in rows]
        subject = rows[0]["title"] if len(rows) == 1 else _("Notices: %(num)s", num=len(rows))
        return telling.tell(session, user, str(subject), "\n\n".join(lines), now=now) is not None


def _new(session: Session, user: User, rows: Select[Row], key: ColumnElement[str]) -> list[Row]:
    """Those of the rows that he was not told of, as many as one letter has room for; he counts as told."""
    found = session.execute(rows.add_columns(key).where(telling.untold(user.id, key)).limit(MOST)).all()
    new = telling.keep(session, user.id, [row[1] for row in found], now=clock.now())
    return [row[0] for row in found if row[1] in new]


def tell_day(session: Session, user: User) -> bool:
    """The plan of the day, between eight and noon of his working day."""
    now, zone = clock.now(), zone_of(user, clock.zone())
    local, today = now.astimezone(zone), day_in(zone, now)
    exceptions = diary_of(session, user, now=now, zone=clock.zone()).exceptions
    if not MORNING <= local.time() < NOON or next_working(today, exceptions) != today:
        return False
    if not telling.keep(session, user.id, [f"day:{today:%Y%m%d}"], now=now):
        return False
    with as_reader(session, user):
        rights = rights_of(session, user.id)
        reader = Reader.of(session, user, lambda section: ("can_read", section) in rights, others=False)
        choice = CalendarState({}).choice(reader)
        shown = Shown(reader)
        parts = []
        for title, window in ((_("Today"), Window(today, today)), (_("Overdue"), Window.before(today))):
            page = calendar.page(session, choice, window, zone, today, size=MOST, latest=title == _("Overdue"))
            lines = [_event(event, shown) for event in page.events]
            if lines:
                parts.append("\n\n".join([title.upper(), *lines]))
        day = format_date(today, "EEEE, d MMMM")
        text = "\n\n\n".join(parts) or _("Nothing is planned for today, and nothing is overdue.")
        return telling.tell(session, user, _("Plan of the day: %(day)s", day=day), text, now=now) is not None


TELLERS = {
    ByLetter.REMINDERS: tell_reminders,
    ByLetter.NOTICES: tell_notices,
    ByLetter.DIGEST: tell_day,
}


def _event(event: DueEvent, shown: Shown) -> str:
    at = f"{event.row.starts_at.astimezone(shown.reader.zone):%d.%m %H:%M}" if event.is_contact else ""
    day = f"{event.day:%d.%m}" if event.day and not at else at
    what = " · ".join(part for part in (event.name, shown.what(event)) if part)
    url = url_for(f"CalendarView.{PANELS[event.kind]}", pk=event.id)
    return _line(f"{day} {shown.event(event)}: {what}".strip(), "", url)


def _line(title: str, text: str, url: str) -> str:
    address = urljoin(current_app.config["CRM"].public_url + "/", url.lstrip("/"))
    return "\n".join(part for part in (str(title), text.strip(" ·"), address) if part)
