"""Tasks: what the reader must do, what he gave to others, and what is done with each."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import SelectField, validators

from app import clock
from app.domain.calendar import EventColour, colour, day_in
from app.domain.contact_times import Diary, When, needs_reason
from app.domain.words import FeedKind
from app.errors import Refused
from app.models.tasks import Task
from app.models.users import User, full_name
from app.models.visibility import viewer_of
from app.queries.moves import times_moved
from app.queries.planning.tasks import TaskStanding, Whose, of, standing
from app.services import moves
from app.services.diaries import diary_of, overfull
from app.services.planning import tasks
from app.services.remarks import Remark
from app.views.contacts.contacts import sign
from app.views.contacts.verbs import CHIPS
from app.web.cards.story import STORY_VERBS
from app.web.cards.verbs import VerbView
from app.web.datamodel import DataModel
from app.web.display import display, reader_today
from app.web.filters import Filter, word_of
from app.web.forms.fields import LookupField, TypedDayField, offered, row_number
from app.web.forms.remarks import answering, confirming
from app.web.forms.words import PlainForm
from app.web.lists.tabs import Tab
from app.web.lookup import Lookup, pickable
from app.web.rest import RestApi

DAYS = (When.TOMORROW, When.WORKING, When.WEEK)
PRESSED = {when.value: when for when in DAYS}
WHAT = ["text", "executor", "due_on", "importance", "minutes"]
ABOUT = ["counterparty", "order", "supplier_order", "contact"]
OUTCOME = ["done_on", "spent_minutes", "result", "cancelled_on"]
WHOSE_WORDS: dict[str, Any] = {Whose.MINE: _l("I must"), Whose.CONTROLLED: _l("I control")}
STANDING_WORDS: dict[str, Any] = {
    TaskStanding.OPEN: _l("To be done"),
    TaskStanding.DUE: _l("Due by today"),
    TaskStanding.OVERDUE: _l("Overdue"),
    TaskStanding.DONE: _l("Task done"),
    TaskStanding.CANCELLED: _l("Task cancelled"),
}


class WhoseTask(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return of(word_of(value, Whose), current_user.id)

    def input(self) -> Any:
        return SelectField(choices=offered(WHOSE_WORDS))


class FromTodayTask(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return standing(word_of(value, TaskStanding), reader_today())

    def input(self) -> Any:
        return SelectField(choices=offered(STANDING_WORDS))


class AnotherDay(PlainForm):
    on = TypedDayField(validators=[validators.InputRequired()])


class AnotherExecutor(PlainForm):
    executor = LookupField(_l("Executor"), [validators.InputRequired()], model=User)


def tab(key: str, label: Any, direction: str = "asc", **asked: str) -> Tab:
    order = {"_oc_TaskView": "due_on", "_od_TaskView": direction}
    return Tab(key, label, {f"_flt_0_{name}": value for name, value in asked.items()} | order)


def planned_as(task: Task) -> tuple[Any, Any, Any]:
    return task.due_on, task.executor, task.minutes


def check(session: Session, task: Task) -> None:
    """What is written of a task, by whichever way."""
    tasks.complete(session, task, today=reader_today())


class TaskView(VerbView):
    datamodel = DataModel(
        Task,
        searches={"whose": WhoseTask, "standing": FromTodayTask},
        order_by={"due_on": "due_on"},
        computed={"state": lambda task: task.state},
    )
    route_base = "/tasks"
    class_permission_name = "Tasks"
    method_permission_name = STORY_VERBS | dict.fromkeys(("box", "finish", "move", "hand_over", "cancel"), "write")
    list_title, add_title = _l("Tasks"), _l("New task")
    label_columns = {"state": _l("State"), "whose": _l("Whose"), "standing": _l("State")}
    list_columns = ["text", "due_on", "importance", "counterparty", "executor", "author"]
    kinds = {"text": "name", "counterparty": "name", "importance": "whole", "state": "whole"}
    more_columns = ["state", "order", "minutes", "spent_minutes", "done_on", "result"]
    tabs = [
        tab("mine", _l("I must"), whose=Whose.MINE, standing=TaskStanding.OPEN),
        tab("controlled", _l("I control"), whose=Whose.CONTROLLED, standing=TaskStanding.OPEN),
        tab("overdue", _l("Overdue"), standing=TaskStanding.OVERDUE),
        tab("done", _l("Done tasks"), "desc", standing=TaskStanding.DONE),
    ]
    opens_at = "mine"
    safe_columns = ["due_on", "importance", "executor"]
    answer = "why_moved"
    explained = ("due_on",)
    add_form_extra_fields = edit_form_extra_fields = {
        **answering(answer, _l("Why it is moved"), moves.LONGEST_REASON),
        **confirming(),
    }
    related_columns = {name: ["due_on", "text", "executor", "state"] for name in ("counterparty", "order", "contact")}
    formatters_columns = {"importance": sign}
    card_facts = [*WHAT, "author", *ABOUT, *OUTCOME]
    show_columns = card_facts
    story = ("task", (FeedKind.TASK_MOVE, FeedKind.CHANGE))
    show_template = "crm/planning/task_card.html"
    verbs_template = "crm/planning/_task_verbs.html"
    box_page = "crm/planning/task_box_page.html"
    changed_meanwhile = _l("Somebody changed this task a moment ago: look once more.")
    add_fieldsets = [("", {"fields": WHAT}), (_l("What about"), {"fields": ABOUT})]
    edit_fieldsets = [*add_fieldsets, (_l("What became of it"), {"fields": OUTCOME})]
    description_columns = {"done_on": _l("Empty: it is still to be done.")}
    within = dict.fromkeys(("order", "contact"), "counterparty")
    search_columns = ["whose", "standing", "executor", "author", "due_on", "counterparty", "importance"]
    base_order = ("due_on", "asc")

    def new_values(self) -> dict[str, Any]:
        return {"executor": current_user, "due_on": reader_today()}

    def pre_add(self, item: Task) -> None:
        check(self.datamodel.session, item)

    pre_update = pre_add

    def complete_alone(self, session: Session, row: Task, name: str) -> None:
        check(session, row)

    def is_overdue(self, item: Task) -> bool:
        return item.is_open and colour(item.due_on, reader_today()) is EventColour.OVERDUE

    def pre_delete(self, item: Task) -> None:
        tasks.check_author(self.datamodel.session, item)

    def remarks_on(self, form: Any, item: Task) -> list[Remark]:
        found = super().remarks_on(form, item)
        moved = item.id is not None and "due_on" in form and form["due_on"].data != item.due_on
        if moved and item.is_open:
            question = moves.asks_why(self.datamodel.session, item)
            found += [Remark("due_on", question, asks=True)] if question else []
        names = ("due_on", "executor", "minutes")
        due_on, executor, minutes = planned = tuple(form[n].data if n in form else getattr(item, n) for n in names)
        if due_on and executor and (not item.id or (item.is_open and planned != planned_as(item))):
            session, besides = self.datamodel.session, item if item.id else None
            diary = diary_of(session, executor, now=clock.now(), zone=clock.zone())
            told = overfull(session, executor, due_on, minutes or 0, diary=diary, besides=besides)
            found += [Remark("due_on", told, confirms=True)] if told else []
        return found

    def beside(self, item: Task) -> dict[str, Any]:
        may = item.is_open and self.appbuilder.sm.has_access("can_write", self.class_permission_name)
        return {
            "box": self.box_of(item) if may else None,
            "is_late": item.is_open and item.due_on < reader_today(),
            "edit_look": "btn-default" if may else "",
        }

    @expose("/finish/<pk>", methods=["POST"])
    @has_access
    def finish(self, pk: str) -> str | Response:
        def done(task: Task) -> tuple[str, Task]:
            typed = request.form.get("minutes", "").strip()
            minutes = (row_number(typed) if typed != "0" else 0) if typed else None
            if typed and minutes is None:
                minutes = -1
            text = request.form.get("text", "")
            tasks.finish(self.datamodel.session, task, text=text, minutes=minutes, today=reader_today())
            return _("The task is done."), task

        return self.perform(pk, done)

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    def move(self, pk: str) -> str | Response:
        def done(task: Task) -> tuple[str, Task]:
            to = asked_day(self._diary(task))
            reason = request.values.get("reason", "")
            tasks.move(self.datamodel.session, task, to, today=reader_today(), reason=reason)
            return _("Moved: %(when)s.", when=day_in_words(to)), task

        return self.perform(pk, done)

    @expose("/hand-over/<pk>", methods=["POST"])
    @has_access
    def hand_over(self, pk: str) -> str | Response:
        def done(task: Task) -> tuple[str, Task]:
            form = AnotherExecutor(request.form)
            if not form.validate() or form.executor.data is None:
                raise Refused(_("Choose who does it."), field="executor")
            tasks.hand_over(self.datamodel.session, task, form.executor.data)
            return _("Handed over: %(who)s.", who=full_name(form.executor.data)), task

        return self.perform(pk, done)

    @expose("/cancel/<pk>", methods=["POST"])
    @has_access
    def cancel(self, pk: str) -> str | Response:
        def done(task: Task) -> tuple[str, Task]:
            tasks.cancel(self.datamodel.session, task, today=reader_today())
            return _("The task is cancelled."), task

        return self.perform(pk, done)

    def box_of(self, task: Task) -> dict[str, Any]:
        session, diary, now = self.datamodel.session, self._diary(task), clock.now()
        days = {day_in(diary.zone, diary.moment(when, now)): when for when in reversed(DAYS)}
        moved = session.scalar(times_moved(task)) or 0
        viewer = viewer_of(session)
        return {
            "moves": [(when.value, CHIPS[when], day_in_words(day)) for day, when in sorted(days.items())],
            "moved": moved,
            "needs_reason": needs_reason(moved),
            "may_cancel": viewer is None or viewer.leads or task.author_id == viewer.user_id,
            "form": AnotherExecutor(request.form),
            "typed": request.form if request.method == "POST" else MultiDict(),
        }

    def _diary(self, task: Task) -> Diary:
        return diary_of(self.datamodel.session, task.executor, now=clock.now(), zone=clock.zone())


def asked_day(diary: Diary) -> date:
    """The day that was pressed, typed, or dropped on in the calendar."""
    if pressed := PRESSED.get(request.values.get("when", "")):
        return day_in(diary.zone, diary.moment(pressed, clock.now()))
    typed = AnotherDay(MultiDict({"on": request.values.get("on") or request.values.get("at", "")[:10]}))
    if not typed.validate() or typed.on.data is None:
        raise Refused(_("Say when: a day."), field="on")
    day: date = typed.on.data
    return day


def day_in_words(day: date) -> str:
    named = {0: _("today"), 1: _("tomorrow")}
    return named.get((day - reader_today()).days) or format_date(day, "EEE dd.MM")


class TaskApi(RestApi):
    resource_name = "task"
    datamodel = DataModel(Task, order_by={"due_on": "due_on"})
    class_permission_name = "Tasks"
    list_columns = [
        *("id", "text", "author.username", "executor.username", "due_on", "importance", "minutes"),
        *("counterparty.id", "counterparty.name", "order.id", "supplier_order.id", "contact.id"),
        *("done_on", "cancelled_on", "spent_minutes", "result"),
    ]
    add_columns = [*WHAT, *ABOUT, *OUTCOME]
    edit_columns = [*add_columns, "why_moved"]
    search_columns = ["due_on", "executor", "author", "counterparty", "done_on", "cancelled_on", "importance"]
    base_order = ("due_on", "asc")
    before_save = staticmethod(check)

    def pre_delete(self, item: Task) -> None:
        tasks.check_author(self.datamodel.session, item)


pickable(
    Lookup(
        Task,
        section="Tasks",
        find=lambda model, text: model.text.icontains(text, autoescape=True),
        order=(Task.due_on.desc(), Task.id.desc()),
        hint=lambda row: str(display(row.due_on)),
        options=(joinedload(Task.counterparty_name),),
    )
)
