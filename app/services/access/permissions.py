"""Writes sections, rights and the roles of app.roles into the base."""

from __future__ import annotations

from flask_appbuilder import AppBuilder
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app import roles

LOCK = 4242  # of the base: several processes may start at once
OF_EVERYBODY = "Own profile"

Right = tuple[str, str]  # ("can_read", "Orders")


def write(appbuilder: AppBuilder) -> None:
    """Every right of every view; roles that do not exist yet; the default of what is new for those that do.

    Rights that an administrator gave or took stay as he left them. Running it twice changes nothing.
    """
    session: Session = appbuilder.session
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    present = _rights_in(session)
    wanted = _rights_of(appbuilder)
    _remove(session, [present[right] for right in present.keys() - wanted])
    added = _add(session, wanted - present.keys())
    rights = {right: number for right, number in present.items() if right in wanted} | added
    existing = {role.name: role.id for role in session.scalars(select(Role))}
    for name in roles.SEES:
        if name in existing:
            _grant(session, name, existing[name], rights if name == roles.ADMIN else added)
        else:
            role = Role(name=name)
            session.add(role)
            session.flush()
            _grant(session, name, role.id, rights)
    session.flush()


def _rights_of(appbuilder: AppBuilder) -> set[Right]:
    return {
        (permission, view.class_permission_name)
        for view in appbuilder.baseviews
        if view.class_permission_name != OF_EVERYBODY
        for permission in view.base_permissions or ()
    }


def _rights_in(session: Session) -> dict[Right, int]:
    rows = session.execute(
        select(Permission.name, ViewMenu.name, PermissionView.id)
        .join(Permission, PermissionView.permission_id == Permission.id)
        .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
    )
    return {(permission, section): number for permission, section, number in rows}


def _remove(session: Session, numbers: list[int]) -> None:
    session.execute(
        delete(assoc_permissionview_role).where(assoc_permissionview_role.c.permission_view_id.in_(numbers))
    )
    session.execute(delete(PermissionView).where(PermissionView.id.in_(numbers)))


def _add(session: Session, rights: set[Right]) -> dict[Right, int]:
    permissions = _numbers(session, Permission, {permission for permission, _ in rights})
    sections = _numbers(session, ViewMenu, {section for _, section in rights})
    added = {}
    for permission, section in sorted(rights):
        right = PermissionView(permission_id=permissions[permission], view_menu_id=sections[section])
        session.add(right)
        added[permission, section] = right
    session.flush()
    return {right: row.id for right, row in added.items()}


def _numbers(session: Session, model: type[Permission | ViewMenu], names: set[str]) -> dict[str, int]:
    """The numbers of the rows with these names; those that lack are made."""
    known = {row.name: row.id for row in session.scalars(select(model).where(model.name.in_(names)))}
    for name in sorted(names - known.keys()):
        row = model(name=name)
        session.add(row)
        session.flush()
        known[name] = row.id
    return known


def _grant(session: Session, role: str, role_id: int, rights: dict[Right, int]) -> None:
    """Give the role its share of these rights, passing over those it has."""
    link = assoc_permissionview_role
    has = set(session.scalars(select(link.c.permission_view_id).where(link.c.role_id == role_id)))
    due = [
        number
        for (permission, section), number in rights.items()
        if role == roles.ADMIN or permission.removeprefix("can_") in roles.verbs(role, section)
    ]
    rows = [{"permission_view_id": number, "role_id": role_id} for number in due if number not in has]
    if rows:
        session.execute(insert(link), rows)
