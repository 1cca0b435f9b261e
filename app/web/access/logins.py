"""Coming in: guessing is slow, and what was refused is written down without saying who by name or from where."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import ceil

from flask import Response, current_app, request, session
from flask_appbuilder.const import API_SECURITY_PROVIDER_DB
from flask_appbuilder.security.schemas import login_post
from flask_login import current_user
from sqlalchemy import func, or_, select
from werkzeug.exceptions import TooManyRequests

from app import clock
from app.extensions import db
from app.models.users import User
from app.services.access import guessing, second_factor
from app.services.access.guessing import Attempt

PROGRAM = "SecurityApi.login"
CODE = "AuthView.code"
LOGINS = {"AuthView.login", PROGRAM}
CODE_HEADER = "X-One-Time-Code"
PENDING = "pending"  # in the cookie: whose password was right, and when; his code is still to come
PATIENCE = 600  # seconds to type the code
OWN = {"OwnPasswordView.this_form_post", "SecondFactorView.switch_off", "SecondFactorView.codes"}
ATTEMPT = "vizavi.attempt"
LONGEST: int = User.__table__.c.email.type.length  # characters of what a login may be: a name, or an e-mail
log = logging.getLogger(__name__)

# A program need not say where accounts are kept: there is one place.
login_post.fields["provider"].load_default = API_SECURITY_PROVIDER_DB


def slow_down() -> None:
    """Runs before every request: a password that is tried too soon after wrong ones is not even looked at."""
    if request.method != "POST" or request.endpoint not in {*LOGINS, *OWN, CODE}:
        return
    who = typed_login() if request.endpoint in LOGINS else pending_login() if request.endpoint == CODE else own_login()
    if not who:
        return
    attempt = Attempt.of(who, request.remote_addr or "", str(current_app.secret_key))
    left = guessing.begin(db.session(), attempt, now=clock.now())
    db.session.commit()
    if left:
        log.warning("Wrong passwords: %s waits %d s, address %s", who, ceil(left.total_seconds()), attempt.address[:8])
        raise TooManyRequests(retry_after=ceil(left.total_seconds()))
    request.environ[ATTEMPT] = (who, attempt)


def tell(*, came_in: bool) -> None:
    """How the try of this request ended."""
    who, attempt = request.environ.get(ATTEMPT, (None, None))
    if attempt is None:
        return
    if came_in:
        guessing.forgive(db.session(), attempt, now=clock.now())
        db.session.commit()
    else:
        log.warning("Wrong password: %s, address %s", who, attempt.address[:8])


def typed_login() -> str:
    """Whose password is tried: a number for one whom the base knows, else a mark that tells nothing."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    typed = str(sent.get("username") or "")[:LONGEST].strip() if isinstance(sent, Mapping) else ""
    if not typed or not typed.isprintable():
        return ""
    same = or_(func.lower(User.username) == typed.lower(), func.lower(User.email) == typed.lower())
    number = db.session.scalar(select(User.id).where(same).limit(1).execution_options(unscoped=True))
    secret = str(current_app.secret_key)
    return f"user {number}" if number else f"unknown login {Attempt.of(typed, '', secret).login[:8]}"


def own_login() -> str:
    return f"user {current_user.id}" if current_user.is_authenticated else ""


def pending() -> int | None:
    """The user who has typed his password a moment ago and not yet his code."""
    number, since = session.get(PENDING) or (None, 0)
    return number if number and clock.now().timestamp() - since < PATIENCE else None


def pending_login() -> str:
    return f"user {number}" if (number := pending()) else ""


def is_program() -> bool:
    return request.endpoint == PROGRAM


def shows_code(user: User) -> bool:
    """True when a program sent the code of this moment with the user's password."""
    accepted = second_factor.accepts(db.session(), user.id, request.headers.get(CODE_HEADER, ""), now=clock.now())
    db.session.commit()
    return accepted


def note_refusal(response: Response) -> Response:
    """A right that was missing is told to the log."""
    if response.status_code == 403:
        number = getattr(current_user, "id", None)
        log.warning("Refused to user %s: %s %s", number or "-", request.method, request.endpoint)
    return response
