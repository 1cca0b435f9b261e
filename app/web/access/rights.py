"""Roles in forms: the rights of one as a table of sections × verbs, and the choice of a user's roles."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app
from flask_appbuilder.security.sqla.models import PermissionView
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from wtforms import Field

from app.extensions import db
from app.models.users import Role
from app.web.forms.fields import box, ticks

VERBS = {"can_read": _l("Read"), "can_write": _l("Change"), "can_delete": _l("Deletion")}

# Names of sections and roles are kept in the base in English; these are their captions.
NAMES = (
    _l("Admin"),
    _l("Commercial director"),
    _l("Marketing director"),
    _l("Sales manager"),
    _l("Marketing specialist"),
    _l("Purchasing specialist"),
    _l("Counterparties"),
    _l("Contact persons"),
    _l("Contact information"),
    _l("Contacts"),
    _l("Orders"),
    _l("Shipments"),
    _l("Payments"),
    _l("Closings"),
    _l("Deals"),
    _l("Responsible managers"),
    _l("Journal"),
    _l("Whole journal"),
    _l("Duplicates"),
    _l("Merging"),
    _l("Suppliers"),
    _l("Supplier orders"),
    _l("Receipts"),
    _l("Supplier payments"),
    _l("Supplier closings"),
    _l("Items"),
    _l("Catalogues"),
    _l("Policy"),
    _l("Own fields"),
    _l("Users"),
    _l("Roles"),
    _l("Reports"),
    _l("Classification"),
    _l("Work plans"),
    _l("Work plan rules"),
    _l("Working time"),
    _l("Import"),
    _l("Export"),
    _l("Inquiry keys"),
    _l("Exchange with 1C"),
    _l("Program keys"),
    _l("Reminders"),
    _l("Devices"),
    _l("Letters"),
    _l("Mailboxes"),
    _l("Shared mailboxes"),
    _l("Letter templates"),
    _l("Papers"),
    _l("Paper templates"),
    _l("Consents"),
    _l("Personal data"),
    _l("Readings"),
    _l("Targets"),
)


def require(section: str, verb: str = "can_write") -> None:
    """403 unless the reader may write (or what else is named) in the section."""
    if not current_app.appbuilder.sm.has_access(verb, section):  # type: ignore[attr-defined]
        abort(403)


def section_caption(section: str) -> str:
    """As in the menu when the section is one report, otherwise its own name."""
    if section.startswith("Report "):
        for view in current_app.appbuilder.baseviews:  # type: ignore[attr-defined]
            if view.class_permission_name == section and hasattr(view, "report"):
                return gettext("Report: %(title)s", title=str(view.report.title))
    return gettext(section)


class RightsTable:
    def __call__(self, field: RightsField, **kwargs: Any) -> Markup:
        sections: dict[str, dict[str, Any]] = {}
        for right in field.all_rights():
            sections.setdefault(section_caption(right.view_menu.name), {})[right.permission.name] = right
        head = Markup("").join(Markup('<th scope="col">{}</th>').format(verb) for verb in ("", *VERBS.values()))
        rows = Markup("").join(self.row(field, name, sections[name]) for name in sorted(sections))
        return Markup('<table class="table grid rights"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
            head, rows
        )

    @staticmethod
    def row(field: RightsField, name: str, rights: dict[str, Any]) -> Markup:
        chosen = {right.id for right in field.data or ()}
        cells = Markup("").join(
            Markup('<td data-label="{}">{}</td>').format(
                caption, box(field, rights[verb].id, f"{name}: {caption}", rights[verb].id in chosen)
            )
            if verb in rights
            else Markup("<td></td>")
            for verb, caption in VERBS.items()
        )
        return Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, cells)


class RightsField(Field):
    widget = RightsTable()

    def all_rights(self) -> list[Any]:
        if not hasattr(self, "_rights"):
            found = db.session.scalars(select(PermissionView).order_by(PermissionView.id))
            self._rights = [right for right in found if right.permission.name in VERBS]
        return self._rights

    def process_formdata(self, valuelist: list[str]) -> None:
        chosen = set(valuelist)
        self.data = [right for right in self.all_rights() if str(right.id) in chosen]


class RolesList:
    def __call__(self, field: RolesField, **kwargs: Any) -> Markup:
        chosen = {role.id for role in field.data or ()}
        shown = ((role.id, gettext(role.name), role.id in chosen) for role in field.all_roles())
        return ticks(field, shown, **kwargs)


class RolesField(Field):
    widget = RolesList()

    def all_roles(self) -> list[Role]:
        if not hasattr(self, "_roles"):
            self._roles = list(db.session.scalars(select(Role).order_by(Role.id)))
        return self._roles

    def process_formdata(self, valuelist: list[str]) -> None:
        chosen = set(valuelist)
        self.data = [role for role in self.all_roles() if str(role.id) in chosen]
