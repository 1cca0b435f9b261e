"""One's own telephones and mail programs: how to connect them, their passwords, what they did not get through."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.domain.words import DeviceSubject
from app.errors import Refused
from app.extensions import db
from app.services.access import app_passwords
from app.services.exchange.devices import books, refusals

CARDS = {DeviceSubject.PERSON: "PersonView.show", DeviceSubject.COUNTERPARTY: "CounterpartyView.show"}


class DevicesView(BaseView):
    route_base = "/devices"
    default_view = "page"
    class_permission_name = "Devices"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        return self.shown()

    @expose("/passwords", methods=["POST"])
    @has_access
    @permission_name("write")
    def make(self) -> Response:
        """A new password, shown this once."""
        name = request.form.get("name", "")
        try:
            secret = app_passwords.make(db.session(), current_user.id, name, now=clock.now())
        except Refused as refused:
            return make_response(self.shown(name=name, error=str(refused)), 400)
        db.session.commit()
        return make_response(self.shown(secret=secret))

    @expose("/passwords/<int:number>/revoke", methods=["POST"])
    @has_access
    @permission_name("write")
    def revoke(self, number: int) -> Response:
        done = app_passwords.revoke(db.session(), current_user.id, number)
        return self.back(done, _("The password is revoked: its device comes in no more."))

    @expose("/refusals/<int:number>/dismiss", methods=["POST"])
    @has_access
    @permission_name("write")
    def dismiss(self, number: int) -> Response:
        return self.back(refusals.dismiss(db.session(), current_user.id, number))

    @expose("/hidden/<int:number>/show", methods=["POST"])
    @has_access
    @permission_name("write")
    def show_again(self, number: int) -> Response:
        done = books.show_again(db.session(), current_user.id, number)
        return self.back(done, _("It comes back to your devices at the next sync."))

    def back(self, done: bool, told: str = "") -> Response:
        """To the page, once something of the user's own was changed."""
        if not done:
            abort(404)
        db.session.commit()
        if told:
            flash(told, "success")
        return redirect(url_for(".page"))  # type: ignore[return-value]

    def shown(self, *, secret: str = "", name: str = "", error: str = "") -> str:
        page: str = self.render_template(
            "crm/exchange/devices.html",
            title=_("Telephones and mail programs"),
            server=url_for("devices", _external=True),
            login=current_user.username,
            passwords=app_passwords.of_user(db.session(), current_user.id),
            refusals=[
                (each, CARDS.get(each.subject) if each.subject else None)
                for each in refusals.of_user(db.session(), current_user.id)
            ],
            hidden=books.hidden_of(db.session(), current_user.id),
            secret=secret,
            name=name,
            error=error,
        )
        return page
