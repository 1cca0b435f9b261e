"""A believable trade company for people to try the product on, and a huge one for measuring it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from flask_babel import gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain import passwords
from app.domain.periods import months_from, shift_months
from app.errors import Refused
from app.models import authorship
from app.models.captions import name_of_table
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages, next_parameters
from app.services.demo import (
    bank,
    coming,
    documents,
    histories,
    letters,
    mailings,
    meetings,
    organisation,
    papers,
    staff,
    targets,
    tasks,
    twins,
)
from app.services.demo.base import MANY, SEED, SIZES, Size
from app.services.demo.load import bare_tables, go_on_after
from app.services.demo.people import People
from app.services.demo.staff import DemoUser
from app.services.demo.supply import Supply
from app.services.demo.talks import Talks
from app.services.demo.trade import Trade

__all__ = ["SIZES", "DemoResult", "DemoUser", "Size", "fill"]


@dataclass(frozen=True)
class DemoResult:
    """Who may log in, with what password, and how many rows were made by table."""

    password: str
    users: tuple[DemoUser, ...]
    counts: dict[str, int]


def fill(
    session: Session,
    size: str | Size = "small",
    *,
    today: date,
    now: datetime,
    seed: int = SEED,
    tell: Callable[[str], None] = lambda line: None,
) -> DemoResult:
    """Fill an empty base; one seed and one day always give one company, its password apart.

    `tell` hears what is done as it is done. A base that has anything in it is refused.
    """
    size = SIZES[size] if isinstance(size, str) else size
    refuse_a_filled_base(session)
    session.info["verb"] = authorship.FILLING
    authorship.sign(session)
    random = Random(seed)
    counts: dict[str, int] = {}

    def follow(steps: Iterator[tuple[str, int]]) -> None:
        for table, count in steps:
            counts[table] = count
            tell(f"{name_of_table(table)}: {count:,}".replace(",", " "))

    password = passwords.new_password()
    people = staff.make(session, random, size.managers, password)
    organisation.write(session)
    local_now = session.scalars(select(func.timezone(text("current_setting('timezone')"), now))).one()
    with bare_tables(session):
        firms = People(session, random, size, people, today)
        follow(firms.write())
        follow(documents.write_goods(session, size.goods))
        plans = Trade(random, size, firms.clients, today).plans()
        follow(documents.write(session, plans, counts["item"], today))
        follow(Talks(session, random, size, people, firms.clients, local_now).write())
        tell(_("Indexes"))
    go_on_after(session)
    if size.buyers < MANY:
        counts["counterparty"] += twins.write(session, seed, people.managers, today)
    histories.write(session, today)
    follow(Supply(session, seed, size.suppliers, people.buyer, today).write())
    follow(meetings.write(session, seed, now))
    follow(coming.write(session, seed, today))
    follow(tasks.write(session, seed, people.managers, today))
    follow(targets.write(session, today))
    if size.buyers < MANY:
        staff.assist(session, people.managers, today)
        follow(letters.write(session, people.managers, now))
        follow(bank.write(session, today))
        follow(mailings.write(session, people.managers[0], now))
    papers.write(session, today)
    tell(_("Classes"))
    first = shift_months(today.replace(day=1), -size.classified)
    for month in months_from(first, size.classified).months():
        classify_stages(session, next_parameters(session, month.last), today=today)
        classify_abc(session, month, today=today)
    if size.buyers < MANY:
        twins.find(session)
    return DemoResult(password, people.users, counts)


def refuse_a_filled_base(session: Session) -> None:
    for model in (Counterparty, Item, BuyerOrder, Shipment, Payment, Contact):
        if session.scalar(select(model.id).limit(1)) is not None:
            raise Refused(_("The base is not empty: the demo company is made in an empty one only."))
