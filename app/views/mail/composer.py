"""The composer: a letter is kept while it is typed, checked field by field, and goes ten seconds after the press."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, current_app, flash, jsonify, make_response, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock, nudge
from app.domain.letters.addresses import Recipient
from app.domain.letters.programs import eml, mailto
from app.domain.words import ByLetter, MailboxState
from app.errors import DoneAlready, Refused
from app.models.authorship import once
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.letters import Letter, LetterDraft, LetterTemplate
from app.models.mailboxes import Mailbox
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.visibility import viewer_of
from app.queries.mail.people import mailboxes_of, written_to
from app.services.mail import composing, outbox
from app.services.mail.mailboxes import sending_state
from app.views.mail import enclosing
from app.web.access.people import profile_of
from app.web.errors import wants_json
from app.web.forms.fields import LocalMomentField, row_number
from app.web.forms.once import place_of_the_first, what_is_sent
from app.web.forms.words import PlainForm
from app.web.mail import company_server
from app.web.views import CrmView

FIELDS = ("to", "cc", "bcc", "subject", "text", "mailbox", "person")
BEGUN_FROM = {
    "counterparty": Counterparty,
    "person": ContactPerson,
    "contact": Contact,
    "order": BuyerOrder,
    "shipment": Shipment,
    "reply": Letter,
}
LARGEST_FILE = 20 << 20
GONE = (StaleDataError, ObjectDeletedError)  # another press has sent the draft, or thrown it away, at the same moment


class SendAt(PlainForm):
    """When a letter is to go, typed in the reader's time zone."""

    at = LocalMomentField()


