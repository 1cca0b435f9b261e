"""The first page: what to do now, and where to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import redirect
from flask_appbuilder import IndexView, expose
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.domain.calendar import midnight
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.visibility import narrowed_for, viewer_of
from app.queries.contacts import contacts
from app.queries.counterparties.card import any_counterparty
from app.queries.team import undone
from app.services import list_views
from app.views.client_columns import phone
from app.views.commands import at_home
from app.views.tiles import CAP, HEADS, Tile, capped, list_url, planned_contacts, tiles_of, worth_showing
from app.web.display import reader_today, reader_zone
from app.web.page import import_url
from app.web.report_links import kept_url, openable, report_url
from reports.managers.director import Director


@dataclass(frozen=True)
class TeamLine:
    """One line of the table of a head."""

    name: str
    overdue: Tile
    to_ship: Tile
    to_pay: Tile
    money: Decimal


LATE, AHEAD = 5, 7  # contacts of the agenda


class HomeView(IndexView):
    index_template = "home.html"

    @expose("/")
    def index(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        session, zone, today = db.session(), reader_zone(), reader_today()
        began = midnight(zone, today)  # as the list of contacts divides days
        viewer = viewer_of(session)
        sees_all = viewer is None or viewer.sees_all
        mine = narrowed_for(viewer, contacts.agenda(LATE, AHEAD))
        agenda = session.execute(mine, {"user": current_user.id, "midnight": began}).all()
        tiles = tiles_of(session, today, current_user.id)
        self.update_redirect()
        return self.render_template(
            self.index_template,
            greeting=greeting(clock.now().astimezone(zone).hour),
            date=format_date(today, "d MMMM, EEEE"),
            today=today,
            midnight=began,
            zone=zone,
            tiles=worth_showing(tiles, sees_all=sees_all),
            agenda=agenda,
            team=self.team(began),
            phone=phone,
            first_use=not any(tile.count for tile in tiles) and not agenda and not session.scalar(any_counterparty()),
            load_url=import_url(Counterparty),
            shortcuts=at_home(),
            settings=self.settings_on_home(),
            board=report_url(Director.slug) if self.has_board(sees_all=sees_all) else "",
        )

    def settings_on_home(self) -> list[tuple[str, str]]:
        """Settings of reports that he, or whoever shares with him, put here: their names and addresses."""
        roles = [role.id for role in self.appbuilder.sm.get_user_roles(current_user)]
        return [
            (view.name, kept_url(report, view.id, view.choice))
            for view, report in openable(list_views.on_home(db.session(), current_user.id, roles))
        ]

    def has_board(self, *, sees_all: bool) -> bool:
        """The figures of the whole company are on the first page of whoever answers for it."""
        may = self.appbuilder.sm.has_access
        return sees_all and may(*HEADS) and may("can_read", Director().section)

    def team(self, began: datetime) -> list[TeamLine]:
        """For whoever answers for people: what each of them has left undone.

        Each number as the list that it leads to: contacts by the reader's day, which `began`, orders by the company's.
        """
        may, today = self.appbuilder.sm.has_access, clock.today()
        if not all(may(*right) for right in (HEADS, ("can_read", "Contacts"), ("can_read", "Orders"))):
            return []
        session = db.session()
        people = narrowed_for(viewer_of(session), undone(CAP))
        return [
            TeamLine(
                row.name,
                Tile(
                    "", capped(row.overdue), list_url("ContactView", planned_contacts("overdue", today, row.id)), True
                ),
                Tile("", capped(row.to_ship), list_url("OrderView", asked_of_orders("ship", row.id)), True),
                Tile("", capped(row.to_pay), list_url("OrderView", asked_of_orders("pay", row.id)), True),
                row.money,
            )
            for row in session.execute(people, {"today": today, "midnight": began})
        ]


def asked_of_orders(due: str, manager_id: int) -> dict[str, Any]:
    return {"_flt_0_due": due, "_flt_0_manager": manager_id}


def greeting(hour: int) -> str:
    words = {5: _("Hello"), 12: _("Good morning"), 18: _("Good afternoon"), 24: _("Good evening")}
    return next(str(text) for end, text in words.items() if hour < end)
