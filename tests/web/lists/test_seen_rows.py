"""A page of whoever sees some rows alone is a part of all that he sees, however it was found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, Date, cast, func, insert, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.extensions import db
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import OF_COUNTERPARTY, ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.visibility import ways_to_see
from app.queries import firsts
from app.web import datamodel
from app.web.datamodel import DataModel
from app.web.display import AtLeast
from app.web.filters import CrmFilters, Filter, Is
from tests.clients import NOON
from tests.conftest import undone, user_named

ROWS, CLIENTS, CAP, TRIED, SIZE = 60, 12, 8, 20, 5
LISTS = {
    model: DataModel(model, order_by={"when": when})
    for model, when in {
        **{BuyerOrder: "date", Shipment: "date", Payment: "date", Contact: "starts_at"},
        ContactPerson: "name_sort",
    }.items()
}
PAGES = (0, 1, 2, 5, 11, 12)  # of whoever sees all rows 11 is the last


class OfSupplier(Filter):
    """Asks for other rows."""

    def condition(self, value: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = self.model.counterparty.has(Counterparty.is_supplier)
        return found


@pytest.fixture(scope="module")
def filled(app: Flask, tidied: None) -> Iterator[Session]:
    """Three clients of Anna, all others of Boris; equal days, contacts without a client. No test changes it."""
    with undone(app) as session:
        fill(session, random.Random(7))
        session.commit()
        with app.app_context():
            yield db.session()
            db.session.remove()


def fill(session: Session, chance: random.Random) -> None:
    anna, boris, vera = (user_named(session, name).id for name in ("anna", "boris", "vera"))
    named = [
        {"code": f"В{n}", "name": f"Клиент {n}", "manager_id": anna if n < 3 else boris, "is_supplier": n % 4 == 0}
        for n in range(CLIENTS)
    ]
    clients = list(session.scalars(insert(Counterparty).returning(Counterparty.id), named))
    rows = [
        {
            "number": str(n),
            "date": date(2026, 3, 1 + chance.randrange(5)),
            "counterparty_id": chance.choice(clients),
            "manager_id": chance.choice([anna, *[boris] * 6, None]),
        }
        for n in range(ROWS)
    ]
    orders = list(session.scalars(insert(BuyerOrder).returning(BuyerOrder.id), rows))
    session.execute(insert(Shipment), [row | {"order_id": chance.choice([*orders, None])} for row in rows])
    paid = [{name: value for name, value in row.items() if name != "manager_id"} | {"amount": 1} for row in rows]
    session.execute(insert(Payment), [row | {"order_id": chance.choice([*orders, None])} for row in paid])
    talks = [
        {
            "starts_at": (at := NOON + timedelta(days=chance.randrange(5))),
            "ends_at": at,
            "prospect": "Кто-то",
            "manager_id": row["manager_id"],
            "counterparty_id": chance.choice([row["counterparty_id"], None]),
        }
        for row in rows
    ]
    contacts = list(session.scalars(insert(Contact).returning(Contact.id), talks))
    named = [{"counterparty_id": row["counterparty_id"], "last_name": chance.choice("АБВ")} for row in rows]
    session.execute(insert(ContactPerson), named)
    session.execute(insert(ContactParticipant), [{"contact_id": n, "user_id": vera} for n in contacts[::7]])


def readers(session: Session) -> dict[str, Viewer]:
    clients = session.scalars(select(Counterparty.id).where(Counterparty.code.startswith("В"))).all()
    admin, anna, boris, vera = (user_named(session, name).id for name in ("admin", "anna", "boris", "vera"))
    return {
        "none": Viewer.of(admin, [Sees.OWN]),
        "few": Viewer.of(anna, [Sees.OWN]),
        "many": Viewer.of(boris, [Sees.OWN]),
        "all": Viewer.of(admin, [Sees.OWN], assisted=clients),
        "some of others": Viewer.of(anna, [Sees.OWN], assisted=clients[-2:]),
        "suppliers": Viewer.of(boris, [Sees.SUPPLIERS]),
        "own and suppliers": Viewer.of(anna, [Sees.OWN, Sees.SUPPLIERS]),
        "takes part": Viewer.of(vera, [Sees.OWN]),
        "stranger": Viewer.of(vera, []),
    }


def asked(rows: DataModel, what: str, session: Session) -> CrmFilters:
    filters = rows.get_filters()
    if what == "a supplier":
        filters.add_filter("counterparty", OfSupplier, "1")
    elif what == "a client":
        few = session.scalars(select(Counterparty.id).where(Counterparty.code == "В1")).one()
        filters.add_filter("counterparty", Is, str(few))
    return filters


def count_of(every: list[int], page: int) -> int:
    """As a list tells it: above the cap, and on no last page, one more than what is known."""
    cap, known = max(CAP, (page + 1) * SIZE), len(every[page * SIZE :][:SIZE])
    is_last = (1 if page else 0) <= known < SIZE
    return len(every) if is_last or len(every) <= cap else AtLeast(cap + 1)


@pytest.mark.parametrize("model", LISTS)
@pytest.mark.parametrize("narrowed_by", ["nothing", "a client", "a supplier"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_a_page_is_a_part_of_all_that_is_seen(
    filled: Session, monkeypatch: pytest.MonkeyPatch, model: Any, narrowed_by: str, direction: str
) -> None:
    monkeypatch.setattr(datamodel, "COUNT_CAP", CAP)
    monkeypatch.setattr(firsts, "TRIED", TRIED)
    monkeypatch.setattr(firsts, "FURTHEST", TRIED * 2)
    rows, order = LISTS[model], ("when", direction)
    filters = asked(rows, narrowed_by, filled)
    for name, viewer in readers(filled).items():
        monkeypatch.setitem(filled.info, "viewer", viewer)
        plain = rows.ordered(rows.filtered(filters), order).with_only_columns(model.id)
        every = list(filled.scalars(plain))
        for page in PAGES:
            count, items = rows.page(filters, order, page, SIZE)
            assert [item.id for item in items] == every[page * SIZE :][:SIZE], (name, page)
            assert (type(count), count) == (type(told := count_of(every, page)), told), (name, page)
        monkeypatch.delitem(filled.info, "viewer")


@pytest.mark.parametrize("model", LISTS)
def test_rows_of_clients_are_found_from_the_clients(model: Any) -> None:
    """By a mark that SQLAlchemy might lose of a condition: the rows would be the same, and dear."""
    marks = [OF_COUNTERPARTY in way._annotations for way in ways_to_see(Viewer.of(1, [Sees.OWN]), model)]
    assert marks.count(True) == 1


@pytest.mark.parametrize("days", [BuyerOrder.date, Shipment.date, Payment.date, Contact.starts_at])
@pytest.mark.parametrize("before", [date(2026, 3, 1), date(2026, 3, 3), date(2027, 1, 1)])
def test_the_last_day_that_is_seen_is_that_of_all_rows(
    filled: Session, monkeypatch: pytest.MonkeyPatch, days: Any, before: date
) -> None:
    monkeypatch.setattr(firsts, "TRIED", 2)
    for name, viewer in readers(filled).items():
        monkeypatch.setitem(filled.info, "viewer", viewer)
        last = filled.scalar(select(cast(func.max(days), Date)).where(days < before))
        assert firsts.last_day_seen(filled, days, before) == last, name
        monkeypatch.delitem(filled.info, "viewer")


@pytest.mark.parametrize(("name", "count"), [("none", 1), ("few", 1), ("all", 2), ("many", 2)])
def test_who_sees_few_rows_is_told_them_by_one_statement_and_who_sees_many_meets_them_among_the_first(
    filled: Session, monkeypatch: pytest.MonkeyPatch, sql: list[str], name: str, count: int
) -> None:
    monkeypatch.setitem(filled.info, "viewer", readers(filled)[name])
    monkeypatch.setattr(firsts, "TRIED", TRIED)
    sql.clear()
    newest = firsts.Ordering(BuyerOrder, BuyerOrder.date, falling=True)
    firsts.first_seen(filled, BuyerOrder.id > 0, newest, SIZE, cap=CAP * 2)
    assert len(sql) == count, sql


def test_a_row_that_goes_while_its_page_is_read_makes_the_page_no_last_one(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = LISTS[BuyerOrder]
    monkeypatch.setitem(filled.info, "viewer", readers(filled)["few"])
    whole, _items = rows.page(rows.get_filters(), None, 0, SIZE)

    def first_seen(*args: Any, **kwargs: Any) -> firsts.Firsts:
        found = firsts.first_seen(*args, **kwargs)
        assert found is not None
        return found._replace(numbers=[0, *found.numbers[1:]])

    monkeypatch.setattr(datamodel, "first_seen", first_seen)
    count, items = rows.page(rows.get_filters(), None, 0, SIZE)
    assert (count, len(items)) == (whole, SIZE - 1)
