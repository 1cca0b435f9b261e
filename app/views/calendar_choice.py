"""What the address asks of the calendar: whose events, which of them, and of which days."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from app.domain.calendar import SUPPLIER_KINDS, EventKind, Window
from app.domain.periods import BadPeriod, parse_span
from app.domain.words import ContactKind, Direction, Importance
from app.models.counterparties import ContactPerson, Counterparty
from app.models.users import User
from app.queries.calendar import EventChoice
from app.web.display import display
from app.web.forms.fields import LookupField, SelectBox, offered, row_number, words_of
from app.web.lists.bar import Chip, fill, said
from app.web.lists.tabs import ShownTab

EVENT_WORDS: dict[EventKind, Any] = {
    EventKind.CONTACT: _l("Contact"),
    EventKind.TASK: _l("Task"),
    EventKind.SHIPMENT: _l("Shipping"),
    EventKind.PAYMENT: _l("Payment"),
    EventKind.RECEIPT: _l("Receipt of goods"),
    EventKind.SUPPLIER_PAYMENT: _l("Payment to a supplier"),
}
SPANS: dict[str, Any] = {
    "today": _l("Today"),
    "tomorrow": _l("Tomorrow"),
    "overdue": _l("Overdue"),
    "this-week": _l("This week"),
    "next-week": _l("Next week"),
    "this-month": _l("This month"),
    "undated": _l("Without a date"),
}
PLACE = ("view", "on")  # how and from which day it is shown; the rest says what
ME, TEAM, ALL = "me", "team", "all"
WHOSE: dict[str, Any] = {ME: _l("I"), TEAM: _l("My people"), ALL: _l("Everybody")}
VIEWS: dict[str, Any] = {"list": _l("List"), "day": _l("Day"), "week": _l("Week"), "month": _l("Month")}
FIELDS = ("counterparty", "person", "responsible", "event", "importance", "direction", "kind", "document", "span")
SECTIONS = {
    EventKind.CONTACT: "Contacts",
    EventKind.TASK: "Tasks",
    EventKind.SHIPMENT: "Orders",
    EventKind.PAYMENT: "Orders",
    **dict.fromkeys(SUPPLIER_KINDS, "Supplier orders"),
}


@dataclass(frozen=True)
class Colleagues:
    """Whose calendars the reader may open: his own, and with the right to them those of `others`."""

    me: User
    others: Sequence[User] = ()
    heads: Collection[int] = ()  # those who have that right themselves

    def owners(self, text: str) -> tuple[int, ...] | None:
        """None: everybody's. 403 for the calendar of somebody else that the reader may not open."""
        found: set[int] = set()
        logins = {user.username: user.id for user in self.others}
        for word in [part.strip() for part in text.split(",")] if text else [ME]:
            if word == ME or word == self.me.username:
                found.add(self.me.id)
            elif word in {TEAM, ALL}:
                if word == ALL and self.others:
                    return None
                found |= {user.id for user in self.others if user.id not in self.heads} or {self.me.id}
            elif word in logins:
                found.add(logins[word])
            elif not self.others:
                abort(403)
        return tuple(sorted(found))

    @property
    def words(self) -> dict[str, Any]:
        return {**WHOSE, **{user.username: user.get_full_name() for user in self.others if user.id != self.me.id}}


@dataclass(frozen=True)
class CalendarState:
    """The parameters of the address, without the page that is shown."""

    args: Mapping[str, str]

    @classmethod
    def of_request(cls) -> CalendarState:
        return cls({name: text for name in (*PLACE, *FIELDS) if (text := request.args.get(name, "").strip())})

    @property
    def asked(self) -> dict[str, str]:
        return {name: text for name, text in self.args.items() if name not in PLACE}

    @property
    def view(self) -> str:
        """How it is shown; what is no view is the list."""
        return self.said("view") if self.said("view") in VIEWS else "list"

    @property
    def text(self) -> str:
        return urlencode(self.asked)

    def address(self, endpoint: str = "CalendarView.page", **changed: str) -> str:
        """The same choice with these parameters in place of its own; an empty one is taken away."""
        asked: dict[str, Any] = {name: text for name, text in {**self.args, **changed}.items() if text}
        return url_for(endpoint, **asked)

    def said(self, name: str) -> str:
        return self.args.get(name, "")

    def window(self, today: date) -> Window | None:
        """Of the span that is asked for; None when it says nothing, or nothing that can be understood."""
        try:
            span = parse_span(self.said("span"), today) if self.said("span") else None
        except BadPeriod:
            return None
        return Window.of(span, today) if span else None

    def is_understood(self, today: date) -> bool:
        return not self.said("span") or self.window(today) is not None

    def choice(self, people: Colleagues, may_read: Callable[[str], bool]) -> EventChoice:
        """What is asked for in the words of the base; nonsense finds nothing."""
        owners = people.owners(self.said("responsible"))
        readable = frozenset(kind for kind, section in SECTIONS.items() if may_read(section))
        texts = [text for text in self.said("event").split(",") if text]
        kinds = frozenset(EventKind(text) for text in texts if text in set(EventKind)) & readable
        usual = readable - {*SUPPLIER_KINDS} if may_read("Orders") else readable
        wrong = False

        def one(name: str, words: type[StrEnum]) -> Any:
            nonlocal wrong
            text = self.said(name)
            known = text in {*words}
            wrong = wrong or bool(text and not known)
            return words(text) if known else None

        def row(name: str) -> int | None:
            text = self.said(name)
            return (row_number(text) or 0) if text else None

        importance, direction = one("importance", Importance), one("direction", Direction)
        contact_kind = one("kind", ContactKind)
        return EventChoice(
            kinds=frozenset() if wrong else kinds if texts else usual,
            owners=owners,
            counterparty_id=row("counterparty"),
            person_id=row("person"),
            importance=importance,
            direction=direction,
            contact_kind=contact_kind,
            number=self.said("document"),
        )


