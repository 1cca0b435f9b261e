"""Прогноз закупок: who is expected to buy in which week, for how much, and what came true of earlier forecasts."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Select, String, case, cast, func, select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.users import User
from app.queries.classification.forecast import forecast
from app.queries.sql import user_name
from reports.kit.columns import MANAGER_NOW, Date, Money, Number, Percent, Row, Text, UserName
from reports.kit.grouping import DatePart, DateUnit
from reports.kit.params import DateParam, LookupParam, NumberParam
from reports.kit.report import Choices, Report, currency_line, of_clients
from reports.kit.setup import Shape


class Forecast(Report):
    """A row is a purchase that is expected (app.queries.classification.forecast); it opens by week.

    Only weeks that have begun can have come true: of the others those figures are empty.
    """

    slug = "forecast"
    title = _l("Forecast of purchases")
    group = _l("Buyers")
    description = _l("Who is expected to buy in which week and for how much; what came true of earlier forecasts.")
    params = (
        DateParam("on", _l("On the day"), default="today"),
        NumberParam("ahead", _l("Weeks ahead"), default="8", least=0, most=26, whole=True),
        NumberParam("back", _l("Weeks back"), default="4", least=0, most=26, whole=True),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                DatePart("week", _l("Week"), unit=DateUnit.WEEK),
                Text("code", _l("Code"), width=14, aside=True),
                Text("buyer", _l("Buyer"), width=38, link=("Counterparty", "counterparty_id")),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW),
                Date("last_on", _l("Last purchase"), aside=True),
                Number("usual", _l("Rhythm, days"), width=10, total=False, aside=True),
                Date("expected_on", _l("Expected purchase")),
                Number("expected", _l("Purchases expected"), width=12),
                Money("amount", _l("Expected sum"), total=True),
                Number("came", _l("Came true"), width=12, total_of=partial(of_begun, "came_true")),
                Percent("came_pct", _l("Came true, %"), width=12, total_of=share),
                Money("bought", _l("Bought in the week"), total=True, total_of=partial(of_begun, "fact")),
            ),
            order=("week", "expected_on", "buyer"),
            groups=("week", "manager", "buyer"),
            aside=(Number("due", ""), Number("came_true", ""), Money("fact", "", total=True)),
            opens={"group": "week", "detail": "1"},
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        rule = _(
            "the next purchase of a buyer is as many days after the last as usually pass, its sum is the median of his "
            "purchases; weeks that have begun are forecast as on their eve"
        )
        return [*super().note(asked), (str(_("How it is counted")), str(rule)), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        made = forecast(asked["on"], asked["back"], asked["ahead"])
        row = made.c
        is_begun = row.bought.is_not(None)
        came: Any = case((is_begun, cast(row.bought > 0, Integer)))
        query = (
            select(
                func.concat_ws("-", cast(row.week, String), row.counterparty_id).label("id"),
                row.week,
                row.counterparty_id,
                Counterparty.code,
                Counterparty.name.label("buyer"),
                Counterparty.manager_id,
                user_name(User).label("manager"),
                row.last_on,
                row.usual,
                row.expected_on,
                cast(1, Integer).label("expected"),
                row.amount,
                came.label("came"),
                (came * 100).label("came_pct"),
                row.bought,
                cast(is_begun, Integer).label("due"),
                came.label("came_true"),
                row.bought.label("fact"),
            )
            .join(made, row.counterparty_id == Counterparty.id)
            .outerjoin(User, User.id == Counterparty.manager_id)
        )
        return query.where(*of_clients(asked))


def of_begun(name: str, totals: Row) -> Any:
    """Nothing where no week has begun: 0 would say that the forecast failed."""
    return totals[name] if totals["due"] else None


def share(totals: Row) -> Any:
    return Decimal(100) * totals["came_true"] / totals["due"] if totals["due"] else None
