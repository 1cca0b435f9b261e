"""Classification of buyers in the browser: the reports that lead to it, and the history of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import clock
from app.domain.periods import Period, months_from
from app.domain.words import ClassificationKind
from app.errors import Refused
from app.extensions import db
from app.formatting import show_period
from app.models.captions import caption, group_caption
from app.models.classes import AbcRun, StageRun
from app.models.classification_drafts import ClassificationDraft
from app.models.users import full_name
from app.models.visibility import viewer_of
from app.queries.classification.classes import any_abc_run_by
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, TRACKS, AnyTrack
from app.services.classification import runs
from app.services.classification.withdrawing import withdraw
from app.views.classification.run_parameters import FORMS
from app.views.classification.scheme import scheme
from app.views.reports import ChoiceControl, PrintedTable, ReportView
from app.web.display import count_text, display
from app.web.lists.state import natural
from app.web.report_links import report_url
from app.web.reports.first_screen import FirstScreen
from app.web.work import refuse
from reports.classification.abc_buyers import class_day
from reports.classification.class_moves import ClassMoves
from reports.kit.params import PeriodParam

PAGE = 25
PERIOD = PeriodParam("period", "")


class AbcReportView(ReportView):
    """The ABC report leads to the run that assigns its classes."""

    template = "crm/classification/report_abc.html"

    def more(self, given: dict[str, str], tables: Sequence[PrintedTable], screen: FirstScreen) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access
        try:
            period = PERIOD.value(db.session(), given["period"], clock.today())
        except Refused:
            return {"classify": "", "history": False, "unassigned_on": None}
        day = class_day(period, clock.today())
        return {
            "classify": url_for("WhatIfView.abc", period=period.text()) if may("can_write", "Classification") else "",
            "history": may("can_read", "Classification"),
            "unassigned_on": None if db.session.scalar(any_abc_run_by(day)) else day,
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
        return self.history(ABC_TRACK, title=_("Classifications of buyers"))

    @expose("/stages")
    @has_access
    @permission_name("read")
    def stages(self) -> tuple[str, int]:
        """The scheme of stages with today's counts and the moves of a period; the history of runs."""
        text = request.args.get("period", "")
        plan = self.plan(text or last_moves())
        page = self.history(
            STAGE_TRACK,
            title=_("Stages of buyers"),
            asked={"period": text} if text else {},
            show_period=show_period,
            **plan,
        )
        return page, 400 if plan["refused"] else 200

    def history(self, track: AnyTrack, **more: Any) -> str:
        number, run = natural(request.args.get("page")) or 0, track.run
        may = self.appbuilder.sm.has_access
        last: Any = runs.last_run(db.session(), track) if may("can_delete", self.class_permission_name) else None
        newest = select(run).options(joinedload(run.by)).order_by(run.id.desc())
        some = db.session.scalars(newest.limit(PAGE + 1).offset(number * PAGE)).all()
        self.update_redirect()
        page: str = self.render_template(
            "crm/classification/runs.html",
            endpoint=FORMS[track.kind].history,
            drafts=self.drafts(track.kind),
            columns=columns_of(track),
            rows=[cells_of(track, run) for run in some[:PAGE]],
            withdraw_at=url_for(".withdraw", kind=track.kind, number=last.id) if last is not None else "",
            nothing=NO_RUNS[track.kind],
            page=number,
            more=len(some) > PAGE,
            **{"asked": {}, **more},
        )
        return page

    def plan(self, text: str) -> dict[str, Any]:
        """The scheme with the moves of the period, whose clients it counts, and where they are as a table."""
        viewer, may = viewer_of(db.session()), self.appbuilder.sm.has_access
        plan: dict[str, Any] = {"scheme": None, "refused": None, "matrix": ""}
        try:
            period = PERIOD.value(db.session(), text, clock.today())
            plan["scheme"] = scheme(db.session(), period, clock.today())
            if may("can_read", ClassMoves().section):
                plan["matrix"] = report_url("class-moves", kind="stages", period=text)
        except Refused as problem:
            plan["refused"] = problem
        control = ChoiceControl(PERIOD, {"period": text}, plan["refused"])
        return plan | {"control": control, "whole_company": viewer is None or viewer.sees_all}

    def drafts(self, kind: ClassificationKind) -> list[dict[str, str]]:
        """What waits to be posted, for whoever may post it."""
        if not self.appbuilder.sm.has_access("can_write", self.class_permission_name):
            return []
        draft = ClassificationDraft
        newest = select(draft).options(joinedload(draft.by)).where(draft.kind == kind).order_by(draft.id.desc())
        return [
            {
                "address": url_for("ClassificationDraftView.page", number=one.id),
                "title": _("Draft from %(day)s", day=display(one.on)),
                "made": f"{full_name(one.by) if one.by else ''}, {made_at(one.created_at)}",
            }
            for one in db.session.scalars(newest)
        ]

    @expose("/<kind>/<int:number>/withdraw", methods=["POST"])
    @has_access
    @permission_name("delete")
    def withdraw(self, kind: str, number: int) -> Response:
        """Of the last run alone, while nothing goes on from it."""
        if kind not in set(ClassificationKind):
            abort(404)
        history = url_for(FORMS[ClassificationKind(kind)].history)
        try:
            run = withdraw(db.session(), TRACKS[ClassificationKind(kind)], number, by=current_user)
            db.session.commit()
        except Refused as problem:
            return refuse(problem, history)
        day = display(run.on)
        flash(_("The classification of %(day)s is withdrawn: everybody is where he was before it.", day=day), "success")
        return redirect(history)


