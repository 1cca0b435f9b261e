"""What the rows of the calendar say: on its pages, to programs and in workbooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.calendar import SUPPLIER_KINDS, EventColour, EventKind, HalfDone, day_in
from app.domain.periods import DAY
from app.models.captions import caption
from app.queries.calendar import EventKey
from app.services.calendar import DueEvent
from app.views.calendar_choice import Reader, event_caption
from app.views.contacts.contacts import sign
from app.web.cards.feed import EPOCH, MICROSECOND
from app.web.display import display
from app.web.forms.fields import row_number
from app.web.lists.chosen import screen_named
from app.web.lists.table import NUMBER_IN_ADDRESS as ANY_ROW

PANELS = {
    EventKind.CONTACT: "contact",
    EventKind.TASK: "task",
    EventKind.SHIPMENT: "order",
    EventKind.PAYMENT: "order",
    EventKind.DEBT: "order",
    **dict.fromkeys(SUPPLIER_KINDS, "supply"),
    EventKind.EXPECTED: "deal",
}
INFO = {EventKind.CONTACT: "subject", EventKind.TASK: "text", EventKind.EXPECTED: "subject"}  # what says it in short
COLOUR_WORDS = {
    EventColour.OVERDUE: _l("Overdue"),
    EventColour.TODAY: _l("Today"),
    EventColour.LATER: _l("Later"),
    EventColour.NONE: _l("No date"),
}


@dataclass(frozen=True)
class Shown:
    """The words of a row."""

    reader: Reader
    drawn: dict[Any, Any] = field(default_factory=dict)  # what is the same for many rows is made once a page

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.drawn:
            self.drawn[key] = make()
        return self.drawn[key]

    def panel(self, event: DueEvent) -> str:
        """The address of what stands beside the list."""
        name = PANELS[event.kind]
        pattern: str = self.once(("panel", name), lambda: url_for(f"CalendarView.{name}", pk=ANY_ROW))
        return pattern.replace(ANY_ROW, str(event.id))

    def verbs(self, event: DueEvent) -> Any:
        """The buttons of a contact or a task, as its own list draws them."""
        view = self.once(("verbs", event.kind), lambda: screen_named("ContactView" if event.is_contact else "TaskView"))
        return view.row_verbs(event.row)

    def when(self, event: DueEvent) -> Any:
        """«today 10:00», «27.11», «30.11 → 02.12», «without a date»."""
        text = self.moment(event.key.at, timed=event.is_contact)
        if event.moved_from is None:
            return text
        return f"{self.moved(event)} → {text}"

    def moved(self, event: DueEvent) -> str:
        was = event.moved_from
        return f"{day_in(self.reader.zone, was) if isinstance(was, datetime) else was:%d.%m}"

    def moment(self, at: datetime | None, *, timed: bool) -> Any:
        if at is None:
            return self.once("undated", lambda: _("without a date"))
        local, today = at.astimezone(self.reader.zone), self.reader.today
        named = self.once("named", lambda: {today: _("today"), today + DAY: _("tomorrow")})
        usual = "%d.%m" if abs((local.date() - today).days) < 300 else "%d.%m.%Y"
        day = named.get(local.date()) or f"{local:{usual}}"
        return f"{day} {local:%H:%M}" if timed else day

    def hour(self, event: DueEvent) -> str:
        return f"{event.row.starts_at.astimezone(self.reader.zone):%H:%M}"

    def spoken(self, event: DueEvent) -> str:
        """The day in full and how it stands, for whoever hears the row or does not tell its colours."""

        def words() -> str:
            day = format_date(event.day, "EEEE, d MMMM") if event.day else ""
            return ", ".join(part for part in (str(COLOUR_WORDS[event.colour]), day) if part)

        said: str = self.once(("spoken", event.day), words)
        return said

    def event(self, event: DueEvent) -> Any:
        return self.once(("event", event.kind), lambda: event_caption(event.kind))

    def what(self, event: DueEvent) -> Any:
        if event.is_contact:
            kind = event.row.kind
            return event.row.subject or self.once(("contact", kind), lambda: str(display(kind)))
        if event.is_task:
            return event.row.text
        if event.kind is EventKind.EXPECTED:
            return f"{event.row.subject} · {event.row.probability} %".removeprefix(" · ")
        return f"{event.number} · {self.done(event)}"

    def done(self, event: DueEvent) -> str:
        """«not shipped», «40 of 100 shipped»."""
        assert event.half is not None
        words = self.once("halves", words_of_halves)[event.kind]
        if event.done is HalfDone.NONE:
            return words[0]
        how = _("%(done)s of %(planned)s", done=display(event.half.done_amount), planned=display(event.half.planned))
        return f"{words[1]} {how}"

    def sign(self, event: DueEvent) -> str:
        return "●" if event.is_contact else "☐" if event.is_task else "◐" if event.done is HalfDone.PARTIAL else "○"

    def importance(self, event: DueEvent) -> Any:
        return self.once(("importance", event.importance), lambda: sign(event.importance))


def words_of_halves() -> dict[EventKind, tuple[str, str]]:
    """Of a half of an order: that nothing is done, and that something is."""
    return {
        EventKind.SHIPMENT: (_("not shipped"), _("shipped")),
        EventKind.PAYMENT: (_("not paid"), _("paid")),
        EventKind.DEBT: (_("not paid"), _("paid")),
        EventKind.RECEIPT: (_("not received"), _("received")),
        EventKind.SUPPLIER_PAYMENT: (_("not paid"), _("paid")),
    }


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
        "person": event.person or None,
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
        "info": getattr(row, INFO.get(event.kind, "comment")),
    }


HEADS = (  # of the workbook: a label, and how wide it is
    (_l("When due"), "whole"),
    (_l("First planned for"), "whole"),
    (_l("State"), "whole"),
    (_l("Importance"), "whole"),
    (_l("Event"), "whole"),
    (_l("Counterparty"), "name"),
    (_l("Contact person"), "name"),
    (_l("What"), "text"),
    (_l("Number"), "whole"),
    (_l("Direction"), "whole"),
    (_l("Responsible"), "name"),
    (_l("Planned"), "num"),
    (_l("Done"), "num"),
    (_l("Amount"), "num"),
)


def cells(event: DueEvent, shown: Shown) -> list[Any]:
    """A row of the workbook, under HEADS."""
    zone, half, was = shown.reader.zone, event.half, event.moved_from
    return [
        wall(event.key.at, zone) if event.is_contact and event.key.at else event.day,
        wall(was, zone) if isinstance(was, datetime) else was,
        str(COLOUR_WORDS[event.colour]),
        caption(event.importance),
        shown.event(event),
        event.name or None,
        event.person or None,
        shown.what(event) if event.other is None else shown.done(event),
        event.number or None,
        caption(event.direction),
        str(event.responsible) if event.responsible else None,
        half.planned if half else None,
        half.done_amount if half else None,
        event.left,
    ]


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    """As a clock on the reader's wall has it: a workbook knows no zones."""
    return at.astimezone(zone).replace(tzinfo=None)


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
