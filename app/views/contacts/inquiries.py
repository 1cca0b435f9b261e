"""Inquiries from sites: the address that takes them, and the page of keys with what to put into the site."""

from __future__ import annotations

import logging
from datetime import timedelta
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, jsonify, make_response, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField, validators

from app import clock
from app.extensions import csrf, db
from app.models.access import InquiryDuty, InquiryKey
from app.models.contacts import Campaign
from app.models.counterparties import InformationSource
from app.models.users import Role, User
from app.services.contacts import inquiries
from app.services.contacts.inquiries import Limit
from app.web.access.keys import KeysView
from app.web.forms.fields import LookupField, row_number
from app.web.forms.forms import trimmed
from app.web.forms.words import PlainForm

ADDRESS = "/api/v1/inquiry"
LONGEST = 32 << 10  # bytes of a whole inquiry: Cyrillic letters may come as six each
HEADER = "X-Inquiry-Key"
LONGEST_KEY = 100
log = logging.getLogger(__name__)


def inquiry() -> Response:
    """Take an inquiry of a stranger: JSON, or a plain form. The key says which form of which site it is."""
    if request.method == "OPTIONS":
        return with_any_origin(make_response("", 204))
    if (request.content_length or 0) > LONGEST:
        return form_answer(413, _("The inquiry is too long."))
    session, now = db.session(), clock.now()
    session.info["viewer"] = None  # what is written is the company's, whoever's browser it came from
    limit = Limit.of_address(request.remote_addr or "", str(current_app.secret_key))
    if left := wait_by_limit(limit):
        return too_many_answer(left, "address", limit.mark[:8])
    sent = sent_fields()
    secret = request.headers.get(HEADER) or (sent or {}).get("key", "")
    key = inquiries.key_of(session, secret[:LONGEST_KEY]) if isinstance(secret, str) else None
    if key is None:
        return form_answer(401, _("The key of the form is not known."))
    if key.site and (origin := request.headers.get("Origin")) and host_of(origin) != host_of(key.site):
        return form_answer(403, _("The key is of another site."))
    if left := wait_by_limit(Limit.of_key(key)):
        return too_many_answer(left, "key", str(key.id))
    if sent is None:
        return form_answer(400, _("The inquiry is not clear."))
    if sent.get(inquiries.TRAP):  # a machine filled in what nobody sees: it shall not learn that
        return form_answer(201, _("Thank you, we shall answer."))
    if errors := inquiries.wrong(sent):
        return form_answer(400, next(iter(errors.values())), errors)
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        inquiries.take(session, key, sent, now=now, today=clock.today())
    session.commit()
    return form_answer(201, _("Thank you, we shall answer."))


def wait_by_limit(limit: Limit) -> timedelta:
    left = inquiries.wait(db.session(), limit, now=clock.now())
    db.session.commit()
    return left


def sent_fields() -> dict[str, Any] | None:
    """The fields that were sent; None where they are no fields."""
    if not request.is_json:
        return dict(request.form)
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else None


def too_many_answer(left: timedelta, whom: str, mark: str) -> Response:
    log.warning("Inquiries: too many by %s %s", whom, mark)
    answer = form_answer(429, _("Too many inquiries: try again later."))
    answer.headers["Retry-After"] = str(ceil(left.total_seconds()))
    return answer


def form_answer(code: int, message: str, errors: dict[str, str] | None = None) -> Response:
    """JSON for scripts; a sentence for whoever has sent a plain form."""
    if request.is_json or request.accept_mimetypes.best == "application/json":
        answer = jsonify(message=message, **({"errors": errors} if errors else {}))
    else:
        answer = make_response(message)
        answer.mimetype = "text/plain"
    answer.status_code = code
    return with_any_origin(answer)


def with_any_origin(answer: Response) -> Response:
    """Pages of any site may ask: there are no cookies in it, the key decides."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Methods"] = "POST"
    answer.headers["Access-Control-Allow-Headers"] = f"Content-Type, {HEADER}"
    answer.headers["Access-Control-Max-Age"] = "86400"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def host_of(address: str) -> str:
    try:
        return (urlsplit(address if "//" in address else f"//{address}").hostname or "").lower()
    except ValueError:
        return ""


def init_app(app: Flask) -> None:
    app.add_url_rule(ADDRESS, "inquiry", csrf.exempt(inquiry), methods=["POST", "OPTIONS"])


class KeyForm(PlainForm):
    name = StringField(_l("Name"), [validators.InputRequired(), validators.Length(max=100)], filters=[trimmed])
    site = StringField(_l("Site"), [validators.Length(max=200)], filters=[trimmed])
    source = LookupField(_l("Information source"), [validators.Optional()], model=InformationSource)
    campaign = LookupField(_l("Campaign"), [validators.Optional()], model=Campaign)


class DutyForm(PlainForm):
    user = LookupField(_l("On duty"), [validators.Optional()], model=User)


class InquiryKeyView(KeysView):
    """Keys of forms: made, shown once, revoked; and who gets what comes by them."""

    route_base = "/inquiry-keys"
    class_permission_name = "Inquiry keys"
    kind = InquiryKey
    which = (InquiryKey.for_calls.is_(False),)

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def page(self) -> str | AnyResponse:
        session, form, secret = db.session(), KeyForm(request.form), ""
        if request.method == "POST" and form.validate():
            key = InquiryKey(
                name=form.name.data, site=form.site.data or "", source=form.source.data, campaign=form.campaign.data
            )
            secret = inquiries.make_key(session, key, now=clock.now())
            session.commit()
            form = KeyForm(MultiDict())
        duty = session.scalars(select(InquiryDuty)).one()
        return str(
            self.render_template(
                "crm/contacts/inquiry_keys.html",
                title=_("Inquiries from sites"),
                form=form,
                secret=secret,
                address=url_for("inquiry", _external=True),
                trap=inquiries.TRAP,
                keys=self.keys(),
                duty=duty,
                duty_form=DutyForm(user=duty.user),
                roles=session.scalars(select(Role).order_by(Role.name)).all(),
            )
        )

    @expose("/duty", methods=["POST"])
    @has_access
    @permission_name("write")
    def duty(self) -> AnyResponse:
        session, form = db.session(), DutyForm(request.form)
        role = session.get(Role, row_number(request.form.get("role", "")) or 0)
        if form.validate():
            duty = session.scalars(select(InquiryDuty)).one()
            duty.user, duty.role = form.user.data, role
            session.commit()
            flash(_("Saved."), "success")
        else:
            flash(_("Choose one of the list."), "danger")
        return redirect(url_for("InquiryKeyView.page"))
