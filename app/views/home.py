"""The first page: what to do now, and where to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import redirect, url_for
from flask_appbuilder import IndexView, expose
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.domain.words import ContactState
from app.extensions import db
from app.models.counterparties import Counterparty
from app.queries.contacts import contacts
from app.queries.sales import board
from app.views.client_columns import phone
from app.views.commands import at_home
from app.web.display import AtLeast
from app.web.page import import_url

NEAREST = 7


@dataclass(frozen=True)
class Tile:
    """A number of the first page; its link shows the rows behind it."""

    label: str
    count: int
    url: str
    late: bool = False


class HomeView(IndexView):
    index_template = "home.html"

    @expose("/")
    def index(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        today = clock.today()
        midnight = datetime.combine(today, time(), clock.zone())
        to_do = db.session.execute(contacts.to_do_of(current_user.id, midnight, midnight + timedelta(days=1))).one()
        nearest = db.session.execute(contacts.nearest_planned_by(current_user.id, midnight, limit=NEAREST)).all()
        tiles = [
            Tile(_("Overdue contacts"), capped(to_do.overdue), planned_url(to=today - timedelta(days=1)), late=True),
            Tile(_("Contacts today"), capped(to_do.today), planned_url(since=today, to=today)),
        ]
        if self.appbuilder.sm.has_access("can_read", "Orders"):
            due = db.session.execute(board.due_of(current_user.id, today, contacts.COUNT_CAP)).one()
            mine = url_for("BoardView.page", manager=current_user.id)
            tiles.append(Tile(_("Orders to ship by today"), capped(due.to_ship), mine, late=True))
            tiles.append(Tile(_("Payments due by today"), capped(due.to_pay), mine, late=True))
        self.update_redirect()
        return self.render_template(
            self.index_template,
            greeting=greeting(clock.now().astimezone(clock.zone()).hour),
            date=format_date(today, "d MMMM, EEEE"),
            today=today,
            zone=clock.zone(),
            tiles=tiles,
            nearest=nearest,
            phone=phone,
            first_use=not to_do.any_counterparty,
            load_url=import_url(Counterparty),
            shortcuts=at_home(),
        )


def planned_url(*, since: date | None = None, to: date) -> str:
    """The list of what the user still has to do in these days."""
    asked: dict[str, Any] = {"_flt_0_manager": current_user.id, "_flt_0_state": ContactState.PLANNED}
    if since:
        asked["_flt_0_starts_at"] = since
    return url_for("ContactView.list", **asked, _flt_1_starts_at=to)


def capped(count: int) -> int:
    return AtLeast(count) if count > contacts.COUNT_CAP else count


def greeting(hour: int) -> str:
    words = {5: _("Good night"), 12: _("Good morning"), 18: _("Good afternoon"), 24: _("Good evening")}
    return next(str(text) for end, text in words.items() if hour < end)
