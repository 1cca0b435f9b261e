"""Clients change hands: one verb, with a right of its own, wherever it is asked for."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app.domain.words import Road
from app.errors import Refused
from app.extensions import db
from app.models import authorship
from app.models.counterparties import Counterparty
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.sql import one_of
from app.services.counterparties import counterparties
from app.services.counterparties.counterparties import RESPONSIBLES
from app.services.journal import act_of
from app.web.forms.documents import DocumentForm, document_page
from app.web.forms.fields import LookupField, id_of, row_number
from app.web.undo import flash_undoable

MOST = 500


class HandOverForm(DocumentForm):
    SECTIONS = (("", ("manager", "clients")),)

    manager = LookupField(_l("Responsible manager"), model=User)
    clients = HiddenField()


class HandOverView(BaseView):
    route_base = "/hand-over"
    default_view = "page"
    class_permission_name = RESPONSIBLES

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def page(self) -> str | Response:
        texts = request.values.get("clients", "").split(",")[:MOST]
        ids = [number for number in map(row_number, texts) if number]
        query = select(Counterparty.id, Counterparty.name).where(one_of(Counterparty.id, ids))
        clients = db.session.execute(query.order_by(Counterparty.name_sort, Counterparty.id)).all() or abort(404)
        form = HandOverForm.new(clients=",".join(str(client.id) for client in clients))
        many = len(clients) > 1
        url = url_for("CounterpartyView.list") if many else url_for("CounterpartyView.show", pk=clients[0].id)

        def save() -> tuple[int, int | None]:
            authorship.by(db.session(), Road.BULK, "counterparty")
            moved = counterparties.hand_over(db.session, [client.id for client in clients], id_of(form.manager.data))
            return moved, act_of(db.session())

        def then(done: tuple[int, int | None]) -> str:
            moved, act = done
            flash_undoable(ngettext("%(num)s client changed hands.", "%(num)s clients changed hands.", moved), act)
            return url

        names = ", ".join(client.name for client in clients[:10]) + (" …" if clients[10:] else "")
        return document_page(self, _("Hand over: %(names)s", names=names), form, save, cancel_url=url, then=then)


def may_hand_over() -> bool:
    return bool(current_app.appbuilder.sm.has_access("can_write", RESPONSIBLES))  # type: ignore[attr-defined]


def complete(session: Session, counterparty: Any) -> None:
    """What a form or a program sends; who works with the client is changed by whoever may."""
    viewer = viewer_of(session)
    by_id = viewer.user_id if viewer else None
    if counterparties.is_handed_over(counterparty, by_id) and not may_hand_over():
        raise Refused(_("You may not make somebody else responsible for a client."), field="manager")
    if counterparties.is_shared_anew(counterparty) and not may_hand_over():
        raise Refused(_("You may not change who works with a client."), field="additional_managers")
    counterparties.complete(session, counterparty)
