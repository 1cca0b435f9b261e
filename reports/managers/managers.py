"""Показатели работы менеджеров: indicators of every manager over a period, beside another one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Numeric, Select, String, column, select
from sqlalchemy.orm import Session

from app.domain.indicators import Beside, Family, beside, mean
from app.domain.periods import Period
from app.formatting import show_period
from app.models.movements import Shipment
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.managers.indicators import FAMILIES, INDICATORS, Indicator
from app.queries.sql import one_of, user_name
from app.services.managers.figures import ManagerFigures, figures, scope_of
from app.services.managers.targets import Plans, plans
from reports.kit.chart import Grouped
from reports.kit.columns import MANAGER_OF_THE_DAY, Column, Row, Text
from reports.kit.params import ChoiceParam, Label, LookupParam, PeriodParam
from reports.kit.part import made_of
from reports.kit.report import Choices, Report, counted_for, currency_line
from reports.kit.setup import NAMES, Shape
from reports.managers.columns import COMPARED, PLANNED, Cells, added_for, columns_of, row_of, with_more

PLAN = "plan"
BESIDE: dict[str, Label] = {
    "": _l("Nothing"),
    Beside.PREVIOUS: _l("The previous period"),
    Beside.WEEK: _l("The same a week ago"),
    Beside.MONTH: _l("The same a month ago"),
    Beside.YEAR: _l("The same a year ago"),
    PLAN: _l("The plan"),
}
ABSOLUTE, PERCENT = "absolute", "percent"
SHOWN: dict[str, Label] = {"": _l("Absolute and percent"), ABSOLUTE: _l("Absolute"), PERCENT: _l("Percent")}


@dataclass(frozen=True)
class Measured:
    """What the table is printed from: the figures of the period and of the one beside it, and who is shown.

    `is_whole` where everybody is.
    """

    now: ManagerFigures
    before: ManagerFigures | None
    other: Period | None
    planned: Plans  # to be reached by now
    wanted: Sequence[Indicator]
    people: Sequence[Row]
    is_whole: bool

    def of(self, manager: int) -> list[Cells]:
        before = self.before
        return [
            Cells(
                one,
                self.now.value(one, manager),
                self.now.percent(one, manager),
                before.value(one, manager) if before else None,
                self.planned.get(manager, {}).get(one.name),
            )
            for one in self.wanted
        ]

    def on_average(self) -> list[Cells]:
        """The mean of those who are shown: also of what the total adds up."""
        everybody = zip(*(self.of(person["id"]) for person in self.people), strict=True)
        return [
            Cells(
                theirs[0].one,
                *(mean(getattr(each, name) for each in theirs) for name in ("value", "percent", "before", "plan")),
            )
            for theirs in everybody
        ]

    def below(self, whose: str) -> list[Cells]:
        """Of the whole `company`, or of `nobody`'s clients."""
        now, before = (getattr(each, whose) if each else {} for each in (self.now, self.before))
        return [
            Cells(one, one.formula.of(now), one.percent.of(now) if one.percent else None, one.formula.of(before))
            for one in self.wanted
        ]


