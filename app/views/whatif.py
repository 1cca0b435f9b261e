"""What if: the parameters of a run are moved, who would change is seen, nothing is stored until it is posted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from app import clock
from app.domain import abc as abc_rule
from app.domain import stages as stage_rule
from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.stages import BadThresholds, Parameters, Periodicity, Standing, Thresholds
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption, standing_caption
from app.models.classes import AbcRun
from app.models.counterparties import Counterparty
from app.models.settings import Policy
from app.services import classification, stages
from app.views.work import ask_worker
from reports.kit.params import DateParam, PeriodParam, show_period

SHOWN = 200
NUMBERS = ("count", "one_time_from", "one_time_to", "x_to", "y_to", "z_to")


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
            period = PeriodParam("period", "").value(session, asked.get("period", "this-month"), today)
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
        return self.shown("crm/whatif_abc.html", _("What if: ABC classes"), asked, preview)

    def post_abc(self, period: Period, shares: Shares) -> Response:
        days = {"first": period.first.isoformat(), "last": period.last.isoformat()}
        back = url_for("AbcBuyersReportView.page", period=period.text())
        if classification.is_long(db.session()):
            texts = [str(share) for share in (shares.a, shares.b, shares.c)]
            title = _("Classification of buyers")
            return ask_worker(classification.KIND, days | {"shares": texts, "title": title, "back": back})
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
        return self.shown("crm/whatif_stages.html", _("What if: stages and XYZ"), asked, preview)

    def post_stages(self, parameters: Parameters) -> Response:
        back = url_for("XyzBuyersReportView.page")
        if classification.is_long(db.session()):
            title = _("Classification by stages")
            return ask_worker(stages.KIND, stages.to_params(parameters) | {"title": title, "back": back})
        run = stages.classify_stages(db.session(), parameters, today=clock.today(), by=current_user)
        db.session.commit()
        flash(stages.told(run), "success")
        return redirect(back)

    def shown(self, template: str, title: str, asked: Mapping[str, Any], preview: dict[str, Any]) -> str:
        self.update_redirect()
        page: str = self.render_template(
            template,
            title=title,
            asked=asked,
            periodicities=[(one.value, caption(one)) for one in Periodicity],
            show_period=show_period,
            shown_rows=SHOWN,
            **preview,
        )
        return page


def movers(proposed: Select[Any], *names: str) -> list[dict[str, Any]]:
    """The first of those who would change, of the buyers that the reader sees, the greatest first."""
    rows = proposed.order_by(None).subquery("proposed")
    old, new = rows.c[names[0]], rows.c[names[1]]
    moved = old.is_distinct_from(new)
    if len(names) > 2:
        moved = moved | rows.c[names[2]].is_distinct_from(rows.c[names[3]])
    whole = select(rows).where(moved).order_by(rows.c.value.desc(), rows.c.counterparty_id)
    found = db.session.execute(whole, execution_options={"unscoped": True}).mappings().fetchmany(SHOWN * 5)
    ids = [row["counterparty_id"] for row in found]
    buyers = {one.id: one for one in db.session.scalars(select(Counterparty).where(Counterparty.id.in_(ids)))}
    return [told(row, buyers[row["counterparty_id"]]) for row in found if row["counterparty_id"] in buyers][:SHOWN]


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


def default_shares() -> dict[str, str]:
    """Those of the last run; of the policy before the first one."""
    session = db.session()
    last = session.scalars(select(AbcRun).order_by(AbcRun.on.desc(), AbcRun.id.desc()).limit(1)).first()
    known = last or session.scalars(select(Policy)).one()
    period = classification.next_abc_period(session, clock.today()).text()
    return {"period": period} | {f"share_{k}": f"{getattr(known, f'share_{k}').normalize():f}" for k in "abc"}


def read_shares(asked: Mapping[str, Any]) -> Shares:
    try:
        return Shares(*(decimal(asked, f"share_{letter}") for letter in "abc"))
    except ValueError:
        raise Refused(_("The shares of A, B and C are exactly 100 % together."), field="share_c") from None


def texts_of(parameters: Parameters) -> dict[str, str]:
    params = stages.to_params(parameters)
    return {name: f"{Decimal(str(v)).normalize():f}" if name in NUMBERS else str(v) for name, v in params.items()}


def read_parameters(asked: Mapping[str, Any], today: date) -> Parameters:
    end = DateParam("end", "").value(db.session(), asked.get("end", "today"), today)
    numbers = {name: decimal(asked, name) for name in NUMBERS}
    try:
        periodicity = Periodicity(asked.get("periodicity", ""))
        limits = Thresholds(
            int(numbers["one_time_from"]), int(numbers["one_time_to"]), *(numbers[n] for n in ("x_to", "y_to", "z_to"))
        )
        measure = db.session.scalars(select(Policy.stage_measure)).one()
        return Parameters(end, periodicity, int(numbers["count"]), measure, limits)
    except BadThresholds:
        raise Refused(
            _("One-time: 1 ≤ from ≤ to. Boundaries of X, Y and Z grow from above 0. At most 120 periods.")
        ) from None
    except ValueError:
        raise Refused(_("Choose a periodicity."), field="periodicity") from None


def decimal(asked: Mapping[str, Any], name: str) -> Decimal:
    try:
        number = Decimal(str(asked.get(name, "")).replace(",", ".").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and 0 <= number <= 1_000_000 and number == round(number, 2)):
        raise Refused(_("“%(text)s” is not a number.", text=asked.get(name, "")), field=name)
    return number
