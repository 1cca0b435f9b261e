"""The bell in the head of every page: what rings for its reader, and what he does with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.domain.birthdays import age_on
from app.domain.reminding import INTERVALS, Snooze, put_off
from app.domain.stages import Standing
from app.domain.words import NoticeKind
from app.errors import Refused
from app.extensions import db
from app.formatting import money
from app.models.bell import Notice, Reminder
from app.models.captions import caption, place_caption, standing_caption
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.tasks import Task
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.bell.notices import notices_of
from app.queries.bell.reminders import About, bell_state, of_row, ringing, waiting
from app.services.bell import notices, reminders
from app.services.diaries import diary_of, zone_of
from app.services.journal import act_of
from app.web.access.people import profile_of
from app.web.datamodel import DataModel
from app.web.display import NOTHING, display, reader_zone
from app.web.errors import wants_json
from app.web.forms.fields import LocalMomentField, row_number
from app.web.forms.words import PlainForm
from app.web.rest import RestApi
from app.web.undo import flash_undoable, undo_url

SHOWN = 20  # of what rings, in the panel
ALL = 200  # notices of the page
SECTION = "Reminders"
SNOOZES: dict[Snooze, Any] = {
    Snooze.QUARTER: _l("+15 min"),
    Snooze.HOUR: _l("+1 h"),
    Snooze.TOMORROW: _l("tomorrow"),
    Snooze.WORKING: _l("next working day"),
}
KINDS: dict[str, tuple[type[About], str, str]] = {  # what is reminded of, its section, its screen
    "contact": (Contact, "Contacts", "ContactView"),
    "order": (BuyerOrder, "Orders", "OrderView"),
    "supplier-order": (SupplierOrder, "Supplier orders", "SupplierOrderView"),
    "task": (Task, "Tasks", "TaskView"),
}
SCREENS = {model: screen for model, _section, screen in KINDS.values()}


class Time(PlainForm):
    at = LocalMomentField()


def interval(minutes: int) -> str:
    """«in 15 minutes», «a day before» and the like."""
    if minutes == 0:
        return _("At the moment")
    if minutes % 10080 == 0:
        return ngettext("%(num)s week before", "%(num)s weeks before", minutes // 10080)
    if minutes % 1440 == 0:
        return ngettext("%(num)s day before", "%(num)s days before", minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("%(num)s hour before", "%(num)s hours before", minutes // 60)
    return ngettext("%(num)s minute before", "%(num)s minutes before", minutes)


def answer_to_setter(reminder: Reminder, now: datetime) -> str:
    """What is said to whoever has set it."""
    if reminder.due_at <= now:
        return _("The time of the reminder has passed already: it rings now.")
    return _("A reminder is set: %(when)s.", when=display(reminder.due_at))


class BellView(BaseView):
    route_base = "/bell"
    default_view = "page"
    class_permission_name = SECTION
    method_permission_name = dict.fromkeys(("state", "panel", "page", "go", "notice"), "read") | dict.fromkeys(
        ("about", "snooze", "finish", "drop", "read", "settings"), "write"
    )

    @expose("/")
    @has_access
    def state(self) -> Response:
        """What a tab asks every few seconds: one statement, and no body when nothing has changed."""
        now, session = clock.now(), db.session()
        count, mark, following, unread = session.execute(bell_state(current_user.id, now)).one()
        tag = f"{current_user.id}-{count}-{mark[:12]}-{following and following.timestamp()}-{unread}"
        if request.if_none_match.contains(tag):
            answer = Response(status=304)
        else:
            found = session.scalars(ringing(current_user.id, now).limit(SHOWN)).all() if count else []
            answer = jsonify(
                count=count,
                notices=unread,
                next=following and following.isoformat(),
                rings=[{"id": f"{each.id}@{each.due_at.timestamp()}", **reminder_in_words(each)} for each in found],
            )
        answer.set_etag(tag)
        return answer

    @expose("/panel")
    @has_access
    def panel(self) -> str:
        found = db.session().scalars(notices_of(current_user.id, unread=True).limit(SHOWN))
        return self._shown(
            "crm/bell/panel.html", ringing(current_user.id, clock.now()), notices=map(notice_words, found)
        )

    @expose("/all")
    @has_access
    def page(self) -> str:
        """What rings, and what is to ring."""
        now, session = clock.now(), db.session()
        ahead = select(Reminder).where(waiting(current_user.id), Reminder.due_at > now).order_by(Reminder.due_at)
        return self._shown(
            "crm/bell/page.html",
            ringing(current_user.id, now),
            title=_("Reminders and notices"),
            notices=map(notice_words, session.scalars(notices_of(current_user.id).limit(ALL))),
            ahead=[{"row": each, **reminder_in_words(each)} for each in session.scalars(ahead.limit(100))],
        )

    def _shown(self, template: str, rings: Any, **more: Any) -> str:
        found = [{"row": each, **reminder_in_words(each)} for each in db.session().scalars(rings.limit(SHOWN))]
        page: str = self.render_template(template, rings=found, snoozes=SNOOZES, **more)
        return page

    @expose("/go/<int:number>")
    @has_access
    def go(self, number: int) -> Response:
        return redirect(url_of(self._own(number)))

    @expose("/notice/<int:number>")
    @has_access
    def notice(self, number: int) -> Response:
        """Opens what it is about; it is read then."""
        session = db.session()
        found = session.scalar(select(Notice).where(Notice.id == number, Notice.user_id == current_user.id))
        url = notice_url(found or abort(404))
        notices.mark_read(session, current_user.id, now=clock.now(), number=number)
        session.commit()
        return redirect(url)

    @expose("/read", methods=["POST"])
    @has_access
    def read(self) -> Response:
        """All notices are read."""
        notices.mark_read(db.session(), current_user.id, now=clock.now())
        db.session.commit()
        if wants_json():
            return jsonify(told=_("Done."))
        return redirect(url_for(".page"))

    @expose("/settings", methods=["POST"])
    @has_access
    def settings(self) -> Response:
        """What one wants to be told of, and whether with a sound."""
        wanted, profile = set(request.form.getlist("kinds")), profile_of(current_user)
        profile.notices_off = [kind.value for kind in NoticeKind if kind.value not in wanted]
        profile.bell_sound = bool(request.form.get("sound"))
        db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("ProfileView.userinfo"))

    @expose("/snooze/<int:number>", methods=["POST"])
    @has_access
    def snooze(self, number: int) -> Response:
        def verb(session: Session, reminder: Reminder, now: datetime) -> str:
            diary = diary_of(session, current_user, now=now, zone=clock.zone())
            asked = request.values.get("when", "")
            if asked not in set(Snooze):
                abort(400)
            until = put_off(Snooze(asked), now, diary)
            reminders.put_off(session, reminder, until, now=now)
            return _("Put off: %(when)s.", when=display(until))

        return self._done(number, verb)

    @expose("/finish/<int:number>", methods=["POST"])
    @has_access
    def finish(self, number: int) -> Response:
        def verb(session: Session, reminder: Reminder, now: datetime) -> str:
            reminders.finish(session, reminder, now=now)
            return _("Done.")

        return self._done(number, verb)

    @expose("/drop/<int:number>", methods=["POST"])
    @has_access
    def drop(self, number: int) -> Response:
        def verb(session: Session, reminder: Reminder, _now: datetime) -> str:
            session.delete(reminder)
            return _("The reminder is deleted.")

        return self._done(number, verb)

    @expose("/about/<kind>/<int:number>", methods=["GET", "POST"])
    @has_access
    def about(self, kind: str, number: int) -> str | Response:
        """The reminders of one row, and a new one."""
        row, session, now = self._row(kind, number), db.session(), clock.now()
        refused = None
        if request.method == "POST":
            try:
                made = self._set(session, row)
                session.commit()
                said = answer_to_setter(made, now)
                if wants_json():
                    return jsonify(told=said, url="", undo="")
                flash(said, "success")
                return redirect(get_safe_redirect(url_for(f"{SCREENS[type(row)]}.show", pk=number)))
            except Refused as why:
                session.rollback()
                refused, row = why, self._row(kind, number)
                if wants_json():
                    answer = jsonify(message=str(refused), field=refused.field or "")
                    answer.status_code = 422
                    return answer
        happenings = [(each.value, caption(each)) for each in reminders.HAPPENINGS[type(row)]]
        own = session.scalars(of_row(current_user.id, row)).all()
        page: str = self.render_template(
            "crm/bell/about_page.html",
            title=_("Remind"),
            row=row,
            kind=kind,
            own=own,
            refused=refused,
            interval=interval,
            intervals=INTERVALS,
            happenings=happenings,
            typed=request.form,
        )
        return page

    @staticmethod
    def _set(session: Session, row: About) -> Reminder:
        typed, form = Time(request.form), request.form
        kinds = {each.value: each for each in reminders.HAPPENINGS[type(row)]}
        at, before = typed.at.data if form.get("at") else None, form.get("minutes_before", "")
        if form.get("at") and (not typed.validate() or at is None):
            raise Refused(_("Say when: a day and a time."), field="at")
        made = reminders.remind(
            session,
            row,
            current_user.id,
            zone=reader_zone(),
            happening=kinds.get(form.get("happening", "")),
            minutes=None if at else 0 if before == "0" else row_number(before),
            at=at,
            text=form.get("text", "")[:200],
        )
        session.flush()
        session.refresh(made)
        return made

    def _row(self, kind: str, number: int) -> About:
        """The row that the reader sees, of a section that is open to him."""
        if kind not in KINDS:
            abort(404)
        model, section, _screen = KINDS[kind]
        if not self.appbuilder.sm.has_access("can_read", section):
            abort(403)
        found: Any = row_number(str(number)) and db.session().scalar(
            select(model).where(inspect(model).primary_key[0] == number)
        )
        return found or abort(404)

    @staticmethod
    def _own(number: int) -> Reminder:
        own = select(Reminder).where(Reminder.id == number, Reminder.user_id == current_user.id)
        return (row_number(str(number)) and db.session().scalar(own)) or abort(404)

    def _done(self, number: int, verb: Callable[[Session, Reminder, datetime], str]) -> Response:
        session, reminder = db.session(), self._own(number)
        said = verb(session, reminder, clock.now())
        act = act_of(session)
        session.commit()
        if wants_json():
            return jsonify(told=said, undo=undo_url(act))
        flash_undoable(said, act)
        return redirect(get_safe_redirect(request.form.get("back") or url_for(".page")))


def reminder_in_words(reminder: Reminder) -> dict[str, str]:
    """A reminder as its owner reads it."""
    about = reminder.about
    who = getattr(about, "counterparty_name", None) or getattr(about, "counterparty", None)
    who = who or getattr(about, "prospect", "")
    what = str(about) if isinstance(about, Contact | Task) else f"{caption(reminder.happening)} · {about}"
    return {
        "title": reminder.text or what,
        "text": " · ".join(part for part in (str(who or ""), what if reminder.text else "") if part),
        "when": str(display(reminder.happens_at or reminder.due_at)),
        "url": url_for("BellView.go", number=reminder.id),
    }


def notice_words(notice: Notice) -> dict[str, Any]:
    """A notice in its reader's words, made when he reads it."""
    facts, client = notice.facts, notice.counterparty
    who: Any = client or (notice.order and notice.order.counterparty_name) or ""
    match notice.kind:
        case NoticeKind.BIRTHDAY:
            title = birthday_words(notice, date.fromisoformat(facts["birthday"]))
        case NoticeKind.ANNIVERSARY:
            title = f"{facts['what']}: {date.fromisoformat(facts['day']):%d.%m}"
            if facts["years"]:
                years = ngettext("%(num)s year", "%(num)s years", facts["years"])
                title = f"{title}, {years}"
        case NoticeKind.OVERDUE:
            late = _("Shipment is overdue") if facts["what"] == "ship" else _("Payment is overdue")
            title = f"{late}: {notice.order}, {display(date.fromisoformat(facts['day']))}"
        case NoticeKind.OVER_LIMIT:
            debt, limit = (money(Decimal(facts[name])) for name in ("debt", "limit"))
            title = _("Debt of %(debt)s is beyond the limit of %(limit)s", debt=debt, limit=limit)
        case NoticeKind.CLASS_FELL:
            old, new = (place_caption(facts[name]) for name in ("old", "new"))
            title = _("The class fell: %(old)s → %(new)s", old=old, new=new)
        case NoticeKind.STAGE_FELL:
            old, new = (standing_caption(Standing.from_text(facts[name])) for name in ("old", "new"))
            title = _("The stage fell: %(old)s → %(new)s", old=old, new=new)
        case NoticeKind.PRICE_ROSE:
            rose = ngettext("The price of %(num)s item rose", "Prices of %(num)s items rose", facts["items"])
            most = _("by %(percent)s percent at most", percent=facts["percent"])
            title = f"{rose}, {most}"
        case NoticeKind.UNDELIVERED:
            title = _("The letter was not delivered: %(subject)s", subject=notice.letter or NOTHING)
            who = facts["words"]
        case NoticeKind.MAILBOX_STOPPED:
            title = _("The mailbox has stopped: %(address)s", address=notice.mailbox or NOTHING)
            who = facts["words"]
    return {"row": notice, "title": title, "text": str(who), "url": url_for("BellView.notice", number=notice.id)}


