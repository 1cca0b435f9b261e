"""Отношения с клиентами: offers, satisfaction, preferences, discipline, income and signs, of all or of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from app.formatting import show_period
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.figures import ClientFigure
from app.models.letters import Letter, LetterParty
from app.models.mailings import Mailing, MailingRecipient
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.satisfaction import SatisfactionMark
from app.models.users import User
from app.models.visibility import seen_by, viewer_of
from app.queries.classification.rhythm import last_purchase
from app.queries.classification.signs import signs
from app.queries.counterparties import reactions, relations
from app.queries.counterparties.relations import Windows
from app.queries.sql import user_name
from app.services.classification.signs import sentence
from reports.kit.columns import (
    MANAGER_NOW,
    Arrow,
    Choice,
    Column,
    Date,
    Drill,
    Money,
    Number,
    Percent,
    Row,
    Text,
    UserName,
)
from reports.kit.comparing import How
from reports.kit.params import DateParam, Label, LookupParam, NumberParam
from reports.kit.part import ReportPart
from reports.kit.report import Choices, Report, currency_line, of_clients
from reports.kit.setup import Shape
from reports.kit.table import ReportTable

DAYS = 90  # changes of class and debt that are a sign
MOST = 20
ANSWERS = ("letters", "letters_answered", "mailings", "mailings_answered")


@dataclass(frozen=True)
class Told(Text):
    """A sentence made of other columns."""

    comparisons: ClassVar[tuple[How, ...]] = ()


HOW: Mapping[str, Label] = {
    "offers": _l("done contacts marked as an offer, of twelve months"),
    "accepted": _l("of them those whose outcome is that he accepted"),
    "reaction": _l("accepted of a hundred offers"),
    "ordered": _l("of the offers those that an order came of, as their contacts say"),
    "ordered_share": _l("offers that became orders, of a hundred"),
    "letters": _l("conversations by letter that we began in twelve months, whatever number of letters they have"),
    "letters_answered": _l(
        "of them those that he, not a machine of his, answered within the days that are chosen above"
    ),
    "letters_share": _l("conversations that he answered, of a hundred"),
    "mailings": _l("letters of mailings that went out to him in twelve months"),
    "mailings_answered": _l("of them those that he answered within the days that are chosen above"),
    "mailings_share": _l("letters of mailings that he answered, of a hundred"),
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
    definitions = HOW
    params = (
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        DateParam("on", _l("On the day"), default="today"),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
        NumberParam("within", _l("Answered within, days"), default="7", least=1, most=90, whole=True),
    )

    def shape(self, asked: Choices) -> Shape:
        chosen = {name: asked.texts[name] for name in ("on", "within")}
        to_one = Drill("relations", chosen, {"counterparty": "id"})
        return Shape(
            columns=(
                Text("code", _l("Code"), width=14, aside=True),
                Text("buyer", _l("Buyer"), width=36, key="id", drill=to_one),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW, aside=True),
                Choice("abc", _l("ABC class"), width=9, listed=[*AbcClass]),
                Choice("stage", _l("Stage"), width=20, words=Stage, aside=True),
                *self.figures(),
                Told("why", _l("Signs"), width=70),
            ),
            order=("-gap", "-revenue"),
            groups=("manager", "abc", "stage"),
            at_once=asked["counterparty"] is None,
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
            Percent("reaction", _l("Offers accepted, %"), total_of=percent("accepted", "offers")),
            Number("ordered", _l("Became orders"), width=9),
            Percent("ordered_share", _l("Became orders, %"), total_of=percent("ordered", "offers"), aside=True),
            Number("letters", _l("Conversations begun"), width=12, aside=True),
            Number("letters_answered", _l("Answered by him"), width=10, aside=True),
            Percent("letters_share", _l("Letters answered, %"), total_of=percent("letters_answered", "letters")),
            Number("mailings", _l("Letters of mailings"), width=10, aside=True),
            Number("mailings_answered", _l("Mailings answered"), width=10, aside=True),
            Percent("mailings_share", _l("Mailings answered, %"), total_of=percent("mailings_answered", "mailings")),
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
        rows = clients(asked["on"], asked["within"], of_all=asked["counterparty"] is None)
        rows = rows.where(seen_by(viewer_of(session), Counterparty), *of_clients(asked))
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
        found = [figures_of_one(table, self.figures(), rows[0])] if rows and not table.setup.detail else []
        return [table, *found, *(part.table(session, limit) for part in of_one(asked))]


def clients(day: date, within: int, *, of_all: bool) -> Select:
    """Every buyer with whom there was anything, with the figures of his relations on the day.

    The figures `of_all` are worked out once, however often they are read; of one client they are looked up for him.
    """
    windows = Windows.until(day)
    parts = {
        "offer": reactions.offers(windows.now),
        "answer": reactions.answers(windows.now, within),
        "income": relations.income(windows),
        "mix": relations.mix(windows),
        "discipline": relations.discipline(windows.now),
        "mark": reactions.marks(day, windows.now),
        "sign": signs(day, SILENCE, DAYS),
    }
    tables = {name: part.cte(name) if of_all else part.subquery(name) for name, part in parts.items()}
    offer, answer, income, mix, discipline, mark, sign = (table.c for table in tables.values())
    revenue = func.coalesce(income.revenue, 0)
    possible = func.greatest(func.coalesce(income.best, 0), func.coalesce(income.median, 0))
    of_sign = [column for column in sign if column.name != "counterparty_id"]
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
            func.coalesce(offer.ordered, 0).label("ordered"),
            (100 * offer.ordered / func.nullif(offer.offers, 0)).label("ordered_share"),
            *(func.coalesce(answer[name], 0).label(name) for name in ANSWERS),
            *(
                (100 * answer[f"{name}_answered"] / func.nullif(answer[name], 0)).label(f"{name}_share")
                for name in ("letters", "mailings")
            ),
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
    anything = (offer.offers, answer.counterparty_id, income.best, mark.mark, sign.counterparty_id)
    return rows.where(Counterparty.is_buyer, or_(*(each.is_not(None) for each in anything)))


def percent(part: str, whole: str) -> Callable[[Row], Decimal | None]:
    return lambda totals: Decimal(100) * totals[part] / totals[whole] if totals[whole] else None


FIGURES = Shape(
    columns=(
        Text("figure", _l("Figure"), width=30),
        Text("value", _l("Value"), width=24),
        Text("how", _l("How it is counted"), width=80),
    ),
    order=("id",),
)


def figures_of_one(table: ReportTable, columns: Sequence[Column], row: Row) -> ReportTable:
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
    yield ReportPart(_l("Letters and mailings"), LETTERS, written_to(client, windows, asked["within"]))
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
LETTERS = Shape(
    columns=(
        Date("day", _l("Day")),
        Text("subject", _l("Subject"), width=46, link=("Letter", "id")),
        Text("mailing", _l("Mailing"), width=30),
        Date("answered_on", _l("Answered")),
        Number("days", _l("In days"), width=9, total=False),
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
        .where(reactions.offered_in(days), Contact.counterparty_id == client)
    )


def written_to(client: int, windows: Windows, within: int) -> Select:
    """Conversations that we began, and mailings."""
    found = reactions.conversations(windows.now, within).where(LetterParty.counterparty_id == client)
    row = found.subquery("conversations").c
    day, answered_on = func.date(row.at), func.date(row.answered_at)
    return (
        select(
            row.id,
            day.label("day"),
            func.coalesce(func.nullif(Letter.subject, ""), str(_("Letter"))).label("subject"),
            func.coalesce(Mailing.name, "").label("mailing"),
            answered_on.label("answered_on"),
            (answered_on - day).label("days"),
        )
        .join(Letter, Letter.id == row.id)
        .outerjoin(MailingRecipient, MailingRecipient.letter_id == row.id)
        .outerjoin(Mailing, Mailing.id == MailingRecipient.mailing_id)
        .execution_options(unscoped=True)  # whoever sees the client sees what was written to him
    )


def marks(client: int, day: date) -> Select:
    mark, himself = SatisfactionMark, str(_("The client himself, by letter"))
    return (
        select(
            mark.id,
            mark.on,
            mark.mark,
            mark.comment,
            case((mark.ask_id.is_not(None), himself), else_=user_name(User)).label("by"),
        )
        .outerjoin(User, User.id == mark.by_id)
        .where(mark.counterparty_id == client, mark.on <= day)
    )
