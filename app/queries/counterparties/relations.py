"""Relations with clients in figures: mix of goods, discipline, income; each a row a client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Numeric, Select, and_, case, cast, func, select

from app.domain.periods import DAY, Period, shift_months
from app.domain.words import Measure, MovementKind
from app.models.allocations import PaymentAllocation
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.sales import BuyerMonth
from app.queries.classification.classes import abc_on
from app.queries.sales.sales import value_by_buyer

MONTHS = 12
LIKE = 50  # clients who buy the same goods most


@dataclass(frozen=True)
class Windows:
    """The twelve months that end with the day, and the twelve before them."""

    now: Period
    before: Period

    @classmethod
    def until(cls, day: date) -> Windows:
        first = shift_months(day, -MONTHS) + DAY
        last = first - DAY
        return cls(Period(first, day), Period(shift_months(last, -MONTHS) + DAY, last))


def income(windows: Windows) -> Select:
    """`counterparty_id, revenue, profit, best, median`: brought in twelve months; his best calendar year, and the
    median of those whose class he has.
    """
    revenue, profit = (
        value_by_buyer(windows.now, measure).subquery(measure.value) for measure in (Measure.REVENUE, Measure.PROFIT)
    )
    year = func.date_trunc("year", BuyerMonth.month)
    years = (
        select(BuyerMonth.counterparty_id, func.sum(BuyerMonth.revenue).label("revenue"))
        .where(BuyerMonth.month <= windows.now.last)
        .group_by(BuyerMonth.counterparty_id, year)
        .subquery("years")
    )
    best = (
        select(years.c.counterparty_id, func.round(cast(func.max(years.c.revenue), Numeric) / 100, 2).label("best"))
        .group_by(years.c.counterparty_id)
        .subquery("best")
    )
    each = (
        select(
            best.c.counterparty_id,
            best.c.best,
            func.coalesce(revenue.c.value, 0).label("revenue"),
            func.coalesce(profit.c.value, 0).label("profit"),
            abc_on(windows.now.last, best.c.counterparty_id).label("abc"),
        )
        .outerjoin(revenue, revenue.c.counterparty_id == best.c.counterparty_id)
        .outerjoin(profit, profit.c.counterparty_id == best.c.counterparty_id)
        .cte("income_of_each")
    )
    half = func.percentile_cont(0.5).within_group(each.c.revenue)
    medians = (
        select(each.c.abc, func.round(cast(half, Numeric), 2).label("median"))
        .where(each.c.abc.is_not(None))
        .group_by(each.c.abc)
        .subquery("medians")
    )
    return select(*each.c, medians.c.median).outerjoin(medians, medians.c.abc == each.c.abc)


def bought(windows: Windows, *of: Any) -> Select:
    """`counterparty_id, item_group, now, before, last_on`: revenue of each group of goods in both windows."""
    days = Shipment.date
    return (
        select(
            Shipment.counterparty_id,
            Item.group.label("item_group"),
            *(
                func.coalesce(func.sum(ShipmentLine.amount).filter(days.between(window.first, window.last)), 0).label(
                    name
                )
                for name, window in (("now", windows.now), ("before", windows.before))
            ),
            func.max(days).filter(Shipment.kind == MovementKind.SHIPMENT).label("last_on"),
        )
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .join(Item, Item.id == ShipmentLine.item_id)
        .where(Shipment.stands(), days.between(windows.before.first, windows.now.last), *of)
        .group_by(Shipment.counterparty_id, Item.group)
    )


def mix(windows: Windows) -> Select:
    """`counterparty_id, mix_change, dropped`: by how many percent the mix of goods became another, and how many groups
    are bought no more. Of whoever bought in one window alone there is no change of a mix.
    """
    row = bought(windows).subquery("bought").c
    now, before = (
        func.greatest(row[name], 0)
        / func.nullif(func.sum(func.greatest(row[name], 0)).over(partition_by=row.counterparty_id), 0)
        for name in ("now", "before")
    )
    each = (
        select(
            row.counterparty_id,
            func.abs(now - before).label("change"),
            case((and_(row.before > 0, row.now <= 0), 1), else_=0).label("dropped"),
        )
        .subquery("shares")
        .c
    )
    return select(
        each.counterparty_id,
        (50 * func.sum(each.change)).label("mix_change"),
        func.sum(each.dropped).label("dropped"),
    ).group_by(each.counterparty_id)


def discipline(days: Period) -> Select:
    """`counterparty_id, days_late, late_share, collect_late`: by how many days money came after the day that was
    planned first, weighted by sums; what percent of it came late; how late goods were collected, on average.
    """
    due = func.coalesce(BuyerOrder.first_pay_by, BuyerOrder.pay_by)
    late = func.greatest(Payment.date - due, 0)
    amount = PaymentAllocation.amount
    paid = (
        select(
            Payment.counterparty_id,
            (func.sum(late * amount) / func.nullif(func.sum(amount), 0)).label("days_late"),
            (100 * func.sum(case((late > 0, amount), else_=0)) / func.nullif(func.sum(amount), 0)).label("late_share"),
        )
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .join(BuyerOrder, BuyerOrder.id == PaymentAllocation.order_id)
        .where(Payment.stands(), Payment.date.between(days.first, days.last), due.is_not(None), amount > 0)
        .group_by(Payment.counterparty_id)
        .subquery("paid")
    )
    planned = func.coalesce(BuyerOrder.first_ship_on, BuyerOrder.ship_on)
    collected = (
        select(
            Shipment.counterparty_id,
            cast(func.avg(func.greatest(Shipment.date - planned, 0)), Numeric).label("collect_late"),
        )
        .join(BuyerOrder, BuyerOrder.id == Shipment.order_id)
        .where(
            Shipment.stands(),
            Shipment.kind == MovementKind.SHIPMENT,
            Shipment.date.between(days.first, days.last),
            planned.is_not(None),
        )
        .group_by(Shipment.counterparty_id)
        .subquery("collected")
    )
    who = func.coalesce(paid.c.counterparty_id, collected.c.counterparty_id)
    return select(
        who.label("counterparty_id"), paid.c.days_late, paid.c.late_share, collected.c.collect_late
    ).select_from(paid.join(collected, collected.c.counterparty_id == paid.c.counterparty_id, full=True))


def bought_by_like(counterparty_id: int, days: Period) -> Select:
    """`item_id, buyers, revenue`: what clients like this one buy and he does not.

    Like him are those who share most goods with him for how many they buy in all.
    """
    line = (
        select(Shipment.counterparty_id, ShipmentLine.item_id, func.sum(ShipmentLine.amount).label("revenue"))
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .where(Shipment.stands(), Shipment.date.between(days.first, days.last))
        .group_by(Shipment.counterparty_id, ShipmentLine.item_id)
        .cte("goods_of")
    )
    his = select(line.c.item_id).where(line.c.counterparty_id == counterparty_id).cte("his")
    own = select(func.count()).select_from(his).scalar_subquery()
    shared = func.count(his.c.item_id)
    likeness = cast(shared, Numeric) / func.nullif(own + func.count() - shared, 0)
    like = (
        select(line.c.counterparty_id)
        .outerjoin(his, his.c.item_id == line.c.item_id)
        .where(line.c.counterparty_id != counterparty_id)
        .group_by(line.c.counterparty_id)
        .having(shared > 0)
        .order_by(likeness.desc(), line.c.counterparty_id)
        .limit(LIKE)
        .cte("like_him")
    )
    return (
        select(
            line.c.item_id,
            func.count().label("buyers"),
            func.sum(line.c.revenue).label("revenue"),
            (100 * cast(func.count(), Numeric) / select(func.count()).select_from(like).scalar_subquery()).label(
                "share"
            ),
        )
        .where(
            line.c.counterparty_id.in_(select(like.c.counterparty_id)),
            line.c.item_id.not_in(select(his.c.item_id)),
        )
        .group_by(line.c.item_id)
    )
