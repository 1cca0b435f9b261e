"""Задолженность покупателей по срокам: how old the debts are, and what of them is overdue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sales.debts import unpaid
from app.queries.sql import user_name
from reports.kit.columns import MANAGER_NOW, Choice, Date, Money, Number, Text, UserName
from reports.kit.params import DateParam, LookupParam, Param
from reports.kit.report import Choices, Report, currency_line, of_clients
from reports.kit.setup import Shape

MOST = 8  # bounds


@dataclass(frozen=True)
class BoundsParam(Param):
    """`15, 30, 45`: days that ages are cut at, each greater than the one before."""

    def value(self, session: Session, text: str, today: date) -> tuple[int, ...]:
        days = [int(one) for one in re.findall(r"\d+", text, re.ASCII)] if len(text) < 60 else []
        is_clean = re.fullmatch(r"[\d\s,;]*", text, re.ASCII)
        if not is_clean or not 1 <= len(days) <= MOST or days != sorted(set(days)) or days[-1] > 36_500:
            told = {"label": self.label, "text": text, "most": MOST}
            raise Refused(
                _("%(label)s: up to %(most)s growing numbers are expected, as 15, 30, 45, not “%(text)s”.", **told),
                field=self.name,
            )
        return tuple(days)

    def show(self, value: Sequence[int]) -> str:
        return ", ".join(map(str, value))


class Debts(Report):
    """A row is a document that is not repaid; it opens by client.

    Ages count from the day of the document. The total is the debts of those who owe: advances of others are not
    taken off.
    """

    slug = "debts"
    title = _l("Debts of buyers by age")
    group = _l("Deals")
    description = _l("Who owes how much and for how long, what of it is overdue, and for which documents.")
    params = (
        DateParam("on", _l("On"), default="today"),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
        BoundsParam("days", _l("Bounds of age, days"), default="15, 30, 45"),
    )

    def shape(self, asked: Choices) -> Shape:
        ages = ages_of(asked["days"])
        return Shape(
            columns=(
                Text("code", _l("Code"), width=14, aside=True),
                Text("buyer", _l("Buyer"), width=36, link=("Counterparty", "counterparty_id")),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW, aside=True),
                Choice("kind", _l("Kind"), width=18, words=DocumentKind, aside=True),
                Text(
                    "document",
                    _l("Document"),
                    width=20,
                    link=("Shipment", "shipment_id"),
                    link_else=(("Payment", "id"),),
                ),
                Date("date", _l("Date")),
                Text("order", _l("Order"), width=18, link=("BuyerOrder", "order_id"), aside=True),
                Date("due_on", _l("Pay by")),
                Number("age", _l("Age of the debt, days"), width=10, total=False),
                Number("late", _l("Overdue, days"), width=10, total=False),
                Money("amount", _l("Amount"), total=True, aside=True),
                Money("debt", _l("Debt"), total=True),
                *(Money(name, label, total=True) for name, label in ages.items()),
                Money("overdue", _l("Overdue"), total=True),
                Choice("bucket", _l("Age of the debt"), width=18, listed=[*ages], caption=ages.__getitem__, aside=True),
            ),
            order=("date",),
            groups=("buyer", "manager", "bucket"),
            opens={"group": "buyer", "detail": "1", "sort": "-debt"},
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        rule = _("money repays the oldest documents first; overdue is what was due first and is not paid")
        return [*super().note(asked), (str(_("How it is counted")), str(rule)), currency_line()]

    def query(self, session: Session, asked: Choices) -> Select:
        owed = unpaid(asked["on"]).subquery("unpaid")
        row, bounds = owed.c, asked["days"]
        names = [*ages_of(bounds)]
        age = literal(asked["on"]) - row.date
        bucket = case(*((age <= bound, name) for bound, name in zip(bounds, names, strict=False)), else_=names[-1])
        is_shipment = row.kind == DocumentKind.SHIPMENT.value
        query = (
            select(
                row.id,
                case((is_shipment, row.id)).label("shipment_id"),
                row.counterparty_id,
                Counterparty.code,
                Counterparty.name.label("buyer"),
                Counterparty.manager_id,
                user_name(User).label("manager"),
                row.kind,
                row.number.label("document"),
                row.date,
                row.order_id,
                BuyerOrder.number.label("order"),
                row.due_on,
                age.label("age"),
                func.nullif(func.greatest(literal(asked["on"]) - row.due_on, 0), 0).label("late"),
                row.amount,
                row.unpaid.label("debt"),
                *(case((bucket == name, row.unpaid)).label(name) for name in names),
                func.nullif(row.overdue, 0).label("overdue"),
                bucket.label("bucket"),
            )
            .join(owed, row.counterparty_id == Counterparty.id)
            .outerjoin(BuyerOrder, BuyerOrder.id == row.order_id)
            .outerjoin(User, User.id == Counterparty.manager_id)
        )
        return query.where(*of_clients(asked))


def ages_of(bounds: Sequence[int]) -> Mapping[str, str]:
    """Names of the columns, the youngest first, with what they are called."""
    firsts = [0, *(bound + 1 for bound in bounds)]
    between = {
        f"age_{place}": _("%(first)s–%(last)s days", first=first, last=last) if first else _("Up to %(n)s days", n=last)
        for place, (first, last) in enumerate(zip(firsts, bounds, strict=False), 1)
    }
    return {**between, f"age_{len(firsts)}": _("Over %(n)s days", n=bounds[-1])}
