"""Переходы между классами: where buyers were before a period, and where they are at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Select, String, column, literal, select, values
from sqlalchemy.orm import Session

from app.domain.stages import NEW, Stage, Standing
from app.domain.words import AbcClass
from app.formatting import short_date
from app.models.captions import CAPTIONS
from app.models.classes import AbcRun
from app.models.users import User
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification.moves import ends_of, moves
from reports.classification.xyz_buyers import KNOWN, NONE, WAS, key_of
from reports.kit.chart import Stacked
from reports.kit.columns import Choice, Drill, Number
from reports.kit.params import ChoiceParam, Label, LookupParam, PeriodParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape


@dataclass(frozen=True)
class Moved(Number):
    """Nobody is an empty cell: most of the matrix is."""

    excel_format: ClassVar[str] = "#,##0;-#,##0;"

    def show(self, value: Any) -> str:
        return super().show(value or None)


FIGURES = ("buyers", "up", "down", "stayed")


@dataclass(frozen=True)
class MatrixPlace:
    """A class or a stage: a row of the matrix by `key`, a column by `name`; `asked` finds who is there in a report."""

    standing: Any
    name: str
    key: str
    label: Label
    head: Label  # of its column
    asked: Mapping[str, str]


@dataclass(frozen=True)
class Matrix:
    """What a kind of moves is made of; `clients` is the report that says who they are."""

    places: Sequence[MatrixPlace]
    track: AnyTrack
    clients: str


def _class(one: AbcClass | None) -> MatrixPlace:
    key, label = (one.value, CAPTIONS[AbcClass, one]) if one else (NONE, _l("No class"))
    return MatrixPlace(one, key.lower(), key, label, label, {"abc": key})


def _stage(one: Standing) -> MatrixPlace:
    key = key_of(one)
    head = one.xyz.value if one.xyz else WAS[key]
    asked = {"stage": one.stage or NONE, **({"xyz": one.xyz or NONE} if one.stage is Stage.REGULAR else {})}
    return MatrixPlace(one, (one.xyz or one.stage or NONE).lower(), key, WAS[key], head, asked)


MATRICES = {
    "abc": Matrix([_class(one) for one in (*AbcClass, None)], ABC_TRACK, "abc-buyers"),
    "stages": Matrix([_stage(one) for one in (*KNOWN, NEW)], STAGE_TRACK, "xyz-buyers"),
}
KINDS: dict[str, LazyString] = {"abc": _l("ABC classes"), "stages": _l("Stages and XYZ")}


class ClassMoves(Report):
    """How many went from where to where, of the buyers that the reader sees; each number leads to its clients."""

    slug = "class-moves"
    title = _l("Moves between classes")
    group = _l("Buyers")
    description = _l(
        "Who rose, fell or stayed over a period: from which class or stage to which; clients of every move."
    )
    params = (
        PeriodParam("period", _l("Period"), default="this-year", days=(AbcRun.on,)),
        ChoiceParam("kind", _l("Moves of"), default="abc", options=KINDS),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def ask(self, session: Session, args: Mapping[str, str], *, today: date) -> Choices:
        """The moves are counted here, once for however many exits and parts of a page."""
        asked = super().ask(session, args, today=today)
        days, matrix = ends_of(asked["period"], today), MATRICES[asked["kind"]]
        manager = asked["manager"]
        moved = moves(session, matrix.track, days, manager.id if manager else None)
        return replace(asked, values={**asked.values, "days": days, "matrix": matrix, "moves": moved})

    def shape(self, asked: Choices) -> Shape:
        places, labels = places_of(asked), {place.key: place.label for place in places_of(asked)}
        return Shape(
            columns=(
                Choice("was", _l("Where they were"), width=32, caption=lambda key: str(labels[key])),
                *(Moved(place.name, place.head, drill=clients(asked, place)) for place in places),
                Number("buyers", _l("Buyers")),
                Moved("up", _l("Up")),
                Moved("down", _l("Down")),
                Moved("stayed", _l("Stayed")),
            ),
            order=("id",),
            chart=Stacked(_l("Where they are now"), "was", parts=[place.name for place in places]),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        before, after = asked["days"]
        return [*super().note(asked), (_("Were on"), short_date(before)), (_("Are on"), short_date(after))]

    def query(self, session: Session, asked: Choices) -> Select:
        places = places_of(asked)
        names = [place.name for place in places] + [*FIGURES]
        rows = [(place, counted(asked, place, places)) for place in places]
        found = [(n, place.key, *figures) for n, (place, figures) in enumerate(rows) if any(figures)]
        columns: list[Any] = [column("id", Integer), column("was", String), *(column(name, Integer) for name in names)]
        table = values(*columns, name="moves").data(found or [(0, NONE, *(0 for _name in names))])
        return select(*table.c).where(literal(bool(found)))


def places_of(asked: Choices) -> list[MatrixPlace]:
    """The rows and the columns; regular clients without a class only where there are any: they are that rare."""
    odd = Standing(Stage.REGULAR)
    seen = any(odd in pair for pair in asked["moves"].counts)
    return [place for place in asked["matrix"].places if seen or place.standing != odd]


def counted(asked: Choices, was: MatrixPlace, places: Sequence[MatrixPlace]) -> list[int]:
    """How many of a row are where now, all of them, and how many rose, fell and stayed."""
    moves, change = asked["moves"].counts, asked["matrix"].track.moves.change
    went = [(place.standing, moves.get((was.standing, place.standing), 0)) for place in places]
    arrows = [sum(n for now, n in went if change(was.standing, now) == sign) for sign in (1, -1)]
    total = sum(n for _now, n in went)
    return [*(n for _now, n in went), total, *arrows, total - sum(arrows)]


def clients(asked: Choices, now: MatrixPlace) -> Drill:
    """Those of a row who are in this place now."""
    matrix, (before, after) = asked["matrix"], asked["days"]
    stages = {"on": after.isoformat(), "was_on": before.isoformat()}
    given = {"period": asked["period"].text()} if matrix.clients == "abc-buyers" else stages
    if asked["manager"]:
        given["manager"] = asked["manager"].username
    return Drill(matrix.clients, {**given, **now.asked}, {"was": "was"})
