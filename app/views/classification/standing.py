"""Class and stage of one buyer: why, since when, held by hand; a part of his card, and a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from app.domain.periods import Period, months_from
from app.domain.stages import STANDINGS
from app.domain.words import AbcClass, ClassificationKind
from app.errors import Refused
from app.extensions import db
from app.formatting import show_period
from app.models.captions import place_caption
from app.models.classes import Hold
from app.models.counterparties import Counterparty
from app.models.sales import BuyerMonth
from app.queries.classification.rhythm import rhythms
from app.queries.classification.standing import months_of
from app.queries.classification.tracks import TRACKS
from app.services.classification import holds, why
from app.services.classification.rhythm import rhythm_in_words

CHOICES: dict[ClassificationKind, dict[str, Any]] = {
    ClassificationKind.ABC: {abc.value: abc for abc in AbcClass},
    ClassificationKind.STAGES: {standing.text: standing for standing in STANDINGS},
}
HOLD: dict[ClassificationKind, Callable[..., Hold]] = {
    ClassificationKind.ABC: holds.hold_class,
    ClassificationKind.STAGES: holds.hold_stage,
}


class StandingView(BaseView):
    """`/standing/<buyer>`: what he is, why, and the form that holds it."""

    route_base = "/standing"
    class_permission_name = "Classification"

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def page(self, pk: int) -> str:
        return self.page_of(buyer(pk), {})

    def page_of(self, one: Counterparty, refused: dict[str, str]) -> str:
        session, today = db.session(), clock.today()
        reasons = explained(session, one, today)
        first = min((source.period.first for _sentence, source, _address in reasons), default=today)
        last = max((source.period.last for _sentence, source, _address in reasons), default=today)
        page: str = self.render_template(
            "crm/classification/standing.html",
            title=_("Class and stage: %(name)s", name=one),
            item=one,
            history=why.history_of(session, one.id, today),
            rhythm=rhythm_in_words(session.execute(rhythms(today, one.id)).first(), today),
            reasons=reasons,
            show_period=show_period,
            months=[month_figures(month) for month in session.scalars(months_of(one.id, first, last))],
            month_columns=month_columns(),
            choices=[choices_of(kind, request.form) for kind in ClassificationKind],
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
            self.hold_by_form(one)
            db.session.commit()
        except Refused as problem:
            db.session.rollback()
            return self.page_of(buyer(pk), {problem.field or "reason": str(problem)})
        flash(_("Saved."), "success")
        return redirect(url_for(".page", pk=pk))

    def hold_by_form(self, one: Counterparty) -> None:
        text = request.form.get("kind", "")
        kind = ClassificationKind(text) if text in set(ClassificationKind) else ClassificationKind.ABC
        field = field_of(kind)
        chosen: Any = CHOICES[kind].get(request.form.get(field, ""))
        if chosen is None:
            raise Refused(_("Choose a class or a stage."), field=field)
        try:
            until = date.fromisoformat(request.form.get("until", ""))
        except ValueError:
            raise Refused(_("Choose the last day of holding."), field="until") from None
        reason = request.form.get("reason", "")[: Hold.__table__.c.reason.type.length]
        HOLD[kind](db.session(), one, chosen, until=until, reason=reason, by=current_user, today=clock.today())

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
    reasons = []
    for track in TRACKS.values():
        record = why.latest(session, track, one.id, today)
        if record:
            source = why.source_of(session, record)
            sentence = f"{why.reason_of(session, record)} {why.corrected(record)}".strip()
            reasons.append((sentence, source, documents_at(one, source.period)))
    return reasons


@dataclass(frozen=True)
class HoldChoice:
    """What may be held of one kind: the field of the form with its options, and whether it is the chosen kind."""

    kind: ClassificationKind
    label: str
    field: str
    options: list[tuple[str, str]]
    chosen: bool


def choices_of(kind: ClassificationKind, typed: Mapping[str, str]) -> HoldChoice:
    label = _("Class") if kind is ClassificationKind.ABC else _("Stage")
    options = [(text, place_caption(place)) for text, place in CHOICES[kind].items()]
    chosen = typed.get("kind", ClassificationKind.ABC) == kind
    return HoldChoice(kind, label, field_of(kind), options, chosen)


def field_of(kind: ClassificationKind) -> str:
    return TRACKS[kind].columns[0].name


def documents_at(one: Counterparty, period: Period) -> str:
    """The list of his shipments and returns of the period."""
    days = {"_flt_0_date": period.first.isoformat(), "_flt_1_date": period.last.isoformat()}
    return url_for("ShipmentView.list", _flt_0_counterparty=one.id, **days)  # type: ignore[arg-type]


def month_columns() -> dict[str, tuple[str, str]]:
    """For the macro of tables: label and class."""
    return {
        "month": (_("Month"), "lead"),
        "revenue": (_("Revenue"), "num"),
        "profit": (_("Gross profit"), "num"),
        "shipments": (_("Purchases"), "num"),
        "last_on": (_("Last purchase"), ""),
    }


def month_figures(month: BuyerMonth) -> dict[str, Any]:
    """In money, not in kopecks."""
    revenue, cost = (Decimal(kopecks).scaleb(-2) for kopecks in (month.revenue, month.cost))
    return {
        "month": show_period(months_from(month.month, 1)),
        "revenue": revenue,
        "profit": revenue - cost,
        "shipments": month.shipments,
        "last_on": month.last_on,
    }


def buyer(pk: int) -> Counterparty:
    """Of those whom the reader sees."""
    return db.session.scalars(select(Counterparty).where(Counterparty.id == pk)).first() or abort(404)
