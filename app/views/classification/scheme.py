"""The scheme of stages: who is where today, and who went along which arrow in a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import NEW, Stage, StageMoves, Standing, XyzClass, change
from app.models.captions import standing_caption
from app.queries.classification.tracks import STAGE_TRACK
from app.services.classification.moves import ends_of, moves, stage_counts
from app.web.report_links import report_url
from reports.classification.xyz_buyers import NONE, key_of

POTENTIAL, ONE_TIME, REGULAR, LOST = (Standing(stage) for stage in Stage)  # REGULAR: of any class
X, Y, Z = (Standing(Stage.REGULAR, xyz) for xyz in XyzClass)
BOXES = {"none": NEW, "potential": POTENTIAL, "one_time": ONE_TIME, "regular": REGULAR, "lost": LOST} | {
    "x": X,
    "y": Y,
    "z": Z,
}
ARROWS = (
    ("none", "potential"),
    ("none", "one_time"),
    ("none", "regular"),
    ("potential", "one_time"),
    ("potential", "regular"),
    ("one_time", "regular"),
    ("regular", "lost"),
    ("lost", "regular"),
    *((a, b) for a in "xyz" for b in "xyz" if a != b),
)


@dataclass(frozen=True)
class SchemePart:
    """A box or an arrow: its words, how many, and the address of these clients."""

    caption: str
    count: int
    address: str
    change: int = 0


@dataclass(frozen=True)
class Scheme:
    """`arrows` are by the names of their boxes, joined by a dash; `others` are moves that have no arrow."""

    boxes: Mapping[str, SchemePart]
    arrows: Mapping[str, SchemePart]
    others: list[SchemePart]


def scheme(session: Session, period: Period, today: date) -> Scheme:
    """Of the clients that the reader sees; Refused when the period has not begun."""
    days = ends_of(period, today)
    moved, now = moves(session, STAGE_TRACK, days), stage_counts(session, today)

    def arrow(old: Standing, new: Standing, count: int) -> SchemePart:
        was = Stage.REGULAR.value if old == REGULAR else key_of(old)
        address = clients(new, on=days[1].isoformat(), was_on=days[0].isoformat(), was=was)
        return SchemePart(f"{stage_or_none(old)} → {stage_or_none(new)}", count, address, change(old, new))

    ends = {f"{a}-{b}": (BOXES[a], BOXES[b]) for a, b in ARROWS}
    drawn = {name: arrow(*pair, moved_between(moved, *pair)) for name, pair in ends.items()}
    rest = [
        arrow(old, new, count)
        for old, new, count in moved.changed()
        if not any(covers(a, old) and covers(b, new) for a, b in ends.values())
    ]
    boxes = {
        name: SchemePart(
            stage_or_none(one), sum(n for standing, n in now.items() if covers(one, standing)), clients(one)
        )
        for name, one in BOXES.items()
    }
    return Scheme(boxes, drawn, rest)


def covers(box: Standing, standing: Standing) -> bool:
    return box == standing or (box == REGULAR and standing.stage is Stage.REGULAR)


def moved_between(moved: StageMoves, old: Standing, new: Standing) -> int:
    return sum(n for (was, now), n in moved.counts.items() if covers(old, was) and covers(new, now))


def stage_or_none(standing: Standing) -> str:
    return standing_caption(standing) if standing.stage else _("No stage")


def clients(standing: Standing, **asked: Any) -> str:
    place = {"stage": standing.stage or NONE, "xyz": standing.xyz}
    return report_url("xyz-buyers", **place, **asked)
