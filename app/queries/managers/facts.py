"""The rows that indicators of managers are added up from; each is its holder's of that day.

Every select has `holder, counterparty_id, on, document_id, document` and the parts of its source. A figure is the sum
of a part, so that the rows behind it have its total.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.domain.periods import DAY, Period
from app.domain.stages import Stage
from app.domain.words import ContactState, Measure, MovementKind, PaymentState
from app.models.classes import StageRun
from app.models.completeness import CompletenessMonth
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder
from app.queries.classification.history import in_force_on, standings
from app.queries.classification.tracks import STAGE, STAGE_TRACK, XYZ, rank_of_stage
from app.queries.counterparties.completeness import completeness_on
from app.queries.managers.holding import NOBODY, HeldBy, holdings, holds_on
from app.queries.sales.sales import value_of
from app.queries.sales.settlements import overdue
from app.queries.sql import materialized


@dataclass(frozen=True)
class Scope:
    """What facts are asked for: the days, whose they are, and what was looked up before.

    `runs` are the classifications by stages in force on the eve and on the last day. `kept` is the day of the
    month-end rows of completeness; None: as information is now, `unknown`: there are none to compare with.
    """

    period: Period
    today: date
    held_by: HeldBy = HeldBy.MANAGER
    runs: tuple[StageRun | None, StageRun | None] = (None, None)
    kept: date | None = None
    unknown: bool = False

    @property
    def last(self) -> date:
        """The last day that anything is known of."""
        return min(self.period.last, self.today)

    @property
    def is_now(self) -> bool:
        """Whether the last day is today: what is not kept by day is known of it alone."""
        return self.last == self.today

    @property
    def eve_of_today(self) -> date:
        return self.today - DAY


@dataclass(frozen=True)
class FactSource:
    """`model` is that of its documents, for cards; "" where a row is a client.

    Rows `by_day` are each of its own day, whatever the period; rows `of_now` are known of today alone. Of a client
    who changed hands `once` are the parts that the company counts once and each of his managers too.
    """

    name: str
    parts: tuple[str, ...]
    rows: Callable[[Scope, CTE], Select[Any]]
    model: str = ""
    by_day: bool = False
    of_now: bool = False
    once: tuple[str, ...] = ()


def keys_of(segments: CTE, counterparty_id: Any, on: Any, document_id: Any = None, document: Any = None) -> list[Any]:
    return [
        func.coalesce(segments.c.holder, NOBODY).label("holder"),
        counterparty_id.label("counterparty_id"),
        cast(on, Date).label("on"),
        cast(null() if document_id is None else document_id, Integer).label("document_id"),
        cast(null() if document is None else document, String).label("document"),
    ]


def as_flag(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return cast(func.coalesce(condition, False), Integer).label(name)


def _seller(scope: Scope, segments: CTE) -> ColumnElement[int]:
    """Whose a shipment is."""
    whose = Shipment.manager_id if scope.held_by is HeldBy.RESPONSIBLE else segments.c.holder
    return func.coalesce(whose, NOBODY)


def sales(scope: Scope, segments: CTE) -> Select[Any]:
    sold, period = Shipment.kind == MovementKind.SHIPMENT, scope.period
    earlier = aliased(Shipment)
    before = (
        select(earlier.id)
        .where(
            earlier.counterparty_id == Shipment.counterparty_id,
            earlier.kind == MovementKind.SHIPMENT,
            earlier.reversed_on.is_(None),
            or_(earlier.date < Shipment.date, and_(earlier.date == Shipment.date, earlier.id < Shipment.id)),
        )
        .exists()
    )
    holder = _seller(scope, segments)
    of_client = func.row_number().over(
        partition_by=(holder, Shipment.counterparty_id, sold), order_by=(Shipment.date, Shipment.id)
    )
    return (
        select(
            holder.label("holder"),
            *keys_of(segments, Shipment.counterparty_id, Shipment.date, Shipment.id, Shipment.number)[1:],
            Shipment.amount.label("revenue"),
            value_of(Measure.PROFIT).label("profit"),
            case((sold, Shipment.amount), else_=Decimal(0)).label("sold"),
            as_flag(sold, "deals"),
            as_flag(sold & ~before, "first_deals"),
            as_flag(sold & (of_client == 1), "clients"),
        )
        .outerjoin(segments, holds_on(segments, Shipment.counterparty_id, Shipment.date))
        .where(Shipment.date.between(period.first, period.last), Shipment.stands())
    )


def discounts(scope: Scope, segments: CTE) -> Select[Any]:
    full = func.round(ShipmentLine.quantity * ShipmentLine.price, 2)
    return (
        select(
            *keys_of(segments, Shipment.counterparty_id, Shipment.date, Shipment.id, Shipment.number),
            func.sum(full - ShipmentLine.amount).label("discounts"),
        )
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .outerjoin(segments, holds_on(segments, Shipment.counterparty_id, Shipment.date))
        .where(
            Shipment.date.between(scope.period.first, scope.period.last), Shipment.stands(), ShipmentLine.discount != 0
        )
        .group_by(Shipment.id, segments.c.holder)
    )


def payments(scope: Scope, segments: CTE) -> Select[Any]:
    return (
        select(
            *keys_of(segments, Payment.counterparty_id, Payment.date, Payment.id, Payment.number),
            Payment.amount.label("payments"),
        )
        .outerjoin(segments, holds_on(segments, Payment.counterparty_id, Payment.date))
        .where(Payment.date.between(scope.period.first, scope.period.last), Payment.stands())
    )


def contacts(scope: Scope, segments: CTE) -> Select[Any]:
    """Of the day they ended on, with buyers alone."""
    ended = cast(Contact.ends_at, Date)
    minutes = func.extract("epoch", Contact.ends_at - Contact.starts_at) / 60
    return (
        select(
            *keys_of(segments, Contact.counterparty_id, ended, Contact.id, Contact.subject),
            literal(1).label("contacts"),
            cast(minutes, Numeric(15, 2)).label("minutes"),
        )
        .join(Counterparty, and_(Counterparty.id == Contact.counterparty_id, Counterparty.is_buyer))
        .outerjoin(segments, holds_on(segments, Contact.counterparty_id, ended))
        .where(
            Contact.state == ContactState.DONE,
            Contact.ends_at >= scope.period.first,
            Contact.ends_at < scope.period.last + DAY,
        )
    )


def orders(scope: Scope, segments: CTE) -> Select[Any]:
    """Orders open on some day of a segment: one that goes to another manager is open with both."""
    order, since, until = BuyerOrder, segments.c.since, segments.c.until
    done = order.completed_on.between(since, until)
    is_open = and_(
        order.date <= until,
        or_(order.completed_on.is_(None), order.completed_on >= since),
        or_(order.closed_on.is_(None), order.closed_on >= since),
    )
    still = or_(order.completed_on.is_(None), order.completed_on >= scope.period.first)
    return (
        select(
            *keys_of(
                segments, order.counterparty_id, func.coalesce(order.completed_on, order.date), order.id, order.number
            ),
            as_flag(done, "orders_done"),
            literal(1).label("orders_open"),
        )
        .join(segments, segments.c.counterparty_id == order.counterparty_id)
        .where(still, or_(is_open, done))
    )


def orders_made(scope: Scope, segments: CTE) -> Select[Any]:
    order = BuyerOrder
    return (
        select(
            *keys_of(segments, order.counterparty_id, order.date, order.id, order.number),
            literal(1).label("orders_made"),
            as_flag(order.payment_state == PaymentState.FULL, "orders_paid"),
            as_flag(order.payment_state == PaymentState.PARTLY, "orders_partly_paid"),
            as_flag(order.payment_state == PaymentState.NONE, "orders_unpaid"),
        )
        .outerjoin(segments, holds_on(segments, order.counterparty_id, order.date))
        .where(order.date.between(scope.period.first, scope.period.last))
    )


def stages(scope: Scope, segments: CTE) -> Select[Any]:
    """Where buyers stood on the eve of each segment and on its last day."""
    row = materialized(_standings(scope, segments), "standing")  # else each of its figures looks every one up anew
    rank_was, rank_now = (rank_of_stage(row.c[f"stage_{end}"], row.c[f"xyz_{end}"]) for end in ("was", "now"))
    lost = and_(row.c.stage_now == Stage.LOST, row.c.stage_was.is_distinct_from(Stage.LOST))
    up, down = (cast(one, Integer) for one in (rank_now > rank_was, rank_now < rank_was))
    bought, buys = (row.c[f"stage_{end}"].in_([Stage.ONE_TIME, Stage.REGULAR]) for end in ("was", "now"))
    came = as_flag(and_(buys, rank_of_stage(row.c.stage_now, None) > rank_of_stage(row.c.stage_was, None)), "came")
    left = as_flag(and_(lost, row.c.stage_was.is_not(None)), "left")
    return select(
        row.c.holder,
        row.c.counterparty_id,
        row.c.until.label("on"),
        cast(null(), Integer).label("document_id"),
        cast(null(), String).label("document"),
        up.label("stage_up"),
        down.label("stage_down"),
        (up - down).label("stage_change"),
        as_flag(lost, "lost"),
        as_flag(row.c.stage_now.is_not(None), "buyers"),
        came,
        left,
        (came.element - left.element).label("net"),
        as_flag(bought, "bought"),
        row.c.stage_was,
        row.c.xyz_was,
        row.c.stage_now,
        row.c.xyz_now,
    )


def _standings(scope: Scope, segments: CTE) -> Select[Any]:
    """A row a client and holder: his stage and XYZ class before and after the days that he was held.

    Those of all on the eve and on the last day of the period are read at once, those of clients who changed hands in
    between one by one.
    """
    (eve, last), client = (scope.period.first - DAY, scope.last), segments.c.counterparty_id
    was, now = (
        standings(STAGE_TRACK, day, run).subquery(name)
        for day, run, name in zip((eve, last), scope.runs, ("was", "now"), strict=True)
    )

    def standing(side: Any, day: ColumnElement[date], known: date) -> list[ColumnElement[Any]]:
        return [
            case((day == known, side.c[column.name]), else_=in_force_on(STAGE_TRACK, column, day, client))
            for column in (STAGE, XYZ)
        ]

    before = standing(was, segments.c.since - 1, eve)
    after = standing(now, func.least(segments.c.until, literal(last, Date)), last)
    return (
        select(
            segments.c.holder,
            segments.c.counterparty_id,
            segments.c.until,
            before[0].label("stage_was"),
            before[1].label("xyz_was"),
            after[0].label("stage_now"),
            after[1].label("xyz_now"),
        )
        .join(was, was.c.id == client)
        .join(now, now.c.id == client)
        .where(or_(now.c.is_buyer, was.c.stage.is_not(None), now.c.stage.is_not(None)))
    )


COMPLETENESS = tuple(f"{what}_{end}" for what in ("buyers", "persons", "personal") for end in ("filled", "possible"))


def completeness(scope: Scope, _segments: CTE) -> Select[Any]:
    """A row a manager: month-end rows where they were kept, else information as it is now."""
    if scope.kept:
        month = CompletenessMonth
        known = select(month.manager_id, *(getattr(month, name) for name in COMPLETENESS)).where(month.on == scope.kept)
    else:
        known = completeness_on(scope.last).order_by(None)
    row = known.subquery("known")
    whose = row.c.manager_id if scope.held_by is HeldBy.MANAGER else literal(1)
    return select(
        whose.label("holder"),
        cast(null(), Integer).label("counterparty_id"),
        literal(scope.last, Date).label("on"),
        cast(null(), Integer).label("document_id"),
        cast(null(), String).label("document"),
        *(row.c[name] for name in COMPLETENESS),
    ).where(literal(not scope.unknown))


def debts(scope: Scope, segments: CTE) -> Select[Any]:
    """What clients owe on the last day, and what of it is overdue, with whoever has them that day."""
    owed, last = overdue(scope.last).subquery("owed"), scope.last
    return (
        select(
            *keys_of(segments, owed.c.id, literal(last, Date)),
            owed.c.debt.label("debt"),
            literal(1).label("debtors"),
            func.coalesce(owed.c.overdue, 0).label("overdue"),
            as_flag(owed.c.overdue > 0, "overdue_debtors"),
        )
        .outerjoin(segments, holds_on(segments, owed.c.id, literal(last, Date)))
        .where(owed.c.debt > 0)
    )


SALES = FactSource(
    "sales",
    ("revenue", "profit", "sold", "deals", "first_deals", "clients"),
    sales,
    "Shipment",
    by_day=True,
    once=("clients",),
)
DISCOUNTS = FactSource("discounts", ("discounts",), discounts, "Shipment", by_day=True)
PAYMENTS = FactSource("payments", ("payments",), payments, "Payment", by_day=True)
CONTACTS = FactSource("contacts", ("contacts", "minutes"), contacts, "Contact", by_day=True)
ORDERS = FactSource("orders", ("orders_done", "orders_open"), orders, "BuyerOrder", once=("orders_open",))
ORDERS_MADE = FactSource(
    "orders_made",
    ("orders_made", "orders_paid", "orders_partly_paid", "orders_unpaid"),
    orders_made,
    "BuyerOrder",
    by_day=True,
)
STAGE_PARTS = ("stage_up", "stage_down", "stage_change", "lost", "buyers", "came", "left", "net", "bought")
STAGES = FactSource("stages", STAGE_PARTS, stages, once=STAGE_PARTS)
COMPLETENESS_MONTHS = FactSource("completeness", COMPLETENESS, completeness)
DEBTS = FactSource("debts", ("debt", "debtors", "overdue", "overdue_debtors"), debts)


def sums(scope: Scope, sources: Collection[FactSource]) -> Select[Any]:
    """`holder` and the sums of every part of these sources: one statement, whatever is asked for and of how many."""
    return _added_up(scope, sources, [part for source in sources for part in source.parts])


def by_month(scope: Scope, sources: Collection[FactSource], parts: Collection[str]) -> Select[Any]:
    """`holder, month` and sums of these parts of sources whose rows are by day, as `sums` adds them up."""
    found = _added_up(scope, sources, parts, lambda row: [cast(func.date_trunc("month", row.on), Date).label("month")])
    return found.order_by(found.selected_columns.month)


def _added_up(
    scope: Scope,
    sources: Collection[FactSource],
    parts: Collection[str],
    also_by: Callable[[Any], list[Any]] = lambda _row: [],
) -> Select[Any]:
    """By `holder` and by what of the rows they are told apart `also_by`."""
    segments = holdings(scope.period, scope.held_by)
    nothing = cast(null(), Numeric)
    counted = []
    for source in sources:
        row = source.rows(scope, segments).subquery(source.name).c
        by = [row.holder, *also_by(row)]
        summed = {part: cast(func.sum(row[part]), Numeric) for part in source.parts if part in parts}
        counted.append(select(*by, *(summed.get(part, nothing).label(part) for part in parts)).group_by(*by))
    found = union_all(*counted).subquery("found").c
    by = [column for column in found if column.name not in parts]
    return select(*by, *(func.sum(found[part]).label(part) for part in parts)).group_by(*by)


def holders(scope: Scope) -> Select[Any]:
    """Everybody who has a buyer on some day of the period."""
    segments = holdings(scope.period, scope.held_by)
    query = select(segments.c.holder).join(Counterparty, Counterparty.id == segments.c.counterparty_id)
    return query.where(segments.c.holder != NOBODY, Counterparty.is_buyer).distinct()
