"""What the address asks of the calendar: whose events, which of them, and of which days."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.fields.core import UnboundField

from app import clock
from app.domain.calendar import SUPPLIER_KINDS, EventKind, Window, day_in
from app.domain.periods import BadPeriod, parse_span
from app.domain.words import ContactKind, Direction, Importance
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.calendar import EventChoice
from app.services import calendar
from app.services.calendar import Colleague
from app.services.diaries import zone_of
from app.services.list_views import LONGEST_CHOICE
from app.services.own_fields import STAMP
from app.web.datamodel import DataModel
from app.web.display import display
from app.web.forms.fields import LookupField, SelectBox, offered, row_number, words_of
from app.web.lists.bar import Chip, FilterBar, Input, fill, input_html, is_repeated, same_words, value_in_words, wrong
from app.web.lists.own import OwnColumns, OwnFilter, filters_of
from app.web.lists.tabs import ALL as ALL_TAB
from app.web.lists.tabs import ShownTab, Tab

EVENT_WORDS: dict[EventKind, Any] = {
    EventKind.CONTACT: _l("Contact"),
    EventKind.TASK: _l("Task"),
    EventKind.SHIPMENT: _l("Shipping"),
    EventKind.PAYMENT: _l("Payment"),
    EventKind.DEBT: _l("Debt for an order"),
    EventKind.RECEIPT: _l("Receipt of goods"),
    EventKind.SUPPLIER_PAYMENT: _l("Supplier payment"),
    EventKind.EXPECTED: _l("Coming deal"),
}
SPANS: dict[str, Any] = {
    "today": _l("Today"),
    "tomorrow": _l("Tomorrow"),
    "overdue": _l("Overdue"),
    "this-week": _l("This week"),
    "next-week": _l("Next week"),
    "this-month": _l("This month"),
    "undated": _l("No date"),
}
KEPT = "kept"  # the tab that the choice began with
PLACE = ("view", "on", KEPT)  # how and from which day it is shown; the rest says what
OTHERS = "Calendars of others"
ME, TEAM, ALL = "me", "team", "all"
WHOSE: dict[str, Any] = {ME: _l("Me"), TEAM: _l("My people"), ALL: _l("Everybody")}
VIEWS: dict[str, Any] = {"list": _l("List"), "day": _l("Day"), "week": _l("Week"), "month": _l("Month")}
TURNED = {  # what may be asked the other way round, all but this; and its name in a choice of events
    "counterparty": "counterparty_id",
    "person": "person_id",
    "importance": "importance",
    "direction": "direction",
    "kind": "kind",
    "document": "number",
    "event": "",
    "responsible": "",
}
MOST_RECENT = 8
BUT = "but"  # names of the filters that are turned
FIELDS = (*TURNED, "span", BUT)
OWN = re.compile(r"(contact|order)_own_\w{1,50}")
SECTIONS = {
    EventKind.CONTACT: "Contacts",
    EventKind.TASK: "Tasks",
    EventKind.SHIPMENT: "Orders",
    EventKind.PAYMENT: "Orders",
    EventKind.DEBT: "Orders",
    **dict.fromkeys(SUPPLIER_KINDS, "Supplier orders"),
    EventKind.EXPECTED: "Deals",
}


WORDS: dict[str, type[StrEnum]] = {"importance": Importance, "direction": Direction, "kind": ContactKind}


def is_parameter(name: str) -> bool:
    return name in PLACE or name in FIELDS or OWN.fullmatch(name) is not None


def _parts(whose: str) -> list[str]:
    return [part.strip() for part in whose.split(",")] if whose else [ME]


@dataclass(frozen=True)
class Colleagues:
    """Whose calendars the reader may open: his own, and with the right to them those of `others`."""

    me: User
    others: Sequence[Colleague] = ()

    def may_open(self, text: str) -> bool:
        """Whether it names nobody whose calendar is closed to the reader."""
        return bool(self.others) or {*_parts(text)} <= {ME, TEAM, ALL, self.me.username}

    def owners(self, text: str) -> tuple[int, ...] | None:
        """None: everybody's. 403 for the calendar of somebody else that the reader may not open."""
        if not self.may_open(text):
            abort(403)
        found: set[int] = set()
        logins = {user.username: user.id for user in self.others}
        for word in _parts(text):
            if word in {ME, self.me.username}:
                found.add(self.me.id)
            elif word in {TEAM, ALL}:
                if word == ALL and self.others:
                    return None
                found |= {user.id for user in self.others if not user.leads} or {self.me.id}
            elif word in logins:
                found.add(logins[word])
        return tuple(sorted(found))

    @property
    def words(self) -> dict[str, Any]:
        return {**WHOSE, **{user.username: user.name for user in self.others if user.id != self.me.id}}


