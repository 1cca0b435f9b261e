"""A meeting's participants are told of it by letter."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import clock, nudge
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.services.mail import invitations, outbox
from app.views.contacts.verbs import BEFORE_DELETION
from app.web.access.rights import require


def call_off(contacts: Sequence[Contact]) -> str:
    """Tell whoever was invited to what is about to be deleted, by an act of its own; says so."""
    now, session = clock.now(), db.session()
    expected = [contact for contact in contacts if invitations.is_expected(contact, now)]
    if not expected:
        return ""
    require("Letters", "can_write")
    people = sum(invitations.call_off(session, one, current_user, now=now, zone=clock.zone()) for one in expected)
    session.commit()
    nudge.soon(outbox.TASK, nudge.MAIL)
    told = ngettext(
        "A letter tells %(num)s participant that it is cancelled.",
        "A letter tells %(num)s participants that it is cancelled.",
        people,
    )
    return str(told)


BEFORE_DELETION.append(call_off)


class InvitationView(BaseView):
    route_base = "/invitations"
    class_permission_name = "Letters"

    @expose("/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("write")
    def invite(self, pk: int) -> Response:
        require("Contacts", "can_write")
        session = db.session()
        contact = session.scalar(select(Contact).where(Contact.id == pk)) or abort(404)
        try:
            told = invitations.invite(session, contact, current_user, now=clock.now(), zone=clock.zone())
            session.commit()
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for("ContactView.show", pk=pk))
        nudge.soon(outbox.TASK, nudge.MAIL)
        many = len(told.reached)
        flash(
            ngettext("A letter goes to %(num)s participant.", "A letter goes to %(num)s participants.", many), "success"
        )
        if told.without_address:
            flash(_("No e-mail address: %(who)s.", who=", ".join(told.without_address)), "warning")
        return redirect(url_for("ContactView.show", pk=pk))
