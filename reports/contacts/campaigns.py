"""What campaigns brought: revenue, profit, cost and ROI; and how those grew who were called, beside the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Numeric, Select, case, cast, func, null, select
from sqlalchemy.orm import Session

from app.domain.effect import FEWEST, Conclusion, Effect, Sample
from app.domain.periods import DAY, Period
from app.domain.stages import Stage
from app.domain.words import AbcClass, CampaignKind
from app.formatting import money, show_period
from app.models.captions import CAPTIONS
from app.models.contacts import Campaign
from app.models.counterparties import Counterparty, InformationSource
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.classification.classes import abc_on
from app.queries.classification.stages import stage_on
from app.queries.contacts import campaigns
from reports.kit.columns import Choice, Date, Drill, Money, Number, Percent, Row, Text
from reports.kit.params import ChoiceParam, Label, LookupParam, NumberParam, PeriodParam
from reports.kit.part import ReportPart
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape
from reports.kit.table import ReportTable

ATTRIBUTION: dict[str, Label] = {"last": _l("To the last touch"), "first": _l("To the first touch")}
CALLED, OTHERS = 1, 2
EARLIER = 0  # stands for the campaigns that began before the period
GROWTH = Shape(
    columns=(
        Text("who", _l("Clients"), width=24),
        Number("clients", _l("How many"), width=10, total=False),
        Money("before", _l("Revenue before")),
        Money("after", _l("Revenue after")),
        Percent("growth", _l("Growth, %")),
        Money("mean", _l("Change a client"), total=False),
    ),
    order=("id",),
)
MONTHS = Shape(
    columns=(
        Date("first", _l("From")),
        Date("last", _l("To")),
        Money("called", _l("Called: revenue a client"), width=20, total=False),
        Money("others", _l("Others: revenue a client"), width=20, total=False),
    ),
    order=("id",),
)


class Campaigns(Report):
    """A sale stands once, at the touch that it is put down to; a cost once, at its source or at the campaign.

    The period chooses campaigns by their start; each is measured over its whole life by today. Of one campaign the
    growth of those who were called is compared with that of the others.
    """

    slug = "campaigns"
    title = _l("Results of campaigns")
    group = _l("Contacts")
    description = _l("What each campaign and publication brought and cost; how those grew who were called.")
    params = (
        PeriodParam("period", _l("Begun in"), default="this-year", days=(Campaign.begins,)),
        ChoiceParam("attribution", _l("Sales are put down"), default="last", options=ATTRIBUTION),
        LookupParam("campaign", _l("Campaign"), model=Campaign, key="name"),
        ChoiceParam(
            "kind", _l("Kind"), options={"": _l("Any"), **{k.value: CAPTIONS[CampaignKind, k] for k in CampaignKind}}
        ),
        LookupParam("source", _l("Information source"), model=InformationSource, key="name"),
        NumberParam("days", _l("Growth: days before and after"), default="60", least=1, most=366, whole=True),
        LookupParam("manager", _l("Growth: responsible manager"), model=User, key="username"),
        ChoiceParam(
            "abc", _l("Growth: class"), options={"": _l("Any"), **{c.value: CAPTIONS[AbcClass, c] for c in AbcClass}}
        ),
        ChoiceParam(
            "stage", _l("Growth: stage"), options={"": _l("Any"), **{s.value: CAPTIONS[Stage, s] for s in Stage}}
        ),
    )

    def ask(self, session: Session, args: Mapping[str, str], *, today: date) -> Choices:
        """With the days of the chosen campaign, and whether the reader sees everybody: costs are of the company."""
        asked = super().ask(session, args, today=today)
        viewer = viewer_of(session)
        held = session.execute(campaigns.days_of(asked["campaign"].id)).one() if asked["campaign"] else None
        days = Period(held.first, max(held.first, held.last)) if held and held.first else None
        whole = viewer is None or viewer.sees_all
        return replace(asked, values={**asked.values, "whole": whole, "held": days})

    def shape(self, asked: Choices) -> Shape:
        money_spent = (
            Money("cost", _l("Money spent"), total=True),
            Percent("roi", _l("ROI, %"), width=12, total_of=roi),
        )
        to_one = Drill("campaigns", {"attribution": asked.texts["attribution"]}, {"campaign": "campaign_id"})
        return Shape(
            columns=(
                Text("campaign", _l("Campaign"), width=36, key="campaign_id", drill=to_one),
                Choice("kind", _l("Kind"), width=16, aside=True, words=CampaignKind),
                Text("source", _l("Source"), width=28, key="source_id"),
                Number("touched", _l("Touches"), width=10),
                Number("sales", _l("Sales"), width=10, aside=True),
                Money("revenue", _l("Revenue"), total=True),
                Money("profit", _l("Gross profit"), total=True),
                Money("own_profit", _l("Gross profit of campaigns"), total=True, aside=True),
                *(money_spent if asked["whole"] else ()),
                Date("begins", _l("Begins"), aside=True),
                Date("ends", _l("Ends"), aside=True),
                Date("open_until", _l("Window open until"), width=14),
            ),
            order=("place", "-began", "campaign", "campaign_id", "source"),
            groups=("campaign", "kind", "source"),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        rule = _(
            "a sale belongs to the touch whose window has its day; each campaign is measured over its life by today"
        )
        note = [*super().note(asked), (str(_("How it is counted")), str(rule))]
        if not asked["whole"]:
            note.append((str(_("Sales")), str(_("of your clients; costs and ROI are of the company"))))
        return [*note, currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        held: Period | None = asked["held"]
        begun = Period(held.first, held.first) if held else asked["period"]
        found = campaigns.brought(begun, asked.today, viewer_of(session), first=asked["attribution"] == "first")
        row = found.subquery("brought").c
        window = campaigns.windows(asked.today).subquery("window")
        spent = asked["whole"]
        own = case((row.chosen, row.profit), else_=0)
        name = case((row.campaign_id == EARLIER, str(_("Campaigns begun earlier"))), else_=str(_("No campaign")))
        rows: Select[Any] = (
            select(
                func.concat_ws("-", func.coalesce(row.campaign_id, -1), row.source_id).label("id"),
                func.nullif(row.campaign_id, EARLIER).label("campaign_id"),
                func.coalesce(Campaign.name, name).label("campaign"),
                *(Campaign.kind, Campaign.begins, Campaign.ends),
                Campaign.begins.label("began"),
                case((row.chosen, 1), (row.campaign_id == EARLIER, 2), else_=3).label("place"),
                *(row.source_id, InformationSource.name.label("source")),
                *(row.touched, row.sales, row.revenue, row.profit),
                own.label("own_profit"),
                (case((row.chosen, row.cost)) if spent else cast(null(), Numeric)).label("cost"),
                (100 * (own - row.cost) / func.nullif(row.cost, 0) if spent else cast(null(), Numeric)).label("roi"),
                case((window.c.until >= asked.today, window.c.until)).label("open_until"),
            )
            .select_from(row.campaign_id.table)
            .outerjoin(Campaign, Campaign.id == row.campaign_id)
            .outerjoin(window, window.c.campaign_id == row.campaign_id)
            .outerjoin(InformationSource, InformationSource.id == row.source_id)
            .execution_options(unscoped=True)  # touches are of the company; sales are narrowed by the query
        )
        if asked["campaign"]:
            rows = rows.where(row.campaign_id == asked["campaign"].id)
        if asked["kind"]:
            rows = rows.where(Campaign.kind == CampaignKind(asked["kind"]))
        if asked["source"]:
            rows = rows.where(row.source_id == asked["source"].id)
        return rows

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        (table,) = super().tables(session, args, today=today, limit=limit)
        asked = self.ask(session, args, today=today)
        rows = list(table.rows)
        best = [] if table.hidden or table.setup.detail else best_of(rows)
        table = replace(table, rows=rows, note=[*table.note, *best])
        return [table, *growth_tables(session, asked, limit)]


def roi(totals: Row) -> Decimal | None:
    """Of campaigns alone: where other sales are in the sum it says nothing."""
    cost = totals["cost"]
    is_theirs = totals["profit"] == totals["own_profit"]
    return 100 * (totals["profit"] - cost) / Decimal(cost) if cost and is_theirs else None


def best_of(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The sources that brought most profit and most for what they cost, and what all campaigns together did."""
    of_sources = [row for row in rows if row["source"] and row["campaign_id"]]
    told = []
    if profitable := [row for row in of_sources if row["profit"] > 0]:
        best = max(profitable, key=lambda row: row["profit"])
        told.append((str(_("Most profit")), f"{best['source']} ({best['campaign']}), {money(best['profit'])}"))
    if paid := [row for row in of_sources if row["roi"] is not None and row["profit"] > 0]:
        best = max(paid, key=lambda row: row["roi"])
        told.append((str(_("Best ROI")), f"{best['source']} ({best['campaign']}), {roi_in_words(best['roi'])}"))
    cost, profit = (sum((row[name] or 0 for row in rows), Decimal(0)) for name in ("cost", "own_profit"))
    if cost:
        told.append((str(_("ROI of all campaigns together")), roi_in_words(100 * (profit - cost) / Decimal(cost))))
    return told


