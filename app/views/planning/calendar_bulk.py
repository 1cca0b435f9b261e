"""Rows ticked in the calendar's list: moved, finished or given to another together, counted before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import abort, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from app import clock
from app.domain.calendar import EventKind
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.tasks import Task
from app.models.users import User
from app.services import bulk
from app.services.bulk import BulkOutcome
from app.services.contacts import verbs
from app.services.journal import act_of
from app.services.moves import LONGEST_REASON
from app.services.planning import tasks
from app.services.sales.orders import check_header
from app.views.calendar_choice import OTHERS, SECTIONS, CalendarState, Reader
from app.web.display import reader_today
from app.web.forms.fields import DateBox, SelectBox, TypedDayField, row_number
from app.web.lists.bulk import in_words, reasons
from app.web.undo import flash_undoable
from app.web.work import refuse

MODELS: Mapping[EventKind, Any] = {
    EventKind.CONTACT: Contact,
    EventKind.TASK: Task,
    EventKind.SHIPMENT: BuyerOrder,
    EventKind.PAYMENT: BuyerOrder,
}
DAYS_OF_HALVES = {EventKind.SHIPMENT: "ship_on", EventKind.PAYMENT: "pay_by"}


class ManyForm(FlaskForm):
    """One of the first three is asked for."""

    day = TypedDayField(_l("When due"), [InputRequired()], widget=DateBox())
    result = StringField(_l("It is done, with the result"), [Length(max=10_000)])
    responsible = SelectField(_l("Responsible"), widget=SelectBox())
    reason = StringField(_l("Why it is moved"), [Length(max=LONGEST_REASON)])


class BulkScreens:
    """A route of the calendar's view; it says who the reader is and what he may."""

    reader: Callable[[], Reader]
    reads: Callable[[str], bool]
    writes: Callable[[str], bool]

    @expose("/bulk", methods=["POST"])
    @has_access
    @permission_name("read")
    def bulk(self) -> str | Answer:
        """What becomes of the ticked rows: chosen, counted, then done with one undo."""
        session, reader = db.session(), self.reader()
        state = CalendarState.of(dict(parse_qsl(request.form.get("choice", ""))))
        back, ticked = state.address(), ticked_rows()
        if not ticked:
            return refuse(Refused(_("Tick the rows first.")), back)
        if not all(self.writes(SECTIONS[kind]) for kind in ticked):
            abort(403)
        form = ManyForm(request.values, meta={"csrf": False})
        form.responsible.choices = [(user.username, user.name) for user in reader.people.others]
        fields = ["day", "result", *(["responsible"] if reader.people.others else [])]
        asked = request.values.get("field", "")
        name = asked if asked in fields else fields[0]
        told, problem = None, None
        is_counted = asked == request.values.get("counted") == name  # another one was chosen: its value first
        if is_counted and all(each.validate(form) for each in (form[name], form.reason)):
            told = BulkOutcome(0)
            for kind, ids in ticked.items():
                put = self.change_of(kind, name, form, reader)
                told += bulk.change(session, MODELS[kind], ids, put, what=f"CalendarView.{name}")
            if "sure" in request.form:
                act = act_of(session)
                session.commit()
                flash_undoable(in_words(told), act)
                return redirect(back)
            session.rollback()
        elif is_counted:
            problem = " ".join(str(error) for each in (form[name], form.reason) for error in each.errors)
        count = sum(map(len, ticked.values()))
        page: str = self.render_template(  # type: ignore[attr-defined]
            "crm/bulk.html",
            title=_("Change of many rows: %(list)s", list=_("Calendar")),
            rows={"ids": [f"{kind}-{number}" for kind, ids in ticked.items() for number in ids]},
            count=count,
            fields=[(each, form[each].label.text) for each in fields],
            field=form[name],
            answer=form.reason if name == "day" else None,
            told=told,
            counted=count,
            reasons=reasons(told) if told else [],
            problem=problem,
            choice=urlencode(state.args),
            back=back,
        )
        return page

    def change_of(self, kind: EventKind, name: str, form: ManyForm, reader: Reader) -> Callable[[Any], None]:
        """What is done with each row of the kind, by the verb of its own page; whose it is not is left."""
        session, leads = db.session(), self.reads(OTHERS)
        change: Callable[[Any], None]
        match name:
            case "day":
                change = move_to_day(session, kind, form, reader)
            case "result":
                change = finish_with(session, kind, form)
            case _:
                to = next(user.id for user in reader.people.others if user.username == form.responsible.data)
                change = give_to(session, kind, to)

        def put(row: Any) -> None:
            if not may_change(row, leads=leads):
                raise Refused(_("It is somebody else's."))
            change(row)

        return put


def may_change(row: Any, *, leads: bool) -> bool:
    """Whether it is the reader's own, or of those whom he leads."""
    owner_id = row.executor_id if isinstance(row, Task) else row.manager_id
    return bool(leads or owner_id == current_user.id)


def ticked_rows() -> dict[EventKind, Sequence[int]]:
    """Numbers by their kinds; what cannot be changed so is passed over."""
    found: dict[EventKind, list[int]] = {}
    for text in dict.fromkeys(request.form.getlist("rowid")):
        kind, _dash, number = text.rpartition("-")
        known = row_number(number)
        if kind in MODELS and known is not None:
            found.setdefault(EventKind(kind), []).append(known)
    return {kind: found[kind] for kind in MODELS if kind in found}


def move_to_day(session: Session, kind: EventKind, form: ManyForm, reader: Reader) -> Callable[[Any], None]:
    """To the day; a contact keeps its hour."""
    day, reason = form.day.data, form.reason.data or ""
    assert day is not None

    def put(row: Any) -> None:
        if kind is EventKind.CONTACT:
            at = datetime.combine(day, row.starts_at.astimezone(reader.zone).time(), reader.zone)
            if at != row.starts_at:
                verbs.move(session, row, at, now=clock.now(), reason=reason)
        elif kind is EventKind.TASK:
            if day != row.due_on:
                tasks.move(session, row, day, today=reader_today(), reason=reason)
        else:
            row.why_moved = reason
            setattr(row, DAYS_OF_HALVES[kind], day)
            check_header(session, row)

    return put


def finish_with(session: Session, kind: EventKind, form: ManyForm) -> Callable[[Any], None]:
    text = form.result.data or ""

    def put(row: Any) -> None:
        if kind is EventKind.CONTACT:
            verbs.finish(session, row, text=text, now=clock.now())
        elif kind is EventKind.TASK:
            tasks.finish(session, row, text=text, today=reader_today())
        else:
            raise Refused(_("Orders are shipped and paid by documents of their own."))

    return put


def give_to(session: Session, kind: EventKind, to: int) -> Callable[[Any], None]:
    """To another of the reader's people."""

    def put(row: Any) -> None:
        if kind is EventKind.TASK:
            if row.executor_id != to:
                tasks.hand_over(session, row, session.get_one(User, to))
            return
        row.manager = session.get_one(User, to)
        if kind is not EventKind.CONTACT:
            check_header(session, row)

    return put
