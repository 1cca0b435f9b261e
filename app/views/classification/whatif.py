"""What if: the parameters of a run are moved, who would change is seen, nothing is stored until it is posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import Select, or_, select
from werkzeug.wrappers import Response

from app import clock
from app.domain.stages import Periodicity
from app.errors import Refused
from app.extensions import db
from app.formatting import show_period
from app.models.captions import caption, place_caption
from app.models.counterparties import Counterparty
from app.models.visibility import seen_by, viewer_of
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification import runs
from app.views.classification.run_parameters import FORMS, PERIOD
from app.views.reports import ChoiceControl
from app.web.lists.state import natural
from app.web.work import now_or_later

PAGE = 100


class WhatIfView(BaseView):
    """`/what-if/abc` and `/what-if/stages`: the form of a run with its preview."""

    route_base = "/what-if"
    class_permission_name = "Classification"

    @expose("/abc", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def abc(self) -> str | Response:
        return self.answer(ABC_TRACK)

    @expose("/stages", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def stages(self) -> str | Response:
        return self.answer(STAGE_TRACK)

    def answer(self, track: AnyTrack) -> str | Response:
        form = FORMS[track.kind]
        begun = form.begin()
        typed = {**begun, **request.values}
        preview, refused = {}, None
        try:
            asked = form.read(typed)
            if request.method == "POST":
                return now_or_later(form.work(asked), form.report(asked.window, None))
            preview = preview_of(track, form.parameters(asked))
        except Refused as problem:
            db.session.rollback()
            refused = problem
        self.update_redirect()
        page: str = self.render_template(
            f"crm/classification/whatif_{track.kind}.html",
            title=form.what_if,
            history=url_for(form.history),
            kind=track.kind.value,
            asked=typed,
            again={name: typed[name] for name in begun},
            period_control=ChoiceControl(PERIOD, dict(typed), refused),
            periodicities=[(one.value, caption(one)) for one in Periodicity],
            show_period=show_period,
            page=page_number(),
            size=PAGE,
            columns=columns_of(track),
            refused=refused,
            **preview,
        )
        return page


def preview_of(track: AnyTrack, parameters: Any) -> dict[str, Any]:
    """How many would go from where to where, and a page of those who would."""
    session, window, today, form = db.session(), parameters.window, clock.today(), FORMS[track.kind]
    form.check_begun(parameters, today)
    day = min(window.last, today)
    proposed = form.proposed(session, parameters, day)
    moves = runs.moves_among(session, track, proposed)
    changed = [(place_caption(old), place_caption(new), count) for old, new, count in moves.changed()]
    return {
        "moves": moves,
        "changed": changed,
        "moved": sum(count for *_places, count in changed),
        "rows": movers(track, proposed),
        "day": day,
        "window": window,
    }


def movers(track: AnyTrack, proposed: Select[Any]) -> list[dict[str, Any]]:
    """A page of those who would change and whom the reader sees, the greatest first; one more if there is."""
    rows = proposed.order_by(None).subquery("proposed")
    moved = (rows.c[column.old].is_distinct_from(rows.c[column.name]) for column in track.columns)
    page = (
        select(*rows.c)
        .join(Counterparty, Counterparty.id == rows.c.counterparty_id)
        .where(or_(*moved), seen_by(viewer_of(db.session()), Counterparty))
        .order_by(rows.c.value.desc(), rows.c.counterparty_id)
        .offset(page_number() * PAGE)
        .limit(PAGE + 1)
    )
    changes = db.session.execute(page, execution_options={"unscoped": True}).mappings().all()
    ids = [row["counterparty_id"] for row in changes]
    buyers = {one.id: one for one in db.session.scalars(select(Counterparty).where(Counterparty.id.in_(ids)))}
    return [mover(track, row, buyers[row["counterparty_id"]]) for row in changes]


def columns_of(track: AnyTrack) -> dict[str, tuple[str, str]]:
    """For the macro of tables: label and class."""
    figures = {"value": _("Value"), "purchases": _("Purchases"), "variation": _("Variation") + ", %"}
    return {
        "buyer": (_("Buyer"), "lead"),
        "old": (_("Was"), ""),
        "new": (_("Would be"), ""),
        "way": (_("Change"), ""),
        **{name: (figures[name], "num") for name in track.figures},
    }


def page_number() -> int:
    return natural(request.args.get("page")) or 0


def mover(track: AnyTrack, row: Mapping[str, Any], buyer: Counterparty) -> dict[str, Any]:
    old, new = (
        track.moves.place(*(row[getattr(column, side)] for column in track.columns)) for side in ("old", "name")
    )
    return {
        "buyer": buyer,
        "old": place_caption(old),
        "new": place_caption(new),
        "way": track.moves.change(old, new),
        **{name: row[name] for name in track.figures},
    }
