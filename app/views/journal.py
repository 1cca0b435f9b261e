"""The journal of what was done, with its undo; the bin; the history of a card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import clock
from app.domain.words import JobKind
from app.errors import Refused
from app.extensions import db
from app.models.journal import Act
from app.queries import journal
from app.services.journal import act_of
from app.services.undoing import done_in_words, is_long, restore, undo
from app.web.display import CARDS
from app.web.readings import note_shown
from app.web.undo import flash_undoable
from app.web.work import ask_worker

PAGE = 30
BIN_DAYS = 30


class Pages(BaseView):
    """What both journals show: of one user, or of all."""

    default_view = "page"

    def acts_page(self, by_id: int | None) -> str:
        rows = journal.acts(db.session(), by_id, before(), PAGE + 1)
        return self.shown(
            "crm/journal/acts.html", _("Journal"), rows, rows[PAGE - 1].act.id if len(rows) > PAGE else None
        )

    def bin_page(self, by_id: int | None) -> str:
        since = clock.now() - timedelta(days=BIN_DAYS)
        rows = journal.bin_of(db.session(), by_id, since, before(), PAGE + 1)
        older = rows[PAGE - 1].change if len(rows) > PAGE else None
        return self.shown("crm/journal/bin.html", _("Bin"), rows, older)

    def shown(self, template: str, title: str, rows: list[Any], older: int | None) -> str:
        page: str = self.render_template(template, title=title, rows=rows[:PAGE], older=older, days=BIN_DAYS)
        return page


class WholeJournalView(Pages):
    """What everybody did and deleted."""

    route_base = "/journal/all"
    class_permission_name = "Whole journal"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        return self.acts_page(None)

    @expose("/bin")
    @has_access
    @permission_name("read")
    def bin(self) -> str:
        return self.bin_page(None)


class JournalView(Pages):
    """Everybody sees, undoes and restores his own; with the right to the whole journal, anybody's."""

    route_base = "/journal"
    class_permission_name = "Journal"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        return self.acts_page(current_user.id)

    @expose("/bin")
    @has_access
    @permission_name("read")
    def bin(self) -> str:
        return self.bin_page(current_user.id)

    @expose("/undo/<int:act_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def undo(self, act_id: int) -> Response:
        """Back to where it was asked for; of many rows by a worker."""
        again = self.own_act(act_id).is_undo
        if is_long(db.session(), act_id):
            title = _("Redoing") if again else _("Undoing")
            return ask_worker(JobKind.UNDO, {"act": act_id, "title": title, "back": url_for(".page")})
        try:
            undo(db.session(), act_id)
        except Refused as refused:
            return self.refuse(refused)
        return self.end(done_in_words(again=again), is_undo=not again)

    @expose("/restore/<int:act_id>/<table>/<int:row_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def restore(self, act_id: int, table: str, row_id: int) -> Response:
        self.own_act(act_id)
        if table not in journal.CARDS:
            abort(404)
        try:
            restore(db.session(), act_id, table, row_id)
        except Refused as refused:
            return self.refuse(refused)
        return self.end(_("Restored."))

    def end(self, done: str, *, is_undo: bool = False) -> Response:
        act = act_of(db.session())
        db.session.commit()
        flash_undoable(journal.put_back_in_words(db.session(), done, act), act, is_undo=is_undo)
        return redirect(back())

    def refuse(self, refused: Refused) -> Response:
        db.session.rollback()
        flash(str(refused), "danger")
        return redirect(back())

    def own_act(self, act_id: int) -> Act:
        act = db.session.get(Act, act_id)
        sees_all = self.appbuilder.sm.has_access("can_read", WholeJournalView.class_permission_name)
        if act is None or not (sees_all or act.by_id == current_user.id):
            abort(404)
        return act


class HistoryView(BaseView):
    """What was changed in one row, for whoever may read its card."""

    route_base = "/history"
    default_view = "page"
    class_permission_name = "Journal"

    @expose("/<table>/<int:row_id>")
    @has_access
    @permission_name("read")
    def page(self, table: str, row_id: int) -> str:
        mapper = journal.mappers().get(table)
        endpoint, section = current_app.extensions[CARDS].get(mapper.class_, ("", "")) if mapper else ("", "")
        if not endpoint or not self.appbuilder.sm.has_access("can_read", section):
            abort(404)
        item = db.session.get(mapper.class_, row_id)  # type: ignore[union-attr]
        if item is None:
            abort(404)
        note_shown(item)
        changes = journal.field_changes(db.session(), table, row_id, before(), PAGE)
        acts = list(dict.fromkeys(change.act.id for change in changes))
        page: str = self.render_template(
            "crm/journal/history.html",
            title=_("History of changes"),
            item=item,
            card=url_for(f"{endpoint}.show", pk=row_id),
            changes=changes,
            older=acts[-1] if len(acts) == PAGE else None,
            table=table,
        )
        return page


def before() -> int | None:
    """The last row of the page before."""
    asked = request.args.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else None


def back() -> str:
    """Where the reader was; a page that is gone by the undo is left for the journal."""
    return get_safe_redirect(request.form.get("back") or request.referrer or "") or url_for("JournalView.page")
