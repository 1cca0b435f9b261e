"""Exchange with 1C: the address that its programs come to, the keys of it, and the journal of what came."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from math import ceil

from flask import Flask, Response, abort, current_app, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import BooleanField, StringField, validators

from app import clock, nudge
from app.domain.words import OneCSubject
from app.errors import Refused
from app.extensions import csrf, db
from app.models.one_c import OneCFile, OneCKey, OneCSession
from app.queries.rights import rights_of
from app.services import jobs
from app.services.access import guessing
from app.services.access.guessing import Attempt
from app.services.exchange.commerceml import talking
from app.services.exchange.commerceml.talking import PART
from app.web.access.keys import KeysView
from app.web.access.logins import LONGEST
from app.web.access.rowsec import look_unlogged
from app.web.forms.fields import TypedDayField, row_number
from app.web.forms.forms import trimmed
from app.web.forms.words import PlainForm

ADDRESS = "/1c/exchange"
SECTION = "Exchange with 1C"
COOKIE = "vizavi_1c"
XML = "text/xml"
SHOWN = 30  # sessions of a page
DONE_WITH = {"deactivate", "complete"}  # newer programs say that all is there; it is already
log = logging.getLogger(__name__)


def exchange_with_1c() -> Response:
    """One step of the exchange: what 1C asks for is in the address, answers are lines of text."""
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        mode, subject = request.args.get("mode", ""), request.args.get("type", "")
        token = request.cookies.get(COOKIE, "")
        if mode != "checkauth" and not token:
            return lines_answer(["failure", _("The session is over: come in again.")], 401)
        if subject not in set(OneCSubject):
            return lines_answer(["failure", _("The address does not say what the exchange is about.")], 400)
        if mode == "checkauth":
            return check_in(OneCSubject(subject))
        session, now = db.session(), clock.now()
        talk = talking.of_cookie(session, token, OneCSubject(subject), now=now)
        if talk is None:
            return lines_answer(["failure", _("The session is over: come in again.")], 401)
        look_unlogged(session, talk.key.user)
        encoding = talk.key.encoding
        try:
            answer = step(talk, mode)
        except Refused as refused:
            session.rollback()
            note_refused(token, OneCSubject(subject), str(refused))
            answer = lines_answer(["failure", str(refused)], encoding=encoding)
        session.commit()
        if mode in {"file", "import"}:
            nudge.soon(jobs.TASK)
        return answer


def step(talk: OneCSession, mode: str) -> Response:
    session, now = db.session(), clock.now()
    name = request.args.get("filename", "")
    encoding = talk.key.encoding
    if mode == "init":
        talking.start(session, talk)
        return lines_answer(["zip=yes", f"file_limit={PART}"], encoding=encoding)
    if mode == "file" and name:
        if (request.content_length or 0) > PART:
            raise Refused(_("A part of a file is from 1 byte to %(most)s MB.", most=PART >> 20))
        file = talking.add_part(session, talk, name, request.get_data())
        # Of orders 1C may never ask whether they are imported.
        if file is not None and talk.subject is OneCSubject.SALE and talking.is_whole(session, file):
            asked_for(talk, name)
        return lines_answer(["success"], encoding=encoding)
    if mode == "import" and name:
        file = asked_for(talk, name)
        assert file.job is not None
        return lines_answer(talking.answer_of(file.job), encoding=encoding)
    if mode in DONE_WITH:
        return lines_answer(["success"], encoding=encoding)
    if talk.subject is OneCSubject.SALE and mode == "query":
        if ("can_read", "Orders") not in rights_of(session, talk.key.user_id):
            raise Refused(_("The user of this key may not read orders."))
        blocks = b"".join(talking.give(session, talk, now=now))
        return Response(blocks, content_type=f"{XML}; charset={encoding}")
    if talk.subject is OneCSubject.SALE and mode == "success":
        talking.confirm(session, talk, now=now)
        return lines_answer(["success"], encoding=encoding)
    raise Refused(_("There is no such step: %(mode)s.", mode=mode[:50]))


def asked_for(talk: OneCSession, name: str) -> OneCFile:
    title, back = _("File of 1C"), url_for("OneCView.page")
    return talking.imported(db.session(), talk, name, title, back)


def check_in(subject: OneCSubject) -> Response:
    """A wrong password is counted as at the login, and waits as there."""
    session, now, given = db.session(), clock.now(), request.authorization
    login = (given.username or "")[:LONGEST].strip() if given else ""
    secret = (given.password or "") if given and given.type == "basic" else ""
    key = talking.key_of(session, login, secret) if login and secret else None
    if key is None:
        attempt = Attempt.of(f"1c {login}", request.remote_addr or "", str(current_app.secret_key))
        left = guessing.begin(session, attempt, now=now)
        session.commit()
        log.warning("Wrong password of a 1C: login %s, address %s", attempt.login[:8], attempt.address[:8])
        answer = lines_answer(["failure", _("The login or the password is wrong.")], 429 if left else 401)
        if left:
            answer.headers["Retry-After"] = str(ceil(left.total_seconds()))
        return answer
    if not (key.goods if subject is OneCSubject.CATALOG else key.orders):
        return lines_answer(["failure", _("This key has no right to that.")], 403, encoding=key.encoding)
    token = talking.begin(session, key, subject, now=now)
    encoding = key.encoding
    session.commit()
    answer = lines_answer(["success", COOKIE, token], encoding=encoding)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(COOKIE, token, path=ADDRESS, httponly=True, samesite="Strict", secure=secure)
    return answer


def note_refused(token: str, subject: OneCSubject, sentence: str) -> None:
    if talk := talking.of_cookie(db.session(), token, subject, now=clock.now()):
        talk.refused = sentence[: OneCSession.refused.type.length]


def lines_answer(lines: Iterable[str], code: int = 200, *, encoding: str = "utf-8") -> Response:
    answer = Response(
        "\n".join(lines).encode(encoding, "replace"), code, content_type=f"text/plain; charset={encoding}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def init_app(app: Flask) -> None:
    app.add_url_rule(ADDRESS, "exchange_with_1c", csrf.exempt(exchange_with_1c), methods=["GET", "POST"])


class OneCKeyForm(PlainForm):
    name = StringField(_l("Login"), [validators.InputRequired(), validators.Length(max=50)], filters=[trimmed])
    since = TypedDayField(_l("Orders from"), [validators.InputRequired()])
    goods = BooleanField(_l("Brings goods, prices and stock"), default=True)
    price_kind = StringField(_l("Kind of price"), [validators.Length(max=100)], filters=[trimmed])
    orders = BooleanField(_l("Takes and brings orders"), default=True)
    in_1251 = BooleanField(_l("Answers in windows-1251"))


class OneCView(KeysView):
    """Keys of 1C: made, shown once with the address, revoked; below the journal of sessions."""

    route_base = "/exchange-1c"
    class_permission_name = SECTION
    kind = OneCKey

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def page(self) -> str:
        session, secret = db.session(), ""
        first = talking.first_day(clock.today())
        form = OneCKeyForm(request.form, since=first) if request.method == "POST" else OneCKeyForm(since=first)
        if request.method == "POST" and form.validate():
            key = OneCKey(user_id=current_user.id)
            form.populate_obj(key)
            try:
                secret = talking.make_key(session, key, now=clock.now())
                session.commit()
                form = OneCKeyForm(since=first)
            except Refused as refused:
                session.rollback()
                form[refused.field or "name"].errors = [str(refused)]
        before = row_number(request.args.get("before", ""))
        talks = talking.journal(session, before, SHOWN + 1)
        return str(
            self.render_template(
                "crm/exchange/one_c.html",
                title=_("Exchange with 1C"),
                form=form,
                secret=secret,
                address=url_for("exchange_with_1c", _external=True),
                keys=self.keys(),
                talks=talks[:SHOWN],
                refusals=talking.refusals,
                older=talks[SHOWN - 1].id if len(talks) > SHOWN else None,
                zone=clock.zone(),
            )
        )

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def session(self, pk: int) -> str:
        talk = db.session.get(OneCSession, pk) or abort(404)
        return str(
            self.render_template(
                "crm/exchange/one_c_session.html",
                title=_("Session of %(login)s", login=talk.key.name),
                talk=talk,
                answers={file.id: talking.answer_of(file.job) for file in talk.files if file.job},
                zone=clock.zone(),
            )
        )
