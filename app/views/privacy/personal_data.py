"""Personal data: consents; what is known of a person, as a page and a file; its erasure."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from flask import Response as Answered
from flask import current_app, flash, make_response, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.models.consents import Consent
from app.models.counterparties import ContactPerson
from app.services.access import readings
from app.services.privacy import erasures, personal_data
from app.web.datamodel import DataModel
from app.web.forms.fields import row_number
from app.web.readings import note_shown
from app.web.views import CrmView

log = logging.getLogger(__name__)
LAST = 10  # who looked, on the page of a person
FIELDS = ["person", "given_on", "source", "withdrawn_on"]


def keep_beside_copies(folder: Path) -> None:
    """The erasure stands whether or not the disk of the copies takes it; each night it is tried again."""
    try:
        erasures.keep(db.session(), folder)
    except OSError as problem:
        log.warning("Who was erased is not written beside the copies: %s", problem.strerror)


class ConsentView(CrmView):
    datamodel = DataModel(Consent, order_by={"given_on": "given_on"}, loads=["person"])
    route_base = "/consents"
    class_permission_name = "Consents"
    list_title, add_title = _l("Consents to keep personal data"), _l("New consent")
    list_columns = show_columns = [*FIELDS, "by"]
    add_columns = FIELDS
    search_columns = ["person", "given_on", "withdrawn_on"]
    base_order = ("given_on", "desc")
    description_columns = {"source": _l("A form of the site, a paper and its number, a letter.")}

    def new_values(self) -> dict[str, Any]:
        return {"given_on": clock.today()}

    def pre_add(self, item: Consent) -> None:
        item.by_id = current_user.id


class PersonalDataView(BaseView):
    """Of one person, in the address."""

    route_base = "/personal-data"
    class_permission_name = "Personal data"
    default_view = "page"

    @expose("/<pk>")
    @has_access
    @permission_name("read")
    def page(self, pk: str) -> str:
        person, may = self.person(pk), self.appbuilder.sm.has_access
        looks = readings.of_person(db.session(), person.id, most=LAST) if may("can_read", "Readings") else None
        shown: str = self.render_template(
            "crm/privacy/personal_data.html",
            title=_("Personal data: %(name)s", name=person.name),
            person=person,
            known=personal_data.parts_kept(db.session(), person),
            may_erase=may("can_write", "Personal data"),
            readings=None if looks is None else [(each.at, each.by, each.kind) for each in looks],
        )
        return shown

    @expose("/<pk>/file")
    @has_access
    @permission_name("read")
    def file(self, pk: str) -> Answered:
        """The same, for whoever asks what is known of him."""
        person = self.person(pk)
        told = {
            part.title: [dict(zip(part.columns, row, strict=True)) for row in part.rows]
            for part in personal_data.parts_kept(db.session(), person)
        }
        answer = make_response(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        answer.mimetype = "application/json"
        answer.headers["Content-Disposition"] = f"attachment; filename=person-{person.id}.json"
        return answer

    @expose("/<pk>/erase", methods=["POST"])
    @has_access
    @permission_name("write")
    def erase(self, pk: str) -> Response:
        person = self.person(pk)
        if request.form.get("sure") != "y":
            flash(_("Tick that you are sure: this cannot be undone."), "danger")
            return redirect(url_for(".page", pk=person.id))
        personal_data.erase(db.session(), person, by_id=current_user.id)
        db.session.commit()
        if folder := current_app.config["CRM"].backup_dir:
            keep_beside_copies(folder)
        flash(_("What was known of the person is erased; documents and figures stay."), "success")
        return redirect(url_for("PersonView.show", pk=pk))

    @staticmethod
    def person(pk: str) -> ContactPerson:
        found = db.session.scalar(select(ContactPerson).where(ContactPerson.id == (row_number(pk) or 0)))
        if found is None:
            raise NotFound
        note_shown(found)
        return found
