"""Classifications that are prepared: what fills their rows, what thresholds make of them, what posting writes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    select,
)
from sqlalchemy.orm import contains_eager

from app.domain.abc import AbcParameters, Shares
from app.domain.stages import Parameters, Stage, Thresholds
from app.models.classes import AbcRun, StageRun
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.counterparties import Counterparty
from app.queries.classification.classes import abc_of, classes_by
from app.queries.classification.history import Before, held, hold_on
from app.queries.classification.stages import assess, facts_on, takes_part
from app.queries.classification.tracks import STAGE, STAGE_TRACK, AnyTrack
from app.queries.classification.variations import display_value, variation
from app.queries.search import counterparty_matches
from app.queries.sql import materialized

NOTHING = "none"  # in an address: those without a class
IS_CHOSEN = DraftRow.chosen.is_not(None)


def text_of(stage: Any, xyz: Any) -> ColumnElement[str]:
    """Standing.text in SQL."""
    return func.concat_ws(" ", cast(stage, String), cast(xyz, String))


def rows_of_classes(parameters: AbcParameters, day: date, previous: AbcRun | None) -> Select[Any]:
    """What an ABC draft is filled with: columns of DraftRow."""
    by_rule = classes_by(parameters.window, parameters.measure, parameters.limits, day, previous)
    proposed = by_rule.order_by(None).subquery("proposed").c
    rule = case((proposed.held_until.is_not(None), proposed.computed), else_=proposed.abc)
    old, new = (func.coalesce(cast(abc, String), "") for abc in (proposed.old, rule))
    return select(proposed.counterparty_id, old.label("old"), new.label("rule"), proposed.value)


def rows_of_stages(parameters: Parameters, day: date, previous: StageRun | None) -> Select[Any]:
    """What a draft of stages is filled with: columns of DraftRow."""
    known = facts_on(parameters, day, previous)
    return select(
        known.c.counterparty_id,
        text_of(known.c.old_stage, known.c.old_xyz).label("old"),
        text_of(*assess(known.c, parameters.limits)).label("rule"),
        display_value(known.c, parameters.measure).label("value"),
        known.c.purchases,
        known.c.total,
        known.c.scatter,
        variation(known.c.scatter, known.c.total).label("variation"),
    ).where(takes_part(known.c))


def reclassified(draft_id: int, shares: Shares) -> Select[Any]:
    """`key` of the row, `rule` by other shares; a lost buyer gets a class as everybody."""
    kept = select(DraftRow.id.label("key"), DraftRow.value).where(DraftRow.draft_id == draft_id)
    ranked = abc_of(kept.subquery("kept"), shares).subquery("ranked")
    return select(ranked.c.key, cast(ranked.c.abc, String).label("rule"))


def restaged(draft: ClassificationDraft, thresholds: Thresholds, previous: StageRun | None) -> Select[Any]:
    """`key` of the row, `rule` by other thresholds, from where everybody stood before."""
    before, row = Before(STAGE_TRACK, previous, draft.on), DraftRow
    query = (
        select(
            row.id.label("key"),
            before.computed(STAGE).label("stage"),
            row.purchases,
            row.total,
            row.value,
            row.scatter,
            (row.rule == Stage.LOST).label("is_silent"),  # no threshold changes what silence has made of him
        )
        .select_from(Counterparty)
        .join(row, and_(row.counterparty_id == Counterparty.id, row.draft_id == draft.id))
    )
    known = materialized(before.join(query), "known")
    return select(known.c.key, text_of(*assess(known.c, thresholds)).label("rule"))


def posted(draft: ClassificationDraft, track: AnyTrack, previous: AbcRun | StageRun | None) -> Select[Any]:
    """What posting writes: the columns of a record but its run. Whatever is held by hand stays held."""
    row, hold, before = DraftRow, hold_on(track, draft.on), Before(track, previous, draft.on)
    computed = [
        cast(func.nullif(func.split_part(row.verdict, " ", place), ""), column.type)
        for place, column in enumerate(track.columns, 1)
    ]
    query = (
        select(
            row.counterparty_id,
            literal(draft.on, Date).label("on_date"),
            *(before.in_force(column).label(column.old) for column in track.columns),
            *(getattr(row, name) for name in track.figures),
            case((IS_CHOSEN, row.rule)).label("rule"),
            *held(track, hold, computed),
        )
        .select_from(Counterparty)
        .join(row, and_(row.counterparty_id == Counterparty.id, row.draft_id == draft.id, not_(row.left_out)))
        .outerjoin(hold, hold.counterparty_id == Counterparty.id)
    )
    return before.join(query)


def moves_of(draft_id: int) -> Select[str, str, int, int]:
    """From, to, how many, and how many of them by hand."""
    row = DraftRow
    return (
        select(row.old, row.verdict, func.count(), func.count(row.chosen))
        .where(row.draft_id == draft_id, not_(row.left_out))
        .group_by(row.old, row.verdict)
    )


def table_of(
    draft: ClassificationDraft, order: list[str], *, text: str = "", verdict: str = "", only: str = ""
) -> Select[Any]:
    """Rows with their buyers, in the order of what the rule gives, the greatest first.

    `only`: `moved`, `chosen` (corrected or left out); anything else is all.
    """
    row = DraftRow
    place = case({verdict: number for number, verdict in enumerate(order)}, value=row.rule, else_=len(order))
    query = (
        select(row)
        .join(row.counterparty)
        .options(contains_eager(row.counterparty))
        .where(row.draft_id == draft.id)
        .order_by(place, row.value.desc(), row.counterparty_id)
    )
    if text:
        query = query.where(counterparty_matches(text))
    if verdict:
        query = query.where(row.verdict == ("" if verdict == NOTHING else verdict), not_(row.left_out))
    if only == "moved":
        query = query.where(row.verdict != row.old, not_(row.left_out))
    if only == "chosen":
        query = query.where(IS_CHOSEN | row.left_out)
    return query
