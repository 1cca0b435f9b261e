"""Moves between classes and between stages, and how many are where."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.models.classes import AbcRun, StageRun
from app.queries.classification.history import standings
from app.queries.classification.tracks import AnyTrack

Run = AbcRun | StageRun | None


def counts(track: AnyTrack, day: date, run: Run) -> Select[Any]:
    """How many buyers stand where on the day; those who are nowhere too."""
    standing = standings(track, day, run).subquery("seen")
    place = [standing.c[column.name] for column in track.columns]
    return select(*place, func.count()).where(or_(standing.c.is_buyer, place[0].is_not(None))).group_by(*place)


def moves(track: AnyTrack, days: tuple[date, date], runs: tuple[Run, Run], manager_id: int | None) -> Select[Any]:
    """How many went from where to where between the ends of two days; a buyer who is nowhere on both stays there."""
    was, now = (
        standings(track, day, run).subquery(name) for day, run, name in zip(days, runs, ("was", "now"), strict=True)
    )
    columns = [side.c[column.name] for side in (was, now) for column in track.columns]
    first = track.columns[0].name
    query = (
        select(*columns, func.count())
        .join(now, now.c.id == was.c.id)
        .where(or_(was.c.is_buyer, was.c[first].is_not(None), now.c[first].is_not(None)))
        .group_by(*columns)
    )
    return query if manager_id is None else query.where(was.c.manager_id == manager_id)
