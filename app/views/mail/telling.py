"""Reminders, notices and the plan of the day as letters, in the words of each reader and of what he may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from typing import Any, cast
from urllib.parse import urljoin

from flask import current_app, g, url_for
from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app import clock
from app.domain.calendar import Window, day_in
from app.domain.periods import Period
from app.domain.viewer import Viewer
from app.domain.words import ByLetter
from app.domain.working_days import next_working
from app.models.bell import Notice, Reminder
from app.models.users import User
from app.models.visibility import seen_by
from app.queries.bell.notices import notices_of, unread_ones
from app.queries.bell.reminders import subjects, unfinished
from app.queries.rights import rights_of
from app.queries.sql import one_of
from app.services import calendar
from app.services.calendar import DueEvent
from app.services.diaries import diaries_of, zone_of
from app.services.mail import telling
from app.services.mail.telling import News
from app.views.bell.bell import notice_words, reminder_in_words
from app.views.calendar_choice import CalendarState, Reader
from app.views.calendar_rows import PANELS, Shown
from app.web.access.rowsec import viewers_of

AFTER = timedelta(days=1)  # what is older was seen, or nobody wanted to know it by letter then
MORNING, NOON = time(8), time(12)
MOST = 50  # rows of one letter
AT_ONCE = 1000  # rows of one transaction
MINUTE = func.to_char(func.timezone("UTC", Reminder.due_at), "YYYYMMDDHH24MI")
REMINDER_KEY, NOTICE_KEY = func.concat("reminder:", Reminder.id, ":", MINUTE), func.concat("notice:", Notice.id)
Viewers = Mapping[User, Viewer]


@contextmanager
def as_reader(session: Session, user: User, viewer: Viewer | None = None) -> Iterator[None]:
    """The session sees what the user sees, and words are in his language and his time zone."""
    before = session.info.get("viewer")
    locale = (user.profile and user.profile.locale) or current_app.config["BABEL_DEFAULT_LOCALE"]
    with current_app.test_request_context(base_url=current_app.config["CRM"].public_url), force_locale(locale):
        g._login_user = user  # Flask-Login's place for whoever reads
        session.info["viewer"] = viewer or viewers_of(session, [user])[user]
        try:
            yield
        finally:
            session.info["viewer"] = before


def waiting(session: Session, kind: ByLetter, among: Collection[int] | None = None) -> list[int]:
    """Users who want to be told of it by letter, and for whom there is something new."""
    wanting = telling.users_told(kind)
    return KINDS[kind].waiting(session, wanting if among is None else wanting.where(one_of(User.id, among)))


def tell(session: Session, kind: ByLetter, user_ids: Sequence[int]) -> list[int]:
    """Write to those of the users for whom there is something new, and give whom; what is too much for once waits."""
    viewers = viewers_of(session, telling.free(session, user_ids))
    news = list(KINDS[kind].news(session, viewers))
    if news:
        telling.tell_all(session, news, now=clock.now())
    return [*dict.fromkeys(each.user.id for each in news)]


def _new_reminders(now: datetime) -> ColumnElement[bool]:
    untold = telling.untold(Reminder.user_id, REMINDER_KEY)
    return and_(unfinished(), Reminder.due_at.between(now - AFTER, now), untold)


def _with_reminders(session: Session, wanting: Select[User]) -> list[int]:
    new = exists().where(Reminder.user_id == User.id, _new_reminders(clock.now()))
    return list(session.scalars(wanting.with_only_columns(User.id).where(new)))


def reminders(session: Session, viewers: Viewers) -> Iterator[News]:
    """Letters of what has begun to ring. All who see alike are asked for at once, by their rule with each in it."""
    now, alike = clock.now(), defaultdict[Viewer, dict[int, User]](dict)
    for user, viewer in viewers.items():
        alike[Viewer(None, viewer.sees, leads=viewer.leads)][user.id] = user
    for rule, users in alike.items():
        new = select(Reminder, REMINDER_KEY).where(one_of(Reminder.user_id, users), _new_reminders(now), _seen(rule))
        ordered = new.order_by(Reminder.user_id, Reminder.due_at, Reminder.id).options(*subjects(selectinload))
        # Unscoped: of what a reminder is about its reader sees no more than a name.
        found = session.execute(ordered.limit(AT_ONCE), execution_options={"unscoped": True})
        for user_id, group in groupby(found, lambda row: row[0].user_id):
            user, rows = users[user_id], list(group)
            with as_reader(session, user, viewers[user]):
                letters = [_of_reminders(user, rows[first : first + MOST]) for first in range(0, len(rows), MOST)]
            yield from letters


@cache
def _seen(alike: Viewer) -> ColumnElement[bool]:
    """The rule of reminders where each row's own user looks; made once, as it costs more than the statement."""
    return seen_by(replace(alike, user_id=cast(Any, Reminder.user_id), assisted=None), Reminder)


