"""Процент привлечения: of those who came for the first time, how many became buyers."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Numeric, Select, String, cast, func, select
from sqlalchemy.orm import Session

from app.models.contacts import Contact
from app.models.counterparties import Counterparty, InformationSource
from app.models.users import User
from app.queries.contacts.attraction import attracted
from app.queries.sql import user_name
from reports.contacts.sales_plan import Month
from reports.kit.columns import Column, Date, Drill, Money, Number, Percent, Row, Text, UserName
from reports.kit.params import ChoiceParam, Label, LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape

BY: dict[str, Label] = {
    "source": _l("Source"),
    "responsible": _l("Responsible"),
    "month": _l("Month"),
    "client": _l("Who came"),
}


class Attraction(Report):
    """100 · won / prospects: a prospect is whoever had his first incoming contact in the period, won is whoever has a
    shipment by today. The source is that of the contact, else the one that was known on its day; the responsible is
    whoever took the contact.
    """

    slug = "attraction"
    title = _l("Percent of attraction")
    group = _l("Buyers")
    description = _l("Who came for the first time, and how many of them became buyers: by source, responsible, month.")
    params = (
        PeriodParam("period", _l("Period"), default="this-year", days=(Contact.starts_at,)),
        ChoiceParam("by", _l("By"), default="source", options=BY),
        LookupParam("source", _l("Information source"), model=InformationSource, key="name"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        if asked["by"] == "client":
            return Shape(columns=clients(), order=("-on", "who"), groups=("source", "responsible"))
        lead = {
            "source": Text("source", _l("Source"), width=34, drill=drill(asked, "source", "source_name")),
            "responsible": Text("responsible", _l("Responsible"), width=34, drill=drill(asked, "manager", "login")),
            "month": Month("month", _l("Month"), drill=drill(asked, "period", "month_text")),
        }[asked["by"]]
        return Shape(
            columns=(
                lead,
                Number("prospects", _l("Prospects who came")),
                Number("registered", _l("Registered as clients")),
                Number("won", _l("Became buyers")),
                Percent("percent", _l("Percent of attraction"), width=14, total_of=percent),
                Money("revenue", _l("Revenue"), total=True),
                Money("profit", _l("Gross profit"), total=True),
            ),
            order=("month",) if asked["by"] == "month" else ("-prospects", asked["by"]),
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        responsible = str(_("whoever took the first contact"))
        return [*super().note(asked), (str(_l("Responsible")), responsible), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        came = attracted(asked["period"], asked.today)
        row = came.subquery("came").c
        name = user_name(User)
        rows: Select = (
            select()
            .select_from(row.contact_id.table)
            .outerjoin(InformationSource, InformationSource.id == row.source_id)
            .outerjoin(User, User.id == row.manager_id)
        )
        if asked["source"]:
            rows = rows.where(row.source_id == asked["source"].id)
        if asked["manager"]:
            rows = rows.where(row.manager_id == asked["manager"].id)
        if asked["by"] == "client":
            return rows.outerjoin(Counterparty, Counterparty.id == row.counterparty_id).add_columns(
                row.contact_id.label("id"),
                *(row.counterparty_id, row.contact_id, row.on, row.manager_id),
                func.coalesce(Counterparty.name, row.prospect).label("who"),
                func.coalesce(InformationSource.name, str(_("No source"))).label("source"),
                func.coalesce(name, str(_("Nobody"))).label("responsible"),
                *(row.registered, row.won, row.revenue, row.profit),
            )
        key, shown, *more = {
            "source": (
                InformationSource.id,
                func.coalesce(InformationSource.name, str(_("No source"))),
                InformationSource.name.label("source_name"),
            ),
            "responsible": (User.id, func.coalesce(name, str(_("Nobody"))), User.username.label("login")),
            "month": (row.month, row.month, func.left(cast(row.month, String), 7).label("month_text")),
        }[asked["by"]]
        sums = {each: func.sum(row[each]).label(each) for each in ("registered", "won", "revenue", "profit")}
        share = 100 * cast(func.sum(row.won), Numeric) / func.count()
        return rows.add_columns(
            (func.extract("epoch", key) if asked["by"] == "month" else func.coalesce(key, 0)).label("id"),
            shown.label(asked["by"]),
            *more,
            func.count().label("prospects"),
            *sums.values(),
            share.label("percent"),
        ).group_by(key)


def clients() -> tuple[Column, ...]:
    return (
        Date("on", _l("First contact")),
        Text(
            "who",
            _l("Who came"),
            width=42,
            link=("Counterparty", "counterparty_id"),
            link_else=(("Contact", "contact_id"),),
        ),
        Text("source", _l("Source"), width=26),
        UserName("responsible", _l("Responsible"), width=26),
        Number("registered", _l("Registered as clients"), width=12),
        Number("won", _l("Became buyers"), width=12),
        Money("revenue", _l("Revenue"), total=True),
        Money("profit", _l("Gross profit"), total=True),
    )


def drill(asked: Choices, param: str, column: str) -> Drill:
    """Those that the figures of a row are made of, of the same choices."""
    given = {name: asked.texts[name] for name in ("period", "source", "manager") if name != param}
    return Drill("attraction", given | {"by": "client"}, {param: column})


def percent(totals: Row) -> Decimal:
    return Decimal(100) * totals["won"] / totals["prospects"] if totals["prospects"] else Decimal(0)