class CalendarForm(FlaskForm):
    counterparty = LookupField(_l("Counterparty"), model=Counterparty)
    span = SelectField(_l("When due"), widget=SelectBox())
    event = SelectField(_l("Event"), widget=SelectBox())
    importance = SelectField(_l("Importance"), choices=offered(words_of(Importance)), widget=SelectBox())
    person = LookupField(_l("Contact person"), model=ContactPerson)
    direction = SelectField(_l("Direction"), choices=offered(words_of(Direction)), widget=SelectBox())
    kind = SelectField(_l("Kind of contact"), choices=offered(words_of(ContactKind)), widget=SelectBox())
    document = StringField(_l("Number of the document"))
    responsible = SelectField(_l("Responsible"), widget=SelectBox())


@dataclass(frozen=True)
class Bar:
    """What crm/lists/filter_bar.html shows."""

    first: Sequence[tuple[Any, Any]]
    rest: Sequence[tuple[Any, Any]]
    chips: Sequence[Chip]
    kept: Mapping[str, str]


def bar_of(state: CalendarState, people: Colleagues, kinds: Collection[EventKind]) -> Bar:
    """The filters as the lists have them: what is asked stands in its field and as a chip."""
    form = CalendarForm(formdata=None, meta={"csrf": False})
    words = {
        "span": SPANS,
        "event": {kind.value: EVENT_WORDS[kind] for kind in EventKind if kind in kinds},
        "responsible": people.words,
    }
    for name, known in words.items():
        form[name].choices = offered({**_listed(state.said(name), known), **known})
    fields, chips = [], []
    for name, field in form._fields.items():
        if name == "responsible" and not people.others:
            continue
        asked = state.said(name)
        fill(field, asked)
        fields.append((field.label.text, field))
        if asked:
            chips.append(Chip(str(field.label.text), said(field, asked), state.address(**{name: ""})))
    if people.others and not state.said("responsible"):
        chips.insert(0, Chip(_("Responsible"), _("I"), state.address(responsible=ALL)))
    return Bar(fields[:1], fields[1:], chips, {name: state.said(name) for name in PLACE if state.said(name)})


def _listed(asked: str, known: Mapping[str, Any]) -> dict[str, str]:
    """A value that the select does not offer: a list of several, a span of two days."""
    if not asked or asked in known:
        return {}
    parts = [str(known[part]) if part in known else _day(part) for part in asked.split(",")]
    return {asked: ", ".join(parts)}


def _day(text: str) -> str:
    first, dots, last = text.partition("..")
    try:
        return f"{display(date.fromisoformat(first))}{f' – {display(date.fromisoformat(last))}' if dots else ''}"
    except ValueError:
        return text


def ready_made(people: Colleagues, kinds: Collection[EventKind]) -> list[tuple[str, dict[str, str]]]:
    """Choices that stand above the list under their names."""
    tabs: list[tuple[str, dict[str, str]]] = [(_("Mine"), {})]
    if EventKind.SHIPMENT in kinds:
        tabs.append((_("To ship today"), {"event": EventKind.SHIPMENT, "span": "today"}))
    tabs.append((_("The most important"), {"importance": Importance.HIGH}))
    if EventKind.RECEIPT in kinds and EventKind.SHIPMENT in kinds:
        tabs.append((_("With suppliers"), {"event": ",".join(EventKind)}))
    if people.others:
        tabs.append((_("My people"), {"responsible": TEAM}))
    return tabs


def tabs_of(state: CalendarState, tabs: Sequence[tuple[str, dict[str, str]]]) -> list[ShownTab]:
    bare = CalendarState({name: state.said(name) for name in PLACE})
    return [ShownTab(label, bare.address(**choice), state.asked == choice, is_shared=False) for label, choice in tabs]


def event_caption(kind: EventKind) -> str:
    return str(EVENT_WORDS[kind])
