"""Classification of buyers in the browser: the button on the ABC report, and the history of runs."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import clock
from app.domain.abc import Moves
from app.domain.periods import Period
from app.domain.stages import Moves as StageMoves
from app.domain.stages import Stage
from app.domain.words import AbcClass, ClassificationKind, JobKind
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption
from app.models.classes import AbcRun, StageRun
from app.models.classification_drafts import ClassificationDraft
from app.models.visibility import viewer_of
from app.queries.classes import any_abc_run_by
from app.services.classification import classify_abc, is_long, told
from app.services.stages import classify_stages, next_parameters, to_params
from app.services.stages import told as told_stages
from app.views.reports import ChoiceControl, ReportView
from app.views.scheme import scheme
from app.views.work_plan import OF_CELL, cell_of, may_plan
from app.web.asked import natural
from app.web.report_links import report_url
from app.web.work import ask_worker
from reports.abc_buyers import class_day
from reports.class_moves import ClassMoves
from reports.kit.params import PeriodParam, show_period

PAGE = 25
PERIOD = PeriodParam("period", "", default="this-month")


class AbcReportView(ReportView):
    """The ABC report offers the run that assigns its classes."""

    template = "crm/report_abc.html"

    def more(self, asked: dict[str, str]) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access
        try:
            period = PERIOD.value(db.session(), asked.get("period", PERIOD.default), clock.today())
        except Refused:
            return {"classify": "", "history": False, "unassigned_on": None}
        day = class_day(period, clock.today())
        return {
            "classify": period.text() if may("can_write", "Classification") else "",
            "history": may("can_read", "Classification"),
            "unassigned_on": None if db.session.scalar(any_abc_run_by(day)) else day,
        }


class XyzReportView(ReportView):
    """The XYZ report offers the run that assigns its stages, and narrowed to a cell the plan of its contacts."""

    template = "crm/report_xyz.html"

    def more(self, asked: dict[str, str]) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access
        plan = {name: asked[name] for name in (*OF_CELL, "manager") if name in asked}
        return {
            "classify": may("can_write", "Classification"),
            "history": may("can_read", "Classification"),
            "plan_url": url_for("WorkPlanView.page", **plan) if cell_of(asked) and may_plan() else "",  # type: ignore[arg-type]
        }


class ClassificationView(BaseView):
    """When classes were assigned, by what, and how many moved."""

    route_base = "/classification"
    default_view = "page"
    class_permission_name = "Classification"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        number = natural(request.args.get("page")) or 0
        newest = select(AbcRun).options(joinedload(AbcRun.by)).order_by(AbcRun.id.desc())
        runs = db.session.scalars(newest.limit(PAGE + 1).offset(number * PAGE)).all()
        self.update_redirect()
        page: str = self.render_template(
            "crm/classification.html",
            title=_("Classifications of buyers"),
            drafts=self.drafts(ClassificationKind.ABC),
            runs=[(run, Period(run.start, run.end), Moves.from_json(run.moves)) for run in runs[:PAGE]],
            classes=AbcClass,
            show_period=show_period,
            zone=clock.zone(),
            page=number,
            more=len(runs) > PAGE,
        )
        return page

    @expose("/stages")
    @has_access
    @permission_name("read")
    def stages(self) -> tuple[str, int]:
        """The scheme of stages with today's counts and the moves of a period; the history of runs."""
        number, text = natural(request.args.get("page")) or 0, request.args.get("period", "")
        newest = select(StageRun).options(joinedload(StageRun.by)).order_by(StageRun.id.desc())
        runs = db.session.scalars(newest.limit(PAGE + 1).offset(number * PAGE)).all()
        plan = self.plan(text or PERIOD.default)
        self.update_redirect()
        page = self.render_template(
            "crm/classification_stages.html",
            title=_("Stages of buyers"),
            drafts=self.drafts(ClassificationKind.STAGES),
            runs=[(run, Period(run.start, run.end), StageMoves.from_json(run.moves)) for run in runs[:PAGE]],
            stage_caption=caption,
            stages=list(Stage),
            show_period=show_period,
            zone=clock.zone(),
            page=number,
            asked={"period": text} if text else {},
            more=len(runs) > PAGE,
            **plan,
        )
        return page, 400 if plan["refusal"] else 200

    def plan(self, text: str) -> dict[str, Any]:
        """The scheme with the moves of the period, whose clients it counts, and where they are as a table."""
        viewer, may = viewer_of(db.session()), self.appbuilder.sm.has_access
        found: dict[str, Any] = {"scheme": None, "refusal": None, "matrix": ""}
        try:
            period = PERIOD.value(db.session(), text, clock.today())
            found["scheme"] = scheme(db.session(), period, clock.today())
            if may("can_read", ClassMoves().section):
                found["matrix"] = report_url("class-moves", kind="stages", period=text)
        except Refused as problem:
            found["refusal"] = problem
        control = ChoiceControl(PERIOD, {"period": text}, found["refusal"])
        return found | {"control": control, "whole_company": viewer is None or viewer.sees_all}

    def drafts(self, kind: ClassificationKind) -> list[ClassificationDraft]:
        """What waits to be posted, for whoever may post it."""
        if not self.appbuilder.sm.has_access("can_write", self.class_permission_name):
            return []
        newest = (
            select(ClassificationDraft)
            .options(joinedload(ClassificationDraft.by))
            .order_by(ClassificationDraft.id.desc())
        )
        return list(db.session.scalars(newest.where(ClassificationDraft.kind == kind)))

    @expose("/stages/run", methods=["POST"])
    @has_access
    @permission_name("write")
    def run_stages(self) -> Response:
        """In one click: with the parameters of the last run, up to today."""
        session, today = db.session(), clock.today()
        back = report_url("xyz-buyers")
        parameters = next_parameters(session, today)
        if is_long(session):
            params = to_params(parameters) | {"title": _("Classification by stages"), "back": back}
            return ask_worker(JobKind.STAGES, params)
        try:
            run = classify_stages(session, parameters, today=today, by=current_user)
            session.commit()
            flash(told_stages(run), "success")
        except Refused as problem:
            session.rollback()
            flash(str(problem), "danger")
        return redirect(back)

    @expose("/run", methods=["POST"])
    @has_access
    @permission_name("write")
    def run(self) -> Response:
        text = request.form.get("period", "")
        try:
            period = PERIOD.value(db.session(), text, clock.today())
            if is_long(db.session()):
                back = report_url("abc-buyers", period=text)
                days = {"first": period.first.isoformat(), "last": period.last.isoformat()}
                return ask_worker(JobKind.CLASSES, days | {"title": _("Classification of buyers"), "back": back})
            run = classify_abc(db.session(), period, today=clock.today(), by=current_user)
            db.session.commit()
        except Refused as problem:
            db.session.rollback()
            flash(str(problem), "danger")
            return redirect(report_url("abc-buyers"))
        flash(told(run), "success")
        return redirect(report_url("abc-buyers", period=text))