def roi_in_words(roi: Decimal) -> str:
    return f"{Percent('roi', '').show(roi)}\u00a0%"


def growth_tables(session: Session, asked: Choices, limit: int | None) -> list[ReportTable]:
    """How those grew who were called and the others, and how both went before; nothing unless a campaign is chosen."""
    held: Period | None = asked["held"]
    if held is None or held.last >= asked.today:
        return []
    length = min(asked["days"], (asked.today - held.last).days)
    before = Period(held.first - length * DAY, held.first - DAY)
    after = Period(held.last + DAY, held.last + length * DAY)
    day, conditions = before.last, []
    if asked["manager"]:
        conditions.append(Counterparty.manager_id == asked["manager"].id)
    if asked["abc"]:
        conditions.append(abc_on(day, Counterparty.id) == AbcClass(asked["abc"]))
    if asked["stage"]:
        conditions.append(stage_on(day, Counterparty.id) == Stage(asked["stage"]))
    clients = campaigns.called_and_others(asked["campaign"].id, held.first, *conditions)
    days = [(str(_("Before")), show_period(before)), (str(_("After")), show_period(after))]
    if length < asked["days"]:
        days.append((str(_("Not over yet")), str(_("only %(days)s days have passed since the campaign", days=length))))
    compared = campaigns.growth(clients, before, after).subquery("compared").c
    who = case((compared.called, str(_("Called"))), else_=str(_("Others")))
    grown = select(
        case((compared.called, CALLED), else_=OTHERS).label("id"),
        who.label("who"),
        *(compared.clients, compared.before, compared.after, compared.mean, compared.variance),
        case((compared.before > 0, 100 * (compared.after - compared.before) / compared.before)).label("growth"),
    )
    table = ReportPart(_l("Growth after calls"), GROWTH, grown).table(session, limit)
    groups = {row["id"]: row for row in table.rows}
    if CALLED not in groups:
        return []
    effect = Effect(*(sample_of(groups.get(which)) for which in (CALLED, OTHERS)))
    table = replace(table, rows=[*groups.values()], note=[*days, *concluded(effect), currency_line()])
    months = campaigns.months_before(clients, held.first)
    return [table, ReportPart(_l("Three months before the campaign"), MONTHS, months).table(session, limit)]


