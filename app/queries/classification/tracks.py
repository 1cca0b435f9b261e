"""The two classifications of buyers as data: what both do is written once, over a track."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, case

from app.domain.abc import AbcMoves
from app.domain.moves import Moves
from app.domain.stages import Stage, StageMoves, XyzClass
from app.domain.words import AbcClass, ClassificationKind
from app.models.classes import AbcRecord, AbcRun, Hold, StageRecord, StageRun

R = TypeVar("R", AbcRun, StageRun)
M = TypeVar("M", bound=Moves[Any])


@dataclass(frozen=True)
class TrackColumn:
    """One thing that a record says of a buyer; its three columns. A hold has a column of the same `name`."""

    name: str  # what counts
    computed: str  # what the run says, where something else is held
    old: str  # what counted on the day before

    @property
    def type(self) -> Any:
        return getattr(Hold, self.name).type


@dataclass(frozen=True)
class Track(Generic[R, M]):
    """One classification: its tables, the columns that say what a buyer is, and how they compare."""

    kind: ClassificationKind
    run: type[R]
    record: Any
    columns: tuple[TrackColumn, ...]
    groups: Sequence[AbcClass | Stage | None]  # what the first column may say: runs are told by how many are in each
    figures: tuple[str, ...]  # of a record: what it was computed from
    parameters: tuple[str, ...]  # of a run: those that make it another one
    moves: type[M]
    rank: Callable[..., ColumnElement[int]]  # of the columns: the better, the greater
    lock: int  # of all advisory locks of the base this one says that such a classification is under way

    @property
    def hold(self) -> Any:
        """The column of Hold that is filled in those of this track."""
        return getattr(Hold, self.columns[0].name)

    @property
    def move(self) -> tuple[str, ...]:
        """The columns of a record that say where a buyer came from, then where he is."""
        return (*(column.old for column in self.columns), *(column.name for column in self.columns))


def rank_of_class(abc: Any) -> ColumnElement[int]:
    """The better the class, the greater; 0 without a class."""
    return case(*((abc == one, rank) for rank, one in enumerate(reversed(AbcClass), 1)), else_=0)


def rank_of_stage(stage: Any, xyz: Any) -> ColumnElement[int]:
    """Standing.rank of the domain: lost < potential < one-time < Z < Y < X; -1 without a stage."""
    return case(
        (stage == Stage.LOST, 0),
        (stage == Stage.POTENTIAL, 1),
        (stage == Stage.ONE_TIME, 2),
        (and_(stage == Stage.REGULAR, xyz == XyzClass.X), 5),
        (and_(stage == Stage.REGULAR, xyz == XyzClass.Y), 4),
        (stage == Stage.REGULAR, 3),
        else_=-1,
    )


ABC = TrackColumn("abc", "computed", "old")
STAGE = TrackColumn("stage", "computed_stage", "old_stage")
XYZ = TrackColumn("xyz", "computed_xyz", "old_xyz")

ABC_TRACK = Track(
    kind=ClassificationKind.ABC,
    run=AbcRun,
    record=AbcRecord,
    columns=(ABC,),
    groups=(*AbcClass, None),  # who is lost has no class
    figures=("value",),
    parameters=("start", "end", "measure", "share_a", "share_b", "share_c"),
    moves=AbcMoves,
    rank=rank_of_class,
    lock=0x414243,
)
STAGE_TRACK = Track(
    kind=ClassificationKind.STAGES,
    run=StageRun,
    record=StageRecord,
    columns=(STAGE, XYZ),
    groups=tuple(Stage),
    figures=("value", "purchases", "variation"),
    parameters=(
        *("start", "end", "periodicity", "count", "measure"),
        *("one_time_from", "one_time_to", "x_to", "y_to", "z_to", "lost_after"),
    ),
    moves=StageMoves,
    rank=rank_of_stage,
    lock=0x58595A,
)
AnyTrack = Track[Any, Any]
TRACKS: dict[ClassificationKind, AnyTrack] = {track.kind: track for track in (ABC_TRACK, STAGE_TRACK)}


def track_of(run: AbcRun | StageRun) -> AnyTrack:
    return next(track for track in TRACKS.values() if isinstance(run, track.run))
