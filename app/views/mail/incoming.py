"""Letters that came in: dealt with or put off, invitations, and senders whom nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload, undefer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import validators

from app import clock
from app.domain.letters.answers import parted
from app.errors import Refused
from app.extensions import db
from app.models.counterparties import ContactPerson, Counterparty
from app.models.letters import IgnoredSender, Letter
from app.queries.mail.letters import of_unknown_senders, other_conversations
from app.services.journal import act_of
from app.services.mail import dealing, invites, threads
from app.services.mail.incoming import unknown
from app.views.mail.letters import SECTION, from_whom
from app.web.forms.documents import DocumentForm, document_page
from app.web.forms.fields import LookupField, TypedDayField, id_of, row_number
from app.web.forms.words import PlainForm
from app.web.mail import fetch_soon
from app.web.undo import flash_undoable

MOST = 300  # letters that are looked through for their senders
SHOWN = 240  # characters of a letter in the queue


class SenderForm(DocumentForm):
    """Whose the address is."""

    SECTIONS = (("", ("counterparty", "person")),)

    counterparty = LookupField(_l("Client"), [validators.InputRequired()], model=Counterparty)
    person = LookupField(_l("Contact person"), model=ContactPerson, within="counterparty")


class PutOffForm(PlainForm):
    day = TypedDayField(validators=[validators.InputRequired()])


@dataclass(frozen=True)
class Newest:
    """Of an unknown sender or a conversation: its newest letter that the reader sees, and how many more there are."""

    who: str
    letter: Letter
    text: str
    more: int


class IncomingView(BaseView):
    route_base = "/incoming"
    default_view = "unknown"
    class_permission_name = SECTION

    # -- senders whom nobody knows ----------------------------------------------------------------

    @expose("/unknown")
    @has_access
    @permission_name("read")
    def unknown(self) -> str:
        session = db.session()
        fetch_soon(session)
        loaded = (selectinload(Letter.parties), joinedload(Letter.mailbox), undefer(Letter.text))
        letters = session.scalars(of_unknown_senders(clock.today()).limit(MOST).options(*loaded)).all()
        ignored = select(IgnoredSender).options(joinedload(IgnoredSender.mailbox)).order_by(IgnoredSender.address)
        may_write = self._may("can_write", SECTION)
        page: str = self.render_template(
            "crm/mail/unknown.html",
            title=_("Unknown senders"),
            senders=newest_of(letters, lambda letter: letter.sender.lower()),
            ignored=session.scalars(ignored).all(),
            may_write=may_write,
            may_register=may_write and self._may("can_write", "Contacts", "Counterparties"),
            may_link=may_write and self._may("can_write", "Contact information"),
        )
        return page

    @expose("/<int:pk>/register", methods=["POST"])
    @has_access
    @permission_name("write")
    def register(self, pk: int) -> Response:
        """The letter is an inquiry, and is registered as every other one: whom the sender resembles is asked first."""
        if not self._may("can_write", "Contacts", "Counterparties"):
            abort(403)
        try:
            contact = unknown.inquiry_of(db.session(), self._letter(pk), user=current_user)
            db.session.commit()
        except Refused as refused:
            return self._refused(refused)
        return redirect(url_for("RegisterView.press", pk=contact.id), code=307)

    @expose("/<int:pk>/whose", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def whose(self, pk: int) -> str | Response:
        """The client whose the address is, chosen by hand."""
        if not self._may("can_write", "Contact information"):
            abort(403)
        letter, form = self._letter(pk), SenderForm.new()

        def save() -> None:
            client = db.session.get_one(Counterparty, id_of(form.counterparty.data))
            unknown.belongs_to(db.session(), letter, client, form.person.data)

        title = _("Whose address is %(address)s?", address=letter.sender)
        about = f"{from_whom(letter)} · {letter}", url_for("LetterView.show", pk=letter.id)
        return document_page(self, title, form, save, cancel_url=url_for(".unknown"), undoable=True, crumb=about)

    @expose("/<int:pk>/ignore", methods=["POST"])
    @has_access
    @permission_name("write")
    def ignore(self, pk: int) -> Response:
        def work(letter: Letter) -> str:
            unknown.ignore(db.session(), letter)
            return _("Letters of %(address)s are not shown here any more.", address=letter.sender)

        return self._done(pk, work)

    @expose("/ignored/<int:pk>/stop", methods=["POST"])
    @has_access
    @permission_name("write")
    def stop_ignoring(self, pk: int) -> Response:
        session = db.session()
        ignored = (session.get(IgnoredSender, pk) if row_number(str(pk)) else None) or abort(404)
        unknown.stop_ignoring(session, ignored, today=clock.today())
        session.commit()
        return redirect(url_for(".unknown"))

    # -- letters that wait --------------------------------------------------------------------------

    @expose("/<int:pk>/done", methods=["POST"])
    @has_access
    @permission_name("write")
    def done(self, pk: int) -> Response:
        def work(letter: Letter) -> str:
            dealing.mark_done(db.session(), letter)
            return _("The letter is dealt with.")

        return self._done(pk, work)

    @expose("/<int:pk>/put-off", methods=["POST"])
    @has_access
    @permission_name("write")
    def put_off(self, pk: int) -> Response:
        def work(letter: Letter) -> str:
            typed = PutOffForm(MultiDict(request.form))
            if not typed.validate() or typed.day.data is None:
                raise Refused(_("Choose a day."))
            dealing.put_off(db.session(), letter, typed.day.data, today=clock.today())
            return _("The letter waits until the day that you chose.")

        return self._done(pk, work)

    @expose("/<int:pk>/plan", methods=["POST"])
    @has_access
    @permission_name("write")
    def plan(self, pk: int) -> Response:
        """The meeting that the letter invites to stands in the reader's plan."""
        if not self._may("can_write", "Contacts"):
            abort(403)

        def work(letter: Letter) -> str:
            contact = invites.plan(db.session(), letter, user=current_user)
            return _("The meeting is planned: %(subject)s.", subject=contact.subject)

        return self._done(pk, work)

    @expose("/<int:pk>/part", methods=["POST"])
    @has_access
    @permission_name("write")
    def part(self, pk: int) -> Response:
        """From this letter on it is another conversation."""

        def work(letter: Letter) -> str:
            threads.part(db.session(), letter)
            return _("From this letter on it is another conversation.")

        return self._done(pk, work)

    @expose("/<int:pk>/join")
    @has_access
    @permission_name("write")
    def conversations(self, pk: int) -> str:
        """Which conversation with the same people is part of this one."""
        session, letter = db.session(), self._letter(pk)
        loaded = (selectinload(Letter.parties), undefer(Letter.text))
        others = session.scalars(other_conversations(letter).limit(MOST).options(*loaded)).all()
        page: str = self.render_template(
            "crm/mail/conversations.html",
            title=_("Join conversations"),
            item=letter,
            conversations=newest_of(others, lambda letter: letter.thread_id),
        )
        return page

    @expose("/<int:pk>/join/<int:other>", methods=["POST"])
    @has_access
    @permission_name("write")
    def join(self, pk: int, other: int) -> Response:
        def work(letter: Letter) -> str:
            threads.tie(db.session(), letter, self._letter(other))
            return _("The conversations are one now.")

        return self._done(pk, work, url_for("LetterView.show", pk=pk))

    # -- what they share -------------------------------------------------------------------------------

    def _letter(self, pk: int) -> Letter:
        found = db.session().get(Letter, pk) if row_number(str(pk)) else None
        return found or abort(404)

    def _done(self, pk: int, work: Callable[[Letter], str], after: str = "") -> Response:
        """Do it and come back to where it was pressed, or go there."""
        session, letter = db.session(), self._letter(pk)
        try:
            sentence = work(letter)
            act = act_of(session)
            session.commit()
        except Refused as refused:
            return self._refused(refused)
        flash_undoable(sentence, act)
        return redirect(after or back())

    @staticmethod
    def _refused(refused: Refused) -> Response:
        db.session().rollback()
        flash(str(refused), "danger")
        return redirect(back())

    def _may(self, verb: str, *sections: str) -> bool:
        return all(self.appbuilder.sm.has_access(verb, section) for section in sections)


def back() -> str:
    return get_safe_redirect(request.referrer or "") or url_for("IncomingView.unknown")


def newest_of(letters: Sequence[Letter], group: Callable[[Letter], object]) -> list[Newest]:
    """One a group, in the order of the letters, which is the newest first."""
    groups: dict[object, list[Letter]] = {}
    for letter in letters:
        groups.setdefault(group(letter), []).append(letter)
    return [
        Newest(from_whom(newest), newest, parted(newest.text).own[:SHOWN], len(more))
        for newest, *more in groups.values()
    ]
