"""Letters: the list, and the card of one with what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from flask import Response as Answered
from flask import abort, flash, make_response, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, selectinload, undefer
from werkzeug.wrappers import Response

from app import clock, nudge
from app.domain.letters.answers import PartedText, parted
from app.domain.letters.markup import clean
from app.domain.words import Direction, LetterState, MailboxState, PartyRole
from app.errors import Refused
from app.models.captions import caption, letter_text
from app.models.letters import Letter, LetterFile
from app.queries.mail.letters import pending
from app.services.mail import composing, outbox
from app.views.mail.composer import Composer
from app.web.datamodel import DataModel
from app.web.filters import Contains, YesNo
from app.web.lists.tabs import Tab
from app.web.rest import RestApi
from app.web.views import VERBS

SECTION = "Letters"
MOST_TOLD = 50  # letters of a conversation
# What stands in the frame may do nothing but look; its own links open in a page apart.
FRAME = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'"
)


def other_side(letter: Letter) -> str:
    """Who it is from, when it came; whom it is to, when it goes."""
    role = (PartyRole.FROM,) if letter.direction is Direction.IN else (PartyRole.TO, PartyRole.CC, PartyRole.BCC)
    named = [party.name or party.address for party in letter.parties if party.role in role]
    more = f" +{len(named) - 2}" if len(named) > 2 else ""
    return ", ".join(named[:2]) + more


@dataclass(frozen=True)
class ToldLetter:
    """Another letter of the conversation; what it only repeats is folded."""

    letter: Letter
    who: str
    said: PartedText


def told_letters(session: Session, letter: Letter) -> list[ToldLetter]:
    """The rest of the conversation that the reader may see, the newest first."""
    if letter.thread_id is None:
        return []
    others = select(Letter).where(Letter.thread_id == letter.thread_id, Letter.id != letter.id)
    loaded = others.options(selectinload(Letter.parties), selectinload(Letter.files), undefer(Letter.text))
    newest = loaded.order_by(Letter.at.desc(), Letter.id.desc()).limit(MOST_TOLD)
    return [ToldLetter(each, from_whom(each), parted(each.text)) for each in session.scalars(newest)]


def from_whom(letter: Letter) -> str:
    named = next((party.name for party in letter.parties if party.role is PartyRole.FROM), "")
    return named or letter.sender


class Waits(YesNo):
    """Whether somebody has to deal with it by now."""

    def found(self, is_so: bool) -> ColumnElement[bool]:
        is_waiting = pending(clock.today())
        return is_waiting if is_so else or_(self.model.pending_from.is_(None), ~is_waiting)


class LetterView(Composer):
    datamodel = DataModel(
        Letter,
        searches={"subject": Contains, "waits": Waits},
        order_by={"at": "at"},
        computed={
            "who": other_side,
            "client": lambda letter: next((p.counterparty for p in letter.parties if p.counterparty), None),
        },
        loads=["parties.counterparty"],
    )
    route_base = "/letters"
    class_permission_name = SECTION
    method_permission_name = (
        VERBS
        | Composer.own_verbs
        | {
            "take_back": "write",
            "again": "write",
            "copy": "write",
            "html": "read",
            "file": "read",
        }
    )
    exclude_route_methods = {"download", "add", "edit", "delete"}
    list_title = _l("Letters")
    label_columns = {
        "who": _l("With whom"),
        "client": _l("Client"),
        "file_count": _l("Files"),
        "waits": _l("To be dealt with"),
    }
    list_columns = ["at", "who", "subject", "client", "state", "file_count"]
    formatters_columns = {"file_count": lambda count: count or ""}
    more_columns = ["direction", "kind", "mailbox", "author", "size"]
    search_columns = ["subject", "waits", "state", "direction", "kind", "at", "mailbox", "author"]
    show_columns = add_columns = ["subject"]  # their own screens ask for more
    base_order = ("at", "desc")
    tabs = (
        Tab("waits", _l("To be dealt with"), {"_flt_0_waits": "1"}),
        Tab("received", _l("Received"), {"_flt_0_state": LetterState.RECEIVED}),
        Tab("waiting", _l("Going out"), {"_flt_0_state": LetterState.WAITING}),
        Tab("sent", _l("Sent"), {"_flt_0_state": LetterState.SENT}),
        Tab("dead", _l("Not sent"), {"_flt_0_state": LetterState.DEAD}),
    )
    list_template = "crm/mail/letters.html"

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        letter: Letter = self.row(pk)
        may_write = self.appbuilder.sm.has_access("can_write", SECTION)
        session = self.datamodel.session
        lines = {role: [party for party in letter.parties if party.role is role] for role in PartyRole}
        page: str = self.render_template(
            "crm/mail/letter.html",
            title=letter.subject or _("No subject"),
            item=letter,
            lines=[(role, caption(role), parties) for role, parties in lines.items() if parties],
            html=bool(letter.html),
            may_write=may_write,
            may_take_back=(
                may_write and letter.author_id == current_user.id and composing.may_take_back(session, letter)
            ),
            is_dead=letter.state is LetterState.DEAD,
            is_local=letter.mailbox is not None and self.way_of(letter.mailbox) is MailboxState.LOCAL,
            said=parted(letter_text(letter.text)),
            thread=told_letters(session, letter),
            today=clock.today(),
            is_pending=letter.pending_from is not None and letter.pending_from <= clock.today(),
            may_plan=may_write and self.appbuilder.sm.has_access("can_write", "Contacts"),
            is_put_off=letter.at > clock.now() + composing.UNDO_FOR,
            undo_seconds=int(composing.UNDO_FOR.total_seconds()),
        )
        return page

    @staticmethod
    def _reads_mailbox(letter: Letter) -> bool:
        box = letter.mailbox
        if box is None:
            return False
        return box.owner_id == current_user.id or any(
            right.reads and right.user_id == current_user.id for right in box.rights
        )

    @expose("/html/<pk>")
    @has_access
    def html(self, pk: str) -> Answered:
        """The letter as it was laid out, for a frame that runs nothing; pictures of others only when asked for."""
        letter: Letter = self.row(pk)
        pictures = {
            file.content_id: url_for("LetterView.file", pk=letter.id, number=file.id)
            for file in letter.files
            if file.content_id
        }
        shown = clean(letter.html, pictures, remote=request.args.get("pictures") == "1")
        answer = make_response(shown.html if shown else "")
        pictures_too = " http: https:" if request.args.get("pictures") == "1" else ""
        answer.headers["Content-Security-Policy"] = FRAME.replace("data:;", f"data:{pictures_too};")
        return answer

    @expose("/file/<pk>/<int:number>")
    @has_access
    def file(self, pk: str, number: int) -> Answered:
        letter: Letter = self.row(pk)
        found: LetterFile = next((file for file in letter.files if file.id == number), None) or abort(404)
        if found.blob is None:
            abort(404)
        as_picture = found.mime in {"image/png", "image/jpeg", "image/gif", "image/webp"} and bool(found.content_id)
        answer = send_file(
            BytesIO(found.blob.content),
            mimetype=found.mime if as_picture else "application/octet-stream",
            as_attachment=not as_picture,
            download_name=found.name,
        )
        answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return answer

    @expose("/take-back/<pk>", methods=["POST"])
    @has_access
    def take_back(self, pk: str) -> Response:
        letter, session = self.row(pk), self.datamodel.session
        if letter.author_id != current_user.id:
            abort(403)
        try:
            draft = composing.take_back(session, letter, now=clock.now())
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for(".show", pk=pk))
        session.commit()
        flash(_("It has not gone out: the letter is a draft again."), "success")
        return redirect(url_for(".write", draft=draft.id))

    @expose("/again/<pk>", methods=["POST"])
    @has_access
    def again(self, pk: str) -> Response:
        """Send a dead letter once more, to those who have not got it."""
        letter, session = self.row(pk), self.datamodel.session
        self._refuse_stranger(letter)
        try:
            outbox.send_again(session, letter)
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for(".show", pk=pk))
        session.commit()
        nudge.soon(outbox.TASK, nudge.MAIL)
        flash(_("It is tried again."), "success")
        return redirect(url_for(".show", pk=pk))

    @expose("/copy/<pk>", methods=["POST"])
    @has_access
    def copy(self, pk: str) -> Response:
        """A new letter that says the same."""
        letter, session = self.row(pk), self.datamodel.session
        draft = composing.copy(session, letter, now=clock.now())
        draft.author_id = current_user.id
        session.commit()
        return redirect(url_for(".write", draft=draft.id))

    def _refuse_stranger(self, letter: Letter) -> None:
        if letter.author_id != current_user.id and not self._reads_mailbox(letter):
            abort(403)


class LetterApi(RestApi):
    resource_name = "letter"
    datamodel = DataModel(Letter, searches={"subject": Contains}, order_by={"at": "at"})
    class_permission_name = SECTION
    include_route_methods = {"get", "get_list", "info"}
    list_columns = [
        *("id", "message_id", "direction", "kind", "state", "at", "sender", "subject", "size", "file_count"),
        *("thread_id", "contact.id", "author.id", "mailbox.address"),
        *("parties.role", "parties.address", "parties.name", "parties.state", "parties.answer"),
    ]
    show_columns = [*list_columns, "text"]
    search_columns = ["at", "state", "direction", "kind", "subject"]
    base_order = ("at", "desc")
