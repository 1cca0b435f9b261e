"""The user's calendar: what is to be done, in one list by the time of execution."""

from __future__ import annotations

from collections.abc import Sequence
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

from app import clock
from app.domain.calendar import EventColour, EventKind, HalfDone, Window, day_in
from app.domain.order_state import percent_done
from app.domain.periods import DAY
from app.domain.words import FeedKind
from app.extensions import db
from app.models.contacts import Contact
from app.models.figures import ClientFigure
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.users import User
from app.queries import calendar as queries
from app.queries.calendar import COUNT_CAP, EventChoice, EventKey
from app.queries.rights import users_who_may
from app.queries.sales.orders import lines_of_order
from app.services import calendar
from app.services.calendar import DueEvent, EventPage
from app.views.calendar_choice import (
    SECTIONS,
    CalendarState,
    Colleagues,
    bar_of,
    event_caption,
    ready_made,
    tabs_of,
)
from app.views.contacts.contacts import sign
from app.web.cards.feed import EPOCH, MICROSECOND, feed_page
from app.web.display import AtLeast, count_text, display
from app.web.forms.fields import row_number

OTHERS = "Calendars of others"
PAGE = 50
LATEST = 7  # of what is overdue stand above today; the rest is a press away
MOST_IN_JSON = 500
COLOUR_WORDS = {
    EventColour.OVERDUE: _l("Overdue"),
    EventColour.TODAY: _l("Today"),
    EventColour.LATER: _l("Later"),
    EventColour.NONE: _l("Without a date"),
}
SCREENS = {  # of the card of an event's row
    Contact: "ContactView",
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
        zone = zone_of(current_user)
        session = db.session()
        people = Colleagues(current_user)
        if others:
            heads = set(session.scalars(users_who_may("read", OTHERS).with_only_columns(User.id)))
            people = Colleagues(current_user, session.scalars(queries.active_users()).all(), heads)
        return cls(zone, day_in(zone, clock.now()), people)


def zone_of(user: Any) -> ZoneInfo:
    profile = getattr(user, "profile", None)
    return ZoneInfo(profile.timezone) if profile and profile.timezone else clock.zone()


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
        found = self.found(state, choice, reader)
        kinds = {kind for kind, section in SECTIONS.items() if self.reads(section)}
        self.update_redirect()
        page: str = self.render_template(
            "crm/calendar/list.html",
            title=_("Calendar"),
            state=state,
            bar=bar_of(state, reader.people, kinds),
            tabs=tabs_of(state, ready_made(reader.people, kinds)),
            counts=self.counts(choice, reader),
            found=found,
            show_whose=choice.owners is None or len(choice.owners) != 1,
            shown=Shown(reader),
            may={name: self.writes(name) for name in ("Shipments", "Payments", "Orders", "Contacts")},
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
        section = {Contact: "Contacts", BuyerOrder: "Orders", SupplierOrder: "Supplier orders"}[model]
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
        return "●" if event.is_contact else "◐" if event.done is HalfDone.PARTIAL else "○"

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
        "responsible": row.manager.username if row.manager else None,
        "kind": row.kind if event.is_contact else None,
        "direction": event.direction,
        "importance": event.importance,
        "colour": event.colour,
        "done": event.done,
        "planned": f"{half.planned:f}" if half else None,
        "done_amount": f"{half.done_amount:f}" if half else None,
        "moved_from": (moved.astimezone(zone) if isinstance(moved, datetime) else moved).isoformat() if moved else None,
        "other_half": event.other,
        "info": row.subject if event.is_contact else row.comment,
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
