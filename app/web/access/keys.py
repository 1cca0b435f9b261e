"""What the pages of keys have in common: the keys that there are, and revoking one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from flask import abort, flash, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.services.access import keys
from app.services.access.keys import AnyKey


class KeysView(BaseView):
    """A descendant has the page where keys are made and shown once."""

    default_view = "page"
    kind: ClassVar[type[AnyKey]]
    which: ClassVar[Sequence[ColumnElement[bool]]] = ()  # of its kind: all

    def keys(self) -> Sequence[AnyKey]:
        return keys.listed(db.session(), self.kind, *self.which)

    @expose("/revoke/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("write")
    def revoke(self, pk: int) -> Response:
        session = db.session()
        if not keys.revoke(session, self.kind, pk, *self.which, now=clock.now()):
            abort(404)
        session.commit()
        flash(_("Revoked: nothing comes by it any more."), "success")
        return redirect(url_for(".page"))
