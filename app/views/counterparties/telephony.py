"""The telephone exchange: the address that takes its messages, what a page asks of them, and the keys."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, flash, jsonify, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField, validators

from app import clock
from app.errors import Refused
from app.extensions import csrf, db
from app.models.access import InquiryKey
from app.services.contacts import inquiries
from app.services.contacts.inquiries import Limit
from app.services.counterparties import calls
from app.views.contacts.inquiries import LONGEST, LONGEST_KEY, form_answer, sent_fields, too_many_answer, wait_by_limit
from app.web.access.keys import KeysView
from app.web.access.people import profile_of
from app.web.forms.forms import trimmed
from app.web.forms.words import PlainForm

ADDRESS = "/api/v1/call"
HEADER = "X-Call-Key"


def call() -> Response:
    """Take what a telephone exchange says of a call: JSON, or a plain form. Its key says that it is ours."""
    if (request.content_length or 0) > LONGEST:
        return form_answer(413, _("The message is too long."))
    session, now = db.session(), clock.now()
    session.info["viewer"] = None  # the exchange knows everybody's calls
    key = inquiries.key_of(session, request.headers.get(HEADER, "")[:LONGEST_KEY], for_calls=True)
    if key is None:
        limit = Limit.of_address(request.remote_addr or "", str(current_app.secret_key))
        left = wait_by_limit(limit)
        return (
            too_many_answer(left, "address", limit.mark[:8])
            if left
            else form_answer(401, _("The key of the exchange is not known."))
        )
    if left := wait_by_limit(Limit.of_key(key)):
        return too_many_answer(left, "key", str(key.id))
    sent = sent_fields()
    if sent is None:
        return form_answer(400, _("The message is not clear."))
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        try:
            taken = calls.take(session, key, calls.read(session, sent, now=now, zone=clock.zone()), now=now)
        except Refused as refused:
            session.rollback()
            return form_answer(400, str(refused), {refused.field or "": str(refused)})
    session.commit()
    answer = jsonify(contact=taken.contact_id)
    answer.status_code = 200
    return answer


def init_app(app: Flask) -> None:
    app.add_url_rule(ADDRESS, "call", csrf.exempt(call), methods=["POST"])


class RingingView(BaseView):
    """What a page of somebody with an extension asks every second or two: one look at an index."""

    route_base = "/call/ringing"
    default_view = "state"
    class_permission_name = "Contact persons"

    @expose("/")
    @has_access
    @permission_name("read")
    def state(self) -> Response:
        session = db.session()
        rings = calls.ringing(session, current_user.id, now=clock.now())
        tag = f"{rings.id}" if rings else "silent"
        if request.if_none_match.contains(tag):
            answer = Response(status=304)
        elif rings is None:
            answer = jsonify(id=None)
        else:
            who = calls.caller_of(session, rings.phone) or _("Unknown caller")
            url = url_for("CallView.page", phone=rings.phone)
            answer = jsonify(id=rings.id, title=_("Calls: %(who)s", who=who), text=rings.phone, url=url)
        answer.set_etag(tag)
        return answer


class TelephoneKeyForm(PlainForm):
    name = StringField(_l("Name"), [validators.InputRequired(), validators.Length(max=100)], filters=[trimmed])


class TelephonyView(KeysView):
    """Keys of exchanges: made, shown once with an example, revoked."""

    route_base = "/telephony"
    class_permission_name = "Inquiry keys"
    kind = InquiryKey
    which = (InquiryKey.for_calls.is_(True),)

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def page(self) -> str:
        session, form, secret = db.session(), TelephoneKeyForm(request.form), ""
        if request.method == "POST" and form.validate():
            key = InquiryKey(name=form.name.data, for_calls=True)
            secret = inquiries.make_key(session, key, now=clock.now())
            session.commit()
            form = TelephoneKeyForm()
        more: dict[str, Any] = {"address": url_for("call", _external=True), "header": HEADER}
        return str(
            self.render_template(
                "crm/counterparties/telephony.html",
                title=_("Telephony"),
                form=form,
                secret=secret,
                keys=self.keys(),
                **more,
            )
        )


class ExtensionView(BaseView):
    """By which number the exchange knows the reader."""

    route_base = "/profile/extension"
    default_view = "keep"
    class_permission_name = "Reminders"

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("write")
    def keep(self) -> AnyResponse:
        try:
            calls.keep_extension(db.session(), profile_of(current_user), request.form.get("extension", ""))
            db.session.commit()
            flash(_("Saved."), "success")
        except Refused as refused:
            db.session.rollback()
            flash(str(refused), "danger")
        return redirect(url_for("ProfileView.userinfo"))
