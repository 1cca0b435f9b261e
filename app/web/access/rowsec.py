"""The viewer of a web session: who is logged in, what part of the base his roles let him see, and what he writes by."""

from collections.abc import Iterable

from flask import Flask, request
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import roles
from app.domain.viewer import NOBODY, Sees, Viewer
from app.domain.words import Road
from app.extensions import db
from app.models import authorship
from app.models.counterparties import AdditionalManager
from app.models.settings import Policy
from app.models.users import User
from app.queries.sql import one_of
from app.web.forms.once import what_is_sent

STATIC = {"static", "appbuilder.static", "scripts"}
# In request.environ, put there as the user is loaded.
MANAGERS_SEE_ALL = "vizavi.managers_see_all"
ASSISTED = "vizavi.assisted"


def viewer_for(user: User, *, managers_see_all: bool, assisted: Iterable[int]) -> Viewer:
    """What the user's roles (his own and his groups') let him see together."""
    names = {role.name for role in user.roles} | {role.name for group in user.groups for role in group.roles}
    sees = {part for name in names if (part := roles.sees(name)) is not None}
    if managers_see_all and Sees.OWN in sees:
        sees.add(Sees.ALL)
    return Viewer.of(user.id, sees, names, leads=bool(names & roles.LEADS), assisted=sorted(assisted))


def look_as(user: User) -> None:
    """From here on the session of this request sees what the user may see."""
    known = request.environ
    if MANAGERS_SEE_ALL not in known:
        look_unlogged(db.session(), user)
    else:
        viewer = viewer_for(user, managers_see_all=known[MANAGERS_SEE_ALL], assisted=known[ASSISTED])
        db.session().info["viewer"] = viewer


def look_unlogged(session: Session, user: User) -> None:
    """The same where nobody has logged in for the user: the base is asked what else decides it."""
    session.info["viewer"] = viewers_of(session, [user])[user]


def viewers_of(session: Session, users: Iterable[User]) -> dict[User, Viewer]:
    """What each of them sees, where none has logged in."""
    users, one = list(users), AdditionalManager
    statement = (
        select(Policy.managers_see_all, one.user_id, func.array_agg(one.counterparty_id))
        .outerjoin(one, one_of(one.user_id, [user.id for user in users]))
        .group_by(Policy.id, one.user_id)
        .execution_options(unscoped=True)
    )
    found = session.execute(statement).all()
    see_all, assisted = any(row[0] for row in found), {row[1]: row[2] for row in found}
    return {user: viewer_for(user, managers_see_all=see_all, assisted=assisted.get(user.id, ())) for user in users}


def set_viewer() -> None:
    """Runs before every request: a session whose user is not known sees no rows."""
    db.session().info["viewer"] = NOBODY
    road = Road.REST if request.path.startswith("/api/") else Road.FORM
    authorship.by(db.session(), road, request.endpoint or "")
    authorship.once(db.session(), what_is_sent())
    user = None if request.endpoint in STATIC else current_user._get_current_object()
    if user is not None and user.is_authenticated:
        look_as(user)
        authorship.once(db.session(), what_is_sent())  # that he was here may have been committed


def init_app(app: Flask) -> None:
    app.before_request(set_viewer)
