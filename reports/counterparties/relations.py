"""Отношения с клиентами: offers, satisfaction, preferences, discipline, income and signs, of all or of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.domain.rhythm import SILENCE
from app.domain.stages import Stage
from app.domain.words import AbcClass, OfferOutcome
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.figures import ClientFigure
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.satisfaction import SatisfactionMark
from app.models.users import User
from app.models.visibility import seen_by, viewer_of
from app.queries.classification.rhythm import last_purchase
from app.queries.classification.signs import signs
from app.queries.counterparties import relations
from app.queries.counterparties.relations import Windows
from app.queries.sql import user_name
from app.services.classification.signs import sentence
from reports.kit.columns import Arrow, Choice, Column, Date, Drill, Money, Number, Percent, Row, Text, UserName
from reports.kit.comparing import How
from reports.kit.params import DateParam, Label, LookupParam, show_period
from reports.kit.part import ReportPart
from reports.kit.report import Choices, Report, currency_line, of_clients
from reports.kit.setup import Shape
from reports.kit.table import ReportTable

DAYS = 90  # changes of class and debt that are a sign
MOST = 20


@dataclass(frozen=True)
class Told(Text):
    """A sentence made of other columns."""

    comparisons: ClassVar[tuple[How, ...]] = ()


# By the names of columns: how each figure is counted.
HOW: Mapping[str, Label] = {
    "offers": _l("done contacts marked as an offer, of twelve months"),
    "accepted": _l("of them those whose outcome is that he accepted"),
    "reaction": _l("accepted of a hundred offers"),
    "mark": _l("the last mark that he gave, from 1 to 5; the arrow compares it with the one before"),
    "average": _l("the mean of his marks of twelve months"),
    "mix_change": _l("half the sum of changes of shares of item groups: 0 is the same mix, 100 is another one"),
    "dropped": _l("item groups that he bought in the twelve months before and no more since"),
    "days_late": _l("by how many days money came after the first planned day of its order, weighted by sums"),
    "late_share": _l("of a hundred roubles paid, those that came after the first planned day"),
    "collect_late": _l("by how many days shipments came after the first planned day of their order, on average"),
    "revenue": _l("shipments less returns of twelve months"),
    "profit": _l("the same less its cost"),
    "best": _l("revenue of his best calendar year"),
    "median": _l("the middle revenue of twelve months of those who have his ABC class"),
    "possible": _l("the greater of his best year and the median of his class"),
    "gap": _l("possible less brought; nothing where he brings more"),
    "why": _l("silence, a class or stage that fell, a debt that grew, of 90 days"),
}


class Relations(Report):
    """Each figure is of the twelve months that end with the day; of one client the page tells how each is counted."""

    slug = "relations"
    title = _l("Relations with clients")
    group = _l("Buyers")
    description = _l("Reaction to offers, satisfaction, preferences, discipline, income brought and possible, signs.")
    params = (
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        DateParam("on", _l("On the day"), default="today"),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        to_one = Drill("relations", {"on": asked.texts["on"]}, {"counterparty": "id"})
        return Shape(
            columns=(
                Text("code", _l("Code"), width=14, aside=True),
                Text("buyer", _l("Buyer"), width=36, key="id", drill=to_one),
                UserName("manager", _l("Responsible manager"), aside=True),
                Choice("abc", _l("ABC class"), width=9, listed=[*AbcClass]),
                Choice("stage", _l("Stage"), width=20, words=Stage, aside=True),
                *self.figures(),
                Told("why", _l("Signs"), width=70),
            ),
            order=("-gap", "-revenue"),
            groups=("manager", "abc", "stage"),
        )

    def figures(self) -> tuple[Column, ...]:
        return (
            Money("revenue", _l("Income brought"), total=True),
            Money("profit", _l("Gross profit"), total=True, aside=True),
            Money("best", _l("Best year"), aside=True),
            Money("median", _l("Median of the class"), total=False, aside=True),
            Money("possible", _l("Income possible"), total=True),
            Money("gap", _l("Not brought yet"), total=True),
            Number("offers", _l("Offers"), width=9),
            Number("accepted", _l("Accepted"), width=9, aside=True),
            Percent("reaction", _l("Offers accepted, %"), total_of=reaction),
            Number("mark", _l("Satisfaction"), width=9, total=False),
            Arrow("trend", _l("Trend")),
            Number("average", _l("Mean mark"), width=9, total=False, aside=True),
            Percent("mix_change", _l("Change of the mix, %")),
            Number("dropped", _l("Groups no longer bought"), width=12),
            Number("days_late", _l("Days late with money"), width=10, total=False),
            Percent("late_share", _l("Paid late, %"), aside=True),
            Number("collect_late", _l("Days late with goods"), width=10, total=False, aside=True),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        windows = Windows.until(asked["on"])
        compared = [
            (str(_("Twelve months")), show_period(windows.now)),
            (str(_("Before them")), show_period(windows.before)),
        ]
        return [*super().note(asked), *compared, currency_line()]

    def finish(self, row: Row) -> Row:
        return {**row, "why": sentence(row, row["silent"]) if row["why"] else ""}

    def query(self, session: Session, asked: Choices) -> Select:
        rows = clients(asked["on"]).where(seen_by(viewer_of(session), Counterparty))
        rows = rows.where(*of_clients(asked))
        return rows.execution_options(unscoped=True)  # medians are of the company; the rows are narrowed

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        (table,) = super().tables(session, args, today=today, limit=limit)
        asked = self.ask(session, args, today=today)
        if not asked["counterparty"]:
            return [table]
        rows = list(table.rows)
        table = replace(table, rows=rows)
        found = [told(table, self.figures(), rows[0])] if rows and not table.setup.detail else []
        return [table, *found, *(part.table(session, limit) for part in of_one(asked))]


def clients(day: date) -> Select:
    """Every buyer with whom there was anything, with the figures of his relations on the day."""
    windows = Windows.until(day)
    parts = {
        "offer": relations.offers(windows.now),
        "income": relations.income(windows),
        "mix": relations.mix(windows),
        "discipline": relations.discipline(windows.now),
        "mark": relations.marks(day, windows.now),
        "sign": signs(day, SILENCE, DAYS),
    }
    tables = {name: part.subquery(name) for name, part in parts.items()}
    offer, income, mix, discipline, mark, sign = (table.c for table in tables.values())
    revenue = func.coalesce(income.revenue, 0)
    possible = func.greatest(func.coalesce(income.best, 0), func.coalesce(income.median, 0))
    of_sign = [column for column in sign if column.name not in {"counterparty_id"}]
    rows = (
        select(
            Counterparty.id,
            Counterparty.code,
            Counterparty.name.label("buyer"),
            Counterparty.manager_id,
            user_name(User).label("manager"),
            income.abc,
            ClientFigure.stage,
            func.coalesce(offer.offers, 0).label("offers"),
            func.coalesce(offer.accepted, 0).label("accepted"),
            (100 * offer.accepted / func.nullif(offer.offers, 0)).label("reaction"),
            *(mark.mark, mark.trend, mark.average),
            mix.mix_change,
            func.coalesce(mix.dropped, 0).label("dropped"),
            *(func.round(discipline[name], 1).label(name) for name in ("days_late", "collect_late")),
            discipline.late_share,
            revenue.label("revenue"),
            func.coalesce(income.profit, 0).label("profit"),
            func.coalesce(income.best, 0).label("best"),
            income.median,
            possible.label("possible"),
            func.greatest(possible - revenue, 0).label("gap"),
            (sign.is_silent + sign.has_fallen + sign.owes_more).label("why"),
            (literal(day) - last_purchase(day, Counterparty.id)).label("silent"),
            *of_sign,
        )
        .select_from(Counterparty)
        .outerjoin(ClientFigure, ClientFigure.counterparty_id == Counterparty.id)
        .outerjoin(User, User.id == Counterparty.manager_id)
    )
    for table in tables.values():
        rows = rows.outerjoin(table, table.c.counterparty_id == Counterparty.id)
    anything = (offer.offers, income.best, mark.mark, sign.counterparty_id)
    return rows.where(Counterparty.is_buyer, or_(*(each.is_not(None) for each in anything)))


def reaction(totals: Row) -> Decimal | None:
    return Decimal(100) * totals["accepted"] / totals["offers"] if totals["offers"] else None


FIGURES = Shape(
    columns=(
        Text("figure", _l("Figure"), width=30),
        Text("value", _l("Value"), width=24),
        Text("how", _l("How it is counted"), width=80),
    ),
    order=("id",),
)


def told(table: ReportTable, columns: Sequence[Column], row: Row) -> ReportTable:
    """The figures of one client under one another, each with how it is counted."""
    shown = [
        {"id": place, "figure": str(column.label), "value": column.show(row[column.name]), "how": str(HOW[column.name])}
        for place, column in enumerate(columns)
        if column.name in HOW
    ]
    signs_told = {
        "id": len(shown),
        "figure": str(_("Signs")),
        "value": row["why"] or str(_("none")),
        "how": str(HOW["why"]),
    }
    lines = [*shown, signs_told]
    bare = replace(table.setup, columns=FIGURES.columns, groups=(), order=("id",), sort="", narrowings=())
    return replace(
        table,
        title=str(_("How the figures are counted")),
        note=[],
        columns=FIGURES.columns,
        rows=lines,
        totals={(): {"_rows": len(lines)}},
        shape=FIGURES,
        setup=bare,
        chart=None,
        own=(),
    )


def of_one(asked: Choices) -> Iterator[ReportPart]:
    """What the figures of one client are made of."""
    client, windows = asked["counterparty"].id, Windows.until(asked["on"])
    yield ReportPart(_l("Change of preferences"), PREFERENCES, preferences(client, windows))
    yield ReportPart(_l("What clients like him buy, and he does not"), LIKE, like(client, windows))
    yield ReportPart(_l("What was offered"), OFFERS, offered(client, windows))
    yield ReportPart(_l("Satisfaction"), MARKS, marks(client, asked["on"]))


PREFERENCES = Shape(
    columns=(
        Text("item_group", _l("Item group"), width=34),
        Money("before", _l("In the twelve months before"), total=True),
        Money("now", _l("In twelve months"), total=True),
        Percent("share_before", _l("Share before, %"), total=True),
        Percent("share_now", _l("Share, %"), total=True),
        Percent("change", _l("Change, points")),
        Date("last_on", _l("Last purchase")),
        Text("mark", _l("What changed"), width=22),
    ),
    order=("-weight", "item_group"),
)
LIKE = Shape(
    columns=(
        Text("item", _l("Item"), width=42, link=("Item", "id")),
        Text("item_group", _l("Item group"), width=28),
        Number("buyers", _l("Clients like him"), width=10, total=False),
        Percent("share", _l("Of such clients, %")),
        Money("revenue", _l("Their revenue"), total=False),
    ),
    order=("-buyers", "-revenue"),
)
OFFERS = Shape(
    columns=(
        Date("day", _l("Day")),
        Text("subject", _l("Subject"), width=36, link=("Contact", "id")),
        Choice("outcome", _l("Outcome of the offer"), width=18, words=OfferOutcome),
        Text("reason", _l("Reason of the refusal"), width=34),
        Text("order", _l("Order that came of it"), width=18, link=("BuyerOrder", "order_id")),
    ),
    order=("-day",),
)
MARKS = Shape(
    columns=(
        Date("on", _l("Day")),
        Number("mark", _l("Mark, from 1 to 5"), total=False),
        Text("comment", _l("Comment"), width=60),
        Text("by", _l("Author"), width=26),
    ),
    order=("-on",),
)


def preferences(client: int, windows: Windows) -> Select:
    row = relations.bought(windows, Shipment.counterparty_id == client).subquery("bought").c
    now, before = (
        100 * func.greatest(row[name], 0) / func.nullif(func.sum(func.greatest(row[name], 0)).over(), 0)
        for name in ("now", "before")
    )
    share_now, share_before = func.coalesce(now, 0), func.coalesce(before, 0)
    mark = case(
        (and_(row.before > 0, row.now <= 0), str(_("buys no more"))),
        (and_(row.now > 0, row.before <= 0), str(_("buys since now"))),
        else_="",
    )
    return select(
        row.item_group.label("id"),
        func.coalesce(func.nullif(row.item_group, ""), str(_("Without a group"))).label("item_group"),
        *(row.before, row.now, row.last_on),
        share_before.label("share_before"),
        share_now.label("share_now"),
        (share_now - share_before).label("change"),
        (row.now + row.before).label("weight"),
        mark.label("mark"),
    )


def like(client: int, windows: Windows) -> Select:
    """The goods that most of them buy."""
    found = relations.bought_by_like(client, windows.now).subquery("found")
    row = found.c
    most = select(found).order_by(row.buyers.desc(), row.revenue.desc(), row.item_id).limit(MOST).subquery("most").c
    rows = select(
        Item.id, Item.name.label("item"), Item.group.label("item_group"), most.buyers, most.share, most.revenue
    )
    # What others buy is of the company, and tells nobody's name.
    return rows.join(Item, Item.id == most.item_id).execution_options(unscoped=True)


def offered(client: int, windows: Windows) -> Select:
    days = windows.now
    return (
        select(
            Contact.id,
            func.date(Contact.starts_at).label("day"),
            func.coalesce(func.nullif(Contact.subject, ""), str(_("Offer"))).label("subject"),
            *(Contact.outcome, Contact.reason),
            BuyerOrder.number.label("order"),
            BuyerOrder.id.label("order_id"),
        )
        .outerjoin(BuyerOrder, BuyerOrder.id == Contact.order_id)
        .where(relations.offered_in(days), Contact.counterparty_id == client)
    )


def marks(client: int, day: date) -> Select:
    mark = SatisfactionMark
    return (
        select(mark.id, mark.on, mark.mark, mark.comment, user_name(User).label("by"))
        .outerjoin(User, User.id == mark.by_id)
        .where(mark.counterparty_id == client, mark.on <= day)
    )
