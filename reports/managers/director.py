"""Рапорт руководителя: the company in figures, each beside what it was and its plan, with the best and the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Date as SqlDate
from sqlalchemy import Integer, Numeric, Select, String, cast, column, func, literal, select
from sqlalchemy.orm import Session

from app.domain.indicators import Beside, Figure, Unit, beside, share
from app.domain.periods import Period, end_of_month, months_from, shift_months
from app.formatting import currency, show_period
from app.models.closing import ClosingReason, OrderClosing
from app.models.counterparties import InformationSource
from app.models.movements import Shipment
from app.models.visibility import viewer_of
from app.queries.contacts.sources import by_source
from app.queries.counterparties.card import any_counterparty
from app.queries.managers.facts import Scope
from app.queries.managers.indicators import FAMILIES, INDICATORS, OF_COMPANY, Indicator
from app.services.managers.figures import FigureHolder, by_month, scope_of, sums_of
from app.services.managers.targets import plans
from reports.kit.chart import Bars, Grouped
from reports.kit.columns import Column, Drill, Exact, Money, Month, Number, Percent, Text
from reports.kit.params import ChoiceParam, NumberParam, PeriodParam, SeveralParam
from reports.kit.part import ReportPart, made_of
from reports.kit.report import Choices, TableSet, currency_line
from reports.kit.setup import Shape
from reports.kit.table import ReportTable
from reports.managers.columns import TYPES
from reports.managers.managers import BESIDE
from reports.managers.rating import CRITERIA, ManagersRating

USUAL = (
    *("revenue", "profit", "margin", "payments", "debt", "overdue", "payable", "deals", "revenue_per_deal"),
    *("orders_made", "orders_done", "orders_left", "late_shipments", "late_payments", "late_receipts"),
    *("late_supplier_payments", "closed_amount", "contacts", "attraction", "attrition"),
)
BY_MONTH = ("revenue", "profit", "payments")
MONTHS = 12


@dataclass(frozen=True)
class Amount(Exact):
    """A figure of a row that says its unit itself."""

    total: bool = False
    width: int = 16
    pattern: ClassVar[str] = "#,##0.##"
    type: ClassVar[str] = "number"
    excel_format: ClassVar[str] = "#,##0.00"


@dataclass(frozen=True)
class SignedChange(Exact):
    """By how many percent, or points of a percent, with its sign."""

    total: bool = False
    width: int = 12
    pattern: ClassVar[str] = "+#,##0.#;-#,##0.#"
    type: ClassVar[str] = "number"
    excel_format: ClassVar[str] = "+#,##0.0;-#,##0.0;0"

    def show(self, value: Any) -> str:
        return "0" if value is not None and not round(value, 1) else super().show(value)


@dataclass(frozen=True)
class Beheld:
    """One figure of the company with all that stands beside it."""

    one: Indicator
    value: Figure
    before: Figure
    same: Figure
    plan: Figure

    def changed_since(self, was: Figure) -> Figure:
        return self.one.changed(self.value, was)


class Director(TableSet):
    """The first table has a row a figure; whoever does not see the whole company has the figures of his own clients."""

    slug = "director"
    title = _l("Director's report")
    group = _l("Managers")
    description = _l(
        "The company at a glance: money, debts, orders, stages; what it was, what was planned, who is best."
    )
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(Shipment.date,)),
        ChoiceParam(
            "beside",
            _l("Previous period"),
            default=Beside.PREVIOUS,
            options={Beside.PREVIOUS: _l("Beside it"), "none": _l("Nothing")},
        ),
        ChoiceParam(
            "same",
            _l("Analogous period"),
            options={"": _l("Nothing"), **{how: BESIDE[how] for how in (Beside.WEEK, Beside.MONTH, Beside.YEAR)}},
        ),
        ChoiceParam("criterion", _l("Criterion"), default="revenue", options=CRITERIA),
        NumberParam("top", _l("At most (0 is all)"), default="10", most=10_000, whole=True),
        SeveralParam(
            "tiles", _l("Figures"), options={name: one.label for name, one in OF_COMPANY.items()}, usual=USUAL
        ),
    )

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        asked = self.ask(session, args, today=today)
        whose = FigureHolder.of(viewer_of(session))
        wanted = wanted_of(asked, whose)
        is_empty = session.scalar(any_counterparty()) is None
        found = [] if is_empty else beheld(session, asked, whose, wanted)
        rating = ManagersRating()
        parts = [
            ReportPart(self.title, figures_shape(asked), figures_query(found), self.note(asked)),
            self.months(session, asked, whose, wanted),
            ReportPart(rating.title, rating.shape(asked), rating.query(session, asked), rating.note(asked)),
            ReportPart(_l("Why orders were closed"), REASONS, closed_by_reason(asked), self.days(asked)),
        ]
        if whose.manager is None:
            parts.append(ReportPart(_l("Best sources"), SOURCES, best_sources(session, asked), self.days(asked)))
        return [part.table(session, limit, asked if place == 0 else None) for place, part in enumerate(parts)]

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        said = {
            str(param.label) for param in self.params if param.name in {"beside", "same", "tiles", "criterion", "top"}
        }
        note = [(label, value) for label, value in super().note(asked) if label not in said]
        labels = (_("Beside"), _("Analogous period"))
        others = [(label, show_period(other)) for label, other in zip(labels, others_of(asked), strict=True) if other]
        return [*note, *others, currency_line()]

    def days(self, asked: Choices) -> list[tuple[str, str]]:
        return [(_("Period"), show_period(asked["period"])), currency_line()]

    def months(self, session: Session, asked: Choices, whose: FigureHolder, wanted: Sequence[Indicator]) -> ReportPart:
        """A year of months up to the end of the period, of what is counted by day."""
        last = asked["period"].last
        span = Period(months_from(shift_months(last, 1 - MONTHS), 1).first, end_of_month(last))
        drawn = [OF_COMPANY[name] for name in BY_MONTH]
        dated = [*drawn, *(one for one in wanted if one.source.by_day and one.is_added_up and one not in drawn)]
        found = by_month(session, Scope(span, asked.today), whose, dated)
        columns: list[Column] = [Month("month", _l("Month"))]
        for one in dated:
            behind = Drill("director-rows", {"indicator": one.name}, {"period": "period"})
            columns.append(TYPES[one.unit](one.name, one.label, total=True, drill=behind))
        rows = [
            (place, month, Period(month, end_of_month(month)).text(), *(sums[one.formula.part] for one in dated))
            for place, (month, sums) in enumerate(found.items(), 1)
        ]
        head = [column("id", Integer), column("month", SqlDate), column("period", String)]
        query = made_of([*head, *(column(one.name, Numeric) for one in dated)], rows)
        chart = Grouped(_l("Sales and payments"), "month", parts=list(BY_MONTH))
        shape = Shape(columns=columns, order=("month",), chart=chart)
        return ReportPart(_l("Sales and payments"), shape, query, [(_("Period"), show_period(span)), currency_line()])


def wanted_of(asked: Choices, whose: FigureHolder) -> list[Indicator]:
    """Those that were chosen, else the usual ones; suppliers are the whole company's alone."""
    chosen = [OF_COMPANY[name] for name in asked["tiles"]]
    return [one for one in chosen if whose.manager is None or one in INDICATORS]


