"""The rights of a role as a table: sections × read, write, delete."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.security.sqla.models import PermissionView
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from wtforms import Field

from app.extensions import db

VERBS = {"can_read": _l("Read"), "can_write": _l("Change"), "can_delete": _l("Delete")}


class RightsTable:
    def __call__(self, field: RightsField, **kwargs: Any) -> Markup:
        sections: dict[str, dict[str, Any]] = {}
        for right in field.all_rights():
            sections.setdefault(right.view_menu.name, {})[right.permission.name] = right
        head = Markup("").join(Markup("<th>{}</th>").format(verb) for verb in ("", *VERBS.values()))
        chosen = {right.id for right in field.data or ()}
        rows = Markup("").join(
            Markup("<tr><th>{}</th>{}</tr>").format(
                gettext(name), Markup("").join(self.cell(field, rights.get(verb), chosen) for verb in VERBS)
            )
            for name, rights in sorted(sections.items(), key=lambda pair: gettext(pair[0]))
        )
        return Markup('<table class="table rights"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
            head, rows
        )

    @staticmethod
    def cell(field: RightsField, right: Any, chosen: set[int]) -> Markup:
        if right is None:
            return Markup("<td></td>")
        ticked = Markup(" checked") if right.id in chosen else ""
        label = f"{gettext(right.view_menu.name)}: {VERBS[right.permission.name]}"
        return Markup('<td><input type="checkbox" name="{}" value="{}" aria-label="{}"{}></td>').format(
            field.name, right.id, label, ticked
        )


class RightsField(Field):
    widget = RightsTable()

    def all_rights(self) -> list[Any]:
        if not hasattr(self, "_rights"):
            found = db.session.scalars(select(PermissionView).order_by(PermissionView.id))
            self._rights = [r for r in found if r.permission.name in VERBS]
        return self._rights

    def process_formdata(self, valuelist: list[str]) -> None:
        chosen = set(valuelist)
        self.data = [right for right in self.all_rights() if str(right.id) in chosen]
