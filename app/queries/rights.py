"""What a user may do, for edges that have no request to ask Flask-AppBuilder in."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Group, PermissionView, Role, User
from sqlalchemy import Select, or_, select


def user_who_may(username: str, verb: str, section: str) -> Select[User]:
    """The active user of that name, if he has the right by one of his roles or of his groups."""
    right = PermissionView.permission.has(name=f"can_{verb}") & PermissionView.view_menu.has(name=section)
    granted = Role.permissions.any(right)
    return select(User).where(
        User.username == username,
        User.active,
        or_(User.roles.any(granted), User.groups.any(Group.roles.any(granted))),
    )