def _of_reminders(user: User, rows: Sequence[Any]) -> News:
    told = [reminder_in_words(row[0]) for row in rows]
    one, many = _("Reminder: %(what)s", what=told[0]["title"]), _("Reminders: %(num)s", num=len(told))
    lines = [_line(each["title"], f"{each['when']} {each['text']}", each["url"]) for each in told]
    return News(user, [row[1] for row in rows], one if len(told) == 1 else many, "\n\n".join(lines))


def _new_notices(now: datetime) -> ColumnElement[bool]:
    return and_(unread_ones(), Notice.made_at > now - AFTER, telling.untold(Notice.user_id, NOTICE_KEY))


def _with_notices(session: Session, wanting: Select[User]) -> list[int]:
    new = exists().where(Notice.user_id == User.id, _new_notices(clock.now()))
    return list(session.scalars(wanting.with_only_columns(User.id).where(new)))


def notices(session: Session, viewers: Viewers) -> Iterator[News]:
    """A letter of what each has not read."""
    for user, viewer in viewers.items():
        with as_reader(session, user, viewer):
            new = notices_of(user.id).where(_new_notices(clock.now())).add_columns(NOTICE_KEY)
            rows = session.execute(new.limit(MOST)).all()
            told = [notice_words(row[0]) for row in rows]
            lines = [_line(each["title"], each["text"], each["url"]) for each in told]
            many = _("Notices: %(num)s", num=len(told))
        if told:
            subject = str(told[0]["title"]) if len(told) == 1 else many
            yield News(user, [row[1] for row in rows], subject, "\n\n".join(lines))


def _mornings(session: Session, users: Iterable[User]) -> dict[User, date]:
    """The days that begin: of those for whom it is between eight and noon, and who were not told of this day."""
    now, days = clock.now(), {}
    for user in users:
        zone = zone_of(user, clock.zone())
        if MORNING <= now.astimezone(zone).time() < NOON:
            days[user] = day_in(zone, now)
    told = telling.already_told(session, {_key(day) for day in days.values()})
    return {user: day for user, day in days.items() if (user.id, _key(day)) not in told}


def _key(day: date) -> str:
    return f"day:{day:%Y%m%d}"


def _in_the_morning(session: Session, wanting: Select[User]) -> list[int]:
    return [user.id for user in _mornings(session, session.scalars(wanting.options(joinedload(User.profile))))]


def plans(session: Session, viewers: Viewers) -> Iterator[News]:
    """The plan of the day for each whose working day it is."""
    days = _mornings(session, viewers)
    around = Period(min(days.values()), max(days.values())) if days else None
    diaries = diaries_of(session, [*days], around, zone=clock.zone()) if around else {}
    for user, today in days.items():
        if next_working(today, diaries[user.id].exceptions) == today:
            with as_reader(session, user, viewers[user]):
                news = _plan(session, user, today)
            yield news


def _plan(session: Session, user: User, today: date) -> News:
    rights = rights_of(session, user.id)
    reader = Reader.of(session, user, lambda section: ("can_read", section) in rights, others=False)
    choice = CalendarState({}).choice(reader)
    shown = Shown(reader)
    parts = []
    for title, window in ((_("Today"), Window(today, today)), (_("Overdue"), Window.before(today))):
        page = calendar.page(session, choice, window, reader.zone, today, size=MOST, latest=title == _("Overdue"))
        lines = [_event(event, shown) for event in page.events]
        if lines:
            parts.append("\n\n".join([title.upper(), *lines]))
    day = format_date(today, "EEEE, d MMMM")
    text = "\n\n\n".join(parts) or _("Nothing is planned for today, and nothing is overdue.")
    return News(user, [_key(today)], _("Plan of the day: %(day)s", day=day), text)


@dataclass(frozen=True)
class Kind:
    """What users are told of by letter: for whom of those who want it something is new, and what."""

    waiting: Callable[[Session, Select[User]], list[int]]
    news: Callable[[Session, Viewers], Iterator[News]]


KINDS = {
    ByLetter.REMINDERS: Kind(_with_reminders, reminders),
    ByLetter.NOTICES: Kind(_with_notices, notices),
    ByLetter.DIGEST: Kind(_in_the_morning, plans),
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
