"""One's own second factor: switched on with a telephone, off with the password."""

from __future__ import annotations

import segno
from flask import current_app, flash, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.services.access import second_factor
from app.web.access.people import OWN

NEW = "new_factor"  # in the signed cookie: the secret that is shown and not yet confirmed


class SecondFactorView(BaseView):
    route_base = "/profile/second-factor"
    default_view = "page"
    class_permission_name = OWN
    method_permission_name = {"page": "read", "switch_on": "write", "switch_off": "write", "codes": "write"}

    @expose("/")
    @has_access
    def page(self) -> str:
        return self._page()

    @expose("/", methods=["POST"])
    @has_access
    def switch_on(self) -> str | Response:
        """The code proves that the telephone has the secret."""
        secret, code = session.get(NEW), request.form.get("code", "")
        if not secret or second_factor.of_user(db.session(), current_user.id):
            return redirect(url_for(".page"))
        written = second_factor.switch_on(db.session(), current_user.id, secret, code.strip(), now=clock.now())
        if written is None:
            return self._page(problem=_("This is not the code of this moment. Is the clock of the telephone right?"))
        db.session.commit()
        session.pop(NEW)
        return self._page(written=written)

    @expose("/codes", methods=["POST"])
    @has_access
    def codes(self) -> str | Response:
        if not self._knows_password():
            return self._page(problem=_("This is not your present password."))
        if not second_factor.of_user(db.session(), current_user.id):
            return redirect(url_for(".page"))
        written = second_factor.write_codes(db.session(), current_user.id)
        db.session.commit()
        return self._page(written=written)

    @expose("/off", methods=["POST"])
    @has_access
    def switch_off(self) -> str | Response:
        if not self._knows_password():
            return self._page(problem=_("This is not your present password."))
        second_factor.switch_off(db.session(), current_user.id)
        db.session.commit()
        flash(_("The second factor is switched off."), "info")
        return redirect(url_for("ProfileView.userinfo"))

    @staticmethod
    def _knows_password() -> bool:
        known: bool = current_app.appbuilder.sm.knows_password(request.form.get("password", ""))  # type: ignore[attr-defined]
        return known

    def _page(self, *, problem: str = "", written: list[str] | None = None) -> str:
        kept = second_factor.of_user(db.session(), current_user.id)
        picture = secret = ""
        if kept is None:
            secret = session.setdefault(NEW, second_factor.new_secret())
            address = second_factor.address(secret, current_user.username)
            picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff")
        page: str = self.render_template(
            "crm/second_factor.html",
            title=_("Second factor"),
            kept=kept,
            left=second_factor.codes_left(db.session(), current_user.id),
            picture=picture,
            secret=secret,
            problem=problem,
            written=written,
        )
        return page
