"""The rows of the calendar's list as its page prints them: it has dozens, and a template takes longer for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.domain.calendar import EventColour, EventKind
from app.services.calendar import DueEvent
from app.views.calendar_rows import Shown
from app.web.display import NOTHING, display
from app.web.lists.table import NUMBER_IN_ADDRESS as ANY_ROW
from app.web.lists.table import Links

SIGNS = {
    EventColour.OVERDUE: Markup('<i class="fa fa-triangle-exclamation" aria-hidden="true"></i>'),
    EventColour.LATER: Markup('<i class="fa fa-hourglass-start" aria-hidden="true"></i>'),
}
TICK = Markup(
    '<td class="tick"><input type="checkbox" name="rowid" value="KEY" form="{form}" data-form="{form}"'
    ' aria-label="{label}"></td>'
)
NO_TICK = Markup('<td class="tick"></td>')
ROW = (
    '<tr class="event {look}" data-panel="{panel}" data-event="{key}">{tick}'
    '<td class="sign" title="{spoken}"><span aria-hidden="true">{sign}</span><span class="sr-only">{spoken}</span></td>'
    '<td class="sign" data-only="importance={importance}">{mark}</td>'
    '<td class="whole when" data-label="{WHEN}" data-only="span={span}">{icon}{when}</td>'
    '<td class="whole" data-label="{EVENT}" data-only="event={kind}">{event}</td>'
    '<td class="name" data-label="{CLIENT}"{only_client}>{client}</td>'
    '<td class="lead"{only_number}><a class="lead-link" href="{panel}">{what}</a></td>{who}'
    '<td class="num{void}" data-label="{AMOUNT}">{amount}</td>'
    '<td class="ops"><span>{verbs}</span></td></tr>'
)


class EventTable:
    """What is the same in many rows is made once a page; a cell with `data-only` is asked for alone by a press."""

    FORM = "actions-CalendarView"  # of what is done with ticked rows

    def __init__(
        self, shown: Shown, *, show_whose: bool, may: Mapping[str, bool], ticks: Collection[EventKind]
    ) -> None:
        self.shown, self.show_whose, self.links, self.ticks = shown, show_whose, Links(), ticks
        self.tick = TICK.format(form=self.FORM, label=_("Tick the row"))
        self.labels = {
            "WHEN": escape(_("When due")),
            "EVENT": escape(_("Event")),
            "CLIENT": escape(_("Counterparty")),
            "AMOUNT": escape(_("Amount")),
        }
        self.who = escape(_("Responsible"))
        self.presses = self._presses(may)

    @staticmethod
    def _presses(may: Mapping[str, bool]) -> dict[EventKind, Markup]:
        """What is done with a half of an order, for the number that stands for all."""
        macros = current_app.jinja_env.get_template("crm/_ui.html").module
        found = {}
        for kind, section, endpoint, words, icon, key in (
            (EventKind.SHIPMENT, "Shipments", "OrderView.ship", _("Ship"), "fa-truck", "KeyS"),
            (EventKind.PAYMENT, "Payments", "OrderView.pay", _("Take payment"), "fa-wallet", "KeyP"),
        ):
            if may[section] and may["Orders"]:
                url = url_for(endpoint, pk=ANY_ROW)
                found[kind] = macros.link_button(url, words, icon, "btn-sm", **{"data-key": key})  # type: ignore[attr-defined]
        return found

    def rows(self, events: Iterable[DueEvent]) -> Markup:
        return Markup("").join(map(self.row, events))

    def row(self, event: DueEvent) -> Markup:
        shown, row, number = self.shown, event.row, str(event.id)
        values = self.labels | {
            "look": f"{event.colour} {event.ground}",
            "panel": shown.panel(event),
            "key": f"{event.kind}-{number}",
            "tick": self.tick_of(event),
            "spoken": shown.spoken(event),
            "sign": shown.sign(event),
            "importance": event.importance,
            "mark": shown.importance(event),
            "span": event.day or "undated",
            "icon": SIGNS.get(event.colour, ""),
            "when": shown.when(event),
            "kind": event.kind,
            "event": shown.event(event),
            "only_client": only("counterparty", row.counterparty_id),
            "client": self.client(event),
            "only_number": only("document", event.number),
            "what": shown.what(event),
            "who": self.responsible(event) if self.show_whose else "",
            "void": " void" if event.left is None else "",
            "amount": "" if event.left is None else display(event.left),
            "verbs": self.verbs(event, number),
        }
        return Markup(ROW.format_map({name: escape(value) for name, value in values.items()}))

    def tick_of(self, event: DueEvent) -> Markup:
        if not self.ticks:
            return Markup("")
        return self.tick.replace("KEY", f"{event.kind}-{event.id}") if event.kind in self.ticks else NO_TICK

    def client(self, event: DueEvent) -> object:
        if event.client is not None:
            return self.links.to(event.client)
        if event.is_contact and not event.row.counterparty_id:
            return Markup('<b class="prospect">{}</b>').format(event.name)
        return event.name or NOTHING

    def responsible(self, event: DueEvent) -> Markup:
        who = event.responsible
        asks = only("responsible", who and who.username)
        return Markup('<td class="whole" data-label="{}"{}>{}</td>').format(self.who, asks, who or NOTHING)

    def verbs(self, event: DueEvent, number: str) -> object:
        if event.is_contact or event.is_task:
            return self.shown.verbs(event)
        return self.presses.get(event.kind, Markup("")).replace(ANY_ROW, number)


def only(name: str, value: object) -> Markup:
    return Markup(' data-only="{}={}"').format(name, value) if value else Markup("")
