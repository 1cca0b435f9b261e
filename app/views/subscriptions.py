"""Reports by letter: what goes to whom and when, and what came of it."""

from __future__ import annotations

from datetime import time
from urllib.parse import parse_qsl

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response

from app import clock, nudge
from app.domain.sending_times import SendingTimes
from app.errors import Refused
from app.extensions import db
from app.models.lists import SavedView
from app.models.subscriptions import ReportRecipient, ReportSubscription
from app.models.users import User, full_name
from app.queries.rights import users_who_may
from app.services import list_views, subscriptions
from app.services.diaries import zone_of
from app.services.journal import act_of
from app.views.planning.working_time import day_names
from app.views.reports import PASSING
from app.web.forms.fields import row_number
from app.web.report_links import kept_url, report_of, view_name
from app.web.undo import flash_undoable
from reports import report_named
from reports.kit.report import TableSet

MORNING, WORKING_DAYS = "08:00", ("0", "1", "2", "3", "4")
SHOWN = 20  # letters of the history


class SubscriptionsView(BaseView):
    """One's own subscriptions, and what others have set up for him."""

    route_base = "/subscriptions"
    default_view = "page"
    class_permission_name = "Reports"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        session = db.session()
        query = (
            select(ReportSubscription)
            .options(
                joinedload(ReportSubscription.view),
                joinedload(ReportSubscription.user),
                selectinload(ReportSubscription.recipients).joinedload(ReportRecipient.user),
            )
            .order_by(ReportSubscription.next_at, ReportSubscription.id)
        )
        found = [(each, report) for each in session.scalars(query) if (report := report_of(each.view.list))]
        histories = subscriptions.histories(session, [each for each, _report in found], most=SHOWN)
        self.update_redirect()
        page: str = self.render_template(
            "crm/reports/subscriptions.html",
            title=_("Reports by letter"),
            found=[
                (
                    each,
                    words_of(each),
                    kept_url(report, each.view_id, each.view.choice),
                    histories[each.id],
                )
                for each, report in found
            ],
        )
        return page

    @expose("/new", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def new(self) -> str | tuple[str, int] | Response:
        """A report with its choices: it is kept under the name, and goes by letter from then on."""
        report = report_named(request.values.get("report", ""))
        if report is None or not self.appbuilder.sm.has_access("can_read", report.section):
            abort(404)
        if request.method == "GET":
            return self.form(report, None)
        try:
            self.save(db.session(), report)
        except Refused as refused:
            db.session.rollback()
            return self.form(report, refused), 400
        db.session.commit()
        flash(_("The report goes by letter from now on."), "success")
        return redirect(url_for(".page"))

    def save(self, session: Session, report: TableSet) -> None:
        form = request.form
        user = current_user._get_current_object()
        at, day = time_of(form.get("at", "")), form.get("month_day", "").strip()
        if day and not (day.isdecimal() and len(day) < 3):
            raise Refused(_("A day of the month is from 1 to 31."), field="month_day")
        name, of = form.get("name", ""), view_name(report.slug)
        known = list_views.habits_of(session, user.id, [], of).views
        same = next((view for view in known if view.name == " ".join(name.split())), None)  # stays shared as it was
        choice = parse_qsl(form.get("choice", "")[: list_views.LONGEST_CHOICE * 3])
        view_id = list_views.keep_view(
            session,
            user.id,
            of,
            name=name,
            choice={name: text for name, text in choice if name not in PASSING},
            role_id=same.role_id if same else None,
            own_roles=[same.role_id] if same and same.role_id else [],
            on_home=same.on_home if same else False,
            in_menu=same.in_menu if same else False,
        )
        weekdays = frozenset(int(number) for number in form.getlist("weekdays") if number in {*"0123456"})
        subscriptions.subscribe(
            session,
            session.get_one(SavedView, view_id),
            user.id,
            times=SendingTimes(weekdays, int(day) if day else None, at, zone_of(user, clock.zone())),
            recipients=[number for text in form.getlist("recipients") if (number := row_number(text))],
            skip_empty="skip_empty" in form,
            now=clock.now(),
        )

    def form(self, report: TableSet, refused: Refused | None) -> str:
        given, is_new = request.values, request.method == "GET"
        weekdays = WORKING_DAYS if is_new else given.getlist("weekdays")
        recipients = [str(current_user.id)] if is_new else given.getlist("recipients")
        people = db.session().scalars(users_who_may("read", report.section).order_by(User.last_name, User.id))
        page: str = self.render_template(
            "crm/reports/subscribe.html",
            title=_("Send by letter: %(report)s", report=report.title),
            report=report,
            refused=refused,
            name=given.get("name") or str(report.title),
            choice=given.get("choice", ""),
            at=given.get("at", MORNING),
            month_day=given.get("month_day", ""),
            skip_empty=is_new or "skip_empty" in given,
            weekdays=[(str(number), name, str(number) in weekdays) for number, name in enumerate(day_names())],
            people=[(str(one.id), full_name(one), str(one.id) in recipients) for one in people],
            zone=zone_of(current_user, clock.zone()).key,
        )
        return page

    @expose("/<int:pk>/act", methods=["POST"])
    @has_access
    @permission_name("read")
    def act(self, pk: int) -> Response:
        """A recipient may leave; all else is its owner's."""
        session, now, verb, act = db.session(), clock.now(), request.form.get("verb", ""), None
        found = session.get(ReportSubscription, pk)
        if found is None or (found.user_id != current_user.id and verb != "leave"):
            abort(404)
        try:
            match verb:
                case "pause" | "resume":
                    subscriptions.pause(session, found, paused=verb == "pause", now=now)
                case "now":
                    subscriptions.send_now(session, found, now=now)
                case "drop":
                    session.delete(found)
                    act = act_of(session)
                case "leave":
                    subscriptions.leave(session, found, current_user.id)
                case _:
                    abort(400)
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for(".page"))
        session.commit()
        if verb == "now":
            nudge.soon(subscriptions.TASK)
        flash_undoable(_("Done."), act)
        return redirect(url_for(".page"))


def time_of(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, tzinfo=None)
    except ValueError:
        raise Refused(_("A time is expected: 08:00."), field="at") from None


def words_of(subscription: ReportSubscription) -> str:
    """When it goes, in words."""
    days = day_names()
    when = (
        _("on day %(day)s of the month", day=subscription.month_day)
        if subscription.month_day
        else ", ".join(days[int(number)] for number in subscription.weekdays)
    )
    return f"{when}, {subscription.at:%H:%M}"
