"""ABC/XYZ: how many clients of each class buy how steadily; a cell leads to its clients."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select
from sqlalchemy.orm import Session

from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass
from app.models.captions import CAPTIONS, caption
from app.models.users import User
from app.queries.classification.history import standings
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK
from app.services.classification import runs
from reports.classification.xyz_buyers import NONE
from reports.kit.columns import Choice, Drill, Number
from reports.kit.params import DateParam, LookupParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

XYZ = {xyz.value.lower(): xyz for xyz in XyzClass}
STAGES = (Stage.ONE_TIME, Stage.POTENTIAL, Stage.LOST)


class AbcXyz(Report):
    """The matrix of classes on a day, of the buyers that the reader sees."""

    slug = "abc-xyz"
    title = _l("ABC/XYZ matrix of buyers")
    group = _l("Buyers")
    description = _l("How many clients of each ABC class buy how steadily; every number opens its clients.")
    params = (
        DateParam("on", _l("On the day"), default="today"),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        given = {"on": asked["on"].isoformat()}
        if asked["manager"]:
            given["manager"] = asked["manager"].username

        def cell(**texts: str) -> Drill:
            return Drill("xyz-buyers", given | texts, {"abc": "abc"})

        return Shape(
            columns=(
                Choice("abc", _l("ABC class"), width=14, caption=class_caption),
                *(
                    Number(name, CAPTIONS[XyzClass, xyz], drill=cell(stage=Stage.REGULAR.value, xyz=xyz.value))
                    for name, xyz in XYZ.items()
                ),
                *(Number(s.value, CAPTIONS[Stage, s], drill=cell(stage=s.value)) for s in STAGES),
                Number("no_stage", _l("No stage"), drill=cell(stage=NONE)),
                Number("buyers", _l("Buyers"), drill=cell()),
            ),
            order=("abc",),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        day = asked["on"]
        classes, stages = (
            standings(track, day, runs.run_on(session, track, day)).subquery(track.kind.value)
            for track in (ABC_TRACK, STAGE_TRACK)
        )
        each = select(classes.c.is_buyer, classes.c.abc, stages.c.stage, stages.c.xyz)
        each = each.join(stages, stages.c.id == classes.c.id)
        if asked["manager"]:
            each = each.where(classes.c.manager_id == asked["manager"].id)
        seen = each.subquery("seen")

        def count(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
            return func.count().filter(condition).label(name)

        abc = func.coalesce(cast(seen.c.abc, String), NONE)
        place = case((seen.c.abc.is_(None), 9), *((seen.c.abc == c, n) for n, c in enumerate(AbcClass)))
        counts = select(
            func.min(place).label("id"),
            abc.label("abc"),
            *(count(seen.c.xyz == xyz, name) for name, xyz in XYZ.items()),
            *(count(seen.c.stage == stage, stage.value) for stage in STAGES),
            count(seen.c.stage.is_(None), "no_stage"),
            func.count().label("buyers"),
        )
        return counts.where(or_(seen.c.is_buyer, seen.c.stage.is_not(None))).group_by(abc)


def class_caption(value: str) -> str:
    return str(_l("No class")) if value == NONE else caption(AbcClass(value))
