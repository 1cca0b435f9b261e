"""Contacts: every call, meeting and letter, planned and past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from flask import flash, g, request
from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session, joinedload
from wtforms import Field, SelectField

from app import clock
from app.domain.calendar import EventColour, colour, day_in, midnight
from app.domain.contact_times import USUAL_LENGTH, Diary, When, happened
from app.domain.periods import DAY
from app.domain.reminding import INTERVALS
from app.domain.words import ContactKind, ContactState, Direction, FeedKind, Importance
from app.extensions import db
from app.models.captions import caption
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson
from app.models.users import User, full_name
from app.queries.bell.reminders import habitual
from app.services import moves
from app.services.bell import reminders
from app.services.contacts import contacts, sources, verbs
from app.services.diaries import diary_of, overfull
from app.services.remarks import Remark
from app.views.bell.bell import answer_to_setter, interval
from app.views.client_columns import OF_CONTACT
from app.views.contacts.verbs import ContactVerbs, before_deletion, moment_in_words
from app.web.access.people import profile_of
from app.web.cards.feed import BY_WAY, ICONS
from app.web.datamodel import DataModel
from app.web.display import display, reader_today, reader_zone
from app.web.filters import Filter, YesNo, word_of
from app.web.forms.fields import LookupsField, offered, row_number
from app.web.forms.forms import OwnFormWidget
from app.web.forms.remarks import answering, confirming
from app.web.lists.state import presets
from app.web.lists.tabs import Tab
from app.web.lookup import Lookup, pickable
from app.web.reach import dialled, opened, written_to
from app.web.rest import RestApi

REMINDS = (0, 15, 60, 1440)  # minutes before a contact, as its form offers
WHO = ["counterparty", "person"]
PROSPECT = ["prospect", "prospect_person", "prospect_phone", "prospect_email"]
WHAT = ["kind", "direction", "state", "importance", "subject", "text"]
WHEN = ["starts_at", "ends_at", "manager"]
WHY = ["source", "campaign", "basis"]
MAIN = [*WHO, "state", *WHEN[:2], "kind", "direction", "manager", "subject", "importance", "order", "text"]
MEETING = ["place", "colleagues", "persons"]
OFFER = ["is_offer", "outcome", "reason"]
FACES = {  # what each form asks for; the rest is folded
    ContactState.DONE: ("counterparty", "person", "kind", "direction", "starts_at", "text", *MEETING),
    ContactState.PLANNED: ("counterparty", "person", "kind", "starts_at", "subject", "manager", *MEETING),
}
USED = {"StringField", "LookupField", "LookupsField", "TextAreaField"}  # what is filled in these is never folded
SIGNS = {Importance.HIGH: ("!", "mark-high"), Importance.LOW: ("↓", "mark-low")}


def sign(importance: Importance) -> Any:
    """«!» for the most important, an arrow down for the least."""
    if importance not in SIGNS:
        return ""
    text, style = SIGNS[importance]
    return Markup('<span class="{}" title="{}">{}</span>').format(style, caption(importance), text)


def by_icon(way: ContactKind) -> Markup:
    """The kind as cards draw it; in a list its words are heard alone, and shown when it is pointed at."""
    mark = Markup('<span class="way" title="{0}"><i class="fa {1}" aria-hidden="true"></i> <span>{0}</span></span>')
    return mark.format(caption(way), BY_WAY.get(way, ICONS[FeedKind.CONTACT]))


class Then(StrEnum):
    """Where a contact stands from today."""

    OVERDUE = "overdue"
    TODAY = "today"
    AHEAD = "ahead"
    PAST = "past"


WHEN_WORDS: dict[str, Any] = {
    Then.OVERDUE: _l("Overdue"),
    Then.TODAY: _l("Today"),
    Then.AHEAD: _l("Ahead"),
    Then.PAST: _l("Past"),
}
IN_ORDER = {
    when: {"_oc_ContactView": "starts_at", "_od_ContactView": "desc" if when is Then.PAST else "asc"} for when in Then
}


class FromToday(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        then = word_of(value, Then)
        day, zone, starts = reader_today(), reader_zone(), Contact.starts_at
        today, tomorrow = midnight(zone, day), midnight(zone, day + DAY)
        match then:
            case Then.OVERDUE:
                return and_(Contact.state == ContactState.PLANNED, starts < today)
            case Then.TODAY:
                return and_(starts >= today, starts < tomorrow)
            case Then.AHEAD:
                return starts >= tomorrow
        return starts < today

    def input(self) -> Any:
        return SelectField(choices=offered(WHEN_WORDS))


class Inquiry(YesNo):
    """Of somebody who is no client yet."""

    def found(self, is_so: bool) -> ColumnElement[bool]:
        return Contact.counterparty_id.is_(None) if is_so else Contact.counterparty_id.is_not(None)


def own_diary() -> Diary:
    """The reader's working time, asked for once a request."""
    if "own_diary" not in g:
        g.own_diary = diary_of(db.session(), current_user, now=clock.now(), zone=clock.zone())
    diary: Diary = g.own_diary
    return diary


