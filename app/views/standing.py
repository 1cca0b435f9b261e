"""Class and stage of one buyer: why, since when, held by hand; a part of his card, and a page of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.domain.periods import Period
from app.domain.stages import STANDINGS, Standing
from app.domain.words import AbcClass
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption, standing_caption
from app.models.classes import AbcRecord, Hold, StageRecord
from app.models.counterparties import Counterparty
from app.models.sales import BuyerMonth
from app.queries.rhythm import rhythms
from app.queries.standing import ABC, STAGE, months_of
from app.services import holds, why
from app.services.rhythm import told_of
from reports.kit.params import show_period

CHOICES: dict[str, dict[str, Any]] = {
    ABC: {c.value: c for c in AbcClass},
    STAGE: {standing.text: standing for standing in STANDINGS},
}


class StandingView(BaseView):
    """`/standing/<buyer>`: what he is, why, and the form that holds it."""

    route_base = "/standing"
    class_permission_name = "Classification"

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def page(self, pk: int) -> str:
        return self.shown(buyer(pk), {})

    def shown(self, one: Counterparty, refused: dict[str, str]) -> str:
        session, today = db.session(), clock.today()
        told = explained(session, one, today)
        first = min((source.period.first for _sentence, source, _address in told), default=today)
        last = max((source.period.last for _sentence, source, _address in told), default=today)
        page: str = self.render_template(
            "crm/standing.html",
            title=_("Class and stage: %(name)s", name=one),
            item=one,
            known=why.known(session, one.id, today),
            rhythm=told_of(session.execute(rhythms(today, one.id)).first(), today),
            told=told,
            show_period=show_period,
            months=[shown_month(month) for month in session.scalars(months_of(one.id, first, last))],
            choices={kind: [(text, captioned(value)) for text, value in few.items()] for kind, few in CHOICES.items()},
            until=today.replace(month=12, day=31),
            today=today,
            may_hold=self.appbuilder.sm.has_access("can_write", self.class_permission_name),
            typed=request.form,
            refused=refused,
        )
        return page

    @expose("/<int:pk>/hold", methods=["POST"])
    @has_access
    @permission_name("write")
    def hold(self, pk: int) -> str | Response:
        one = buyer(pk)
        try:
            self.held(one)
            db.session.commit()
        except Refused as problem:
            db.session.rollback()
            return self.shown(buyer(pk), {problem.field or "reason": str(problem)})
        flash(_("Saved."), "success")
        return redirect(url_for(".page", pk=pk))

    def held(self, one: Counterparty) -> None:
        kind = STAGE if request.form.get("kind") == STAGE else ABC
        chosen: Any = CHOICES[kind].get(request.form.get(kind, ""))
        if chosen is None:
            raise Refused(_("Choose a class or a stage."), field=kind)
        try:
            until = date.fromisoformat(request.form.get("until", ""))
        except ValueError:
            raise Refused(_("Choose the last day of holding."), field="until") from None
        hold = holds.hold_class if kind == ABC else holds.hold_stage
        reason = request.form.get("reason", "")[: Hold.__table__.c.reason.type.length]
        hold(db.session(), one, chosen, until=until, reason=reason, by=current_user, today=clock.today())

    @expose("/<int:pk>/release/<int:hold_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def release(self, pk: int, hold_id: int) -> Response:
        hold = db.session.scalars(select(Hold).where(Hold.id == hold_id, Hold.counterparty_id == pk)).first()
        if hold is None:
            abort(404)
        try:
            holds.release(db.session(), hold, today=clock.today())
            db.session.commit()
            flash(_("What the runs say counts again."), "success")
        except Refused as problem:
            db.session.rollback()
            flash(str(problem), "danger")
        return redirect(url_for(".page", pk=pk))


def explained(session: Session, one: Counterparty, today: date) -> list[tuple[str, why.Source, str]]:
    """Why he has his class and his stage: the sentence, its documents, and the address of their list."""
    abc, stage = (why.latest(session, model, one.id, today) for model in (AbcRecord, StageRecord))
    told = []
    for record, sentence in ((abc, abc and why.of_class(session, abc)), (stage, stage and why.of_stage(stage))):
        if record:
            source = why.source_of(session, record)
            told.append((f"{sentence} {why.corrected(record)}".strip(), source, documents_at(one, source.period)))
    return told


def documents_at(one: Counterparty, period: Period) -> str:
    """The list of his shipments and returns of the period."""
    days = {"_flt_0_date": period.first.isoformat(), "_flt_1_date": period.last.isoformat()}
    return url_for("ShipmentView.list", _flt_0_counterparty=one.id, **days)  # type: ignore[arg-type]


def captioned(value: Any) -> str:
    return standing_caption(value) if isinstance(value, Standing) else caption(value)


def shown_month(month: BuyerMonth) -> dict[str, Any]:
    """In money, not in kopecks."""
    revenue, cost = (Decimal(kopecks).scaleb(-2) for kopecks in (month.revenue, month.cost))
    return {
        "month": f"{month.month:%m.%Y}",
        "revenue": revenue,
        "profit": revenue - cost,
        "shipments": month.shipments,
        "last_on": month.last_on,
    }


def buyer(pk: int) -> Counterparty:
    """Of those whom the reader sees."""
    return db.session.scalars(select(Counterparty).where(Counterparty.id == pk)).first() or abort(404)