def sample_of(row: Row | None) -> Sample:
    return Sample(*(row[name] for name in ("clients", "before", "after", "mean", "variance"))) if row else Sample()


def concluded(effect: Effect) -> list[tuple[str, str]]:
    """What the figures say, and what they do not."""
    told = [
        (
            str(_("Effect of the calls")),
            str(_("%(each)s a client, %(total)s in all", each=money(effect.each), total=money(effect.total))),
        )
    ]
    verdict, interval = effect.verdict, effect.interval
    if verdict is Conclusion.TOO_FEW or interval is None:
        few = _("too little data: at least %(fewest)s clients are needed in each group", fewest=FEWEST)
        return [*told, (str(_("Conclusion")), str(few))]
    least, most = (money(round(Decimal(end), 2)) for end in interval)
    told.append(
        (str(_("With the confidence of 95 %")), str(_("from %(least)s to %(most)s a client", least=least, most=most)))
    )
    words = {
        Conclusion.GROWTH: _(
            "those who were called grew by more than the others, and chance alone does not explain it"
        ),
        Conclusion.FALL: _("those who were called grew by less than the others, and chance alone does not explain it"),
        Conclusion.UNPROVEN: _("not proven: no effect at all is as well possible"),
    }
    caution = _("who was called was not drawn by lot: see whether both groups went alike before")
    return [*told, (str(_("Conclusion")), str(words[verdict])), (str(_("Mind")), str(caution))]
