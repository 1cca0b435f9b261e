"""Class and stage of one buyer: his history, and the figures that explain a record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.models.classes import AbcRecord, Hold, StageRecord
from app.models.sales import BuyerMonth
from app.models.users import User

ABC, STAGE = "abc", "stage"
SHOWN = 24


def history(counterparty_id: int, day: date) -> Select[Any]:
    """The latest records of both kinds by a day, newest first: what counts, what the run said, who held it and why.

    `name` and `mark` are the class, or the stage and its class.
    """
    hold, author = aliased(Hold), aliased(User)
    parts = []
    for model, kind, names in (
        (AbcRecord, ABC, ("abc", None, "old", None, "computed", None)),
        (StageRecord, STAGE, ("stage", "xyz", "old_stage", "old_xyz", "computed_stage", "computed_xyz")),
    ):
        record: Any = model
        labels = ("name", "mark", "old_name", "old_mark", "said_name", "said_mark")
        columns = [
            cast(getattr(record, name) if name else null(), String).label(label)
            for name, label in zip(names, labels, strict=True)
        ]
        parts.append(
            select(
                literal(kind).label("kind"),
                record.id.label("id"),
                cast(record.on, Date).label("on"),
                cast(record.run_id, Integer).label("run_id"),
                record.hold_id.label("hold_id"),
                record.held_until.label("held_until"),
                record.rule.is_not(None).label("corrected"),
                *columns,
                hold.reason.label("reason"),
                (author.first_name + " " + author.last_name).label("author"),
            )
            .outerjoin(hold, hold.id == record.hold_id)
            .outerjoin(author, author.id == hold.by_id)
            .where(record.counterparty_id == counterparty_id, record.on <= day)
            .order_by(record.on.desc(), record.id.desc())
            .limit(SHOWN)
            .subquery()
        )
    both = union_all(*(select(part) for part in parts)).subquery("both_kinds")
    return select(both).order_by(both.c.on.desc(), both.c.kind, both.c.id.desc())


def history_json(counterparty_id: int, day: date) -> ScalarSelect[Any]:
    """The same in one value, None when there is none: for a statement that has more to read."""
    rows = history(counterparty_id, day).subquery("history")
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
