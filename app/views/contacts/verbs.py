"""What is done with a contact where one sees it: by one press, or in a small box, without leaving the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import StringField, validators

from app import clock
from app.domain.contact_times import JUST_TALKED, LONGEST, Diary, When, needs_reason
from app.domain.periods import DAY
from app.domain.words import ContactState, Direction
from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.tasks import Task
from app.queries.client_list import phone_of_contact
from app.queries.moves import times_moved
from app.services.contacts import verbs
from app.services.diaries import diary_of
from app.services.journal import act_of
from app.views.client_columns import phone
from app.web.cards.ahead import ahead
from app.web.cards.story import STORY_VERBS
from app.web.cards.verbs import VerbView, refusal
from app.web.display import reader_today, reader_zone
from app.web.errors import wants_json
from app.web.forms.fields import EnumField, LocalMomentField, LookupField, WholeField, row_number
from app.web.forms.words import PlainForm

CHIPS = {
    When.HOUR: _l("+1 hour"),
    When.TOMORROW: _l("tomorrow"),
    When.WORKING: _l("next working day"),
    When.WEEK: _l("in a week"),
}


# What other rooms do before contacts are deleted; each says in a sentence what it has done, or "".
BEFORE_DELETION: list[Callable[[Sequence[Contact]], str]] = []

PRESSED = {when.value: when for when in When}


class Moment(PlainForm):
    """A moment typed in the reader's time zone."""

    at = LocalMomentField()


class QuickContact(PlainForm):
    counterparty = LookupField(_l("Client"), [validators.InputRequired()], model=Counterparty, offers="Client")
    direction = EnumField(_l("Direction"), enum=Direction, default=Direction.IN)
    text = StringField(_l("Gist"), [validators.Length(max=10_000)])
    minutes = WholeField(_l("Minutes"), [validators.InputRequired()], default=JUST_TALKED)


