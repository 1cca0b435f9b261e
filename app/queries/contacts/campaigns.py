"""Which campaigns run, whom they touched, and which sales are put down to them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CTE, Date, Integer, Select, and_, case, cast, func, literal, null, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain.periods import DAY, Period, shift_months
from app.domain.viewer import Viewer
from app.domain.words import ContactState, Direction, Measure, MovementKind
from app.models.contacts import Campaign, CampaignCost, Contact
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from app.models.visibility import seen_by
from app.queries.sales.sales import value_of
from app.queries.sql import materialized

BEFORE = 3  # months that are shown before a campaign


def running_with(source_id: int, day: date) -> Select[Campaign]:
    """The campaigns of the source whose period has the day in it; one without a first day has none."""
    mine = select(CampaignCost.campaign_id).where(CampaignCost.source_id == source_id)
    return select(Campaign).where(Campaign.id.in_(mine), _runs(day)).order_by(Campaign.begins.desc(), Campaign.id)


def _runs(day: Any) -> Any:
    return and_(Campaign.begins <= day, or_(Campaign.ends.is_(None), Campaign.ends >= day))


def touches(today: date) -> Select[Any]:
    """`counterparty_id, contact_id, at, day, until, campaign_id, source_id`: a contact with a client that a campaign
    caused, and the last day of its window.

    It is a contact of the campaign, or an incoming one by a source of a campaign that runs that day. What was planned
    or cancelled touches nobody.
    """
    day = cast(Contact.starts_at, Date)
    done = (Contact.state == ContactState.DONE, Contact.counterparty_id.is_not(None), Contact.starts_at < today + DAY)
    columns = (Contact.counterparty_id, Contact.id.label("contact_id"), Contact.starts_at.label("at"), day.label("day"))
    until = (day + Campaign.window_days).label("until")
    told = (*columns, until, Campaign.id.label("campaign_id"), Contact.source_id.label("source_id"))
    of_campaign = select(*told).join(Campaign, Campaign.id == Contact.campaign_id).where(*done)
    by_source = (
        select(*told)
        .join(CampaignCost, CampaignCost.source_id == Contact.source_id)
        .join(Campaign, Campaign.id == CampaignCost.campaign_id)
        .where(*done, Contact.campaign_id.is_(None), Contact.direction == Direction.IN, _runs(day))
        .ext(distinct_on(Contact.id))
        .order_by(Contact.id, Campaign.begins.desc(), Campaign.id)
    )
    return select(union_all(of_campaign, select(by_source.subquery("by_source"))).subquery("touches"))


def brought(period: Period, today: date, viewer: Viewer | None, *, first: bool = False) -> Select[Any]:
    """`campaign_id, source_id, chosen, touched, revenue, profit, sales, cost`, a row for each campaign and source.

    `chosen` are the campaigns that began in the period, each with its whole life by today. The rest are sales of the
    period: of earlier campaigns, and, without a campaign, of none; so that everything adds up to the sales of the
    period and what its campaigns brought after it. A sale belongs to the last touch (or the first) whose window has
    its day; its cost is there once, whatever is sold.
    """
    touch = materialized(touches(today), "touch")
    chosen = materialized(_chosen(touch, period), "chosen")
    return _added(_costs(chosen), _touched(touch, chosen), _sold(touch, chosen, period, today, viewer, first=first))


def _chosen(touch: CTE, period: Period) -> Select[Any]:
    """The campaigns that began in the period; one without a first day begins with its first touch."""
    span = select(touch.c.campaign_id, func.min(touch.c.day).label("first")).group_by(touch.c.campaign_id).subquery()
    begins = func.coalesce(Campaign.begins, span.c.first)
    return (
        select(Campaign.id.label("campaign_id"))
        .outerjoin(span, span.c.campaign_id == Campaign.id)
        .where(begins.between(period.first, period.last))
    )


FIGURES = ("touched", "revenue", "profit", "sales", "cost")


def _figures(**known: Any) -> tuple[Any, ...]:
    return tuple(known.get(name, literal(0)).label(name) for name in FIGURES)


def _costs(chosen: CTE) -> Select[Any]:
    cost = CampaignCost
    return select(cost.campaign_id, cost.source_id, literal(True).label("chosen"), *_figures(cost=cost.cost)).where(
        cost.campaign_id.in_(select(chosen.c.campaign_id))
    )


def _touched(touch: CTE, chosen: CTE) -> Select[Any]:
    row = touch.c
    return (
        select(row.campaign_id, row.source_id, literal(True), *_figures(touched=func.count()))
        .where(row.campaign_id.in_(select(chosen.c.campaign_id)))
        .group_by(row.campaign_id, row.source_id)
    )


def _sold(touch: CTE, chosen: CTE, period: Period, today: date, viewer: Viewer | None, *, first: bool) -> Select[Any]:
    row = touch.c
    by_time = (row.at.asc(), row.contact_id.asc()) if first else (row.at.desc(), row.contact_id.desc())
    standing = (Shipment.stands(), Shipment.date >= period.first, Shipment.date <= today)
    caused = (
        select(Shipment.id, row.campaign_id, row.source_id)
        .join(touch, and_(row.counterparty_id == Shipment.counterparty_id, Shipment.date.between(row.day, row.until)))
        .where(*standing)
        .ext(distinct_on(Shipment.id))
        .order_by(Shipment.id, *by_time)
        .subquery("caused")
    )
    is_chosen = caused.c.campaign_id.in_(select(chosen.c.campaign_id))
    whose = func.coalesce(is_chosen, False)
    # Of campaigns that began before the period there is one line.
    campaign, source = (
        case((is_chosen, caused.c[name]), (caused.c.campaign_id.is_not(None), other), else_=cast(null(), Integer))
        for name, other in (("campaign_id", literal(0)), ("source_id", cast(null(), Integer)))
    )
    return (
        select(
            campaign.label("campaign_id"),
            source.label("source_id"),
            whose,
            *_figures(
                revenue=func.sum(Shipment.amount),
                profit=func.sum(value_of(Measure.PROFIT)),
                sales=func.count().filter(Shipment.kind == MovementKind.SHIPMENT),
            ),
        )
        .select_from(Shipment)
        .outerjoin(caused, caused.c.id == Shipment.id)
        .where(*standing, or_(Shipment.date <= period.last, is_chosen), seen_by(viewer, Shipment))
        .group_by(campaign, source, whose)
    )


def _added(*parts: Select[Any]) -> Select[Any]:
    """One row for a campaign and a source; the campaign itself has one where it cost or brought something, or alone."""
    found = union_all(*parts).subquery("parts").c
    sums = [func.sum(found[name]).label(name) for name in FIGURES]
    rows = select(found.campaign_id, found.source_id, found.chosen, *sums)
    added = rows.group_by(found.campaign_id, found.source_id, found.chosen).subquery("added")
    row = added.c
    alone = select(*row, func.count().over(partition_by=row.campaign_id).label("many")).subquery("alone").c
    empty = and_(alone.source_id.is_(None), *(alone[name] == 0 for name in FIGURES))
    return select(*(column for column in alone if column.name != "many")).where(or_(alone.many == 1, ~empty))


def windows(today: date) -> Select[Any]:
    """`campaign_id`, `until`: up to which day sales may still be put down to a campaign; of one without an end none."""
    touch = touches(today).subquery("touch").c
    last = select(touch.campaign_id, func.max(touch.until).label("until")).group_by(touch.campaign_id).subquery("last")
    end = func.greatest(last.c.until, Campaign.ends + Campaign.window_days)
    ends: Select[Any] = select(Campaign.id.label("campaign_id"), end.label("until"))
    return ends.outerjoin(last, last.c.campaign_id == Campaign.id)


def days_of(campaign_id: int) -> Select[date, date]:
    """`first`, `last` of a campaign: its own days, else those of its done contacts."""
    day = cast(Contact.starts_at, Date)
    done = select(func.min(day).label("first"), func.max(day).label("last")).where(
        Contact.campaign_id == campaign_id, Contact.state == ContactState.DONE
    )
    found = done.subquery("met")
    met = found.c
    return (
        select(
            func.coalesce(Campaign.begins, met.first).label("first"),
            func.coalesce(Campaign.ends, met.last, Campaign.begins).label("last"),
        )
        .join(found, true())
        .where(Campaign.id == campaign_id)
    )


def called_and_others(campaign_id: int, first: date, *conditions: Any) -> Select[int, bool]:
    """`counterparty_id`, `called`: the buyers of the selection who were there before the campaign.

    Called is whoever has a done contact of the campaign; with whom one was only planned or cancelled is in neither
    group.
    """
    contact = aliased(Contact)
    met = (
        select(
            contact.counterparty_id.label("counterparty_id"),
            func.bool_or(contact.state == ContactState.DONE).label("called"),
        )
        .where(contact.campaign_id == campaign_id, contact.counterparty_id.is_not(None))
        .group_by(contact.counterparty_id)
        .subquery("met")
    )
    who = select(
        Counterparty.id.label("counterparty_id"), func.coalesce(met.c.called, False).label("called")
    ).outerjoin(met, met.c.counterparty_id == Counterparty.id)
    met_or_never = or_(met.c.called, met.c.called.is_(None))
    return who.where(Counterparty.is_buyer, Counterparty.registered_on < first, met_or_never, *conditions)


def growth(clients: Select[int, bool], before: Period, after: Period) -> Select[Any]:
    """Of each group: `called, clients, before, after, mean, variance` of revenue and of its difference by client."""
    who = clients.subquery("who")
    sold = (
        select(
            Shipment.counterparty_id,
            *(
                func.coalesce(
                    func.sum(Shipment.amount).filter(Shipment.date.between(days.first, days.last)), literal(0)
                ).label(name)
                for name, days in (("before", before), ("after", after))
            ),
        )
        .where(Shipment.stands(), Shipment.date.between(before.first, after.last))
        .group_by(Shipment.counterparty_id)
        .subquery("sold")
    )
    row = (
        select(who.c.called, *(func.coalesce(sold.c[name], 0).label(name) for name in ("before", "after")))
        .outerjoin(sold, sold.c.counterparty_id == who.c.counterparty_id)
        .subquery("each")
        .c
    )
    change = row.after - row.before
    return select(
        row.called,
        func.count().label("clients"),
        func.sum(row.before).label("before"),
        func.sum(row.after).label("after"),
        func.avg(change).label("mean"),
        func.var_samp(change).label("variance"),
    ).group_by(row.called)


def months_before(clients: Select[int, bool], first: date) -> Select[Any]:
    """`number, called, others`: revenue a client of both groups in each of the months before the day."""
    who = clients.cte("clients")
    count = select(
        *(
            func.nullif(func.count().filter(condition), 0).label(name)
            for name, condition in (("called", who.c.called), ("others", ~who.c.called))
        )
    ).cte("count")
    parts = []
    for back in range(BEFORE, 0, -1):
        days = Period(shift_months(first, -back), shift_months(first, 1 - back) - DAY)
        sold = (
            select(
                *(
                    func.coalesce(func.sum(Shipment.amount).filter(condition), 0).label(name)
                    for name, condition in (("called", who.c.called), ("others", ~who.c.called))
                )
            )
            .join(who, who.c.counterparty_id == Shipment.counterparty_id)
            .where(Shipment.stands(), Shipment.date.between(days.first, days.last))
            .subquery()
        )
        parts.append(
            select(
                literal(BEFORE - back + 1).label("id"),
                literal(days.first, Date()).label("first"),
                literal(days.last, Date()).label("last"),
                *(func.round(sold.c[name] / count.c[name], 2).label(name) for name in ("called", "others")),
            ).select_from(sold.join(count, true()))
        )
    return select(union_all(*parts).subquery("months"))