OWNING = {"contact": DataModel(Contact), "order": DataModel(BuyerOrder)}


@dataclass(frozen=True)
class OwnAsked:
    """A filter by an own field: the rows of one model answer it, events of other kinds have none."""

    label: str
    filter: OwnFilter

    @property
    def model(self) -> type:
        found: type = self.filter.model
        return found


def own_filters(session: Session, reads: Callable[[str], bool]) -> dict[str, OwnAsked]:
    """By the name of the parameter that asks; of the fields that the reader sees."""
    found = {}
    for owner, datamodel in OWNING.items():
        section = {"contact": "Contacts", "order": "Orders"}[owner]
        for column, own in OwnColumns(session, datamodel.obj).fields.items() if reads(section) else ():
            each = filters_of(own, datamodel)
            for one in each:
                label = f"{own.name}, {one.name}" if len(each) > 1 else own.name
                found[f"{owner}_{column}_{one.arg_name}"] = OwnAsked(label, one)
    return found


def readable(reads: Callable[[str], bool]) -> frozenset[EventKind]:
    return frozenset(kind for kind, section in SECTIONS.items() if reads(section))


@dataclass(frozen=True)
class Reader:
    """Who looks, in which zone and on which day of it; `reads` says which sections he may read."""

    zone: ZoneInfo
    today: date
    people: Colleagues
    reads: Callable[[str], bool]
    own: Mapping[str, OwnAsked] = field(default_factory=dict)

    @cached_property
    def kinds(self) -> frozenset[EventKind]:
        """Of which events he may read."""
        return readable(self.reads)

    @property
    def usual(self) -> frozenset[EventKind]:
        """Those of them that stand there unasked: suppliers only for whoever has no buyers."""
        asked = {EventKind.EXPECTED, *(SUPPLIER_KINDS if self.reads("Orders") else ())}
        return self.kinds - asked

    @classmethod
    def of(cls, session: Session, user: User, reads: Callable[[str], bool], *, others: bool) -> Reader:
        """`others`: with those whose calendars he may open, and what may be asked of them."""
        zone = zone_of(user, clock.zone())
        people, own = Colleagues(user), own_filters(session, reads) if others else {}
        if others and reads(OTHERS):
            people = Colleagues(user, calendar.colleagues(session, OTHERS))
        return cls(zone, day_in(zone, clock.now()), people, reads, own)


