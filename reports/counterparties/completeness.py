"""Полнота базы контактной информации: how much of what could be known is known, by manager, at the ends of months."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Date as SqlDate
from sqlalchemy import Numeric, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from app.models.completeness import CompletenessMonth
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.counterparties.completeness import completeness_on
from app.queries.sql import user_name
from reports.kit.columns import MANAGER_OF_THE_DAY, Date, Number, Percent, Row, UserName
from reports.kit.params import LookupParam, PeriodParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

PARTS = {
    "buyers": (_l("Buyers, %"), _l("Buyers: filled"), _l("Buyers: possible")),
    "persons": (_l("Contact persons, %"), _l("Contact persons: filled"), _l("Contact persons: possible")),
    "personal": (_l("Personal data, %"), _l("Personal data: filled"), _l("Personal data: possible")),
}


class Completeness(Report):
    """100 · filled / possible of three figures (app.queries.counterparties.completeness).

    Months that are over as they were kept then; the running one as it is now, so that the year it opens with is never
    empty. A total is of the sums, no percents are added.
    """

    slug = "completeness"
    title = _l("Completeness of contact information")
    group = _l("Buyers")
    description = _l("How much of what could be known of buyers and their people is known, month by month.")
    params = (
        PeriodParam("period", _l("Period"), default="this-year"),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        percents = [Percent(f"{name}_share", labels[0], total_of=share_of(name)) for name, labels in PARTS.items()]
        counts = [
            Number(f"{name}_{what}", label, aside=True)
            for name, (_share, filled, possible) in PARTS.items()
            for what, label in (("filled", filled), ("possible", possible))
        ]
        return Shape(
            columns=(
                Date("on", _l("On")),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_OF_THE_DAY),
                *percents,
                *counts,
            ),
            order=("-on", "manager"),
            groups=("on", "manager"),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        period, today = asked["period"], asked.today
        names = [f"{name}_{what}" for name in PARTS for what in ("filled", "possible")]
        month = CompletenessMonth
        kept = select(month.on.label("on"), month.manager_id, *(getattr(month, name) for name in names)).where(
            month.on.between(period.first, period.last)
        )
        parts: list[Any] = [kept]
        if period.first <= today <= period.last:
            now = completeness_on(today).order_by(None).subquery("now")
            running = select(literal(today, SqlDate()).label("on"), now.c.manager_id, *(now.c[name] for name in names))
            parts.append(running)
        found = union_all(*parts).subquery("found")
        rows = (
            select(
                (func.row_number().over(order_by=(found.c.on, found.c.manager_id))).label("id"),
                found.c.on,
                found.c.manager_id,
                user_name(User).label("manager"),
                *(found.c[name] for name in names),
                *(
                    (100 * found.c[f"{name}_filled"] / func.nullif(found.c[f"{name}_possible"], 0).cast(Numeric)).label(
                        f"{name}_share"
                    )
                    for name in PARTS
                ),
            )
            .join(User, User.id == found.c.manager_id)
            .execution_options(unscoped=True)
        )
        viewer = viewer_of(session)
        if viewer is not None and not viewer.sees_all:
            rows = rows.where(found.c.manager_id == viewer.user_id)
        if asked["manager"]:
            rows = rows.where(found.c.manager_id == asked["manager"].id)
        return rows


def share_of(name: str) -> Callable[[Row], Decimal]:
    def share(totals: Row) -> Decimal:
        possible = totals[f"{name}_possible"]
        return Decimal(100) * totals[f"{name}_filled"] / possible if possible else Decimal(0)

    return share
