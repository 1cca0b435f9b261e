"""The viewer of a web session: who is logged in, and what part of the base his roles let him see."""

from flask import Flask
from flask_login import current_user
from sqlalchemy import select

from app import roles
from app.domain.viewer import NOBODY, Sees, Viewer
from app.extensions import db
from app.models.settings import Policy
from app.models.users import User


def viewer_for(user: User, *, managers_see_all: bool) -> Viewer:
    """What the user's roles (his own and his groups') let him see together."""
    names = {role.name for role in user.roles} | {role.name for group in user.groups for role in group.roles}
    sees = {roles.sees(name) for name in names} - {None}
    if managers_see_all and Sees.OWN in sees:
        sees.add(Sees.ALL)
    return Viewer.of(user.id, sees)


def set_viewer() -> None:
    """Runs before every request: a session whose user is not known sees no rows."""
    info = db.session().info
    info["viewer"] = NOBODY
    if current_user.is_authenticated:
        managers_see_all = bool(db.session.scalar(select(Policy.managers_see_all)))
        info["viewer"] = viewer_for(current_user, managers_see_all=managers_see_all)


def init_app(app: Flask) -> None:
    app.before_request(set_viewer)
