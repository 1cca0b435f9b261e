"""Keys of programs: made, shown once with how they are sent, revoked."""

from __future__ import annotations

from flask import request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField, validators

from app import clock
from app.errors import Refused
from app.extensions import db
from app.models.access import ProgramKey
from app.models.users import Role, User
from app.services.access import program_keys
from app.web.access.keys import KeysView
from app.web.forms.fields import LookupField
from app.web.forms.forms import trimmed
from app.web.forms.words import PlainForm


class ProgramKeyForm(PlainForm):
    name = StringField(_l("Name"), [validators.InputRequired(), validators.Length(max=100)], filters=[trimmed])
    user = LookupField(_l("In whose name"), [validators.InputRequired()], model=User)
    role = SelectField(_l("Rights of the role"), [validators.InputRequired()])


class ProgramKeyView(KeysView):
    route_base = "/program-keys"
    class_permission_name = "Program keys"
    kind = ProgramKey

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def page(self) -> str:
        session, secret = db.session(), ""
        form = self._form(request.form)
        if request.method == "POST" and form.validate():
            key = ProgramKey(name=form.name.data, user=form.user.data, role_id=int(form.role.data))
            try:
                secret = program_keys.make(session, key, now=clock.now())
                session.commit()
                form = self._form(MultiDict())
            except Refused as refused:
                session.rollback()
                form.name.errors = [str(refused)]
        return str(
            self.render_template(
                "crm/exchange/program_keys.html",
                title=_("Program keys"),
                form=form,
                secret=secret,
                address=url_for("CounterpartyApi.get_list", _external=True),
                keys=self.keys(),
                zone=clock.zone(),
            )
        )

    @staticmethod
    def _form(typed: MultiDict[str, str]) -> ProgramKeyForm:
        form = ProgramKeyForm(typed, user=current_user)
        form.role.choices = [
            (role.id, gettext(role.name))
            for role in db.session.scalars(select(Role).order_by(Role.name))
            if role.permissions
        ]
        return form
