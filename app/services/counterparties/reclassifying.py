"""The class and the stage of one buyer, derived anew in the last run: his sales are others than it saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.domain.abc import AbcParameters, Shares
from app.domain.periods import Period
from app.models.classes import AbcRun
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification import abc, runs, stages
from app.services.classification.runs import WHOLE_COMPANY


def proposed_by_abc(session: Session, run: AbcRun) -> Select[Any]:
    shares = Shares(run.share_a, run.share_b, run.share_c)
    return abc.proposed(session, AbcParameters(Period(run.start, run.end), run.measure, shares), run.on)


def reclassify(session: Session, counterparty_id: int) -> None:
    """Stages come first: who is lost has no class. What the head corrected by hand in the run stays."""
    tracks: tuple[tuple[AnyTrack, Callable[[Any], Select[Any]]], ...] = (
        (STAGE_TRACK, lambda run: stages.proposed(session, stages.parameters_of(run), run.on)),
        (ABC_TRACK, lambda run: proposed_by_abc(session, run)),
    )
    for track, proposed in tracks:
        run = runs.last_run(session, track)
        table = track.record.__table__
        if run is None:
            continue
        mine = (table.c.run_id == run.id, table.c.counterparty_id == counterparty_id)
        if session.scalar(select(func.count()).select_from(table).where(*mine, table.c.rule.is_not(None))):
            continue
        source: Any = proposed(run).subquery("proposed").c
        query = select(literal(run.id), *source).where(source.counterparty_id == counterparty_id)
        session.execute(delete(table).where(*mine))
        made = insert(table).from_select(["run_id", *source.keys()], query, include_defaults=False)
        session.execute(made, execution_options=WHOLE_COMPANY)