def faces(diary: Diary) -> dict[ContactState, tuple[datetime, datetime]]:
    """When a new contact begins and ends: one that has just taken place, and one that is planned."""
    now = clock.now()
    start = diary.next_hour(now)
    return {ContactState.DONE: happened(now), ContactState.PLANNED: (start, start + USUAL_LENGTH)}


def state_asked() -> ContactState:
    """What the screen that leads to the form says of the new contact."""
    done = presets(["state"]).get("state") == ContactState.DONE
    return ContactState.DONE if done else ContactState.PLANNED


def check(session: Session, contact: Contact) -> None:
    """What is written of a contact, by whichever way."""
    verbs.check_typed_move(session, contact)
    contacts.complete(session, contact, now=clock.now())


class FacesWidget(OwnFormWidget):
    """Two forms by one switch: of what has taken place and of what is planned; other fields are folded."""

    template = "crm/contacts/form.html"

    def __call__(self, **kwargs: Any) -> Any:
        diary, now = own_diary(), clock.now()
        chips = [
            (_l("in an hour") if when is When.HOUR else moment_in_words(at), at)
            for when, at in diary.offered(now).items()
        ]
        reminded = remind_asked()
        more = {"reminds": habits(reminded), "reminded": reminded}
        return super().__call__(**kwargs, **more, faces=faces(diary), look_of=look_of, chips=chips, local=typed_moment)


def look_of(field: Field) -> str:
    """The classes by which the style sheet shows a field: the faces that ask for it, and whether it is in use."""
    faces = [f"in-{face}" for face, names in FACES.items() if field.short_name in names]
    is_in_use = field.type in USED and field.short_name != "manager" and (field.data or field.flags.required)
    return " ".join([*faces, "filled"] if is_in_use else faces)


def remind_asked() -> str:
    """The reminder that the form shows: what was typed, what the contact has, what its author chose last."""
    if request.method == "POST":
        return request.form.get("remind", "")
    number = row_number((request.view_args or {}).get("pk", ""))
    if number:
        minutes = next(iter(db.session().scalars(habitual(current_user.id, number))), None)
    else:
        minutes = current_user.profile.remind_before if current_user.profile else None
    return "" if minutes is None else str(minutes)


def habits(asked: str) -> list[tuple[str, Any]]:
    """How long before a contact the form offers to remind; the author's own choice too."""
    known = {*REMINDS, *({int(asked)} if asked in map(str, INTERVALS) else ())}
    return [("", _l("do not remind")), *((str(minutes), interval(minutes)) for minutes in sorted(known))]


def day_of(text: str) -> date | None:
    """Of a moment as a field sends it, or as it was read."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(clock.zone()).date() if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        return None


def typed_moment(moment: datetime) -> str:
    """As it stands in a field, in the reader's time zone."""
    return f"{to_user_timezone(moment):%Y-%m-%dT%H:%M}"


