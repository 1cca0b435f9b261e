"""Pages of our own where a request fails; JSON for programs. What broke is told to the log, not to the reader."""

from __future__ import annotations

from math import ceil

import psycopg
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, TooManyRequests

from app import tracing
from app.processes import lines

# Code: what happened, and what to do now.
WORDS = {
    400: (_l("The request is not clear"), _l("The address or the form has something unexpected in it.")),
    401: (
        _l("Not logged in"),
        _l("Send the token or the key of a program as “%(header)s”.", header="Authorization: Bearer …"),
    ),
    403: (_l("No rights"), _l("Your role does not allow this. Ask the administrator for the right.")),
    404: (_l("There is no such page"), _l("Perhaps the row was deleted, or it is not one of those you see.")),
    405: (_l("This kind of request is not taken here"), _l("Open the page anew from the menu.")),
    413: (_l("The file is too large"), _l("Divide it into several smaller ones.")),
    429: (_l("Too many attempts"), ""),  # how long to wait: wait_for
    500: (
        _l("Something broke"),
        _l("It is written down. Try again; if it repeats, tell the administrator the number."),
    ),
}
STALE = (
    _l("The page is out of date"),
    _l("Go back, reload the page and send the form again: what you typed is there."),
)
AWAY = (
    _l("The base does not answer"),
    _l("This try saved nothing. Wait a moment and try again: what you typed is in the form when you go back."),
)
FULL = (
    _l("The server cannot write to its disk"),
    _l("This try saved nothing. Tell the administrator: the disk is full, or only read."),
)
# PostgreSQL's words: classes of codes, and codes. An error of the driver has none: the way to the base is broken.
AWAY_CODES = ("08", "53", "57P")
FULL_CODES = {"53100", "58030", "25006"}
# Said of a disk that is only read too, in these files of its source: tables, the log of changes, states, other files.
NO_RIGHT, FILES = "42501", {"md.c", "xlog.c", "slru.c", "fd.c", "copydir.c"}
RETRY = 10  # seconds
# These are shown without the menu: it asks the base and the user, and either may be what is wrong.
ALONE = {429, 500, 503}
KEPT_HEADERS = {"Allow", "Retry-After", "WWW-Authenticate"}


def wants_json() -> bool:
    is_api = request.path.startswith("/api/") or (request.path.endswith("/json") and not wants_page())
    return is_api or request.accept_mimetypes.best == "application/json"


def wants_page() -> bool:
    """True for a browser that opens an address: it alone asks for HTML by name."""
    return "text/html" in request.accept_mimetypes.values()


def answer(code: int, words: tuple[object, object], *, reference: str = "") -> Response:
    if code >= 500:
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined] # asking may fail again
    title, advice = (str(part) for part in words)
    if wants_json():
        told = {"message": title, **({"reference": reference} if reference else {})}
        return make_response(jsonify(told), code)
    appbuilder = current_app.appbuilder  # type: ignore[attr-defined]
    page = render_template(
        "error.html",
        code=code,
        title=title,
        advice=advice,
        reference=reference,
        alone=code in ALONE or not current_user.is_authenticated,
        retry=request.method == "POST",
        appbuilder=appbuilder,
        base_template=appbuilder.base_template,
    )
    return make_response(page, code)


def unauthorized() -> Response:
    """For a program whose token or key is missing, or good no more."""
    title, advice = WORDS[401]
    response = make_response(jsonify(message=f"{title}. {advice}"), 401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refused(field: str, sentence: str) -> Response:
    """A request that cannot be read because of one of its fields."""
    if wants_json():
        return make_response(jsonify(message={field: [sentence]}), 400)
    title, _advice = WORDS[400]
    return answer(400, (title, f"{field}: {sentence}" if field else sentence))


def explain(error: HTTPException) -> ResponseReturnValue:
    """Redirects and answers made on purpose go through as they are."""
    code = error.code or 500
    if error.response is not None or code < 400 or isinstance(error, SecurityError):
        return error  # for a host that is not ours no address, and so no page, can be made
    title, advice = WORDS.get(code, WORDS[400] if code < 500 else WORDS[500])
    response = answer(code, (title, wait_for(error) if isinstance(error, TooManyRequests) else advice))
    response.headers.extend((name, value) for name, value in error.get_headers() if name in KEPT_HEADERS)
    return response


def wait_for(error: TooManyRequests) -> str:
    seconds = error.retry_after if isinstance(error.retry_after, int) else 60
    if seconds < 60:
        return gettext("Try again in %(count)s s.", count=seconds)
    return gettext("Try again in %(count)s min.", count=ceil(seconds / 60))


def stale(error: CSRFError) -> ResponseReturnValue:
    return answer(400, STALE)


def broken(error: InternalServerError) -> ResponseReturnValue:
    """The traceback is in the log already, under the number that the reader has."""
    reference = tracing.current_id()
    cause = type(error.original_exception).__name__
    current_app.logger.error("Reference %s: %s %s: %s", reference, request.method, request.path, cause)
    return answer(500, WORDS[500], reference=reference)


def base_failed(error: DBAPIError) -> ResponseReturnValue:
    """The base is away, or its disk is full: nothing that a mend of the code would change."""
    code = getattr(error.orig, "sqlstate", None) or ""
    of_files = code == NO_RIGHT and isinstance(error.orig, psycopg.Error) and error.orig.diag.source_file in FILES
    if code in FULL_CODES or of_files:
        words = FULL
    elif code.startswith(AWAY_CODES) or (not code and isinstance(error, OperationalError)):
        words = AWAY
    else:
        raise error
    current_app.logger.error("%s %s: %s", request.method, request.path, lines.described(error.orig or error))
    response = answer(503, words, reference=tracing.current_id())
    response.headers["Retry-After"] = str(RETRY)
    return response


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, explain)
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(DBAPIError, base_failed)
    app.register_error_handler(InternalServerError, broken)
