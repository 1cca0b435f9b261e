"""The address of telephones and mail programs: who comes in, what he may send, and nothing of it in a log."""

from __future__ import annotations

import logging
from io import BytesIO, StringIO
from math import ceil
from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, request
from flask_babel import force_locale, get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from app import clock
from app.dav.items import whole_lines
from app.dav.questions import DeviceQuestion, UnclearQuestion
from app.dav.server import LONGEST_BODY, USER, DeviceServer, make_server
from app.dav.storage import PATHS, Device
from app.domain.words import DeviceBookKind, DeviceSubject, Road
from app.errors import Refused
from app.extensions import csrf, db
from app.models import authorship
from app.models.counterparties import ContactPerson, Counterparty
from app.models.users import User
from app.queries.rights import rights_of
from app.queries.sql import one_of
from app.services.access import app_passwords, guessing
from app.services.access.guessing import Attempt
from app.services.diaries import zone_of
from app.services.exchange.devices import refusals
from app.services.exchange.devices.books import LONGEST_NAME, Key
from app.web import readings
from app.web.access.logins import LONGEST
from app.web.access.rowsec import look_unlogged

ADDRESS = "/dav"
METHODS = ("OPTIONS", "PROPFIND", "REPORT", "GET", "HEAD", "PUT", "DELETE", "PROPPATCH")
WRITES = {"PUT", "DELETE"}
REASONS = {  # of what Radicale itself does not take
    400: _l("It could not be read: cards and events are written otherwise."),
    409: _l("There is such a card or event under another name on the device."),
    412: _l("It was changed here meanwhile."),
}
XML = {"PROPFIND", "REPORT", "PROPPATCH"}
LONGEST_XML = 1_000_000  # bytes: the addresses of some ten thousand items
PASSED = (
    *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "REQUEST_METHOD", "wsgi.url_scheme", "HTTP_HOST"),
    *("HTTP_DEPTH", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_ACCEPT_ENCODING", "HTTP_USER_AGENT"),
)
MOST_NAMED = 20  # cards of one answer that are noted each; with more of them a book is read
log = logging.getLogger(__name__)


def devices(path: str = "") -> AnyResponse:
    """Answer a program by Radicale, as the user whose password it has."""
    longest = LONGEST_XML if request.method in XML else LONGEST_BODY
    if (request.content_length or 0) > longest:
        return empty_answer(413)
    user = user_of_program()
    if isinstance(user, Response):
        return user
    body = request.get_data()
    try:
        question = DeviceQuestion.of(body) if request.method in XML and body else None
    except UnclearQuestion:
        return empty_answer(400)
    if (question is None and request.method == "REPORT") or (question and not question.suits(request.method)):
        return empty_answer(403)
    session = db.session()
    rights = rights_of(session, user.id)
    if ("can_read", "Devices") not in rights:
        return empty_answer(403)
    look_unlogged(session, user)
    authorship.by(session, Road.DEVICE)
    user_id, locale = user.id, (user.profile and user.profile.locale) or str(get_locale())
    g.device = Device(
        session,
        user_id,
        rights,
        now=clock.now(),
        zone=zone_of(user, clock.zone()),
        locale=locale,
        with_texts=question is None or question.with_texts,
        body=body.decode("utf-8", "replace").replace("\0", "") if request.method == "PUT" else "",
    )
    with force_locale(locale):
        sent = whole_lines(body) if request.method == "PUT" else body
        answer = Response.from_app(server(), environ_for(user_id, path, sent), buffered=True)
        return finished(user_id, path, answer)


def finished(user_id: int, path: str, answer: AnyResponse) -> AnyResponse:
    """What Radicale and our rules did is committed; or taken back, and told to the user in his language."""
    session, refusal, is_writing = db.session(), g.device.error, request.method in WRITES
    if isinstance(refusal, Refused):
        session.rollback()
        return refused(user_id, path, str(refusal), 403)
    if refusal is not None:
        raise refusal
    if answer.status_code in REASONS and is_writing:
        session.rollback()
        return refused(user_id, path, str(REASONS[answer.status_code]), answer.status_code)
    if is_writing and answer.status_code < 400 and (named := item_at(path)):
        refusals.forget(session, user_id, *named)
    if not is_writing:
        note_given(g.device.given)
    session.commit()
    if g.device.rewritten:
        del answer.headers["ETag"]
    answer.headers["Cache-Control"] = "no-store"
    return answer


