"""What a user may do, for edges that have no request to ask Flask-AppBuilder in."""

from __future__ import annotations

from collections.abc import Collection

from flask_appbuilder.security.sqla.models import Group, Permission, PermissionView, Role, User, ViewMenu
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

Right = tuple[str, str]  # ("can_read", "Orders")


def users_who_may(verb: str, section: str) -> Select[User]:
    """The active users who have the right by one of their roles or of their groups'."""
    right = PermissionView.permission.has(name=f"can_{verb}") & PermissionView.view_menu.has(name=section)
    return select(User).where(_active_in(Role.permissions.any(right)))


def users_in(roles: Collection[str]) -> Select[int]:
    """The active users who have one of the roles, themselves or by a group."""
    return select(User.id).where(_active_in(Role.name.in_(roles)))


def _active_in(role: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(User.active, or_(User.roles.any(role), User.groups.any(Group.roles.any(role))))


def user_who_may(username: str, verb: str, section: str) -> Select[User]:
    """The active user of that name, if he has the right."""
    return users_who_may(verb, section).where(User.username == username)


def rights_of(session: Session, user_id: int | None) -> set[Right]:
    """All that the user may do now, by his roles and his groups'; nothing when he is switched off."""
    names = (Permission.name, ViewMenu.name)
    holds = or_(Role.user.any(User.id == user_id), Role.groups.any(Group.users.any(User.id == user_id)))
    active = select(User.id).where(User.id == user_id, User.active).exists()
    granted = select(*names).select_from(PermissionView).join(Permission).join(ViewMenu)
    rows = session.execute(granted.where(PermissionView.role.any(holds), active), execution_options={"unscoped": True})
    return {(permission, section) for permission, section in rows}
