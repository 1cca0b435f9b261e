"""What a user may do, for edges that have no request to ask Flask-AppBuilder in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from flask_appbuilder.security.sqla.models import Group, Permission, PermissionView, Role, User, ViewMenu
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from app.models.visibility import viewer_of

Right = tuple[str, str]  # ("can_read", "Orders")
T = TypeVar("T")


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
    rows = session.execute(_granted(user_id), execution_options={"unscoped": True})
    return {(permission, section) for permission, section in rows}


def readable(session: Session, sections: Mapping[T, str]) -> list[T]:
    """What stands in sections that the viewer may read; a worker and the command line read all."""
    viewer = viewer_of(session)
    if viewer is None:
        return list(sections)
    asked = _granted(viewer.user_id).where(Permission.name == "can_read", ViewMenu.name.in_(sections.values()))
    may = {section for _read, section in session.execute(asked, execution_options={"unscoped": True})}
    return [each for each, section in sections.items() if section in may]


def _granted(user_id: int | None) -> Select[str, str]:
    holds = or_(Role.user.any(User.id == user_id), Role.groups.any(Group.users.any(User.id == user_id)))
    active = select(User.id).where(User.id == user_id, User.active).exists()
    granted = select(Permission.name, ViewMenu.name).select_from(PermissionView).join(Permission).join(ViewMenu)
    return granted.where(PermissionView.role.any(holds), active)
