"""The day, the week and the month of the calendar: what their grids draw, and what is dragged and stretched there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from flask import Response, abort, jsonify, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as Answer

from app import clock
from app.domain.calendar import WEIGHTS, EventKind, day_in
from app.domain.contact_times import OPENING, Diary
from app.domain.periods import DAY, BadPeriod, Period, end_of_month, parse_day, week_of
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.models.histories import OrderMove
from app.models.orders import BuyerOrder
from app.models.tasks import Task
from app.models.users import User, full_name
from app.models.visibility import narrowed_for, viewer_of
from app.queries import calendar as queries
from app.queries.calendar import EventChoice
from app.queries.sql import numbers, one_of
from app.services import calendar
from app.services.calendar import Colleague, DueEvent
from app.services.contacts import verbs
from app.services.diaries import diaries_of, diary_of, overfull, overfull_days
from app.services.journal import act_of
from app.services.planning import tasks
from app.services.sales.orders import check_header, explain_move, move_made
from app.views.calendar_choice import BUT, OTHERS, SECTIONS, CalendarState, Reader
from app.views.calendar_panel import SECTIONS_OF_ROWS
from app.views.calendar_rows import Shown
from app.views.contacts.verbs import asked_moment, moment_in_words
from app.views.planning.calendar_bulk import DAYS_OF_HALVES, may_change
from app.views.planning.tasks import asked_day
from app.web.cards.verbs import refusal
from app.web.display import card_url, display, reader_today
from app.web.errors import wants_json
from app.web.forms.fields import row_number
from app.web.lists.table import NUMBER_IN_ADDRESS as ANY_ROW
from app.web.undo import undo_url

MOST_DAYS = 45  # of a month with the ends of its weeks
TOP_OF_DAY, TOP_OF_LANE, TOP_OF_MONTH = 28, 10, 4  # events that a grid draws: a browser is slow with more
TOP_OF_PAPER = 40
SHORTEST = timedelta(minutes=15)  # that a grid draws: as high as a line of text
MOST_LANES, MOST_COLUMNS = 30, 6  # employees beside each other; more of them in a day lie one under another
MOVES = {  # what is dragged to another time: where that is said, and the box that asks why
    EventKind.CONTACT: ("CalendarView.move", "ContactView.box"),
    EventKind.TASK: ("CalendarView.carry", "TaskView.box"),
    EventKind.SHIPMENT: ("CalendarView.shift", ""),
    EventKind.PAYMENT: ("CalendarView.shift", ""),
}
GIVEN = (EventKind.CONTACT, EventKind.TASK)  # what is dragged to another employee too
GRIDS = {"day": "timeGridDay", "week": "timeGridWeek", "month": "dayGridMonth"}


@dataclass(frozen=True)
class Grid:
    """The days that a page draws: `narrow` is the list of them, for screens that have no room."""

    view: str
    on: date
    zone: str  # the reader's
    events: str
    narrow: str
    opens: str
    lanes: Sequence[Mapping[str, Any]]


def day_asked(state: CalendarState, today: date) -> date:
    """The day that the view is of; of nonsense today."""
    try:
        return parse_day(state.said("on"), today) if state.said("on") else today
    except BadPeriod:
        return today


def grid_of(state: CalendarState, choice: EventChoice, reader: Reader) -> Grid:
    on = day_asked(state, reader.today)
    lanes = lanes_of(state, choice, reader)
    view = GRIDS[state.view]
    if lanes:
        view = "resourceTimelineWeek" if state.view == "week" else "resourceTimelineDay"
        view = "resourceTimeGridDay" if state.view == "day" and len(lanes) <= MOST_COLUMNS else view
    days = days_shown(state.view, on)
    narrow = (
        "" if state.view == "day" and not lanes else state.address(view="", on="", span=f"{days.first}..{days.last}")
    )
    events = state.address("CalendarView.grid", on="", span="")
    people = [{"id": user.id, "title": user.name} for user in lanes]
    return Grid(view, on, str(reader.zone), events, narrow, f"{OPENING:%H:%M}", people)


def lanes_of(state: CalendarState, choice: EventChoice, reader: Reader) -> Sequence[Colleague]:
    """Employees who have a lane each; none where one alone is looked at, a month, or more than can be drawn."""
    if state.view == "month" or (choice.owners is not None and len(choice.owners) < 2):
        return ()
    lanes = [user for user in reader.people.others if choice.owners is None or user.id in choice.owners]
    return lanes if 1 < len(lanes) <= MOST_LANES else ()


def whose(choice: EventChoice, reader: Reader) -> Sequence[User]:
    """The users who are asked for, as far as the reader may see them; of everybody none is named."""
    known = {user.id for user in (*reader.people.others, reader.people.me)}
    return users(known.intersection(choice.owners or ()))


def users(ids: Collection[int]) -> Sequence[User]:
    """Those of these numbers, by name, each with his zone."""
    session = db.session()
    return session.scalars(narrowed_for(viewer_of(session), _users()), {"ids": [*ids]}).all() if ids else ()


@cache
def _users() -> Select[User]:
    found = select(User).where(one_of(User.id, numbers("ids"))).options(joinedload(User.profile))
    return found.order_by(User.last_name, User.first_name, User.id)


def days_shown(view: str, on: date) -> Period:
    """The days of the view that has this day; a month with the ends of its weeks."""
    if view == "day":
        return Period(on, on)
    if view == "week":
        return week_of(on)
    first, last = on.replace(day=1), end_of_month(on)
    return Period(week_of(first).first, week_of(last).last)


class GridScreens:
    """Routes of the calendar's view; it says who the reader is, what he may and which row he asks for."""

    reader: Callable[[], Reader]
    reads: Callable[[str], bool]
    writes: Callable[[str], bool]
    row: Callable[[Any, str], Any]

    @expose("/grid")
    @has_access
    @permission_name("read")
    def grid(self) -> Response:
        """The days of a grid: wall-clock texts of the reader's zone, so that no browser counts hours for us."""
        state, reader = CalendarState.of(request.args), self.reader()
        choice = state.choice(reader)
        try:
            first = date.fromisoformat(request.args.get("start", ""))
            last = date.fromisoformat(request.args.get("end", "")) - DAY
        except (ValueError, OverflowError):
            abort(400)
        if not DAY <= last - first + DAY <= MOST_DAYS * DAY:
            abort(400)
        session, period, lanes = db.session(), Period(first, last), lanes_of(state, choice, reader)
        top = TOP_OF_MONTH if state.view == "month" else TOP_OF_LANE if lanes else TOP_OF_DAY
        found = calendar.days(session, choice, period, reader.zone, reader.today, top=top, lanes=bool(lanes))
        drawing = Drawing(
            Shown(reader),
            {section for section in set(SECTIONS.values()) if self.writes(section)},
            {user.id for user in lanes},
            by_days=bool(lanes) and state.view == "week",
        )
        if lanes:
            contacts = [event.id for event in found.events if event.is_contact]
            for contact_id, user_id in session.execute(queries.taking_part(contacts, drawing.lanes)):
                drawing.taking_part[contact_id].append(user_id)
        asked = whose(choice, reader)
        alone = asked if len(asked) == 1 else ()
        owners = users(drawing.lanes) or alone or [reader.people.me]
        diaries = diaries_of(session, owners, period, zone=clock.zone())
        known = {number: diary for number, diary in diaries.items() if number is not None and (lanes or alone)}
        full = overfull_days(session, known, period, reader.zone) if known else {}
        rest = rest_of(diaries, period, lanes=bool(lanes), by_days=drawing.by_days or state.view == "month")
        return jsonify(
            [
                *map(drawing.event, found.events),
                *(
                    drawing.more(state, owner, day, count)
                    for (owner, day), count in found.more.items()
                    if not lanes or owner in drawing.lanes
                ),
                *(drawing.full(owner, day, words) for (owner, day), words in full.items()),
                *rest,
            ]
        )

    @expose("/sheet")
    @has_access
    @permission_name("read")
    def sheet(self) -> str:
        """The days of the view on paper: a week, or a month with the ends of its weeks."""
        state, reader = CalendarState.of(request.args), self.reader()
        choice, on = state.choice(reader), day_asked(state, reader.today)
        period = days_shown(state.view if state.view == "month" else "week", on)
        found = calendar.days(db.session(), choice, period, reader.zone, reader.today, top=TOP_OF_PAPER)
        events = {day: [*group] for day, group in groupby(found.events, key=lambda event: event.day)}
        asked = whose(choice, reader)
        owner = asked[0] if len(asked) == 1 else reader.people.me
        days = [*period.each_day()]
        page: str = self.render_template(  # type: ignore[attr-defined]
            "crm/calendar/sheet.html",
            title=_("Calendar"),
            period=period,
            month=on.month if state.view == "month" else 0,
            weeks=[days[start : start + 7] for start in range(0, len(days), 7)],
            events=events,
            more={day: count for (_owner, day), count in found.more.items()},
            shown=Shown(reader),
            state=state,
            whose=", ".join(full_name(user) for user in asked),
            show_whose=len(asked) != 1,
            diary=diaries_of(db.session(), [owner], period, zone=clock.zone())[owner.id],
        )
        return page

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def move(self, pk: str) -> Answer:
        """A contact is dragged to another time, by a head to another of his people: one's own, or of one's people."""

        def moved(contact: Contact) -> str:
            session, now = db.session(), clock.now()
            at = asked_moment(diary_of(session, current_user, now=now, zone=clock.zone()), now, contact)
            to = self.lane(contact.manager_id)
            if to is not None:
                contact.manager = to
            if at != contact.starts_at:
                verbs.move(session, contact, at, now=now, reason=request.form.get("reason", ""))
            session.flush()
            return str(_("Moved: %(when)s.", when=moment_in_words(at)))

        return self.changed(Contact, pk, moved)

    @expose("/carry/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def carry(self, pk: str) -> Answer:
        """A task is dragged to another day, by a head to another of his people."""

        def carried(task: Task) -> str:
            session = db.session()
            on = asked_day(diary_of(session, task.executor, now=clock.now(), zone=clock.zone()))
            to = self.lane(task.executor_id)
            if to is not None:
                tasks.hand_over(session, task, to)
            if on != task.due_on:
                tasks.move(session, task, on, today=reader_today(), reason=request.form.get("reason", ""))
            return str(_("Moved: %(when)s.", when=display(on)))

        return self.changed(Task, pk, carried)

    def lane(self, owner_id: int | None) -> User | None:
        """In whose lane it was dropped; None: in that of its owner, or where there are none."""
        to = row_number(request.form.get("lane", ""))
        if to is None or to == owner_id:
            return None
        known = any(user.id == to for user in self.reader().people.others)
        return db.session.get_one(User, to) if known else abort(403)

    @expose("/stretch/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def stretch(self, pk: str) -> Answer:
        """A contact ends at another time."""

        def stretched(contact: Contact) -> str:
            session, now = db.session(), clock.now()
            until = asked_moment(diary_of(session, current_user, now=now, zone=clock.zone()), now)
            verbs.stretch(session, contact, until)
            return str(_("Until %(when)s.", when=moment_in_words(until)))

        return self.changed(Contact, pk, stretched)

    @expose("/shift/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def shift(self, pk: str) -> Answer:
        """A half of an order is dragged to another day."""

        def shifted(order: BuyerOrder) -> str:
            name = DAYS_OF_HALVES.get(request.args.get("half", "")) or abort(400)  # type: ignore[call-overload]
            try:
                day = date.fromisoformat(request.form.get("at", "")[:10])
            except ValueError:
                raise Refused(_("Say when: a day."), field="at") from None
            setattr(order, name, day)
            check_header(db.session(), order)
            db.session.flush()
            return str(_("Moved: %(when)s.", when=display(day)))

        def why(order: BuyerOrder) -> str:
            move = move_made(db.session(), order)
            return url_for(".why", pk=move) if move else ""

        return self.changed(BuyerOrder, pk, shifted, why=why)

    @expose("/why/<int:pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def why(self, pk: int) -> str | Answer:
        """Why one has just dragged a day of an order, by the move of it: said after it, by whoever wants to."""
        if not self.writes(SECTIONS_OF_ROWS[BuyerOrder]):
            abort(403)
        session, told = db.session(), None
        move = session.get(OrderMove, row_number(str(pk)) or 0) or abort(404)
        url = card_url(BuyerOrder, move.order_id)
        if request.method == "POST":
            try:
                explain_move(session, move, current_user, request.form.get("reason", ""), now=clock.now())
                session.commit()
                words = _("The reason is kept.")
                return jsonify(told=words, url=url, undo="") if wants_json() else redirect(url)
            except Refused as refused:
                session.rollback()
                if wants_json():
                    return refusal(refused)
                told = refused
        page: str = self.render_template(  # type: ignore[attr-defined]
            "crm/calendar/why.html", title=str(move.order), pk=pk, refused=told
        )
        return page

    def changed(
        self, model: type[Any], pk: str, change: Callable[[Any], str], *, why: Callable[[Any], str] | None = None
    ) -> Answer:
        """A row of the reader, or of his people, is changed; whoever saw an older one is refused.

        `why`: gives the box that asks for the reason after it, "" for none.
        """
        session = db.session()
        if not self.writes(SECTIONS_OF_ROWS[model]):
            abort(403)
        row = self.row(model, pk)
        url = card_url(model, row.id)
        if not may_change(row, leads=self.reads(OTHERS)):
            abort(403)
        try:
            if row_number(request.form.get("version", "")) != row.version:
                raise StaleDataError
            told = [change(row), *(self.warnings(row) if isinstance(row, Contact) else ())]
            act = act_of(session)
            box = why(row) if why else ""
            session.commit()
        except StaleDataError:
            session.rollback()
            return refusal(Refused(_("Somebody changed this row a moment ago: look once more.")))
        except Refused as refused:
            session.rollback()
            return refusal(refused)
        return jsonify(told=" ".join(told), url=url, undo=undo_url(act), why=box)

    @staticmethod
    def warnings(contact: Contact) -> list[str]:
        """What is said of a time that is allowed, but hardly meant."""
        session = db.session()
        diary = diary_of(session, contact.manager, now=clock.now(), zone=clock.zone())
        found: list[str] = []
        if not diary.is_at_work(contact.starts_at, contact.ends_at):
            found.append(_("It is beyond working hours."))
        length = int((contact.ends_at - contact.starts_at).total_seconds() // 60)
        day, owner = day_in(diary.zone, contact.starts_at), contact.manager or current_user
        told = overfull(session, owner, day, length, diary=diary, besides=contact)
        if told:
            found.append(told)
        return found


@dataclass(frozen=True)
class Drawing:
    """How events are told to the grid. `by_days`: a cell is a day, its contacts say their hour themselves."""

    shown: Shown
    may: Collection[str]
    lanes: Collection[int]
    by_days: bool
    taking_part: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # colleagues, by contact

    def event(self, event: DueEvent) -> dict[str, Any]:
        shown, row = self.shown, event.row
        starts = self.wall(row.starts_at) if event.is_contact else None
        ends = self.wall(row.ends_at) if event.is_contact else None
        drawn_to = max(ends, starts + SHORTEST) if starts and ends else None
        timed = starts is not None and not self.by_days
        who = event.responsible
        own = (who is not None and who.id == shown.reader.people.me.id) or bool(shown.reader.people.others)
        movable = own and SECTIONS[event.kind] in self.may and event.kind in MOVES
        return {
            "id": f"{event.kind}-{event.id}",
            "start": f"{starts:%Y-%m-%d %H:%M}" if timed else f"{event.day}",
            "end": f"{drawn_to:%Y-%m-%d %H:%M}" if timed else f"{event.day}",
            "allDay": not timed,
            "editable": movable,
            "durationEditable": movable and timed,
            "resourceIds": [*([who.id] if who else ()), *(self.taking_part[event.id] if event.is_contact else ())],
            "title": " · ".join(part for part in (event.name, shown.what(event)) if part),
            "classNames": [name for name in (event.colour, event.ground, f"is-{event.importance}") if name],
            "extendedProps": {
                "panel": shown.panel(event),
                "time": f"{starts:%H:%M}" if starts else shown.event(event),
                "hour": f"{starts:%H:%M}" if starts else "",
                "until": f"{ends:%Y-%m-%dT%H:%M}" if ends else "",
                "spoken": shown.spoken(event),
                "weight": WEIGHTS[event.importance],
                "version": row.version,
                "given": event.kind in GIVEN,
                **(self.addresses(event) if movable else dict.fromkeys(("move", "stretch", "box"), "")),
            },
        }

    def addresses(self, event: DueEvent) -> dict[str, str]:
        """Where a change of it is asked for."""
        kind, number = event.kind, str(event.id)

        def made() -> dict[str, str]:
            move, box = MOVES[kind]
            half: dict[str, Any] = {"half": kind} if kind in DAYS_OF_HALVES else {}
            return {
                "move": url_for(move, pk=ANY_ROW, **half),
                "stretch": url_for("CalendarView.stretch", pk=ANY_ROW) if event.is_contact else "",
                "box": url_for(box, pk=ANY_ROW) if box else "",
            }

        patterns = self.shown.once(("addresses", kind), made)
        return {name: pattern.replace(ANY_ROW, number) for name, pattern in patterns.items()}

    def more(self, state: CalendarState, owner: int | None, day: date, count: int) -> dict[str, Any]:
        """That the day has more events, with the list of them."""
        whose = {user.id: user.username for user in self.shown.reader.people.others}
        but = ",".join(sorted(state.but - {"responsible"}))
        narrowed = {"responsible": whose[owner], BUT: but} if owner is not None else {}
        return self.sign(
            f"more-{owner}-{day}",
            owner,
            day,
            _("%(count)s more", count=count),
            "more",
            weight=len(WEIGHTS),
            url=state.address(view="", on="", span=f"{day}", **narrowed),
        )

    def full(self, owner: int, day: date, words: str) -> dict[str, Any]:
        """That the day is planned beyond its hours."""
        return self.sign(f"full-{owner}-{day}", owner, day, words, "full", weight=-1, time=_("beyond hours"))

    @staticmethod
    def sign(name: str, owner: int | None, day: date, title: str, look: str, **more: Any) -> dict[str, Any]:
        return {
            "id": name,
            "start": f"{day}",
            "end": f"{day}",
            "allDay": True,
            "editable": False,
            "durationEditable": False,
            "resourceIds": [] if owner is None else [owner],
            "title": title,
            "classNames": [look],
            "extendedProps": more,
        }

    def wall(self, at: datetime) -> datetime:
        return at.astimezone(self.shown.reader.zone)


def rest_of(
    diaries: Mapping[int | None, Diary], period: Period, *, lanes: bool, by_days: bool
) -> Iterator[dict[str, Any]]:
    """What is shaded: hours and days without work, by days alone where a cell is a day."""
    for owner, diary in diaries.items():
        for day in period.each_day():
            hours = diary.on(day)
            if by_days:
                parts = [] if hours else [(f"{day}", f"{day}")]
            else:
                edges = [f"{day} 00:00", *(f"{day} {hour:%H:%M}" for hour in hours or ()), f"{day + DAY} 00:00"]
                parts = [*zip(edges[::2], edges[1::2], strict=True)]
            for start, end in parts:
                yield {
                    "id": f"rest-{owner}-{start}",
                    "start": start,
                    "end": end,
                    "allDay": by_days,
                    "display": "background",
                    "resourceIds": [owner] if lanes else [],
                }
