"""Рейтинг лучших менеджеров: by what the documents say that they sold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Numeric, Select, String, column
from sqlalchemy.orm import Session

from app.domain.indicators import share
from app.models.movements import Shipment
from app.models.visibility import viewer_of
from app.queries.managers.holding import HeldBy
from app.queries.managers.indicators import BY_NAME, Indicator
from app.services.managers.figures import by_responsible, scope_of
from reports.kit.chart import Grouped
from reports.kit.columns import MANAGER_OF_THE_DAY, RESPONSIBLE, Column, Drill, Number, Percent, Text
from reports.kit.params import ChoiceParam, Label, NumberParam, PeriodParam
from reports.kit.part import made_of
from reports.kit.report import Choices, Report, counted_for, currency_line
from reports.kit.setup import Shape
from reports.managers.columns import TYPES
from reports.managers.managers import people_of

CRITERIA: Mapping[str, Label] = {name: BY_NAME[name].label for name in ("revenue", "profit", "deals", "payments")}


class ManagersRating(Report):
    """Shipments count for whoever is responsible for them, payments for the manager of the buyer that day.

    A share is of the company; a manager sees his own place.
    """

    slug = "managers-rating"
    title = _l("Rating of the best managers")
    group = _l("Managers")
    description = _l("Who sold most by the documents he is responsible for: by revenue, profit, deals or payments.")
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(Shipment.date,)),
        ChoiceParam("criterion", _l("Criterion"), default="revenue", options=CRITERIA),
        NumberParam("top", _l("At most (0 is all)"), default="10", most=10_000, whole=True),
    )

    def shape(self, asked: Choices) -> Shape:
        one = criterion_of(asked)
        rows = Drill(
            "managers-rows",
            {"period": asked["period"].text(), "indicator": one.name, "whose": HeldBy.RESPONSIBLE.value},
            {"manager": "login"},
        )
        columns: list[Column] = [
            Text("manager", _l("Responsible"), width=28),
            Number("place", _l("Place"), width=8, total=False),
            TYPES[one.unit](one.name, one.label, width=16, total=True, drill=rows),
            Percent("share", _l("Share of the company, %"), width=14, total=True),
        ]
        return Shape(columns=columns, order=("place",), chart=Grouped(one.label, "manager", parts=[one.name]))

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        whose = MANAGER_OF_THE_DAY if asked["criterion"] == "payments" else RESPONSIBLE
        return [*super().note(asked), counted_for(whose), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        one, viewer, top = criterion_of(asked), viewer_of(session), asked["top"]
        found = by_responsible(session, scope_of(session, asked["period"], asked.today), one)
        people = {person["id"]: person for person in people_of(session, set(found))}
        sold = sorted(((value, number) for number in people if (value := found[number])), reverse=True)
        total = sum((value for value, _number in sold), Decimal(0))
        rows = [
            (number, people[number]["name"], people[number]["login"], place, value, share(value, total) or 0)
            for place, (value, number) in enumerate(sold, 1)
            if (not top or place <= top) and (viewer is None or viewer.sees_all or viewer.user_id == number)
        ]
        head: list[Any] = [column("id", Integer), column("manager", String), column("login", String)]
        return made_of([*head, column("place", Integer), column(one.name, Numeric), column("share", Numeric)], rows)


def criterion_of(asked: Choices) -> Indicator:
    return BY_NAME[asked["criterion"]]
