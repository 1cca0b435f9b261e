"""План продаж по месяцам: what is ordered and not yet done, and coming deals by their probability."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.users import User
from app.queries.contacts.sales_plan import planned
from reports.kit.columns import Money, Month
from reports.kit.params import LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape


class SalesPlan(Report):
    """The plan of a month is what is left to ship in it, and the coming deals of the month by their probability.

    Payments stand beside: they are the money of the same orders on another day. It looks ahead: it opens with the
    year that runs, whatever came last.
    """

    slug = "sales-plan"
    title = _l("Plan of sales by month")
    group = _l("Deals")
    description = _l("Orders not yet shipped and paid by their days, and coming deals by their probability.")
    params = (
        PeriodParam("period", _l("Period"), default="this-year"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Month("month", _l("Month")),
                Money("to_ship", _l("Left to ship"), total=True),
                Money("deals", _l("Coming deals"), total=True),
                Money("weighted", _l("Deals by their probability"), total=True),
                Money("plan", _l("Plan of sales"), total=True),
                Money("to_pay", _l("Payments awaited"), total=True),
            ),
            order=("month",),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        period = asked["period"]
        who = [asked[name].id if asked[name] else None for name in ("manager", "counterparty")]
        row = planned(period.first, period.last, *who).c
        return select(
            func.coalesce(func.extract("epoch", row.month), 0).label("id"),
            row.month,
            *(func.sum(row[name]).label(name) for name in ("to_ship", "deals", "weighted", "to_pay")),
            (func.sum(row.to_ship) + func.sum(row.weighted)).label("plan"),
        ).group_by(row.month)
