"""The draft of a classification: its table is corrected by hand, classified again, posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import clock
from app.domain.words import ClassificationKind, JobKind
from app.errors import Refused
from app.extensions import db
from app.formatting import show_period
from app.models.captions import place_caption
from app.models.classes import Hold
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.counterparties import Counterparty
from app.queries.classification.drafts import NOTHING, moves_of, table_of
from app.queries.classification.history import holds_on
from app.queries.classification.tracks import TRACKS
from app.services.classification import drafts
from app.services.classification.drafts import CHOICES, LEFT_OUT, FillDraft, PostDraft, RedistributeDraft
from app.services.journal import act_of
from app.views.classification.run_parameters import FORMS
from app.web.lists.state import natural
from app.web.report_links import address_with
from app.web.undo import flash_undoable
from app.web.work import Work, now_or_later, refuse

PAGE = 50
FILTERS = ("q", "verdict", "only")


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
        form = FORMS[ClassificationKind(kind)]
        try:
            draft = form.begin_draft(session, form.read(request.form), today=today, by=current_user)
        except Refused as problem:
            typed: dict[str, Any] = {name: text for name, text in request.form.items() if name != "csrf_token"}
            return refuse(problem, address_with(f"WhatIfView.{kind}", typed))
        return self.answer(JobKind.FILL_DRAFT, FillDraft(draft.id), url_for(".page", number=draft.id))

    @expose("/<int:number>")
    @has_access
    @permission_name("write")
    def page(self, number: int) -> str:
        self.update_redirect()
        return self.shown(self.draft(number))

    def shown(self, draft: ClassificationDraft, refused: Refused | None = None) -> str:
        """`refused`: the thresholds of the request, which are shown as they were typed."""
        asked = {name: request.args.get(name, "") for name in FILTERS}
        limits = FORMS[draft.kind].limit_texts(drafts.parameters_of(draft))
        at = natural(request.args.get("page")) or 0
        order = [*CHOICES[draft.kind], ""]
        query = table_of(draft, order, text=asked["q"].strip(), verdict=asked["verdict"], only=asked["only"])
        query = query.options(joinedload(DraftRow.counterparty, Counterparty.manager))
        rows = db.session.scalars(query.offset(at * PAGE).limit(PAGE + 1)).all()
        page: str = self.render_template(
            "crm/classification/draft.html",
            title=FORMS[draft.kind].draft,
            history=url_for(FORMS[draft.kind].history),
            draft=draft,
            is_abc=draft.kind == ClassificationKind.ABC,
            limits={**limits, **request.form} if refused else limits,
            refused=refused,
            columns=columns_of(draft),
            lines=lines_of(draft, rows[:PAGE]),
            groups=groups_of(draft),
            sorts=[("", _("All")), ("moved", _("Those who move")), ("chosen", _("Corrected by hand"))],
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
        """One row, as soon as it is chosen; returns the totals again."""
        buyer = natural(request.form.get("buyer")) or 0
        try:
            row = drafts.correct(db.session(), number, buyer, request.form.get("verdict", ""))
            db.session.commit()
        except Refused as problem:
            db.session.rollback()
            return jsonify(message=str(problem)), 409
        draft = self.draft(number)
        parts = totals(draft) | {"draft": draft, "show_period": show_period}
        html = render_template("crm/classification/draft_totals.html", **parts)
        return jsonify(totals=html, corrected=row.chosen is not None or row.left_out, way=way(draft, row))

    @expose("/<int:number>/redistribute", methods=["POST"])
    @has_access
    @permission_name("write")
    def redistribute(self, number: int) -> Response | tuple[str, int]:
        draft = self.draft(number)
        try:
            limits = FORMS[draft.kind].read_limits(request.form)
        except Refused as problem:
            return self.shown(draft, problem), 400
        here = url_for(".page", number=number)
        return self.answer(JobKind.REDISTRIBUTE_DRAFT, RedistributeDraft(number, draft.kind, limits), here)

    @expose("/<int:number>/post", methods=["POST"])
    @has_access
    @permission_name("write")
    def post(self, number: int) -> Response:
        draft, comment = self.draft(number), request.form.get("comment", "").strip()
        back = FORMS[draft.kind].report(drafts.parameters_of(draft).window, draft.on)
        return self.answer(JobKind.POST_DRAFT, PostDraft(number, comment), back)

    @expose("/<int:number>/drop", methods=["POST"])
    @has_access
    @permission_name("write")
    def drop(self, number: int) -> Response:
        draft = self.draft(number)
        drafts.drop(db.session(), draft)
        act = act_of(db.session())
        db.session.commit()
        flash_undoable(_("The draft is deleted."), act)
        return redirect(url_for(FORMS[draft.kind].history))

    def answer(self, kind: JobKind, asked: FillDraft | RedistributeDraft | PostDraft, back: str) -> Response:
        try:
            return now_or_later(Work(kind, asked, _("Draft of a classification")), back)
        except Refused as problem:
            return refuse(problem, url_for("ClassificationView.page"))

    def draft(self, number: int) -> ClassificationDraft:
        return db.session.get(ClassificationDraft, number) or abort(404)


@dataclass(frozen=True)
class DraftLine:
    """A buyer of the draft in words."""

    row: DraftRow
    old: str
    rule: str
    way: int
    hold: Hold | None
    choices: list[tuple[str, str]]
    choice: str


def lines_of(draft: ClassificationDraft, rows: Sequence[DraftRow]) -> list[DraftLine]:
    holds = holds_of(draft, [row.counterparty_id for row in rows])
    choices = [(text, text_caption(draft, text)) for text in CHOICES[draft.kind]]
    return [
        DraftLine(
            row,
            text_caption(draft, row.old),
            "=" if row.rule == row.old else text_caption(draft, row.rule),
            way(draft, row),
            holds.get(row.counterparty_id),
            [*([] if row.rule else [("", "—")]), *choices, (LEFT_OUT, _("do not classify"))],
            LEFT_OUT if row.left_out else row.verdict,
        )
        for row in rows
    ]


def columns_of(draft: ClassificationDraft) -> dict[str, tuple[str, str]]:
    """For the macro of tables: label and class."""
    figures = {"value": _("Value"), "purchases": _("Purchases"), "variation": _("Variation") + ", %"}
    return {
        "buyer": (_("Buyer"), "lead"),
        **{name: (figures[name], "num") for name in TRACKS[draft.kind].figures},
        "old": (_("Was"), ""),
        "rule": (_("By the rule"), ""),
        "choice": (choice_label(draft), ""),
        "way": (_("Change"), ""),
    }


def groups_of(draft: ClassificationDraft) -> list[tuple[str, str]]:
    groups = [("", _("Any")), *((text, text_caption(draft, text)) for text in CHOICES[draft.kind])]
    return [*groups, (NOTHING, _("No class"))] if draft.kind == ClassificationKind.ABC else groups


def choice_label(draft: ClassificationDraft) -> str:
    return _("Class") if draft.kind == ClassificationKind.ABC else _("Stage")


def totals(draft: ClassificationDraft) -> dict[str, Any]:
    """How many go where, up and down, and how many by hand; of the whole company."""
    rows = db.session.execute(moves_of(draft.id), execution_options={"unscoped": True}).all()
    counts: dict[str, int] = dict.fromkeys(CHOICES[draft.kind], 0)
    ways = {1: 0, 0: 0, -1: 0}
    for old, new, count, _chosen in rows:
        counts[new] = counts.get(new, 0) + count
        ways[change(draft, old, new)] += count
    return {
        "period": drafts.parameters_of(draft).window,
        "counts": [(text_caption(draft, text) if text else _("No class"), count) for text, count in counts.items()],
        "up": ways[1],
        "down": ways[-1],
        "chosen": sum(chosen for *_rest, chosen in rows),
        "buyers": sum(count for _old, _new, count, _chosen in rows),
    }


def change(draft: ClassificationDraft, old: str, new: str) -> int:
    moves = TRACKS[draft.kind].moves
    return moves.change(moves.from_text(old), moves.from_text(new))


def way(draft: ClassificationDraft, row: DraftRow) -> int:
    return 0 if row.left_out else change(draft, row.old, row.verdict)


def text_caption(draft: ClassificationDraft, text: str) -> str:
    return place_caption(TRACKS[draft.kind].moves.from_text(text))


def holds_of(draft: ClassificationDraft, ids: list[int]) -> dict[int, Hold]:
    """Who of these is held by hand on the day of the run: posting keeps him where he is held."""
    query = holds_on(TRACKS[draft.kind], draft.on).where(Hold.counterparty_id.in_(ids))
    return {hold.counterparty_id: hold for hold in db.session.scalars(query)}