class ContactVerbs(VerbView):
    method_permission_name = STORY_VERBS | dict.fromkeys(
        ("box", "finish", "move", "follow", "cancel", "quick"), "write"
    )
    show_template = "crm/contacts/contact_card.html"
    verbs_template = "crm/contacts/_verbs.html"
    box_page = "crm/contacts/box_page.html"
    changed_meanwhile = _l("Somebody changed this contact a moment ago: look once more.")

    def beside(self, item: Contact) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access("can_write", self.class_permission_name)
        planned = may and item.state is ContactState.PLANNED
        box = self.box_of(item) if may else None
        number = self.datamodel.session.scalar(
            select(phone_of_contact()).select_from(Contact).where(Contact.id == item.id)
        )
        may_register = (
            may and item.counterparty_id is None and self.appbuilder.sm.has_access("can_write", "Counterparties")
        )
        return {
            "may_register": may_register,
            "may_write": self.appbuilder.sm.has_access("can_write", "Letters"),
            "may_invite": invitation_verb(item)
            if may and self.appbuilder.sm.has_access("can_write", "Letters")
            else "",
            "box": box,
            "edit_look": "btn-default" if planned else "",
            "number": number,
            "phone": phone,
            **ahead(self.datamodel.session, Contact.basis_id == item.id, Task.contact_id == item.id),
        }

    @expose("/finish/<pk>", methods=["POST"])
    @has_access
    def finish(self, pk: str) -> str | Response:
        def done(contact: Contact, diary: Diary) -> tuple[str, Contact]:
            session, now = self.datamodel.session, clock.now()
            minutes = row_number(request.form.get("minutes", "") or JUST_TALKED) or 0
            verbs.finish(session, contact, text=request.form.get("text", ""), minutes=minutes, now=now)
            at = asked_moment(diary, now) if request.form.get("when") or request.form.get("at") else None
            if at is None:
                return _("Finished."), contact
            following = verbs.follow(session, contact, at, now=now, user=current_user)
            return _("Finished. The next contact: %(when)s.", when=moment_in_words(at)), following

        return self._done(pk, done)

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    def move(self, pk: str) -> str | Response:
        def done(contact: Contact, diary: Diary) -> tuple[str, Contact]:
            now = clock.now()
            at = asked_moment(diary, now, contact)
            verbs.move(self.datamodel.session, contact, at, now=now, reason=request.values.get("reason", ""))
            return _("Moved: %(when)s.", when=moment_in_words(at)), contact

        return self._done(pk, done)

    @expose("/follow/<pk>", methods=["POST"])
    @has_access
    def follow(self, pk: str) -> str | Response:
        def done(contact: Contact, diary: Diary) -> tuple[str, Contact]:
            now = clock.now()
            at = asked_moment(diary, now)
            following = verbs.follow(self.datamodel.session, contact, at, now=now, user=current_user)
            return _("The next contact: %(when)s.", when=moment_in_words(at)), following

        return self._done(pk, done)

    @expose("/cancel/<pk>", methods=["POST"])
    @has_access
    def cancel(self, pk: str) -> str | Response:
        def done(contact: Contact, _diary: Diary) -> tuple[str, Contact]:
            verbs.cancel(self.datamodel.session, contact)
            return _("Cancelled."), contact

        return self._done(pk, done)

    @expose("/quick", methods=["GET", "POST"])
    @has_access
    def quick(self) -> str | Response:
        """A call that has just ended, from any page: who, in or out, the gist, the minutes."""
        session, form = self.datamodel.session, QuickContact(request.form)
        client: Any = form.counterparty.data
        if request.method == "GET":
            form.counterparty.data = form.counterparty.load(request.args.get("counterparty"))
            return self._quick_page(form)
        try:
            if not form.validate():
                name, (first, *_others) = next(iter(form.errors.items()))
                raise Refused(f"{form[name].label.text}: {first}", field=name)
            contact = verbs.note(
                session,
                client,
                form.direction.data,
                form.text.data or "",
                minutes=form.minutes.data,
                user=current_user,
                now=clock.now(),
            )
            act = act_of(session)
            self.datamodel.add(contact)
        except Refused as refused:
            session.rollback()
            return refusal(refused) if wants_json() else self._quick_page(form, refused)
        told = _("Written down: %(client)s.", client=client)
        return self.tell(told, contact, act)

    def _quick_page(self, form: PlainForm, refused: Refused | None = None) -> str:
        back = request.values.get("back", "")
        return self.render_template(
            "crm/contacts/quick_page.html", title=_("Quick contact"), form=form, box={"refused": refused, "back": back}
        )

    def _done(self, pk: str, verb: Callable[[Contact, Diary], tuple[str, Contact]]) -> str | Response:
        return self.perform(pk, lambda contact: verb(contact, self._diary(contact)))

    def box_of(self, contact: Contact) -> dict[str, Any]:
        now, diary = clock.now(), self._diary(contact)
        moves = self.datamodel.session.scalar(times_moved(contact)) or 0
        moved = diary.offered(now, contact.starts_at)
        following = {when: at for when, at in diary.offered(now).items() if when is not When.HOUR}
        return {
            "moves": [(when.value, CHIPS[when], moment_in_words(at)) for when, at in moved.items()],
            "following": [(when.value, CHIPS[when], moment_in_words(at)) for when, at in following.items()],
            "moved": moves,
            "needs_reason": needs_reason(moves),
            "minutes": JUST_TALKED,
            "most_minutes": LONGEST,
            "typed": request.form if request.method == "POST" else MultiDict(),
        }

    def _diary(self, contact: Contact) -> Diary:
        return diary_of(self.datamodel.session, contact.manager, now=clock.now(), zone=clock.zone())


def before_deletion(contacts: Sequence[Contact]) -> str:
    return " ".join(filter(None, (prepare(contacts) for prepare in BEFORE_DELETION)))


def invitation_verb(contact: Contact) -> str:
    """What is to be told to the participants by letter: "" where it is nothing."""
    told = contact.invitation
    if contact.state is ContactState.CANCELLED:
        return _("Tell that it is cancelled") if told and not told.says(contact) else ""
    if contact.state is not ContactState.PLANNED or contact.starts_at <= clock.now():
        return ""
    if told is None:
        return _("Invite by letter") if contact.participants or contact.person else ""
    return _("Invite again") if told.says(contact) else _("Tell of the change")


def asked_moment(diary: Diary, now: datetime, contact: Contact | None = None) -> datetime:
    """The moment that was pressed or typed; an hour is counted from the contact when it is moved."""
    pressed = PRESSED.get(request.values.get("when", ""))
    if pressed:
        return diary.moment(pressed, now, contact.starts_at if contact else None)
    typed = Moment(request.values)
    if not typed.validate() or typed.at.data is None:
        raise Refused(_("Say when: a day and a time."), field="at")
    moment: datetime = typed.at.data
    return moment


def moment_in_words(moment: datetime) -> str:
    """«today, 15:00», «Mon 30.11, 10:00» in the reader's time zone."""
    local, today = moment.astimezone(reader_zone()), reader_today()
    named = {today: _("today"), today + DAY: _("tomorrow")}
    day = named.get(local.date()) or format_date(local.date(), "EEE dd.MM")
    return f"{day}, {local:%H:%M}"
