"""The draft of a classification: its table is corrected by hand, classified anew, posted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import clock
from app.domain import abc as abc_rule
from app.domain import stages as stage_rule
from app.domain.stages import Standing
from app.domain.words import AbcClass, ClassificationKind, JobKind
from app.errors import Refused
from app.extensions import db
from app.models.captions import standing_caption
from app.models.classes import Hold
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.counterparties import Counterparty
from app.queries.classification_drafts import HELD, NOTHING, moves_of, table_of
from app.queries.history import holds_on
from app.services import classification
from app.services import classification_drafts as drafts
from app.services.classification_drafts import CHOICES, LEFT_OUT
from app.views.run_parameters import read_parameters, read_shares, read_thresholds, texts_of, texts_of_shares
from app.views.whatif import PERIOD
from app.web.asked import natural
from app.web.report_links import report_url
from app.web.work import ask_worker
from reports.abc_buyers import AbcBuyers
from reports.kit.params import show_period
from reports.xyz_buyers import XyzBuyers

PAGE = 50
ABC, STAGES = ClassificationKind
REPORTS = {ABC: AbcBuyers.slug, STAGES: XyzBuyers.slug}
FILTERS = ("q", "said", "only")


class ClassificationDraftView(BaseView):
    """`/drafts/<id>`: begun from "What if" with its parameters."""

    route_base = "/drafts"
    class_permission_name = "Classification"

    @expose("/<kind>", methods=["POST"])
    @has_access
    @permission_name("write")
    def begin(self, kind: str) -> Response:
        session, today = db.session(), clock.today()
        if kind not in set(ClassificationKind):
            abort(404)
        try:
            if kind == ABC:
                period = PERIOD.value(session, request.form.get("period", ""), today)
                shares = read_shares(request.form)
                made = drafts.draft_classes(session, period, shares, today=today, by=current_user)
            else:
                parameters = read_parameters(request.form, today)
                made = drafts.draft_stages(session, parameters, today=today, by=current_user)
        except Refused as problem:
            session.rollback()
            flash(str(problem), "danger")
            typed: dict[str, Any] = {name: text for name, text in request.form.items() if name != "csrf_token"}
            return redirect(url_for(f"WhatIfView.{kind}", **typed))
        here = url_for(".page", number=made.id)
        return self.done(made.id, "fill", lambda: drafts.fill(session, made), back=here)

    @expose("/<int:number>")
    @has_access
    @permission_name("write")
    def page(self, number: int) -> str:
        draft, asked = self.found(number), {name: request.args.get(name, "") for name in FILTERS}
        at = natural(request.args.get("page")) or 0
        order = [*CHOICES[draft.kind], ""]
        query = table_of(draft, order, text=asked["q"].strip(), said=asked["said"], only=asked["only"])
        query = query.options(joinedload(DraftRow.counterparty, Counterparty.manager))
        rows = db.session.scalars(query.offset(at * PAGE).limit(PAGE + 1)).all()
        self.update_redirect()
        page: str = self.render_template(
            "crm/classification_draft.html",
            title=_("ABC classes: draft") if draft.kind == ABC else _("Stages and XYZ: draft"),
            draft=draft,
            limits=limits_of(draft),
            rows=[(row, way(draft, row)) for row in rows[:PAGE]],
            held=held(draft, [row.counterparty_id for row in rows]),
            captioned=captioned,
            left_out=LEFT_OUT,
            nothing=NOTHING,
            filters=asked,
            at=at,
            more=len(rows) > PAGE,
            show_period=show_period,
            **totals(draft),
        )
        return page

    @expose("/<int:number>/correct", methods=["POST"])
    @has_access
    @permission_name("write")
    def correct(self, number: int) -> Response | tuple[Response, int]:
        """One row, as soon as it is chosen; gives the totals anew."""
        buyer = natural(request.form.get("buyer")) or 0
        try:
            row = drafts.correct(db.session(), number, buyer, request.form.get("said", ""))
            db.session.commit()
        except Refused as problem:
            db.session.rollback()
            return jsonify(message=str(problem)), 409
        draft = self.found(number)
        told = totals(draft)
        html = render_template("crm/classification_draft_totals.html", draft=draft, show_period=show_period, **told)
        return jsonify(totals=html, corrected=row.chosen is not None or row.left_out, way=way(draft, row))

    @expose("/<int:number>/redistribute", methods=["POST"])
    @has_access
    @permission_name("write")
    def redistribute(self, number: int) -> Response:
        draft, here = self.found(number), url_for(".page", number=number)
        try:
            by = read_shares(request.form) if draft.kind == ABC else read_thresholds(request.form)
        except Refused as problem:
            flash(str(problem), "danger")
            return redirect(here)
        more = {"by": drafts.texts_of(by)}
        return self.done(number, "redistribute", lambda: drafts.redistribute(db.session(), number, by), here, more)

    @expose("/<int:number>/post", methods=["POST"])
    @has_access
    @permission_name("write")
    def post(self, number: int) -> Response:
        draft, comment = self.found(number), request.form.get("comment", "").strip()
        back = report_url(REPORTS[draft.kind], **report_args(draft))

        def posted() -> str:
            return drafts.told(drafts.post(db.session(), number, by=current_user, comment=comment))

        return self.done(number, "post", posted, back, {"comment": comment})

    @expose("/<int:number>/drop", methods=["POST"])
    @has_access
    @permission_name("write")
    def drop(self, number: int) -> Response:
        draft = self.found(number)
        drafts.drop(db.session(), draft)
        db.session.commit()
        flash(_("The draft is deleted."), "success")
        return redirect(url_for("ClassificationView.page" if draft.kind == ABC else "ClassificationView.stages"))

    def done(
        self, number: int, verb: str, do: Callable[[], Any], back: str, more: dict[str, Any] | None = None
    ) -> Response:
        """Do it now, or by a worker where there are many buyers; either way the reader ends up at `back`."""
        if classification.is_long(db.session()):
            title = _("Draft of a classification")
            params = {"draft": number, "verb": verb, "title": title, "back": back, **(more or {})}
            return ask_worker(JobKind.DRAFT, params)
        try:
            said = do()
            db.session.commit()
        except Refused as problem:
            db.session.rollback()
            flash(str(problem), "danger")
            return redirect(url_for("ClassificationView.page"))
        if isinstance(said, str):
            flash(said, "success")
        return redirect(back)

    def found(self, number: int) -> ClassificationDraft:
        return db.session.get(ClassificationDraft, number) or abort(404)


def limits_of(draft: ClassificationDraft) -> dict[str, str]:
    if draft.kind == STAGES:
        return texts_of(drafts.parameters_of(draft))
    return texts_of_shares(drafts.shares_of(draft))


def report_args(draft: ClassificationDraft) -> dict[str, Any]:
    if draft.kind == ABC:
        return {"period": drafts.period_of(draft).text()}
    return {"on": draft.on.isoformat()}


def totals(draft: ClassificationDraft) -> dict[str, Any]:
    """How many go where, up and down, and how many by hand; of the whole company."""
    rows = db.session.execute(moves_of(draft.id), execution_options={"unscoped": True}).tuples().all()
    counts: dict[str, int] = dict.fromkeys(CHOICES[draft.kind], 0)
    ways = {1: 0, 0: 0, -1: 0}
    for old, said, count, _chosen in rows:
        counts[said] = counts.get(said, 0) + count
        ways[change(draft.kind, old, said)] += count
    return {
        "period": drafts.period_of(draft),
        "counts": [(said, captioned(said), count) for said, count in counts.items()],
        "up": ways[1],
        "down": ways[-1],
        "chosen": sum(chosen for *_rest, chosen in rows),
        "buyers": sum(count for _old, _said, count, _chosen in rows),
    }


def change(kind: ClassificationKind, old: str, new: str) -> int:
    if kind == STAGES:
        return stage_rule.change(Standing.from_text(old), Standing.from_text(new))
    return abc_rule.change(AbcClass(old) if old else None, AbcClass(new) if new else None)


def way(draft: ClassificationDraft, row: DraftRow) -> int:
    return 0 if row.left_out else change(draft.kind, row.old, row.said)


def captioned(said: str) -> str:
    return said or "—" if said in {"", *AbcClass} else standing_caption(Standing.from_text(said))


def held(draft: ClassificationDraft, ids: list[int]) -> dict[int, Hold]:
    """Who of these is held by hand on the day of the run: posting keeps him where he is held."""
    query = holds_on(draft.on, HELD[draft.kind]).where(Hold.counterparty_id.in_(ids))
    return {hold.counterparty_id: hold for hold in db.session.scalars(query)}
