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
    '<td class="tick"><input type="checkbox" name="rowid" value="{kind}-{number}" form="{form}" data-form="{form}"'
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
        self.frames: dict[tuple[object, ...], tuple[str, str]] = {}
        self.tick = escape(_("Tick the row"))
        self.when, self.kind, self.whose = (escape(label) for label in (_("When due"), _("Event"), _("Counterparty")))
        self.who, amount = escape(_("Responsible")), escape(_("Amount"))
        self.amount, self.void = (f'<td class="num{look}" data-label="{amount}">' for look in ("", " void"))
        self.presses = self._presses(may)

    @staticmethod
    def _presses(may: Mapping[str, bool]) -> dict[EventKind, str]:
        """What is done with a half of an order, for the number that stands for all."""
        macros = current_app.jinja_env.get_template("crm/_ui.html").module
        found = {}
        for kind, section, endpoint, words, icon, key in (
            (EventKind.SHIPMENT, "Shipments", "OrderView.ship", _("Ship"), "fa-truck", "KeyS"),
            (EventKind.PAYMENT, "Payments", "OrderView.pay", _("Take payment"), "fa-wallet", "KeyP"),
            (EventKind.DEBT, "Payments", "OrderView.pay", _("Take payment"), "fa-wallet", "KeyP"),
        ):
            if may[section] and may["Orders"]:
                url = url_for(endpoint, pk=ANY_ROW)
                found[kind] = str(macros.link_button(url, words, icon, "btn-sm", **{"data-key": key}))  # type: ignore[attr-defined]
        return found

    def rows(self, events: Iterable[DueEvent]) -> Markup:
        return Markup("".join(map(self.row, events)))

    def row(self, event: DueEvent) -> str:
        """Its HTML: what people wrote is escaped here, the rest when its frame was made."""
        shown, number, client = self.shown, str(event.id), event.row.counterparty_id
        sign = shown.sign(event)
        like = event.kind, event.day, event.ground, event.importance, sign
        if like not in self.frames:
            self.frames[like] = self.frame(event, sign)
        begun, goes_on = self.frames[like]
        asks = f' data-only="counterparty={client}"' if client else ""
        void = event.left is None
        return (
            f"{begun.replace(ANY_ROW, number)}{escape(shown.when(event))}{goes_on}{asks}>{self.client(event)}</td>"
            f'<td class="lead"{only("document", event.number)}>'
            f'<a class="lead-link" href="{shown.panel(event)}">{escape(shown.what(event))}</a></td>'
            f"{self.responsible(event) if self.show_whose else ''}"
            f"{self.void if void else self.amount}{'' if void else escape(display(event.left))}</td>"
            f'<td class="ops"><span>{self.verbs(event)}</span></td></tr>'
        )

    def frame(self, event: DueEvent, sign: str) -> tuple[str, str]:
        """What many rows have alike: up to the moment, with ANY_ROW for the number, and from there to the client."""
        shown, kind = self.shown, event.kind
        spoken, marked = escape(shown.spoken(event)), escape(shown.importance(event))
        return (
            f'<tr class="event {event.colour} {event.ground}" data-panel data-event="{kind}-{ANY_ROW}">'
            f'{self.tick_of(kind)}<td class="sign"><span role="img" title="{spoken}">{sign}</span></td>'
            f'<td class="sign"{only("importance", event.importance)}>{marked}</td>'
            f'<td class="whole when" data-label="{self.when}"{only("span", event.day or "undated")}>'
            f"{SIGNS.get(event.colour, '')}",
            f'</td><td class="whole" data-label="{self.kind}"{only("event", kind)}>{escape(shown.event(event))}</td>'
            f'<td class="name" data-label="{self.whose}"',
        )

    def tick_of(self, kind: EventKind) -> str:
        if not self.ticks:
            return ""
        if kind not in self.ticks:
            return NO_TICK
        return TICK.format(kind=kind, number=ANY_ROW, form=self.FORM, label=self.tick)

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
