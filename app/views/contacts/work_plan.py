"""Plans of contacts for a cell of the ABC/XYZ matrix: seen before they are made, taken back in one click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import clock
from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass
from app.domain.work_plan import MOST_A_DAY, MOST_WEEKS, BadTerms, Cell, PlannedContact, Terms
from app.errors import Refused
from app.extensions import db
from app.formatting import short_date
from app.models.captions import caption, cell_caption
from app.models.users import User
from app.models.visibility import viewer_of
from app.models.work_plan import WorkPlan, WorkPlanRule
from app.queries.contacts.work_plan import plans
from app.services.contacts import work_plan
from app.services.contacts.work_plan import Arrangement, PlanRequest
from app.views.reports import ChoiceControl
from app.web.lists.state import natural
from app.web.report_links import report_url
from reports.classification.xyz_buyers import NONE
from reports.kit.params import DateParam, LookupParam

SHOWN = 200
PAGE = 25
FURTHEST = timedelta(days=366)
ON = DateParam("on", _l("On the day"), default="today")
FIRST = DateParam("first", _l("First day"))
MANAGER = LookupParam("manager", _l("Responsible"), model=User, key="username")
OF_CELL = ("abc", "stage", "xyz", "on")
TYPED = ("first", "weeks", "most", "manager", *OF_CELL)
USUAL = {"weeks": str(Terms.weeks), "most": str(Terms.most)}


class WorkPlanView(BaseView):
    """`/work-plan/?abc=A&stage=regular&xyz=X`: the plan of a cell; `/work-plan/plans`: those that were made."""

    route_base = "/work-plan"
    default_view = "plans"
    class_permission_name = "Work plans"

    @expose("/")
    @has_access
    @permission_name("write")
    def page(self) -> str | Response | tuple[str, int]:
        if not may_plan():
            abort(403)
        cell = cell_of(request.args)
        if cell is None:
            return redirect(report_url("abc-xyz"))
        typed = texts(request.args)
        shown: dict[str, Any] = {"refused": None}
        try:
            shown["plan"] = PlanPreview.of(
                work_plan.arrange(db.session(), plan_request(cell, typed), zone=clock.zone())
            )
        except Refused as problem:
            shown["refused"] = problem
        self.update_redirect()
        page = self.render_template(
            "crm/contacts/work_plan.html",
            title=_("Contact plan: %(cell)s", cell=cell_caption(cell)),
            asked=typed,
            limits={"weeks": MOST_WEEKS, "most": MOST_A_DAY},
            weekday=weekday,
            manager=ChoiceControl(MANAGER, typed, None) if sees_all() else None,
            back=report_url("xyz-buyers", **{name: typed[name] for name in OF_CELL if name in typed}),
            new_rule={f"_flt_0_{name}": value for name, value in vars(cell).items() if value},
            may_write_rules=may_write_rules(),
            shown_rows=SHOWN,
            today=clock.today(),
            **shown,
        )
        return page, 400 if shown["refused"] else 200

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("write")
    def make(self) -> Response:
        cell = cell_of(request.form)
        if cell is None or not may_plan():
            abort(403)
        session, typed = db.session(), texts(request.form)
        try:
            plan = work_plan.make(session, plan_request(cell, typed), zone=clock.zone())
            told = outcome_of_plan(plan), "success" if plan.made else "info"
            session.commit()
            flash(*told)
        except Refused as problem:
            session.rollback()
            flash(str(problem), "danger")
        return redirect(url_for(".page", **typed))  # type: ignore[arg-type]

    @expose("/plans")
    @has_access
    @permission_name("read")
    def plans(self) -> str:
        number = natural(request.args.get("page")) or 0
        newest = plans().options(joinedload(WorkPlan.by)).limit(PAGE + 1).offset(number * PAGE)
        rows = db.session.execute(newest).all()
        page: str = self.render_template(
            "crm/contacts/work_plans.html",
            title=_("Contact plans"),
            rows=[(plan, clients_of(plan), left, left and may_undo(plan)) for plan, left in rows[:PAGE]],
            zone=clock.zone(),
            page=number,
            more=len(rows) > PAGE,
        )
        return page

    @expose("/<int:plan_id>/undo", methods=["POST"])
    @has_access
    @permission_name("write")
    def undo(self, plan_id: int) -> Response:
        session = db.session()
        plan = session.get(WorkPlan, plan_id) or abort(404)
        if not may_undo(plan):
            abort(403)
        removed = work_plan.undo(session, plan)
        session.commit()
        told = ngettext("%(num)s contact is deleted.", "%(num)s contacts are deleted.", removed)
        kept = _("Those that somebody has done or changed stay.") if removed < plan.made else ""
        flash(f"{told} {kept}".strip(), "success")
        return redirect(url_for(".plans"))


def clients_of(plan: WorkPlan) -> str:
    """The address of the clients of the plan's cell, on the day it was made by."""
    cell = {"abc": plan.abc or NONE, "stage": plan.stage, "xyz": plan.xyz, "on": plan.on.isoformat()}
    return report_url("xyz-buyers", **cell)


def may_plan() -> bool:
    """Plans are contacts: whoever may not write those may not plan them."""
    may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
    return bool(may("can_write", "Work plans") and may("can_write", "Contacts"))