def others_of(asked: Choices) -> tuple[Period | None, Period | None]:
    """The previous period and the analogous one, where they are asked for; of one that is not over as many days."""
    period, today = asked["period"], asked.today
    before = beside(period, today, Beside.PREVIOUS) if asked["beside"] == Beside.PREVIOUS else None
    return before, beside(period, today, Beside(asked["same"])) if asked["same"] else None


def beheld(session: Session, asked: Choices, whose: FigureHolder, wanted: Sequence[Indicator]) -> list[Beheld]:
    """Each period is read by one statement, whatever is wanted."""
    today = asked.today
    now = sums_of(session, scope_of(session, asked["period"], today), whose, wanted)
    before, same = (
        sums_of(session, scope_of(session, other, today, earlier=True), whose, wanted) if other else {}
        for other in others_of(asked)
    )
    planned = planned_of(session, asked, whose)
    return [
        Beheld(one, one.formula.of(now), one.formula.of(before), one.formula.of(same), planned.get(one.name))
        for one in wanted
    ]


def planned_of(session: Session, asked: Choices, whose: FigureHolder) -> dict[str, Figure]:
    """What is to be reached by now: the plans of all managers together, of percents their mean; or his own."""
    _whole, by_now = plans(session, asked["period"], asked.today)
    found: dict[str, list[Decimal]] = {}
    for manager, plan in by_now.items():
        if whose.manager in (None, manager):
            for name, value in plan.items():
                found.setdefault(name, []).append(value)
    return {
        name: sum(each, Decimal(0)) / (1 if OF_COMPANY[name].is_added_up else len(each)) for name, each in found.items()
    }


