"""Choices of a list that its readers keep under names: their own, shared with a role, and the one that opens first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.errors import Refused
from app.extensions import db
from app.services import list_views
from app.services.list_views import Habits
from app.web.forms.fields import row_number
from app.web.lists.tabs import ALL, HABITS, OPENED, Tab
from app.web.report_links import address_with

LONGEST_CHOICE = 10_000
KEPT_ROUTES = dict.fromkeys(("keep_view", "drop_view", "open_at"), "read")


class KeptViews:
    """`tabs` are choices that the screen offers itself, `opens_at` is the one that a bare address opens.

    `kept_in` is the parameter that names the tab in force, `kept_on` the method of the page.
    """

    kept_in: str
    kept_on: str
    tabs: Sequence[Tab] = ()
    opens_at = ALL

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        OPENED.add(f"{cls.__name__}.{cls.kept_on}")

    def is_parameter(self, name: str) -> bool:
        """Whether the page understands it in its address."""
        raise NotImplementedError

    def is_kept(self, name: str) -> bool:
        """Whether a view keeps it: all but which page of the list it is."""
        raise NotImplementedError

    def own_roles(self) -> Sequence[Any]:
        return list(self.appbuilder.sm.get_user_roles(current_user))  # type: ignore[attr-defined]

    def habits(self) -> Habits:
        """What the reader has kept of this list; of the page of a list it is known with the login."""
        known: Habits | None = request.environ.get(HABITS)
        if known and request.blueprint == type(self).__name__:
            return known
        roles = [role.id for role in self.own_roles()]
        return list_views.habits_of(db.session(), current_user.id, roles, type(self).__name__)

    def tabs_of_reader(self, habits: Habits) -> list[Tab]:
        """Those of the list, his own and those shared with him."""
        kept = [Tab(str(view.id), view.name, view.choice, view.role_id is not None) for view in habits.views]
        return [*self.tabs, *kept]

    def opened_by(self, habits: Habits) -> dict[str, str]:
        """What a bare address asks."""
        first = habits.opens_at or self.opens_at
        opened = next((tab for tab in self.tabs_of_reader(habits) if tab.key == first), None)
        return {self.kept_in: opened.key, **opened.choice} if opened else {}

    def beside_tabs(self, here: str, habits: Habits) -> dict[str, Any]:
        """What crm/lists/list_tabs.html needs besides the tabs; `here` is the one in force."""
        return {
            "here_tab": here or ALL,
            "first_tab": habits.opens_at or self.opens_at,
            "kept_view": next((view for view in habits.views if str(view.id) == here), None),
            "roles": [(role.id, gettext(role.name)) for role in self.own_roles()],
        }

    def back_to(self) -> dict[str, str]:
        """The choice that the form was sent from, without what is no parameter of the page."""
        asked = parse_qsl(request.form.get("choice", "")[:LONGEST_CHOICE])
        return {name: text for name, text in asked if name == self.kept_in or self.is_parameter(name)}

    def list_url(self, choice: Mapping[str, str]) -> str:
        return address_with(f"{self.endpoint}.{self.kept_on}", choice)  # type: ignore[attr-defined]

    @expose("/views", methods=["POST"])
    @has_access
    def keep_view(self) -> Response:
        """The choice of the address under a name."""
        session, choice, of = db.session(), self.back_to(), type(self).__name__
        kept = {name: text for name, text in choice.items() if text and name != self.kept_in and self.is_kept(name)}
        try:
            number = list_views.keep_view(
                session,
                current_user.id,
                of,
                name=request.form.get("name", ""),
                choice=kept,
                role_id=row_number(request.form.get("role", "")),
                own_roles=[role.id for role in self.own_roles()],
                on_home="home" in request.form,
                in_menu="menu" in request.form,
            )
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(self.list_url(choice))
        if "first" in request.form:
            list_views.open_at(session, current_user.id, of, str(number))
        session.commit()
        flash(_("The view is kept."), "success")
        return redirect(self.list_url({self.kept_in: str(number), **kept}))

    @expose("/views/<int:number>/drop", methods=["POST"])
    @has_access
    def drop_view(self, number: int) -> Response:
        session, of = db.session(), type(self).__name__
        every = self.appbuilder.sm.has_access("can_write", "Roles")  # type: ignore[attr-defined]
        if not list_views.drop_view(session, current_user.id, of, number, every=every):
            abort(404)
        session.commit()
        flash(_("The view is deleted."), "success")
        return redirect(self.list_url({self.kept_in: ALL}))

    @expose("/first", methods=["POST"])
    @has_access
    def open_at(self) -> Response:
        """The list opens at the tab of this choice from now on."""
        session, choice, of = db.session(), self.back_to(), type(self).__name__
        list_views.open_at(session, current_user.id, of, choice.get(self.kept_in, ALL)[: list_views.LONGEST_NAME])
        session.commit()
        flash(_("The list opens here from now on."), "success")
        return redirect(self.list_url(choice))
