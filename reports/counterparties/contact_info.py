"""Отчет по контактной информации контрагентов: how to reach whom, what is missing, and how complete it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Numeric, Select, cast, func, select
from sqlalchemy.orm import Session

from app.domain.stages import Stage
from app.domain.words import InfoType
from app.models.captions import CAPTIONS
from app.models.counterparties import ContactInfoKind, Counterparty, CounterpartyGroup
from app.models.figures import ClientFigure
from app.models.users import User
from app.queries.counterparties.contact_info import Filling, owners_filled, ways_and_gaps
from app.queries.sql import user_name
from reports.kit.columns import Choice, Column, Number, Percent, Row, Text
from reports.kit.params import ChoiceParam, Label, LookupParam
from reports.kit.report import Choices, Report, of_clients
from reports.kit.setup import Shape

FILLINGS: dict[str, Label] = {
    Filling.FILLED: _l("Filled"),
    Filling.WRONG: _l("Cannot be right"),
    Filling.MISSING: _l("Missing"),
}
BY: dict[str, Label] = {"value": _l("Kinds of information"), "owner": _l("Whose it is")}
OF: dict[str, Label] = {
    "counterparties": _l("Counterparties"),
    "persons": _l("Contact persons"),
    "all": _l("Both"),
}
WHO: dict[str, Label] = {"": _l("Any"), "buyers": _l("Buyers"), "suppliers": _l("Suppliers")}


class ContactInfoReport(Report):
    """Completeness is 100 · filled / possible: of the kinds that the catalogue has for the owner, each once.

    A phone or an e-mail address that cannot be one fills nothing.
    """

    slug = "contact-info"
    title = _l("Contact information of counterparties")
    group = _l("Contacts")
    description = _l(
        "Phones, addresses and e-mails of clients and their people; what is missing, and how complete it is."
    )
    params = (
        ChoiceParam("of", _l("Whose"), default="counterparties", options=OF),
        ChoiceParam("by", _l("A row is"), default="value", options=BY),
        ChoiceParam("state", _l("Filled or not"), options={"": _l("Any"), **FILLINGS}),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        ChoiceParam("who", _l("Who they are to us"), options=WHO),
        LookupParam("kind", _l("Kind"), model=ContactInfoKind, key="name"),
        ChoiceParam("type", _l("Type"), options={"": _l("Any"), **{t.value: CAPTIONS[InfoType, t] for t in InfoType}}),
    )

    def shape(self, asked: Choices) -> Shape:
        person = Text("person", _l("Contact person"), width=30, link=("ContactPerson", "person_id"))
        whose = (
            Text("code", _l("Code"), width=14, aside=True),
            Text("counterparty", _l("Counterparty"), width=38, link=("Counterparty", "counterparty_id")),
            *(() if asked["of"] == "counterparties" else (person,)),
        )
        more = (
            Text("manager", _l("Responsible manager"), width=24),
            Text("group", _l("Group"), width=20, aside=True),
            Choice("abc", _l("ABC class"), width=9, aside=True),
            Choice("stage", _l("Stage"), width=20, aside=True, words=Stage),
        )
        share = Percent("completeness", _l("Completeness, %"), width=12)
        counts: tuple[Column, ...] = (
            Number("filled", _l("Filled"), width=11, aside=asked["by"] == "value"),
            Number("possible", _l("Possible"), width=11, aside=asked["by"] == "value"),
            replace(share, total_of=complete),
        )
        if asked["state"]:  # some rows alone: their share would say nothing of their owners
            counts = (replace(share, total=False),)
        groups = ("manager", "group", "abc", "stage")
        if asked["by"] == "owner":
            missing = Text("missing", _l("Missing"), width=70)
            wrong = Text("wrong", _l("Cannot be right"), width=30, aside=True)
            columns: tuple[Column, ...] = (*whose, *counts, missing, wrong, *more)
            return Shape(
                columns=columns, order=("completeness", "counterparty", "counterparty_id", "person"), groups=groups
            )
        what = (
            Text("kind", _l("Kind"), width=24),
            Choice("type", _l("Type"), width=14, aside=True, words=InfoType),
            Text("value", _l("Value"), width=44),
            Text("comment", _l("Comment"), width=24, aside=True),
            Choice("state", _l("State"), width=18, caption=lambda value: str(FILLINGS[value])),
        )
        return Shape(
            columns=(*whose, *what, *counts, *more),
            order=("counterparty", "counterparty_id", "person", "position"),
            groups=("counterparty", "kind", "type", "state", *groups),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        whose, which, state = owners_of(asked), kinds_of(asked), asked["state"]
        if by_owner := asked["by"] == "owner":
            found = owners_filled(asked["of"], whose, which, Filling(state) if state else None).subquery("owners")
        else:
            found = ways_and_gaps(asked["of"], whose, which).subquery("ways")
        row = found.c
        sums = (row.filled, row.possible) if by_owner else (row.owner_filled, row.owner_possible)
        beside = ("missing", "wrong") if by_owner else ("position", "kind", "type", "comment", "state", "value")
        rows = (
            select(
                *(row.id, row.counterparty_id, row.person_id, row.person),
                Counterparty.code,
                Counterparty.name.label("counterparty"),
                user_name(User).label("manager"),
                CounterpartyGroup.name.label("group"),
                *(ClientFigure.abc, ClientFigure.stage),
                *(row.filled, row.possible, share_of(*sums).label("completeness")),
                *(row[name] for name in beside),
            )
            .join(found, row.counterparty_id == Counterparty.id)
            .outerjoin(ClientFigure, ClientFigure.counterparty_id == Counterparty.id)
            .outerjoin(User, User.id == Counterparty.manager_id)
            .outerjoin(CounterpartyGroup, CounterpartyGroup.id == Counterparty.group_id)
        )
        return rows if by_owner or not state else rows.where(row.state == state)


def owners_of(asked: Choices) -> list[ColumnElement[bool]]:
    """Those that the reader chose."""
    conditions: list[Any] = [*of_clients(asked)]
    if asked["who"]:
        conditions.append(Counterparty.is_buyer if asked["who"] == "buyers" else Counterparty.is_supplier)
    return conditions


def kinds_of(asked: Choices) -> list[ColumnElement[bool]]:
    conditions: list[Any] = []
    if asked["kind"]:
        conditions.append(ContactInfoKind.id == asked["kind"].id)
    if asked["type"]:
        conditions.append(ContactInfoKind.type == InfoType(asked["type"]))
    return conditions


def share_of(filled: Any, possible: Any) -> ColumnElement[Any]:
    return 100 * cast(filled, Numeric) / func.nullif(possible, 0)


def complete(totals: Row) -> Decimal:
    possible = totals["possible"]
    return Decimal(100) * totals["filled"] / possible if possible else Decimal(0)
