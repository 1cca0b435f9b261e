"""ABC-анализ покупателей: who brings the greatest part of sales, with the classes assigned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import FromClause, Select, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period
from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass, Measure
from app.formatting import short_date, show_period
from app.models.captions import CAPTIONS, caption
from app.models.classes import AbcRun
from app.models.counterparties import Counterparty
from app.models.settings import Policy
from app.models.users import User
from app.models.visibility import seen_by, viewer_of
from app.queries.classification.classes import abc_change_on, abc_on
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.classification.tracks import ABC_TRACK
from app.queries.sales.sales import value_by_buyer
from app.queries.sql import user_name
from app.services.classification import runs
from reports.kit.chart import Pareto
from reports.kit.columns import MANAGER_NOW, Arrow, Choice, Money, Percent, Text, UserName
from reports.kit.params import ChoiceParam, LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape

NO_CLASS = "none"
CLASSES = {"": _l("Any"), **{c.value: CAPTIONS[AbcClass, c] for c in AbcClass}, NO_CLASS: _l("No class")}


class ClassifiedPeriod(PeriodParam):
    """Opens with the one classified last: in the one that has just begun nobody has a class yet."""

    def opening(self, session: Session, today: date) -> str:
        run = runs.run_on(session, ABC_TRACK, today)
        return Period(run.start, run.end).text() if run else super().opening(session, today)


class AbcBuyers(Report):
    """Every buyer, and whoever bought in the period, with his class on the period's last day (or today).

    The report never computes a class. A share is of the company, whoever reads and
    whatever he filters, as the class is. Whoever returned more than he bought has
    no share.
    """

    slug = "abc-buyers"
    title = _l("ABC analysis of buyers")
    group = _l("Buyers")
    description = _l("Who brings the greatest part of sales: classes A, B and C, and who moved up or down.")
    params = (
        ClassifiedPeriod("period", _l("Period"), default="this-month"),
        ChoiceParam("abc", _l("Class"), options=CLASSES),
        ChoiceParam("was", _l("Class before the period"), options=CLASSES),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def ask(self, session: Session, args: Mapping[str, str], *, today: date) -> Choices:
        asked = super().ask(session, args, today=today)
        measure = session.get_one(Policy, 1).abc_measure
        run = runs.run_on(session, ABC_TRACK, class_day(asked["period"], today))
        return replace(asked, values={**asked.values, "measure": measure, "run": run})

    def shape(self, asked: Choices) -> Shape:
        value: Measure = asked["measure"]
        run: AbcRun | None = asked["run"]
        borders = (run.share_a, run.share_a + run.share_b) if run else ()
        return Shape(
            columns=(
                Text("code", _l("Code"), width=14),
                Text("buyer", _l("Buyer"), width=42, link=("Counterparty", "id")),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW),
                Money(value.value, caption(value), total=True),
                Percent("share", _l("Share of the company, %"), width=14, total=True),
                Percent("running", _l("Running share, %"), width=14, total=False),
                Choice("abc", _l("Class"), width=9, listed=[*AbcClass]),
                Arrow("change", _l("Change")),
                Choice("stage", _l("Stage"), width=20, words=Stage),
                Choice("xyz", _l("XYZ class"), width=9, listed=[*XyzClass]),
            ),
            order=(f"-{value}",),
            groups=("abc", "stage", "manager"),
            chart=Pareto(
                _l("Pareto chart"),
                label="buyer",
                bars=value.value,
                line="running",
                kind="abc",
                kinds={abc.value: CAPTIONS[AbcClass, abc] for abc in AbcClass},
                borders=borders,
            ),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [
            *super().note(asked),
            (_("Distributed by"), caption(asked["measure"])),
            (_("Classes on"), short_date(class_day(asked["period"], asked.today))),
            *self.classified(asked),
            currency_line(),
        ]

    def classified(self, asked: Choices) -> list[tuple[str, str]]:
        """By what the classes were given, where it is not the period of the report."""
        run: AbcRun | None = asked["run"]
        if run is None or Period(run.start, run.end) == asked["period"]:
            return []
        period = show_period(Period(run.start, run.end))
        return [(_("Given by the classification of"), f"{short_date(run.on)} ({period})")]

    def query(self, session: Session, asked: Choices) -> Select:
        day = class_day(asked["period"], asked.today)
        before = asked["period"].first - DAY if asked["was"] else None
        everybody = buyers(asked["period"], asked["measure"], day, before)
        seen = everybody.where(seen_by(viewer_of(session), Counterparty)).subquery("seen")
        query = select(seen).execution_options(unscoped=True)  # the shares; the rows are narrowed above
        for name in ("abc", "was"):
            if asked[name]:
                column = seen.c[name]
                query = query.where(column.is_(None) if asked[name] == NO_CLASS else column == asked[name])
        if asked["manager"]:
            query = query.where(seen.c.manager_id == asked["manager"].id)
        return query


def buyers(period: Period, measure: Measure, day: date, before: date | None) -> Select:
    """Everybody in the company.

    With a day before, the class `was` of that day too, and whoever has a class without being a buyer now.
    """
    was, abc = abc_on(before or day, Counterparty.id), abc_on(day, Counterparty.id)
    who = [Counterparty.is_buyer, *([was.is_not(None), abc.is_not(None)] if before else [])]
    sold = with_shares(value_by_buyer(period, measure).subquery("sold")).subquery("shares")
    return (
        select(
            Counterparty.id,
            Counterparty.code,
            Counterparty.name.label("buyer"),
            Counterparty.manager_id,
            user_name(User).label("manager"),
            func.coalesce(sold.c.value, 0).label(measure.value),
            func.coalesce(sold.c.share, 0).label("share"),
            sold.c.running,
            abc.label("abc"),
            *([was.label("was")] if before else []),
            abc_change_on(day, Counterparty.id).label("change"),
            stage_on(day, Counterparty.id).label("stage"),
            xyz_on(day, Counterparty.id).label("xyz"),
        )
        .select_from(Counterparty)
        .outerjoin(sold, sold.c.counterparty_id == Counterparty.id)
        .outerjoin(User, User.id == Counterparty.manager_id)
        .where(or_(*who, sold.c.value.is_not(None)))
    )


def with_shares(sold: FromClause) -> Select:
    """Each value with its percent of all positive ones, and that of all values down to it."""
    value, buyer = sold.c.value, sold.c.counterparty_id
    positive = func.greatest(value, 0)
    percent = 100 / func.nullif(func.sum(positive).over(), 0)
    running = func.sum(positive).over(order_by=[value.desc(), buyer], rows=(None, 0))
    return select(
        buyer,
        value,
        (positive * percent).label("share"),
        case((value > 0, running * percent)).label("running"),
    )


def class_day(period: Period, today: date) -> date:
    """The day whose classes are shown: a run for the same period has written them on it."""
    return min(period.last, today)