class ContactView(ContactVerbs):
    datamodel = DataModel(
        Contact,
        searches={"when": FromToday, "inquiry": Inquiry},
        order_by={"starts_at": "starts_at"},
        computed={
            "who": lambda contact: contact.counterparty or contact.counterparty_name or contact.prospect,
            "participants": lambda contact: ", ".join(map(str, contact.participants)),
        },
        loads=["counterparty"],
    )
    route_base = "/contacts"
    class_permission_name = "Contacts"
    list_title, add_title = _l("Contacts"), _l("New contact")
    label_columns = {"who": _l("With whom"), "when": _l("When"), "inquiry": _l("Inquiry of a stranger")}
    facts = OF_CONTACT
    list_columns = ["starts_at", "who", "phone", "subject", "importance", "kind", "state", "manager"]
    kinds = dict.fromkeys(["importance", "kind", "state"], "whole") | {"who": "name", "subject": "name"}
    more_columns = ["direction", "person", "text", "ends_at", "source", "campaign", "is_offer", "outcome"]
    more_columns += ["place", "participants"]
    tabs = [Tab(when.value, WHEN_WORDS[when], {"_flt_0_when": when.value, **IN_ORDER[when]}) for when in Then]
    opens_at = Then.TODAY.value
    safe_columns = [
        *("state", "starts_at", "ends_at", "manager", "importance", "kind", "direction"),
        *("source", "campaign", "place"),
    ]
    not_in_place = ("colleagues", "persons")
    answer = "why_moved"
    explained = ("starts_at",)
    add_form_extra_fields = edit_form_extra_fields = {
        "colleagues": LookupsField(_l("Colleagues who take part"), model=User),
        "persons": LookupsField(_l("Contact persons who take part"), model=ContactPerson),
        **answering(answer, _l("Why it is moved"), moves.LONGEST_REASON),
        **confirming(),
    }
    related_columns = {
        "counterparty": ["starts_at", "person", "kind", "direction", "state", "importance", "subject", "manager"]
    }
    formatters_columns = {
        "importance": sign,
        "kind": by_icon,
        "prospect_phone": dialled,
        "prospect_email": written_to,
        "recording": opened,
    }
    card_facts = [*WHO, *WHAT[:4], *WHEN, "order", "place", "text", "recording", *OFFER, *PROSPECT, *WHY]
    show_columns = [*card_facts, "participants", "invitation", "series"]
    story = ("contact", (FeedKind.CONTACT_MOVE, FeedKind.CONTACT, FeedKind.TASK, FeedKind.CHANGE))
    add_fieldsets = [
        ("", {"fields": MAIN}),
        (_l("Meeting"), {"fields": MEETING}),
        (_l("Prospect"), {"fields": PROSPECT}),
        (_l("Offer"), {"fields": OFFER}),
        (_l("Where from"), {"fields": WHY}),
    ]
    add_widget = edit_widget = FacesWidget
    add_template, edit_template = "crm/contacts/form_new.html", "crm/contacts/form_edit.html"
    search_columns = [
        *("counterparty", "when", "starts_at", "manager", "kind", "direction", "state", "importance", "source"),
        *("campaign", "inquiry", "is_offer", "outcome"),
    ]
    within = {"person": "counterparty", "basis": "counterparty", "order": "counterparty"}
    base_order = ("starts_at", "desc")

    watched = ("counterparty", *contacts.PROSPECT.values(), "direction", "starts_at", "source", "campaign")

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        """Whom the prospect resembles; whether to ask a client for his source; the campaigns of the source."""
        session, client, source = self.datamodel.session, row_number(typed["counterparty"]), row_number(typed["source"])
        found = [] if typed["counterparty"] else contacts.remarks(session, typed)
        if typed["direction"] != Direction.IN or (day := day_of(typed["starts_at"])) is None:
            return found
        if client:
            found += sources.remarks(session, client, day, own=own, source_id=source)
        if source:
            found += sources.offers(session, source, day, row_number(typed["campaign"]))
        return found

    def remarks_on(self, form: Any, item: Contact) -> list[Remark]:
        found = super().remarks_on(form, item)
        state = form["state"].data if "state" in form else item.state
        moved = item.id is not None and "starts_at" in form and form["starts_at"].data != item.starts_at
        if moved and item.state is state is ContactState.PLANNED:
            question = moves.asks_why(self.datamodel.session, item)
            found += [Remark("starts_at", question, asks=True)] if question else []
        if state is ContactState.PLANNED:
            found += self._overfull(form, item)
        return found

    def _overfull(self, form: Any, item: Contact) -> list[Remark]:
        """Whether the day of a contact that is planned, or planned anew, has no room for it, for whoever takes part."""
        names = ("starts_at", "ends_at", "manager", "colleagues")
        starts, ends, manager, colleagues = (form[name].data if name in form else getattr(item, name) for name in names)
        if not (starts and ends):
            return []
        session, minutes = self.datamodel.session, int((ends - starts).total_seconds() // 60)
        if getattr(form, "only", "") == "starts_at":
            minutes = int((item.ends_at - item.starts_at).total_seconds() // 60)
        known = {item.manager, *item.colleagues} if item.id and (starts, ends) == (item.starts_at, item.ends_at) else ()
        found, besides = [], item if item.id else None
        for user in dict.fromkeys([manager, *(colleagues or ())]):
            if user is None or user in known:
                continue
            is_own = user.id == current_user.id
            diary = own_diary() if is_own else diary_of(session, user, now=clock.now(), zone=clock.zone())
            told = overfull(session, user, day_in(diary.zone, starts), minutes, diary=diary, besides=besides)
            if told:
                named = told if user == manager else f"{full_name(user)}: {told}"
                found.append(Remark("starts_at", named, confirms=True))
        return found

    def new_values(self) -> dict[str, Any]:
        start, end = faces(own_diary())[state_asked()]
        return {"starts_at": start, "ends_at": end, "manager": current_user}

    def pre_add(self, item: Contact) -> None:
        check(self.datamodel.session, item)
        responsible = item.manager.id if item.manager else item.manager_id
        self._keep_reminder(item, responsible or current_user.id)

    def pre_update(self, item: Contact) -> None:
        check(self.datamodel.session, item)
        self._keep_reminder(item, current_user.id)

    def is_overdue(self, item: Contact) -> bool:
        day = day_in(reader_zone(), item.starts_at)
        return item.state is ContactState.PLANNED and colour(day, reader_today()) is EventColour.OVERDUE

    def pre_delete(self, item: Contact) -> None:
        if told := before_deletion([item]):
            flash(told, "success")

    def complete_alone(self, session: Session, row: Contact, name: str) -> None:
        if name == "starts_at":
            verbs.keep_length(row, now=clock.now())
        check(session, row)

    def _keep_reminder(self, item: Contact, user_id: int) -> None:
        """What the form says of a reminder; it is this author's habit from now on."""
        asked = request.form.get("remind")
        if asked is None or item.state is not ContactState.PLANNED:
            return
        minutes = int(asked) if asked in map(str, INTERVALS) else None
        if minutes != (current_user.profile and current_user.profile.remind_before):
            profile_of(current_user).remind_before = minutes
        set_anew = reminders.keep_habitual(self.datamodel.session, item, user_id, minutes, zone=reader_zone())
        if set_anew is not None and set_anew.due_at <= (now := clock.now()):
            flash(answer_to_setter(set_anew, now), "warning")


class ContactApi(RestApi):
    resource_name = "contact"
    datamodel = DataModel(Contact, order_by={"starts_at": "starts_at"})
    class_permission_name = "Contacts"
    list_columns = [
        "id",
        "counterparty.id",
        "counterparty.name",
        "person.id",
        "manager.username",
        *WHAT,
        *PROSPECT,
        "starts_at",
        "ends_at",
        "place",
        "source.name",
        "campaign.name",
        *OFFER,
        "order.id",
        "order.number",
        "recording",
        *("participants.person_id", "participants.user_id", "participants.answer"),
    ]
    row_lists: ClassVar[dict[str, Any]] = {"persons": ContactPerson, "colleagues": User}
    add_columns = [*WHO, *PROSPECT, *WHAT, *WHEN, "order", "place", *WHY, *OFFER]
    edit_columns = [*add_columns, "why_moved"]
    optional_columns = ("ends_at",)
    search_columns = [
        *("starts_at", "counterparty", "person", "manager", "kind", "direction", "state", "importance"),
        *("is_offer", "outcome"),
    ]
    base_order = ("starts_at", "desc")
    before_save = staticmethod(check)
    remarks = staticmethod(contacts.of_contact)

    def pre_delete(self, item: Contact) -> None:
        before_deletion([item])


pickable(
    Lookup(
        Contact,
        section="Contacts",
        find=lambda model, text: model.subject.icontains(text, autoescape=True),
        order=(Contact.starts_at.desc(), Contact.id.desc()),
        hint=lambda row: str(display(row.starts_at)),
        within=("counterparty",),
        only_within=True,
        options=(joinedload(Contact.counterparty),),
    )
)
