"""Переносы: which contacts and orders were moved, by how many days, why and by whom."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Date as SqlDate
from sqlalchemy import Integer, Select, String, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from app.domain.periods import DAY
from app.domain.words import OrderDate
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.histories import ContactMove, OrderMove
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sql import user_name
from reports.kit.columns import Choice, Date, Number, Text, UserName
from reports.kit.params import Label, LookupParam, PeriodParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

CONTACT = "contact"
WHAT: dict[str, Label] = {
    CONTACT: _l("Contact"),
    OrderDate.SHIPMENT: _l("Day of a shipment"),
    OrderDate.PAYMENT: _l("Day of a payment"),
}


def what(value: str) -> str:
    return str(WHAT[value])


class MovesReport(Report):
    """A row a move. What had no day before, or has none since, was moved by no number of days."""

    slug = "moves"
    title = _l("Moves of contacts and orders")
    group = _l("Contacts")
    description = _l(
        "What was moved, by how many days, why and by whom; kept promises are among indicators of managers."
    )
    params = (
        PeriodParam("period", _l("Moved in"), default="this-month", days=(ContactMove.at, OrderMove.at)),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Moved by"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Date("moved_on", _l("Moved")),
                Choice("what", _l("What was moved"), width=18, caption=what, listed=[*WHAT]),
                Text(
                    "subject",
                    _l("Document"),
                    width=34,
                    link=("Contact", "contact_id"),
                    link_else=(("BuyerOrder", "order_id"),),
                ),
                Text("buyer", _l("Counterparty"), width=36, link=("Counterparty", "buyer_id")),
                Date("was", _l("Was")),
                Date("now", _l("Became")),
                Number("days", _l("By days"), width=9, total=False),
                Text("reason", _l("Reason"), width=40),
                UserName("manager", _l("Moved by")),
                Number("moves", _l("Moves"), width=9),
            ),
            order=("-moved_on",),
            groups=("what", "reason", "manager", "buyer"),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        whole = (of_contacts(asked), of_orders(asked))
        return select(union_all(*(select(part.subquery()) for part in whole)).subquery("moves"))


def of_contacts(asked: Choices) -> Select:
    days = [cast(each, SqlDate) for each in (ContactMove.was, ContactMove.now)]
    subject = func.coalesce(func.nullif(Contact.subject, ""), str(_("Contact")))
    return moves_of(asked, ContactMove, Contact, days, literal(CONTACT), subject, Contact.id, null())


def of_orders(asked: Choices) -> Select:
    days = [OrderMove.was, OrderMove.now]
    kind, number = cast(OrderMove.what, String), BuyerOrder.number
    return moves_of(asked, OrderMove, BuyerOrder, days, kind, number, null(), BuyerOrder.id)


def moves_of(
    asked: Choices, move: Any, owner: Any, days: list[Any], kind: Any, subject: Any, contact: Any, order: Any
) -> Select:
    seen = aliased(Counterparty)  # the card is for whoever sees it
    (was, now), period = days, asked["period"]
    query = (
        select(
            (move.id * 2 + int(move is OrderMove)).label("id"),
            cast(move.at, SqlDate).label("moved_on"),
            kind.label("what"),
            subject.label("subject"),
            cast(contact, Integer).label("contact_id"),
            cast(order, Integer).label("order_id"),
            CounterpartyName.name.label("buyer"),
            seen.id.label("buyer_id"),
            was.label("was"),
            now.label("now"),
            (now - was).label("days"),
            move.reason,
            move.by_id.label("manager_id"),
            user_name(User).label("manager"),
            literal(1).label("moves"),
        )
        .select_from(move)
        .join(move.contact if owner is Contact else move.order)
        .outerjoin(CounterpartyName, CounterpartyName.id == owner.counterparty_id)
        .outerjoin(seen, seen.id == owner.counterparty_id)
        .outerjoin(User, User.id == move.by_id)
        .where(move.at >= period.first, move.at < period.last + DAY)
    )
    if asked["counterparty"]:
        query = query.where(owner.counterparty_id == asked["counterparty"].id)
    return query.where(move.by_id == asked["manager"].id) if asked["manager"] else query
