"""«Зарегистрировать»: the prospect of a contact becomes a client by one press, or two where he resembles somebody."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.services.counterparties import registering
from app.services.journal import act_of
from app.web.forms.fields import row_number
from app.web.undo import flash_undoable


class RegisterView(BaseView):
    route_base = "/register"
    class_permission_name = "Counterparties"

    @expose("/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("write")
    def press(self, pk: int) -> str | Response:
        """Whoever he resembles is asked about first; `is` answers."""
        if not self.appbuilder.sm.has_access("can_write", "Contacts"):
            abort(403)
        session, answer = db.session(), request.form.get("is", "")
        contact = session.get(Contact, pk) if row_number(str(pk)) else None
        if contact is None:
            abort(404)
        try:
            person, client = client_pressed(answer)
            found = [] if answer or contact.counterparty_id else registering.alike(session, contact)
            if found:
                return str(
                    self.render_template(
                        "crm/counterparties/register.html", title=_("Register the client"), item=contact, found=found
                    )
                )
            client = registering.register(session, contact, today=clock.today(), to=client, person=person)
            act = act_of(session)
            session.commit()
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for("ContactView.show", pk=pk))
        flash_undoable(_("Registered: %(client)s.", client=client), act)
        if client.source_id is None:
            flash(_("Ask how he learned about us."), "warning")
        return redirect(url_for("CounterpartyView.show", pk=client.id))


def client_pressed(answer: str) -> tuple[ContactPerson | None, Counterparty | None]:
    """The client that was pressed, of those that the user sees: `person:7`, `client:5`; nobody for a new one."""
    kind, _colon, number = answer.partition(":")
    model = {"person": ContactPerson, "client": Counterparty}.get(kind)
    if model is None:
        return None, None
    row: Any = db.session().get(model, row_number(number) or 0)
    if row is None:
        raise Refused(_("One of them is not there, or you do not see it."))
    return (row, row.counterparty) if kind == "person" else (None, row)