def note_given(given: list[Key]) -> None:
    """A card that a program reads is a card that was opened; a book that it reads is noted as one."""
    if len(given) > MOST_NAMED:
        readings.note_shown_many(ContactPerson)
        return
    for model, subject in ((ContactPerson, DeviceSubject.PERSON), (Counterparty, DeviceSubject.COUNTERPARTY)):
        numbers = [number for of, number in given if of is subject]
        for row in db.session.scalars(select(model).where(one_of(model.id, numbers))) if numbers else ():
            readings.note_shown(row)


def item_at(path: str) -> tuple[DeviceBookKind, str] | None:
    """The list and the name of an item."""
    _user, _slash, rest = path.partition("/")
    book, _slash, href = rest.partition("/")
    kind = PATHS.get(book)
    return (kind, href) if kind and href and "/" not in href and len(href) <= LONGEST_NAME else None


def refused(user_id: int, path: str, reason: str, code: int) -> Response:
    """Nothing is changed; what came is kept for the user to see, as it has gone from the device."""
    if named := item_at(path):
        refusals.keep(db.session(), user_id, *named, text=g.device.body, reason=reason, now=clock.now())
        db.session.commit()
    return empty_answer(code)


def user_of_program() -> User | Response:
    """Whom the program comes for; a wrong password is counted as at the login, and waits as there."""
    given = request.authorization
    if given is None or given.type != "basic" or not given.username or not given.password:
        return unknown()
    login, now = given.username[:LONGEST].strip(), clock.now()
    agent = request.user_agent.string
    session = db.session()
    if user := app_passwords.owner_of(session, login, given.password, agent=agent, now=now):
        session.commit()
        return user
    attempt = Attempt.of(f"device {login}", request.remote_addr or "", str(current_app.secret_key))
    left = guessing.begin(session, attempt, now=now)
    session.commit()
    log.warning("Wrong password of a program: login %s, address %s", attempt.login[:8], attempt.address[:8])
    if left:
        answer = empty_answer(429)
        answer.headers["Retry-After"] = str(ceil(left.total_seconds()))
        return answer
    return unknown()


def unknown() -> Response:
    answer = empty_answer(401)
    answer.headers["WWW-Authenticate"] = 'Basic realm="Vizavi", charset="UTF-8"'
    return answer


def empty_answer(code: int) -> Response:
    answer = make_response("", code)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def environ_for(user_id: int, path: str, body: bytes) -> dict[str, Any]:
    """What Radicale may know of the request: nothing that a stranger could say by a header of a proxy."""
    environ = {name: request.environ[name] for name in PASSED if name in request.environ}
    return environ | {
        "SCRIPT_NAME": ADDRESS,
        "PATH_INFO": f"/{path}",
        "CONTENT_TYPE": request.mimetype,  # whatever encoding it names: what is not UTF-8 is no text of ours
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": StringIO(),
        USER: str(user_id),
    }


def server() -> DeviceServer:
    made: DeviceServer = current_app.extensions["vizavi.dav"]
    return made


def to_books() -> AnyResponse:
    """RFC 6764: programs that know the name of the server alone begin here."""
    return redirect(f"{ADDRESS}/", 301)


def init_app(app: Flask) -> None:
    app.extensions["vizavi.dav"] = make_server()
    answer = csrf.exempt(devices)
    for rule in (f"{ADDRESS}/", f"{ADDRESS}/<path:path>"):
        app.add_url_rule(rule, "devices", answer, methods=METHODS, provide_automatic_options=False)
    for what in ("carddav", "caldav"):
        rule = f"/.well-known/{what}"
        app.add_url_rule(
            rule, "to_books", csrf.exempt(to_books), methods=("GET", "PROPFIND"), provide_automatic_options=False
        )