@dataclass(frozen=True)
class CalendarState:
    """The parameters of the address, without the page that is shown."""

    args: Mapping[str, str]

    @classmethod
    def of(cls, args: Mapping[str, str]) -> CalendarState:
        """What is no parameter of the calendar is passed over."""
        return cls({name: text.strip() for name, text in args.items() if is_parameter(name) and text.strip()})

    @property
    def asked(self) -> dict[str, str]:
        """Which events."""
        return {name: text for name, text in self.args.items() if name not in PLACE and (name != BUT or self.but)}

    @property
    def view(self) -> str:
        """How it is shown; what is no view is the list."""
        return self.said("view") if self.said("view") in VIEWS else "list"

    @property
    def text(self) -> str:
        """All of it as one text, for a form that comes back here."""
        return urlencode(self.args)

    def address(self, endpoint: str = "CalendarView.page", **changed: str) -> str:
        """The same choice with these parameters in place of its own; an empty one is taken away."""
        asked: dict[str, Any] = {name: text for name, text in {**self.args, **changed}.items() if text}
        # A bare address opens what the reader likes to see first.
        return url_for(endpoint, **(asked or {KEPT: ALL_TAB}))

    @property
    def but(self) -> frozenset[str]:
        """The filters that ask for all but what they say."""
        return frozenset(self.said(BUT).split(",")) & TURNED.keys() & self.args.keys()

    def without(self, name: str) -> str:
        """The same choice without a filter."""
        return self.address(**{name: "", BUT: ",".join(sorted(self.but - {name}))})

    def turned(self, name: str) -> str:
        """The same choice with one filter the other way round; no address of what cannot be."""
        return self.address(**{BUT: ",".join(sorted(self.but ^ {name}))}) if name in TURNED else ""

    def everything(self) -> str:
        """The same place without a filter."""
        return CalendarState({name: self.said(name) for name in PLACE if self.said(name)}).address()

    def said(self, name: str) -> str:
        return self.args.get(name, "")

    def window(self, today: date) -> Window | None:
        """Of the span that is asked for; None when it says nothing, or nothing that can be understood."""
        try:
            span = parse_span(self.said("span"), today) if self.said("span") else None
        except BadPeriod:
            return None
        return Window.of(span, today) if span else None

    def every(self, today: date) -> Window:
        """The window of all that is found: without a span all days, and what has none; of nonsense nothing."""
        return self.window(today) or (Window(dated=False) if self.said("span") else Window(undated=True))

    def wrong(self, reader: Reader) -> dict[str, str]:
        """Why nothing can be found, in a sentence by the name of each filter that cannot be asked for."""
        told = {}
        for name, text in self.asked.items():
            if OWN.fullmatch(name):
                own = reader.own.get(name)
                told[name] = own.filter.wrong(text) if own else _("There is no such field.")
            elif name == "span" and self.window(reader.today) is None:
                told[name] = _("Write a day or two days: 2026-11-23..2026-11-30.")
            elif not self.is_listed(name, reader):
                told[name] = _("Choose one of the list.")
        return {name: sentence for name, sentence in told.items() if sentence}

    def is_listed(self, name: str, reader: Reader) -> bool:
        """Some of what the filter asks for can be chosen; whether a row of this number is there is for the base."""
        text = self.said(name)
        match name:
            case "counterparty" | "person":
                return row_number(text) is not None
            case "event":
                return not reader.kinds.isdisjoint(text.split(","))
            case "responsible":
                return reader.people.owners(text) != ()
        return name not in WORDS or text in {*WORDS[name]}

    def choice(self, reader: Reader) -> EventChoice:
        """What is asked for in the words of the base; nonsense finds nothing."""
        owners = reader.people.owners(self.said("responsible"))
        if "responsible" in self.but:
            owners = tuple(user.id for user in reader.people.others if owners is not None and user.id not in owners)
        texts = [text for text in self.said("event").split(",") if text]
        kinds = frozenset(kind for kind in reader.kinds if kind in texts)
        if "event" in self.but:
            kinds = reader.usual - kinds
        if self.wrong(reader).keys() - {"span"}:  # of how many there are, days are not asked
            return EventChoice(kinds=frozenset(), owners=owners)

        def one(name: str) -> Any:
            text = self.said(name)
            return WORDS[name](text) if text else None

        return EventChoice(
            kinds=kinds if texts else reader.usual,
            owners=owners,
            counterparty_id=row_number(self.said("counterparty")),
            person_id=row_number(self.said("person")),
            importance=one("importance"),
            direction=one("direction"),
            contact_kind=one("kind"),
            number=self.said("document"),
            own=tuple(
                (reader.own[name].model, reader.own[name].filter.condition(text))
                for name, text in self.args.items()
                if OWN.fullmatch(name)
            ),
            but=frozenset(TURNED[name] for name in self.but),
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


NAMES = [name for name, each in vars(CalendarForm).items() if isinstance(each, UnboundField)]


@dataclass(frozen=True)
class Bar:
    """What crm/lists/filter_bar.html shows."""

    first: Sequence[Input]
    rest: Sequence[Input]
    chips: Sequence[Chip]
    kept: Mapping[str, str]


def bar_of(state: CalendarState, reader: Reader) -> Bar:
    """The filters as the lists have them: what is asked stands in its field and as a chip."""
    people, impossible = reader.people, state.wrong(reader)
    fields, chips = list[Input](), list[Chip]()
    form = cache(lambda: CalendarForm(formdata=None, meta={"csrf": False}))
    words: dict[str, Callable[[], Mapping[str, Any]]] = {
        "span": lambda: SPANS,
        "event": lambda: {kind.value: EVENT_WORDS[kind] for kind in EventKind if kind in reader.kinds},
        "responsible": lambda: people.words,
    }
    same = same_words(db.session().info.get(STAMP), "calendar", people.me.id)
    for name in (*NAMES, *reader.own):
        own = reader.own.get(name)
        asked = own.filter.spelt(state.said(name)) if own else state.said(name)
        key = (*same, name, asked)
        made = FilterBar.kept.get(key)
        if made is None:
            if name == "responsible" and not people.others:
                continue
            input = own.filter.input().bind(form=None, name=name, _meta=form().meta) if own else form()[name]
            listed = own.filter.besides(asked) if own and asked else {}
            if name in words:
                known = words[name]()
                listed = _listed(asked, known) if name not in impossible else {}
                input.choices = offered({**listed, **known})
            fill(input, asked, listed if own else {})
            label = own.label if own else str(input.label.text)
            told = impossible.get(name) or wrong(input, asked, own.filter if own else None)
            made = Input(
                name, label, input_html(input, label, told, alone=not fields), value_in_words(input, asked), told
            )
            if not listed and is_repeated(input, asked):
                FilterBar.keep(key, made)
        fields.append(made)
        if asked:
            chips.append(
                Chip(made.label, made.said, state.without(name), made.wrong, state.turned(name), name in state.but)
            )
    chips += [
        Chip(_("Own field"), state.said(name), state.without(name), told)
        for name, told in impossible.items()
        if OWN.fullmatch(name) and name not in reader.own
    ]
    if people.others and not state.said("responsible"):
        chips.insert(0, Chip(_("Responsible"), _("Me"), state.address(responsible=ALL)))
    kept = {name: state.said(name) for name in (*PLACE, BUT) if state.said(name)}
    return Bar(fields[:1], fields[1:], chips, kept)


@dataclass(frozen=True)
class RecentFilter:
    """A filter that was used lately; it is kept as a text: what it asked, and how that was told."""

    url: str
    words: str

    @classmethod
    def of(cls, text: str, state: CalendarState) -> RecentFilter:
        """With the look of now."""
        asked, _line, words = text.partition("\n")
        place = {name: state.said(name) for name in ("view", "on")}
        return cls(CalendarState({**place, **dict(parse_qsl(asked))}).address(), words)

    @staticmethod
    def told(state: CalendarState, bar: Bar) -> str:
        words = [f"{chip.label} {'≠' if chip.is_turned else '='} {chip.value}" for chip in bar.chips]
        return f"{urlencode(state.asked)}\n{', '.join(words)}"


def with_newest(newest: str, recent: Sequence[str]) -> Sequence[str]:
    """The newest first, each once, as many as may be kept, without what was asked while it was being typed."""
    asked = [newest.partition("\n")[0], *(text.partition("\n")[0] for text in recent)]
    if asked[1:] and asked[0] == asked[1]:
        return recent
    typed = asked[1:] and asked[0].startswith(asked[1])
    others = [text for text, its in zip(recent, asked[1:], strict=True) if its != asked[0]]
    latest = [newest, *(others[1:] if typed else others)][:MOST_RECENT]
    sizes = accumulate(map(len, latest))
    return [text for text, size in zip(latest, sizes, strict=True) if size <= LONGEST_CHOICE] or recent


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


def ready_made(leads: bool, kinds: Collection[EventKind]) -> list[Tab]:
    """Choices that stand above the list under their names."""
    tabs = [Tab(ALL_TAB, _("Mine"), {})]
    if EventKind.SHIPMENT in kinds:
        tabs.append(Tab("to-ship", _("To ship today"), {"event": EventKind.SHIPMENT, "span": "today"}))
    tabs.append(Tab("important", _("The most important"), {"importance": Importance.HIGH}))
    if EventKind.RECEIPT in kinds and EventKind.SHIPMENT in kinds:
        tabs.append(Tab("suppliers", _("With suppliers"), all_but(EventKind.EXPECTED)))
    if EventKind.EXPECTED in kinds:
        tabs.append(Tab("deals", _("With coming deals"), all_but(*SUPPLIER_KINDS)))
    if leads:
        tabs.append(Tab("team", _("My people"), {"responsible": TEAM}))
    return tabs


def all_but(*kinds: EventKind) -> dict[str, str]:
    return {"event": ",".join(kind for kind in EventKind if kind not in kinds)}


def tab_here(state: CalendarState, tabs: Sequence[Tab]) -> str:
    """The tab in force: the one that the address names, or the one that asks the same."""
    return state.said(KEPT) or next((tab.key for tab in tabs if tab.choice == state.asked), "")


def tabs_of(state: CalendarState, tabs: Sequence[Tab], here: str) -> list[ShownTab]:
    place = {name: state.said(name) for name in PLACE}
    return [
        ShownTab(
            str(tab.label),
            CalendarState({**place, **tab.choice, KEPT: tab.key}).address(),
            tab.key == here,
            tab.is_shared,
        )
        for tab in tabs
    ]


def event_caption(kind: EventKind) -> str:
    return str(EVENT_WORDS[kind])
