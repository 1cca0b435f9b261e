"""The calendar for other programs: a secret address that only reads, given and taken back by its user."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, abort, flash, make_response, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.domain.calendar import Window
from app.domain.formats.icalendar import MIME, OutsideEvent, write_calendar
from app.domain.periods import DAY
from app.domain.words import Importance
from app.extensions import db
from app.models.users import full_name
from app.queries.rights import rights_of
from app.services import calendar
from app.services.calendar import DueEvent
from app.views.calendar_choice import CalendarState, Reader
from app.views.calendar_rows import PANELS, Shown
from app.web.access.people import profile_of
from app.web.access.rowsec import look_unlogged

BACK, AHEAD = timedelta(days=92), timedelta(days=366)
MOST = 3000


class CalendarAddressView(BaseView):
    route_base = "/calendar/address"
    default_view = "page"
    class_permission_name = "Calendar"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        return self.shown()

    @expose("/give", methods=["POST"])
    @has_access
    @permission_name("read")
    def give(self) -> Response:
        """A new address, shown this once; programs that know the one before read nothing more."""
        secret = calendar.give_address(db.session(), profile_of(current_user))
        db.session.commit()
        answer = make_response(self.shown(url_for("CalendarFeedView.feed", secret=secret, _external=True)))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/take", methods=["POST"])
    @has_access
    @permission_name("read")
    def take(self) -> Response:
        calendar.take_address(db.session(), profile_of(current_user))
        db.session.commit()
        flash(_("The address is taken back: nobody reads your calendar by it any more."), "success")
        return redirect(url_for(".page"))  # type: ignore[return-value]

    def shown(self, address: str = "") -> str:
        profile = current_user.profile
        page: str = self.render_template(
            "crm/calendar/address.html",
            title=_("Calendar in other programs"),
            address=address,
            is_given=bool(profile and profile.calendar_key),
        )
        return page


class CalendarFeedView(BaseView):
    """Whoever knows the secret reads what its user would see just now, and nothing else."""

    route_base = "/calendar/feed"
    default_view = "feed"
    class_permission_name = "Calendar"

    @expose("/<secret>.ics")
    def feed(self, secret: str) -> Response:
        session = db.session()
        user = calendar.owner_of(session, secret) or abort(404)
        rights = rights_of(session, user.id)
        if ("can_read", "Calendar") not in rights:
            abort(404)
        look_unlogged(session, user)
        reader = Reader.of(session, user, lambda section: ("can_read", section) in rights, others=False)
        choice = CalendarState({}).choice(reader)
        window = Window(reader.today - BACK, reader.today + AHEAD)
        page = calendar.page(session, choice, window, reader.zone, reader.today, size=MOST)
        with force_locale(user.profile.locale or str(get_locale())):
            shown = Shown(reader)
            events = [outside(event, shown) for event in page.events]
            name = _("Calendar: %(whose)s", whose=full_name(user))
            text = write_calendar(name, events, clock.now())
        answer = make_response(text)
        answer.headers["Content-Type"] = MIME
        answer.headers["Cache-Control"] = "no-store"
        return answer


def outside(event: DueEvent, shown: Shown) -> OutsideEvent:
    row = event.row
    title = " · ".join(part for part in (event.name, shown.what(event)) if part)
    day = event.day or shown.reader.today
    return OutsideEvent(
        uid=f"{event.kind}-{event.id}@vizavi",
        starts=row.starts_at if event.is_contact else day,
        ends=row.ends_at if event.is_contact else day + DAY,
        title=f"{shown.event(event)}: {title}",
        about=event.about,
        url=url_for(f"CalendarView.{PANELS[event.kind]}", pk=event.id, _external=True),
        version=row.version,
        urgent=event.importance is Importance.HIGH,
    )