@dataclass(frozen=True)
class RunCell:
    """What the history shows of a run in one column."""

    text: Any
    address: str = ""
    note: str = ""
    look: str = ""


Column = tuple[str, str]  # label and class
NO_RUNS: dict[ClassificationKind, tuple[LazyString, str, LazyString]] = {  # the words, and a button to where it begins
    ClassificationKind.ABC: (
        _l("Buyers have not been classified yet. Open the ABC analysis, choose a period and press “Classify”."),
        "abc-buyers",
        _l("ABC analysis of buyers"),
    ),
    ClassificationKind.STAGES: (
        _l("Buyers have no stages yet. Open the XYZ analysis and press “Classify”."),
        "xyz-buyers",
        _l("XYZ analysis of buyers"),
    ),
}


def columns_of(track: AnyTrack) -> dict[str, Column]:
    return {
        **FACTS[track.kind][0](),
        **{group_caption(group): (group_caption(group), "num") for group in track.groups},
        "up": (_("Up"), "num"),
        "down": (_("Down"), "num"),
        "author": (_("Author"), ""),
        "made": (_("Made on"), ""),
    }


def cells_of(track: AnyTrack, run: Any) -> dict[str, RunCell]:
    moves = track.moves.from_json(run.moves)
    return {
        **FACTS[track.kind][1](run, Period(run.start, run.end)),
        **{group_caption(group): RunCell(count_text(moves.now_in(group))) for group in track.groups},
        "up": RunCell(count_text(moves.up), look="arrow-1" if moves.up else ""),
        "down": RunCell(count_text(moves.down), look="arrow--1" if moves.down else ""),
        "author": RunCell(full_name(run.by) if run.by else _("by itself"), note=run.comment),
        "made": RunCell(made_at(run.created_at)),
    }


def columns_of_classes() -> dict[str, Column]:
    return {
        "on": (_("Classes from"), "lead"),
        "period": (_("Period"), ""),
        "measure": (_("Distributed by"), ""),
        "shares": (_("Shares") + ", %", "num"),
    }


def cells_of_classes(run: AbcRun, period: Period) -> dict[str, RunCell]:
    shares = (display(share.normalize()) for share in (run.share_a, run.share_b, run.share_c))
    return {
        "on": RunCell(display(run.on)),
        "period": RunCell(show_period(period), report_url("abc-buyers", period=period.text())),
        "measure": RunCell(display(run.measure)),
        "shares": RunCell(" / ".join(shares)),
    }


def columns_of_stages() -> dict[str, Column]:
    return {
        "on": (_("Stages from"), "lead"),
        "period": (_("By the sales of"), ""),
        "measure": (_("Measure"), ""),
    }


def cells_of_stages(run: StageRun, period: Period) -> dict[str, RunCell]:
    return {
        "on": RunCell(display(run.on), report_url("xyz-buyers", on=run.on.isoformat())),
        "period": RunCell(show_period(period), note=f"{caption(run.periodicity).lower()} × {run.count}"),
        "measure": RunCell(display(run.measure)),
    }


FACTS: dict[ClassificationKind, tuple[Callable[[], dict[str, Column]], Callable[..., dict[str, RunCell]]]] = {
    ClassificationKind.ABC: (columns_of_classes, cells_of_classes),
    ClassificationKind.STAGES: (columns_of_stages, cells_of_stages),
}


def last_moves() -> str:
    """The month of the last run, whose moves there are to show."""
    run = runs.last_run(db.session(), STAGE_TRACK)
    return months_from(run.on, 1).text() if run else "this-month"


def made_at(moment: datetime) -> str:
    return str(display(moment.astimezone(clock.zone())))