class Composer(CrmView):
    """The screens of a letter that is not written yet; drafts are their author's alone."""

    own_verbs: ClassVar[dict[str, str]] = {
        "write": "write",
        "keep": "write",
        "drop_file": "write",
        "drop_draft": "write",
        "drafts": "write",
        "people": "write",
        "program": "write",
        "settings": "write",
    }

    @expose("/write", methods=["GET", "POST"])
    @has_access
    def write(self) -> str | Response:
        if request.method == "GET":
            return self._page(self._asked())
        session, pressed = self.datamodel.session, request.form.get("press", "")
        named = self._named()
        try:
            draft = self._typed(named)
            session.flush()
            number = draft.id
            session.commit()  # whatever is refused below
        except GONE:
            raise DoneAlready from None
        try:
            self._take_files(draft)
            session.commit()
            if named is None and request.form.get("draft"):
                raise DoneAlready
            if pressed == "template":
                return self._filled(draft)
            if pressed == "enclose":
                enclosing.enclose(session, draft, request.form.get("enclosure", ""))
                session.commit()
            if pressed == "send":
                once(session, what_is_sent())  # to keep what is typed was another thing
                return self._sent(draft)
        except (DoneAlready, *GONE):
            session.rollback()
            if (kept := self._found(number)) is None:  # another press has sent it meanwhile
                raise DoneAlready from None
            return self._kept_anew(kept)
        except Refused as refused:
            session.rollback()
            return self._page(self._own(number), refused)
        if pressed == "keep":
            flash(_("The draft is kept."), "success")
            return redirect(url_for(".drafts"))
        return redirect(url_for(".write", draft=draft.id))

    @expose("/keep", methods=["POST"])
    @has_access
    def keep(self) -> Response:
        """What is typed, kept without a word; the page learns the number of the draft."""
        named, session = self._named(), self.datamodel.session
        if named is None and request.form.get("draft"):
            abort(404)  # it went while its page was still keeping it
        draft = self._typed(named)
        refused = None
        try:
            self._take_files(draft)
        except Refused as why:
            refused = why
        session.commit()
        wrong = refused or self._wrong(draft)
        files = [
            {"id": file.id, "name": file.name, "size": file.blob.size, "url": url_for(".drop_file", number=file.id)}
            for file in draft.files
        ]
        told = {"message": str(wrong), "field": wrong.field or ""} if wrong else None
        return jsonify(draft=draft.id, files=files, wrong=told)

    def _wrong(self, draft: LetterDraft) -> Refused | None:
        """What is wrong, or doubtful, with the addresses that are typed so far."""
        try:
            return next(iter(composing.come_back(self.datamodel.session, draft)), None)
        except Refused as refused:
            return refused

    @expose("/drafts")
    @has_access
    def drafts(self) -> str:
        own = select(LetterDraft).order_by(LetterDraft.changed_at.desc(), LetterDraft.id.desc()).limit(200)
        page: str = self.render_template(
            "crm/mail/drafts.html", title=_("Drafts"), drafts=self.datamodel.session.scalars(own).all()
        )
        return page

    @expose("/drafts/<int:number>/drop", methods=["POST"])
    @has_access
    def drop_draft(self, number: int) -> Response:
        self.datamodel.session.delete(self._own(number))
        self.datamodel.session.commit()
        flash(_("The draft is thrown away."), "success")
        return redirect(url_for(".drafts"))

    @expose("/drop-file/<int:number>", methods=["POST"])
    @has_access
    def drop_file(self, number: int) -> Response:
        session = self.datamodel.session
        draft = session.scalar(select(LetterDraft).where(LetterDraft.files.any(id=number))) or abort(404)
        draft.files = [file for file in draft.files if file.id != number]
        session.commit()
        if wants_json():
            return jsonify(told=_("Done."))
        return redirect(url_for(".write", draft=draft.id))

    @expose("/people")
    @has_access
    def people(self) -> Response:
        """Whom the beginning of a recipient means: of the clients that the reader sees."""
        text, session = request.args.get("q", "").strip()[:100], self.datamodel.session
        found = session.execute(written_to(text, viewer_of(session)))
        return jsonify(
            [
                {
                    "typed": str(Recipient(address, person.name if person else "")),
                    "text": person.name if person else client.name,
                    "hint": " · ".join(part for part in (address, client.name if person else "") if part),
                }
                for address, person, client in found
            ]
        )

    @expose("/program")
    @has_access
    def program(self) -> Response:
        """The same letter for the user's own program: by a link while it is short, else as a file to open."""
        draft = self._asked()
        url = mailto(draft.to, draft.cc, draft.bcc, draft.subject, draft.text)
        if url and not draft.files:
            return redirect(url)
        files = [(file.name, file.mime, file.blob.content) for file in draft.files]
        answer = make_response(eml(draft.to, draft.cc, draft.bcc, draft.subject, draft.text, files))
        answer.headers["Content-Type"] = "message/rfc822"
        answer.headers["Content-Disposition"] = "attachment; filename=letter.eml"
        return answer

    @expose("/settings", methods=["POST"])
    @has_access
    def settings(self) -> Response:
        """How one writes letters, and what one wants to be told of by letter."""
        profile, wanted = profile_of(current_user), set(request.form.getlist("by_letter"))
        profile.own_mail_program = request.form.get("own") == "1"
        profile.by_letter = [kind.value for kind in ByLetter if kind.value in wanted]
        self.datamodel.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("ProfileView.userinfo"))

    # -- how -----------------------------------------------------------------------------------

    def _asked(self) -> LetterDraft:
        """The draft that the address names, or a new one from what it names; only what the reader sees."""
        args = request.args
        if args.get("draft"):
            return self._own(row_number(args["draft"]) or 0)
        found = {name: self._seen(model, args.get(name, "")) for name, model in BEGUN_FROM.items()}
        draft = composing.begin(self.datamodel.session, current_user, now=clock.now(), **found)
        if args.get("to"):
            draft.to = args["to"][:1000]
        return draft

    def _seen(self, model: Any, number: str) -> Any:
        if not number:
            return None
        found = row_number(number) and self.datamodel.session.scalar(
            select(model).where(model.id == row_number(number))
        )
        return found or abort(404)

    def _own(self, number: int) -> LetterDraft:
        return self._found(number) or abort(404)

    def _found(self, number: int) -> LetterDraft | None:
        found: LetterDraft | None = self.datamodel.session.scalar(select(LetterDraft).where(LetterDraft.id == number))
        return found

    def _named(self) -> LetterDraft | None:
        """The draft of the form; None where it has none yet, or where that was sent or thrown away."""
        return self._found(row_number(request.form.get("draft", "")) or 0)

    def _typed(self, named: LetterDraft | None) -> LetterDraft:
        """The draft of the form, or a new one, with what stands in it."""
        form, draft = request.form, named or self._asked()
        composing.keep(
            self.datamodel.session, draft, {name: form[name] for name in FIELDS if name in form}, now=clock.now()
        )
        return draft

    def _kept_anew(self, draft: LetterDraft) -> Response:
        """What this press has sent is not sent again, nor, once it was taken back, without another press."""
        session = self.datamodel.session
        if place_of_the_first():
            session.delete(draft)
            session.commit()
            raise DoneAlready
        flash(
            _(
                "The letter was sent, taken back or thrown away before: what stands here is a new draft, "
                "without its files."
            ),
            "warning",
        )
        return redirect(url_for(".write", draft=draft.id))

    def _take_files(self, draft: LetterDraft) -> None:
        for file in request.files.getlist("files"):
            if not file.filename:
                continue
            content = file.read(LARGEST_FILE + 1)
            if len(content) > LARGEST_FILE:
                raise Refused(_("“%(name)s” is too big for a letter.", name=file.filename[:80]), field="files")
            composing.attach(self.datamodel.session, draft, file.filename, file.mimetype or "", content)

    def _filled(self, draft: LetterDraft) -> Response:
        template = self._seen(LetterTemplate, request.form.get("template", ""))
        if template is None:
            raise Refused(_("Choose a template."), field="template")
        composing.fill_from(self.datamodel.session, draft, template, today=clock.today())
        self.datamodel.session.commit()
        return redirect(url_for(".write", draft=draft.id))

    def _sent(self, draft: LetterDraft) -> Response:
        session, typed = self.datamodel.session, SendAt(MultiDict(request.form))
        at = None
        if request.form.get("at"):
            if not typed.validate() or typed.at.data is None:
                raise Refused(_("Say when: a day and a time."), field="at")
            at = typed.at.data
        site = current_app.config["CRM"].public_url
        letter = composing.send(session, draft, site=site, now=clock.now(), at=at)
        session.commit()
        if at is None:
            nudge.soon(outbox.TASK, nudge.MAIL)
        return redirect(url_for(".show", pk=letter.id))

    def _page(self, draft: LetterDraft, refused: Refused | None = None) -> str:
        session = self.datamodel.session
        asked: dict[str, Any] = {name: request.args[name] for name in BEGUN_FROM if name in request.args}
        page: str = self.render_template(
            "crm/mail/write.html",
            title=_("Letter"),
            draft=draft,
            refused=refused or self._wrong(draft),
            typed=request.form,
            mailboxes=session.scalars(mailboxes_of(current_user.id)).all(),
            way_of=self.way_of,
            persons=composing.persons_of(session, draft),
            made_files=enclosing.made_files(session),
            kept_reports=enclosing.kept_reports(session),
            templates=session.scalars(select(LetterTemplate).order_by(LetterTemplate.name)).all(),
            asked=f"?{urlencode(asked)}" if asked and not draft.id else "",
            program_url=url_for(".program", draft=draft.id) if draft.id else url_for(".program", **asked),
        )
        return page

    @staticmethod
    def way_of(mailbox: Mailbox) -> MailboxState:
        """Of its letters out."""
        return sending_state(mailbox, company_server())
