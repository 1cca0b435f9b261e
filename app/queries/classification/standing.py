"""Class and stage of one buyer: his history, and the figures that explain a record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    BindParameter,
    Date,
    Integer,
    ScalarSelect,
    Select,
    String,
    Subquery,
    and_,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.models.classes import AbcRecord, Hold
from app.models.sales import BuyerMonth
from app.models.users import User
from app.queries.classification.tracks import TRACKS, AnyTrack
from app.queries.sql import user_name

EVENTS = 24  # the latest of each kind


def history(counterparty_id: int | BindParameter[int], day: date, events: int = EVENTS) -> Select[Any]:
    """The latest records of both kinds by a day, newest first: what counts, what the run said, who held it and why.

    `name` and `mark` are the class, or the stage and its class.
    """
    parts = (_events(track, counterparty_id, day, events) for track in TRACKS.values())
    both = union_all(*(select(part) for part in parts)).subquery("both_kinds")
    return select(both).order_by(both.c.on.desc(), both.c.kind, both.c.id.desc())


def _events(track: AnyTrack, counterparty_id: int | BindParameter[int], day: date, events: int) -> Subquery:
    record, hold, author = track.record, aliased(Hold), aliased(User)
    columns = [
        cast(getattr(record, getattr(column, what)) if column else null(), String).label(f"{side}{label}")
        for side, what in (("", "name"), ("old_", "old"), ("computed_", "computed"))
        for label, column in zip_longest(("name", "mark"), track.columns)
    ]
    return (
        select(
            literal(track.kind.value).label("kind"),
            record.id.label("id"),
            cast(record.on, Date).label("on"),
            cast(record.run_id, Integer).label("run_id"),
            record.hold_id.label("hold_id"),
            record.held_until.label("held_until"),
            record.rule.is_not(None).label("corrected"),
            *columns,
            hold.reason.label("reason"),
            user_name(author).label("author"),
        )
        .outerjoin(hold, hold.id == record.hold_id)
        .outerjoin(author, author.id == hold.by_id)
        .where(record.counterparty_id == counterparty_id, record.on <= day)
        .order_by(record.on.desc(), record.id.desc())
        .limit(events)
        .subquery()
    )


def history_json(counterparty_id: int | BindParameter[int], day: date, events: int = EVENTS) -> ScalarSelect[Any]:
    """The same in one value, None when there is none: for a statement that has more to read."""
    rows = history(counterparty_id, day, events).subquery("history")
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


def abc_sums(record: AbcRecord) -> Select[Decimal, Decimal, Decimal]:
    """Of the record's run: the total of all positive values, those above this one, and those down to it."""
    value = AbcRecord.value
    positive = and_(AbcRecord.run_id == record.run_id, value > 0)
    return select(
        func.coalesce(func.sum(value), 0).label("total"),
        func.coalesce(func.sum(value).filter(value > record.value), 0).label("above"),
        func.coalesce(func.sum(value).filter(value >= record.value), 0).label("running"),
    ).where(positive)


def months_of(counterparty_id: int, first: date, last: date) -> Select[Any]:
    """The kept sums of the buyer's months, the newest first."""
    return (
        select(BuyerMonth)
        .where(BuyerMonth.counterparty_id == counterparty_id, BuyerMonth.month.between(first.replace(day=1), last))
        .order_by(BuyerMonth.month.desc())
    )