def birthday_words(notice: Notice, birthday: date) -> str:
    person = notice.person
    if person is None or person.birthday is None:
        return caption(notice.kind)
    age = age_on(person.birthday, birthday)
    parts = [str(person), person.role, person.position, f"{birthday:%d.%m}"]
    if age is not None:
        parts.append(ngettext("becomes %(num)s year old", "becomes %(num)s years old", age))
    words = ", ".join(part for part in parts if part)
    return _("Birthday: %(who)s", who=words)


def notice_url(notice: Notice) -> str:
    if notice.order is not None:
        return url_for("OrderView.show", pk=notice.order.id)
    if notice.person is not None:
        return url_for("PersonView.show", pk=notice.person.id)
    if notice.letter_id is not None:
        return url_for("LetterView.show", pk=notice.letter_id)
    if notice.mailbox_id is not None:
        return url_for("MailboxView.show", pk=notice.mailbox_id)
    return url_for("CounterpartyView.show", pk=notice.counterparty_id)


def url_of(reminder: Reminder) -> str:
    about: Any = reminder.about
    return url_for(f"{SCREENS[type(about)]}.show", pk=about.id)


def complete_sent(session: Session, reminder: Reminder) -> None:
    """A program's: the reminder is its user's own; a time that is sent is chosen."""
    if inspect(reminder).transient:
        user = session.get_one(User, getattr(viewer_of(session), "user_id", None))
        reminder.user_id, reminder.zone = user.id, str(zone_of(user, clock.zone()))
    elif inspect(reminder).attrs.due_at.history.has_changes():
        reminder.snoozed = True
    reminders.complete(session, reminder)


class ReminderApi(RestApi):
    resource_name = "reminder"
    datamodel = DataModel(Reminder, order_by={"due_at": "due_at"})
    class_permission_name = SECTION
    list_columns = [
        *("id", "contact.id", "order.id", "supplier_order.id", "task.id", "happening", "minutes_before", "due_at"),
        *("snoozed", "done_at", "is_live", "text"),
    ]
    add_columns = ["contact", "order", "supplier_order", "task", "happening", "minutes_before", "due_at", "text"]
    edit_columns = ["minutes_before", "due_at", "done_at", "text"]
    optional_columns = ("due_at", "happening", "text")
    search_columns = ["due_at", "done_at", "is_live", "contact", "order", "supplier_order", "task"]
    base_order = ("due_at", "asc")
    before_save = staticmethod(complete_sent)