def figures_shape(asked: Choices) -> Shape:
    before, same = others_of(asked)
    columns: list[Column] = [
        Text("indicator", _l("Figure"), width=34),
        Text("family", _l("Part"), width=20, aside=True),
        Text("name", _l("Name for programs"), width=24, aside=True),
        Amount("value", _l("Value")),
        Text("unit", _l("Unit"), width=8),
    ]
    if before:
        columns += [Amount("before", _l("It was")), SignedChange("before_diff", _l("Change, %"))]
    if same:
        columns += [Amount("same", _l("Analogous")), SignedChange("same_diff", _l("Change to the analogous, %"))]
    columns += [Amount("plan", _l("Plan by now")), Amount("plan_pct", _l("Plan done, %"), width=12)]
    return Shape(columns=columns, order=("place",))


def figures_query(found: Sequence[Beheld]) -> Select:
    texts = ("name", "indicator", "family", "unit")
    numbers = ("value", "before", "before_diff", "same", "same_diff", "plan", "plan_pct")
    units = {Unit.MONEY: currency(), Unit.PERCENT: "%", Unit.COUNT: ""}
    rows = [
        (
            *(place, place, each.one.name, str(each.one.label), str(FAMILIES[each.one.family]), units[each.one.unit]),
            *(each.value, each.before, each.changed_since(each.before), each.same, each.changed_since(each.same)),
            *(each.plan, share(each.value, each.plan)),
        )
        for place, each in enumerate(found, 1)
    ]
    head: list[Any] = [column("id", Integer), column("place", Integer), *(column(name, String) for name in texts)]
    return made_of([*head, *(column(name, Numeric) for name in numbers)], rows)


REASONS = Shape(
    columns=(
        Text("reason", _l("Reason of closing"), width=34),
        Number("orders", _l("Orders"), drill=Drill("order-closing", {}, {"reason": "reason", "period": "period"})),
        Money("closed_amount", _l("Closed amount"), total=True),
        Percent("share", _l("Share, %"), total=True),
    ),
    order=("-closed_amount", "id"),
    chart=Bars(_l("Why orders were closed"), "reason", bars="closed_amount"),
)


def closed_by_reason(asked: Choices) -> Select:
    """The orders that the reader sees."""
    period: Period = asked["period"]
    amount = func.sum(OrderClosing.closing_amount)
    return (
        select(
            ClosingReason.id,
            ClosingReason.name.label("reason"),
            literal(period.text()).label("period"),
            func.count().label("orders"),
            amount.label("closed_amount"),
            func.coalesce(100 * amount / func.nullif(func.sum(amount).over(), 0), 0).label("share"),
        )
        .select_from(OrderClosing)
        .join(OrderClosing.reason)
        .where(OrderClosing.on.between(period.first, period.last))
        .group_by(ClosingReason.id)
    )


SOURCES = Shape(
    columns=(
        Text("source", _l("Source"), width=34),
        Number("contacts", _l("Incoming contacts"), drill=Drill("sources", {}, {"source": "key", "period": "period"})),
    ),
    order=("-contacts", "source"),
    chart=Bars(_l("Best sources"), "source", bars="contacts"),
)


def best_sources(session: Session, asked: Choices) -> Select:
    """By how many came to us by them."""
    period: Period = asked["period"]
    brought = by_source(period, asked.today, viewer_of(session)).subquery("brought").c
    contacts = func.sum(brought.contacts)
    return (
        select(
            func.coalesce(brought.source_id, 0).label("id"),
            cast(brought.source_id, String).label("key"),
            literal(period.text()).label("period"),
            func.coalesce(InformationSource.name, str(_("No source"))).label("source"),
            contacts.label("contacts"),
        )
        .outerjoin(InformationSource, InformationSource.id == brought.source_id)
        .group_by(brought.source_id, InformationSource.name)
        .having(contacts > 0)
        .order_by(contacts.desc(), brought.source_id)
        .limit(asked["top"] or None)
        .execution_options(unscoped=True)
    )
