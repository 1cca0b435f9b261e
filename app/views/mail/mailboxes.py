"""Mailboxes, one's own and shared, and templates of letters."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask import session as cookie
from flask_appbuilder import expose, has_access
from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, validators

from app.domain.letters.consent import AUTHORITIES, asking_url, authority_of
from app.domain.letters.fields import OF_PAPERS, TemplateField
from app.domain.words import MailboxState
from app.errors import OutOfReach, Refused
from app.models.captions import caption
from app.models.letters import LetterTemplate
from app.models.mailboxes import Mailbox, MailboxRight
from app.queries.mail.letters import folders_of
from app.services.mail import consent, mailboxes, outbox, templates
from app.services.mail.wire import Server
from app.views.mail.first_reading import FirstReading
from app.web.datamodel import DataModel
from app.web.mail import company_incoming, company_server, seal, tokens
from app.web.views import VERBS, CrmView

SHARED = "Shared mailboxes"  # the section whose right to write sets them up
ASKED = "mailbox to be connected"  # what the session keeps while a provider asks
SERVERS = ["smtp_host", "smtp_port", "smtp_security", "imap_host", "imap_port", "imap_security", "own_certificate"]


class SealedField(PasswordField):
    """A password that goes in and never comes out."""

    def process_data(self, value: Any) -> None:
        self.data = None

    def populate_obj(self, obj: Any, name: str) -> None:
        obj.typed_password = self.data or ""


class SharedField(BooleanField):
    """Whether the mailbox is everybody's; only for those who may set such ones up."""

    def populate_obj(self, obj: Mailbox, name: str) -> None:
        obj.owner_id = None if self.data else current_user.id


def state_of(mailbox: Mailbox) -> Any:
    """Its state; what is wrong with it, in words."""
    state = mailboxes.state(mailbox, company_server(), company_incoming())
    return mailbox.stopped or mailbox.fetching_stopped if state is MailboxState.STOPPED else caption(state)


PASSWORD = SealedField(
    _l("Password"),
    [validators.Optional(), validators.Length(max=500)],
    widget=BS3PasswordFieldWidget(),
    description=_l("Yandex, Mail.ru and Gmail give programs a password of their own. Empty: the old one stays."),
)


class MailboxRightView(CrmView):
    datamodel = DataModel(MailboxRight)
    route_base = "/mailbox-rights"
    class_permission_name = SHARED
    exclude_route_methods = {"download", "show"}
    list_title, add_title = _l("Who reads and sends"), _l("New right to the mailbox")
    list_columns = add_columns = ["mailbox", "user", "reads", "sends"]
    related_columns = {"mailbox": ["user", "reads", "sends"]}

    def pre_add(self, item: MailboxRight) -> None:
        if item.mailbox is None or item.mailbox.owner_id is not None:
            abort(403)

    pre_update = pre_delete = pre_add

    def after_save_url(self, item: MailboxRight) -> str:
        return url_for("MailboxView.show", pk=item.mailbox_id)

    after_delete_url = after_save_url


