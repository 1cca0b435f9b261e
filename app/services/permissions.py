"""Writes the roles of app.roles into the base."""

from flask_appbuilder import AppBuilder

from app import roles


def write(appbuilder: AppBuilder) -> None:
    """FAB's permissions of every view, then each role that does not exist yet."""
    sm = appbuilder.sm
    sm.add_role(sm.auth_role_admin)
    sm.add_role(sm.auth_role_public)
    appbuilder.add_permissions(update_perms=True)
    for name in roles.SEES:
        if not sm.find_role(name):
            sm.add_role(name)
