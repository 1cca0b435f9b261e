"""The rows of the calendar's list as its page prints them: it has dozens, and a template takes longer for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.domain.calendar import EventColour, EventKind
from app.models.counterparties import Counterparty
from app.services.calendar import DueEvent
from app.views.calendar_rows import Shown
from app.web.display import NOTHING, display
from app.web.lists.table import NUMBER_IN_ADDRESS as ANY_ROW
from app.web.lists.table import Links

SIGNS = {
    EventColour.OVERDUE: '<i class="fa fa-triangle-exclamation" aria-hidden="true"></i>',
    EventColour.LATER: '<i class="fa fa-hourglass-start" aria-hidden="true"></i>',
}
TICK = (
    '<td class="tick"><input type="checkbox" name="rowid" value="KEY" form="{form}" data-form="{form}"'
    ' aria-label="{label}"></td>'
)
NO_TICK = '<td class="tick"></td>'


class EventTable:
    """What is the same in many rows is made once a page; a cell with `data-only` is asked for alone by a press."""

    FORM = "actions-CalendarView"  # of what is done with ticked rows

    def __init__(
        self, shown: Shown, *, show_whose: bool, may: Mapping[str, bool], ticks: Collection[EventKind]
    ) -> None:
        self.shown, self.show_whose, self.links, self.ticks = shown, show_whose, Links(), ticks
        self.tick = TICK.format(form=self.FORM, label=escape(_("Tick the row")))
        self.labels = {
            "WHEN": escape(_("When due")),
            "EVENT": escape(_("Event")),
            "CLIENT": escape(_("Counterparty")),
            "AMOUNT": escape(_("Amount")),
        }
        self.who = escape(_("Responsible"))
        self.presses = self._presses(may)

    @staticmethod
    def _presses(may: Mapping[str, bool]) -> dict[EventKind, str]:
        """What is done with a half of an order, for the number that stands for all."""
        macros = current_app.jinja_env.get_template("crm/_ui.html").module
        found = {}
        for kind, section, endpoint, words, icon, key in (
            (EventKind.SHIPMENT, "Shipments", "OrderView.ship", _("Ship"), "fa-truck", "KeyS"),
            (EventKind.PAYMENT, "Payments", "OrderView.pay", _("Take payment"), "fa-wallet", "KeyP"),
        ):
            if may[section] and may["Orders"]:
                url = url_for(endpoint, pk=ANY_ROW)
                found[kind] = str(macros.link_button(url, words, icon, "btn-sm", **{"data-key": key}))  # type: ignore[attr-defined]
        return found

    def rows(self, events: Iterable[DueEvent]) -> Markup:
        return Markup("".join(map(self.row, events)))

    def row(self, event: DueEvent) -> str:
        """Its HTML: what people wrote is escaped here, what is kept in `of_...` was when it was made."""
        shown, kind = self.shown, event.kind
        panel, who = escape(shown.panel(event)), self.responsible(event) if self.show_whose else ""
        amount, void = ("", " void") if event.left is None else (escape(display(event.left)), "")
        spoken, due = shown.once(("cells", event.day), lambda: self.of_day(event))
        return (
            f'<tr class="event {event.colour} {event.ground}" data-panel="{panel}" data-event="{kind}-{event.id}">'
            f'{self.tick_of(event)}<td class="sign" title="{spoken}">'
            f'<span aria-hidden="true">{shown.sign(event)}</span><span class="sr-only">{spoken}</span></td>'
            f"{shown.once(('mark', event.importance), lambda: self.of_importance(event))}"
            f"{due}{escape(shown.when(event))}</td>{shown.once(('cell', kind), lambda: self.of_kind(event))}"
            f'<td class="name" data-label="{self.labels["CLIENT"]}"{only("counterparty", event.row.counterparty_id)}>'
            f'{self.client(event)}</td><td class="lead"{only("document", event.number)}>'
            f'<a class="lead-link" href="{panel}">{escape(shown.what(event))}</a></td>{who}'
            f'<td class="num{void}" data-label="{self.labels["AMOUNT"]}">{amount}</td>'
            f'<td class="ops"><span>{self.verbs(event)}</span></td></tr>'
        )

    def of_day(self, event: DueEvent) -> tuple[Markup, str]:
        """How its day is told, and the cell of the moment up to the moment itself."""
        asks = only("span", event.day or "undated")
        return escape(self.shown.spoken(event)), (
            f'<td class="whole when" data-label="{self.labels["WHEN"]}"{asks}>{SIGNS.get(event.colour, "")}'
        )

    def of_importance(self, event: DueEvent) -> str:
        return f'<td class="sign"{only("importance", event.importance)}>{escape(self.shown.importance(event))}</td>'

    def of_kind(self, event: DueEvent) -> str:
        label, asks = self.labels["EVENT"], only("event", event.kind)
        return f'<td class="whole" data-label="{label}"{asks}>{escape(self.shown.event(event))}</td>'

    def tick_of(self, event: DueEvent) -> str:
        if not self.ticks:
            return ""
        return self.tick.replace("KEY", f"{event.kind}-{event.id}") if event.kind in self.ticks else NO_TICK

    def client(self, event: DueEvent) -> str:
        if event.client is not None:
            return self.links.to_named(Counterparty, event.client, event.name)
        if event.is_contact and not event.row.counterparty_id:
            return f'<b class="prospect">{escape(event.name)}</b>'
        return escape(event.name or NOTHING)

    def responsible(self, event: DueEvent) -> str:
        who = event.responsible
        asks = only("responsible", who and who.username)
        return f'<td class="whole" data-label="{self.who}"{asks}>{escape(who or NOTHING)}</td>'

    def verbs(self, event: DueEvent) -> str:
        if event.is_contact or event.is_task:
            return escape(self.shown.verbs(event))
        return self.presses.get(event.kind, "").replace(ANY_ROW, str(event.id))


def only(name: str, value: object) -> str:
    return f' data-only="{name}={escape(value)}"' if value else ""