def may_write_rules() -> bool:
    return bool(current_app.appbuilder.sm.has_access("can_write", "Work plan rules"))  # type: ignore[attr-defined]


def may_undo(plan: WorkPlan) -> bool:
    """Its author, or who sets the rules for all."""
    return may_plan() and (plan.by_id == current_user.id or may_write_rules())


def sees_all() -> bool:
    viewer = viewer_of(db.session())
    return viewer is not None and viewer.sees_all


def cell_of(asked: Mapping[str, str]) -> Cell | None:
    """The cell that the choices of the XYZ report name; None while they name more than one."""
    abc, stage, xyz = (asked.get(name, "") for name in ("abc", "stage", "xyz"))
    try:
        cell = Cell(
            None if abc == NONE else AbcClass(abc), Stage(stage or Stage.REGULAR), XyzClass(xyz) if xyz else None
        )
    except ValueError:
        return None
    return cell if (cell.stage is Stage.REGULAR) == (cell.xyz is not None) else None


def texts(asked: Mapping[str, str]) -> dict[str, str]:
    """What is asked, and what is usual where nothing is said."""
    said = {name: asked[name] for name in TYPED if asked.get(name)}
    if "first" not in said:
        said["first"] = work_plan.first_day(db.session(), clock.today()).isoformat()
    return USUAL | said


def plan_request(cell: Cell, typed: Mapping[str, str]) -> PlanRequest:
    session, today = db.session(), clock.today()
    first: date = FIRST.value(session, typed["first"], today)
    if not today <= first <= today + FURTHEST:
        raise Refused(_("The first day is today or later, at most a year ahead."), field="first")
    try:
        terms = Terms(first, *(number(typed, name) for name in USUAL))
    except BadTerms as bad:
        most = {"weeks": MOST_WEEKS, "most": MOST_A_DAY}[str(bad)]
        raise Refused(_("From 1 to %(most)s.", most=most), field=str(bad)) from None
    on: date = ON.value(session, typed.get("on") or ON.default, today)
    manager: User | None = MANAGER.value(session, typed.get("manager", ""), today)
    return PlanRequest(cell, on, terms, current_user.id, manager)


def number(typed: Mapping[str, str], name: str) -> int:
    text = typed[name].strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise Refused(_("“%(text)s” is not a whole number.", text=text), field=name)
    return int(text)


def outcome_of_plan(plan: WorkPlan) -> str | Markup:
    """What a plan came to, with the button that takes it back."""
    if not plan.made:
        return _("There is nobody to plan contacts with.")
    return Markup(render_template("crm/contacts/work_plan_made.html", plan=plan))


@dataclass(frozen=True)
class Day:
    """A column of the load of managers."""

    on: date
    begins_week: bool

    @property
    def weekday(self) -> str:
        return weekday(self.on)

    @property
    def month_day(self) -> str:
        return self.on.strftime("%d.%m")


@dataclass(frozen=True)
class PlanPreview:
    """A proposal as the page prints it."""

    found: Arrangement
    rule: str
    first_places: list[tuple[PlannedContact, str]]
    days: list[Day]
    load: list[tuple[str, int, list[tuple[Day, int, int]]]]

    @classmethod
    def of(cls, found: Arrangement) -> PlanPreview:
        every = often(found.rule)
        names = list(found.managers)
        order = sorted(found.places, key=lambda place: (place.day, names.index(place.client.manager_id), place.minute))
        rows = [(place, f"{last_contact(place)}, {every}") for place in order[:SHOWN]]
        days = [
            Day(day, begins_week=before is None or day.weekday() < before.weekday())
            for before, day in zip([None, *found.days], found.days, strict=False)
        ]
        return cls(found, sentence(found.rule, every), rows, days, load_of(found, days))


def weekday(day: date) -> str:
    return str(format_date(day, "EEE"))


def load_of(found: Arrangement, days: Sequence[Day]) -> list[tuple[str, int, list[tuple[Day, int, int]]]]:
    """Of each manager: his name, how many contacts the plan gives him, and of each day those and the ones he has."""
    planned = Counter((place.client.manager_id, place.day) for place in found.places)
    rows = []
    for manager_id, name in found.managers.items():
        cells = [(day, planned[manager_id, day.on], len(found.busy.get((manager_id, day.on), ()))) for day in days]
        rows.append((name, sum(new for _day, new, _known in cells), cells))
    return rows


def sentence(rule: WorkPlanRule, every: str) -> str:
    """`A class, Regular client (X): phone call once in 14 days, importance: high. Subject: …`."""
    told = {"cell": str(rule), "kind": caption(rule.kind).lower(), "every": every}
    told |= {"importance": caption(rule.importance).lower()}
    text = _("%(cell)s: %(kind)s %(every)s, importance: %(importance)s.", **told)
    subject = _("Subject: %(subject)s.", subject=rule.subject) if rule.subject else ""
    return f"{text} {subject}".strip()


def often(rule: WorkPlanRule) -> str:
    return ngettext("once in %(num)s day", "once in %(num)s days", rule.every_days)


def last_contact(place: PlannedContact) -> str:
    last_on = place.client.last_on
    return _("last contact on %(day)s", day=short_date(last_on)) if last_on else _("no contact yet")
