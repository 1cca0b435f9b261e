"""Из чего сложился показатель: the rows that a manager's figure is added up from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Numeric, Select, String, and_, cast, func, null, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.indicators import Family, Unit
from app.domain.stages import Standing
from app.models.captions import standing_caption
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.movements import Shipment
from app.models.users import User
from app.models.visibility import seen_by, viewer_of
from app.queries.managers import facts
from app.queries.managers.holding import NOBODY, HeldBy, holdings
from app.queries.managers.indicators import INDICATORS, OF_COMPANY, Indicator
from app.queries.sql import user_name
from app.services.managers.figures import FigureHolder, scope_of
from reports.kit.columns import Choice, Column, Date, Text
from reports.kit.params import ChoiceParam, Label, LookupParam, Param, PeriodParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape
from reports.managers.columns import TYPES

QUOTIENT = "quotient"
CARD = ("Counterparty", "buyer_id")
STOOD = {"was": _l("Was"), "now": _l("Became")}
# What quotients are made of, where it is no indicator itself.
PARTS: Mapping[str, Label] = {
    "lost": _l("Became lost"),
    "buyers": _l("Buyers with a stage"),
    "clients": _l("Clients"),
    "sold": _l("Shipped"),
    "came": _l("Became buyers"),
    "left": _l("Became lost"),
    "net": _l("Became buyers less lost"),
    "bought": _l("Were buyers"),
}
WHOSE: Mapping[str, Label] = {
    "": _l("of the client's manager of the day"),
    HeldBy.RESPONSIBLE.value: _l("of the document's responsible"),
}


def with_rows(indicators: Iterable[Indicator]) -> dict[str, Label]:
    """The choice of one; completeness has a report of its own."""
    return {one.name: one.label for one in indicators if one.source is not facts.COMPLETENESS_MONTHS}


class ManagersRows(Report):
    """Documents, contacts or clients; their total is the figure. Of a quotient both sums are there.

    A manager sees the rows of his own figures, with names of clients who are not his any more.
    """

    slug = "managers-rows"
    title = _l("What an indicator is made of")
    group = _l("Managers")
    description = _l("The documents, contacts or clients behind an indicator of a manager, with the same total.")
    params: ClassVar[Sequence[Param]] = (
        PeriodParam("period", _l("Period"), default="this-month", days=(Shipment.date,)),
        ChoiceParam("indicator", _l("Indicator"), default="revenue", options=with_rows(INDICATORS)),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
        ChoiceParam("whose", _l("Shipments are"), options=WHOSE),
    )

    def shape(self, asked: Choices) -> Shape:
        one = OF_COMPANY[asked["indicator"]]
        columns: list[Column] = [
            Date("on", _l("Date")),
            Text("manager", _l("Responsible manager"), width=24),
            Text("buyer", _l("Supplier") if one.family is Family.SUPPLY else _l("Buyer"), width=36, link=CARD),
        ]
        if one.source.model:
            columns.append(Text("document", _l("Document"), width=24, link=(one.source.model, "document_id")))
        if one.source is facts.STAGES:
            columns += [Choice(name, label, width=26, caption=stage_of) for name, label in STOOD.items()]
        return Shape(
            columns=[*columns, *figures_of(one)],
            order=("manager", f"-{one.formula.part}", "on"),
            groups=("manager", "buyer"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), (_("What is counted"), str(OF_COMPANY[asked["indicator"]].definition))]

    def query(self, session: Session, asked: Choices) -> Select:
        viewer = viewer_of(session)
        held_by = HeldBy(asked["whose"]) if asked["whose"] else HeldBy.MANAGER
        query, found = rows_of(session, asked, held_by)
        query = query.join(User, User.id == found.holder).where(found.holder != NOBODY)
        if viewer is not None and not viewer.sees_all:
            query = query.where(found.holder == viewer.user_id)
        if asked["manager"]:
            query = query.where(found.holder == asked["manager"].id)
        return query


class DirectorRows(ManagersRows):
    """The same of the company, with what is nobody's; whoever does not see all of it has the rows of his own clients.

    The manager is whoever has the client now.
    """

    slug = "director-rows"
    title = _l("What a figure of the company is made of")
    description = _l(
        "The documents, contacts or clients behind a figure of the director's report, with the same total."
    )
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(Shipment.date,)),
        ChoiceParam("indicator", _l("Indicator"), default="revenue", options=with_rows(OF_COMPANY.values())),
    )

    def query(self, session: Session, asked: Choices) -> Select:
        whose = FigureHolder.of(viewer_of(session))
        query, found = rows_of(session, asked, whose.held_by)
        return query.outerjoin(User, User.id == Counterparty.manager_id).where(found.holder == whose.holder)


def rows_of(session: Session, asked: Choices, held_by: HeldBy) -> tuple[Select, Any]:
    """The rows of the indicator with whom they are about; its columns tell whose they are: `holder`."""
    one, viewer = OF_COMPANY[asked["indicator"]], viewer_of(session)
    scope = replace(scope_of(session, asked["period"], asked.today), held_by=held_by)
    found = one.source.rows(scope, holdings(scope.period, scope.held_by)).subquery("rows").c
    name, seen = aliased(CounterpartyName), Counterparty  # the card is for whoever sees it
    parts = one.formula.parts
    query = (
        select(
            func.row_number().over(order_by=(found.counterparty_id, found.on, found.document_id)).label("id"),
            found.on,
            user_name(User).label("manager"),
            name.name.label("buyer"),
            seen.id.label("buyer_id"),
            found.document,
            found.document_id,
            *(standings_of(found) if one.source is facts.STAGES else ()),
            *(cast(found[part], Numeric).label(part) for part in parts),
            *(cast(null(), Numeric).label(QUOTIENT) for _quotient in parts[1:]),
        )
        .join(name, name.id == found.counterparty_id)
        .outerjoin(seen, and_(seen.id == found.counterparty_id, seen_by(viewer, seen)))
        .where(or_(*(found[part] != 0 for part in parts)))
        .execution_options(unscoped=True)
    )
    return query, found


def figures_of(one: Indicator) -> list[Column]:
    """What is added up; of a quotient its value stands under both sums."""
    columns = []
    for part in one.formula.parts:
        known = OF_COMPANY.get(part)
        type_ = TYPES[Unit.MONEY if part == "sold" else known.unit if known else Unit.COUNT]
        columns.append(type_(part, known.label if known else PARTS[part], total=True))
    if one.formula.per:
        columns.append(TYPES[one.unit](QUOTIENT, one.label, total=True, total_of=one.formula.of))
    return columns


def standings_of(row: Any) -> list[Any]:
    return [cast(func.concat_ws(" ", row[f"stage_{end}"], row[f"xyz_{end}"]), String).label(end) for end in STOOD]


def stage_of(text: str) -> str:
    return standing_caption(Standing.from_text(text))
