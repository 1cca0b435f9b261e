"""Possible duplicates: pairs of clients side by side, to be merged or told apart."""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app import clock
from app.domain.likeness import Likeness
from app.domain.words import JobKind
from app.extensions import db
from app.queries.counterparties.duplicates import sides, waiting
from app.services.counterparties import duplicate_search
from app.services.counterparties.duplicate_search import DUPLICATES
from app.services.journal import act_of
from app.views.counterparties.merging import may_merge
from app.web.forms.fields import row_number
from app.web.undo import flash_undoable
from app.web.work import ask_worker

SIZE = 10  # pairs of a page
SHOWN = {
    "full_name": _l("Full name"),
    "inn": _l("INN"),
    "kpp": _l("KPP"),
    "ways": _l("Phones and e-mail"),
    "manager": _l("Responsible manager"),
    "orders": _l("Orders"),
    "last_contact": _l("Last contact"),
    "registered_on": _l("Registered on"),
    "code": _l("Code"),
}
SIGNS = {
    Likeness.TAXPAYER: _l("the same INN and KPP"),
    Likeness.INN: _l("the same INN"),
    Likeness.PHONE: _l("the same phone"),
    Likeness.EMAIL: _l("the same e-mail"),
    Likeness.NAME: _l("the same name"),
    Likeness.SPELLING: _l("a similar name"),
}


class DuplicatesView(BaseView):
    route_base = "/duplicates"
    default_view = "page"
    class_permission_name = DUPLICATES

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        number = row_number(request.args.get("page", "")) or 0
        pairs = db.session.scalars(waiting().offset(number * SIZE).limit(SIZE + 1)).all()
        of_page = pairs[:SIZE]
        ids = {one for pair in of_page for one in (pair.first_id, pair.second_id)}
        told = {row.id: row for row in db.session.execute(sides(ids))}
        shown: str = self.render_template(
            "crm/counterparties/duplicates.html",
            title=_("Possible duplicates"),
            pairs=[(pair, told[pair.first_id], told[pair.second_id]) for pair in of_page],
            signs=SIGNS,
            fields=SHOWN,
            page=number,
            more=len(pairs) > SIZE,
            may_merge=may_merge(),
            may_write=self.appbuilder.sm.has_access("can_write", DUPLICATES),
        )
        return shown

    @expose("/<int:pair_id>/apart", methods=["POST"])
    @has_access
    @permission_name("write")
    def apart(self, pair_id: int) -> Response:
        pair = duplicate_search.set_apart(db.session(), pair_id, now=clock.now()) or abort(404)
        told = _("They are two: %(first)s and %(second)s.", first=pair.first, second=pair.second)
        db.session.flush()
        act = act_of(db.session())
        db.session.commit()
        flash_undoable(told, act)
        return redirect(url_for("DuplicatesView.page", page=request.form.get("page", 0)))

    @expose("/search", methods=["POST"])
    @has_access
    @permission_name("write")
    def search(self) -> Response:
        asked = {"title": _("Search for duplicates"), "back": url_for("DuplicatesView.page")}
        return ask_worker(JobKind.DUPLICATES, asked)