class Managers(Report):
    """A row a manager. What has a date is of whoever had the client that day; states are judged by his own days.

    The total has sums, and means of percents; below it stand the company's own percents, the clients of nobody
    and the mean manager.
    """

    slug = "managers"
    title = _l("Indicators of managers")
    group = _l("Managers")
    description = _l(
        "Completeness, contacts, stages, lost clients, orders and money of every manager: what you choose."
    )
    definitions: ClassVar[Mapping[str, Label]] = {one.name: one.definition for one in INDICATORS}
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(Shipment.date,)),
        ChoiceParam("beside", _l("Compare with"), options=BESIDE),
        ChoiceParam("show", _l("Figures"), options=SHOWN),
        ChoiceParam(
            "chart",
            _l("Chart"),
            default=Family.MONEY,
            options={str(one.family): FAMILIES[one.family] for one in INDICATORS},
        ),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def ask(self, session: Session, args: Mapping[str, str], *, today: date) -> Choices:
        """The figures are counted here, once for however many exits, and only those that are shown."""
        asked = super().ask(session, args, today=today)
        period, manager, viewer = asked["period"], asked["manager"], viewer_of(session)
        wanted = wanted_of(asked)
        now = figures(session, scope_of(session, period, today), wanted)
        with_plan = asked["beside"] == PLAN
        other = beside(period, today, Beside(asked["beside"])) if asked["beside"] and not with_plan else None
        before = figures(session, scope_of(session, other, today, earlier=True), wanted) if other else None
        shown = set(now.managers)
        if manager is not None:
            shown &= {manager.id}
        if viewer is not None and not viewer.sees_all:
            shown &= {viewer.user_id}
        people = people_of(session, shown)
        _whole, planned = plans(session, period, today) if with_plan else ({}, {})
        found = Measured(now, before, other, planned, wanted, people, is_whole=len(people) == len(now.managers))
        columns = asked.texts["columns"]
        more = COMPARED if other else PLANNED if with_plan else ()
        texts = {**asked.texts, "columns": with_more(columns, more) if columns else columns}
        return replace(asked, texts=texts, values={**asked.values, "found": found})

    def shape(self, asked: Choices) -> Shape:
        found: Measured = asked["found"]
        how = {
            "compared": found.other is not None,
            "planned": asked["beside"] == PLAN,
            "absolute": asked["show"] != PERCENT,
            "percent": asked["show"] != ABSOLUTE,
        }
        columns: list[Column] = [Text("manager", _l("Responsible manager"), width=28)]
        for one in INDICATORS:
            columns += columns_of(one, asked["period"].text(), **how)
        drawn = drawn_of(asked["chart"], found.wanted)
        chart = Grouped(FAMILIES[drawn[0].family], "manager", parts=[one.name for one in drawn]) if drawn else None
        return Shape(columns=columns, order=("manager",), chart=chart, aside=added_for(columns))

    def foot(self, asked: Choices) -> Sequence[tuple[str, Row]]:
        found: Measured = asked["found"]
        if not found.is_whole:
            return ()
        return (
            (_("The company itself"), row_of(found.below("company"))),
            (_("Without a manager"), row_of(found.below("nobody"))),
            (_("On average per manager"), row_of(found.on_average())),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        found: Measured = asked["found"]
        note = [*super().note(asked), counted_for(MANAGER_OF_THE_DAY)]
        if found.other:
            note.append((_("Beside"), show_period(found.other)))
        if asked["beside"] == PLAN:
            note.append((_("The plan"), _("what is to be reached by now, by working days")))
        return [*note, (_("Total of percents"), _("the mean of managers")), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        found: Measured = asked["found"]
        names = list(row_of([]))
        rows = [
            (person["id"], person["name"], person["login"], *row_of(found.of(person["id"])).values())
            for person in found.people
        ]
        head: list[Any] = [column("id", Integer), column("manager", String), column("login", String)]
        return made_of([*head, *(column(name, Numeric) for name in names)], rows)


def wanted_of(asked: Choices) -> list[Indicator]:
    """Those that the reader's columns, order or conditions name, else the usual ones; and those of the chart."""
    named = {name for text in NAMES for name in re.findall(r"[a-z_]+", asked.texts.get(text, ""))}
    chosen = bool(asked.texts.get("columns"))

    def is_named(one: Indicator) -> bool:
        return any(name in named for name in Cells(one, None).named())

    wanted = [one for one in INDICATORS if is_named(one) or (one.usual and not chosen)]
    return [one for one in INDICATORS if one in wanted or one in drawn_of(asked["chart"], wanted)]


def drawn_of(family: str, wanted: Sequence[Indicator]) -> list[Indicator]:
    """Of the family the ones that are shown, else all; of one unit, as they have one axis."""
    all_of = [one for one in INDICATORS if one.family == family]
    some = [one for one in all_of if one in wanted] or all_of
    return [one for one in some if one.unit is some[0].unit and one.is_added_up is some[0].is_added_up]


def people_of(session: Session, numbers: set[int]) -> list[Row]:
    """`id, name, login` of these managers."""
    query = select(User.id, user_name(User).label("name"), User.username.label("login")).where(one_of(User.id, numbers))
    return list(session.execute(query.order_by(User.last_name, User.first_name, User.id)).mappings())
