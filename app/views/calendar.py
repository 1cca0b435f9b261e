"""The user's calendar: what is to be done, in one list by the time of execution."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, jsonify, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as Answer

from app import clock
from app.domain.calendar import SUPPLIER_KINDS, EventColour, EventKind, HalfDone, Window, day_in
from app.domain.contact_times import CLOSING, OPENING, Diary
from app.domain.order_state import percent_done
from app.domain.periods import DAY, BadPeriod, parse_day
from app.domain.words import FeedKind
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.models.figures import ClientFigure
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.tasks import Task
from app.models.users import User
from app.queries import calendar as queries
from app.queries.calendar import COUNT_CAP, EventChoice, EventKey
from app.queries.rights import users_who_may
from app.queries.sales.orders import lines_of_order
from app.services import calendar
from app.services.calendar import DueEvent, EventPage
from app.services.contacts import verbs
from app.services.diaries import diary_of, overfull, zone_of
from app.services.journal import act_of
from app.views.calendar_choice import (
    SECTIONS,
    VIEWS,
    CalendarState,
    Colleagues,
    bar_of,
    event_caption,
    ready_made,
    tabs_of,
)
from app.views.contacts.contacts import sign
from app.views.contacts.verbs import asked_moment, worded
from app.web.cards.feed import EPOCH, MICROSECOND, feed_page
from app.web.cards.verbs import refusal
from app.web.display import AtLeast, count_text, display
from app.web.forms.fields import row_number
from app.web.undo import undo_url

OTHERS = "Calendars of others"
PAGE = 50
LATEST = 7  # of what is overdue stand above today; the rest is a press away
MOST_IN_JSON = 500
MOST_DAYS = 45  # of a month with the ends of its weeks
TOP_OF_DAY, TOP_OF_MONTH = 28, 4  # events of a day that a grid draws: a browser is slow with more
COLOUR_WORDS = {
    EventColour.OVERDUE: _l("Overdue"),
    EventColour.TODAY: _l("Today"),
    EventColour.LATER: _l("Later"),
    EventColour.NONE: _l("Without a date"),
}
PANELS = {
    EventKind.CONTACT: "contact",
    EventKind.TASK: "task",
    EventKind.SHIPMENT: "order",
    EventKind.PAYMENT: "order",
    **dict.fromkeys(SUPPLIER_KINDS, "supply"),
}
MOVES = {  # what is dragged to another time: where that is said, and the box that asks why
    EventKind.CONTACT: ("CalendarView.move", "ContactView.box"),
    EventKind.TASK: ("TaskView.move", "TaskView.box"),
}
SCREENS = {  # of the card of an event's row
    Contact: "ContactView",
    Task: "TaskView",
    BuyerOrder: "OrderView",
    SupplierOrder: "SupplierOrderView",
}


@dataclass(frozen=True)
class Reader:
    """Who looks, in which zone and on which day of it."""

    zone: ZoneInfo
    today: date
    people: Colleagues

    @classmethod
    def now(cls, others: bool) -> Reader:
        zone = zone_of(current_user, clock.zone())
        session = db.session()
        people = Colleagues(current_user)
        if others:
            heads = set(session.scalars(users_who_may("read", OTHERS).with_only_columns(User.id)))
            people = Colleagues(current_user, session.scalars(queries.active_users()).all(), heads)
        return cls(zone, day_in(zone, clock.now()), people)


class CalendarView(BaseView):
    route_base = "/calendar"
    default_view = "page"
    class_permission_name = "Calendar"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        state, reader = CalendarState.of_request(), self.reader()
        choice = state.choice(reader.people, self.reads)
        kinds = {kind for kind, section in SECTIONS.items() if self.reads(section)}
        self.update_redirect()
        rows = (
            {"found": self.found(state, choice, reader)} if state.view == "list" else {"grid": grid_of(state, reader)}
        )
        page: str = self.render_template(
            f"crm/calendar/{'list' if state.view == 'list' else 'grid'}.html",
            title=_("Calendar"),
            **rows,
            views=VIEWS,
            state=state,
            bar=bar_of(state, reader.people, kinds),
            tabs=tabs_of(state, ready_made(reader.people, kinds)),
            counts=self.counts(choice, reader),
            show_whose=choice.owners is None or len(choice.owners) != 1,
            shown=Shown(reader),
            may={name: self.writes(name) for name in ("Shipments", "Payments", "Orders", "Contacts")},
            panels=PANELS,
        )
        return page

    @expose("/json")
    @has_access
    @permission_name("read")
    def json(self) -> Response:
        """The rows of the choice for programs: all that is due by their days, the first MOST_IN_JSON of them."""
        state, reader = CalendarState.of_request(), self.reader()
        choice = state.choice(reader.people, self.reads)
        window = state.window(reader.today) or Window(undated=True)
        if not state.is_understood(reader.today):
            choice = replace(choice, kinds=frozenset())
        after = key_of(request.args.get("after", ""))
        rows = calendar.page(db.session(), choice, window, reader.zone, reader.today, size=MOST_IN_JSON, after=after)
        answer = jsonify([plain(event, reader.zone) for event in rows.events])
        if rows.after:
            rest = state.address("CalendarView.json", after=text_of(rows.after))
            answer.headers["Link"] = f'<{rest}>; rel="next"'
        return answer

    @expose("/grid")
    @has_access
    @permission_name("read")
    def grid(self) -> Response:
        """The days of a grid: wall-clock texts of the reader's zone, so that no browser counts hours for us."""
        state, reader = CalendarState.of_request(), self.reader()
        choice = state.choice(reader.people, self.reads)
        try:
            first = date.fromisoformat(request.args.get("start", ""))
            last = date.fromisoformat(request.args.get("end", "")) - DAY
        except (ValueError, OverflowError):
            abort(400)
        if not DAY <= last - first + DAY <= MOST_DAYS * DAY:
            abort(400)
        top = TOP_OF_MONTH if state.view == "month" else TOP_OF_DAY
        found = calendar.days(db.session(), choice, Window(first, last), reader.zone, reader.today, top=top)
        shown, may = Shown(reader), {name for name in ("Contacts", "Tasks") if self.writes(name)}
        diary = diary_of(db.session(), current_user, now=clock.now(), zone=clock.zone())
        drawn = [self.drawn(event, shown, may) for event in found.events]
        more = [
            {
                "id": f"more-{day}",
                "start": f"{day}",
                "end": f"{day}",
                "allDay": True,
                "editable": False,
                "title": _("%(count)s more", count=count),
                "classNames": ["more"],
                "extendedProps": {"url": state.address(view="", on="", span=f"{day}")},
            }
            for day, count in found.more.items()
        ]
        return jsonify([*drawn, *more, *rest_of(diary, first, last)])

    @staticmethod
    def drawn(event: DueEvent, shown: Shown, may: Collection[str]) -> dict[str, Any]:
        zone, row = shown.reader.zone, event.row
        starts = row.starts_at.astimezone(zone) if event.is_contact else None
        ends = row.ends_at.astimezone(zone) if event.is_contact else None
        owner = event.responsible
        own = (owner is not None and owner.id == current_user.id) or bool(shown.reader.people.others)
        movable = own and SECTIONS[event.kind] in may and event.kind in MOVES
        move, box = MOVES.get(event.kind, ("", ""))
        return {
            "id": f"{event.kind}-{event.id}",
            "start": f"{starts:%Y-%m-%d %H:%M}" if starts else f"{event.day}",
            "end": f"{ends:%Y-%m-%d %H:%M}" if ends else f"{event.day}",
            "allDay": not event.is_contact,
            "editable": movable,
            "title": " · ".join(part for part in (event.name, shown.what(event)) if part),
            "classNames": [name for name in (event.colour, event.ground, f"is-{event.importance}") if name],
            "extendedProps": {
                "panel": url_for(f".{PANELS[event.kind]}", pk=event.id),
                "time": f"{starts:%H:%M}" if starts else shown.event(event),
                "spoken": shown.spoken(event),
                "version": row.version,
                "move": url_for(move, pk=event.id) if movable else "",
                "box": url_for(box, pk=event.id) if movable else "",
            },
        }

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    @permission_name("read")
    def move(self, pk: str) -> Answer:
        """A contact is dragged to another time: one's own, or of one's people."""
        session, now = db.session(), clock.now()
        if not self.writes("Contacts"):
            abort(403)
        contact = self.row(Contact, pk)
        if contact.manager_id != current_user.id and not self.reads(OTHERS):
            abort(403)
        try:
            if row_number(request.form.get("version", "")) != contact.version:
                raise StaleDataError
            at = asked_moment(diary_of(session, current_user, now=now, zone=clock.zone()), now, contact)
            verbs.move(session, contact, at, now=now, reason=request.form.get("reason", ""))
            told = [_("Moved: %(when)s.", when=worded(at)), *self.warnings(contact)]
            act = act_of(session)
            session.commit()
        except StaleDataError:
            session.rollback()
            return refusal(Refused(_("Somebody changed this contact a moment ago: look once more.")))
        except Refused as refused:
            session.rollback()
            return refusal(refused)
        return jsonify(told=" ".join(told), url=url_for("ContactView.show", pk=pk), undo=undo_url(act))

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

    @expose("/count")
    @has_access
    @permission_name("read")
    def count(self) -> Response:
        """The figures of the menu: the reader's own."""
        reader = self.reader(others=False)
        counts = self.counts(CalendarState({}).choice(reader.people, self.reads), reader)
        return jsonify(counts | {"told": count_text(counts["overdue"] or counts["today"])})

    @expose("/order/<pk>")
    @has_access
    @permission_name("read")
    def order(self, pk: str) -> str:
        """What is known of an order, beside the list."""
        order = self.row(BuyerOrder, pk)
        return self.panel(
            order,
            "crm/calendar/panel_order.html",
            lines=db.session.execute(lines_of_order(order.id)).all(),
            documents=self.feed("order", order.id, (FeedKind.SHIPMENT, FeedKind.SHARE, FeedKind.CORRECTION)),
            shipped_percent=percent_done(order.planned_amount - order.rest_amount, order.planned_amount),
            paid_percent=percent_done(order.paid_amount, order.due_amount),
            may={name: self.writes(name) for name in ("Shipments", "Payments", "Orders")},
        )

    @expose("/contact/<pk>")
    @has_access
    @permission_name("read")
    def contact(self, pk: str) -> str:
        """A contact, and the client's card."""
        return self.panel(self.row(Contact, pk), "crm/calendar/panel_contact.html")

    @expose("/task/<pk>")
    @has_access
    @permission_name("read")
    def task(self, pk: str) -> str:
        """A task, and whom it is about."""
        return self.panel(self.row(Task, pk), "crm/calendar/panel_task.html")

    @expose("/supply/<pk>")
    @has_access
    @permission_name("read")
    def supply(self, pk: str) -> str:
        """An order to a supplier."""
        order = self.row(SupplierOrder, pk)
        return self.panel(order, "crm/calendar/panel_supply.html", lines=order.lines)

    def panel(self, row: Any, template: str, **more: Any) -> str:
        client = row.counterparty
        debt = select(ClientFigure.debt).where(ClientFigure.counterparty_id == client.id) if client else None
        page: str = self.render_template(
            template,
            title=str(row),
            item=row,
            client=client,
            name=client or getattr(row, "counterparty_name", None) or getattr(row, "prospect", ""),
            debt=db.session.scalar(debt) if debt is not None else None,
            contacts=self.feed("counterparty", client.id, (FeedKind.CONTACT,)) if client else [],
            card_url=url_for(f"{SCREENS[type(row)]}.show", pk=row.id),
            **more,
        )
        return page

    @staticmethod
    def feed(owner: str, pk: int, kinds: Sequence[FeedKind]) -> Sequence[Any]:
        return feed_page(db.session(), owner, pk, tuple(kinds)).events

    def row(self, model: Any, pk: str) -> Any:
        section = {Contact: "Contacts", Task: "Tasks", BuyerOrder: "Orders", SupplierOrder: "Supplier orders"}[model]
        if not self.reads(section):
            abort(403)
        return db.session.get(model, row_number(pk) or 0) or abort(404)

    def reader(self, *, others: bool = True) -> Reader:
        return Reader.now(others and self.appbuilder.sm.has_access("can_read", OTHERS))

    def reads(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_read", section))

    def writes(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", section))

    @staticmethod
    def counts(choice: EventChoice, reader: Reader) -> dict[str, int]:
        """How much of the choice is overdue, for today, and to be shipped today."""
        today = Window(reader.today, reader.today)
        shipments = replace(choice, kinds=choice.kinds & {EventKind.SHIPMENT})
        asked = {
            "overdue": (choice, Window.before(reader.today)),
            "today": (choice, today),
            "to_ship": (shipments, today),
        }
        row = db.session.execute(queries.counts(asked, reader.zone)).one()
        return {name: AtLeast(count) if count > COUNT_CAP else count for name, count in row._mapping.items()}

    @staticmethod
    def found(state: CalendarState, choice: EventChoice, reader: Reader) -> Found:
        session, after = db.session(), key_of(request.args.get("after", ""))
        asked, window = state.said("span"), state.window(reader.today)
        if asked and window is None:
            return Found(EventPage(), is_understood=False)
        place: dict[str, Any] = {"zone": reader.zone, "today": reader.today}
        late = EventPage()
        if window is None and after is None:
            late = calendar.page(session, choice, Window.before(reader.today), size=LATEST, latest=True, **place)
        window = window or Window.ahead(reader.today)
        return Found(calendar.page(session, choice, window, size=PAGE, after=after, **place), late, after is not None)


class ColleaguesView(BaseView):
    """Those whose calendars the reader may open, each with what is overdue and what is for today."""

    route_base = "/calendar/people"
    default_view = "page"
    class_permission_name = OTHERS

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        reader = Reader.now(others=True)
        may = self.appbuilder.sm.has_access
        rows = []
        for user in reader.people.others:
            state = CalendarState({"responsible": user.username})
            choice = state.choice(reader.people, lambda section: bool(may("can_read", section)))
            rows.append((user, state, CalendarView.counts(choice, reader)))
        page: str = self.render_template("crm/calendar/people.html", title=_("Calendars of others"), rows=rows)
        return page


@dataclass(frozen=True)
class Grid:
    """The days that a page draws: `narrow` is the list of them, for screens that have no room."""

    view: str
    on: date
    events: str
    narrow: str
    hours: tuple[str, str]


GRID_VIEWS = {"day": "timeGridDay", "week": "timeGridWeek", "month": "dayGridMonth"}


def grid_of(state: CalendarState, reader: Reader) -> Grid:
    try:
        on = parse_day(state.said("on"), reader.today) if state.said("on") else reader.today
    except BadPeriod:
        on = reader.today
    events = state.address("CalendarView.grid", on="", span="")
    narrow = state.address(view="", on="", span=f"{on}")
    return Grid(GRID_VIEWS[state.view], on, events, narrow, (f"{OPENING:%H:%M}", f"{CLOSING:%H:%M}"))


def rest_of(diary: Diary, first: date, last: date) -> list[dict[str, Any]]:
    """What is shaded: hours and days without work."""
    found = []
    for number in range((last - first).days + 1):
        day = first + number * DAY
        hours = diary.on(day)
        parts = [("00:00", f"{hours[0]:%H:%M}"), (f"{hours[1]:%H:%M}", "24:00")] if hours else [("00:00", "24:00")]
        for begins, ends in parts:
            end = f"{day + DAY} 00:00" if ends == "24:00" else f"{day} {ends}"
            found.append(
                {"id": f"rest-{day}-{begins}", "start": f"{day} {begins}", "end": end, "display": "background"}
            )
    return found


@dataclass(frozen=True)
class Found:
    """The rows of the page: what is overdue stands above what is ahead."""

    ahead: EventPage
    late: EventPage = field(default_factory=EventPage)
    goes_on: bool = False
    is_understood: bool = True

    @property
    def is_empty(self) -> bool:
        return not (self.ahead.events or self.late.events)

    @property
    def next(self) -> str:
        return text_of(self.ahead.after) if self.ahead.after else ""


@dataclass(frozen=True)
class Shown:
    """The words of a row."""

    reader: Reader

    def when(self, event: DueEvent) -> str:
        """«today 10:00», «27.11», «30.11 → 02.12», «without a date»."""
        text = self.moment(event.key.at, timed=event.is_contact)
        if event.moved_from is None:
            return text
        return f"{self.moved(event)} → {text}"

    def moved(self, event: DueEvent) -> str:
        was = event.moved_from
        return f"{day_in(self.reader.zone, was) if isinstance(was, datetime) else was:%d.%m}"

    def moment(self, at: datetime | None, *, timed: bool) -> str:
        if at is None:
            return _("without a date")
        local, today = at.astimezone(self.reader.zone), self.reader.today
        named = {today: _("today"), today + DAY: _("tomorrow")}
        usual = "%d.%m" if abs((local.date() - today).days) < 300 else "%d.%m.%Y"
        day = named.get(local.date()) or f"{local:{usual}}"
        return f"{day} {local:%H:%M}" if timed else day

    def spoken(self, event: DueEvent) -> str:
        """The day in full and how it stands, for whoever hears the row or does not tell its colours."""
        day = format_date(event.day, "EEEE, d MMMM") if event.day else ""
        return ", ".join(part for part in (str(COLOUR_WORDS[event.colour]), day) if part)

    def event(self, event: DueEvent) -> str:
        return event_caption(event.kind)

    def what(self, event: DueEvent) -> str:
        if event.is_contact:
            return event.row.subject or str(display(event.row.kind))
        if event.is_task:
            return str(event.row)
        return f"{event.number} · {self.done(event)}"

    def done(self, event: DueEvent) -> str:
        """«not shipped», «40 of 100 shipped»."""
        assert event.half is not None
        words = {
            EventKind.SHIPMENT: (_("not shipped"), _("shipped")),
            EventKind.PAYMENT: (_("not paid"), _("paid")),
            EventKind.RECEIPT: (_("not received"), _("received")),
            EventKind.SUPPLIER_PAYMENT: (_("not paid"), _("paid")),
        }[event.kind]
        if event.done is HalfDone.NONE:
            return words[0]
        how = _("%(done)s of %(planned)s", done=display(event.half.done_amount), planned=display(event.half.planned))
        return f"{words[1]} {how}"

    def sign(self, event: DueEvent) -> str:
        return "●" if event.is_contact else "☐" if event.is_task else "◐" if event.done is HalfDone.PARTIAL else "○"

    def importance(self, event: DueEvent) -> Any:
        return sign(event.importance)


def plain(event: DueEvent, zone: ZoneInfo) -> dict[str, Any]:
    """A row of /calendar/json."""
    at, row = event.key.at, event.row
    timed = event.is_contact and at is not None
    half = event.half
    moved = event.moved_from
    return {
        "at": (at.astimezone(zone).isoformat() if timed else event.day.isoformat()) if at and event.day else None,
        "ends_at": row.ends_at.astimezone(zone).isoformat() if timed else None,
        "event": event.kind,
        "id": event.id,
        "number": event.number,
        "counterparty": event.name,
        "person": str(event.person) if event.person else None,
        "responsible": event.responsible.username if event.responsible else None,
        "kind": row.kind if event.is_contact else None,
        "direction": event.direction,
        "importance": event.importance,
        "colour": event.colour,
        "done": event.done,
        "planned": f"{half.planned:f}" if half else None,
        "done_amount": f"{half.done_amount:f}" if half else None,
        "moved_from": (moved.astimezone(zone) if isinstance(moved, datetime) else moved).isoformat() if moved else None,
        "other_half": event.other,
        "info": row.subject if event.is_contact else row.text if event.is_task else row.comment,
    }


def text_of(key: EventKey) -> str:
    at = (key.at - EPOCH) // MICROSECOND if key.at else "none"
    return f"{at}_{key.rank}_{key.id}"


def key_of(text: str) -> EventKey | None:
    """What text_of made; anything else is no key, and the list begins at its beginning."""
    at, _sep, rest = text.partition("_")
    rank, _sep, number = rest.partition("_")
    found = row_number(rank), row_number(number)
    if found[0] is None or found[1] is None:
        return None
    try:
        moment = None if at == "none" else EPOCH + int(at) * MICROSECOND
    except (ValueError, OverflowError):
        return None
    return EventKey(moment, found[0], found[1])
