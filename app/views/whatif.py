"""What if: the parameters of a run are moved, who would change is seen, nothing is stored until it is posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from app import clock
from app.domain import abc as abc_rule
from app.domain import stages as stage_rule
from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.stages import Parameters, Periodicity, Standing
from app.domain.words import JobKind
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption, standing_caption
from app.models.counterparties import Counterparty
from app.models.settings import Policy
from app.models.visibility import seen_by, viewer_of
from app.services import classification, stages
from app.services import classification_drafts as drafts
from app.views.reports import ChoiceControl
from app.views.run_parameters import default_shares, read_parameters, read_shares, texts_of
from app.web.asked import natural
from app.web.report_links import report_url
from app.web.work import ask_worker
from reports.kit.params import PeriodParam, show_period

SHOWN = 100
PERIOD = PeriodParam("period", _l("Period"))


class WhatIfView(BaseView):
    """`/what-if/abc` and `/what-if/stages`: the form of a run with its preview."""

    route_base = "/what-if"
    class_permission_name = "Classification"

    @expose("/abc", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def abc(self) -> str | Response:
        session, today = db.session(), clock.today()
        asked = request.values or default_shares()
        try:
            period = PERIOD.value(session, asked.get("period", "this-month"), today)
            shares = read_shares(asked)
            if request.method == "POST":
                return self.post_abc(period, shares)
            day = min(period.last, today)
            measure = session.scalars(select(Policy.abc_measure)).one()
            proposed = classification.proposed(session, period, measure, shares, day)
            moves = classification.moves_among(session, proposed)
            changed = [(old or "—", new or "—", count) for old, new, count in moves.changed()]
            preview = {"moves": moves, "changed": changed, "rows": movers(proposed, "old", "abc"), "day": day}
        except Refused as problem:
            session.rollback()
            preview = {"refusal": str(problem)}
        return self.shown("abc", _("What if: ABC classes"), asked, preview)

    def post_abc(self, period: Period, shares: Shares) -> Response:
        days = {"first": period.first.isoformat(), "last": period.last.isoformat()}
        back = report_url("abc-buyers", period=period.text())
        if classification.is_long(db.session()):
            texts = drafts.texts_of(shares)
            title = _("Classification of buyers")
            return ask_worker(JobKind.CLASSES, days | {"shares": texts, "title": title, "back": back})
        run = classification.classify_abc(db.session(), period, today=clock.today(), by=current_user, shares=shares)
        db.session.commit()
        flash(classification.told(run), "success")
        return redirect(back)

    @expose("/stages", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def stages(self) -> str | Response:
        session, today = db.session(), clock.today()
        asked = request.values or texts_of(stages.next_parameters(session, today))
        try:
            parameters = read_parameters(asked, today)
            if request.method == "POST":
                return self.post_stages(parameters)
            day = min(parameters.window.last, today)
            proposed = stages.proposed(session, parameters, day)
            moves = stages.moves_among(session, proposed)
            changed = [(standing_caption(old), standing_caption(new), count) for old, new, count in moves.changed()]
            rows = movers(proposed, "old_stage", "stage", "old_xyz", "xyz")
            preview = {"moves": moves, "changed": changed, "rows": rows, "day": day, "window": parameters.window}
        except Refused as problem:
            session.rollback()
            preview = {"refusal": str(problem)}
        return self.shown("stages", _("What if: stages and XYZ"), asked, preview)

    def post_stages(self, parameters: Parameters) -> Response:
        back = report_url("xyz-buyers")
        if classification.is_long(db.session()):
            title = _("Classification by stages")
            return ask_worker(JobKind.STAGES, stages.to_params(parameters) | {"title": title, "back": back})
        run = stages.classify_stages(db.session(), parameters, today=clock.today(), by=current_user)
        db.session.commit()
        flash(stages.told(run), "success")
        return redirect(back)

    def shown(self, kind: str, title: str, asked: Mapping[str, Any], preview: dict[str, Any]) -> str:
        self.update_redirect()
        page: str = self.render_template(
            f"crm/whatif_{kind}.html",
            title=title,
            kind=kind,
            asked=asked,
            period_control=ChoiceControl(PERIOD, dict(asked), None),
            periodicities=[(one.value, caption(one)) for one in Periodicity],
            show_period=show_period,
            page=page_number(),
            size=SHOWN,
            **preview,
        )
        return page


def movers(proposed: Select[Any], *names: str) -> list[dict[str, Any]]:
    """A page of those who would change and whom the reader sees, the greatest first; one more if there is."""
    rows = proposed.order_by(None).subquery("proposed")
    old, new = rows.c[names[0]], rows.c[names[1]]
    moved = old.is_distinct_from(new)
    if len(names) > 2:
        moved = moved | rows.c[names[2]].is_distinct_from(rows.c[names[3]])
    page = (
        select(*rows.c)
        .join(Counterparty, Counterparty.id == rows.c.counterparty_id)
        .where(moved, seen_by(viewer_of(db.session()), Counterparty))
        .order_by(rows.c.value.desc(), rows.c.counterparty_id)
        .offset(page_number() * SHOWN)
        .limit(SHOWN + 1)
    )
    found = db.session.execute(page, execution_options={"unscoped": True}).mappings().all()
    ids = [row["counterparty_id"] for row in found]
    buyers = {one.id: one for one in db.session.scalars(select(Counterparty).where(Counterparty.id.in_(ids)))}
    return [told(row, buyers[row["counterparty_id"]]) for row in found]


def page_number() -> int:
    return natural(request.args.get("page")) or 0


def told(row: Any, buyer: Counterparty) -> dict[str, Any]:
    if "abc" in row:
        change = abc_rule.change(row["old"], row["abc"])
        return {
            "buyer": buyer,
            "old": row["old"] or "—",
            "new": row["abc"] or "—",
            "value": row["value"],
            "way": change,
        }
    old, new = Standing(row["old_stage"], row["old_xyz"]), Standing(row["stage"], row["xyz"])
    return {
        "buyer": buyer,
        "old": standing_caption(old),
        "new": standing_caption(new),
        "value": row["value"],
        "purchases": row["purchases"],
        "variation": row["variation"],
        "way": stage_rule.change(old, new),
    }
