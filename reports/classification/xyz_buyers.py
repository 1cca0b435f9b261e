"""XYZ-анализ покупателей: stages and classes as assigned, with what they were computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Select, case, cast, func, or_, select, true
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import Stage, StageMeasure, Standing, XyzClass
from app.domain.words import AbcClass
from app.errors import Refused
from app.formatting import short_date, show_period
from app.models.captions import CAPTIONS, caption, standing_caption
from app.models.classes import StageRun
from app.models.counterparties import Counterparty
from app.models.users import User
from app.queries.classification.classes import abc_on
from app.queries.classification.history import in_force
from app.queries.classification.rhythm import last_purchase
from app.queries.classification.stages import record_on, stage_on, xyz_on
from app.queries.classification.tracks import STAGE_TRACK, rank_of_stage
from app.queries.sql import user_name
from app.services.classification import runs
from reports.kit.columns import MANAGER_NOW, Arrow, Choice, Date, Money, Number, Percent, Text, UserName
from reports.kit.params import AnyDateParam, ChoiceParam, DateParam, Label, LookupParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

NONE = "none"
MONEY = (StageMeasure.REVENUE, StageMeasure.PROFIT)
STAGES = {"": _l("Any"), **{s.value: CAPTIONS[Stage, s] for s in Stage}, NONE: _l("No stage")}
CLASSES = {"": _l("Any"), **{x.value: CAPTIONS[XyzClass, x] for x in XyzClass}, NONE: _l("No class")}
KNOWN = (
    *(Standing(stage) for stage in (Stage.POTENTIAL, Stage.ONE_TIME)),
    *(Standing(Stage.REGULAR, xyz) for xyz in (*XyzClass, None)),
    Standing(Stage.LOST),
)
ABC = {"": _l("Any"), **{c.value: CAPTIONS[AbcClass, c] for c in AbcClass}, NONE: _l("No class")}


def key_of(standing: Standing) -> str:
    """The textual form of a standing; "regular" alone is every regular client, whatever his class."""
    without_class = standing == Standing(Stage.REGULAR)
    return f"{standing.text} {NONE}" if without_class else standing.text or NONE


WAS: dict[str, Label] = {
    "": _l("Any"),
    Stage.REGULAR.value: CAPTIONS[Stage, Stage.REGULAR],
    **{key_of(one): LazyString(standing_caption, one) for one in KNOWN},
    key_of(Standing(Stage.REGULAR)): _l("Regular client without a class"),
    NONE: _l("No stage"),
}


class XyzBuyers(Report):
    """Every buyer, and whoever has a stage, as it is on the day; the report never computes one."""

    slug = "xyz-buyers"
    title = _l("XYZ analysis of buyers")
    group = _l("Buyers")
    description = _l("Potential, one-time, regular and lost clients; how stable their purchases are.")
    params = (
        DateParam("on", _l("On the day"), default="today"),
        ChoiceParam("stage", _l("Stage"), options=STAGES),
        ChoiceParam("xyz", _l("XYZ class"), options=CLASSES),
        ChoiceParam("abc", _l("ABC class"), options=ABC),
        AnyDateParam("was_on", _l("Compare with the day")),
        ChoiceParam("was", _l("Stage on that day"), options=WAS),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def ask(self, session: Session, args: Mapping[str, str], *, today: date) -> Choices:
        asked = super().ask(session, args, today=today)
        if asked["was"] and not asked["was_on"]:
            raise Refused(_("Choose the day on which the client was in this stage."), field="was_on")
        return replace(asked, values={**asked.values, "run": runs.run_on(session, STAGE_TRACK, asked["on"])})

    def shape(self, asked: Choices) -> Shape:
        run: StageRun | None = asked["run"]
        money = run is None or run.measure in MONEY
        return Shape(
            columns=(
                Text("code", _l("Code"), width=14),
                Text("buyer", _l("Buyer"), width=42, link=("Counterparty", "id")),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW),
                Choice("stage", _l("Stage"), width=20, words=Stage),
                Choice("xyz", _l("XYZ class"), width=9, listed=[*XyzClass]),
                Arrow("change", _l("Change")),
                Choice("old_stage", _l("Old stage"), width=20, words=Stage, aside=True),
                Number("purchases", _l("Purchases"), width=10),
                Money("value", _l("Value"), total=True) if money else Number("value", _l("Value")),
                Percent("variation", _l("Variation, %"), total=False),
                Choice("abc", _l("ABC class"), width=9, listed=[*AbcClass]),
                Date("last_on", _l("Last purchase")),
                Date("held_until", _l("Held until"), aside=True),
            ),
            order=("place", "-value"),
            groups=("stage", "xyz", "abc", "manager"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        run: StageRun | None = asked["run"]
        if run is None:
            return super().note(asked)
        window = Period(run.start, run.end)
        return [
            *super().note(asked),
            (_("Classified on"), short_date(run.on)),
            (_("By the sales of"), f"{show_period(window)} ({caption(run.periodicity).lower()} × {run.count})"),
            (_("Measure"), caption(run.measure)),
        ]

    def query(self, session: Session, asked: Choices) -> Select:
        seen = buyers(asked["on"], asked["was_on"]).subquery("seen")
        stage, _space, xyz = (asked["was"] or "").partition(" ")
        wanted = {name: asked[name] for name in ("stage", "xyz", "abc")} | {"old_stage": stage, "old_xyz": xyz}
        query = select(seen)
        for name, value in wanted.items():
            if value:
                column = seen.c[name]
                query = query.where(column.is_(None) if value == NONE else column == value)
        if asked["manager"]:
            query = query.where(seen.c.manager_id == asked["manager"].id)
        return query


def buyers(day: date, was_on: date | None) -> Select[Any]:
    """Everybody the reader sees with his stage on the day and what it was computed from.

    The old stage is that of the other day, or without one that before the latest record.
    """
    record = record_on(day)
    stage, xyz = (in_force(record, column, day) for column in STAGE_TRACK.columns)
    old_stage, old_xyz = record.old_stage, record.old_xyz
    if was_on:
        old_stage, old_xyz = stage_on(was_on, Counterparty.id), xyz_on(was_on, Counterparty.id)
    moved = cast(func.sign(rank_of_stage(stage, xyz) - rank_of_stage(old_stage, old_xyz)), Integer)
    return (
        select(
            Counterparty.id,
            Counterparty.code,
            Counterparty.name.label("buyer"),
            Counterparty.manager_id,
            user_name(User).label("manager"),
            stage.label("stage"),
            xyz.label("xyz"),
            case((record.id.is_(None), None), else_=moved).label("change"),
            old_stage.label("old_stage"),
            old_xyz.label("old_xyz"),
            record.purchases,
            record.value,
            record.variation,
            case((record.held_until >= day, record.held_until)).label("held_until"),
            abc_on(day, Counterparty.id).label("abc"),
            last_purchase(day, Counterparty.id).label("last_on"),
            case((stage == Stage.LOST, 9), else_=6 - func.nullif(rank_of_stage(stage, xyz), -1)).label("place"),
        )
        .select_from(Counterparty)
        .outerjoin(record, true())
        .outerjoin(User, User.id == Counterparty.manager_id)
        .where(or_(Counterparty.is_buyer, record.id.is_not(None)))
    )
