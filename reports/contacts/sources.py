"""Анализ контактов и источников информации: what each source brought, and by which buyers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Numeric, Select, String, cast, func, or_, select
from sqlalchemy.orm import Session

from app.domain.words import SourceKind
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, InformationSource
from app.models.products import Item
from app.models.users import User
from app.models.visibility import seen_by, viewer_of
from app.queries.contacts.sources import MEASURES, by_source
from app.queries.sql import user_name
from reports.kit.columns import MANAGER_NOW, Choice, Column, Money, Number, Percent, Text, UserName
from reports.kit.params import ChoiceParam, Label, LookupParam, PeriodParam
from reports.kit.report import Choices, Report, currency_line, of_clients
from reports.kit.setup import Shape

LABELS: Mapping[str, tuple[Label, Label, Label]] = {
    "revenue": (_l("Revenue"), _l("Revenue: share of all, %"), _l("Revenue: share of the source, %")),
    "net": (
        _l("Revenue without VAT"),
        _l("Revenue without VAT: share of all, %"),
        _l("Revenue without VAT: share of the source, %"),
    ),
    "profit": (_l("Gross profit"), _l("Profit: share of all, %"), _l("Profit: share of the source, %")),
    "sales": (_l("Sales"), _l("Sales: share of all, %"), _l("Sales: share of the source, %")),
    "quantity": (_l("Quantity sold"), _l("Quantity: share of all, %"), _l("Quantity: share of the source, %")),
    "contacts": (_l("Contacts"), _l("Contacts: share of all, %"), _l("Contacts: share of the source, %")),
}
MONEY = {"revenue", "net", "profit"}
ITEM = "item"


OF_ITEMS = (
    Text("item", _l("Item"), width=34, link=("Item", "item_id")),
    Text("item_group", _l("Item group"), width=24, aside=True),
)


class Sources(Report):
    """A sale belongs to the source that its buyer had on its day (app.queries.contacts.sources).

    Each measure has its percent of the whole company, which is that of a source in all of them, and its percent of
    the company's source.
    """

    slug = "sources"
    title = _l("Contacts and sources of information")
    group = _l("Contacts")
    description = _l("Which sources bring buyers, revenue and profit, and what share of it all.")
    params = (
        PeriodParam("period", _l("Period"), default="this-year", days=(Contact.starts_at,)),
        ChoiceParam("by", _l("By item"), options={"": _l("No"), ITEM: _l("Yes")}),
        LookupParam("source", _l("Information source"), model=InformationSource, key="name"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        by_item = asked["by"] == ITEM
        return Shape(
            columns=(
                Text("source", _l("Source"), width=30, key="source_id"),
                Text("code", _l("Code"), width=14),
                Text(
                    "buyer",
                    _l("Buyer"),
                    width=38,
                    link=("Counterparty", "counterparty_id"),
                    link_else=(("Contact", "contact_id"),),
                ),
                *(OF_ITEMS if by_item else ()),
                *(column for name in MEASURES for column in measured(name, adds_up=name != "sales" or not by_item)),
                Choice("kind", _l("Kind of source"), width=18, aside=True, words=SourceKind),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW, aside=True),
            ),
            order=("-revenue", "-contacts", "buyer"),
            groups=("source", "kind", "manager", *(column.name for column in OF_ITEMS if by_item)),
            at_once=True,
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        rule = _("sales of a buyer belong to the source that was registered last by their day")
        return [*super().note(asked), (str(_("How it is counted")), str(rule)), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        viewer = viewer_of(session)
        by_item = asked["by"] == ITEM
        brought = by_source(asked["period"], asked.today, viewer, by_item=by_item).subquery("brought")
        row = brought.c
        shares = [
            (100 * cast(row[name], Numeric) / func.nullif(func.sum(row[name]).over(partition_by=of), 0)).label(
                f"{name}_{what}"
            )
            for name in MEASURES
            for what, of in (("share", None), ("part", row.source_id))
        ]
        counted = select(*row, *shares).cte("counted")
        row = counted.c
        key = func.concat_ws(
            "-", func.coalesce(row.source_id, 0), cast(row.counterparty_id, String), row.who, row.item_id
        )
        rows: Select[Any] = (
            select(
                key.label("id"),
                *(row.counterparty_id, row.contact_id),
                func.coalesce(InformationSource.name, str(_("No source"))).label("source"),
                *(row.source_id, InformationSource.kind, Counterparty.manager_id),
                *(row.item_id, Item.name.label("item"), func.nullif(Item.group, "").label("item_group")),
                Counterparty.code,
                func.coalesce(Counterparty.name, row.prospect).label("buyer"),
                user_name(User).label("manager"),
                *(row[name] for name in MEASURES),
                *(row[share.name] for share in shares),
            )
            .select_from(counted)
            .outerjoin(InformationSource, InformationSource.id == row.source_id)
            .outerjoin(Counterparty, Counterparty.id == row.counterparty_id)
            .outerjoin(User, User.id == Counterparty.manager_id)
            .outerjoin(Item, Item.id == row.item_id)
            .where(or_(row.seen, Counterparty.id.is_not(None) & seen_by(viewer, Counterparty)))
            .execution_options(unscoped=True)  # the shares; the rows are narrowed above
        )
        if asked["source"]:
            rows = rows.where(row.source_id == asked["source"].id)
        return rows.where(*of_clients(asked))


def measured(name: str, *, adds_up: bool) -> tuple[Column, ...]:
    """A measure and its percents, if it has a whole; of two measures they are shown to everybody."""
    value, share, part = LABELS[name]
    if not adds_up:
        return (Number(name, value, width=11, total=False),)
    column = Money(name, value, total=True) if name in MONEY else Number(name, value, width=11)
    aside = name not in {"revenue", "profit"}
    return (
        column if name != "net" else Money(name, value, total=True, aside=True),
        Percent(f"{name}_share", share, width=12, total=True, aside=aside),
        Percent(f"{name}_part", part, width=12, aside=name != "revenue"),
    )