class MailboxView(FirstReading):
    datamodel = DataModel(
        Mailbox,
        order_by={"address": "address"},
        computed={"whose": lambda box: box.owner or _("Shared"), "works": state_of},
        loads=["owner"],
    )
    route_base = "/mailboxes"
    class_permission_name = "Mailboxes"
    method_permission_name = (
        VERBS | {"try_out": "write", "connect": "write", "connected": "write"} | FirstReading.reading_verbs
    )
    exclude_route_methods = {"download", "bulk"}
    list_title, add_title = _l("Mailboxes"), _l("New mailbox")
    label_columns = {"whose": _l("Owner"), "works": _l("State"), "is_shared": _l("Shared")}
    list_columns = ["address", "name", "whose", "works"]
    show_columns = ["address", "name", "whose", "login", *SERVERS, "signature", "everybody_sends", "pace", "works"]
    show_columns = [*show_columns, "fetch_from", "fetched_at", "fetching_stopped"]
    add_columns = ["address", "password", "name", "is_shared"]
    edit_columns = [
        *("address", "password", "name", "login", *SERVERS, "signature", "everybody_sends", "pace"),
    ]
    edit_fieldsets = [
        ("", {"fields": ["address", "password", "name", "signature"]}),
        (_l("Servers"), {"fields": ["login", *SERVERS]}),
        (_l("Letters"), {"fields": ["everybody_sends", "pace"]}),
    ]
    add_form_extra_fields = {"password": PASSWORD, "is_shared": SharedField(_l("Shared"))}
    edit_form_extra_fields = {"password": PASSWORD}
    description_columns = {
        "address": _l("The servers of Yandex, Mail.ru, Gmail, Outlook and Rambler are known by it."),
        "login": _l("Empty: the address."),
        "smtp_host": _l("Empty: letters stay in the product."),
        "signature": _l("Below every letter that is written."),
    }
    related_views = [MailboxRightView]
    base_order = ("address", "asc")
    show_template = "crm/mail/mailbox.html"
    not_in_place = tuple(edit_columns)

    def beside(self, item: Mailbox) -> dict[str, Any]:
        name, may_change = authority_of(item.smtp_host, item.imap_host), self.may_change(item)
        folders = folders_of(item.id).execution_options(unscoped=True) if may_change else None
        return {
            "may_change": may_change,
            "folders": self.datamodel.session.execute(folders).all() if folders is not None else [],
            "authority": AUTHORITIES[name].name if name in tokens().apps else "",
            "is_connected": item.sealed_refresh is not None,
            "waits_for_a_day": mailboxes.is_fetchable(item, company_incoming()) and item.fetch_from is None,
            "edit_look": "btn-default",
        }

    def related_of(self, item: Mailbox) -> list[CrmView]:
        return [] if item.owner_id else list(super().related_of(item))

    def may_change(self, item: Mailbox) -> bool:
        """One's own, and the shared ones with their right."""
        if item.owner_id is not None:
            return item.owner_id == current_user.id
        return bool(self.appbuilder.sm.has_access("can_write", SHARED))

    def pre_add(self, item: Mailbox) -> None:
        if not self.may_change(item):
            raise Refused(_("Shared mailboxes are added by whoever has the right to."), field="is_shared")
        mailboxes.set_up(item)
        password = item.__dict__.pop("typed_password", "")
        if password:
            self.datamodel.number(item)
            mailboxes.new_password(item, password, seal())

    pre_update = pre_add

    def pre_delete(self, item: Mailbox) -> None:
        if item.is_company:
            raise Refused(_("The mailbox that notices go out of is not deleted."))

    def after_save_url(self, item: Mailbox) -> str:
        return url_for("MailboxView.show", pk=item.id)

    @expose("/try-out/<pk>", methods=["POST"])
    @has_access
    def try_out(self, pk: str) -> Response:
        """Connect and log in now; the server's own words are told."""
        item = self.row_to_change(pk)
        server = company_server() if item.is_company and company_server() else mailboxes.server_of_row(item, seal())
        wrong = self._tried_out(item, server)
        if wrong:
            flash(wrong, "danger")
        elif server is None and not mailboxes.is_fetchable(item, company_incoming()):
            flash(_("Letters stay in the product: no server is set up."), "info")
        else:
            flash(_("It works: the server lets in."), "success")
        return redirect(url_for(".show", pk=pk))

    def _tried_out(self, item: Mailbox, server: Server | None) -> str:
        """What is wrong with it, in a sentence."""
        session = self.datamodel.session
        try:
            trial = mailboxes.trial_of(item, server, seal(), company_incoming())
        except OutOfReach as trouble:
            return trouble.sentence
        session.commit()  # the base is not held while a server is waited for
        outcome = mailboxes.try_out(trial, tokens())
        is_kept = mailboxes.keep_outcome(session, trial, outcome)
        session.commit()
        return outcome.wrong if is_kept else str(_("Its settings were changed meanwhile: try it out again."))

    @expose("/connect/<pk>", methods=["POST"])
    @has_access
    def connect(self, pk: str) -> Response:
        """To the page where the provider asks the owner of the mailbox; he comes back to `connected`."""
        item, name = self._connectable(pk)
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        cookie[ASKED] = {"mailbox": item.id, "state": state, "verifier": verifier}
        return redirect(
            asking_url(
                AUTHORITIES[name],
                tokens().apps[name],
                address=item.address,
                back=back_url(),
                state=state,
                verifier=verifier,
            )
        )

    @expose("/connected")
    @has_access
    def connected(self) -> Response:
        """The owner comes back from his provider, with a code or with a refusal."""
        asked = cookie.pop(ASKED, None)
        state = request.args.get("state", "").encode()
        if asked is None or not secrets.compare_digest(asked["state"].encode(), state):
            flash(_("This answer of a provider was not asked for from here: begin anew."), "danger")
            return redirect(url_for(".list"))
        item, name = self._connectable(str(asked["mailbox"]))
        code = request.args.get("code", "")
        who = AUTHORITIES[name].name
        if not code:
            words = request.args.get("error_description") or request.args.get("error") or ""
            flash(_("%(who)s gives no access: %(words)s", who=who, words=words[:200]), "danger")
            return redirect(url_for(".show", pk=item.id))
        self.datamodel.session.commit()  # the base is not held while the provider is waited for
        try:
            given = consent.ask(
                name,
                tokens().apps[name],
                grant_type="authorization_code",
                code=code,
                code_verifier=asked["verifier"],
                redirect_uri=back_url(),
            )
        except consent.NoToken as why:
            flash(why.sentence, "danger")
            return redirect(url_for(".show", pk=asked["mailbox"]))
        item, _name = self._connectable(str(asked["mailbox"]))  # as it is now
        tokens().keep(self.datamodel.session, item, given)
        outbox.go_on(self.datamodel.session, item)
        self.datamodel.session.commit()
        flash(_("The mailbox is connected by %(who)s: no password is needed.", who=who), "success")
        return redirect(url_for(".show", pk=item.id))

    def _connectable(self, pk: str) -> tuple[Mailbox, str]:
        """The mailbox that the reader may set up, and the name of the provider that gives us access to it."""
        item = self.row(pk)
        name = authority_of(item.smtp_host, item.imap_host)
        if not self.may_change(item) or name not in tokens().apps:
            abort(403)
        return item, name


def back_url() -> str:
    """Where a provider sends the owner back to; it is registered there, letter for letter."""
    return current_app.config["CRM"].public_url + url_for("MailboxView.connected")


class LetterTemplateView(CrmView):
    datamodel = DataModel(LetterTemplate, order_by={"name": "name"})
    route_base = "/letter-templates"
    class_permission_name = "Letter templates"
    list_title, add_title = _l("Letter templates"), _l("New letter template")
    list_columns = ["name", "subject"]
    add_columns = show_columns = ["name", "subject", "text"]
    search_columns = ["name"]
    base_order = ("name", "asc")
    description_columns = {
        "text": _l(
            "Fields are filled in for each client: %(fields)s. "
            "Where there may be nothing to say, tell what stands there then: {first name|colleagues}.",
            fields=", ".join(f"{{{each}}}" for each in TemplateField if each not in OF_PAPERS),
        )
    }

    def pre_add(self, item: LetterTemplate) -> None:
        templates.save(self.datamodel.session, item)

    pre_update = pre_add
